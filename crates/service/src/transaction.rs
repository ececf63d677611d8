//! Changing records, and committing the changes against the versions that were read.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, UniqueId};
use keyward_directory::{
    AccountAlias, AccountSettings, EntityKind, PolicyName, Quota, Refusal, limits,
};
use keyward_records::{
    AccountRecord, Cell, Counter, Link, MasterKey, Record, RecordKey, Vault, decode_account,
    decode_alias_owner, decode_document, decode_or_take, encode_account, encode_alias_owner,
    encode_document, encode_link, forget, remember,
};
use keyward_store::{Commit, CommitError, Condition, Revision, Store, Write};

use crate::ServiceError;
use crate::reader::{Reader, counted};

/// How often a transaction is tried again when others changed what it read.
const MOST_TRIES: usize = 100;

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

impl Transaction {
    fn new(reader: &Reader) -> Self {
        Self {
            account: reader.account_id(),
            vault: Arc::clone(reader.vault()),
            read: Vec::new(),
            conditions: Vec::new(),
            writes: Vec::new(),
        }
    }

    /// Reads the records that a change depends on, and makes the commit depend on their versions.
    async fn read(&mut self, reader: &Reader, wanted: &[RecordKey]) -> Result<(), ServiceError> {
        for key in wanted.iter().map(RecordKey::encode) {
            if self.read.iter().any(|(read, _)| *read == key) {
                continue;
            }
            let found = reader.snapshot().get(&key).await?;
            self.conditions.push(match &found {
                None => Condition::Absent(key.clone()),
                Some(found) => Condition::Version(key.clone(), found.version),
            });
            self.read.push((key, found.map(|found| found.value)));
        }
        Ok(())
    }

    /// Returns the bytes of a record that was read.
    fn bytes(&self, key: &RecordKey) -> Result<Option<&Bytes>, ServiceError> {
        let key = key.encode();
        let found = self.read.iter().find(|(read, _)| *read == key);
        let (_, value) = found.ok_or_else(|| {
            ServiceError::internal("a change depends on a record that was not read")
        })?;
        Ok(value.as_ref())
    }

    /// Returns a record that was read.
    pub(crate) fn get<R: Record>(&self, cell: Cell) -> Result<Option<R>, ServiceError> {
        let found = self.bytes(&cell.of(self.account))?;
        found
            .map(|value| Ok(decode_or_take(value, &self.vault)?))
            .transpose()
    }

    /// Returns a policy document that was read.
    pub(crate) fn document(&self, cell: Cell) -> Result<Option<String>, ServiceError> {
        let found = self.bytes(&cell.of(self.account))?;
        found.map(|value| Ok(decode_document(value)?)).transpose()
    }

    /// Returns whether a record that was read is there.
    pub(crate) fn is_there(&self, cell: Cell) -> Result<bool, ServiceError> {
        Ok(self.bytes(&cell.of(self.account))?.is_some())
    }

    /// Returns a counter that was read; it does not change while the commit is under way.
    pub(crate) fn counted(&self, counter: Counter) -> Result<u64, ServiceError> {
        let found = self.bytes(&Cell::Count(counter).of(self.account))?;
        found.map_or(Ok(0), |value| counted(value))
    }

    /// Writes a record where it stands by its name.
    pub(crate) fn put<R: Record>(&mut self, record: &R) -> Result<(), ServiceError> {
        let value = record.encode(&self.vault)?;
        // The picture of the account takes it in as soon as it is durable.
        remember(&value, &self.vault, record.clone());
        self.put_bytes(record.cell(), value);
        Ok(())
    }

    /// Writes a record that was read under another name.
    pub(crate) fn rename<R: Record>(
        &mut self,
        before: &Cell,
        record: &R,
    ) -> Result<(), ServiceError> {
        if *before != record.cell() {
            self.delete(before.clone());
        }
        self.put(record)
    }

    /// Writes that something is linked to something.
    pub(crate) fn put_link(&mut self, cell: Cell, link: &Link) -> Result<(), ServiceError> {
        let value = encode_link(link)?;
        self.put_bytes(cell, value);
        Ok(())
    }

    /// Writes a policy document.
    pub(crate) fn put_document(&mut self, cell: Cell, document: &str) {
        self.put_bytes(cell, encode_document(document));
    }

    /// Writes the parts of a long text in the place of `before` parts that the entity had; how many there are now
    /// stands in the entity's record, which must be written too.
    pub(crate) fn put_text(
        &mut self,
        entity: &UniqueId,
        before: u32,
        parts: &[Bytes],
    ) -> Result<u32, ServiceError> {
        let count = u32::try_from(parts.len()).map_err(ServiceError::internal)?;
        for (number, part) in (0..).zip(parts) {
            self.put_bytes(Cell::TextPart(entity.clone(), number), part.clone());
        }
        for number in count..before {
            self.delete(Cell::TextPart(entity.clone(), number));
        }
        Ok(count)
    }

    /// Writes the document of an inline policy; the entity's record must be written too.
    pub(crate) fn put_inline_policy(
        &mut self,
        kind: EntityKind,
        entity: &UniqueId,
        name: &PolicyName,
        document: &str,
    ) {
        let cell = Cell::InlinePolicy(kind, entity.clone(), name.clone());
        self.put_document(cell, document);
    }

    /// Deletes the document of an inline policy; the entity's record must be written too.
    pub(crate) fn delete_inline_policy(
        &mut self,
        kind: EntityKind,
        entity: &UniqueId,
        name: &PolicyName,
    ) {
        self.delete(Cell::InlinePolicy(kind, entity.clone(), name.clone()));
    }

    /// Writes the bytes of a record.
    pub(crate) fn put_bytes(&mut self, cell: Cell, value: Bytes) {
        let key = cell.of(self.account).encode();
        self.write(Write::Put(key, value));
    }

    /// Deletes a record.
    pub(crate) fn delete(&mut self, cell: Cell) {
        let key = cell.of(self.account).encode();
        self.write(Write::Delete(key));
    }

    /// Deletes the stored last use of an access key that is no more.
    pub(crate) fn delete_last_used(&mut self, id: &AccessKeyId) {
        self.delete(Cell::AccessKeyUse(id.clone()));
    }

    /// Counts one more, within the quota where there is one.
    pub(crate) fn count_in(&mut self, counter: Counter) {
        let at_most = quota(&counter).map(|(_, limit)| limit);
        self.count(counter, 1, at_most);
    }

    /// Counts one more, though the quota be used up.
    pub(crate) fn count_in_beyond_quota(&mut self, counter: Counter) {
        self.count(counter, 1, None);
    }

    /// Counts one less.
    pub(crate) fn count_out(&mut self, counter: Counter) {
        self.count(counter, -1, None);
    }

    fn count(&mut self, counter: Counter, delta: i64, at_most: Option<u64>) {
        let key = Cell::Count(counter).of(self.account).encode();
        self.write(Write::Add {
            key,
            delta,
            at_most,
        });
    }

    /// Returns the account's settings, which were read.
    pub(crate) fn settings(&self) -> Result<AccountSettings, ServiceError> {
        Ok(self.get(Cell::Settings)?.unwrap_or_default())
    }

    /// Returns whose an alias is, which was read.
    pub(crate) fn alias_owner(
        &self,
        alias: &AccountAlias,
    ) -> Result<Option<AccountId>, ServiceError> {
        let found = self.bytes(&RecordKey::Alias(alias.clone()))?;
        found
            .map(|value| Ok(decode_alias_owner(value)?))
            .transpose()
    }

    /// Makes an alias the account's.
    pub(crate) fn put_alias(&mut self, alias: &AccountAlias) -> Result<(), ServiceError> {
        let key = RecordKey::Alias(alias.clone()).encode();
        self.write(Write::Put(key, encode_alias_owner(self.account)?));
        Ok(())
    }

    /// Gives up an alias, which must be the account's.
    pub(crate) fn delete_alias(&mut self, alias: &AccountAlias) {
        self.write(Write::Delete(RecordKey::Alias(alias.clone()).encode()));
    }

    /// Makes an issuer of web identity tokens the account's; its id was drawn at random.
    pub(crate) fn put_issuer(&mut self, id: &str) -> Result<(), ServiceError> {
        let key = RecordKey::Issuer(id.to_owned()).encode();
        self.write(Write::Put(key, encode_alias_owner(self.account)?));
        Ok(())
    }

    /// Returns the account's record, which was read.
    pub(crate) fn account(&self, master: &MasterKey) -> Result<AccountRecord, ServiceError> {
        let found = self.bytes(&RecordKey::Account(self.account))?;
        let found =
            found.ok_or_else(|| ServiceError::internal("the caller's account has no record"))?;
        Ok(decode_account(master, found)?)
    }

    /// Writes the account's record.
    pub(crate) fn put_account(&mut self, record: &AccountRecord) -> Result<(), ServiceError> {
        let key = RecordKey::Account(self.account).encode();
        self.write(Write::Put(key, encode_account(record)?));
        Ok(())
    }

    /// Adds a write; a later one of the same key takes the place of an earlier one.
    fn write(&mut self, write: Write) {
        self.writes.retain(|earlier| earlier.key() != write.key());
        let before = self.read.iter().find(|(read, _)| read == write.key());
        if let Some((_, Some(before))) = before {
            forget(before);
        }
        self.writes.push(write);
    }
}

/// What a change depends on, as far as it can be said before anything was read.
pub(crate) type Wanted<'a> = &'a [RecordKey];

/// Says what else a change depends on, now that what it depends on first was read.
pub(crate) type Further<'a> =
    &'a (dyn Fn(&Transaction) -> Result<Vec<RecordKey>, ServiceError> + Send + Sync);

/// Makes a change until nobody else changes meanwhile what it depends on; returns what it made and the revision.
///
/// `wanted` names the records that the change depends on, and `further` those that can be named only after these were
/// read; `change` is pure and may run several times. One that writes nothing commits nothing.
pub(crate) async fn transact<T>(
    store: &dyn Store,
    account: AccountId,
    vault: &Arc<Vault>,
    wanted: Wanted<'_>,
    further: Further<'_>,
    mut change: impl FnMut(&mut Transaction) -> Result<T, ServiceError> + Send,
) -> Result<(T, Revision), ServiceError> {
    for _ in 0..MOST_TRIES {
        let reader = Reader::open(store, account, vault).await?;
        let mut transaction = Transaction::new(&reader);
        transaction.read(&reader, wanted).await?;
        let more = further(&transaction)?;
        transaction.read(&reader, &more).await?;
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
            Err(CommitError::Limit { key, .. }) => return Err(exceeded(&key)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Busy)
}

/// Returns the quota of a counter.
// SOURCE: spec/iam-entities.md §3.
fn quota(counter: &Counter) -> Option<(Quota, u64)> {
    match counter {
        Counter::Attachments(..) | Counter::FidoDevices | Counter::Members(_) => None,
        Counter::Groups => Some((Quota::GroupsPerAccount, limits::GROUPS_PER_ACCOUNT)),
        Counter::InstanceProfiles => Some((
            Quota::InstanceProfilesPerAccount,
            limits::INSTANCE_PROFILES_PER_ACCOUNT,
        )),
        Counter::ManagedPolicies => Some((Quota::PoliciesPerAccount, limits::POLICIES_PER_ACCOUNT)),
        Counter::ManagedPolicyVersions => Some((
            Quota::PolicyVersionsInUse,
            limits::POLICY_VERSIONS_PER_ACCOUNT,
        )),
        Counter::OidcProviders => Some((
            Quota::OpenIdConnectProvidersPerAccount,
            limits::OPEN_ID_CONNECT_PROVIDERS_PER_ACCOUNT,
        )),
        Counter::Roles => Some((Quota::RolesPerAccount, limits::ROLES_PER_ACCOUNT)),
        Counter::RootFidoDevices => Some((Quota::MfaDevicesPerUser, limits::MFA_DEVICES_OF_ROOT)),
        Counter::SamlProviders => Some((
            Quota::SamlProvidersPerAccount,
            limits::SAML_PROVIDERS_PER_ACCOUNT,
        )),
        Counter::ServerCertificates => Some((
            Quota::ServerCertificatesPerAccount,
            limits::SERVER_CERTIFICATES_PER_ACCOUNT,
        )),
        Counter::Users => Some((Quota::UsersPerAccount, limits::USERS_PER_ACCOUNT)),
        Counter::VirtualMfaDevices => Some((
            Quota::VirtualMfaDevicesPerAccount,
            limits::VIRTUAL_MFA_DEVICES_PER_ACCOUNT,
        )),
    }
}

/// Names the quota behind a counter that is at its bound.
fn exceeded(key: &[u8]) -> ServiceError {
    let quota = match RecordKey::decode(key) {
        Some(RecordKey::Cell(_, Cell::Count(counter))) => quota(&counter),
        _ => None,
    };
    match quota {
        Some((quota, limit)) => Refusal::QuotaExceeded { quota, limit }.into(),
        None => ServiceError::internal("a counter without a quota reached its bound"),
    }
}
