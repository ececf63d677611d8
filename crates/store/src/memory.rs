//! The store that forgets: everything in memory, for tests.

use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rpds::RedBlackTreeMapSync;

use crate::feed::Feed;
use crate::resolve::resolve;
use crate::{
    Commit, CommitError, Event, Key, Observer, Revision, Snapshot, Store, StoreError, Versioned,
    Watch, WatchError,
};

type Map = RedBlackTreeMapSync<Key, Versioned>;

/// A [`Store`] in memory. Nothing outlives it; a clone is the same store.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use keyward_store::{Commit, MemoryStore, Store};
/// let store = MemoryStore::new();
/// let revision = store.commit(Commit::new().put("key", "value")).await.unwrap();
/// let found = store.snapshot().await.unwrap().get(b"key").await.unwrap().unwrap();
/// assert_eq!((found.value.as_ref(), found.version), (b"value".as_ref(), revision));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    feed: Arc<Feed>,
}

#[derive(Clone, Debug)]
struct State {
    revision: Revision,
    map: Map,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            revision: Revision::ZERO,
            map: Map::new_sync(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            feed: Feed::new(Revision::ZERO),
        }
    }

    /// Makes another store with what this one holds now; what is committed to one does not show in the other.
    ///
    /// Costs the same however much it holds.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock().clone();
        Self {
            feed: Feed::new(state.revision),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is replaced as a whole, so it is whole even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(self.lock().clone()))
    }

    async fn commit(&self, commit: Commit) -> Result<Revision, CommitError> {
        commit.check()?;
        let mut state = self.lock();
        let changes = resolve(&commit, |key| Ok(state.map.get(key).cloned()))?;
        if changes.is_empty() {
            return Ok(state.revision);
        }
        let revision = state.revision.next();
        let mut map = state.map.clone();
        for change in &changes {
            match &change.value {
                None => map.remove_mut(&change.key),
                Some(value) => {
                    map.insert_mut(
                        change.key.clone(),
                        Versioned {
                            value: value.clone(),
                            version: revision,
                        },
                    );
                    true
                }
            };
        }
        *state = State { revision, map };
        // Under the lock, so that events are in the order of the commits.
        self.feed.publish(&[Event {
            revision,
            changes: changes.into(),
        }]);
        Ok(revision)
    }

    async fn watch(&self, after: Revision) -> Result<Box<dyn Watch>, WatchError> {
        self.feed.watch(after, self.lock().revision)
    }

    fn observe(&self, after: Revision, observer: Observer) -> Result<Option<Observer>, WatchError> {
        let visible = self.lock().revision;
        self.feed.observe(after, visible, observer)?;
        Ok(None)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        Ok(self.lock().revision)
    }
}

#[async_trait]
impl Snapshot for State {
    fn revision(&self) -> Revision {
        self.revision
    }

    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        Ok(self.map.get(key).cloned())
    }

    async fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let rows = self.map.range::<[u8], _>((from, Bound::Unbounded));
        let rows = rows
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit);
        Ok(rows
            .map(|(key, versioned)| (key.clone(), versioned.clone()))
            .collect())
    }
}
