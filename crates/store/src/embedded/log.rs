//! The log: what makes a commit durable.
//!
//! redb's own durable commit needs two syncs, each with a change of the file's metadata. The log
//! needs one without: it has a fixed length, and every group of commits is one frame, written over
//! what was there and synced. Until the log is full, what it has is kept in memory too (`recent.rs`);
//! then it is brought into the tables (a *checkpoint*), each key once however often it changed, and
//! the log starts over from its front as a new *lap*.
//!
//! ```text
//! 0     header   magic 16 · format 4 · store id 16 · length of the log 8 · zero 16 · crc 4
//! 4096  frame    magic 4 · crc 4 · length 4 · lap 8 · nonce 8 · first revision 8 · commits 4 · payload
//!       frame    … each starting at a multiple of 8
//! ```
//! Numbers are big-endian. The payload is, for each commit, the number of changes (4) and then the
//! key's length (2), the value's length (4; all ones: removed), key and value.
//!
//! * A checkpoint is one atomic commit of the tables that names the new lap. Frames of other laps
//!   are leftovers, so the log is never cut or cleared.
//! * The nonce is random, a new one each lap. Values come from users, and leftovers of values lie
//!   between frames: without it, a value could be made to look like a frame.
//! * A frame is written only after the one before it is durable. So after a crash at most the last
//!   frame is torn, and nobody was told that it was committed: it is dropped. A damaged frame with
//!   a whole one behind it is no such tail: that is damage, and is reported.
//! * What can't be told apart: the last frame damaged after it was durable, and before the store was opened
//!   again after a crash. It is dropped like a torn one. After a clean close the log has no frames.
//! * A sector that holds the end of one frame and the start of the next is written twice. The disk
//!   must not damage the bytes that don't change; other databases rely on the same.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Disk;
use crate::{Change, Revision};

const MAGIC: &[u8; 16] = b"keyward log \r\n\x1a\n";
const HEADER_BYTES: u64 = 4096;
const HEADER_CHECKED: usize = 60;
const FRAME_MAGIC: &[u8; 4] = b"kwF\xf7";
const FRAME_HEADER_BYTES: usize = 40;
/// Where the part of a frame starts that its checksum covers.
const FRAME_CHECKED: usize = 8;
const ALIGN: usize = 8;
const REMOVED: u32 = u32::MAX;

/// Random bytes that tie a log to its tables.
pub(super) type StoreId = [u8; 16];

/// One pass over the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Lap {
    /// Counts up.
    pub(super) number: u64,
    /// Random: nobody can make bytes that look like a frame of this lap.
    pub(super) nonce: u64,
}

/// A group of commits as the log has it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Frame {
    /// The revision of the first commit; the others follow without gap.
    pub(super) first: Revision,
    /// The changes of each commit.
    pub(super) commits: Vec<Vec<Change>>,
}

/// Why a log can't be used.
#[derive(Debug)]
pub(super) enum LogFault {
    Corrupt(String),
    Io(io::Error),
    NewerFormat(u32),
}

impl From<io::Error> for LogFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A log that is being written.
#[derive(Debug)]
pub(super) struct Log {
    disk: Arc<dyn Disk>,
    len: u64,
    lap: Lap,
    at: u64,
}

impl Log {
    /// Starts a lap at the front of a log that was created, or read.
    pub(super) const fn start(disk: Arc<dyn Disk>, len: u64, lap: Lap) -> Self {
        Self {
            disk,
            len,
            lap,
            at: HEADER_BYTES,
        }
    }

    /// Starts the next lap; the tables have already made it durable.
    pub(super) const fn start_over(&mut self, lap: Lap) {
        self.lap = lap;
        self.at = HEADER_BYTES;
    }

    /// Whether commits of this size ([`Commit::size`](crate::Commit::size)) together still fit as one frame.
    pub(super) const fn has_room(&self, size: usize) -> bool {
        self.at + (size + FRAME_HEADER_BYTES + ALIGN) as u64 <= self.len
    }

    /// Where the next frame goes.
    #[cfg(test)]
    pub(super) const fn position(&self) -> u64 {
        self.at
    }

    /// Whether the lap has no frame yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.at == HEADER_BYTES
    }

    /// Appends a frame and returns once it is durable. After an error the log must not be used any
    /// more: whether the frame is in it is unknown.
    pub(super) fn append(&mut self, frame: &Frame) -> io::Result<()> {
        let bytes = encode(self.lap, frame)?;
        let end = self.at + bytes.len() as u64;
        if end > self.len {
            return Err(io::Error::other("the log is full"));
        }
        self.disk.write_durable_at(self.at, &bytes)?;
        self.at = end;
        Ok(())
    }
}

/// Makes an empty log of this length and returns once it is durable.
pub(super) fn create(disk: &dyn Disk, format: u32, store: StoreId, len: u64) -> io::Result<()> {
    let mut header = Vec::with_capacity(HEADER_CHECKED);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&format.to_be_bytes());
    header.extend_from_slice(&store);
    header.extend_from_slice(&len.to_be_bytes());
    header.resize(HEADER_CHECKED, 0);
    header.extend_from_slice(&crc32fast::hash(&header).to_be_bytes());
    // Zeros are written, not left as a hole: only then does a later write need no metadata.
    let zeros = [0; 64 * 1024];
    let mut at = 0;
    while at < len {
        // At most a block, so it fits.
        let count = usize::try_from(len - at)
            .unwrap_or(usize::MAX)
            .min(zeros.len());
        disk.write_at(at, zeros.get(..count).unwrap_or_default())?;
        at += count as u64;
    }
    disk.write_at(0, &header)?;
    disk.sync()
}

/// A log as it was found.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The store that it belongs to.
    pub(super) store: StoreId,
    /// Its length.
    pub(super) len: u64,
    bytes: Vec<u8>,
}

/// Reads a whole log and checks its header.
pub(super) fn load(disk: &dyn Disk, format: u32) -> Result<Loaded, LogFault> {
    let found = disk.len()?;
    let mut header = [0; HEADER_CHECKED + 4];
    if found < HEADER_BYTES {
        return Err(corrupt(format!("its log has only {found} bytes")));
    }
    disk.read_at(0, &mut header)?;
    let (store, len) = check_header(&header, format)?;
    if found != len {
        return Err(corrupt(format!(
            "its log has {found} bytes instead of {len}"
        )));
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    disk.read_at(0, &mut bytes)?;
    Ok(Loaded { store, len, bytes })
}

fn check_header(header: &[u8], format: u32) -> Result<(StoreId, u64), LogFault> {
    let mut rest = header;
    if take::<16>(&mut rest).as_ref() != Some(MAGIC) {
        return Err(corrupt("its log is not a log".to_owned()));
    }
    let found = take(&mut rest).map(u32::from_be_bytes);
    let store = take::<16>(&mut rest);
    let len = take(&mut rest).map(u64::from_be_bytes);
    let split = header
        .split_last_chunk()
        .map(|(checked, crc)| (crc32fast::hash(checked), u32::from_be_bytes(*crc)));
    match (found, store, len, split) {
        (Some(found), Some(store), Some(len), Some((sum, crc))) if sum == crc => {
            if found > format {
                Err(LogFault::NewerFormat(found))
            } else {
                Ok((store, len))
            }
        }
        _ => Err(corrupt("the header of its log is damaged".to_owned())),
    }
}

/// Whether a log without its tables can be replaced: it has never held a frame.
pub(super) fn is_unused(log: &Loaded) -> bool {
    log.bytes
        .iter()
        .skip(HEADER_CHECKED + 4)
        .all(|byte| *byte == 0)
}

/// Reads the frames of a lap, for tables that are at `tables` and may already hold the first few.
pub(super) fn frames(log: &Loaded, lap: Lap, tables: Revision) -> Result<Vec<Frame>, LogFault> {
    let header = usize::try_from(HEADER_BYTES).map_err(io::Error::other)?;
    let mut rest = log.bytes.get(header..).unwrap_or_default();
    if peek_lap(rest).is_some_and(|found| found > lap.number) {
        return Err(corrupt(
            "its log is newer than its tables: one of the two was replaced".to_owned(),
        ));
    }
    let mut frames: Vec<Frame> = Vec::new();
    let mut next: Option<Revision> = None;
    while let Some((frame, len)) = decode(rest, lap) {
        let starts = match next {
            None => frame.first <= tables.next(),
            Some(next) => frame.first == next,
        };
        if !starts {
            return Err(corrupt(format!(
                "its log jumps to revision {}",
                frame.first
            )));
        }
        next = Some(Revision::new(
            frame.first.number() + frame.commits.len() as u64,
        ));
        frames.push(frame);
        rest = rest.get(len..).unwrap_or_default();
    }
    if next.is_some_and(|next| next <= tables) {
        return Err(corrupt(format!(
            "its log ends before revision {tables}, which its tables have"
        )));
    }
    while let Some(further) = rest.get(ALIGN..) {
        rest = further;
        if let Some((frame, _)) = decode(rest, lap) {
            return Err(corrupt(format!(
                "its log is damaged before revision {}",
                frame.first
            )));
        }
    }
    Ok(frames)
}

fn corrupt(what: String) -> LogFault {
    LogFault::Corrupt(what)
}

fn encode(lap: Lap, frame: &Frame) -> io::Result<Vec<u8>> {
    let count = |len: usize| {
        u32::try_from(len)
            .map(u32::to_be_bytes)
            .map_err(io::Error::other)
    };
    let size = |changes: &Vec<Change>| {
        let bytes =
            |change: &Change| change.key.len() + change.value.as_ref().map_or(0, Bytes::len);
        changes
            .iter()
            .map(|change| bytes(change) + 6)
            .sum::<usize>()
            + 4
    };
    let mut payload = Vec::with_capacity(frame.commits.iter().map(size).sum());
    for changes in &frame.commits {
        payload.extend_from_slice(&count(changes.len())?);
        for change in changes {
            let key_len = u16::try_from(change.key.len()).map_err(io::Error::other)?;
            payload.extend_from_slice(&key_len.to_be_bytes());
            match &change.value {
                None => payload.extend_from_slice(&REMOVED.to_be_bytes()),
                Some(value) => payload.extend_from_slice(&count(value.len())?),
            }
            payload.extend_from_slice(&change.key);
            payload.extend_from_slice(change.value.as_deref().unwrap_or_default());
        }
    }
    let mut checked = Vec::with_capacity(FRAME_HEADER_BYTES + payload.len());
    checked.extend_from_slice(&count(payload.len())?);
    checked.extend_from_slice(&lap.number.to_be_bytes());
    checked.extend_from_slice(&lap.nonce.to_be_bytes());
    checked.extend_from_slice(&frame.first.number().to_be_bytes());
    checked.extend_from_slice(&count(frame.commits.len())?);
    checked.extend_from_slice(&payload);
    let mut bytes = Vec::with_capacity(FRAME_CHECKED + checked.len() + ALIGN);
    bytes.extend_from_slice(FRAME_MAGIC);
    bytes.extend_from_slice(&crc32fast::hash(&checked).to_be_bytes());
    bytes.extend_from_slice(&checked);
    bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
    Ok(bytes)
}

/// Returns the lap that the frame at the front claims, if there is a whole frame.
fn peek_lap(bytes: &[u8]) -> Option<u64> {
    let (mut header, _) = checked_part(bytes)?;
    take::<4>(&mut header)?;
    take(&mut header).map(u64::from_be_bytes)
}

/// Returns the part of the frame that its checksum covers, if it does, and the frame's length with padding.
fn checked_part(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let mut rest = bytes.strip_prefix(FRAME_MAGIC)?;
    let crc = take(&mut rest).map(u32::from_be_bytes)?;
    let payload = rest.first_chunk().copied().map(u32::from_be_bytes)?;
    let len = usize::try_from(payload)
        .ok()?
        .checked_add(FRAME_HEADER_BYTES)?;
    let checked = bytes.get(FRAME_CHECKED..len)?;
    (crc32fast::hash(checked) == crc).then_some((checked, len.next_multiple_of(ALIGN)))
}

/// Reads the frame at the front, if it is whole and of this lap.
fn decode(bytes: &[u8], lap: Lap) -> Option<(Frame, usize)> {
    // Cheap first: this runs at every eighth byte of the log.
    let nonce = bytes.get(20..28)?;
    if !bytes.starts_with(FRAME_MAGIC) || nonce != lap.nonce.to_be_bytes() {
        return None;
    }
    let (mut rest, len) = checked_part(bytes)?;
    take::<4>(&mut rest)?;
    if take(&mut rest).map(u64::from_be_bytes)? != lap.number {
        return None;
    }
    take::<8>(&mut rest)?;
    let first = Revision::new(take(&mut rest).map(u64::from_be_bytes)?);
    let count = take(&mut rest).map(u32::from_be_bytes)?;
    let mut commits = Vec::new();
    for _ in 0..count {
        let changes = take(&mut rest).map(u32::from_be_bytes)?;
        commits.push(
            (0..changes)
                .map(|_| decode_change(&mut rest))
                .collect::<Option<Vec<_>>>()?,
        );
    }
    rest.is_empty().then_some((Frame { first, commits }, len))
}

fn decode_change(rest: &mut &[u8]) -> Option<Change> {
    let key_len = take(rest).map(u16::from_be_bytes)?;
    let value_len = take(rest).map(u32::from_be_bytes)?;
    let mut bytes = |len: usize| {
        let (part, after) = rest.split_at_checked(len)?;
        *rest = after;
        Some(Bytes::copy_from_slice(part))
    };
    let key = bytes(usize::from(key_len))?;
    let value = if value_len == REMOVED {
        None
    } else {
        Some(bytes(usize::try_from(value_len).ok()?)?)
    };
    Some(Change { key, value })
}

/// Takes bytes from the front.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (front, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*front)
}
