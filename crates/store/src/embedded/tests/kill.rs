//! A real process is killed while it commits.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::{Commit, OpenMode, RedbStore, Store};

const CHILD: &str = "KEYWARD_STORE_TEST_CHILD";
const ROUNDS: usize = 8;

/// Commits for ever; says each key once it is acknowledged.
fn commit_until_killed(path: &Path, round: &str) {
    let store = Arc::new(RedbStore::open(path, OpenMode::Existing).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let (store, round) = (Arc::clone(&store), round.to_owned());
            tasks.spawn(async move {
                for number in 0.. {
                    let key = format!("{round}/{writer}/{number}");
                    let commit = Commit::new()
                        .if_absent(key.clone())
                        .put(key.clone(), vec![7; 2000])
                        .add("count", 1, None);
                    store.commit(commit).await.unwrap();
                    // Not `println`: the test's output is captured.
                    std::io::stdout()
                        .write_all(format!("{key}\n").as_bytes())
                        .unwrap();
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    });
}

#[test]
fn acknowledged_survives_a_kill() {
    if let Some(path) = std::env::var_os(CHILD) {
        let path = PathBuf::from(path);
        let round = std::fs::read_to_string(path.with_extension("round")).unwrap();
        return commit_until_killed(&path, &round);
    }
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("store");
    drop(RedbStore::open(&path, OpenMode::CreateNew).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        std::fs::write(path.with_extension("round"), round.to_string()).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "embedded::tests::kill::acknowledged_survives_a_kill",
            ])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut lines = lines.filter(|line| line.contains('/'));
        let before = acknowledged.len();
        // At some moment of the work: enough for several laps of the log in some rounds.
        acknowledged.extend(lines.by_ref().take(20 + 700 * round));
        child.kill().unwrap();
        acknowledged.extend(lines);
        child.wait().unwrap();
        assert!(acknowledged.len() >= before + 20 + 700 * round);
        // A line may be cut by the kill.
        let last = acknowledged.pop().unwrap();
        runtime.block_on(async {
            let store = RedbStore::open(&path, OpenMode::Existing).unwrap();
            let snapshot = store.snapshot().await.unwrap();
            for key in &acknowledged {
                assert!(
                    snapshot.get(key.as_bytes()).await.unwrap().is_some(),
                    "{key} was acknowledged and is lost"
                );
            }
            // Commits are there as a whole.
            let rows = crate::scan_all(snapshot.as_ref(), b"", 1000).await.unwrap();
            let count = snapshot.get(b"count").await.unwrap().unwrap();
            assert_eq!(count.value.as_ref(), (rows.len() as u64 - 1).to_be_bytes());
        });
        drop(last);
    }
}
