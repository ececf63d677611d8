//! What all records share: a version byte, then JSON.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::UnsealError;

/// A stored value can't be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The value is empty or its body is not what its version says.
    #[error("a stored {record} record is malformed: {why}")]
    Malformed {
        /// The kind of record.
        record: &'static str,
        /// What is wrong with it; names fields, never values.
        why: String,
    },
    /// A later version of Keyward wrote it.
    #[error("a stored {record} record has format {found}; this version reads up to {supported}")]
    Newer {
        /// The kind of record.
        record: &'static str,
        /// The version byte found.
        found: u8,
        /// The newest version known here.
        supported: u8,
    },
    /// A secret in it does not open.
    #[error("a secret in a stored record does not open")]
    Sealed(#[from] UnsealError),
}

/// A record can't be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Serialization failed.
    #[error("a record could not be written")]
    Json(#[from] serde_json::Error),
    /// A secret could not be sealed.
    #[error("a secret could not be sealed")]
    Sealed(#[from] UnsealError),
}

/// Writes a version byte and the JSON of a raw record.
pub(crate) fn write<T: Serialize>(version: u8, raw: &T) -> Result<Bytes, EncodeError> {
    // Most records are shorter; growing to it step by step would copy each several times.
    let mut bytes = Vec::with_capacity(512);
    bytes.push(version);
    serde_json::to_writer(&mut bytes, raw)?;
    // Kept for long, so without the room that is left.
    Ok(bytes.into_boxed_slice().into())
}

/// Reads what [`write`] wrote under the one version that there is so far.
pub(crate) fn read<T: DeserializeOwned>(
    record: &'static str,
    supported: u8,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let (found, body) = split(record, bytes)?;
    if found > supported {
        return Err(DecodeError::Newer {
            record,
            found,
            supported,
        });
    }
    // Looked at once as a whole, and not string by string.
    let text = str::from_utf8(body).map_err(|error| malformed(record, error))?;
    serde_json::from_str(text).map_err(|error| malformed(record, error))
}

/// Splits off the version byte.
pub(crate) fn split<'a>(
    record: &'static str,
    bytes: &'a [u8],
) -> Result<(u8, &'a [u8]), DecodeError> {
    let (version, body) = bytes
        .split_first()
        .ok_or_else(|| malformed(record, "it is empty"))?;
    Ok((*version, body))
}

/// Says what is wrong with a record.
pub(crate) fn malformed(record: &'static str, why: impl std::fmt::Display) -> DecodeError {
    DecodeError::Malformed {
        record,
        why: why.to_string(),
    }
}
