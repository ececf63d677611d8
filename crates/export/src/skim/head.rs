//! The ARN of a user, group, role or policy, found without reading the rest of it.

use std::borrow::Cow;

use memchr::memchr2;
use memchr::memmem::Finder;

/// The member as it is mostly written.
const ARN: &str = "\"Arn\"";

/// Finds ARNs.
#[derive(Debug)]
pub(super) struct Heads {
    arn: Finder<'static>,
}

impl Default for Heads {
    fn default() -> Self {
        let arn = Finder::new(ARN);
        Self { arn }
    }
}

impl Heads {
    /// Returns the member `Arn` of an object; `None` where it has none, or is no object.
    pub(super) fn arn_of<'o>(&self, object: &'o [u8]) -> Option<Cow<'o, str>> {
        self.plain(object).or_else(|| literally(object))
    }

    /// Finds it by its name, where only members that are no objects and no lists stand before it, and no escape does: every
    /// quote begins or ends a string then.
    fn plain<'o>(&self, object: &'o [u8]) -> Option<Cow<'o, str>> {
        let members = object.strip_prefix(b"{")?;
        let (before, after) = members.split_at_checked(self.arn.find(members)?)?;
        let (mut is_in_string, mut is_odd) = (false, false);
        for byte in before {
            is_in_string ^= *byte == b'"';
            // `{` and `[`, `}` and `]` differ in the same bit.
            is_odd |= (*byte == b'\\') | matches!(*byte | 0x20, b'{' | b'}');
        }
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let last = before.iter().rev().find(|byte| !is_space(byte));
        if is_in_string || is_odd || last.is_some_and(|last| *last != b',') {
            return None;
        }
        let value = spaced(spaced(after.strip_prefix(ARN.as_bytes())?).strip_prefix(b":")?);
        text_of(string(value)?.0)
    }
}

/// Returns the member `Arn` of an object, a member after the other.
fn literally(object: &[u8]) -> Option<Cow<'_, str>> {
    let mut rest = spaced(object.strip_prefix(b"{")?);
    loop {
        let (name, after) = string(rest)?;
        let value = spaced(spaced(after).strip_prefix(b":")?);
        if name == ARN.as_bytes() {
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
fn text_of(string: &[u8]) -> Option<Cow<'_, str>> {
    let is_graphic = |all, byte: &u8| all & matches!(byte, b' '..=b'~') & (*byte != b'\\');
    match string.strip_prefix(b"\"")?.strip_suffix(b"\"") {
        Some(text) if text.iter().fold(true, is_graphic) => {
            std::str::from_utf8(text).ok().map(Cow::Borrowed)
        }
        Some(_) | None => serde_json::from_slice(string).ok().map(Cow::Owned),
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
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

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
            let heads = Heads::default();
            assert_eq!(heads.arn_of(text.as_bytes()).as_deref(), expected, "{text}");
            assert_eq!(literally(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        /// Whatever stands before it: the same as a member after the other, or less strict where that finds no object.
        #[test]
        fn as_a_member_after_the_other(
            parts in vec(select(&[
                "\"Arn\"", "\"Arn", "\"x\"", "\"\"", "\\", "\"", ":", ",", "{", "}", "[", "]", " ", "\n", "\u{c}", "7", "ä", "\"a\":\"b\",",
            ][..]), 0..12),
            end in select(&["\"Arn\":\"yes\"}", ",\"Arn\" : \"yes\"", "}"][..]),
        ) {
            let text = format!("{{{}{end}", parts.concat());
            let (heads, object) = (Heads::default(), text.as_bytes());
            let (found, expected) = (heads.arn_of(object), literally(object));
            if expected.is_some() || serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert_eq!(found, expected, "{}", text);
            }
        }
    }
}
