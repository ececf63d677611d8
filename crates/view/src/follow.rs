//! Loading the picture and keeping it current by the store's change feed.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use keyward_arn::AccountId;
use keyward_records::{DecodeError, RecordKey, decode_account};
use keyward_store::{Event, Snapshot, Store, StoreError, WatchError};

use crate::cell::Change;
use crate::{Cell, View};

/// Records fetched at a time while the picture is loaded.
const BATCH: usize = 1000;

/// The picture can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// A record can't be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A record stands in an account that has none.
    #[error("records of account {0} are stored, but not the account")]
    NoAccount(AccountId),
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

/// Follows the change feed until it fails.
///
/// # Errors
/// [`FollowError`]; until the caller has loaded the picture again, it counts as not followed, and nothing is decided.
pub async fn follow(
    store: &dyn Store,
    view: &View,
) -> Result<std::convert::Infallible, FollowError> {
    let result = follow_feed(store, view).await;
    view.set_followed(false);
    result
}

async fn follow_feed(
    store: &dyn Store,
    view: &View,
) -> Result<std::convert::Infallible, FollowError> {
    let mut watch = store
        .watch(view.revision())
        .await
        .map_err(FollowError::Watch)?;
    let mut since_sweep: u32 = 0;
    loop {
        let events = watch.next_group().await.map_err(FollowError::Watch)?;
        since_sweep = since_sweep.saturating_add(u32::try_from(events.len()).unwrap_or(u32::MAX));
        take_in_events(view, &events)?;
        if since_sweep >= 10_000 {
            since_sweep = 0;
            view.documents().sweep();
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
                (RecordKey::Cell(_, key), value) => inside.push((key.clone(), value.as_ref())),
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
