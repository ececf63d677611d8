//! The machine dies at any step, also while it recovers: what was acknowledged is there, each group
//! as a whole, nothing else.

use super::sim::{Contents, LOG_LEN, Machine, Random, contents};
use crate::embedded::engine::{self, Engine, EngineFault};
use crate::feed::Feed;
use crate::{Commit, CommitError, Revision, Write};

const SEEDS: u64 = 30;
const LIVES: usize = 12;

fn random_commit(random: &mut Random) -> Commit {
    let mut commit = Commit::new();
    for number in 0..=random.below(4) {
        let key = format!("{number}/{}", random.below(40));
        commit = match random.below(6) {
            0 => commit.delete(key),
            1 => commit.add(format!("count/{number}"), 1, None),
            _ => commit.put(key, vec![random.below(256) as u8; random.below(3000)]),
        };
    }
    commit
}

/// What the commit does to the model.
fn model(contents: &mut Contents, commit: &Commit, revision: Revision) {
    for write in &commit.writes {
        match write {
            Write::Add { key, delta, .. } => {
                let now = contents.get(key).map_or(0, |(value, _)| {
                    u64::from_be_bytes(value.as_ref().try_into().unwrap())
                });
                let sum = now.checked_add_signed(*delta).unwrap().to_be_bytes();
                contents.insert(key.clone(), (sum.to_vec().into(), revision));
            }
            Write::Delete(key) => drop(contents.remove(key)),
            Write::Put(key, value) => drop(contents.insert(key.clone(), (value.clone(), revision))),
        }
    }
}

/// What is known of a store's contents.
struct Known {
    /// All groups that were acknowledged.
    acknowledged: Contents,
    /// With the group whose outcome is unknown.
    perhaps: Contents,
}

/// Commits until the machine dies.
fn live(engine: &mut Engine, random: &mut Random, known: &mut Known) {
    let feed = Feed::new(engine.revision());
    loop {
        let commits: Vec<Commit> = (0..=random.below(3))
            .map(|_| random_commit(random))
            .collect();
        let before = known.acknowledged.clone();
        let outcomes = engine.apply(&commits, &feed);
        assert_eq!(outcomes.len(), commits.len());
        let mut revision = engine.revision();
        let mut unknown = 0;
        for (commit, outcome) in commits.iter().zip(&outcomes) {
            match outcome {
                Ok(revision) => model(&mut known.acknowledged, commit, *revision),
                Err(CommitError::OutcomeUnknown { .. }) => unknown += 1,
                Err(CommitError::Unavailable { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        if outcomes.iter().all(Result::is_ok) {
            continue;
        }
        assert_eq!(
            known.acknowledged, before,
            "some of a group failed, and some was acknowledged"
        );
        known.perhaps = before;
        if unknown > 0 {
            for commit in &commits {
                let mut after = known.perhaps.clone();
                model(&mut after, commit, revision.next());
                if after.keys().ne(known.perhaps.keys())
                    || commit.writes.iter().any(|w| !matches!(w, Write::Delete(_)))
                {
                    revision = revision.next();
                    known.perhaps = after;
                }
            }
        }
        // The store has stopped, and says so.
        let further = engine.apply(&[Commit::new().put("further", "")], &feed);
        assert!(
            matches!(further.as_slice(), [Err(CommitError::Unavailable { .. })]),
            "{further:?}"
        );
        return;
    }
}

fn run(seed: u64) -> usize {
    let mut random = Random(seed);
    let mut machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let mut known = Known {
        acknowledged: Contents::new(),
        perhaps: Contents::new(),
    };
    let mut applied = 0;
    for life in 0..LIVES {
        let most = if random.below(3) == 0 { 30 } else { 400 };
        machine.dies_after(random.below(most));
        match Engine::open(&machine.disks()) {
            Err(EngineFault::Io(_)) => {}
            Err(fault) => panic!("seed {seed}, life {life}: {fault:?}"),
            Ok(mut engine) => {
                let found = contents(&engine).unwrap();
                let unknown = found == known.perhaps && found != known.acknowledged;
                assert!(
                    unknown || found == known.acknowledged,
                    "seed {seed}, life {life}: not what was acknowledged"
                );
                applied += usize::from(unknown);
                known.acknowledged = found;
                live(&mut engine, &mut random, &mut known);
            }
        }
        machine = machine.restarted(&mut random);
    }
    let engine = Engine::open(&machine.disks()).unwrap();
    let found = contents(&engine).unwrap();
    assert!(
        found == known.perhaps || found == known.acknowledged,
        "seed {seed}, at the end"
    );
    engine.close().unwrap();
    assert_eq!(
        contents(&Engine::open(&machine.disks()).unwrap()).unwrap(),
        found,
        "seed {seed}, closed"
    );
    applied
}

#[test]
fn nothing_acknowledged_is_lost() {
    let unknown_but_applied: usize = (0..SEEDS).map(run).sum();
    // Both outcomes of a group that was under way must have been met.
    assert!(unknown_but_applied > 10, "{unknown_but_applied}");
}

#[test]
fn an_engine_that_ends_without_closing_writes_nothing_and_loses_nothing() {
    let machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let mut engine = Engine::open(&machine.disks()).unwrap();
    let feed = Feed::new(engine.revision());
    let mut expected = Contents::new();
    let mut random = Random(11);
    for _ in 0..20 {
        let commit = random_commit(&mut random);
        if let [Ok(revision)] = engine
            .apply(std::slice::from_ref(&commit), &feed)
            .as_slice()
        {
            model(&mut expected, &commit, *revision);
        }
    }
    let (before, revision) = (machine.bytes(), engine.revision());
    // As after a panic: redb would write as it is closed.
    engine.newest().close();
    drop(engine);
    assert!(machine.bytes() == before, "something was written");
    let engine = Engine::open(&machine.disks()).unwrap();
    assert_eq!(engine.revision(), revision);
    assert_eq!(contents(&engine).unwrap(), expected);
}
