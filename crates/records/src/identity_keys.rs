//! The record of the keys by which an account's issuer signs web identity tokens.

use std::sync::Arc;

use bytes::Bytes;
use keyward_web_identity::{KeyRing, RingKey, SigningAlgorithm, SigningKey};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError, UnsealError, Vault};

const RECORD: &str = "identity keys";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawRing {
    keys: Vec<RawKey>,
}

#[derive(Serialize, Deserialize)]
struct RawKey {
    id: String,
    algorithm: String,
    /// PKCS #8 in DER, sealed.
    sealed: String,
    created: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retired: Option<i64>,
}

pub(crate) fn encode(ring: &KeyRing, vault: &Vault) -> Result<Bytes, EncodeError> {
    let raw = |key: &RingKey| {
        let der = key.key.to_pkcs8().map_err(|_| UnsealError)?;
        let id = key.key.id().to_owned();
        Ok::<_, EncodeError>(RawKey {
            sealed: vault.seal(&place(&id), &der)?,
            id,
            algorithm: key.key.algorithm().as_str().to_owned(),
            created: key.created,
            retired: key.retired,
        })
    };
    let keys: Result<Vec<_>, _> = ring.keys().iter().map(raw).collect();
    write(VERSION, &RawRing { keys: keys? })
}

pub(crate) fn decode(bytes: &[u8], vault: &Vault) -> Result<KeyRing, DecodeError> {
    let RawRing { keys } = read(RECORD, VERSION, bytes)?;
    let key = |raw: RawKey| {
        let algorithm = SigningAlgorithm::parse(&raw.algorithm)
            .ok_or_else(|| malformed(RECORD, "an unknown algorithm"))?;
        let der = vault.open(&place(&raw.id), &raw.sealed)?;
        let key = parsed(RECORD, SigningKey::from_pkcs8(algorithm, &der))?;
        if key.id() != raw.id {
            return Err(malformed(RECORD, "a key under another id"));
        }
        Ok(RingKey {
            key: Arc::new(key),
            created: raw.created,
            retired: raw.retired,
        })
    };
    let keys: Result<Vec<_>, DecodeError> = keys.into_iter().map(key).collect();
    Ok(KeyRing::new(keys?))
}

/// Binds a sealed key to where it stands.
fn place(id: &str) -> String {
    format!("identity-key/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;
    use keyward_arn::AccountId;

    #[test]
    fn keys_read_back_in_their_own_account_only() {
        let account = |id| AccountId::parse(id).unwrap();
        let master = MasterKey::from_bytes([1; 32]);
        let vault = master
            .create_vault(account("111122223333"), [2; 32])
            .unwrap();
        let mut ring = KeyRing::default();
        for now in [5, 6] {
            let key = SigningKey::generate(SigningAlgorithm::Es384).unwrap();
            ring.rotate(key, now);
        }
        let bytes = encode(&ring, &vault).unwrap();
        let again = decode(&bytes, &vault).unwrap();
        let shown = |ring: &KeyRing| -> Vec<_> {
            ring.keys()
                .iter()
                .map(|key| (key.key.id().to_owned(), key.created, key.retired))
                .collect()
        };
        assert_eq!(shown(&again), shown(&ring));
        assert_eq!(again.document(6), ring.document(6));
        let other = master
            .create_vault(account("444455556666"), [2; 32])
            .unwrap();
        assert!(decode(&bytes, &other).is_err());
        // A sealed key can't stand under another one's id.
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let ids: Vec<_> = ring.keys().iter().map(|key| key.key.id()).collect();
        let swapped = text
            .replace(ids[0], "#")
            .replace(ids[1], ids[0])
            .replace('#', ids[1]);
        assert!(decode(swapped.as_bytes(), &vault).is_err());
    }
}
