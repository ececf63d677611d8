//! Loading the picture and keeping it current by the store's change feed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::AccountId;
use keyward_records::{DecodeError, RecordKey, decode_account};
use keyward_store::{Event, Observer, Snapshot, Store, StoreError, WatchError};
use tokio::sync::oneshot;

use crate::cell::Change;
use crate::{Cell, View};

/// Records fetched at a time while the picture is loaded.
const BATCH: usize = 1000;
/// Commits after which documents that nobody has any more are let go of.
const SWEEP_EVERY: usize = 10_000;

/// The picture can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// A record can't be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A record stands in an account that has none.
    #[error("records of account {0} are stored, but not the account")]
    NoAccount(AccountId),
    /// A commit could not be taken in without a panic.
    #[error("a panic while a commit was taken in")]
    Panicked,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The change feed failed.
    #[error("the change feed failed: {0}")]
    Watch(WatchError),
}

type Changes = Vec<(RecordKey, Option<Bytes>)>;

/// Loads the whole picture from a snapshot of the store.
///
/// # Errors
/// [`FollowError`] where a record can't be read, as with a wrong master key; the picture is not followed then.
pub async fn load(store: &dyn Store, view: &View) -> Result<(), FollowError> {
    let snapshot = store.snapshot().await?;
    let mut found = BTreeSet::new();
    // Accounts stand before their cells in the order of keys, and a cell's records beside each other.
    let mut pending: Option<(AccountId, Changes)> = None;
    let mut after: Option<Bytes> = None;
    loop {
        let batch = scan_all(&*snapshot, after.as_ref()).await?;
        let Some((last, _)) = batch.last() else { break };
        after = Some(last.clone());
        for (key, value) in batch {
            let Some(key) = RecordKey::decode(&key) else {
                continue;
            };
            let Some(account) = account_of(&key) else {
                continue;
            };
            if matches!(key, RecordKey::Account(_)) {
                found.insert(account);
            }
            match &mut pending {
                Some((current, changes)) if *current == account => changes.push((key, Some(value))),
                _ => {
                    if let Some((account, changes)) =
                        pending.replace((account, vec![(key, Some(value))]))
                    {
                        take_in(view, account, &[changes], Start::Anew)?;
                    }
                }
            }
        }
    }
    if let Some((account, changes)) = pending {
        take_in(view, account, &[changes], Start::Anew)?;
    }
    let gone = view
        .cells()
        .into_iter()
        .map(|cell| cell.account())
        .filter(|account| !found.contains(account));
    gone.for_each(|account| view.remove(account));
    view.documents().sweep();
    view.advance(snapshot.revision());
    view.set_followed(true);
    Ok(())
}

async fn scan_all(
    snapshot: &dyn Snapshot,
    after: Option<&Bytes>,
) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
    let found = snapshot.scan(b"", after.map(|key| &**key), BATCH).await?;
    Ok(found
        .into_iter()
        .map(|(key, versioned)| (key, versioned.value))
        .collect())
}

/// Follows the changes of the store until that fails. What is applied is shown before the store acknowledges it, where the
/// store can have commits observed.
///
/// # Errors
/// [`FollowError`]; until the caller has loaded the picture again, it counts as not followed, and nothing is decided.
pub async fn follow(
    store: &dyn Store,
    view: &Arc<View>,
) -> Result<std::convert::Infallible, FollowError> {
    let _unfollowed = UnfollowAtEnd(view);
    let after = view.revision();
    let (failed, why) = oneshot::channel();
    let observer = Following::new(Arc::clone(view), failed).observer();
    if let Some(mut observer) = store.observe(after, observer).map_err(FollowError::Watch)? {
        let mut watch = store.watch(after).await.map_err(FollowError::Watch)?;
        loop {
            let events = watch.next_group().await.map_err(FollowError::Watch)?;
            if observer(&events).is_break() {
                break;
            }
        }
    }
    // It says why it ends, but where the store let go of it.
    Err(why.await.unwrap_or(FollowError::Watch(WatchError::Closed)))
}

/// Ends the following however it ends: by an error, a panic, or as nobody waits for it any more.
struct UnfollowAtEnd<'a>(&'a View);

impl Drop for UnfollowAtEnd<'_> {
    fn drop(&mut self) {
        self.0.set_followed(false);
    }
}

/// What takes commits in. Once it is gone, nothing is decided from the view.
struct Following {
    view: Arc<View>,
    failed: Option<oneshot::Sender<FollowError>>,
    since_sweep: usize,
}

impl Following {
    fn new(view: Arc<View>, failed: oneshot::Sender<FollowError>) -> Self {
        Self {
            view,
            failed: Some(failed),
            since_sweep: 0,
        }
    }

    fn observer(mut self) -> Observer {
        Box::new(move |events| self.observe(events))
    }

    /// Whether somebody waits for the end; if not, somebody else may follow by now.
    fn is_current(&self) -> bool {
        self.failed
            .as_ref()
            .is_some_and(|failed| !failed.is_closed())
    }

    fn observe(&mut self, events: &[Event]) -> ControlFlow<()> {
        if !self.is_current() {
            return ControlFlow::Break(());
        }
        // A cell is replaced as a whole, so that a panic leaves none half changed.
        let taken_in = catch_unwind(AssertUnwindSafe(|| take_in_events(&self.view, events)));
        if let Err(error) = taken_in.unwrap_or(Err(FollowError::Panicked)) {
            self.view.set_followed(false);
            if let Some(failed) = self.failed.take() {
                // Whoever followed may have given up at this moment.
                let _ = failed.send(error);
            }
            return ControlFlow::Break(());
        }
        self.since_sweep = self.since_sweep.saturating_add(events.len());
        if self.since_sweep >= SWEEP_EVERY {
            self.since_sweep = 0;
            self.view.documents().sweep();
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if self.is_current() {
            self.view.set_followed(false);
        }
    }
}

/// Takes in commits that follow each other; whoever waits for one of them is woken once for all of them.
fn take_in_events(view: &View, events: &[Event]) -> Result<(), FollowError> {
    let mut accounts: BTreeMap<AccountId, Vec<Changes>> = BTreeMap::new();
    for event in events {
        let mut own: BTreeMap<AccountId, Changes> = BTreeMap::new();
        for change in event.changes.iter() {
            // A key that this version does not know is another's business.
            let Some(key) = RecordKey::decode(&change.key) else {
                continue;
            };
            if let Some(account) = account_of(&key) {
                let changes = own.entry(account).or_default();
                changes.push((key, change.value.clone()));
            }
        }
        for (account, changes) in own {
            accounts.entry(account).or_default().push(changes);
        }
    }
    for (account, commits) in accounts {
        take_in(view, account, &commits, Start::FromHere)?;
    }
    if let Some(last) = events.last() {
        view.advance(last.revision);
    }
    Ok(())
}

/// What changes are applied to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Nothing: they are the whole account.
    Anew,
    /// The cell as it is.
    FromHere,
}

/// Applies the changes of one commit after the other to one account, and shows the result at once.
fn take_in(
    view: &View,
    account: AccountId,
    commits: &[Changes],
    start: Start,
) -> Result<(), FollowError> {
    let has_record = |changes: &Changes| {
        changes
            .iter()
            .any(|(key, _)| matches!(key, RecordKey::Account(_)))
    };
    let mut cell = match start {
        Start::Anew if commits.iter().any(has_record) => None,
        Start::Anew | Start::FromHere => view.cell(account).map(|cell| (*cell).clone()),
    };
    let mut removed = false;
    for changes in commits {
        removed = false;
        let mut inside: Vec<Change<'_>> = Vec::new();
        for (key, value) in changes {
            match (key, value) {
                (RecordKey::Account(_), None) => removed = true,
                (RecordKey::Account(_), Some(value)) => {
                    let record = decode_account(view.master(), value)?;
                    match &mut cell {
                        None => cell = Some(Cell::new(&record)?),
                        Some(cell) => cell.set_account(&record)?,
                    }
                }
                (RecordKey::Alias(_) | RecordKey::Issuer(_), _) => {}
                (RecordKey::Cell(_, key), value) => inside.push((key, value.as_ref())),
            }
        }
        if removed {
            cell = None;
        } else {
            let cell = cell.as_mut().ok_or(FollowError::NoAccount(account))?;
            cell.apply(&inside, view.documents())?;
        }
    }
    match cell {
        Some(cell) => view.put(cell),
        None if removed => view.remove(account),
        None => return Err(FollowError::NoAccount(account)),
    }
    Ok(())
}

/// Returns the account whose picture a record is part of; whose an alias or an issuer is decides nothing.
fn account_of(key: &RecordKey) -> Option<AccountId> {
    match key {
        RecordKey::Account(account) | RecordKey::Cell(account, _) => Some(*account),
        RecordKey::Alias(_) | RecordKey::Issuer(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use keyward_records::MasterKey;
    use keyward_store::{Commit, MemoryStore};

    use super::*;

    async fn loaded() -> (MemoryStore, Arc<View>) {
        let store = MemoryStore::new();
        let view = Arc::new(View::new(MasterKey::from_bytes([7; 32])));
        load(&store, &view).await.unwrap();
        assert!(view.is_followed());
        (store, view)
    }

    async fn run_until_idle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    type Following = tokio::task::JoinHandle<Result<std::convert::Infallible, FollowError>>;

    /// Follows, and returns once it does.
    async fn following(store: &MemoryStore, view: &Arc<View>) -> Following {
        let (store, view) = (store.clone(), Arc::clone(view));
        let following = tokio::spawn(async move { follow(&store, &view).await });
        run_until_idle().await;
        following
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_shown_without_a_wait() {
        let (store, view) = loaded().await;
        let following = following(&store, &view).await;
        for _ in 0..10 {
            let revision = store.commit(Commit::new().put("other", "")).await.unwrap();
            assert_eq!(view.revision(), revision);
        }
        following.abort();
        assert!(following.await.unwrap_err().is_cancelled());
        assert!(!view.is_followed(), "nobody follows any more");
    }

    #[tokio::test]
    async fn a_commit_that_cannot_be_taken_in_ends_deciding_before_it_is_acknowledged() {
        let (store, view) = loaded().await;
        let following = following(&store, &view).await;
        let account = "111122223333".parse().unwrap();
        let key = RecordKey::Account(account).encode();
        store
            .commit(Commit::new().put(key, "damaged"))
            .await
            .unwrap();
        assert!(!view.is_followed());
        assert!(matches!(
            following.await.unwrap(),
            Err(FollowError::Decode(_))
        ));
    }

    #[tokio::test]
    async fn who_followed_before_does_not_disturb_who_follows_now() {
        let (store, view) = loaded().await;
        let before = Box::pin(follow(&store, &view));
        tokio::select! {
            biased;
            _ = before => panic!("it ended"),
            () = run_until_idle() => {}
        }
        assert!(!view.is_followed());
        load(&store, &view).await.unwrap();
        let now = Box::pin(follow(&store, &view));
        tokio::select! {
            biased;
            _ = now => panic!("it ended"),
            () = async {
                run_until_idle().await;
                let revision = store.commit(Commit::new().put("other", "")).await.unwrap();
                assert_eq!(view.revision(), revision);
                assert!(view.is_followed());
            } => {}
        }
    }
}
