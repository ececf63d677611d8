//! Records as they were last written or read, found by the bytes that hold them.
//!
//! A change reads a record and writes it again, and the picture that decisions are made from takes it in: the same bytes would be
//! parsed, and their secrets opened, three times within a millisecond. What is found here was made of the very bytes that
//! are asked about, since their memory is held as long as the entry: nothing can be out of date.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use keyward_arn::AccountId;

use crate::{DecodeError, Record, Vault};

/// Entries at most; the records that are under way at a time are fewer. A power of two.
const PLACES: usize = 512;

static MEMO: Memo = Memo::new();

/// Reads a record's bytes, or finds what they were made of or last read as.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record or a secret does not open.
pub fn decode_or_recall<R: Record>(bytes: &Bytes, vault: &Vault) -> Result<Arc<R>, DecodeError> {
    let known = MEMO.recall(bytes, vault);
    known.map_or_else(|| R::decode(bytes, vault).map(Arc::new), Ok)
}

/// Does the same, and keeps the record for whoever asks next.
///
/// # Errors
/// As [`decode_or_recall`].
pub fn decode_and_remember<R: Record>(bytes: &Bytes, vault: &Vault) -> Result<Arc<R>, DecodeError> {
    if let Some(known) = MEMO.recall(bytes, vault) {
        return Ok(known);
    }
    let record = Arc::new(R::decode(bytes, vault)?);
    MEMO.remember(bytes, vault, Arc::clone(&record));
    Ok(record)
}

/// Does the same as [`decode_or_recall`] for who is about to write the record anew: nobody else will find it.
///
/// # Errors
/// As [`decode_or_recall`].
pub fn decode_or_take<R: Record>(bytes: &Bytes, vault: &Vault) -> Result<R, DecodeError> {
    match MEMO.recall(bytes, vault) {
        None => R::decode(bytes, vault),
        Some(known) => {
            MEMO.forget(bytes);
            Ok(Arc::unwrap_or_clone(known))
        }
    }
}

/// Keeps a record for whoever asks for it by the bytes that were made of it, until others need the room.
pub fn remember<R: Record>(bytes: &Bytes, vault: &Vault, record: R) {
    debug_assert_eq!(
        R::decode(bytes, vault).map_or_else(|error| error.to_string(), |read| format!("{read:?}")),
        format!("{record:?}"),
        "a record is read otherwise than it was written",
    );
    MEMO.remember(bytes, vault, Arc::new(record));
}

/// Lets go of what bytes were read as: the record is changed or gone, and so are the secrets in it.
pub fn forget(bytes: &Bytes) {
    MEMO.forget(bytes);
}

struct Memo([Mutex<Option<Entry>>; PLACES]);

struct Entry {
    /// Held, so that no other value can come to stand where these bytes stand.
    bytes: Bytes,
    /// Whose vault sealed or opened the record's secrets.
    account: AccountId,
    record: Arc<dyn Any + Send + Sync>,
}

impl Memo {
    const fn new() -> Self {
        Self([const { Mutex::new(None) }; PLACES])
    }

    fn remember<R: Record>(&self, bytes: &Bytes, vault: &Vault, record: Arc<R>) {
        if let Some(mut place) = self.place(bytes) {
            *place = Some(Entry {
                bytes: bytes.clone(),
                account: vault.account(),
                record,
            });
        }
    }

    fn recall<R: Record>(&self, bytes: &Bytes, vault: &Vault) -> Option<Arc<R>> {
        let place = self.place(bytes)?;
        let entry = place.as_ref().filter(|entry| entry.holds(bytes))?;
        let record = (entry.account == vault.account()).then(|| Arc::clone(&entry.record))?;
        record.downcast().ok()
    }

    fn forget(&self, bytes: &Bytes) {
        if let Some(mut place) = self.place(bytes) {
            place.take_if(|entry| entry.holds(bytes));
        }
    }

    /// Where an entry stands: by the address of its bytes, whose last bits are mostly the same.
    fn place(&self, bytes: &Bytes) -> Option<MutexGuard<'_, Option<Entry>>> {
        let address = bytes.as_ptr().addr() >> 4;
        let place = self.0.get((address ^ (address >> 9)) % PLACES)?;
        // An entry is put or taken as a whole.
        Some(place.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entry {
    fn holds(&self, bytes: &Bytes) -> bool {
        self.bytes.as_ptr() == bytes.as_ptr() && self.bytes.len() == bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use keyward_arn::Path;
    use keyward_directory::{AccountSettings, Group, GroupName, User};

    use super::*;
    use crate::MasterKey;

    fn vault(account: &str) -> Vault {
        let master = MasterKey::from_bytes([1; 32]);
        let account = AccountId::parse(account).unwrap();
        master.create_vault(account, [2; 32]).unwrap()
    }

    fn settings(memo: &Memo, bytes: &Bytes, vault: &Vault) -> Option<Arc<AccountSettings>> {
        memo.recall(bytes, vault)
    }

    #[test]
    fn a_record_is_found_by_the_very_bytes_that_it_was_kept_for() {
        let (memo, vault) = (Memo::new(), vault("111122223333"));
        let record = Arc::new(AccountSettings::default());
        let bytes = record.encode(&vault).unwrap();
        memo.remember(&bytes, &vault, Arc::clone(&record));
        let found = settings(&memo, &bytes.clone(), &vault).unwrap();
        assert!(Arc::ptr_eq(&found, &record));
        let equal = Bytes::copy_from_slice(&bytes);
        assert!(settings(&memo, &equal, &vault).is_none());
        assert!(settings(&memo, &bytes.slice(1..), &vault).is_none());
        assert!(settings(&memo, &bytes.slice(..1), &vault).is_none());
        memo.forget(&equal);
        assert!(settings(&memo, &bytes, &vault).is_some());
        memo.forget(&bytes);
        assert!(settings(&memo, &bytes, &vault).is_none());
    }

    #[test]
    fn a_record_is_not_found_as_another_accounts_or_another_kind() {
        let (memo, own) = (Memo::new(), vault("111122223333"));
        let record = AccountSettings::default();
        let bytes = record.encode(&own).unwrap();
        memo.remember(&bytes, &own, Arc::new(record));
        assert!(settings(&memo, &bytes, &vault("444455556666")).is_none());
        assert!(memo.recall::<User>(&bytes, &own).is_none());
        assert!(settings(&memo, &bytes, &own).is_some());
    }

    #[test]
    fn who_writes_a_record_anew_takes_it_out() {
        let vault = vault("111122223333");
        let group = Group::create(
            vault.account(),
            None,
            GroupName::parse("g").unwrap(),
            Path::default(),
            [1; 8],
            keyward_directory::Timestamp::default(),
        );
        let group = group.unwrap();
        let bytes = group.encode(&vault).unwrap();
        remember(&bytes, &vault, group.clone());
        let taken: Group = decode_or_take(&bytes, &vault).unwrap();
        assert_eq!(format!("{taken:?}"), format!("{group:?}"));
        assert!(MEMO.recall::<Group>(&bytes, &vault).is_none());
        let read: Arc<Group> = decode_or_recall(&bytes, &vault).unwrap();
        assert_eq!(format!("{read:?}"), format!("{group:?}"));
        assert!(MEMO.recall::<Group>(&bytes, &vault).is_none(), "only read");
    }
}
