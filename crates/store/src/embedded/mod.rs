//! The store of one machine: redb for the tables, a log in front of them for durability.
//!
//! Start reading at `engine.rs`: what opening, committing and closing do. `log.rs` says how commits
//! become durable, `recent.rs` where they are until a checkpoint brings them into the tables,
//! `tables.rs` what is in redb, `snapshot.rs` what readers see of both, `backend.rs` how a damaged
//! file stays as it is, `queue.rs`, `pace.rs` and `writer.rs` how commits are grouped and who writes
//! them, `files.rs` what is on the disk.

mod backend;
mod disk;
mod engine;
mod files;
mod log;
mod pace;
mod queue;
mod recent;
mod snapshot;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use async_trait::async_trait;

pub use engine::FORMAT_VERSION;
pub use files::{OpenError, OpenMode};

use crate::feed::Feed;
use crate::{
    Commit, CommitError, Observer, Revision, Snapshot, Store, StoreError, Watch, WatchError,
};
use queue::Queue;
use snapshot::{Newest, TableSnapshot};
use tables::Tables;
use writer::Writer;

/// A [`Store`] in two files of this machine, which one process at a time has open.
///
/// The store `keyward.db` is the file of that name and `keyward.db.log` beside it; neither is any
/// use without the other. Commits that wait at the same time share one sync of the disk.
///
/// What is guaranteed:
/// * After a crash or a loss of power, everything that was acknowledged is there, and of everything
///   else a commit is there as a whole or not at all.
/// * After an error of the disk nothing more is written, every commit answers
///   [`Unavailable`](CommitError::Unavailable), and opening the store again finds out what is there.
/// * Damage is reported when the store is opened: every page of the tables and every frame of the
///   log has a checksum. The exception is the very last group of commits before a crash: damaged,
///   it can't be told from one that was not finished.
/// * What is damaged while the store is open is reported when the record is read, and never served
///   as a value; in the tree above the records it could also hide some, until the store is opened again.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("keyward.db");
/// use keyward_store::{Commit, OpenMode, RedbStore, Store};
/// let store = RedbStore::open(&path, OpenMode::CreateNew).unwrap();
/// store.commit(Commit::new().put("key", "value")).await.unwrap();
/// drop(store);
/// let store = RedbStore::open(&path, OpenMode::Existing).unwrap();
/// let found = store.snapshot().await.unwrap().get(b"key").await.unwrap().unwrap();
/// assert_eq!(found.value.as_ref(), b"value");
/// # });
/// ```
#[derive(Debug)]
pub struct RedbStore {
    /// `None` once closed.
    tables: Mutex<Option<Arc<Tables>>>,
    newest: Arc<Newest>,
    queue: Arc<Queue>,
    feed: Arc<Feed>,
    writer: Arc<Writer>,
    thread: Mutex<Option<JoinHandle<Result<(), String>>>>,
    may_wait: fn() -> bool,
}

impl RedbStore {
    /// Opens a store, or makes an empty one, in a folder that exists.
    ///
    /// Reads everything: some 10 ms for small stores, 2 to 4 s a GiB; a crash before adds little.
    ///
    /// # Errors
    /// [`OpenError`]; what was there is then unchanged.
    pub fn open(path: impl AsRef<Path>, mode: OpenMode) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let engine = files::open(path, mode)?;
        let (tables, newest) = (Arc::clone(engine.tables()), Arc::clone(engine.newest()));
        let queue = Queue::new();
        let feed = Feed::new(engine.revision());
        let writer = Writer::new(engine, Arc::clone(&queue), Arc::clone(&feed));
        let thread = Builder::new().name("store-writer".to_owned()).spawn({
            let writer = Arc::clone(&writer);
            move || writer.run()
        });
        let thread = thread.map_err(|source| OpenError::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            tables: Mutex::new(Some(tables)),
            newest,
            queue,
            feed,
            writer,
            thread: Mutex::new(Some(thread)),
            may_wait: || false,
        })
    }

    /// Has a commit written on the thread that asks for it wherever `may_wait` says, there, that nothing else is to be done
    /// on that thread: a lone writer is then answered without two threads having to wake each other. It holds the thread up
    /// for one sync, and only while no other commit is under way and syncs are short.
    #[must_use]
    pub fn writing_where_called(mut self, may_wait: fn() -> bool) -> Self {
        self.may_wait = may_wait;
        self
    }

    /// Finishes the commits that wait, makes the tables durable, and lets other processes have the
    /// files. Blocks for that long (some 10 ms). Dropping the store does the same.
    ///
    /// Afterwards everything answers that the store is closed; closing again does nothing. A
    /// snapshot that lives on keeps the files held until it is dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the tables can't be written. Nothing that was acknowledged
    /// is lost: the log has it.
    pub fn close(&self) -> Result<(), StoreError> {
        self.queue.close();
        let Some(thread) = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return Ok(());
        };
        let result = thread
            .join()
            .unwrap_or_else(|_| Err("the store's writer has panicked".to_owned()));
        self.newest.close();
        // Last, as this is what closes redb.
        self.tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        result.map_err(|reason| StoreError::Unavailable { reason })
    }

    fn table_snapshot(&self) -> Result<Arc<TableSnapshot>, StoreError> {
        self.newest
            .snapshot()
            .ok_or_else(|| StoreError::Unavailable {
                reason: "the store is closed".to_owned(),
            })
    }

    /// Returns the revision that snapshots show now.
    fn visible(&self) -> Result<Revision, WatchError> {
        let snapshot = self.table_snapshot();
        snapshot
            .map(|snapshot| snapshot.revision())
            .map_err(|error| WatchError::Unavailable {
                reason: error.to_string(),
            })
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        // Nobody is left to tell; the log has what the tables miss.
        let _ = self.close();
    }
}

#[async_trait]
impl Store for RedbStore {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(self.table_snapshot()?))
    }

    async fn commit(&self, commit: Commit) -> Result<Revision, CommitError> {
        commit.check()?;
        let commit = if (self.may_wait)() {
            match self.writer.write_here(commit) {
                Ok(outcome) => return outcome,
                Err(commit) => commit,
            }
        } else {
            commit
        };
        self.queue.commit(commit).await
    }

    async fn watch(&self, after: Revision) -> Result<Box<dyn Watch>, WatchError> {
        let visible = self.visible()?;
        self.feed.watch(after, visible)
    }

    fn observe(&self, after: Revision, observer: Observer) -> Result<Option<Observer>, WatchError> {
        let visible = self.visible()?;
        self.feed.observe(after, visible, observer)?;
        Ok(None)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        Ok(self.table_snapshot()?.revision())
    }
}
