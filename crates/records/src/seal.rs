//! Secrets at rest: a master key seals one data key an account, and that seals the account's secrets.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::AccountId;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a master key and of a data key.
pub const MASTER_KEY_LENGTH: usize = 32;

/// The key over all data keys of an installation.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; MASTER_KEY_LENGTH]);

/// A data key under the master key, as it stands in the account's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDataKey(String);

/// Seals and opens the secrets of one account.
pub struct Vault {
    account: AccountId,
    key: LessSafeKey,
    /// Keys for other uses are derived with this; nothing that they seal tells of the data key.
    derivation: hmac::Key,
    sealed: SealedDataKey,
}

/// Something sealed does not open: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key does not fit or the bytes were changed")]
pub struct UnsealError;

impl MasterKey {
    /// Takes 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; MASTER_KEY_LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads the base64 text of 32 bytes, the form of the key file; white space around it is ignored.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// Returns the base64 text of the key, for its file.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0))
    }

    /// Makes the vault of a new account from 32 random bytes.
    ///
    /// # Errors
    /// [`UnsealError`] where the cipher refuses.
    pub fn create_vault(
        &self,
        account: AccountId,
        data_key: [u8; MASTER_KEY_LENGTH],
    ) -> Result<Vault, UnsealError> {
        let data_key = Zeroizing::new(data_key);
        let sealed = SealedDataKey(seal(
            &new_key(&self.0)?,
            &data_key_place(account),
            data_key.as_slice(),
        )?);
        Ok(Vault {
            account,
            key: new_key(&data_key)?,
            derivation: derivation(&data_key),
            sealed,
        })
    }

    /// Opens the vault of an account.
    ///
    /// # Errors
    /// [`UnsealError`] where the data key was sealed under another master key or for another account.
    pub fn open_vault(
        &self,
        account: AccountId,
        sealed: &SealedDataKey,
    ) -> Result<Vault, UnsealError> {
        let data_key = open(&new_key(&self.0)?, &data_key_place(account), &sealed.0)?;
        let bytes: [u8; MASTER_KEY_LENGTH] =
            data_key.as_slice().try_into().map_err(|_| UnsealError)?;
        let bytes = Zeroizing::new(bytes);
        Ok(Vault {
            account,
            key: new_key(&bytes)?,
            derivation: derivation(&bytes),
            sealed: sealed.clone(),
        })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl Vault {
    /// Returns the account whose secrets it holds.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Returns the account's data key as its record keeps it.
    #[must_use]
    pub fn sealed_data_key(&self) -> &SealedDataKey {
        &self.sealed
    }

    /// Derives a key of the account for one use, such as `session-key/0`: always the same one.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; MASTER_KEY_LENGTH]> {
        let tag = hmac::sign(&self.derivation, purpose.as_bytes());
        let mut key = Zeroizing::new([0; MASTER_KEY_LENGTH]);
        for (slot, byte) in key.iter_mut().zip(tag.as_ref()) {
            *slot = *byte;
        }
        key
    }

    /// Seals a secret for one place of the account, such as `access-key/AKIA…`.
    pub(crate) fn seal(&self, place: &str, secret: &[u8]) -> Result<String, UnsealError> {
        seal(&self.key, &format!("{}/{place}", self.account), secret)
    }

    /// Opens what was sealed for the same place.
    pub(crate) fn open(
        &self,
        place: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        open(&self.key, &format!("{}/{place}", self.account), sealed)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.account)
    }
}

fn data_key_place(account: AccountId) -> String {
    format!("data-key/{account}")
}

/// Makes what keys for other uses are derived with: a pseudorandom function under a key that is itself derived.
fn derivation(data_key: &[u8; MASTER_KEY_LENGTH]) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, data_key);
    let tag = hmac::sign(&root, b"keyward derivation");
    hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref())
}

fn new_key(bytes: &[u8; MASTER_KEY_LENGTH]) -> Result<LessSafeKey, UnsealError> {
    let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| UnsealError)?;
    Ok(LessSafeKey::new(key))
}

fn seal(key: &LessSafeKey, place: &str, secret: &[u8]) -> Result<String, UnsealError> {
    // The operating system's randomness: the library's own generator would first measure the processor's jitter, which
    // takes 40 ms of every first start.
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| UnsealError)?;
    let mut bytes = secret.to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(place),
        &mut bytes,
    )
    .map_err(|_| UnsealError)?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut bytes);
    Ok(STANDARD.encode(sealed))
}

fn open(key: &LessSafeKey, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
    let bytes = STANDARD.decode(sealed).map_err(|_| UnsealError)?;
    let (nonce, body) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(UnsealError)?;
    let mut body = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = key
        .open_in_place(nonce, Aad::from(place), &mut body)
        .map_err(|_| UnsealError)?
        .len();
    body.truncate(length);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).unwrap()
    }

    #[test]
    fn opens_only_with_its_key_in_its_place() {
        let master = MasterKey::from_bytes([1; 32]);
        let (ours, theirs) = (account("111122223333"), account("444455556666"));
        let vault = master.create_vault(ours, [2; 32]).unwrap();
        let sealed = vault.seal("access-key/AKIA", b"secret").unwrap();
        assert_ne!(
            vault.seal("access-key/AKIA", b"secret").unwrap(),
            sealed,
            "every sealing has its own nonce"
        );
        let again = master.open_vault(ours, vault.sealed_data_key()).unwrap();
        assert_eq!(
            again.open("access-key/AKIA", &sealed).unwrap().as_slice(),
            b"secret"
        );
        assert!(again.open("access-key/OTHER", &sealed).is_err());
        assert!(
            master
                .create_vault(ours, [3; 32])
                .unwrap()
                .open("access-key/AKIA", &sealed)
                .is_err()
        );
        assert!(
            MasterKey::from_bytes([9; 32])
                .open_vault(ours, vault.sealed_data_key())
                .is_err()
        );
        assert!(master.open_vault(theirs, vault.sealed_data_key()).is_err());
    }

    #[test]
    fn derived_keys_are_of_their_account_and_use() {
        let master = MasterKey::from_bytes([1; 32]);
        let vault = |id, data_key| master.create_vault(account(id), data_key).unwrap();
        let ours = vault("111122223333", [2; 32]);
        let again = master
            .open_vault(account("111122223333"), ours.sealed_data_key())
            .unwrap();
        assert_eq!(ours.derive("session-key/0"), again.derive("session-key/0"));
        assert_ne!(ours.derive("session-key/0"), ours.derive("session-key/1"));
        let theirs = vault("111122223333", [3; 32]);
        assert_ne!(ours.derive("session-key/0"), theirs.derive("session-key/0"));
        assert_ne!(*ours.derive("session-key/0"), [2; 32]);
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let vault = MasterKey::from_bytes([1; 32])
            .create_vault(account("111122223333"), [2; 32])
            .unwrap();
        let sealed = STANDARD
            .decode(vault.seal("p", b"secret").unwrap())
            .unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(
                vault.open("p", &STANDARD.encode(changed)).is_err(),
                "byte {index}"
            );
        }
        assert!(vault.open("p", "").is_err() && vault.open("p", "!").is_err());
    }

    #[test]
    fn the_key_file_reads_back() {
        let master = MasterKey::from_bytes([7; 32]);
        assert_eq!(
            MasterKey::from_base64(&format!("{}\n", *master.to_base64())),
            Some(master)
        );
        assert_eq!(MasterKey::from_base64("c2hvcnQ="), None);
    }
}
