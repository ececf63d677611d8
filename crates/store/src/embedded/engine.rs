//! Tables and log together: what opening, committing and closing do. Synchronous; one caller at a time.

use std::sync::Arc;

use redb::{Builder, ReadableDatabase};

use super::backend::Backend;
use super::disk::Disk;
use super::log::{self, Frame, Lap, Log, LogFault};
use super::recent::Recent;
use super::snapshot::{Newest, TableSnapshot};
use super::tables::{self, Base, Fault, State, Tables, guarded};
use crate::feed::Feed;
use crate::limits::PAGE_CACHE_BYTES;
use crate::resolve::resolve;
use crate::{Change, Commit, CommitError, Event, Revision};

/// The version of the files that this program writes; it reads this one and those before.
pub const FORMAT_VERSION: u32 = 1;

/// What redb files start with.
const TABLES_MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// The files of a store.
#[derive(Clone, Debug)]
pub(super) struct Disks {
    pub(super) tables: Arc<dyn Disk>,
    pub(super) log: Arc<dyn Disk>,
}

/// Why files can't be used as a store.
#[derive(Debug)]
pub(super) enum EngineFault {
    Corrupt(String),
    Io(std::io::Error),
    NewerFormat(u32),
    NotAStore,
}

impl From<Fault> for EngineFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Corrupt(what) => Self::Corrupt(what),
            Fault::Io(error) => Self::Io(error),
            Fault::NotAStore => Self::NotAStore,
        }
    }
}

impl From<LogFault> for EngineFault {
    fn from(fault: LogFault) -> Self {
        match fault {
            LogFault::Corrupt(what) => Self::Corrupt(what),
            LogFault::Io(error) => Self::Io(error),
            LogFault::NewerFormat(found) => Self::NewerFormat(found),
        }
    }
}

impl From<std::io::Error> for EngineFault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// The writer of a store.
#[derive(Debug)]
pub(super) struct Engine {
    tables: Arc<Tables>,
    backend: Backend,
    log: Log,
    /// As it was at the last checkpoint, but for the revision, which is the newest.
    state: State,
    /// The tables of the last checkpoint.
    base: Arc<Base>,
    /// What changed since.
    recent: Recent,
    newest: Arc<Newest>,
    closed: bool,
    /// Set after an error that leaves unknown what is on the disk. Nothing is written any more;
    /// opening the store again finds out.
    broken: Option<String>,
}

/// Makes an empty store; `tables` is empty. Both files are durable when it returns, but not their names.
pub(super) fn create(disks: &Disks, log_len: u64) -> Result<(), EngineFault> {
    let mut store = [0; 16];
    fill_random(&mut store)?;
    let lap = next_lap(0)?;
    let state = State {
        format: FORMAT_VERSION,
        store,
        revision: Revision::ZERO,
        lap,
    };
    // Each waits for the disk most of the time, so they wait together.
    std::thread::scope(|scope| {
        let log = scope.spawn(|| log::create(disks.log.as_ref(), FORMAT_VERSION, store, log_len));
        let tables = create_tables(disks, &state);
        log.join()
            .unwrap_or_else(|_| Err(std::io::Error::other("the log could not be made")))?;
        tables
    })
}

fn create_tables(disks: &Disks, state: &State) -> Result<(), EngineFault> {
    let backend = Backend::unsynced(Arc::clone(&disks.tables));
    guarded(|| {
        let db = Builder::new().create_with_backend(backend)?;
        let mut txn = db.begin_write()?;
        txn.set_quick_repair(true);
        drop(tables::writable(&txn)?);
        tables::write_state(&txn, state)?;
        txn.commit()?;
        Ok(db.close()?)
    })?;
    Ok(disks.tables.sync()?)
}

/// Whether a file claims to be the tables of a store.
pub(super) fn has_magic(tables: &dyn Disk) -> std::io::Result<bool> {
    let mut magic = [0; TABLES_MAGIC.len()];
    if tables.len()? < magic.len() as u64 {
        return Ok(false);
    }
    tables.read_at(0, &mut magic)?;
    Ok(magic == TABLES_MAGIC)
}

/// Reads the file from front to end. redb checks it page by page as the tree has them, which takes
/// a cold disk twenty times longer.
fn read_ahead(tables: &dyn Disk) -> std::io::Result<()> {
    let mut buffer = vec![0; 1024 * 1024];
    let mut left = tables.len()?;
    let mut at = 0;
    while left > 0 {
        let len = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if let Some(part) = buffer.get_mut(..len) {
            tables.read_at(at, part)?;
        }
        at += len as u64;
        left -= len as u64;
    }
    Ok(())
}

impl Engine {
    /// Opens a store: checks everything that can be checked first, and writes only then.
    pub(super) fn open(disks: &Disks) -> Result<Self, EngineFault> {
        if !has_magic(disks.tables.as_ref())? {
            return Err(EngineFault::NotAStore);
        }
        let log = log::load(disks.log.as_ref(), FORMAT_VERSION)?;
        let backend = Backend::held(Arc::clone(&disks.tables))?;
        read_ahead(disks.tables.as_ref())?;
        let held = backend.clone();
        let (tables, state) = guarded(move || {
            let mut builder = Builder::new();
            builder
                .set_cache_size(PAGE_CACHE_BYTES)
                .set_check_integrity_on_open(true);
            let tables = Tables::new(builder.create_with_backend(held)?);
            let state = tables::read_state(&tables.db()?.begin_read()?)?;
            Ok((tables, state))
        })?;
        if state.format > FORMAT_VERSION {
            return Err(EngineFault::NewerFormat(state.format));
        }
        if state.store != log.store {
            return Err(EngineFault::Corrupt(
                "its log belongs to another store".to_owned(),
            ));
        }
        let frames = log::frames(&log, state.lap, state.revision)?;

        let tables = Arc::new(tables);
        let mut engine = Self {
            base: Arc::new(Base::new(&tables)?),
            tables,
            backend,
            log: Log::start(Arc::clone(&disks.log), log.len, state.lap),
            state,
            recent: Recent::default(),
            newest: Arc::default(),
            closed: false,
            broken: None,
        };
        engine.recall(&frames);
        engine.fold()?;
        // All is well: from here on files change.
        engine.backend.release()?;
        Ok(engine)
    }

    /// Takes in what the log has and the tables do not.
    fn recall(&mut self, frames: &[Frame]) {
        for (revision, changes) in frames.iter().flat_map(numbered) {
            if revision > self.state.revision {
                self.recent.apply(revision, changes);
                self.state.revision = revision;
            }
        }
    }

    /// Returns the newest snapshot, kept current.
    pub(super) const fn newest(&self) -> &Arc<Newest> {
        &self.newest
    }

    /// Shows the store as it is now to whoever reads next.
    fn show(&self) {
        self.newest.show(TableSnapshot::new(
            self.state.revision,
            Arc::clone(&self.base),
            self.recent.clone(),
        ));
    }

    /// Writes nothing any more.
    fn fail(&mut self, reason: String) {
        self.backend.freeze();
        self.broken = Some(reason);
    }

    pub(super) const fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    #[cfg(test)]
    pub(super) const fn log_position(&self) -> u64 {
        self.log.position()
    }

    pub(super) const fn revision(&self) -> Revision {
        self.state.revision
    }

    /// Returns whether a group of so many bytes fits into the log as it is.
    pub(super) fn has_room(&self, size: usize) -> bool {
        self.log.has_room(size)
    }

    /// Applies commits as a group: all that succeed become durable with one sync, or none of them.
    ///
    /// Returns what became of each, in order. Events are published before it returns.
    pub(super) fn apply(
        &mut self,
        commits: &[Commit],
        feed: &Feed,
    ) -> Vec<Result<Revision, CommitError>> {
        let size: usize = commits.iter().map(Commit::size).sum();
        if self.broken.is_none() && !self.has_room(size) {
            self.checkpoint();
        }
        if let Some(reason) = &self.broken {
            return commits
                .iter()
                .map(|_| {
                    Err(CommitError::Unavailable {
                        reason: reason.clone(),
                    })
                })
                .collect();
        }
        let staged = guarded(|| self.stage(commits));
        let (recent, outcomes, frame) = match staged {
            Ok(staged) => staged,
            Err(fault) => {
                let reason = fault.to_string();
                self.fail(reason.clone());
                return commits
                    .iter()
                    .map(|_| {
                        Err(CommitError::Unavailable {
                            reason: reason.clone(),
                        })
                    })
                    .collect();
            }
        };
        if frame.commits.is_empty() {
            return outcomes;
        }
        match self.finish(recent, frame, feed) {
            Ok(()) => outcomes,
            Err(reason) => {
                self.fail(reason.clone());
                outcomes
                    .into_iter()
                    .map(|outcome| failed(outcome, &reason))
                    .collect()
            }
        }
    }

    /// Works out what each commit does after those before it.
    #[expect(clippy::type_complexity, reason = "used once, three lines away")]
    fn stage(
        &self,
        commits: &[Commit],
    ) -> Result<(Recent, Vec<Result<Revision, CommitError>>, Frame), redb::Error> {
        let mut recent = self.recent.clone();
        let mut revision = self.state.revision;
        let mut frame = Frame {
            first: revision.next(),
            commits: Vec::new(),
        };
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            let changes = resolve(commit, |key| {
                let found = self.base.get(&recent, key);
                found.map_err(|error| CommitError::Unavailable {
                    reason: error.to_string(),
                })
            });
            outcomes.push(match changes {
                Err(error) => Err(error),
                Ok(changes) if changes.is_empty() => Ok(revision),
                Ok(changes) => {
                    revision = revision.next();
                    recent.apply(revision, &changes);
                    frame.commits.push(changes);
                    Ok(revision)
                }
            });
        }
        Ok((recent, outcomes, frame))
    }

    /// Makes a group durable, then visible, then known.
    fn finish(&mut self, recent: Recent, frame: Frame, feed: &Feed) -> Result<(), String> {
        self.log
            .append(&frame)
            .map_err(|error| format!("the log can't be written: {error}"))?;
        let mut revision = self.state.revision;
        let mut events = Vec::with_capacity(frame.commits.len());
        for changes in frame.commits {
            revision = revision.next();
            events.push(Event {
                revision,
                changes: changes.into(),
            });
        }
        self.state.revision = revision;
        self.recent = recent;
        self.show();
        feed.publish(&events);
        Ok(())
    }

    /// Makes the tables durable and starts the log over.
    fn checkpoint(&mut self) {
        if let Err(error) = self.fold() {
            self.fail(match error {
                EngineFault::Corrupt(what) => what,
                EngineFault::Io(error) => format!("the tables can't be made durable: {error}"),
                EngineFault::NewerFormat(_) | EngineFault::NotAStore => {
                    "the tables are gone".to_owned()
                }
            });
        }
    }

    /// Brings what changed into the tables, makes them durable, and starts the log over.
    fn fold(&mut self) -> Result<(), EngineFault> {
        let state = State {
            lap: next_lap(self.state.lap.number)?,
            ..self.state
        };
        guarded(|| {
            let mut txn = self.tables.db()?.begin_write()?;
            // redb's default durability is immediate. Quick repair: no full scan after a crash.
            txn.set_quick_repair(true);
            tables::write_recent(&mut tables::writable(&txn)?, &self.recent)?;
            tables::write_state(&txn, &state)?;
            Ok(txn.commit()?)
        })?;
        self.state = state;
        self.log.start_over(state.lap);
        self.base = Arc::new(Base::new(&self.tables)?);
        self.recent = Recent::default();
        self.show();
        Ok(())
    }

    /// Folds the log, so that the next start finds nothing to do.
    pub(super) fn close(mut self) -> Result<(), String> {
        if self.broken.is_none() && !self.log.is_empty() {
            self.checkpoint();
        }
        self.closed = self.broken.is_none();
        self.broken.take().map_or(Ok(()), Err)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.closed {
            // A panic: what redb would write as it is closed may come from a checkpoint that was cut short.
            self.backend.freeze();
        }
    }
}

/// The commits of a frame with their revisions.
fn numbered(frame: &Frame) -> impl Iterator<Item = (Revision, &[Change])> {
    (frame.first.number()..)
        .map(Revision::new)
        .zip(frame.commits.iter().map(Vec::as_slice))
}

/// What a commit's caller is told when the group that it was in failed.
fn failed(outcome: Result<Revision, CommitError>, reason: &str) -> Result<Revision, CommitError> {
    match outcome {
        Ok(_) => Err(CommitError::OutcomeUnknown {
            reason: reason.to_owned(),
        }),
        // It may have lost against a commit that didn't happen; it was not applied in any case.
        Err(_) => Err(CommitError::Unavailable {
            reason: reason.to_owned(),
        }),
    }
}

fn next_lap(number: u64) -> std::io::Result<Lap> {
    let mut nonce = [0; 8];
    fill_random(&mut nonce)?;
    Ok(Lap {
        number: number.saturating_add(1),
        nonce: u64::from_be_bytes(nonce),
    })
}

fn fill_random(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}
