//! RFC 4648 base32 without padding, the alphabet of ids and of one-time password seeds.

const ALPHABET: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns the character for the low five bits of a byte.
pub(crate) fn character(byte: u8) -> char {
    ALPHABET
        .get(usize::from(byte & 31))
        .map_or('A', |found| char::from(*found))
}

/// Returns the value, 0 to 31, of an upper-case base32 character.
pub(crate) fn value(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => character.checked_sub(b'A'),
        b'2'..=b'7' => character
            .checked_sub(b'2')
            .and_then(|digit| digit.checked_add(26)),
        _ => None,
    }
}

/// Encodes bytes as upper-case base32 without padding.
///
/// # Examples
/// ```
/// assert_eq!(keyward_arn::encode_base32(b"fooba"), "MZXW6YTB");
/// ```
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5).saturating_mul(8));
    let (mut held, mut bits) = (0_u16, 0_u16);
    for byte in bytes {
        held = (held << 8) | u16::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            text.push(character((held >> bits).to_be_bytes()[1]));
        }
        held &= !(u16::MAX << bits);
    }
    if bits > 0 {
        text.push(character(
            (held << 5_u16.saturating_sub(bits)).to_be_bytes()[1],
        ));
    }
    text
}

/// Decodes upper-case base32 without padding; `None` where a character is outside the alphabet.
///
/// Bits that do not fill a byte are dropped.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u16, 0_u16);
    for character in text.bytes() {
        held = (held << 5) | u16::from(value(character)?);
        bits = bits.saturating_add(5);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push((held >> bits).to_be_bytes()[1]);
            held &= !(u16::MAX << bits);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        for text in ["1", "a", "A=", "Ä"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
