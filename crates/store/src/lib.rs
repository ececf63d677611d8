//! The [`Store`] trait, its in-memory and embedded stores, and the contract tests that every store passes.
//!
//! A store is a map from keys to values with transactions and a change feed. It holds bytes and
//! knows nothing of accounts, policies or secrets: what the bytes mean is the business of `records`.
//!
//! * [`Store`] makes consistent [`Snapshot`]s, takes [`Commit`]s and opens [`Watch`]es.
//! * [`RedbStore`] keeps everything in a file of this machine, and one process at a time has it.
//! * [`MemoryStore`] keeps everything in memory: tests, and nothing else.
//! * [`contract`] is the suite that every store passes; it is the specification of [`Store`].
//!
//! Start reading at `store.rs` (the trait), then `commit.rs` (what a commit says) and `resolve.rs`
//! (what a commit does).

mod commit;
pub mod contract;
mod embedded;
mod feed;
pub mod limits;
mod memory;
mod resolve;
mod revision;
mod store;

pub use commit::{Commit, CommitError, Condition, Key, Value, Write};
pub use embedded::{FORMAT_VERSION, OpenError, OpenMode, RedbStore};
pub use memory::MemoryStore;
pub use revision::{ParseRevisionError, Revision};
pub use store::{
    Change, Event, Observer, Snapshot, Store, StoreError, Versioned, Watch, WatchError, scan_all,
};
