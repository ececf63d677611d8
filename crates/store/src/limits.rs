//! Every bound of a store, with where it comes from.
//!
//! The smallest engine sets them, so that what fits one store fits every store.

/// Bytes in a key, at most; a key has at least one.
// SOURCE: DESIGN "The smallest engine sets the store's limits"; etcd names no bound of its own, and
// short keys keep a page of an embedded store well filled.
pub const KEY_BYTES_MAX: usize = 1024;

/// Bytes in a value, at most ("under 256 KiB").
// SOURCE: DESIGN.
pub const VALUE_BYTES_MAX: usize = 256 * 1024 - 1;

/// Writes in a commit, at most.
// SOURCE: DESIGN; etcd takes 128 operations a transaction (`--max-txn-ops`).
pub const COMMIT_WRITES_MAX: usize = 100;

/// Conditions in a commit, at most; each [`Write::Add`](crate::Write::Add) counts as one.
// SOURCE: etcd takes 128 comparisons a transaction; a few are left to the store that runs on it.
pub const COMMIT_CONDITIONS_MAX: usize = 120;

/// Bytes in a commit, at most ("under 1 MiB"); see [`Commit::size`](crate::Commit::size).
// SOURCE: DESIGN; etcd refuses requests over 1.5 MiB (`--max-request-bytes`).
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024 - 1;

/// Bytes that [`Commit::size`](crate::Commit::size) adds for each condition and each write, for
/// what stores keep beside key and value.
pub const COMMIT_BYTES_PER_ITEM: usize = 32;

/// Events that a store keeps for watches, at most.
///
/// A follower that is further behind is told [`Compacted`](crate::WatchError::Compacted) and reloads. Few, since each that is
/// kept is memory that the next commit finds cold: a view in this process observes commits and needs none of them.
pub const FEED_EVENTS_MAX: usize = 1024;

/// Bytes of keys and values that a store keeps for watches, at most.
pub const FEED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Events that a watch hands out at once, at most, so that a follower that is far behind shows progress.
pub(crate) const FEED_GROUP_MAX: usize = 256;

/// Bytes of the embedded store's log. The log never grows or shrinks: any other length is damage.
///
/// A full log is folded into the tables, which costs one stall of some 10 ms.
pub(crate) const LOG_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes ([`Commit::size`](crate::Commit::size)) that share one write to the log, at most, so that
/// a group always fits and the first of it doesn't wait long for the last.
pub(crate) const GROUP_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of commits that wait for the embedded store's writer, at most; further callers wait for room.
pub(crate) const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of memory that the embedded store uses for cached pages, at most; it starts with none.
pub(crate) const PAGE_CACHE_BYTES: usize = 64 * 1024 * 1024;
