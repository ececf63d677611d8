//! Strict JSON (RFC 8259) with the place of every value.
//!
//! A reader of our own because a policy needs three things that the usual ones lack: positions, refusal of
//! duplicate keys, and a nesting limit that is ours. One pass, linear but for the check for duplicate keys
//! (n log n), and the stack is bounded by [`limits::NESTING`]. Start at [`read`].

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::ast::{Position, Span};
use crate::error::{ParsePolicyError, Place, Problem};
use crate::limits;

#[cfg(test)]
mod tests;

/// A JSON value and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) span: Span,
    pub(crate) json: Json<'a>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Array(Vec<Node<'a>>),
    Bool(bool),
    Null,
    /// The number as written: nothing is rounded, `1e999` stays `1e999`.
    Number(&'a str),
    /// INVARIANT: no two members have the same key.
    Object(Vec<Member<'a>>),
    String(Cow<'a, str>),
}

impl Json<'_> {
    /// Names the type with its article, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Array(_) => "a list",
            Self::Bool(_) => "a boolean",
            Self::Null => "null",
            Self::Number(_) => "a number",
            Self::Object(_) => "an object",
            Self::String(_) => "a string",
        }
    }
}

/// A key of an object and its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Member<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'a>,
}

/// Reads one JSON value and nothing after it.
///
/// # Errors
/// The first place where the text is not JSON, has a key twice in one object, or nests too deeply.
pub(crate) fn read(text: &str) -> Result<Node<'_>, ParsePolicyError> {
    let mut reader = Reader {
        text,
        offset: 0,
        position: Position { line: 1, column: 1 },
    };
    if text.starts_with('\u{feff}') {
        return Err(reader.unexpected("remove the byte order mark before the first `{`"));
    }
    reader.skip_whitespace();
    let node = reader.value(0)?;
    reader.skip_whitespace();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.unexpected("expected nothing after the closing bracket")),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// INVARIANT: a character boundary whenever a slice is taken, as only ASCII bytes end a token.
    offset: usize,
    position: Position,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    /// Steps over `byte`, which [`Self::peek`] has just returned.
    fn bump(&mut self, byte: u8) {
        self.offset = self.offset.saturating_add(1);
        if byte == b'\n' {
            self.position.line = self.position.line.saturating_add(1);
            self.position.column = 1;
        } else if byte & 0xC0 != 0x80 {
            // Not a continuation byte of UTF-8, so one more character.
            self.position.column = self.position.column.saturating_add(1);
        }
    }

    /// Steps over the next byte if it is `byte`.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.bump(byte);
        }
        found
    }

    fn skip_whitespace(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.bump(byte);
        }
    }

    fn span_from(&self, start: Position) -> Span {
        Span {
            start,
            end: self.position,
        }
    }

    fn text_from(&self, start: usize) -> &'a str {
        self.text.get(start..self.offset).unwrap_or_default()
    }

    /// The error for the character at hand, or for the end of the text.
    fn unexpected(&self, wanted: &'static str) -> ParsePolicyError {
        let mut end = self.position;
        if self.peek().is_some() {
            end.column = end.column.saturating_add(1);
        }
        let span = Span {
            start: self.position,
            end,
        };
        ParsePolicyError::in_policy(span, Problem::NotJson(wanted))
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, ParsePolicyError> {
        let start = self.position;
        let json = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Json::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            Some(_) | None => return Err(self.unexpected("expected a value")),
        };
        Ok(Node {
            span: self.span_from(start),
            json,
        })
    }

    /// Enters an object or list that `depth` others enclose.
    fn enter(&mut self, depth: usize, bracket: u8) -> Result<usize, ParsePolicyError> {
        let start = self.position;
        self.bump(bracket);
        let inner = depth.saturating_add(1);
        if inner > limits::NESTING {
            let problem = Problem::TooDeep(limits::NESTING);
            return Err(ParsePolicyError::in_policy(self.span_from(start), problem));
        }
        self.skip_whitespace();
        Ok(inner)
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, ParsePolicyError> {
        let depth = self.enter(depth, b'{')?;
        let mut members = Vec::new();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("expected a key in double quotes"));
            }
            let start = self.position;
            let key = self.string()?;
            let key_span = self.span_from(start);
            self.skip_whitespace();
            if !self.take(b':') {
                return Err(self.unexpected("expected `:` after the key"));
            }
            self.skip_whitespace();
            let value = self.value(depth)?;
            members.push(Member {
                key,
                key_span,
                value,
            });
            self.skip_whitespace();
            if self.take(b'}') {
                refuse_duplicates(&members)?;
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return Err(self.unexpected("expected `,` or `}` after the value"));
            }
            self.skip_whitespace();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, ParsePolicyError> {
        let depth = self.enter(depth, b'[')?;
        let mut nodes = Vec::new();
        if self.take(b']') {
            return Ok(Json::Array(nodes));
        }
        loop {
            nodes.push(self.value(depth)?);
            self.skip_whitespace();
            if self.take(b']') {
                return Ok(Json::Array(nodes));
            }
            if !self.take(b',') {
                return Err(self.unexpected("expected `,` or `]` after the value"));
            }
            self.skip_whitespace();
        }
    }

    fn word(&mut self, word: &'static str, json: Json<'a>) -> Result<Json<'a>, ParsePolicyError> {
        for byte in word.bytes() {
            if !self.take(byte) {
                return Err(self.unexpected("expected a value"));
            }
        }
        Ok(json)
    }

    fn digits(&mut self) -> Result<(), ParsePolicyError> {
        let start = self.offset;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            self.bump(byte);
        }
        if self.offset == start {
            Err(self.unexpected("expected a digit"))
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Result<&'a str, ParsePolicyError> {
        let start = self.offset;
        self.take(b'-');
        // A leading zero stands alone: what follows it is refused by whoever reads on.
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(self.text_from(start))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ParsePolicyError> {
        self.bump(b'"');
        let mut run = self.offset;
        // Everything before `run`, once an escape has made the source unusable as it is.
        let mut unescaped: Option<String> = None;
        loop {
            match self.peek() {
                None => return Err(self.unexpected("expected `\"` at the end of the string")),
                Some(b'"') => {
                    let rest = self.text_from(run);
                    self.bump(b'"');
                    return Ok(match unescaped {
                        None => Cow::Borrowed(rest),
                        Some(text) => Cow::Owned(text + rest),
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(self.text_from(run));
                    text.push(self.escape()?);
                    run = self.offset;
                }
                Some(0..=0x1F) => {
                    return Err(self.unexpected(
                        "write control characters in a string as escapes, such as \\n",
                    ));
                }
                Some(byte) => self.bump(byte),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParsePolicyError> {
        self.bump(b'\\');
        let character = match self.peek() {
            Some(b'u') => return self.unicode_escape(),
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(_) | None => {
                return Err(self.unexpected("expected an escape such as \\n or \\u00e9"));
            }
        };
        if let Some(byte) = self.peek() {
            self.bump(byte);
        }
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, ParsePolicyError> {
        const LONE: &str = "an escape names one half of a surrogate pair; write both halves";
        let first = self.code_unit()?;
        let Some(offset) = first.checked_sub(0xD800).filter(|_| first < 0xE000) else {
            return char::from_u32(first).ok_or_else(|| self.unexpected(LONE));
        };
        // Only a high half may come first, and a low half has to follow it.
        if offset >= 0x400 || !self.take(b'\\') || self.peek() != Some(b'u') {
            return Err(self.unexpected(LONE));
        }
        let second = self.code_unit()?;
        second
            .checked_sub(0xDC00)
            .filter(|low| *low < 0x400)
            .and_then(|low| {
                offset
                    .checked_mul(0x400)?
                    .checked_add(low)?
                    .checked_add(0x1_0000)
            })
            .and_then(char::from_u32)
            .ok_or_else(|| self.unexpected(LONE))
    }

    /// Reads `uXXXX`.
    fn code_unit(&mut self) -> Result<u32, ParsePolicyError> {
        self.take(b'u');
        let mut unit = 0_u32;
        for _ in 0..4 {
            let digit = self
                .peek()
                .and_then(|byte| char::from(byte).to_digit(16).zip(Some(byte)));
            let Some((digit, byte)) = digit else {
                return Err(self.unexpected("expected four hexadecimal digits after \\u"));
            };
            self.bump(byte);
            unit = unit.wrapping_shl(4) | digit;
        }
        Ok(unit)
    }
}

fn refuse_duplicates(members: &[Member<'_>]) -> Result<(), ParsePolicyError> {
    // Nearly every object has a handful of keys; a set would cost more than it saves.
    const FEW: usize = 8;
    let duplicate = if members.len() <= FEW {
        let earlier = |index: usize| members.iter().take(index);
        members
            .iter()
            .enumerate()
            .find(|(index, member)| earlier(*index).any(|other| other.key == member.key))
    } else {
        let mut seen = BTreeSet::new();
        members
            .iter()
            .enumerate()
            .find(|(_, member)| !seen.insert(member.key.as_ref()))
    };
    match duplicate {
        None => Ok(()),
        Some((_, member)) => {
            let place = Place::POLICY.element(&member.key);
            Err(ParsePolicyError::at(
                &place,
                member.key_span,
                Problem::DuplicateKey,
            ))
        }
    }
}
