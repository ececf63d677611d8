//! A snapshot shows the tables and what changed since as one, and stays as it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::sim::{LOG_LEN, Machine, Random};
use crate::embedded::engine::{self, Engine};
use crate::embedded::snapshot::TableSnapshot;
use crate::feed::Feed;
use crate::{Commit, Revision, Snapshot as _};

type Model = BTreeMap<String, (Bytes, Revision)>;

/// A short key, so that prefixes, neighbours and equal keys are common.
fn random_key(random: &mut Random) -> String {
    (0..=random.below(3))
        .map(|_| ['a', 'b', 'c'][random.below(3)])
        .collect()
}

fn change(engine: &mut Engine, feed: &Feed, random: &mut Random, model: &mut Model) {
    let key = random_key(random);
    let value = vec![random.below(256) as u8; random.below(400)];
    let delete = random.below(3) == 0;
    let commit = if delete {
        Commit::new().delete(key.clone())
    } else {
        Commit::new().put(key.clone(), value.clone())
    };
    let outcomes = engine.apply(&[commit], feed);
    let revision = *outcomes[0].as_ref().unwrap();
    if delete {
        model.remove(&key);
    } else {
        model.insert(key, (value.into(), revision));
    }
}

async fn check(snapshot: &Arc<TableSnapshot>, random: &mut Random, model: &Model) {
    let key = random_key(random);
    let found = snapshot.get(key.as_bytes()).await.unwrap();
    let found = found.map(|found| (found.value, found.version));
    assert_eq!(found.as_ref(), model.get(&key));

    let prefix = random_key(random).split_off(1);
    let after = (random.below(2) == 0).then(|| random_key(random));
    let limit = random.below(8);
    let expected = model
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|a| *key > a));
    let expected: Vec<_> = expected
        .take(limit)
        .map(|(key, value)| (Bytes::from(key.clone()), value.clone()))
        .collect();
    let after = after.as_ref().map(String::as_bytes);
    let found = snapshot.scan(prefix.as_bytes(), after, limit).await;
    let found = found.unwrap().into_iter();
    let found: Vec<_> = found
        .map(|(key, found)| (key, (found.value, found.version)))
        .collect();
    assert_eq!(
        found, expected,
        "{prefix:?} after {after:?}, at most {limit}"
    );
}

#[tokio::test]
async fn reads_are_those_of_one_map_before_and_after_checkpoints() {
    let machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let mut engine = Engine::open(&machine.disks()).unwrap();
    let feed = Feed::new(engine.revision());
    let mut random = Random(5);
    let mut model = Model::new();
    // Some of the past, each with what it showed.
    let mut kept: Vec<(Arc<TableSnapshot>, Model)> = Vec::new();
    let mut folded = 0;
    for step in 0..4000 {
        let at = engine.log_position();
        change(&mut engine, &feed, &mut random, &mut model);
        folded += usize::from(engine.log_position() < at);
        let snapshot = engine.newest().snapshot().unwrap();
        check(&snapshot, &mut random, &model).await;
        if step % 50 == 0 {
            kept.push((snapshot, model.clone()));
        }
        if let Some((snapshot, model)) = kept.get(random.below(kept.len() + 1)) {
            check(snapshot, &mut random, model).await;
        }
    }
    assert!(folded > 5, "only {folded} checkpoints were met");
    drop(kept);
    engine.newest().close();
    engine.close().unwrap();
}
