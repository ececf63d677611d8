//! The audit trail: one JSON line an event, in files of bounded size.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use keyward_service::{AuditFull, AuditSink};

/// The name of the file that is written now.
const CURRENT: &str = "current.jsonl";
/// The least time from one write to the next: lines that come meanwhile gather, and wake nobody. Waking a thread and writing
/// for each costs as much as the request; a line that comes alone is written at once.
const PACE: Duration = Duration::from_millis(2);
/// Bytes that may wait; a trail that can't keep up refuses requests instead of losing their events.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// Writes audit events to `current.jsonl` in a folder, on a thread of its own.
///
/// A file that has reached its size is renamed to `<first free number>.jsonl`, counted upwards, and a new one begun.
#[derive(Debug)]
pub(crate) struct AuditFile {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    /// Whether events are refused, as the state has it: every request asks, and need not wait for a lock.
    refusing: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    closing: bool,
    failed: bool,
    /// Whether the thread waits for a line, and for nothing else.
    idle: bool,
}

impl AuditFile {
    /// Opens the folder's current file for appending, and starts the thread.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(crate) fn open(folder: &Path, largest: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut output = Output::open(folder.to_owned(), largest)?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write(&theirs, &mut output))?;
        Ok(Self {
            shared,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Writes what waits and ends the thread.
    pub(crate) fn close(&self) {
        self.shared.lock().closing = true;
        self.shared.wake.notify_one();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the audit thread had died");
        }
    }
}

impl Drop for AuditFile {
    fn drop(&mut self) {
        self.close();
    }
}

impl AuditSink for AuditFile {
    fn check(&self) -> Result<(), AuditFull> {
        if self.shared.refusing.load(Ordering::Acquire) {
            Err(AuditFull)
        } else {
            Ok(())
        }
    }

    fn record(&self, line: &[u8]) {
        let mut state = self.shared.lock();
        state.waiting.extend_from_slice(line);
        self.shared.note(&state);
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        if idle {
            self.shared.wake.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps `refusing` in step with a state that has changed.
    fn note(&self, state: &State) {
        let refusing = state.waiting.len() >= MOST_WAITING || state.failed;
        self.refusing.store(refusing, Ordering::Release);
    }

    /// Waits until it is time for the next write, and for lines; `None` at the end.
    fn gather(&self, mut spare: Vec<u8>, written: Instant) -> Option<Vec<u8>> {
        spare.clear();
        let wait = PACE.saturating_sub(written.elapsed());
        let open = |state: &mut State| !state.closing;
        let paced = self.wake.wait_timeout_while(self.lock(), wait, open);
        let state = paced.unwrap_or_else(PoisonError::into_inner).0;
        let nothing = |state: &mut State| {
            state.idle = state.waiting.is_empty() && !state.closing;
            state.idle
        };
        let woken = self.wake.wait_while(state, nothing);
        let mut state = woken.unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            return None;
        }
        let gathered = std::mem::replace(&mut state.waiting, spare);
        self.note(&state);
        Some(gathered)
    }
}

fn write(shared: &Shared, output: &mut Output) {
    let mut lines = Vec::new();
    let mut written = Instant::now();
    while let Some(gathered) = shared.gather(lines, written) {
        let result = output.append(&gathered);
        written = Instant::now();
        if let Err(error) = &result {
            tracing::error!(%error, "the audit trail can't be written; requests are refused until it can");
        }
        let failed = result.is_err();
        let mut state = shared.lock();
        state.failed = failed;
        if failed && !state.closing {
            // Nothing is lost: what could not be written goes before what came meanwhile.
            let newer = std::mem::replace(&mut state.waiting, gathered);
            state.waiting.extend_from_slice(&newer);
            shared.note(&state);
            let pause = shared.wake.wait_timeout(state, Duration::from_secs(1));
            drop(pause.unwrap_or_else(PoisonError::into_inner).0);
            lines = Vec::new();
        } else {
            shared.note(&state);
            drop(state);
            lines = gathered;
        }
    }
}

struct Output {
    folder: PathBuf,
    file: File,
    size: u64,
    largest: u64,
}

impl Output {
    fn open(folder: PathBuf, largest: u64) -> io::Result<Self> {
        let file = append_to(&folder.join(CURRENT))?;
        let size = file.metadata()?.len();
        Ok(Self {
            folder,
            file,
            size,
            largest,
        })
    }

    /// Appends whole lines; all of them or, after a failure, none.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.size >= self.largest {
            self.rotate()?;
        }
        if let Err(error) = self.file.write_all(lines) {
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += lines.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let highest = std::fs::read_dir(&self.folder)?
            .filter_map(|entry| {
                entry
                    .ok()?
                    .path()
                    .file_stem()?
                    .to_str()?
                    .parse::<u64>()
                    .ok()
            })
            .max();
        let number = highest.map_or(1, |highest| highest + 1);
        std::fs::rename(
            self.folder.join(CURRENT),
            self.folder.join(format!("{number:08}.jsonl")),
        )?;
        self.file = append_to(&self.folder.join(CURRENT))?;
        self.size = 0;
        Ok(())
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_written_once_and_files_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let audit = AuditFile::open(folder.path(), 1000).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let audit = &audit;
                scope.spawn(move || {
                    for number in 0..500 {
                        audit.record(format!("{thread}-{number}\n").as_bytes());
                    }
                });
            }
        });
        audit.close();
        let mut lines = Vec::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 2000);
    }

    /// The second finds a thread that waits for its time, the third perhaps one that waits for a line.
    #[test]
    fn a_line_does_not_wait_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let audit = AuditFile::open(folder.path(), 1000).unwrap();
        let current = folder.path().join(CURRENT);
        let begun = Instant::now();
        for number in 1..=3 {
            audit.record(b"line\n");
            while std::fs::metadata(&current).unwrap().len() < 5 * number {
                assert!(begun.elapsed() < Duration::from_secs(60), "{number}");
                std::thread::yield_now();
            }
            if number == 2 {
                while !audit.shared.lock().idle {
                    std::thread::yield_now();
                }
            }
        }
    }

    #[test]
    fn a_restart_appends_and_rotation_counts_upwards() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..3 {
            let audit = AuditFile::open(folder.path(), 10).unwrap();
            audit.record(format!("round {round}, longer than ten\n").as_bytes());
            audit.close();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("00000001.jsonl"), "round 0, longer than ten\n");
        assert_eq!(read("00000002.jsonl"), "round 1, longer than ten\n");
        assert_eq!(read(CURRENT), "round 2, longer than ten\n");
    }
}
