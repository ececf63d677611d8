//! Printers: the same walk over a value writes XML, JSON or a form.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::generated::operation::Operation;
use crate::timestamp::Timestamp;

/// RFC 3986: everything but the unreserved characters is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a value is written into. [`Value::write`](crate::Value::write) calls it; nobody else needs to.
pub trait Sink {
    /// A structure begins.
    fn begin_structure(&mut self);
    /// The structure ends.
    fn end_structure(&mut self);
    /// A member of the structure begins.
    fn begin_member(&mut self, name: &'static str);
    /// The member ends.
    fn end_member(&mut self, name: &'static str);
    /// A list of so many elements begins.
    fn begin_list(&mut self, length: usize);
    /// An element begins.
    fn begin_element(&mut self);
    /// The element ends.
    fn end_element(&mut self);
    /// The list ends.
    fn end_list(&mut self);
    /// A map of so many entries begins.
    fn begin_map(&mut self, length: usize);
    /// An entry begins; its value follows.
    fn begin_entry(&mut self, key: &str);
    /// The entry ends.
    fn end_entry(&mut self);
    /// The map ends.
    fn end_map(&mut self);
    /// Text.
    fn string(&mut self, value: &str);
    /// A number.
    fn integer(&mut self, value: i64);
    /// A truth value.
    fn boolean(&mut self, value: bool);
    /// A point in time.
    fn timestamp(&mut self, value: Timestamp);
    /// Bytes.
    fn blob(&mut self, value: &[u8]);
    /// A policy document.
    fn document(&mut self, value: &str);
    /// A sensitive value comes next: a sink that must not show it writes something in its place and says so.
    fn sensitive(&mut self) -> bool {
        false
    }
}

const fn boolean_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Writes the XML of the Query protocol.
// SOURCE: spec/access-denied-messages.md §7
pub(crate) struct XmlSink {
    pub(crate) out: String,
    /// Where the last start tag ended: an element that closes there is printed as an empty one.
    opened: usize,
}

impl XmlSink {
    pub(crate) fn new(out: String) -> Self {
        Self {
            out,
            opened: usize::MAX,
        }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.open_with(name, "");
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.close_with(name, "");
    }

    /// Opens an element whose name has two parts.
    pub(crate) fn open_with(&mut self, name: &str, end: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(end);
        self.out.push('>');
        self.opened = self.out.len();
    }

    /// Closes an element whose name has two parts.
    pub(crate) fn close_with(&mut self, name: &str, end: &str) {
        if self.opened == self.out.len() {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push_str(end);
            self.out.push('>');
        }
    }
}

impl Sink for XmlSink {
    fn begin_structure(&mut self) {}
    fn end_structure(&mut self) {}
    fn begin_member(&mut self, name: &'static str) {
        self.open(name);
    }
    fn end_member(&mut self, name: &'static str) {
        self.close(name);
    }
    fn begin_list(&mut self, _length: usize) {}
    fn begin_element(&mut self) {
        self.open("member");
    }
    fn end_element(&mut self) {
        self.close("member");
    }
    fn end_list(&mut self) {}
    fn begin_map(&mut self, _length: usize) {}
    fn begin_entry(&mut self, key: &str) {
        self.open("entry");
        self.open("key");
        self.string(key);
        self.close("key");
        self.open("value");
    }
    fn end_entry(&mut self) {
        self.close("value");
        self.close("entry");
    }
    fn end_map(&mut self) {}
    fn string(&mut self, value: &str) {
        escape_xml(&mut self.out, value);
    }
    fn integer(&mut self, value: i64) {
        self.out.push_str(itoa::Buffer::new().format(value));
    }
    fn boolean(&mut self, value: bool) {
        self.out.push_str(boolean_text(value));
    }
    fn timestamp(&mut self, value: Timestamp) {
        value.print(&mut self.out);
    }
    fn blob(&mut self, value: &[u8]) {
        STANDARD.encode_string(value, &mut self.out);
    }
    fn document(&mut self, value: &str) {
        self.out.extend(utf8_percent_encode(value, RESERVED));
    }
}

/// Appends text with XML's own characters escaped and characters that XML cannot hold dropped.
///
/// A carriage return becomes a reference, because a reader would turn a plain one into a line feed.
pub(crate) fn escape_xml(out: &mut String, text: &str) {
    let special = |byte: u8| {
        (byte < 0x20) | (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == 0xEF)
    };
    if !any_byte(text, special) {
        out.push_str(text);
        return;
    }
    let escape = |character: char| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        '\t' | '\n' => None,
        '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => Some(""),
        _ => None,
    };
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        if let Some(escaped) = escape(character) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str(escaped);
            copied = at.saturating_add(character.len_utf8());
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// Writes the JSON that the Query services answer to `Accept: application/json`.
// SOURCE: spec/access-denied-messages.md §7
pub(crate) struct JsonSink {
    pub(crate) out: String,
    /// Whether a value stands before the next member or element.
    comma: bool,
}

impl JsonSink {
    pub(crate) fn new(out: String) -> Self {
        Self { out, comma: false }
    }

    pub(crate) fn key(&mut self, name: &str) {
        self.separate();
        self.quoted(name);
        self.out.push(':');
        self.comma = false;
    }

    pub(crate) fn begin(&mut self, bracket: char) {
        self.out.push(bracket);
        self.comma = false;
    }

    pub(crate) fn end(&mut self, bracket: char) {
        self.out.push(bracket);
        self.comma = true;
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(',');
        }
    }

    fn quoted(&mut self, text: &str) {
        write_json_string(&mut self.out, text);
        self.comma = true;
    }
}

/// Appends text as a JSON string, with its quotes.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if any_byte(text, special) {
        // Every byte that is escaped is a character of its own, so texts are never cut within one.
        let mut copied = 0;
        for (at, byte) in text.bytes().enumerate() {
            if special(byte) {
                out.push_str(text.get(copied..at).unwrap_or_default());
                escape_json(out, char::from(byte));
                copied = at.saturating_add(1);
            }
        }
        out.push_str(text.get(copied..).unwrap_or_default());
    } else {
        out.push_str(text);
    }
    out.push('"');
}

/// Says whether any byte of a text is special. The compiler makes a few instructions of the 16 bytes of a block, as long
/// as `special` has no branch: `|` and `==`, not `||` and `matches!`.
fn any_byte(text: &str, special: impl Fn(u8) -> bool + Copy) -> bool {
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let in_block = |block: &[u8; 16]| block.map(|byte| u8::from(special(byte))) != [0; 16];
    blocks.iter().any(in_block) || rest.iter().any(|byte| special(*byte))
}

fn escape_json(out: &mut String, character: char) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        control @ '\0'..='\u{1F}' => {
            // Writing into a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(control));
        }
        plain => out.push(plain),
    }
}

impl Sink for JsonSink {
    fn begin_structure(&mut self) {
        self.begin('{');
    }
    fn end_structure(&mut self) {
        self.end('}');
    }
    fn begin_member(&mut self, name: &'static str) {
        self.key(name);
    }
    fn end_member(&mut self, _name: &'static str) {}
    fn begin_list(&mut self, _length: usize) {
        self.begin('[');
    }
    fn begin_element(&mut self) {
        self.separate();
        self.comma = false;
    }
    fn end_element(&mut self) {}
    fn end_list(&mut self) {
        self.end(']');
    }
    fn begin_map(&mut self, _length: usize) {
        self.begin('{');
    }
    fn begin_entry(&mut self, key: &str) {
        self.key(key);
    }
    fn end_entry(&mut self) {}
    fn end_map(&mut self) {
        self.end('}');
    }
    fn string(&mut self, value: &str) {
        self.quoted(value);
    }
    fn integer(&mut self, value: i64) {
        self.out.push_str(itoa::Buffer::new().format(value));
        self.comma = true;
    }
    fn boolean(&mut self, value: bool) {
        self.out.push_str(boolean_text(value));
        self.comma = true;
    }
    // Times are numbers here: seconds since 1970.
    fn timestamp(&mut self, value: Timestamp) {
        self.integer(value.0);
    }
    fn blob(&mut self, value: &[u8]) {
        self.out.push('"');
        STANDARD.encode_string(value, &mut self.out);
        self.out.push('"');
        self.comma = true;
    }
    fn document(&mut self, value: &str) {
        self.out.push('"');
        self.out.extend(utf8_percent_encode(value, RESERVED));
        self.out.push('"');
        self.comma = true;
    }
}

/// Writes a form body, as SDKs do: `Tags.member.1.Key=…`, an empty list as `Tags=`.
pub(crate) struct FormSink {
    out: String,
    /// The name of the place that is being written.
    path: String,
    /// How long `path` was at the outer places.
    outer: Vec<usize>,
    /// How many elements or entries the open lists and maps have had.
    counts: Vec<usize>,
}

impl FormSink {
    pub(crate) fn new(operation: Operation) -> Self {
        let out = format!(
            "Action={}&Version={}",
            operation.name(),
            operation.service().version()
        );
        Self {
            out,
            path: String::new(),
            outer: Vec::new(),
            counts: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn push(&mut self, step: &str) {
        self.outer.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(step);
    }

    fn pop(&mut self) {
        self.path.truncate(self.outer.pop().unwrap_or(0));
    }

    fn push_numbered(&mut self, step: &str) {
        let count = self.counts.last_mut().map_or(1, |count| {
            *count = count.saturating_add(1);
            *count
        });
        self.push(step);
        self.path.push('.');
        self.path.push_str(itoa::Buffer::new().format(count));
    }

    fn begin_numbered(&mut self, length: usize) {
        self.counts.push(0);
        if length == 0 {
            self.string("");
        }
    }
}

impl Sink for FormSink {
    fn begin_structure(&mut self) {}
    fn end_structure(&mut self) {}
    fn begin_member(&mut self, name: &'static str) {
        self.push(name);
    }
    fn end_member(&mut self, _name: &'static str) {
        self.pop();
    }
    fn begin_list(&mut self, length: usize) {
        self.begin_numbered(length);
    }
    fn begin_element(&mut self) {
        self.push_numbered("member");
    }
    fn end_element(&mut self) {
        self.pop();
    }
    fn end_list(&mut self) {
        self.counts.pop();
    }
    fn begin_map(&mut self, length: usize) {
        self.begin_numbered(length);
    }
    fn begin_entry(&mut self, key: &str) {
        self.push_numbered("entry");
        self.push("key");
        self.string(key);
        self.pop();
        self.push("value");
    }
    fn end_entry(&mut self) {
        self.pop();
        self.pop();
    }
    fn end_map(&mut self) {
        self.counts.pop();
    }
    fn string(&mut self, value: &str) {
        self.out.push('&');
        self.out.extend(utf8_percent_encode(&self.path, RESERVED));
        self.out.push('=');
        self.out.extend(utf8_percent_encode(value, RESERVED));
    }
    fn integer(&mut self, value: i64) {
        self.string(itoa::Buffer::new().format(value));
    }
    fn boolean(&mut self, value: bool) {
        self.string(boolean_text(value));
    }
    fn timestamp(&mut self, value: Timestamp) {
        self.string(&value.to_string());
    }
    fn blob(&mut self, value: &[u8]) {
        self.string(&STANDARD.encode(value));
    }
    fn document(&mut self, value: &str) {
        self.string(value);
    }
}
