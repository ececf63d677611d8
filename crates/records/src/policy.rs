//! Policy documents: kept as they were sent, compressed where they are large.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::DecodeError;
use crate::codec::{malformed, split};

const RECORD: &str = "policy document";
const PLAIN: u8 = 1;
const DEFLATED: u8 = 2;
/// Below this a document is stored as it is.
const COMPRESS_ABOVE: usize = 8 * 1024;
/// No document is larger than 131,072 characters of at most two bytes.
const LARGEST: u64 = 2 * 131_072;

/// Writes a document.
///
/// Compression keeps even the largest document, most of which must be white space, under the store's bound on
/// values.
#[must_use]
pub fn encode_document(text: &str) -> Bytes {
    let plain = || Bytes::from_iter(std::iter::once(PLAIN).chain(text.bytes()));
    if text.len() <= COMPRESS_ABOVE {
        return plain();
    }
    let mut encoder = DeflateEncoder::new(vec![DEFLATED], Compression::fast());
    match encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
    {
        Ok(bytes) => bytes.into(),
        Err(_) => plain(),
    }
}

/// Reads a document.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_document(bytes: &[u8]) -> Result<String, DecodeError> {
    let (version, body) = split(RECORD, bytes)?;
    let not_text = |_| malformed(RECORD, "it is not UTF-8");
    match version {
        PLAIN => {
            String::from_utf8(body.to_vec()).map_err(|error| malformed(RECORD, error.utf8_error()))
        }
        DEFLATED => {
            let mut text = String::new();
            DeflateDecoder::new(body)
                .take(LARGEST)
                .read_to_string(&mut text)
                .map_err(not_text)?;
            Ok(text)
        }
        found => Err(DecodeError::Newer {
            record: RECORD,
            found,
            supported: DEFLATED,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_small_and_large() {
        let large = format!("{{{}}}", " \n\t\r".repeat(32_000));
        for text in ["", "{}", "é", large.as_str()] {
            assert_eq!(decode_document(&encode_document(text)).unwrap(), text);
        }
        assert!(encode_document(&large).len() < 8 * 1024);
        assert!(decode_document(b"").is_err() && decode_document(b"\x03x").is_err());
        assert!(decode_document(b"\x01\xff").is_err() && decode_document(b"\x02zz").is_err());
    }
}
