//! Who writes a commit: the writer's thread, or the thread that asked for it.

use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::{Commit, CommitError, OpenMode, RedbStore, Revision, Store};

fn store(may_wait: fn() -> bool) -> (tempfile::TempDir, Arc<RedbStore>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.db");
    let store = RedbStore::open(path, OpenMode::CreateNew).unwrap();
    (folder, Arc::new(store.writing_where_called(may_wait)))
}

/// Has commits observed by what also learns the name of the thread.
fn on_commit(store: &RedbStore, mut observer: impl FnMut(String) + Send + 'static) {
    let name = || thread::current().name().unwrap_or_default().to_owned();
    let observer = Box::new(move |_: &[_]| {
        observer(name());
        ControlFlow::Continue(())
    });
    assert!(store.observe(Revision::ZERO, observer).unwrap().is_none());
}

fn put(store: &RedbStore, key: &'static str) -> Poll<Result<Revision, CommitError>> {
    let mut commit = pin!(store.commit(Commit::new().put(key, "")));
    commit
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_commit_that_may_wait_is_written_where_it_is_asked_for() {
    for (may_wait, by) in [(true, "caller"), (false, "store-writer")] {
        let (_folder, store) = store(if may_wait { || true } else { || false });
        let names = Arc::new(Mutex::new(Vec::new()));
        on_commit(&store, {
            let names = Arc::clone(&names);
            move |name| names.lock().unwrap().push(name)
        });
        let caller = thread::Builder::new().name("caller".to_owned());
        let polled = caller.spawn({
            let store = Arc::clone(&store);
            move || put(&store, "key").is_ready()
        });
        assert!(polled.unwrap().join().unwrap() || !may_wait);
        store.close().unwrap();
        assert_eq!(*names.lock().unwrap(), [by]);
    }
}

#[test]
fn nobody_waits_for_another_one_s_commit() {
    let (_folder, store) = store(|| true);
    let (writes, is_written) = mpsc::channel();
    let (go_on, gone_on) = mpsc::channel::<()>();
    on_commit(&store, move |name| {
        writes.send(name).unwrap();
        let _ = gone_on.recv();
    });
    let first = thread::Builder::new().name("first".to_owned()).spawn({
        let store = Arc::clone(&store);
        move || put(&store, "first").is_ready()
    });
    assert_eq!(is_written.recv().unwrap(), "first");
    // Under way: this one is handed to the writer, and goes on with other things.
    assert!(put(&store, "second").is_pending());
    drop(go_on);
    assert!(first.unwrap().join().unwrap());
    assert_eq!(is_written.recv().unwrap(), "store-writer");
    store.close().unwrap();
}

#[tokio::test]
async fn a_panic_stops_the_store_whoever_writes() {
    for may_wait in [true, false] {
        let (folder, store) = store(if may_wait { || true } else { || false });
        store.commit(Commit::new().put("before", "")).await.unwrap();
        let mut seen = 0;
        // Sees at once what was there before.
        on_commit(&store, move |_| {
            seen += 1;
            assert_eq!(seen, 1, "on purpose");
        });
        let outcome = store.commit(Commit::new().put("key", "")).await;
        assert!(
            matches!(outcome, Err(CommitError::OutcomeUnknown { .. })),
            "{outcome:?}"
        );
        let next = store.commit(Commit::new().put("next", "")).await;
        // Of one that came before the writer had ended, nobody knows what became of it either.
        assert!(
            matches!(
                next,
                Err(CommitError::Unavailable { .. } | CommitError::OutcomeUnknown { .. })
            ),
            "{next:?}"
        );
        store.close().unwrap_err();
        drop(store);
        let path = folder.path().join("keyward.db");
        let store = RedbStore::open(path, OpenMode::Existing).unwrap();
        let found = store.snapshot().await.unwrap();
        assert!(found.get(b"before").await.unwrap().is_some());
        assert!(found.get(b"next").await.unwrap().is_none());
    }
}
