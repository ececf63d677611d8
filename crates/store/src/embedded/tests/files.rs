//! What `RedbStore::open` finds in a folder, and that it leaves it so.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Commit, OpenError, OpenMode, RedbStore, Store};

type Folder = BTreeMap<String, Vec<u8>>;

fn folder(path: &Path) -> Folder {
    let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().unwrap().is_file());
    files
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// A store with one record, closed.
fn store() -> Folder {
    let temp = tempfile::tempdir().unwrap();
    let store = RedbStore::open(temp.path().join("s"), OpenMode::CreateNew).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(store.commit(Commit::new().put("k", "v")))
        .unwrap();
    store.close().unwrap();
    drop(store);
    folder(temp.path())
}

/// Opens the store `s` of a folder with these files; the answer without the folder's name.
fn check(files: &Folder, mode: OpenMode, expected: &str) {
    let temp = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(temp.path().join(name), bytes).unwrap();
    }
    let answer = match RedbStore::open(temp.path().join("s"), mode) {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert!(
                folder(temp.path()) == *files,
                "{error}: the folder was changed"
            );
            error
                .to_string()
                .replace(&format!("{}/", temp.path().display()), "")
        }
    };
    assert_eq!(answer, expected);
}

#[test]
fn existing() {
    let good = store();
    let with = |changes: &[(&str, Option<Vec<u8>>)]| {
        let mut files = good.clone();
        for (name, bytes) in changes {
            match bytes {
                None => drop(files.remove(*name)),
                Some(bytes) => drop(files.insert((*name).to_owned(), bytes.clone())),
            }
        }
        files
    };
    let other = store();
    let mut newer = good["s.log"].clone();
    newer[19] = 9;
    let crc = crc32fast::hash(&newer[..60]);
    newer[60..64].copy_from_slice(&crc.to_be_bytes());
    let mut flipped = good["s.log"].clone();
    flipped[19] = 9;
    let cases = [
        (good.clone(), "ok"),
        (Folder::new(), "there is no store at s"),
        (with(&[("s", None)]), "there is no store at s"),
        (with(&[("s", Some(vec![]))]), "s is not a store"),
        (
            with(&[("s", Some(vec![])), ("s.log", None)]),
            "s is not a store",
        ),
        (
            with(&[("s", Some(b"some text\n".to_vec()))]),
            "s is not a store",
        ),
        (
            with(&[("s", Some(vec![0; 100_000])), ("s.log", None)]),
            "s is not a store",
        ),
        (
            with(&[("s.log", None)]),
            "the store s is damaged: its log is missing",
        ),
        (
            with(&[("s.log", Some(vec![]))]),
            "the store s is damaged: its log has only 0 bytes",
        ),
        (
            with(&[("s.log", Some(vec![0; 8 << 20]))]),
            "the store s is damaged: its log is not a log",
        ),
        (
            with(&[("s.log", Some(flipped))]),
            "the store s is damaged: the header of its log is damaged",
        ),
        (
            with(&[("s.log", Some(newer))]),
            "the store s has format 9, made by a newer version; this one reads up to 1",
        ),
        (
            with(&[("s.log", Some(other["s.log"].clone()))]),
            "the store s is damaged: its log belongs to another store",
        ),
    ];
    for (files, expected) in cases {
        check(&files, OpenMode::Existing, expected);
    }
}

#[test]
fn create_new() {
    let good = store();
    let mut log_only = good.clone();
    log_only.remove("s");
    let named = |name: &str, bytes: &[u8]| Folder::from([(name.to_owned(), bytes.to_vec())]);
    let cases = [
        (Folder::new(), "ok"),
        (good, "s exists already"),
        (named("s", b""), "s exists already"),
        (
            log_only,
            "the store s is damaged: s.log has a log, and its tables are missing",
        ),
        // A file that never was a log is not overwritten either.
        (
            named("s.log", b"some text"),
            "the store s is damaged: s.log has a log, and its tables are missing",
        ),
        // What a crash leaves while a store is made.
        (named("s.new", b"some text"), "ok"),
        (named("s.log", b""), "ok"),
    ];
    for (files, expected) in cases {
        check(&files, OpenMode::CreateNew, expected);
    }
}

#[test]
fn held() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("s");
    let store = RedbStore::open(&path, OpenMode::CreateNew).unwrap();
    let before = folder(temp.path());
    let error = RedbStore::open(&path, OpenMode::Existing).unwrap_err();
    assert!(
        matches!(error, OpenError::HeldByAnotherProcess { .. }),
        "{error}"
    );
    assert!(folder(temp.path()) == before);
    store.close().unwrap();
    let again = RedbStore::open(&path, OpenMode::Existing);
    assert!(again.is_ok(), "{again:?}");
}

#[test]
fn not_a_file() {
    let temp = tempfile::tempdir().unwrap();
    let error = RedbStore::open(temp.path(), OpenMode::Existing).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    let error = RedbStore::open(temp.path().join("no/folder"), OpenMode::CreateNew).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}

#[tokio::test]
async fn closed() {
    let temp = tempfile::tempdir().unwrap();
    let store = RedbStore::open(temp.path().join("s"), OpenMode::CreateNew).unwrap();
    let revision = store.commit(Commit::new().put("k", "v")).await.unwrap();
    let mut behind = store.watch(crate::Revision::ZERO).await.unwrap();
    store.close().unwrap();
    store.close().unwrap();
    assert!(matches!(
        store.commit(Commit::new().put("k", "w")).await,
        Err(crate::CommitError::Unavailable { .. })
    ));
    assert!(store.snapshot().await.is_err());
    assert!(store.revision().await.is_err());
    // A follower gets what happened before.
    assert_eq!(behind.next().await.unwrap().revision, revision);
    assert_eq!(behind.next().await, Err(crate::WatchError::Closed));
}

#[tokio::test]
async fn closed_under_a_snapshot() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("s");
    let store = RedbStore::open(&path, OpenMode::CreateNew).unwrap();
    store.commit(Commit::new().put("k", "v")).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    store.close().unwrap();
    // It may still read, or say that it can't; nobody else writes meanwhile.
    if let Ok(found) = snapshot.get(b"k").await {
        assert_eq!(found.unwrap().value.as_ref(), b"v");
    }
    let error = RedbStore::open(&path, OpenMode::Existing).unwrap_err();
    assert!(
        matches!(error, OpenError::HeldByAnotherProcess { .. }),
        "{error}"
    );
    drop(snapshot);
    let again = RedbStore::open(&path, OpenMode::Existing);
    assert!(again.is_ok(), "{again:?}");
}

#[test]
fn only_the_user_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("s");
    drop(RedbStore::open(&path, OpenMode::CreateNew).unwrap());
    for entry in std::fs::read_dir(temp.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
    }
}
