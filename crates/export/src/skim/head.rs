//! The ARN of a user, group, role or policy, found without reading the rest of it.

use memchr::memchr2;

/// Returns the member `Arn` of an object; `None` where it has none, or is no object.
pub(super) fn arn_of(object: &[u8]) -> Option<String> {
    let mut rest = object.strip_prefix(b"{")?.trim_ascii_start();
    loop {
        let (name, after) = string(rest)?;
        let value = after
            .trim_ascii_start()
            .strip_prefix(b":")?
            .trim_ascii_start();
        if name == b"\"Arn\"" {
            return serde_json::from_slice(string(value)?.0).ok();
        }
        rest = skip(value)?
            .trim_ascii_start()
            .strip_prefix(b",")?
            .trim_ascii_start();
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
