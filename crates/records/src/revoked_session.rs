//! The record that a session is revoked.

use bytes::Bytes;
use keyward_directory::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::{DecodeError, EncodeError};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawRevokedSession {
    /// When the longest session that can have been meant has ended, and the record may go.
    until: i64,
}

/// Writes until when a revoked session must be remembered.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub fn encode_revoked_session(until: Timestamp) -> Result<Bytes, EncodeError> {
    let until = until.unix_seconds();
    write(VERSION, &RawRevokedSession { until })
}

/// Reads until when a revoked session must be remembered.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_revoked_session(bytes: &[u8]) -> Result<Timestamp, DecodeError> {
    let RawRevokedSession { until } = read("revoked session", VERSION, bytes)?;
    Ok(Timestamp::from_unix_seconds(until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = "\x01{\"until\":1700129600}";
        let until = decode_revoked_session(text.as_bytes()).unwrap();
        assert_eq!(until.unix_seconds(), 1_700_129_600);
        assert_eq!(encode_revoked_session(until).unwrap(), text.as_bytes());
    }
}
