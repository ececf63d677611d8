//! Reading records of one account at one revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, UniqueId};
use keyward_directory::{
    AccountSettings, EntityKind, LastUsed, PolicyName, PolicyUsage, User, UserName,
};
use keyward_records::{
    AccountRecord, Cell, Counter, Kind, Link, MasterKey, Record, RecordKey, Vault, decode_account,
    decode_and_remember, decode_document, decode_last_used, decode_link, decode_text,
};
use keyward_store::{Revision, Snapshot, Store};

use crate::ServiceError;
use crate::page::Page;

/// Records fetched at a time where a filter may leave some out.
const BATCH: usize = 200;

/// Reads records of one account at one revision.
pub(crate) struct Reader {
    account: AccountId,
    vault: Arc<Vault>,
    snapshot: Box<dyn Snapshot>,
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

    /// Returns the account that is read.
    pub(crate) fn account_id(&self) -> AccountId {
        self.account
    }

    /// Returns what opens the account's secrets.
    pub(crate) fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Returns the snapshot that is read.
    pub(crate) fn snapshot(&self) -> &dyn Snapshot {
        &*self.snapshot
    }

    /// Returns the revision that is read.
    pub(crate) fn revision(&self) -> Revision {
        self.snapshot.revision()
    }

    /// Returns a record.
    pub(crate) async fn get<R: Record>(&self, cell: Cell) -> Result<Option<R>, ServiceError> {
        let found = self.bytes(cell).await?;
        found
            .map(|value| {
                Ok(Arc::unwrap_or_clone(decode_and_remember(
                    &value,
                    &self.vault,
                )?))
            })
            .transpose()
    }

    /// Returns the bytes of a record.
    pub(crate) async fn bytes(&self, cell: Cell) -> Result<Option<Bytes>, ServiceError> {
        let found = self.snapshot.get(&cell.of(self.account).encode()).await?;
        Ok(found.map(|found| found.value))
    }

    /// Returns a link.
    pub(crate) async fn link(&self, cell: Cell) -> Result<Option<Link>, ServiceError> {
        let found = self.bytes(cell).await?;
        found.map(|value| Ok(decode_link(&value)?)).transpose()
    }

    /// Returns how many there are of something.
    pub(crate) async fn count(&self, counter: Counter) -> Result<u64, ServiceError> {
        let found = self.bytes(Cell::Count(counter)).await?;
        found.map_or(Ok(0), |value| counted(&value))
    }

    /// Returns the records of a page that a filter lets through, in the order of their keys, and the marker of the next
    /// page.
    pub(crate) async fn page<R: Record>(
        &self,
        kind: &Kind,
        page: &Page,
        fits: impl Fn(&R) -> bool,
    ) -> Result<(Vec<R>, Option<String>), ServiceError> {
        let (items, marker) = self
            .page_of_bytes(kind, page, |_, value| {
                let record = R::decode(value, &self.vault)?;
                Ok(fits(&record).then_some(record))
            })
            .await?;
        Ok((items, marker))
    }

    /// Returns what `read` makes of the records of a page, of the place of each below its kind's prefix and of its
    /// bytes; what it makes nothing of is left out.
    pub(crate) async fn page_of_bytes<T>(
        &self,
        kind: &Kind,
        page: &Page,
        read: impl Fn(&str, &Bytes) -> Result<Option<T>, ServiceError>,
    ) -> Result<(Vec<T>, Option<String>), ServiceError> {
        let prefix = kind.prefix(self.account);
        let mut after = page
            .after
            .as_ref()
            .map(|place| Bytes::from([&prefix, place.as_bytes()].concat()));
        let wanted = page.items.saturating_add(1);
        // Enough where nothing is left out; what is missing then is looked for in larger steps.
        let mut most = wanted;
        let mut items: Vec<(String, T)> = Vec::new();
        loop {
            let batch = self.snapshot.scan(&prefix, after.as_deref(), most).await?;
            let last = batch.len() < most;
            most = wanted.max(BATCH);
            after = batch.last().map(|(key, _)| key.clone());
            for (key, found) in &batch {
                let place = key.get(prefix.len()..).unwrap_or_default();
                let place = String::from_utf8_lossy(place);
                if let Some(item) = read(&place, &found.value)? {
                    items.push((place.into_owned(), item));
                }
                if items.len() == wanted {
                    break;
                }
            }
            if last || items.len() == wanted {
                break;
            }
        }
        let marker = page.cut(&mut items, |(place, _)| place.clone());
        Ok((items.into_iter().map(|(_, item)| item).collect(), marker))
    }

    /// Returns all records of a kind.
    pub(crate) async fn all<R: Record>(&self, kind: &Kind) -> Result<Vec<R>, ServiceError> {
        let prefix = kind.prefix(self.account);
        let found = keyward_store::scan_all(&*self.snapshot, &prefix, BATCH).await?;
        found
            .iter()
            .map(|(_, found)| Ok(R::decode(&found.value, &self.vault)?))
            .collect()
    }

    /// Returns all links of a kind, each with its place below the kind's prefix, in the order of the places.
    pub(crate) async fn links(&self, kind: &Kind) -> Result<Vec<(String, Link)>, ServiceError> {
        let prefix = kind.prefix(self.account);
        let found = keyward_store::scan_all(&*self.snapshot, &prefix, BATCH).await?;
        let links = found.iter().map(|(key, found)| {
            let place = key.get(prefix.len()..).unwrap_or_default();
            let place = String::from_utf8_lossy(place).into_owned();
            Ok((place, decode_link(&found.value)?))
        });
        links.collect()
    }

    /// Returns how many entities use each managed policy that one uses, by [`PolicyArn::key`](
    /// keyward_directory::PolicyArn::key).
    pub(crate) async fn attachment_counts(
        &self,
    ) -> Result<BTreeMap<(String, PolicyUsage), u64>, ServiceError> {
        let prefix = Kind::AttachmentCounts.prefix(self.account);
        let found = keyward_store::scan_all(&*self.snapshot, &prefix, BATCH).await?;
        let mut counts = BTreeMap::new();
        for (key, found) in &found {
            if let Some(RecordKey::Cell(_, Cell::Count(Counter::Attachments(policy, usage)))) =
                RecordKey::decode(key)
            {
                counts.insert((policy, usage), counted(&found.value)?);
            }
        }
        Ok(counts)
    }

    /// Returns a policy document.
    pub(crate) async fn document(&self, cell: Cell) -> Result<Option<String>, ServiceError> {
        let found = self.bytes(cell).await?;
        found.map(|value| Ok(decode_document(&value)?)).transpose()
    }

    /// Returns a long text of an entity, whose record says in how many parts it stands.
    pub(crate) async fn text(&self, entity: &UniqueId, parts: u32) -> Result<String, ServiceError> {
        let mut found = Vec::new();
        for number in 0..parts {
            let part = self.bytes(Cell::TextPart(entity.clone(), number)).await?;
            found.push(part.ok_or_else(|| ServiceError::internal("a part of a text is missing"))?);
        }
        Ok(decode_text(&found)?)
    }

    /// Returns the document of an inline policy.
    pub(crate) async fn inline_policy(
        &self,
        kind: EntityKind,
        entity: &UniqueId,
        name: &PolicyName,
    ) -> Result<Option<String>, ServiceError> {
        self.document(Cell::InlinePolicy(kind, entity.clone(), name.clone()))
            .await
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

    /// Returns the account's settings.
    pub(crate) async fn settings(&self) -> Result<AccountSettings, ServiceError> {
        Ok(self.get(Cell::Settings).await?.unwrap_or_default())
    }

    /// Returns the user of a unique id; `name` is what it is probably called.
    pub(crate) async fn user_of_id(
        &self,
        id: &UniqueId,
        name: Option<&UserName>,
    ) -> Result<Option<User>, ServiceError> {
        if let Some(name) = name {
            let user = self.get::<User>(Cell::user(name)).await?;
            if let Some(user) = user.filter(|user| user.id == *id) {
                return Ok(Some(user));
            }
        }
        // It is called otherwise at this revision, which only a rename a moment ago can cause.
        let users = self.all::<User>(&Kind::Users).await?;
        Ok(users.into_iter().find(|user| user.id == *id))
    }

    /// Returns the stored last use of an access key.
    pub(crate) async fn last_used(
        &self,
        id: &AccessKeyId,
    ) -> Result<Option<LastUsed>, ServiceError> {
        let found = self.bytes(Cell::AccessKeyUse(id.clone())).await?;
        found.map(|value| Ok(decode_last_used(&value)?)).transpose()
    }
}

/// Reads a counter.
pub(crate) fn counted(value: &[u8]) -> Result<u64, ServiceError> {
    let bytes = <[u8; 8]>::try_from(value)
        .map_err(|_| ServiceError::internal("a counter does not have eight bytes"))?;
    Ok(u64::from_be_bytes(bytes))
}
