//! The record of an account.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::AccountId;
use keyward_directory::{
    Account, AccountStatus, Email, PasswordHash, RootUser, SessionKeyRing, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::user::RawAccessKey;
use crate::{DecodeError, EncodeError, MasterKey, SealedDataKey, Vault};

const RECORD: &str = "account";
const VERSION: u8 = 1;

/// An account together with the vault that its record opens.
#[derive(Clone, Debug)]
pub struct AccountRecord {
    /// The account.
    pub account: Account,
    /// Seals and opens its secrets.
    pub vault: Arc<Vault>,
}

#[derive(Serialize, Deserialize)]
struct RawAccount {
    id: String,
    name: String,
    status: RawStatus,
    created: i64,
    data_key: SealedDataKey,
    email: String,
    password: String,
    root_keys: Vec<RawAccessKey>,
    /// The number of the key that seals sessions; accounts of before there were any have 0.
    #[serde(default)]
    session_key: u32,
    /// Numbers of keys before it, and when each stopped sealing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired_session_keys: Vec<(u32, i64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawStatus {
    Active,
    Closed,
}

/// Writes an account's record.
///
/// # Errors
/// [`EncodeError`] where a secret can't be sealed.
pub fn encode_account(record: &AccountRecord) -> Result<Bytes, EncodeError> {
    let AccountRecord { account, vault } = record;
    let keys = account
        .root
        .access_keys
        .iter()
        .map(|key| RawAccessKey::seal(key, vault));
    write(
        VERSION,
        &RawAccount {
            id: account.id.to_string(),
            name: account.name.clone(),
            status: match account.status {
                AccountStatus::Active => RawStatus::Active,
                AccountStatus::Closed => RawStatus::Closed,
            },
            created: account.created.unix_seconds(),
            data_key: vault.sealed_data_key().clone(),
            email: account.root.email.as_str().to_owned(),
            password: account.root.password.expose().to_owned(),
            root_keys: keys.collect::<Result<_, _>>()?,
            session_key: account.session_keys.current,
            retired_session_keys: account
                .session_keys
                .retired
                .iter()
                .map(|(number, moment)| (*number, moment.unix_seconds()))
                .collect(),
        },
    )
}

/// Reads an account's record and opens its vault.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record or the master key does not fit.
pub fn decode_account(master: &MasterKey, bytes: &[u8]) -> Result<AccountRecord, DecodeError> {
    let raw: RawAccount = read(RECORD, VERSION, bytes)?;
    let id = AccountId::parse(&raw.id).map_err(|error| malformed(RECORD, error))?;
    let vault = master.open_vault(id, &raw.data_key)?;
    let keys = raw.root_keys.into_iter().map(|key| key.open(&vault));
    let account = Account {
        id,
        name: raw.name,
        status: match raw.status {
            RawStatus::Active => AccountStatus::Active,
            RawStatus::Closed => AccountStatus::Closed,
        },
        created: Timestamp::from_unix_seconds(raw.created),
        root: RootUser {
            email: Email::parse(&raw.email).map_err(|error| malformed(RECORD, error))?,
            password: PasswordHash::from_phc(raw.password),
            access_keys: keys.collect::<Result<_, _>>()?,
        },
        session_keys: SessionKeyRing {
            current: raw.session_key,
            retired: raw
                .retired_session_keys
                .into_iter()
                .map(|(number, moment)| (number, Timestamp::from_unix_seconds(moment)))
                .collect(),
        },
    };
    Ok(AccountRecord {
        account,
        vault: Arc::new(vault),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_directory::AccessKey;

    #[test]
    fn reads_back_and_keeps_secrets_out_of_sight() {
        let master = MasterKey::from_bytes([1; 32]);
        let id = AccountId::parse("111122223333").unwrap();
        let key = AccessKey::mint(id, [3; 8], [4; 30], Timestamp::from_unix_seconds(5));
        let account = Account {
            id,
            name: "main".to_owned(),
            status: AccountStatus::Active,
            created: Timestamp::from_unix_seconds(7),
            root: RootUser {
                email: Email::parse("root@example.test").unwrap(),
                password: PasswordHash::from_phc("$argon2id$x".to_owned()),
                access_keys: vec![key.clone()],
            },
            session_keys: SessionKeyRing::default().rotated(Timestamp::from_unix_seconds(9)),
        };
        let ring = account.session_keys.clone();
        let vault = Arc::new(master.create_vault(id, [2; 32]).unwrap());
        let bytes = encode_account(&AccountRecord { account, vault }).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(key.secret.expose()));
        let back = decode_account(&master, &bytes).unwrap().account;
        assert_eq!(
            (back.id, back.name.as_str(), back.created.unix_seconds()),
            (id, "main", 7)
        );
        assert_eq!(back.session_keys, ring);
        assert_eq!(
            back.root.access_keys[0].secret.expose(),
            key.secret.expose()
        );
        assert!(decode_account(&MasterKey::from_bytes([8; 32]), &bytes).is_err());
    }

    #[test]
    fn newer_and_broken_records_are_named() {
        let master = MasterKey::from_bytes([1; 32]);
        let error = |bytes: &[u8]| decode_account(&master, bytes).unwrap_err().to_string();
        assert_eq!(
            error(b"\x02{}"),
            "a stored account record has format 2; this version reads up to 1"
        );
        assert_eq!(
            error(b""),
            "a stored account record is malformed: it is empty"
        );
        assert!(
            error(b"\x01{}").starts_with("a stored account record is malformed: missing field")
        );
    }
}
