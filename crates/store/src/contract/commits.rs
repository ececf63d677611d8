//! What commits do: conditions, counters, bounds, many writers.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{
    Failure, Fixture, commit, contents, counter, ensure, get, get_from, next_event, same, snapshot,
    versioned, watch,
};
use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_BYTES_PER_ITEM, COMMIT_CONDITIONS_MAX, COMMIT_WRITES_MAX,
};
use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::{Change, Commit, CommitError, Revision, Store};

const WRITERS: usize = 64;
const ROUNDS: u64 = 8;

pub(super) async fn versions(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let first = commit(
        &*store,
        Commit::new().put("a", "1").put("b", "1").add("n", 1, None),
    )
    .await?;
    let second = commit(&*store, Commit::new().put("a", "1").delete("b")).await?;
    let third = commit(&*store, Commit::new().put("b", "2").add("n", 1, None)).await?;
    ensure!(
        first < second && second < third,
        "revisions don't grow: {first} {second} {third}"
    );
    same(
        "rewritten with the same value",
        get(&*store, "a").await?,
        versioned("1", second),
    )?;
    same(
        "deleted and put again",
        get(&*store, "b").await?,
        versioned("2", third),
    )?;
    same(
        "counted again",
        get(&*store, "n").await?,
        versioned(counter(2), third),
    )?;
    same("the store's revision", store.revision().await, Ok(third))?;
    same(
        "the snapshot's revision",
        snapshot(&*store).await?.revision(),
        third,
    )
}

pub(super) async fn conditions(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let old = commit(
        &*store,
        Commit::new()
            .put("a", "1")
            .put("gone", "1")
            .add("n", 1, None),
    )
    .await?;
    let new = commit(&*store, Commit::new().put("a", "2").delete("gone")).await?;
    let ahead = Revision::new(new.number() + 1000);
    // The key whose condition is to fail, if any; the first in the order of the conditions.
    let cases = [
        (Commit::new().if_absent("x"), None),
        (Commit::new().if_absent("gone"), None),
        (Commit::new().if_version("a", new), None),
        (Commit::new().if_version("n", old), None),
        (Commit::new().if_absent("x").if_version("a", new), None),
        (
            Commit::new().if_version("a", new).if_version("a", new),
            None,
        ),
        (Commit::new().if_absent("a"), Some("a")),
        (Commit::new().if_version("a", old), Some("a")),
        (Commit::new().if_version("a", ahead), Some("a")),
        (Commit::new().if_version("a", Revision::ZERO), Some("a")),
        (Commit::new().if_version("x", new), Some("x")),
        (Commit::new().if_version("x", Revision::ZERO), Some("x")),
        (Commit::new().if_version("gone", old), Some("gone")),
        (Commit::new().if_version("gone", new), Some("gone")),
        (Commit::new().if_absent("n"), Some("n")),
        (
            Commit::new()
                .if_version("a", new)
                .if_absent("x")
                .if_version("n", new),
            Some("n"),
        ),
        (Commit::new().if_absent("n").if_absent("a"), Some("n")),
        (Commit::new().if_absent("a").if_absent("n"), Some("a")),
        (
            Commit::new().if_version("a", new).if_version("a", old),
            Some("a"),
        ),
    ];
    for (number, (conditions, conflict)) in cases.into_iter().enumerate() {
        let what = format!("{conditions:?}");
        let key = format!("case/{number}");
        let outcome = store.commit(conditions.put(key.clone(), "")).await;
        match conflict {
            None => ensure!(outcome.is_ok(), "{what}: {outcome:?}"),
            Some(key) => same(
                &what,
                outcome,
                Err(CommitError::Conflict {
                    key: Bytes::from(key),
                }),
            )?,
        }
        let written = get_from(&*snapshot(&*store).await?, &key).await?.is_some();
        same(&format!("{what}: written"), written, conflict.is_none())?;
    }
    Ok(())
}

pub(super) async fn refused_commit_changes_nothing(
    fixture: &mut dyn Fixture,
) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let revision = commit(&*store, Commit::new().put("a", "1").add("full", 5, None)).await?;
    let before = contents(&*store).await?;
    let write = || Commit::new().put("a", "2").put("b", "2").delete("full");
    let refused = [
        write().if_absent("a"),
        write().add("low", -1, None),
        Commit::new().put("b", "2").add("full", 1, Some(5)),
        write().put("a", "3"),
        write().put("", "3"),
        Commit::new().add("a", 1, None).put("b", "2"),
    ];
    for commit in refused {
        let outcome = store.commit(commit.clone()).await;
        ensure!(outcome.is_err(), "{commit:?} was not refused");
        same("contents", contents(&*store).await?, before.clone())?;
        same("revision", store.revision().await, Ok(revision))?;
    }
    Ok(())
}

pub(super) async fn no_change(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let revision = commit(&*store, Commit::new().put("a", "1")).await?;
    let cases = [
        Commit::new(),
        Commit::new().if_version("a", revision),
        Commit::new().delete("x"),
        Commit::new().if_absent("x").delete("x").delete("y"),
    ];
    for case in cases {
        same(
            &format!("{case:?}"),
            commit(&*store, case.clone()).await?,
            revision,
        )?;
    }
    let conflict = store.commit(Commit::new().if_absent("a")).await;
    same(
        "a check that fails",
        conflict,
        Err(CommitError::Conflict {
            key: Bytes::from("a"),
        }),
    )?;
    // Nothing of this is an event.
    let mut follower = watch(&*store, revision).await?;
    let next = commit(&*store, Commit::new().put("a", "2").delete("x")).await?;
    let event = next_event(&mut *follower).await?;
    same(
        "the next event",
        (event.revision, event.changes.len()),
        (next, 1),
    )
}

pub(super) async fn counters(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let cases: [(i64, Option<u64>, u64); 8] = [
        (3, None, 3),
        (2, Some(5), 5),
        (-1, Some(5), 4),
        // A quota that was lowered lets the count come down.
        (-1, Some(1), 3),
        (0, Some(1), 3),
        (-3, None, 0),
        (i64::MAX, None, i64::MAX.unsigned_abs()),
        (i64::MAX, Some(u64::MAX), u64::MAX - 1),
    ];
    for (delta, at_most, sum) in cases {
        let revision = commit(&*store, Commit::new().add("n", delta, at_most)).await?;
        same(
            &format!("after adding {delta}"),
            get(&*store, "n").await?,
            versioned(counter(sum), revision),
        )?;
    }
    // A count can be put, relied upon, and deleted like any value.
    let put = commit(&*store, Commit::new().put("n", counter(7))).await?;
    commit(
        &*store,
        Commit::new().if_version("n", put).add("n", 1, Some(8)),
    )
    .await?;
    same(
        "put, then counted",
        get(&*store, "n").await?.map(|found| found.value),
        Some(counter(8)),
    )?;
    commit(&*store, Commit::new().delete("n")).await?;
    let revision = commit(&*store, Commit::new().add("n", 1, None)).await?;
    same(
        "deleted, then counted",
        get(&*store, "n").await?,
        versioned(counter(1), revision),
    )
}

pub(super) async fn counter_bounds(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let setup = Commit::new()
        .put("low", counter(2))
        .put("high", counter(u64::MAX))
        .put("text", "text")
        .put("empty", "");
    commit(&*store, setup).await?;
    let limit = |key: &'static str, value| CommitError::Limit {
        key: Bytes::from(key),
        value,
    };
    let not = |key: &'static str| CommitError::NotACounter {
        key: Bytes::from(key),
    };
    let cases = [
        ("low", -3, None, limit("low", 2)),
        ("low", i64::MIN, None, limit("low", 2)),
        ("low", 1, Some(2), limit("low", 2)),
        ("low", 1, Some(0), limit("low", 2)),
        ("high", 1, None, limit("high", u64::MAX)),
        ("absent", -1, None, limit("absent", 0)),
        ("absent", 1, Some(0), limit("absent", 0)),
        ("text", 1, None, not("text")),
        ("empty", 0, None, not("empty")),
    ];
    for (key, delta, at_most, error) in cases {
        let outcome = store.commit(Commit::new().add(key, delta, at_most)).await;
        same(
            &format!("adding {delta} to {key}, at most {at_most:?}"),
            outcome,
            Err(error),
        )?;
    }
    // A conflict is told before a bound: the reader was late, and may find another count.
    let outcome = store
        .commit(Commit::new().if_absent("low").add("low", -3, None))
        .await;
    same(
        "conflict and bound",
        outcome,
        Err(CommitError::Conflict {
            key: Bytes::from("low"),
        }),
    )
}

pub(super) async fn limits(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let key = |number: usize| Bytes::from(format!("{number:04}"));
    let puts =
        |count: usize| (0..count).fold(Commit::new(), |commit, number| commit.put(key(number), ""));
    let ifs = |count: usize| {
        (0..count).fold(Commit::new(), |commit, number| {
            commit.if_absent(format!("x{number}"))
        })
    };
    // Four values fill a commit to `bytes`.
    let filled = |bytes: usize| {
        let rest = bytes - 4 * (4 + COMMIT_BYTES_PER_ITEM);
        let part = |number: usize| vec![0xa5_u8; rest / 4 + usize::from(number < rest % 4)];
        (0..4).fold(Commit::new(), |commit, number| {
            commit.put(key(number), part(number))
        })
    };
    let cases = [
        (
            "writes",
            puts(COMMIT_WRITES_MAX),
            puts(COMMIT_WRITES_MAX + 1),
        ),
        (
            "conditions",
            ifs(COMMIT_CONDITIONS_MAX).put("k", ""),
            ifs(COMMIT_CONDITIONS_MAX + 1).put("k", ""),
        ),
        (
            "counters",
            ifs(COMMIT_CONDITIONS_MAX - 1).add("c", 1, None),
            ifs(COMMIT_CONDITIONS_MAX - 1)
                .add("c", 1, None)
                .add("d", 1, None),
        ),
        (
            "key",
            Commit::new()
                .put(vec![0xff; KEY_BYTES_MAX], "1")
                .delete(vec![0xfe; KEY_BYTES_MAX]),
            Commit::new().put(vec![0xff; KEY_BYTES_MAX + 1], "1"),
        ),
        (
            "value",
            Commit::new().put("k", vec![1; VALUE_BYTES_MAX]),
            Commit::new().put("k", vec![1; VALUE_BYTES_MAX + 1]),
        ),
        (
            "commit",
            filled(COMMIT_BYTES_MAX),
            filled(COMMIT_BYTES_MAX + 1),
        ),
    ];
    for (what, fits, exceeds) in cases {
        let revision = commit(&*store, fits.clone()).await?;
        let exceeded = store.commit(exceeds).await;
        ensure!(
            matches!(exceeded, Err(CommitError::TooLarge { .. })),
            "{what}: {exceeded:?}"
        );
        same(what, store.revision().await, Ok(revision))?;
        for write in fits.writes {
            if let crate::Write::Put(key, value) = write {
                let found = snapshot(&*store)
                    .await?
                    .get(&key)
                    .await
                    .map_err(|error| error.to_string())?;
                ensure!(
                    found == versioned(value, revision),
                    "{what}: the value is not what was put"
                );
            }
        }
    }
    Ok(())
}

pub(super) async fn malformed(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let empty = [
        Commit::new().put("", ""),
        Commit::new().delete(""),
        Commit::new().if_absent("").put("k", ""),
    ];
    for case in empty {
        same(
            "empty key",
            store.commit(case).await,
            Err(CommitError::EmptyKey),
        )?;
    }
    let twice = [
        Commit::new().put("k", "1").put("k", "1"),
        Commit::new().put("k", "1").put("l", "1").delete("k"),
        Commit::new().add("k", 1, None).add("k", 1, None),
    ];
    for case in twice {
        same(
            "key written twice",
            store.commit(case).await,
            Err(CommitError::DuplicateKey {
                key: Bytes::from("k"),
            }),
        )?;
    }
    Ok(())
}

/// Every writer reads, relies on what it read, and retries; and all count without conditions.
pub(super) async fn concurrent_writers(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = store.revision().await.map_err(|error| error.to_string())?;
    let follower = tokio::spawn(follow(Arc::clone(&store), start));
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        tasks.spawn(count_up(Arc::clone(&store), writer));
    }
    let mut revisions = BTreeSet::new();
    let mut commits = 0;
    while let Some(done) = tasks.join_next().await {
        let own = done.map_err(|error| format!("a writer panicked: {error}"))??;
        ensure!(
            own.is_sorted_by(|a, b| a < b),
            "a writer's revisions don't grow"
        );
        commits += own.len();
        revisions.extend(own);
    }
    same("distinct revisions", revisions.len(), commits)?;
    let total = ROUNDS * WRITERS as u64;
    same(
        "read and written",
        get(&*store, "shared").await?.map(|found| found.value),
        Some(counter(total)),
    )?;
    same(
        "counted",
        get(&*store, "count").await?.map(|found| found.value),
        Some(counter(total)),
    )?;
    // The feed tells the same story, in order.
    revisions.insert(commit(&*store, Commit::new().put("end", "")).await?);
    let (events, values) = follower
        .await
        .map_err(|error| format!("the follower panicked: {error}"))??;
    ensure!(
        events.iter().eq(&revisions),
        "the feed's revisions are not those of the commits"
    );
    let expected = (1..=total).map(counter);
    ensure!(
        expected.eq(values),
        "the feed's values don't follow from each other"
    );
    Ok(())
}

/// Follows until the key `end` is written: all revisions, and all values of the key `shared`.
async fn follow(
    store: Arc<dyn Store>,
    after: Revision,
) -> Result<(Vec<Revision>, Vec<Bytes>), Failure> {
    let mut follower = watch(&*store, after).await?;
    let (mut revisions, mut values) = (Vec::new(), Vec::new());
    loop {
        let event = next_event(&mut *follower).await?;
        let shown = snapshot(&*store).await?.revision();
        ensure!(
            shown >= event.revision,
            "an event comes before snapshots show it"
        );
        revisions.push(event.revision);
        for Change { key, value } in event.changes.iter() {
            match (key.as_ref(), value) {
                (b"end", _) => return Ok((revisions, values)),
                (b"shared", Some(value)) => values.push(value.clone()),
                _ => {}
            }
        }
    }
}

async fn count_up(store: Arc<dyn Store>, writer: usize) -> Result<Vec<Revision>, Failure> {
    let mut revisions = Vec::new();
    for round in 1..=ROUNDS {
        revisions.push(commit(&*store, Commit::new().add("count", 1, None)).await?);
        loop {
            let view = snapshot(&*store).await?;
            ensure!(
                Some(&view.revision()) >= revisions.last(),
                "an own commit doesn't show"
            );
            // However busy the store is, its snapshots can be followed.
            watch(&*store, view.revision()).await?;
            let found = get_from(&*view, "shared").await?;
            let now = found
                .as_ref()
                .map(|found| found.value.as_ref().try_into().map(u64::from_be_bytes));
            let now = now
                .transpose()
                .map_err(|_| "the count is not one".to_owned())?
                .unwrap_or(0);
            let relies = match found {
                None => Commit::new().if_absent("shared"),
                Some(found) => Commit::new().if_version("shared", found.version),
            };
            match store
                .commit(
                    relies
                        .put("shared", counter(now + 1))
                        .put(format!("w/{writer}"), counter(round)),
                )
                .await
            {
                Ok(revision) => revisions.push(revision),
                Err(CommitError::Conflict { .. }) => continue,
                Err(error) => return Err(format!("a commit was refused: {error}")),
            }
            break;
        }
    }
    Ok(revisions)
}
