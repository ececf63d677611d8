//! Files that were cut or changed: reported and left as they are, or (where nothing that is used
//! was touched) opened with everything in it. Never a wrong value.

use std::sync::Arc;

use super::sim::{Contents, LOG_LEN, Machine, Random, contents, read};
use crate::embedded::backend::Backend;
use crate::embedded::engine::{self, Engine, EngineFault};
use crate::embedded::recent::Recent;
use crate::embedded::snapshot::TableSnapshot;
use crate::embedded::tables::{Base, Tables, guarded};
use crate::feed::Feed;
use crate::{Commit, Revision, StoreError};

/// A store in which every group added one record; the last ones are in the log only.
struct Sample {
    machine: Machine,
    contents: Contents,
    /// Where the frames of the log start and end.
    frames: Vec<std::ops::Range<usize>>,
}

fn commit(number: usize) -> Commit {
    let value = format!("value {number} ").repeat(1 + number % 40);
    Commit::new()
        .put(format!("key/{:03}", number * 37 % 101), value)
        .add("count", 1, None)
}

fn sample(groups: usize) -> Sample {
    let machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let mut engine = Engine::open(&machine.disks()).unwrap();
    let feed = Feed::new(engine.revision());
    let mut random = Random(7);
    for number in 0..groups {
        if number + 20 == groups {
            // So that exactly the last ones are in the log.
            engine.close().unwrap();
            engine = Engine::open(&machine.disks()).unwrap();
        }
        assert!(
            engine
                .apply(&[commit(number)], &feed)
                .iter()
                .all(Result::is_ok)
        );
    }
    let contents = contents(&engine).unwrap();
    // Killed: what redb would do as it is dropped doesn't happen.
    machine.dies_after(0);
    drop(engine);
    let machine = machine.restarted(&mut random);
    let frames = frames(&machine.log.bytes());
    assert_eq!(frames.len(), 20);
    Sample {
        machine,
        contents,
        frames,
    }
}

/// Finds the frames at the front of the log, by their lengths.
fn frames(log: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut frames: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 4096;
    let mut next = None;
    while log[at..].starts_with(b"kwF\xf7") {
        let revision = u64::from_be_bytes(log[at + 28..at + 36].try_into().unwrap());
        if next.is_some_and(|next| next != revision) {
            break;
        }
        next = Some(revision + 1);
        let payload = u32::from_be_bytes(log[at + 8..at + 12].try_into().unwrap()) as usize;
        frames.push(at..(at + 40 + payload).next_multiple_of(8));
        at = frames.last().unwrap().end;
    }
    frames
}

#[derive(Debug, PartialEq)]
enum Found {
    Corrupt,
    Everything,
    NotAStore,
    /// All but the last group.
    WithoutLast,
}

/// Opens files, and checks that they are untouched when that fails.
fn open(sample: &Sample, tables: Vec<u8>, log: Vec<u8>) -> Found {
    let machine = Machine::new(tables, log);
    let before = machine.bytes();
    match Engine::open(&machine.disks()) {
        Err(fault) => {
            assert!(
                machine.bytes() == before,
                "the files were changed: {fault:?}"
            );
            match fault {
                EngineFault::Corrupt(what) => {
                    assert!(!what.contains('\n'), "{what}");
                    Found::Corrupt
                }
                EngineFault::NotAStore => Found::NotAStore,
                other => panic!("{other:?}"),
            }
        }
        Ok(engine) => {
            let found = contents(&engine).unwrap();
            if found == sample.contents {
                return Found::Everything;
            }
            let last = engine.revision().next();
            let without = |contents: &Contents| -> Vec<_> {
                contents
                    .iter()
                    .filter(|(key, _)| *key != "count")
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect()
            };
            let mut expected = without(&sample.contents);
            expected.retain(|(_, (_, version))| *version != last);
            assert_eq!(without(&found), expected);
            Found::WithoutLast
        }
    }
}

#[test]
fn untouched() {
    let sample = sample(100);
    let (tables, log) = sample.machine.bytes();
    assert_eq!(open(&sample, tables, log), Found::Everything);
}

#[test]
fn tables_cut() {
    let sample = sample(100);
    let (tables, log) = sample.machine.bytes();
    let lengths = (0..64)
        .chain((64..tables.len()).step_by(4096))
        .chain((1..20_000).step_by(1711).map(|cut| tables.len() - cut));
    for len in lengths {
        let expected = if len < 9 {
            Found::NotAStore
        } else {
            Found::Corrupt
        };
        assert_eq!(
            open(&sample, tables[..len].to_vec(), log.clone()),
            expected,
            "cut at {len}"
        );
    }
}

#[test]
fn log_cut() {
    let sample = sample(100);
    let (tables, log) = sample.machine.bytes();
    // One machine for all: it is not changed.
    for len in 0..log.len() {
        let cut = Machine::new(Vec::new(), log[..len].to_vec());
        let disks = engine::Disks {
            tables: sample.machine.disks().tables,
            log: cut.disks().log,
        };
        let fault = Engine::open(&disks).unwrap_err();
        assert!(
            matches!(fault, EngineFault::Corrupt(_)),
            "cut at {len}: {fault:?}"
        );
    }
    assert_eq!(sample.machine.bytes(), (tables, log));
}

#[test]
fn tables_flipped() {
    let sample = sample(60);
    let (tables, log) = sample.machine.bytes();
    let mut random = Random(1);
    let mut reported = 0;
    let used = tables.iter().rposition(|byte| *byte != 0).unwrap();
    let places = (0..320).chain((320..used).step_by(1 + used / 600));
    for at in places {
        let mut flipped = tables.clone();
        flipped[at] ^= 1 << random.below(8);
        match open(&sample, flipped, log.clone()) {
            Found::Everything => assert!(at >= 9, "the magic is not looked at"),
            Found::Corrupt => reported += 1,
            Found::NotAStore => assert!(at < 9, "at {at}"),
            Found::WithoutLast => panic!("at {at}: something was lost"),
        }
    }
    assert!(reported > 100, "{reported}");
}

/// What is damaged after the store was opened shows when it is read, and never as a wrong value.
#[test]
fn tables_flipped_while_open() {
    let sample = sample(60);
    let expected = contents(&Engine::open(&sample.machine.disks()).unwrap()).unwrap();
    let tables = sample.machine.tables.bytes();
    let mut random = Random(2);
    let used = tables.iter().rposition(|byte| *byte != 0).unwrap();
    let (mut reported, mut hidden) = (0, 0);
    // The first page is not read again.
    for at in (4096..used).step_by(1 + used / 1000) {
        let mut flipped = tables.clone();
        flipped[at] ^= 1 << random.below(8);
        let machine = Machine::new(flipped, Vec::new());
        // Without the check of all pages, as if they had been whole then.
        let opened = guarded(|| {
            let backend = Backend::held(machine.disks().tables)?;
            Ok(Tables::new(
                redb::Builder::new().create_with_backend(backend)?,
            ))
        });
        let found = opened.map_err(StoreError::from).and_then(|tables| {
            let base = Arc::new(Base::new(&tables)?);
            read(Arc::new(TableSnapshot::new(
                Revision::ZERO,
                base,
                Recent::default(),
            )))
        });
        match found {
            Err(StoreError::Corrupt { .. }) => reported += 1,
            Err(error) => panic!("at {at}: {error}"),
            Ok(found) => {
                hidden += usize::from(found.len() < expected.len());
                for (key, value) in &found {
                    assert_eq!(
                        expected.get(key),
                        Some(value),
                        "at {at}: a wrong value was served"
                    );
                }
            }
        }
    }
    assert!(
        reported > 50 && hidden < 10,
        "reported {reported}, hidden {hidden}"
    );
}

#[test]
fn log_flipped() {
    let sample = sample(60);
    let (tables, log) = sample.machine.bytes();
    let last = sample.frames.last().unwrap().clone();
    let mut random = Random(3);
    let places = (0..80)
        .chain((80..4096).step_by(500))
        .chain((4096..last.start).step_by(61))
        .chain(last.clone());
    for at in places.chain(last.end..last.end + 64) {
        let mut flipped = log.clone();
        flipped[at] ^= 1 << random.below(8);
        let found = open(&sample, tables.clone(), flipped);
        let frame = sample.frames.iter().find(|frame| frame.contains(&at));
        match frame {
            _ if at < 64 => assert_eq!(found, Found::Corrupt, "at {at}, in the header"),
            Some(frame) if *frame == last => {
                // Padding, or a frame that could as well be torn.
                assert!(
                    matches!(found, Found::Everything | Found::WithoutLast),
                    "at {at}: {found:?}"
                );
            }
            Some(_) => assert!(
                matches!(found, Found::Corrupt | Found::Everything),
                "at {at}: {found:?}"
            ),
            None => assert_eq!(found, Found::Everything, "at {at}"),
        }
        if let Some(frame) = frame
            && at < frame.end - 8
        {
            assert_ne!(
                found,
                Found::Everything,
                "at {at}: a changed frame was taken"
            );
        }
    }
}

/// The machine died while it wrote the last frame.
#[test]
fn log_torn() {
    let sample = sample(60);
    let (tables, log) = sample.machine.bytes();
    let last = sample.frames.last().unwrap().clone();
    for from in last.start..last.end - 8 {
        let mut torn = log.clone();
        torn[from..last.end].fill(0);
        // The value's last bytes may be zeros that were cut: no, they are text.
        assert_eq!(
            open(&sample, tables.clone(), torn),
            Found::WithoutLast,
            "torn at {from}"
        );
        let mut torn = log.clone();
        torn[last.start..=from].fill(0);
        assert_eq!(
            open(&sample, tables.clone(), torn),
            Found::WithoutLast,
            "torn up to {from}"
        );
    }
}

/// A value that looks like the next frame is not taken for it, whatever lies in front.
#[test]
fn forged_frame() {
    let sample = sample(60);
    let (tables, mut log) = sample.machine.bytes();
    let last = sample.frames.last().unwrap().clone();
    // All a writer of values can know: the format, the lap's number, the revisions. Not the nonce.
    let mut forged = log[last.clone()].to_vec();
    forged[20..28].copy_from_slice(&[0; 8]);
    let revision = u64::from_be_bytes(forged[28..36].try_into().unwrap()) + 1;
    forged[28..36].copy_from_slice(&revision.to_be_bytes());
    let payload = u32::from_be_bytes(forged[8..12].try_into().unwrap()) as usize;
    let crc = crc32fast::hash(&forged[8..40 + payload]);
    forged[4..8].copy_from_slice(&crc.to_be_bytes());
    log[last.end..last.end + forged.len()].copy_from_slice(&forged);
    assert_eq!(open(&sample, tables, log), Found::Everything);
}

/// Tables and log of different times, or of different stores.
#[test]
fn mixed_files() {
    let machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let mut states = Vec::new();
    for number in 0..3 {
        let mut engine = Engine::open(&machine.disks()).unwrap();
        let feed = Feed::new(engine.revision());
        assert_eq!(engine.apply(&[commit(number)], &feed).len(), 1);
        states.push(machine.bytes());
        engine.close().unwrap();
    }
    let other = sample(30);
    let cases = [
        (
            "old tables, new log",
            states[0].0.clone(),
            states[2].1.clone(),
        ),
        (
            "tables of another store",
            other.machine.tables.bytes(),
            states[0].1.clone(),
        ),
        (
            "log of another store",
            states[0].0.clone(),
            other.machine.log.bytes(),
        ),
    ];
    for (what, tables, log) in cases {
        assert_eq!(open(&other, tables, log), Found::Corrupt, "{what}");
    }
}

#[test]
fn newer_format() {
    let machine = Machine::new(Vec::new(), Vec::new());
    engine::create(&machine.disks(), LOG_LEN).unwrap();
    let log = machine.log.bytes();
    let mut newer = log.clone();
    newer[16..20].copy_from_slice(&2_u32.to_be_bytes());
    let crc = crc32fast::hash(&newer[..60]);
    newer[60..64].copy_from_slice(&crc.to_be_bytes());
    let tables = machine.tables.bytes();
    let machine = Machine::new(tables.clone(), newer.clone());
    assert!(matches!(
        Engine::open(&machine.disks()),
        Err(EngineFault::NewerFormat(2))
    ));
    assert_eq!(machine.bytes(), (tables, newer));
    assert_eq!(Revision::ZERO.next(), Revision::new(1));
}
