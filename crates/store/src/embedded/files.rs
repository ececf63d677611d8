//! The files of a store on this machine: finding, locking, making.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::engine::{self, Disks, Engine, EngineFault, FORMAT_VERSION};
use super::log;
use crate::limits::LOG_BYTES;

/// What [`RedbStore::open`](super::RedbStore::open) is to find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenMode {
    /// Nothing: an empty store is made.
    CreateNew,
    /// A store.
    Existing,
}

/// Why a store can't be opened. Files that were there are as they were, to the byte.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is a file where a store was to be made.
    #[error("{} exists already", path.display())]
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// The files of the store are damaged, cut short, or don't belong together.
    #[error("the store {} is damaged: {what}", path.display())]
    Corrupt {
        /// The store's file.
        path: PathBuf,
        /// What is damaged.
        what: String,
    },
    /// Another process (or this one, a second time) has the store open.
    #[error("the store {} is held by another process", path.display())]
    HeldByAnotherProcess {
        /// The store's file.
        path: PathBuf,
    },
    /// The files can't be read or written.
    #[error("the store {} can't be opened: {source}", path.display())]
    Io {
        /// The store's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The store was written by a newer version of this program.
    #[error(
        "the store {} has format {found}, made by a newer version; this one reads up to {supported}",
        path.display()
    )]
    NewerFormat {
        /// The store's file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The file is something else.
    #[error("{} is not a store", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// There is no file where a store was to be.
    #[error("there is no store at {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
}

impl OpenError {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            path: path.clone(),
            source,
        }
    }

    fn engine(path: &Path) -> impl Fn(EngineFault) -> Self {
        let path = path.to_owned();
        move |fault| {
            let path = path.clone();
            match fault {
                EngineFault::Corrupt(what) => Self::Corrupt { path, what },
                EngineFault::Io(source) => Self::Io { path, source },
                EngineFault::NewerFormat(found) => Self::NewerFormat {
                    path,
                    found,
                    supported: FORMAT_VERSION,
                },
                EngineFault::NotAStore => Self::NotAStore { path },
            }
        }
    }
}

/// Opens the files of a store.
pub(super) fn open(path: &Path, mode: OpenMode) -> Result<Engine, OpenError> {
    let disks = match mode {
        OpenMode::CreateNew => create(path)?,
        OpenMode::Existing => existing(path)?,
    };
    Engine::open(&disks).map_err(OpenError::engine(path))
}

fn existing(path: &Path) -> Result<Disks, OpenError> {
    let tables = match options().open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(OpenError::NotFound {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(OpenError::io(path)(error)),
    };
    lock(&tables, path)?;
    // Without its log, what was acknowledged last may be missing, and nothing would tell.
    let log = match options().open(beside(path, ".log")) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(without_log(&tables, path));
        }
        Err(error) => return Err(OpenError::io(path)(error)),
    };
    Ok(Disks {
        tables: Arc::new(tables),
        log: Arc::new(log),
    })
}

/// Tells a store that lost its log from a file that never was a store.
fn without_log(tables: &File, path: &Path) -> OpenError {
    match engine::has_magic(tables) {
        Ok(true) => OpenError::Corrupt {
            path: path.to_owned(),
            what: "its log is missing".to_owned(),
        },
        Ok(false) => OpenError::NotAStore {
            path: path.to_owned(),
        },
        Err(error) => OpenError::io(path)(error),
    }
}

/// Makes the files of an empty store. A crash on the way leaves none that looks like a store.
fn create(path: &Path) -> Result<Disks, OpenError> {
    let io = OpenError::io(path);
    let exists = || fs::symlink_metadata(path).is_ok();
    if exists() {
        return Err(OpenError::AlreadyExists {
            path: path.to_owned(),
        });
    }
    let new = beside(path, ".new");
    let tables = options().create(true).open(&new).map_err(&io)?;
    lock(&tables, path)?;
    // Another process may have been faster between the look and the lock.
    if exists() {
        let _ = fs::remove_file(&new);
        return Err(OpenError::AlreadyExists {
            path: path.to_owned(),
        });
    }
    let log_path = beside(path, ".log");
    let log = options().create(true).open(&log_path).map_err(&io)?;
    if log.metadata().map_err(&io)?.len() > 0 && !is_unused(&log) {
        let _ = fs::remove_file(&new);
        let what = format!(
            "{} has a log, and its tables are missing",
            log_path.display()
        );
        return Err(OpenError::Corrupt {
            path: path.to_owned(),
            what,
        });
    }
    tables.set_len(0).map_err(&io)?;
    log.set_len(0).map_err(&io)?;
    let disks = Disks {
        tables: Arc::new(tables),
        log: Arc::new(log),
    };
    engine::create(&disks, LOG_BYTES).map_err(OpenError::engine(path))?;
    fs::rename(&new, path).map_err(&io)?;
    sync_folder(path).map_err(&io)?;
    Ok(disks)
}

fn is_unused(log: &File) -> bool {
    log::load(log, FORMAT_VERSION).is_ok_and(|log| log::is_unused(&log))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // What is inside is for the process's user only.
    options.read(true).write(true).mode(0o600);
    options
}

fn lock(file: &File, path: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::HeldByAnotherProcess {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(path)(error)),
    }
}

/// Makes the names of files durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Returns the path with something appended to its last part.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
