//! The record of how far an account's credential report is.

use bytes::Bytes;
use keyward_directory::{CredentialReport, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "credential report";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawReport {
    started: i64,
    completed: Option<i64>,
    parts: u32,
}

/// Writes a report's state.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub(crate) fn encode(report: &CredentialReport) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawReport {
            started: report.started.unix_seconds(),
            completed: report.completed.map(|(moment, _)| moment.unix_seconds()),
            parts: report.completed.map_or(0, |(_, parts)| parts),
        },
    )
}

/// Reads a report's state.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub(crate) fn decode(bytes: &[u8]) -> Result<CredentialReport, DecodeError> {
    let raw: RawReport = read(RECORD, VERSION, bytes)?;
    let completed = raw.completed.map(Timestamp::from_unix_seconds);
    Ok(CredentialReport {
        started: Timestamp::from_unix_seconds(raw.started),
        completed: completed.map(|moment| (moment, raw.parts)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        for text in [
            "\x01{\"started\":1,\"completed\":null,\"parts\":0}",
            "\x01{\"started\":1,\"completed\":2,\"parts\":3}",
        ] {
            let report = decode(text.as_bytes()).unwrap();
            assert_eq!(encode(&report).unwrap(), text.as_bytes());
        }
    }
}
