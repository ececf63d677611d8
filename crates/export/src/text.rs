//! Texts of documents, and where they stand.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use keyward_policy::Position;

/// How many bytes lie between two counts of line ends.
const STRIDE: usize = 1 << 16;

/// A file that was read.
pub struct File {
    path: Arc<str>,
    text: String,
    /// Where the text begins, which is only a part of the file where that is not its first line and column.
    start: Position,
    /// How many line ends come before each stride.
    lines: OnceLock<Vec<usize>>,
}

impl fmt::Debug for File {
    /// Writes the path only: the text may be long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.path).finish()
    }
}

impl File {
    /// Takes a text with the path that evidence names. A byte order mark in front is left out.
    #[must_use]
    pub fn new(path: &str, text: String) -> Self {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Self {
            start: Position { line: 1, column: 1 },
            path: path.into(),
            text,
            lines: OnceLock::new(),
        }
    }

    /// Takes a part of a file's text, which begins at a position in it.
    #[must_use]
    pub fn part(path: &str, text: String, start: Position) -> Self {
        Self {
            path: path.into(),
            text,
            start,
            lines: OnceLock::new(),
        }
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the position of a byte. The first call counts the file's lines, each one at most 64 KiB more and the
    /// line itself.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let bytes = self.text.as_bytes();
        let lines = self.lines.get_or_init(|| {
            bytes
                .chunks(STRIDE)
                .scan(0_usize, |before, chunk| {
                    let here = *before;
                    *before = here.saturating_add(line_ends(chunk));
                    Some(here)
                })
                .collect()
        });
        let stride = offset.checked_div(STRIDE).unwrap_or(0);
        let from = stride.saturating_mul(STRIDE);
        let line = lines
            .get(stride)
            .or(lines.last())
            .copied()
            .unwrap_or(0)
            .saturating_add(line_ends(bytes.get(from..offset).unwrap_or_default()));
        let before = self.text.get(..offset).unwrap_or_default();
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count());
        self.placed(line, column)
    }

    /// Returns the position of a byte that so many line ends of the text come before, and behind the last of these, or in all
    /// of the text, so many characters.
    pub(crate) fn placed(&self, line: usize, column: usize) -> Position {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let column = number(column);
        Position {
            line: self.start.line.saturating_add(number(line)),
            column: if line == 0 {
                self.start.column.saturating_add(column)
            } else {
                column.saturating_add(1)
            },
        }
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// The text of a document, and where it stands.
#[derive(Clone, Debug)]
pub struct Text(Place);

#[derive(Clone, Debug)]
enum Place {
    /// In a file as it is.
    InFile(Arc<File>, Range<usize>),
    /// In a string of a file, which begins at this byte: the text is what the string stands for.
    InString(Arc<str>, Arc<File>, usize),
    /// In a file of this path at this position; documents that say the same may share the text.
    Shared(Arc<str>, Arc<str>, Position),
    /// By itself: it came from a server, or from nobody's file.
    Own(Arc<str>),
}

/// Where a document begins, which says what its positions count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// In a file, at this position.
    File(Arc<str>, Position),
    /// In a string of a file that begins at this position: the document's own places count within what it stands for.
    InString(Arc<str>, Position),
    /// In a text of its own.
    Own,
}

impl Text {
    /// Takes a stretch of a file.
    #[must_use]
    pub fn in_file(file: &Arc<File>, range: Range<usize>) -> Self {
        Self(Place::InFile(file.clone(), range))
    }

    /// Takes a whole file.
    #[must_use]
    pub fn whole(file: &Arc<File>) -> Self {
        Self::in_file(file, 0..file.text.len())
    }

    /// Takes a text that stands at a position of a file, and maybe elsewhere too, so that the file need not be kept for it.
    pub(crate) fn shared(text: Arc<str>, file: &File, start: Position) -> Self {
        Self(Place::Shared(text, file.path.clone(), start))
    }

    /// Takes a text that stands nowhere else.
    #[must_use]
    pub fn own(text: impl Into<Arc<str>>) -> Self {
        Self(Place::Own(text.into()))
    }

    /// Reads what stood in a string: a document, percent-encoded or not.
    #[must_use]
    pub fn decoded(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            return Self::own(text);
        }
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        // What is no text is no policy either, and is refused as such.
        Self::own(String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()))
    }

    /// Says in which string of a file a document stood that [`Text::decoded`] has read.
    #[must_use]
    pub fn in_string(self, file: &Arc<File>, offset: usize) -> Self {
        match self.0 {
            Place::Own(text) => Self(Place::InString(text, file.clone(), offset)),
            Place::InFile(..) | Place::InString(..) | Place::Shared(..) => self,
        }
    }

    /// Returns the document.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.0 {
            Place::InFile(file, range) => file.text.get(range.clone()).unwrap_or_default(),
            Place::InString(text, ..) | Place::Own(text) | Place::Shared(text, ..) => text,
        }
    }

    /// Returns where the document's places count from.
    #[must_use]
    pub fn start(&self) -> Start {
        match &self.0 {
            Place::InFile(file, range) => {
                Start::File(file.path.clone(), file.position(range.start))
            }
            Place::InString(_, file, offset) => {
                Start::InString(file.path.clone(), file.position(*offset))
            }
            Place::Own(_) => Start::Own,
            Place::Shared(_, path, start) => Start::File(path.clone(), *start),
        }
    }

    /// Returns where in memory the text lies, where documents that say the same may share it. It lies there as long as one
    /// of these is kept.
    #[must_use]
    pub fn shared_address(&self) -> Option<usize> {
        match &self.0 {
            Place::Shared(text, ..) => Some(text.as_ptr().addr()),
            Place::InFile(..) | Place::InString(..) | Place::Own(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        for (text, line, column) in [("", 1, 1), ("ab", 1, 3), ("ä\n", 2, 1), ("a\nbü", 2, 3)] {
            let file = File::new("x", format!("{text}rest"));
            assert_eq!(
                file.position(text.len()),
                Position { line, column },
                "{text:?}"
            );
        }
    }

    #[test]
    fn positions_far_into_a_file() {
        let line = format!("{}\n", "x".repeat(99));
        let file = File::new("x", line.repeat(5_000));
        for at in [0, 1, 655, 656, 1_311, 4_999] {
            let expected = Position {
                line: u32::try_from(at).unwrap() + 1,
                column: 8,
            };
            assert_eq!(file.position(at * 100 + 7), expected);
        }
        assert_eq!(file.position(500_000).line, 5_001);
    }

    #[test]
    fn documents_in_strings() {
        for (text, expected) in [
            (
                "%7B%22Version%22%3A%222012-10-17%22%7D",
                r#"{"Version":"2012-10-17"}"#,
            ),
            (r#"{"a":"100%25"}"#, r#"{"a":"100%25"}"#),
            ("%7B%22a%22%3A%22%C3%A4+%22%7D", "{\"a\":\"ä+\"}"),
            ("%FF", "%FF"),
        ] {
            assert_eq!(Text::decoded(text).text(), expected);
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(File::new("x", "\u{feff}{}".to_owned()).text(), "{}");
    }
}
