//! Looks through a large file, several stretches of it at a time.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use keyward_analysis::BadQuestion;
use keyward_export::{Index, PIECE_BYTES, Skimmer, Unfit, limits, stretches};

use super::{seats, threads, too_large};
use crate::terminal::Progress;

/// Files from this size on are looked through, and read as far as a question touches them.
const SKIM_BYTES: u64 = 1 << 20;

/// A file as one stretch.
const ALL: Range<u64> = 0..u64::MAX;

/// Looks through a file; `None` where it is to be read as a whole.
pub(super) fn skim(path: &Path) -> Result<Option<Index>, BadQuestion> {
    let shown = path.display();
    let cannot = |error: std::io::Error| BadQuestion::new(format!("can't read {shown}: {error}"));
    let file = File::open(path).map_err(cannot)?;
    let told = file.metadata().map_err(cannot)?;
    if !told.is_file() || told.len() < SKIM_BYTES {
        return Ok(None);
    }
    let is_large = told.len() > limits::FILE_BYTES;
    match index(&file, told.len(), &path.to_string_lossy()).map_err(cannot)? {
        Ok(index) => Ok(Some(index)),
        Err(Unfit::CutOff) if is_large => Err(BadQuestion::new(format!(
            "{shown} is cut off: run aws iam get-account-authorization-details again and let it end"
        ))),
        Err(Unfit::Border | Unfit::Other) if is_large => Err(too_large(path)),
        Err(Unfit::Border | Unfit::CutOff | Unfit::Other) => Ok(None),
    }
}

fn index(file: &File, bytes: u64, path: &str) -> std::io::Result<Result<Index, Unfit>> {
    let read = |range: Range<u64>| {
        let length = range.end.saturating_sub(range.start);
        let mut window = vec![0; usize::try_from(length).unwrap_or(0)];
        // What cannot be read is told by whoever reads it all.
        let read = fill(file, range.start, &mut window).unwrap_or(0);
        window.truncate(read);
        window
    };
    let threads = threads();
    if threads > 1 {
        let parts = stretches(bytes, read);
        match Skimmer::join(Work::new(file, bytes, &parts).done(threads)?, path) {
            Err(Unfit::Border) => {}
            told => return Ok(told),
        }
    }
    let whole = Work::new(file, bytes, std::slice::from_ref(&ALL));
    Ok(Skimmer::join(whole.done(1)?, path))
}

/// Stretches of a file that threads take in turn.
struct Work<'a> {
    file: &'a File,
    stretches: &'a [Range<u64>],
    next: AtomicUsize,
    /// How much of how much was looked through.
    done: AtomicU64,
    bytes: u64,
    /// One was found not to be worth going on.
    is_over: AtomicBool,
}

/// Stretches that were looked through, with their numbers.
type Found = Vec<(usize, Skimmer)>;

impl<'a> Work<'a> {
    fn new(file: &'a File, bytes: u64, stretches: &'a [Range<u64>]) -> Self {
        Self {
            file,
            stretches,
            next: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            bytes,
            is_over: AtomicBool::new(false),
        }
    }

    /// Looks through all stretches and returns them in their order.
    fn done(&self, threads: usize) -> std::io::Result<Vec<Skimmer>> {
        let threads = threads.clamp(1, self.stretches.len().max(1));
        let found = seats::each(threads, |thread| {
            self.share((thread == 0).then(|| Progress::new("MiB")))
        });
        let found: std::io::Result<Vec<Found>> = found.into_iter().collect();
        let mut found: Found = found?.into_iter().flatten().collect();
        found.sort_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, skimmer)| skimmer).collect())
    }

    /// Looks through one stretch after the other, as long as there are any.
    fn share(&self, mut progress: Option<Progress>) -> std::io::Result<Found> {
        let (mut found, mut piece) = (Found::new(), vec![0; PIECE_BYTES]);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(stretch) = self.stretches.get(number) else {
                return Ok(found);
            };
            let mut skimmer = Skimmer::stretch(stretch.start);
            self.pass(stretch, &mut skimmer, &mut piece, &mut progress)?;
            found.push((number, skimmer));
        }
    }

    fn pass(
        &self,
        stretch: &Range<u64>,
        skimmer: &mut Skimmer,
        piece: &mut [u8],
        progress: &mut Option<Progress>,
    ) -> std::io::Result<()> {
        let mut at = stretch.start;
        loop {
            let left = usize::try_from(stretch.end - at).unwrap_or(usize::MAX);
            let room = piece.get_mut(..left.min(PIECE_BYTES)).unwrap_or_default();
            let length = fill(self.file, at, room)?;
            at += length as u64;
            let is_last = length < PIECE_BYTES;
            if !skimmer.push(piece.get(..length).unwrap_or_default()) {
                self.is_over.store(true, Ordering::Relaxed);
            }
            let done = self.done.fetch_add(length as u64, Ordering::Relaxed);
            if let Some(progress) = progress {
                let mib = |bytes: u64| usize::try_from(bytes >> 20).unwrap_or(0);
                progress.at(mib(done), mib(self.bytes));
            }
            if is_last || self.is_over.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }
}

/// Fills a buffer from a place on, as far as the file goes.
fn fill(file: &File, at: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while let Some(room) = buffer.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read_at(room, at + length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
