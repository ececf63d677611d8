//! Reading records, changing them, and committing the changes against the versions that were read.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, Path, UniqueId};
use keyward_directory::limits::{USERS_PER_ACCOUNT, VIRTUAL_MFA_DEVICES_PER_ACCOUNT};
use keyward_directory::{
    DeviceName, InlinePolicyDocument, LastUsed, PolicyName, Quota, Refusal, User, UserName,
    VirtualMfaDevice,
};
use keyward_records::{
    AccountRecord, Cell as CellKey, MasterKey, RecordKey, Vault, decode_account, decode_document,
    decode_last_used, decode_user, decode_virtual_mfa_device, encode_account, encode_document,
    encode_user, encode_virtual_mfa_device,
};
use keyward_store::{Commit, CommitError, Condition, Revision, Snapshot, Store, Write};

use crate::ServiceError;

/// How often a transaction is tried again when others changed what it read.
const MOST_TRIES: usize = 100;

/// Reads records of one account at one revision.
pub(crate) struct Reader {
    account: AccountId,
    vault: Arc<Vault>,
    snapshot: Box<dyn Snapshot>,
}

/// The records that a change depends on, as they were read, and what is to be written.
///
/// INVARIANT: whatever a change depends on was read through the transaction, so that the commit fails where it is no
/// longer so.
pub(crate) struct Transaction {
    account: AccountId,
    vault: Arc<Vault>,
    read: Vec<(Bytes, Option<Bytes>)>,
    conditions: Vec<Condition>,
    writes: Vec<Write>,
}

impl Reader {
    /// Opens the newest state of an account.
    pub(crate) async fn open(
        store: &dyn Store,
        account: AccountId,
        vault: &Arc<Vault>,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            account,
            vault: Arc::clone(vault),
            snapshot: store.snapshot().await?,
        })
    }

    /// Returns the revision that is read.
    pub(crate) fn revision(&self) -> Revision {
        self.snapshot.revision()
    }

    /// Returns a user.
    pub(crate) async fn user(&self, name: &UserName) -> Result<Option<User>, ServiceError> {
        let found = self
            .snapshot
            .get(&RecordKey::user(self.account, name).encode())
            .await?;
        found
            .map(|found| Ok(decode_user(&found.value, &self.vault)?))
            .transpose()
    }

    /// Returns up to `limit` users in the order of their names, from the one after a name.
    pub(crate) async fn users(
        &self,
        after: Option<&UserName>,
        limit: usize,
    ) -> Result<Vec<User>, ServiceError> {
        let after = after.map(|name| RecordKey::user(self.account, name).encode());
        let found = self
            .snapshot
            .scan(&RecordKey::users(self.account), after.as_deref(), limit)
            .await?;
        found
            .iter()
            .map(|(_, found)| Ok(decode_user(&found.value, &self.vault)?))
            .collect()
    }

    /// Returns the document of an inline policy.
    pub(crate) async fn user_policy(
        &self,
        user: &UniqueId,
        name: &PolicyName,
    ) -> Result<Option<String>, ServiceError> {
        let key = self.cell(CellKey::UserPolicy(user.clone(), name.clone()));
        let found = self.snapshot.get(&key).await?;
        found
            .map(|found| Ok(decode_document(&found.value)?))
            .transpose()
    }

    /// Returns up to `limit` virtual MFA devices in the order of path and name, from the one after a place.
    pub(crate) async fn devices(
        &self,
        after: Option<&(Path, DeviceName)>,
        limit: usize,
    ) -> Result<Vec<VirtualMfaDevice>, ServiceError> {
        let place = |(path, name): &(Path, DeviceName)| {
            CellKey::VirtualMfaDevice(path.clone(), name.clone())
        };
        let after = after.map(|after| self.cell(place(after)));
        let prefix = RecordKey::virtual_mfa_devices(self.account);
        let found = self.snapshot.scan(&prefix, after.as_deref(), limit).await?;
        found
            .iter()
            .map(|(_, found)| Ok(decode_virtual_mfa_device(&found.value, &self.vault)?))
            .collect()
    }

    /// Returns the account's record.
    pub(crate) async fn account(&self, master: &MasterKey) -> Result<AccountRecord, ServiceError> {
        let found = self
            .snapshot
            .get(&RecordKey::Account(self.account).encode())
            .await?;
        let found =
            found.ok_or_else(|| ServiceError::internal("the caller's account has no record"))?;
        Ok(decode_account(master, &found.value)?)
    }

    /// Returns the stored last use of an access key.
    pub(crate) async fn last_used(
        &self,
        id: &AccessKeyId,
    ) -> Result<Option<LastUsed>, ServiceError> {
        let found = self
            .snapshot
            .get(&self.cell(CellKey::AccessKeyUse(id.clone())))
            .await?;
        found
            .map(|found| Ok(decode_last_used(&found.value)?))
            .transpose()
    }

    fn cell(&self, key: CellKey) -> Bytes {
        RecordKey::Cell(self.account, key).encode()
    }
}

impl Transaction {
    /// Reads the records that a change depends on, and makes the commit depend on their versions.
    async fn begin(reader: &Reader, wanted: &[RecordKey]) -> Result<Self, ServiceError> {
        let (mut read, mut conditions) = (Vec::new(), Vec::new());
        for key in wanted.iter().map(RecordKey::encode) {
            let found = reader.snapshot.get(&key).await?;
            conditions.push(match &found {
                None => Condition::Absent(key.clone()),
                Some(found) => Condition::Version(key.clone(), found.version),
            });
            read.push((key, found.map(|found| found.value)));
        }
        Ok(Self {
            account: reader.account,
            vault: Arc::clone(&reader.vault),
            read,
            conditions,
            writes: Vec::new(),
        })
    }

    /// Returns a record that was read.
    fn get(&self, key: &RecordKey) -> Result<Option<&Bytes>, ServiceError> {
        let key = key.encode();
        let found = self.read.iter().find(|(read, _)| *read == key);
        let (_, value) = found.ok_or_else(|| {
            ServiceError::internal("a change depends on a record that was not read")
        })?;
        Ok(value.as_ref())
    }

    /// Returns a user that was read.
    pub(crate) fn user(&self, name: &UserName) -> Result<Option<User>, ServiceError> {
        let found = self.get(&RecordKey::user(self.account, name))?;
        found
            .map(|value| Ok(decode_user(value, &self.vault)?))
            .transpose()
    }

    /// Writes a new user and counts it.
    pub(crate) fn create_user(&mut self, user: &User) -> Result<(), ServiceError> {
        self.put_user(user)?;
        self.count(CellKey::UserCount, 1, Some(USERS_PER_ACCOUNT));
        Ok(())
    }

    /// Writes a changed user.
    pub(crate) fn put_user(&mut self, user: &User) -> Result<(), ServiceError> {
        let value = encode_user(user, &self.vault)?;
        self.writes.push(Write::Put(
            RecordKey::user(self.account, &user.name).encode(),
            value,
        ));
        Ok(())
    }

    /// Moves a user that was read under its old name to its new one.
    pub(crate) fn rename_user(
        &mut self,
        before: &UserName,
        user: &User,
    ) -> Result<(), ServiceError> {
        if before.folded() != user.name.folded() {
            self.writes.push(Write::Delete(
                RecordKey::user(self.account, before).encode(),
            ));
        }
        self.put_user(user)
    }

    /// Deletes a user and counts it out.
    pub(crate) fn delete_user(&mut self, user: &User) {
        self.writes.push(Write::Delete(
            RecordKey::user(self.account, &user.name).encode(),
        ));
        self.count(CellKey::UserCount, -1, None);
    }

    /// Writes the document of an inline policy together with its user.
    pub(crate) fn put_user_policy(
        &mut self,
        user: &User,
        name: &PolicyName,
        document: &InlinePolicyDocument,
    ) -> Result<(), ServiceError> {
        let key = self.cell(CellKey::UserPolicy(user.id.clone(), name.clone()));
        self.writes
            .push(Write::Put(key, encode_document(document.as_str())));
        self.put_user(user)
    }

    /// Deletes the document of an inline policy and writes its user.
    pub(crate) fn delete_user_policy(
        &mut self,
        user: &User,
        name: &PolicyName,
    ) -> Result<(), ServiceError> {
        let key = self.cell(CellKey::UserPolicy(user.id.clone(), name.clone()));
        self.writes.push(Write::Delete(key));
        self.put_user(user)
    }

    /// Deletes the stored last use of an access key that is no more.
    pub(crate) fn delete_last_used(&mut self, id: &AccessKeyId) {
        let key = self.cell(CellKey::AccessKeyUse(id.clone()));
        self.writes.push(Write::Delete(key));
    }

    /// Returns a virtual MFA device that was read.
    pub(crate) fn device(
        &self,
        path: &Path,
        name: &DeviceName,
    ) -> Result<Option<VirtualMfaDevice>, ServiceError> {
        let found = self.get(&RecordKey::device(self.account, path, name))?;
        found
            .map(|value| Ok(decode_virtual_mfa_device(value, &self.vault)?))
            .transpose()
    }

    /// Writes a new virtual MFA device and counts it.
    pub(crate) fn create_device(&mut self, device: &VirtualMfaDevice) -> Result<(), ServiceError> {
        let value = encode_virtual_mfa_device(device, &self.vault)?;
        let key = RecordKey::device(self.account, &device.path, &device.name).encode();
        self.writes.push(Write::Put(key, value));
        self.count(
            CellKey::VirtualMfaDeviceCount,
            1,
            Some(VIRTUAL_MFA_DEVICES_PER_ACCOUNT),
        );
        Ok(())
    }

    /// Deletes a virtual MFA device and counts it out.
    pub(crate) fn delete_device(&mut self, device: &VirtualMfaDevice) {
        let key = RecordKey::device(self.account, &device.path, &device.name).encode();
        self.writes.push(Write::Delete(key));
        self.count(CellKey::VirtualMfaDeviceCount, -1, None);
    }

    /// Returns the account's record, which was read.
    pub(crate) fn account(&self, master: &MasterKey) -> Result<AccountRecord, ServiceError> {
        let found = self.get(&RecordKey::Account(self.account))?;
        let found =
            found.ok_or_else(|| ServiceError::internal("the caller's account has no record"))?;
        Ok(decode_account(master, found)?)
    }

    /// Writes the account's record.
    pub(crate) fn put_account(&mut self, record: &AccountRecord) -> Result<(), ServiceError> {
        let key = RecordKey::Account(self.account).encode();
        self.writes.push(Write::Put(key, encode_account(record)?));
        Ok(())
    }

    fn cell(&self, key: CellKey) -> Bytes {
        RecordKey::Cell(self.account, key).encode()
    }

    fn count(&mut self, counter: CellKey, delta: i64, at_most: Option<u64>) {
        let key = self.cell(counter);
        self.writes.push(Write::Add {
            key,
            delta,
            at_most,
        });
    }
}

/// Makes a change until nobody else changes meanwhile what it depends on; returns what it made and the revision.
///
/// `wanted` names the records that the change depends on; `change` is pure and may run several times. One that writes
/// nothing commits nothing.
pub(crate) async fn transact<T>(
    store: &dyn Store,
    account: AccountId,
    vault: &Arc<Vault>,
    wanted: &[RecordKey],
    mut change: impl FnMut(&mut Transaction) -> Result<T, ServiceError> + Send,
) -> Result<(T, Revision), ServiceError> {
    for _ in 0..MOST_TRIES {
        let reader = Reader::open(store, account, vault).await?;
        let mut transaction = Transaction::begin(&reader, wanted).await?;
        let made = change(&mut transaction)?;
        let Transaction {
            conditions, writes, ..
        } = transaction;
        if writes.is_empty() {
            return Ok((made, reader.revision()));
        }
        // A snapshot keeps old data alive: it goes before the commit waits for the disk.
        drop(reader);
        match store.commit(Commit { conditions, writes }).await {
            Ok(revision) => return Ok((made, revision)),
            Err(CommitError::Conflict { .. }) => {}
            Err(CommitError::Limit { key, .. }) => return Err(quota(&key)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Busy)
}

/// Names the quota behind a counter that is at its bound.
fn quota(key: &[u8]) -> ServiceError {
    let (quota, limit) = match RecordKey::decode(key) {
        Some(RecordKey::Cell(_, CellKey::UserCount)) => (Quota::UsersPerAccount, USERS_PER_ACCOUNT),
        Some(RecordKey::Cell(_, CellKey::VirtualMfaDeviceCount)) => (
            Quota::VirtualMfaDevicesPerAccount,
            VIRTUAL_MFA_DEVICES_PER_ACCOUNT,
        ),
        _ => return ServiceError::internal("a counter without a quota reached its bound"),
    };
    Refusal::QuotaExceeded { quota, limit }.into()
}
