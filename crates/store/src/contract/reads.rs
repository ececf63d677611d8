//! What snapshots show: one revision, all of it, in order; also after a restart.

use bytes::Bytes;

use super::{
    Failure, Fixture, commit, contents, contents_of, counter, ensure, get, get_from, same,
    snapshot, versioned, watch,
};
use crate::{Commit, Snapshot};

pub(super) async fn empty_store(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    same("contents", contents(&*store).await?, Vec::new())?;
    same("a key", get(&*store, "a").await?, None)?;
    same(
        "revision",
        Ok(snapshot(&*store).await?.revision()),
        store.revision().await,
    )
}

pub(super) async fn isolation(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let first = commit(
        &*store,
        Commit::new().put("a", "1").put("b", "1").add("n", 1, None),
    )
    .await?;
    let old = snapshot(&*store).await?;
    let before = contents_of(&*old).await?;
    let second = commit(
        &*store,
        Commit::new()
            .put("a", "2")
            .delete("b")
            .put("c", "2")
            .add("n", 1, None),
    )
    .await?;
    let new = snapshot(&*store).await?;
    for number in 0..50 {
        commit(
            &*store,
            Commit::new()
                .put("a", "3")
                .put(format!("d/{number}"), "3")
                .delete("c"),
        )
        .await?;
    }
    same("old revision", old.revision(), first)?;
    same("old a", get_from(&*old, "a").await?, versioned("1", first))?;
    same("old b", get_from(&*old, "b").await?, versioned("1", first))?;
    same("old c", get_from(&*old, "c").await?, None)?;
    same(
        "old n",
        get_from(&*old, "n").await?,
        versioned(counter(1), first),
    )?;
    same("old contents", contents_of(&*old).await?, before)?;
    same("new revision", new.revision(), second)?;
    same("new a", get_from(&*new, "a").await?, versioned("2", second))?;
    same("new b", get_from(&*new, "b").await?, None)?;
    same("new contents", contents_of(&*new).await?.len(), 3)
}

/// Reads a scan's keys.
async fn keys(
    snapshot: &dyn Snapshot,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Bytes>, Failure> {
    let rows = snapshot
        .scan(prefix, after, limit)
        .await
        .map_err(|error| format!("can't scan: {error}"))?;
    Ok(rows.into_iter().map(|(key, _)| key).collect())
}

pub(super) async fn scan_order(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let all: [&[u8]; 10] = [
        b"\0",
        b"\0\0",
        b"a",
        b"a/",
        b"a/\0",
        b"a/b",
        b"a0",
        b"b",
        b"\xff",
        b"\xff\xff",
    ];
    // Not in order.
    let mut setup = Commit::new();
    for key in all.iter().rev() {
        setup = setup.put(*key, *key);
    }
    commit(&*store, setup).await?;
    let view = snapshot(&*store).await?;
    let prefixes: [&[u8]; 9] = [
        b"",
        b"\0",
        b"a",
        b"a/",
        b"a/b",
        b"a/bc",
        b"\xff",
        b"\xff\xff",
        b"\xff\xff\xff",
    ];
    let afters: [Option<&[u8]>; 9] = [
        None,
        Some(b""),
        Some(b"\0"),
        Some(b"a"),
        Some(b"a/"),
        Some(b"a/a"),
        Some(b"a/b"),
        Some(b"zzz"),
        Some(b"\xff\xff"),
    ];
    for prefix in prefixes {
        for after in afters {
            for limit in [0, 1, 2, 3, 100, usize::MAX] {
                let matching = all.iter().filter(|key| {
                    key.starts_with(prefix) && after.is_none_or(|after| **key > after)
                });
                let expected: Vec<Bytes> = matching
                    .take(limit)
                    .map(|key| Bytes::copy_from_slice(key))
                    .collect();
                let what = format!("prefix {prefix:?} after {after:?} limit {limit}");
                same(&what, keys(&*view, prefix, after, limit).await?, expected)?;
            }
        }
    }
    Ok(())
}

pub(super) async fn scan_pages(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    for page in 0..10 {
        let puts = (0..98).fold(Commit::new(), |commit, row| {
            commit.put(format!("k/{:04}", row * 10 + page), "v")
        });
        commit(
            &*store,
            puts.put(format!("j/{page}"), "")
                .put(format!("l/{page}"), ""),
        )
        .await?;
    }
    let expected: Vec<Bytes> = (0..980)
        .map(|row| Bytes::from(format!("k/{row:04}")))
        .collect();
    let view = snapshot(&*store).await?;
    for page in [1, 7, 100, 979, 980, 981] {
        let mut found = Vec::new();
        loop {
            let after = found.last().cloned();
            let more = keys(&*view, b"k/", after.as_deref(), page).await?;
            let end = more.len() < page;
            found.extend(more);
            // What is written meanwhile doesn't show.
            if page == 100 {
                commit(
                    &*store,
                    Commit::new().put(format!("k/{}x", found.len()), ""),
                )
                .await?;
            }
            if end {
                break;
            }
        }
        ensure!(
            found == expected,
            "pages of {page}: {} keys, not those expected",
            found.len()
        );
    }
    Ok(())
}

pub(super) async fn every_byte(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let mut expected = Vec::new();
    for high in 0..4_u8 {
        let mut puts = Commit::new();
        for byte in (0..=u8::MAX).skip(usize::from(high) * 64).take(64) {
            let (key, value) = (
                Bytes::from(vec![byte]),
                Bytes::from(vec![byte, 0, byte, 0xff]),
            );
            puts = puts.put(key.clone(), value.clone());
            expected.push((key, value));
        }
        commit(&*store, puts).await?;
    }
    same("contents", contents(&*store).await?, expected.clone())?;
    let view = snapshot(&*store).await?;
    for (key, value) in expected {
        let found = view.get(&key).await.map_err(|error| error.to_string())?;
        same(
            &format!("{key:?}"),
            found.map(|found| found.value),
            Some(value),
        )?;
    }
    Ok(())
}

pub(super) async fn restart(fixture: &mut dyn Fixture) -> Result<(), Failure> {
    let store = fixture.empty().await?;
    let first = commit(
        &*store,
        Commit::new()
            .put("a", "1")
            .put("b", "1")
            .put("empty", "")
            .add("n", 4, None),
    )
    .await?;
    let second = commit(
        &*store,
        Commit::new().put("a", "2").delete("b").add("n", 1, None),
    )
    .await?;
    let before = contents(&*store).await?;
    let Some(mut store) = fixture.restart(store).await? else {
        return Ok(());
    };
    for round in 0..3 {
        same("revision", store.revision().await, Ok(second))?;
        same("contents", contents(&*store).await?, before.clone())?;
        same("a", get(&*store, "a").await?, versioned("2", second))?;
        same("empty", get(&*store, "empty").await?, versioned("", first))?;
        if round < 2 {
            store = fixture.restart(store).await?.ok_or("it restarted before")?;
        }
    }
    let conflict = store
        .commit(Commit::new().if_version("a", first).put("a", "3"))
        .await;
    ensure!(
        conflict.is_err(),
        "a version from before the last write holds"
    );
    let mut follower = watch(&*store, second).await?;
    let third = commit(
        &*store,
        Commit::new()
            .if_version("a", second)
            .put("a", "3")
            .add("n", 1, Some(6)),
    )
    .await?;
    ensure!(third > second, "revisions go back from {second} to {third}");
    same(
        "event",
        super::next_event(&mut *follower).await?.revision,
        third,
    )?;
    let store = fixture.restart(store).await?.ok_or("it restarted before")?;
    same("a again", get(&*store, "a").await?, versioned("3", third))?;
    same(
        "n again",
        get(&*store, "n").await?,
        versioned(counter(6), third),
    )
}
