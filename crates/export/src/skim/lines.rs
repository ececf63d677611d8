//! Lines and columns of a file that comes in pieces, and whether it is text.

use keyward_policy::Position;
use memchr::memrchr;

/// How many bytes the longest character has but for its last.
const UNFINISHED: usize = 3;

/// Counts line ends, and characters since the last.
#[derive(Debug, Default)]
pub(super) struct Lines {
    ends: usize,
    column: usize,
}

impl Lines {
    /// Passes over the next bytes, whose line ends are counted with their piece.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        match memrchr(b'\n', bytes) {
            None => self.column = self.column.saturating_add(characters(bytes)),
            Some(last) => {
                let rest = bytes.get(last.saturating_add(1)..);
                self.column = characters(rest.unwrap_or_default());
            }
        }
    }

    /// Counts the line ends of a piece that was passed over.
    pub(super) fn count(&mut self, ends: usize) {
        self.ends = self.ends.saturating_add(ends);
    }

    /// Returns where a place is of what follows, given where it is in that.
    pub(super) fn then(&self, position: Position) -> Position {
        let more = |count: usize, number: u32| {
            number.saturating_add(u32::try_from(count).unwrap_or(u32::MAX))
        };
        Position {
            line: more(self.ends, position.line),
            column: match position.line {
                1 => more(self.column, position.column),
                _ => position.column,
            },
        }
    }

    /// Returns the lines of this and what follows.
    pub(super) fn and(&self, next: &Self) -> Self {
        let column = match next.ends {
            0 => self.column.saturating_add(next.column),
            _ => next.column,
        };
        Self {
            ends: self.ends.saturating_add(next.ends),
            column,
        }
    }

    /// Returns the position of the next byte of a piece, which has so many line ends before it.
    pub(super) fn position(&self, ends: usize) -> Position {
        let number = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        Position {
            line: number(self.ends.saturating_add(ends)),
            column: number(self.column),
        }
    }
}

/// Counts the characters that begin in a text.
fn characters(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Whether pieces are UTF-8 together.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The bytes of a character that goes over two pieces.
    unfinished: Vec<u8>,
}

impl Utf8 {
    /// Takes the next piece; returns whether it is text, as far as it can be told.
    pub(super) fn take(&mut self, piece: &[u8], is_ascii: bool) -> bool {
        if self.unfinished.is_empty() {
            return is_ascii || self.check(piece);
        }
        let mut whole = std::mem::take(&mut self.unfinished);
        whole.extend_from_slice(piece);
        self.check(&whole)
    }

    /// Whether no character is left unfinished.
    pub(super) fn is_whole(&self) -> bool {
        self.unfinished.is_empty()
    }

    fn check(&mut self, bytes: &[u8]) -> bool {
        let Err(error) = std::str::from_utf8(bytes) else {
            return true;
        };
        let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
        let rest = rest.get(..UNFINISHED).unwrap_or(rest);
        self.unfinished.extend_from_slice(rest);
        error.error_len().is_none()
    }
}
