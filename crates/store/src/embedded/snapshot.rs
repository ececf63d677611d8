//! What readers see: the tables of the last checkpoint, and over them what changed since.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::recent::Recent;
use super::tables::{Base, guarded};
use crate::{Key, Revision, Snapshot, StoreError, Versioned};

/// A [`Snapshot`]: the tables, and over them what changed since.
#[derive(Debug)]
pub(super) struct TableSnapshot {
    revision: Revision,
    base: Arc<Base>,
    recent: Recent,
}

impl TableSnapshot {
    /// Makes a snapshot; `revision` is the last commit that it shows.
    pub(super) const fn new(revision: Revision, base: Arc<Base>, recent: Recent) -> Self {
        Self {
            revision,
            base,
            recent,
        }
    }

    fn rows(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, redb::Error> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let changed = self.recent.range(from);
        let mut changed = changed
            .take_while(|(key, _)| key.starts_with(prefix))
            .peekable();
        let mut stored = self.base.rows(prefix, from)?.peekable();
        let mut rows: Vec<(Key, Versioned)> = Vec::new();
        while rows.len() < limit {
            let order = match (changed.peek(), stored.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                // What is damaged ends the scan before anything behind it is shown.
                (None, Some(_)) | (Some(_), Some(Err(_))) => Ordering::Greater,
                (Some((changed, _)), Some(Ok((stored, _)))) => (*changed).cmp(stored),
            };
            if order.is_ge() {
                let row = stored.next().transpose()?;
                if order.is_gt() {
                    rows.extend(row);
                    continue;
                }
            }
            // In the place of what is stored, if the key is the same.
            if let Some((key, latest)) = changed.next() {
                rows.extend(latest.versioned().map(|found| (key.clone(), found)));
            }
        }
        Ok(rows)
    }
}

/// The newest snapshot, shared by all who read.
#[derive(Debug, Default)]
pub(super) struct Newest(RwLock<Option<Arc<TableSnapshot>>>);

impl Newest {
    /// Returns the newest snapshot; `None` once the store is closed.
    pub(super) fn snapshot(&self) -> Option<Arc<TableSnapshot>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Replaces it. The writer does, before anybody learns of the commit.
    pub(super) fn show(&self, snapshot: TableSnapshot) {
        self.replace(Some(Arc::new(snapshot)));
    }

    /// Forgets it.
    pub(super) fn close(&self) {
        self.replace(None);
    }

    fn replace(&self, snapshot: Option<Arc<TableSnapshot>>) {
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, snapshot);
        drop(place);
        // Outside of the lock: the last holder closes a transaction.
        drop(before);
    }
}

#[async_trait]
impl Snapshot for Arc<TableSnapshot> {
    fn revision(&self) -> Revision {
        self.revision
    }

    // Reads take microseconds from the page cache, so they run where they are called.
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        Ok(guarded(|| self.base.get(&self.recent, key))?)
    }

    async fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        Ok(guarded(|| self.rows(prefix, after, limit))?)
    }
}
