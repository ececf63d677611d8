//! The traits that every store implements. What they promise is checked by `contract`.

use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Commit, CommitError, Key, Revision, Value};

/// A map from keys to values with transactions and a change feed.
///
/// Promises, each checked by [`contract`](crate::contract):
/// * Commits are in one total order, that of their revisions, and each sees exactly those before it.
/// * What [`commit`](Self::commit) acknowledged is durable (but for a store that says it is in memory only).
/// * Snapshots and watches that start after an acknowledgement see the commit, and nobody sees a
///   commit that could still be lost.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes a consistent view of everything at one revision.
    ///
    /// Cheap, but a store may keep old data for as long as the snapshot lives: drop it soon.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Applies the commit if its conditions hold, and returns its revision once it is durable.
    ///
    /// A commit that changes nothing returns the revision that it was checked at.
    /// Dropping the future does not undo the commit.
    ///
    /// # Errors
    /// [`CommitError`]; nothing was applied, except perhaps with
    /// [`OutcomeUnknown`](CommitError::OutcomeUnknown).
    async fn commit(&self, commit: Commit) -> Result<Revision, CommitError>;

    /// Follows the commits after a revision, which is that of a snapshot or of the last event seen.
    ///
    /// # Errors
    /// [`WatchError::Compacted`] when the store doesn't have all commits after that revision any
    /// more (or, after a restore, not yet): make a snapshot, reload, and watch from its revision.
    async fn watch(&self, after: Revision) -> Result<Box<dyn Watch>, WatchError>;

    /// Has each group of commits after a revision observed as soon as it is durable and visible to snapshots, and before
    /// any of it is acknowledged: whoever was answered finds its commit observed.
    ///
    /// Only a store that this process alone commits to can promise that. Any other gives the observer back: whoever wants
    /// to follow calls it with what a [`watch`](Self::watch) hands out.
    ///
    /// # Errors
    /// As [`watch`](Self::watch); the observer is then dropped, as it is when the store closes.
    fn observe(
        &self,
        _after: Revision,
        observer: Observer,
    ) -> Result<Option<Observer>, WatchError> {
        Ok(Some(observer))
    }

    /// Returns the revision that a snapshot made now would have.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read.
    async fn revision(&self) -> Result<Revision, StoreError>;
}

/// Is called with commits in revision order, none left out, until it breaks.
///
/// It runs where commits are made and holds them up: it must be quick, must not wait and must not call the store.
pub type Observer = Box<dyn FnMut(&[Event]) -> ControlFlow<()> + Send>;

/// A consistent view of a store at one revision: later commits don't show in it.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// Returns the revision of the last commit that it shows.
    fn revision(&self) -> Revision;

    /// Reads a key; `None` if it is absent.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read, or what was read is damaged.
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError>;

    /// Reads keys that start with `prefix` (empty: all) and are greater than `after`, in bytewise
    /// order, at most `limit` of them. Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read, or what was read is damaged.
    async fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError>;
}

/// Follows the commits of a store.
#[async_trait]
pub trait Watch: Send {
    /// Waits for the next commit that changed something: one event a commit, in revision order, none left out.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`WatchError`]; the watch is then at its end.
    async fn next(&mut self) -> Result<Event, WatchError>;

    /// Waits as [`next`](Self::next) does, and returns with that event those that can be had without waiting, in
    /// order. A follower that takes a group of commits at once does once what it otherwise does for each.
    ///
    /// # Errors
    /// As [`next`](Self::next); no event is lost by an error.
    async fn next_group(&mut self) -> Result<Vec<Event>, WatchError> {
        Ok(vec![self.next().await?])
    }
}

/// A value, and the commit that wrote it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Versioned {
    /// The value.
    pub value: Value,
    /// The revision of the commit that last wrote the key, for [`Condition::Version`](crate::Condition::Version).
    pub version: Revision,
}

/// What one commit changed. Clones share the changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// The commit's revision; the version of every value in `changes`.
    pub revision: Revision,
    /// The keys that changed, in bytewise order, each once.
    pub changes: Arc<[Change]>,
}

/// What became of one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// Its value (of a counter: the sum), or `None` if it was removed.
    pub value: Option<Value>,
}

/// Why a store can't be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// What was read is damaged. Nothing of it was used.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// What is damaged; for the log, not for callers.
        what: String,
    },
    /// The store can't be reached or its files can't be read.
    #[error("the store can't be read: {reason}")]
    Unavailable {
        /// What failed; for the log, not for callers.
        reason: String,
    },
}

/// Why a watch ended.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WatchError {
    /// The store was closed.
    #[error("the store was closed")]
    Closed,
    /// The store doesn't have every commit after the revision that the follower has: reload from a snapshot.
    #[error("the commits after revision {after} are not all held any more; reload")]
    Compacted {
        /// The revision that the follower has.
        after: Revision,
    },
    /// The store can't be reached.
    #[error("the store can't be watched: {reason}")]
    Unavailable {
        /// What failed; for the log, not for callers.
        reason: String,
    },
}

/// Reads all keys that start with `prefix`, in order, `page` keys a call.
///
/// # Errors
/// As [`Snapshot::scan`].
pub async fn scan_all(
    snapshot: &dyn Snapshot,
    prefix: &[u8],
    page: usize,
) -> Result<Vec<(Key, Versioned)>, StoreError> {
    let page = page.max(1);
    let mut rows: Vec<(Key, Versioned)> = Vec::new();
    loop {
        let after = rows.last().map(|(key, _)| key.clone());
        let more = snapshot.scan(prefix, after.as_deref(), page).await?;
        let end = more.len() < page;
        rows.extend(more);
        if end {
            return Ok(rows);
        }
    }
}
