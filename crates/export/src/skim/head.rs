//! The ARN of a user, group, role or policy, found without reading the rest of it.

use memchr::memchr2;

/// Returns the member `Arn` of an object; `None` where it has none, or is no object.
pub(super) fn arn_of(object: &[u8]) -> Option<String> {
    let mut rest = spaced(object.strip_prefix(b"{")?);
    loop {
        let (name, after) = string(rest)?;
        let value = spaced(spaced(after).strip_prefix(b":")?);
        if name == b"\"Arn\"" {
            return text_of(string(value)?.0);
        }
        rest = spaced(spaced(skip(value)?).strip_prefix(b",")?);
    }
}

/// Passes over white space, most of which is what lines begin with.
fn spaced(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', rest @ ..]
            | [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => rest,
            _ => return text,
        };
    }
}

/// Reads a string with its quotes. An ARN has nothing that stands for another character, and is taken as it is.
fn text_of(string: &[u8]) -> Option<String> {
    let is_graphic = |all, byte: &u8| all & matches!(byte, b' '..=b'~') & (*byte != b'\\');
    match string.strip_prefix(b"\"")?.strip_suffix(b"\"") {
        Some(text) if text.iter().fold(true, is_graphic) => {
            std::str::from_utf8(text).ok().map(str::to_owned)
        }
        Some(_) | None => serde_json::from_slice(string).ok(),
    }
}

/// Takes a string with its quotes from the front.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.first().filter(|byte| **byte == b'"')?;
    let mut at = 1_usize;
    loop {
        at = at.checked_add(memchr2(b'"', b'\\', text.get(at..)?)?)?;
        let is_quote = text.get(at) == Some(&b'"');
        at = at.checked_add(if is_quote { 1 } else { 2 })?;
        if is_quote {
            return text.split_at_checked(at);
        }
    }
}

/// Passes over a value.
fn skip(text: &[u8]) -> Option<&[u8]> {
    match text.first()? {
        b'"' => Some(string(text)?.1),
        b'{' | b'[' => nested(text),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']');
            text.get(text.iter().position(is_end)?..)
        }
    }
}

/// Passes over an object or a list.
fn nested(text: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut rest) = (0_usize, text);
    loop {
        rest = match rest.first()? {
            b'"' => string(rest)?.1,
            b'{' | b'[' => {
                depth = depth.checked_add(1)?;
                rest.get(1..)?
            }
            b'}' | b']' if depth == 1 => return rest.get(1..),
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                rest.get(1..)?
            }
            _ => rest.get(1..)?,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let deep = r#"{"Tags":[{"Arn":"no"},[]],"x":{"Arn":"}"},"n":-1.5e3,"t":true,"e":{},"s":"\"{\\","Arn":"yes"}"#;
        for (text, expected) in [
            (r#"{"Arn":"a"}"#, Some("a")),
            ("{ \"Path\" : \"/\" ,\n \"Arn\" :\t\"a\"", Some("a")),
            (deep, Some("yes")),
            (r#"{"Arn":"\u0061"}"#, Some("a")),
            (r#"{"Arn":""}"#, Some("")),
            (r#"{"Arn":"ä\"\\"}"#, Some("ä\"\\")),
            (
                "{\r\n                    \"Arn\"          : \"a b~\"",
                Some("a b~"),
            ),
            ("{\"Arn\":\"a\nb\"}", None),
            ("{\u{c}\"Arn\":\"a\"}", None),
            (r#"{"x":[],"Arn":"a"}"#, Some("a")),
            (r#"{"x":""," y":"Arn","Arn":"a"}"#, Some("a")),
            (r#"{"Path":"/"}"#, None),
            (r#"{"Arn":3}"#, None),
            (r#"{"Arn":"cut"#, None),
            (r#"{"x":[{"Arn":"a"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(arn_of(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
