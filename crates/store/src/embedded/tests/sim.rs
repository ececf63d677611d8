//! A disk in memory that dies when it is told to, and loses what was not synced, in every way a disk may.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::embedded::disk::Disk;
use crate::embedded::engine::Disks;
use crate::embedded::engine::Engine;
use crate::embedded::snapshot::TableSnapshot;
use crate::{Revision, Snapshot, StoreError, scan_all};

pub(super) const LOG_LEN: u64 = 64 * 1024;
const SECTOR: usize = 512;

/// A small generator of numbers, the same for the same seed.
#[derive(Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

#[derive(Debug)]
enum Step {
    SetLen(usize),
    Write(usize, Vec<u8>),
}

#[derive(Debug, Default)]
struct Bytewise {
    current: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Step>,
}

/// See the module. Clones are the same disk.
#[derive(Clone, Debug)]
pub(super) struct SimDisk {
    file: Arc<Mutex<Bytewise>>,
    /// Steps until the machine dies; shared by its disks.
    life: Arc<AtomicU64>,
}

impl SimDisk {
    fn new(bytes: Vec<u8>, life: &Arc<AtomicU64>) -> Self {
        let file = Bytewise {
            current: bytes.clone(),
            durable: bytes,
            pending: Vec::new(),
        };
        Self {
            file: Arc::new(Mutex::new(file)),
            life: Arc::clone(life),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.file.lock().unwrap().current.clone()
    }

    /// What may be on the disk after the machine died: of what was not synced any part, by sectors.
    fn after_crash(&self, random: &mut Random) -> Vec<u8> {
        let file = self.file.lock().unwrap();
        let mut bytes = file.durable.clone();
        // A length changes as a whole, and in order with other lengths.
        let mut lengths_lost = false;
        for step in &file.pending {
            match step {
                Step::SetLen(len) => {
                    lengths_lost = lengths_lost || random.below(3) == 0;
                    if !lengths_lost {
                        bytes.resize(*len, 0);
                    }
                }
                Step::Write(offset, data) => {
                    let how = random.below(4);
                    for (number, sector) in sectors(*offset, data) {
                        let kept = match how {
                            0 => false,
                            1 => true,
                            _ => random.below(2) == 0,
                        };
                        if kept && let Some(to) = bytes.get_mut(number..number + sector.len()) {
                            to.copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        bytes
    }

    fn step(&self) -> io::Result<()> {
        let alive = self
            .life
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        alive
            .map(drop)
            .map_err(|_| io::Error::other("the machine is dead"))
    }
}

/// Cuts a write where sectors of the disk end.
fn sectors(offset: usize, data: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut at, mut rest, mut found) = (offset, data, Vec::new());
    while !rest.is_empty() {
        let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
        found.push((at, sector));
        at += sector.len();
        rest = after;
    }
    found
}

impl Disk for SimDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.lock().unwrap().current.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let file = self.file.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        let found = file
            .current
            .get(offset..offset + out.len())
            .ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let alive = self.step();
        let mut file = self.file.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        if file.current.len() < offset + data.len() {
            file.current.resize(offset + data.len(), 0);
            let len = file.current.len();
            file.pending.push(Step::SetLen(len));
        }
        file.current[offset..offset + data.len()].copy_from_slice(data);
        file.pending.push(Step::Write(offset, data.to_vec()));
        alive
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let alive = self.step();
        let mut file = self.file.lock().unwrap();
        let len = usize::try_from(len).unwrap();
        file.current.resize(len, 0);
        file.pending.push(Step::SetLen(len));
        alive
    }

    fn sync(&self) -> io::Result<()> {
        self.step()?;
        let mut file = self.file.lock().unwrap();
        file.pending.clear();
        file.durable = file.current.clone();
        Ok(())
    }
}

/// The disks of one machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) tables: SimDisk,
    pub(super) log: SimDisk,
    life: Arc<AtomicU64>,
}

impl Machine {
    pub(super) fn new(tables: Vec<u8>, log: Vec<u8>) -> Self {
        let life = Arc::new(AtomicU64::new(u64::MAX));
        Self {
            tables: SimDisk::new(tables, &life),
            log: SimDisk::new(log, &life),
            life,
        }
    }

    pub(super) fn disks(&self) -> Disks {
        Disks {
            tables: Arc::new(self.tables.clone()),
            log: Arc::new(self.log.clone()),
        }
    }

    pub(super) fn dies_after(&self, steps: usize) {
        self.life.store(steps as u64, Ordering::SeqCst);
    }

    /// The machine after it died and was started again.
    pub(super) fn restarted(&self, random: &mut Random) -> Self {
        Self::new(
            self.tables.after_crash(random),
            self.log.after_crash(random),
        )
    }

    pub(super) fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        (self.tables.bytes(), self.log.bytes())
    }
}

pub(super) type Contents = BTreeMap<Bytes, (Bytes, Revision)>;

/// Reads everything, by scan and by key.
pub(super) fn contents(engine: &Engine) -> Result<Contents, StoreError> {
    read(engine.newest().snapshot().unwrap())
}

/// Reads everything that a snapshot shows.
pub(super) fn read(snapshot: Arc<TableSnapshot>) -> Result<Contents, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut contents = Contents::new();
        for (key, found) in scan_all(&snapshot, b"", 100).await? {
            let again = snapshot.get(&key).await?;
            if again.as_ref() != Some(&found) {
                return Err(StoreError::Corrupt {
                    what: "scan and get differ".to_owned(),
                });
            }
            contents.insert(key, (found.value, found.version));
        }
        Ok(contents)
    })
}
