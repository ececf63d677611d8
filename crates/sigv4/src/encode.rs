//! Hexadecimal and percent encoding.

/// Bytes of a SHA-256 in hexadecimal.
pub(crate) const HEX_BYTES: usize = 64;

/// Writes 32 bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: [u8; 32]) -> [u8; HEX_BYTES] {
    let mut text = [0; HEX_BYTES];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            *high = digit(byte >> 4, b'a');
            *low = digit(byte & 15, b'a');
        }
    }
    text
}

/// Writes a value below 16 as a digit, with letters from `ten` on. Without a branch, so that it goes many at a time.
fn digit(value: u8, ten: u8) -> u8 {
    let from = if value > 9 {
        ten.wrapping_sub(10)
    } else {
        b'0'
    };
    from.wrapping_add(value)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Reads two hexadecimal digits of either case.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    Some((value(high)? << 4) | value(low)?)
}

/// Says whether a byte stands for itself in canonical text.
///
/// SOURCE: spec/signing.md §2 "encode".
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Writes one byte as canonical text has it.
pub(crate) fn put_byte(byte: u8, out: &mut Vec<u8>) {
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', digit(byte >> 4, b'A'), digit(byte & 15, b'A')]);
    }
}

/// Splits off what stands for itself at the beginning of a text.
pub(crate) fn split_unreserved(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !is_unreserved(*byte))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, b""))
}

/// Writes bytes encoded once: what is unreserved as it is, all else as `%XX`.
pub(crate) fn put_encoded(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    loop {
        let (run, after) = split_unreserved(rest);
        out.extend_from_slice(run);
        let [reserved, next @ ..] = after else { return };
        put_byte(*reserved, out);
        rest = next;
    }
}

/// One step of decoding: a byte and what follows it, or why there is none.
pub(crate) enum Escape<'a> {
    /// `%` and two characters that are not both hexadecimal digits.
    Illegal([u8; 2]),
    /// `%` and fewer than two characters.
    Incomplete,
    /// A byte that stood for itself or was escaped.
    Valid(u8, &'a [u8]),
}

/// Takes the first byte off percent-encoded text; `None` at its end.
pub(crate) fn decode_first(text: &[u8]) -> Option<Escape<'_>> {
    Some(match text {
        [] => return None,
        [b'%', high, low, rest @ ..] => match byte(*high, *low) {
            Some(byte) => Escape::Valid(byte, rest),
            None => Escape::Illegal([*high, *low]),
        },
        [b'%', ..] => Escape::Incomplete,
        [byte, rest @ ..] => Escape::Valid(*byte, rest),
    })
}
