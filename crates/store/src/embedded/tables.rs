//! What is in redb's tables, and how it is read.
//!
//! Two tables of plain bytes: the records, and one state record that every checkpoint rewrites.
//! redb checks its pages only when it opens a file, so each record carries a checksum of its own:
//! what is damaged later is reported and never served.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, Table,
    TableDefinition, WriteTransaction,
};

use super::log::{Lap, StoreId, take};
use super::recent::{Latest, Recent};
use crate::{Key, Revision, StoreError, Versioned};

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("keyward.records");
const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("keyward.state");
const STATE_KEY: &[u8] = b"state";

pub(super) type WritableRecords<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

/// Why the tables can't be used.
#[derive(Debug)]
pub(super) enum Fault {
    Corrupt(String),
    Io(std::io::Error),
    /// There are tables, but not those of a store.
    NotAStore,
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(what) => Self::Corrupt(what),
            // A page beyond the end.
            redb::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Corrupt("its tables are cut short".to_owned())
            }
            redb::Error::Io(error) => Self::Io(error),
            redb::Error::TableDoesNotExist(_) => Self::NotAStore,
            // Something that redb believes to be of another version, type or use than ours are.
            other @ (redb::Error::UpgradeRequired(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::RepairAborted) => Self::Corrupt(other.to_string()),
            other => Self::Io(std::io::Error::other(other)),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Corrupt(what) => f.write_str(what),
            Self::Io(error) => error.fmt(f),
            Self::NotAStore => f.write_str("its tables are missing"),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Corrupt(_) | Fault::NotAStore => Self::Corrupt {
                what: fault.to_string(),
            },
            Fault::Io(error) => Self::Unavailable {
                reason: error.to_string(),
            },
        }
    }
}

/// Runs something that calls redb, which may panic on pages that don't fit together.
pub(super) fn guarded<T>(job: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Fault> {
    // Nothing of ours is half-changed: the jobs borrow our state, and change it after they succeed.
    match catch_unwind(AssertUnwindSafe(job)) {
        Ok(result) => result.map_err(Fault::from),
        Err(_) => Err(Fault::Corrupt(
            "the pages of its tables don't fit together".to_owned(),
        )),
    }
}

/// The tables. redb writes as it is closed, and may then panic as anywhere.
#[derive(Debug)]
pub(super) struct Tables(Option<Database>);

impl Tables {
    pub(super) const fn new(db: Database) -> Self {
        Self(Some(db))
    }

    /// Returns redb.
    pub(super) fn db(&self) -> Result<&Database, redb::Error> {
        // Only `drop` takes it.
        self.0.as_ref().ok_or(redb::Error::DatabaseClosed)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        let db = self.0.take();
        // What is not written as redb closes is repaired as it opens.
        let _ = guarded(|| db.map_or(Ok(()), |db| Ok(db.close()?)));
    }
}

/// Where the tables stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct State {
    pub(super) format: u32,
    pub(super) store: StoreId,
    /// The last commit that the tables have: on the disk, at the last checkpoint.
    pub(super) revision: Revision,
    /// The lap of the log that holds the commits after the tables' last durable state.
    pub(super) lap: Lap,
}

impl State {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(&self.format.to_be_bytes());
        bytes.extend_from_slice(&self.store);
        bytes.extend_from_slice(&self.revision.number().to_be_bytes());
        bytes.extend_from_slice(&self.lap.number.to_be_bytes());
        bytes.extend_from_slice(&self.lap.nonce.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (checked, crc) = bytes.split_last_chunk()?;
        if crc32fast::hash(checked) != u32::from_be_bytes(*crc) {
            return None;
        }
        let mut rest = checked;
        // A newer format may be longer: the caller looks at `format` first.
        Some(Self {
            format: take(&mut rest).map(u32::from_be_bytes)?,
            store: take(&mut rest)?,
            revision: take(&mut rest).map(u64::from_be_bytes).map(Revision::new)?,
            lap: Lap {
                number: take(&mut rest).map(u64::from_be_bytes)?,
                nonce: take(&mut rest).map(u64::from_be_bytes)?,
            },
        })
    }
}

/// Reads where the tables stand.
pub(super) fn read_state(txn: &ReadTransaction) -> Result<State, redb::Error> {
    let table = txn.open_table(STATE)?;
    let found = table.get(STATE_KEY)?;
    let state = found.and_then(|bytes| State::decode(bytes.value()));
    state.ok_or_else(|| {
        redb::Error::Corrupted("the state record of its tables is damaged".to_owned())
    })
}

pub(super) fn write_state(txn: &WriteTransaction, state: &State) -> Result<(), redb::Error> {
    txn.open_table(STATE)?
        .insert(STATE_KEY, state.encode().as_slice())?;
    Ok(())
}

/// Opens the records for writing; makes the table if need be.
pub(super) fn writable(txn: &WriteTransaction) -> Result<WritableRecords<'_>, redb::Error> {
    Ok(txn.open_table(RECORDS)?)
}

/// Writes what became of keys. Doing it again changes nothing.
pub(super) fn write_recent(
    records: &mut WritableRecords<'_>,
    recent: &Recent,
) -> Result<(), redb::Error> {
    for (key, Latest { value, version }) in recent.iter() {
        match value {
            None => drop(records.remove(key.as_ref())?),
            Some(value) => {
                drop(records.insert(key.as_ref(), encode_record(key, value, *version).as_slice())?)
            }
        }
    }
    Ok(())
}

/// Reads a record.
pub(super) fn read_record(
    records: &impl ReadableTable<&'static [u8], &'static [u8]>,
    key: &[u8],
) -> Result<Option<Versioned>, redb::Error> {
    records
        .get(key)?
        .map(|record| decode_record(key, record.value()))
        .transpose()
}

/// A record is the version (8), a checksum of key, version and value (4), and the value.
fn encode_record(key: &[u8], value: &[u8], version: Revision) -> Vec<u8> {
    let version = version.number().to_be_bytes();
    let mut record = Vec::with_capacity(12 + value.len());
    record.extend_from_slice(&version);
    record.extend_from_slice(&record_crc(key, version, value).to_be_bytes());
    record.extend_from_slice(value);
    record
}

fn decode_record(key: &[u8], record: &[u8]) -> Result<Versioned, redb::Error> {
    let mut rest = record;
    if let (Some(version), Some(crc)) = (take(&mut rest), take(&mut rest))
        && record_crc(key, version, rest) == u32::from_be_bytes(crc)
    {
        let version = Revision::new(u64::from_be_bytes(version));
        return Ok(Versioned {
            value: Bytes::copy_from_slice(rest),
            version,
        });
    }
    Err(redb::Error::Corrupted(format!(
        "the record of key `{}` is damaged",
        key.escape_ascii()
    )))
}

fn record_crc(key: &[u8], version: [u8; 8], value: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    // The version ends the key: no byte can move from key to value unseen, as its place is fixed.
    crc.update(key);
    crc.update(&version);
    crc.update(value);
    crc.finalize()
}

/// The tables at a checkpoint.
pub(super) struct Base {
    records: ReadOnlyTable<&'static [u8], &'static [u8]>,
    // Keeps the pages of `records` from being reused.
    _txn: ReadTransaction,
}

impl Base {
    /// Opens the tables as they are.
    pub(super) fn new(tables: &Tables) -> Result<Self, Fault> {
        guarded(|| {
            let txn = tables.db()?.begin_read()?;
            Ok(Self {
                records: txn.open_table(RECORDS)?,
                _txn: txn,
            })
        })
    }

    /// Reads a record as it is with what changed since.
    pub(super) fn get(
        &self,
        recent: &Recent,
        key: &[u8],
    ) -> Result<Option<Versioned>, redb::Error> {
        match recent.get(key) {
            Some(latest) => Ok(latest.versioned()),
            None => read_record(&self.records, key),
        }
    }

    /// Reads records from a key on, while they start with a prefix.
    pub(super) fn rows(
        &self,
        prefix: &[u8],
        from: Bound<&[u8]>,
    ) -> Result<impl Iterator<Item = Result<(Key, Versioned), redb::Error>>, redb::Error> {
        let mut last: Option<Key> = None;
        let rows = self.records.range::<&[u8]>((from, Bound::Unbounded))?;
        Ok(rows.map_while(move |row| {
            let (key, record) = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error.into())),
            };
            let key = key.value();
            if !key.starts_with(prefix) {
                return None;
            }
            if last.as_ref().is_some_and(|last| last.as_ref() >= key) {
                return Some(Err(redb::Error::Corrupted(format!(
                    "key `{}` is out of order",
                    key.escape_ascii()
                ))));
            }
            let found = Bytes::copy_from_slice(key);
            last = Some(found.clone());
            Some(decode_record(key, record.value()).map(|record| (found, record)))
        }))
    }
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base").finish_non_exhaustive()
    }
}
