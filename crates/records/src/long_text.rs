//! Texts that may be longer than a value of the store: compressed, and cut into parts.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::DecodeError;
use crate::codec::{malformed, split};

const RECORD: &str = "text";
const VERSION: u8 = 1;
/// Bytes of a part without its version, well below the store's bound on a value.
const PART: usize = 192 * 1024;
/// As many parts as fit into one commit beside the record that they belong to.
const MOST_PARTS: usize = 4;
/// The longest text: the bound of the model on a metadata document, in characters of at most four bytes.
const LONGEST: u64 = 4 * 10_000_000;

/// A text does not fit into one commit, even compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than {} KiB when it is compressed", PART * MOST_PARTS / 1024)]
pub struct TooLong;

/// Writes the parts of a text: at least one.
///
/// # Errors
/// [`TooLong`].
pub fn encode_text(text: &str) -> Result<Vec<Bytes>, TooLong> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes());
    let compressed = written
        .and_then(|()| encoder.finish())
        .map_err(|_| TooLong)?;
    let part =
        |bytes: &[u8]| Bytes::from_iter(std::iter::once(VERSION).chain(bytes.iter().copied()));
    let parts: Vec<Bytes> = compressed.chunks(PART).map(part).collect();
    if parts.len() > MOST_PARTS {
        return Err(TooLong);
    }
    Ok(parts)
}

/// Reads a text from its parts, in their order.
///
/// # Errors
/// [`DecodeError`] where the parts are not those of one text.
pub fn decode_text(parts: &[Bytes]) -> Result<String, DecodeError> {
    let mut compressed = Vec::new();
    for part in parts {
        let (found, body) = split(RECORD, part)?;
        if found != VERSION {
            return Err(DecodeError::Newer {
                record: RECORD,
                found,
                supported: VERSION,
            });
        }
        compressed.extend(body);
    }
    let mut text = String::new();
    DeflateDecoder::new(compressed.as_slice())
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|_| malformed(RECORD, "it is not compressed UTF-8"))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that compression makes little of: 6 bits a character at best.
    fn noise(length: usize) -> String {
        let mut state = 1_u64;
        let mut character = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                    [(state >> 58) as usize],
            )
        };
        (0..length).map(|_| character()).collect()
    }

    #[test]
    fn texts_read_back() {
        for text in [
            String::new(),
            "é".to_owned(),
            noise(700_000),
            "a".repeat(10_000_000),
        ] {
            let parts = encode_text(&text).unwrap();
            assert!(parts.iter().all(|part| part.len() < 256 * 1024));
            assert!(
                decode_text(&parts).unwrap() == text,
                "{} characters",
                text.len()
            );
        }
        assert_eq!(encode_text(&noise(700_000)).unwrap().len(), 3);
        assert_eq!(encode_text(&noise(1_200_000)), Err(TooLong));
    }

    #[test]
    fn the_first_released_format_reads_back() {
        // "metadata", stored: one final block without compression.
        let bytes = b"\x01\x01\x08\x00\xf7\xffmetadata";
        let parts = [Bytes::from_static(bytes)];
        assert_eq!(decode_text(&parts).unwrap(), "metadata");
    }

    #[test]
    fn damage_is_noticed() {
        let parts = encode_text(&noise(400_000)).unwrap();
        assert!(decode_text(&parts[..1]).is_err());
        assert!(decode_text(&[Bytes::from_static(b"\x02x")]).is_err());
        assert!(decode_text(&[Bytes::new()]).is_err());
    }
}
