//! What watches tell: every commit, in order, from any revision that is still held.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{
    Failure, Fixture, commit, contents_of, counter, ensure, next, next_event, next_group, same,
    snapshot, watch,
};
use crate::{Change, Commit, Event, Revision, Store, WatchError};

fn change(key: &'static str, value: Option<Bytes>) -> Change {
    Change {
        key: Bytes::from(key),
        value,
    }
}

pub(super) async fn order(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = store.revision().await.map_err(|error| error.to_string())?;
    let mut early = watch(&*store, start).await?;
    let text = |text: &'static str| Some(Bytes::from(text));
    let cases = [
        (
            Commit::new().put("b", "1").put("a", "1"),
            vec![change("a", text("1")), change("b", text("1"))],
        ),
        (
            Commit::new().add("n", 2, None),
            vec![change("n", Some(counter(2)))],
        ),
        (
            Commit::new()
                .put("c", "")
                .add("n", -1, None)
                .delete("a")
                .delete("x"),
            vec![
                change("a", None),
                change("c", text("")),
                change("n", Some(counter(1))),
            ],
        ),
        (Commit::new().put("b", "1"), vec![change("b", text("1"))]),
        (
            Commit::new().delete("b").delete("c"),
            vec![change("b", None), change("c", None)],
        ),
    ];
    let mut expected = Vec::new();
    for (writes, changes) in cases {
        expected.push((commit(&*store, writes).await?, changes));
    }
    let mut late = watch(&*store, start).await?;
    for (revision, changes) in expected {
        for follower in [&mut early, &mut late] {
            let event = next_event(&mut **follower).await?;
            same("revision", event.revision, revision)?;
            same("changes", event.changes.to_vec(), changes.clone())?;
        }
    }
    Ok(())
}

/// A group has no event left out, none twice, and leaves the watch where `next` goes on.
pub(super) async fn groups(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = store.revision().await.map_err(|error| error.to_string())?;
    let mut revisions = Vec::new();
    for number in 0..600 {
        revisions.push(commit(&*store, Commit::new().put("k", format!("{number}"))).await?);
    }
    let mut follower = watch(&*store, start).await?;
    let mut seen = Vec::new();
    while seen.len() < revisions.len() {
        let group = next_group(&mut *follower).await?;
        ensure!(!group.is_empty(), "an empty group");
        seen.extend(group.iter().map(|event| event.revision));
        if seen.len() < revisions.len() {
            seen.push(next_event(&mut *follower).await?.revision);
        }
    }
    same("revisions", seen, revisions)?;
    // At its end a group is waited for like an event.
    let (group, revision) = tokio::join!(
        next_group(&mut *follower),
        commit(&*store, Commit::new().put("k", "last"))
    );
    let group: Vec<Revision> = group?.iter().map(|event| event.revision).collect();
    same("the last group", group, vec![revision?])
}

pub(super) async fn resume(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let mut revisions = vec![store.revision().await.map_err(|error| error.to_string())?];
    for number in 0..10 {
        revisions.push(commit(&*store, Commit::new().put("k", format!("{number}"))).await?);
    }
    for (index, after) in revisions.iter().enumerate() {
        let mut follower = watch(&*store, *after).await?;
        for revision in revisions.iter().skip(index + 1) {
            same(
                &format!("after {after}"),
                next_event(&mut *follower).await?.revision,
                *revision,
            )?;
        }
    }
    // A follower that starts from a snapshot misses nothing and sees nothing twice.
    let view = snapshot(&*store).await?;
    let mut follower = watch(&*store, view.revision()).await?;
    let revision = commit(&*store, Commit::new().put("k", "last")).await?;
    same(
        "after a snapshot",
        next_event(&mut *follower).await?.revision,
        revision,
    )
}

pub(super) async fn waits(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = store.revision().await.map_err(|error| error.to_string())?;
    let mut follower = watch(&*store, start).await?;
    let (ready, started) = tokio::sync::oneshot::channel();
    let waiting = tokio::spawn(async move {
        let _ = ready.send(());
        next_event(&mut *follower).await
    });
    started.await.map_err(|_| "the follower died".to_owned())?;
    let revision = commit(&*store, Commit::new().put("k", "")).await?;
    let event = waiting
        .await
        .map_err(|error| format!("the follower panicked: {error}"))??;
    same("revision", event.revision, revision)
}

pub(super) async fn abandoned_wait(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = store.revision().await.map_err(|error| error.to_string())?;
    let mut follower = watch(&*store, start).await?;
    let mut revisions = Vec::new();
    for number in 0..5 {
        tokio::select! {
            biased;
            event = follower.next() => return Err(format!("an event before its commit: {event:?}")),
            () = tokio::task::yield_now() => {}
        }
        let revision = commit(&*store, Commit::new().put("k", format!("{number}"))).await?;
        same(
            "after an abandoned wait",
            next_event(&mut *follower).await?.revision,
            revision,
        )?;
        revisions.push(revision);
    }
    ensure!(revisions.is_sorted(), "revisions go back");
    Ok(())
}

pub(super) async fn compacted(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let first = commit(&*store, Commit::new().put("k", "1")).await?;
    let mut lagging = watch(&*store, first).await?;
    fixture.compact(&*store).await?;
    is_compacted("an old revision", &store, first).await?;
    // What it still gets must be in order and without a gap, so it can only be the very next commits.
    let ended = loop {
        match next(&mut *lagging).await? {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    ensure!(
        matches!(ended, WatchError::Compacted { .. }),
        "the lagging follower is told {ended:?}"
    );
    // The way on: reload, and follow from there.
    let view = snapshot(&*store).await?;
    ensure!(!contents_of(&*view).await?.is_empty(), "nothing to reload");
    let mut follower = watch(&*store, view.revision()).await?;
    let revision = commit(&*store, Commit::new().put("k", "2")).await?;
    same(
        "after the reload",
        next_event(&mut *follower).await?.revision,
        revision,
    )
}

pub(super) async fn ahead(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let revision = commit(&*store, Commit::new().put("k", "1")).await?;
    // A follower of a store that was since restored from a backup.
    is_compacted(
        "a revision ahead",
        &store,
        Revision::new(revision.number() + 1000),
    )
    .await
}

/// A store may tell at once, or as the first thing of the watch.
async fn is_compacted(what: &str, store: &Arc<dyn Store>, after: Revision) -> Result<(), Failure> {
    let told = match store.watch(after).await {
        Err(error) => Err(error),
        Ok(mut watch) => next(&mut *watch).await?,
    };
    ensure!(
        matches!(told, Err(WatchError::Compacted { .. })),
        "{what}: told {told:?}"
    );
    Ok(())
}

/// An observer sees every commit, in order, before it is acknowledged, until it breaks.
pub(super) async fn observed(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let start = commit(&*store, Commit::new().put("before", "")).await?;
    let missed = commit(&*store, Commit::new().put("missed", "")).await?;
    let seen: Arc<Mutex<Vec<Revision>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let last = Revision::new(missed.number() + 3);
    let observer = Box::new(move |events: &[Event]| {
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(events.iter().map(|event| event.revision));
        if noted.last().is_some_and(|seen| *seen >= last) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let given_back = store
        .observe(start, observer)
        .map_err(|error| error.to_string())?;
    if given_back.is_some() {
        // Others commit to such a store too.
        return Ok(());
    }
    let look = || seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut expected = vec![missed];
    same("what was missed", look(), expected.clone())?;
    for _ in 0..5 {
        let revision = commit(&*store, Commit::new().add("n", 1, None)).await?;
        if revision <= last {
            expected.push(revision);
        }
        same("what was acknowledged", look(), expected.clone())?;
    }
    let ahead = Revision::new(last.number() + 100);
    let observer = Box::new(|_: &[Event]| ControlFlow::Continue(()));
    let refused = store.observe(ahead, observer);
    ensure!(
        matches!(refused, Err(WatchError::Compacted { .. })),
        "an observer that is ahead of the store is not told so"
    );
    Ok(())
}
