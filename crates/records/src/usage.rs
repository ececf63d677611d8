//! The record of an access key's last use.

use bytes::Bytes;
use keyward_directory::{LastUsed, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::{DecodeError, EncodeError};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawLastUsed {
    at: i64,
    service: String,
    region: String,
}

/// Writes the last use of a key.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub fn encode_last_used(used: &LastUsed) -> Result<Bytes, EncodeError> {
    let LastUsed {
        at,
        service,
        region,
    } = used.clone();
    write(
        VERSION,
        &RawLastUsed {
            at: at.unix_seconds(),
            service,
            region,
        },
    )
}

/// Reads the last use of a key.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_last_used(bytes: &[u8]) -> Result<LastUsed, DecodeError> {
    let RawLastUsed {
        at,
        service,
        region,
    } = read("last use", VERSION, bytes)?;
    Ok(LastUsed {
        at: Timestamp::from_unix_seconds(at),
        service,
        region,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back() {
        let at = Timestamp::from_unix_seconds(1_767_225_600);
        let used = LastUsed {
            at,
            service: "iam".to_owned(),
            region: "us-east-1".to_owned(),
        };
        assert_eq!(
            decode_last_used(&encode_last_used(&used).unwrap()).unwrap(),
            used
        );
    }
}
