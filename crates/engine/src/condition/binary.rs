//! Base64 in policies against bytes in requests.

/// Returns whether a padded standard base64 text stands for these bytes; `None` where it is no such text.
pub(super) fn equals(base64: &str, bytes: &[u8]) -> Option<bool> {
    let (groups, rest) = base64.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut left = Some(bytes);
    for (index, group) in groups.iter().enumerate() {
        let is_last = index.saturating_add(1) == groups.len();
        let (decoded, length) = decode(group, is_last)?;
        let expected = decoded.get(..length)?;
        // Read on after a difference, for what is no base64 equals and differs from nothing.
        left = left.and_then(|left| left.strip_prefix(expected));
    }
    Some(left.is_some_and(<[u8]>::is_empty))
}

/// Decodes four characters to three bytes, of which the first `length` count.
fn decode(group: &[u8; 4], is_last: bool) -> Option<([u8; 3], usize)> {
    let [a, b, c, d] = *group;
    let padding = match (c, d) {
        (b'=', b'=') if is_last => 2,
        (_, b'=') if is_last => 1,
        _ => 0,
    };
    let third = if padding == 2 { 0 } else { sextet(c)? };
    let fourth = if padding >= 1 { 0 } else { sextet(d)? };
    let bits = (sextet(a)? << 18) | (sextet(b)? << 12) | (third << 6) | fourth;
    let [_, decoded @ ..] = bits.to_be_bytes();
    // Bits that no byte takes must be zero, or one value would have several spellings.
    match (padding, decoded) {
        (0, _) => Some((decoded, 3)),
        (1, [_, _, 0]) => Some((decoded, 2)),
        (2, [_, 0, 0]) => Some((decoded, 1)),
        _ => None,
    }
}

fn sextet(character: u8) -> Option<u32> {
    let number = match character {
        b'A'..=b'Z' => character.checked_sub(b'A'),
        b'a'..=b'z' => character
            .checked_sub(b'a')
            .and_then(|letter| letter.checked_add(26)),
        b'0'..=b'9' => character
            .checked_sub(b'0')
            .and_then(|digit| digit.checked_add(52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    number.map(u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_decoded_bytes() {
        for (base64, bytes, expected) in [
            ("", "", Some(true)),
            ("", "x", Some(false)),
            ("QQ==", "A", Some(true)),
            ("QUI=", "AB", Some(true)),
            ("QUJD", "ABC", Some(true)),
            ("QUJDRA==", "ABCD", Some(true)),
            ("QUJDRA==", "ABC", Some(false)),
            ("QUJD", "ABCD", Some(false)),
            ("QUJD", "abc", Some(false)),
            ("+/+/", "x", Some(false)),
            ("QQ", "A", None),
            ("QQ=", "A", None),
            ("QR==", "A", None),
            ("QUJ=", "AB", None),
            ("QQ==QQ==", "AA", None),
            ("QQ=A", "A", None),
            ("=QQ=", "A", None),
            ("Q Q=", "A", None),
            ("QUJD*", "ABC", None),
            ("zzzz", "ABC", Some(false)),
            ("ABC!", "x", None),
        ] {
            assert_eq!(
                equals(base64, bytes.as_bytes()),
                expected,
                "{base64} {bytes}"
            );
        }
    }
}
