//! The tests that every store passes: the specification of [`Store`] as code.
//!
//! Ordinary code, so that a store in another crate runs the same suite: implement [`Fixture`] for
//! it and call [`run`] on a runtime with time enabled (`#[tokio::test]` has it).

mod commits;
mod reads;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::limits::{FEED_BYTES_MAX, VALUE_BYTES_MAX};
use crate::{Commit, Event, Revision, Snapshot, Store, Versioned, Watch, WatchError, scan_all};

/// What is wrong with a store, in words.
pub type Failure = String;

/// Makes the stores that the suite is run on.
#[async_trait]
pub trait Fixture: Send {
    /// Makes an empty store.
    ///
    /// # Errors
    /// Why it can't.
    async fn empty(&mut self) -> Result<Arc<dyn Store>, Failure>;

    /// Closes the store that [`empty`](Self::empty) made last and opens it again; `None` if such a store keeps nothing.
    ///
    /// # Errors
    /// Why it can't.
    async fn restart(&mut self, store: Arc<dyn Store>) -> Result<Option<Arc<dyn Store>>, Failure>;

    /// Makes the store forget the events up to now. The default commits until a store in this
    /// process has to.
    ///
    /// # Errors
    /// Why it can't.
    async fn compact(&mut self, store: &dyn Store) -> Result<(), Failure> {
        for number in 0..=FEED_BYTES_MAX / VALUE_BYTES_MAX {
            let value = vec![0; VALUE_BYTES_MAX];
            commit(store, Commit::new().put(format!("compact/{number}"), value)).await?;
        }
        Ok(())
    }
}

/// Runs the suite, each case on an empty store.
///
/// # Errors
/// All cases that fail, a line each.
pub async fn run(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let mut failures = Vec::new();
    macro_rules! run {
        ($($module:ident::$case:ident)*) => {$(
            if let Err(failure) = $module::$case(fixture).await {
                failures.push(format!("{}: {failure}", stringify!($case)));
            }
        )*};
    }
    run! {
        commits::versions commits::conditions commits::refused_commit_changes_nothing commits::no_change
        commits::counters commits::counter_bounds commits::limits commits::malformed commits::concurrent_writers
        reads::empty_store reads::isolation reads::scan_order reads::scan_pages reads::every_byte reads::restart
        watches::order watches::groups watches::resume watches::waits watches::abandoned_wait
        watches::compacted watches::ahead watches::observed
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}

/// Fails the case unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
use ensure;

/// Fails the case unless both are equal.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Failure> {
    ensure!(
        found == expected,
        "{what}: found {found:?}, expected {expected:?}"
    );
    Ok(())
}

/// Commits what must succeed.
async fn commit(store: &dyn Store, commit: Commit) -> Result<Revision, Failure> {
    store
        .commit(commit)
        .await
        .map_err(|error| format!("a commit was refused: {error}"))
}

async fn snapshot(store: &dyn Store) -> Result<Box<dyn Snapshot>, Failure> {
    store
        .snapshot()
        .await
        .map_err(|error| format!("no snapshot: {error}"))
}

/// Reads a key of a new snapshot.
async fn get(store: &dyn Store, key: &'static str) -> Result<Option<Versioned>, Failure> {
    get_from(snapshot(store).await?.as_ref(), key).await
}

async fn get_from(snapshot: &dyn Snapshot, key: &str) -> Result<Option<Versioned>, Failure> {
    snapshot
        .get(key.as_bytes())
        .await
        .map_err(|error| format!("can't read {key}: {error}"))
}

/// Everything in a new snapshot, as keys and values.
async fn contents(store: &dyn Store) -> Result<Vec<(Bytes, Bytes)>, Failure> {
    contents_of(snapshot(store).await?.as_ref()).await
}

async fn contents_of(snapshot: &dyn Snapshot) -> Result<Vec<(Bytes, Bytes)>, Failure> {
    let rows = scan_all(snapshot, b"", 7)
        .await
        .map_err(|error| format!("can't scan: {error}"))?;
    Ok(rows
        .into_iter()
        .map(|(key, found)| (key, found.value))
        .collect())
}

fn versioned(value: impl Into<Bytes>, version: Revision) -> Option<Versioned> {
    Some(Versioned {
        value: value.into(),
        version,
    })
}

fn counter(value: u64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

async fn watch(store: &dyn Store, after: Revision) -> Result<Box<dyn Watch>, Failure> {
    store
        .watch(after)
        .await
        .map_err(|error| format!("no watch after {after}: {error}"))
}

/// Waits for an event, but not forever.
async fn next(watch: &mut dyn Watch) -> Result<Result<Event, WatchError>, Failure> {
    let waiting = tokio::time::timeout(Duration::from_secs(30), watch.next());
    waiting.await.map_err(|_| "no event came".to_owned())
}

async fn next_group(watch: &mut dyn Watch) -> Result<Vec<Event>, Failure> {
    let waiting = tokio::time::timeout(Duration::from_secs(30), watch.next_group());
    let group = waiting.await.map_err(|_| "no group came".to_owned())?;
    group.map_err(|error| format!("the watch ended: {error}"))
}

async fn next_event(watch: &mut dyn Watch) -> Result<Event, Failure> {
    next(watch)
        .await?
        .map_err(|error| format!("the watch ended: {error}"))
}
