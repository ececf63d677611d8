//! Looks through an export without reading it: finds where each user, group, role and policy stands, so that only those
//! that a question touches need be read.
//!
//! An export is mostly documents that a question is not about. The text is passed through once, in pieces: brackets
//! outside of strings are followed ([`block`]), everything above the users, groups, roles and policies is kept and read
//! as JSON, and of each of these only its place and its ARN are kept. So memory follows the number of entities and not
//! the size of the file.
//!
//! INVARIANT: what is not as `aws iam get-account-authorization-details` prints it is not skimmed ([`Unfit`]), so that
//! it is read as a whole and told as ever. Within an entity that no question touches, only strings and brackets are
//! checked to end, and the text to be UTF-8.

mod block;
mod head;
mod lines;
mod open;
mod skeleton;

use keyward_policy::Position;

use crate::limits;

use block::{Brackets, Scanner};
use lines::{Lines, Utf8};

pub use open::{Skimmed, Stretch, Wanted};

/// Pieces of this size are looked through; all but the last must have it. A processor keeps one close by.
pub const PIECE_BYTES: usize = 1 << 17;

/// Why a file cannot be skimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It ends within a string, an object or a list.
    CutOff,
    /// It is not what `aws iam get-account-authorization-details` prints.
    Other,
}

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Group,
    Policy,
    Role,
    User,
}

/// Where an entity stands.
#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    /// The first byte in the file.
    start: u64,
    /// The byte behind the last.
    end: u64,
    position: Position,
    arn: Box<str>,
}

/// What was found in a file.
#[derive(Debug)]
pub struct Index {
    path: String,
    entries: Vec<Entry>,
    /// How many pages say that more follows, and how many that nothing does.
    pages: (usize, usize),
}

/// Looks through one file, piece by piece.
#[derive(Debug, Default)]
pub struct Skimmer {
    scanner: Scanner,
    utf8: Utf8,
    lines: Lines,
    offset: u64,
    depth: usize,
    /// What stands above the entities; of each of these only its outer brackets.
    skeleton: Vec<u8>,
    /// What the list that is open holds.
    list: Option<Kind>,
    /// The entity that is open, and as much of it as came with earlier pieces.
    start: u64,
    position: Option<Position>,
    head: Vec<u8>,
    entries: Vec<Entry>,
    is_unfit: bool,
}

/// How far the piece that is looked through was dealt with.
#[derive(Default)]
struct Done {
    /// The first byte that is to be kept and is not yet, while no entity is open.
    kept: usize,
    /// The first byte whose line is not counted.
    counted: usize,
}

/// How deep entities lie: in an object, in a list.
const ENTITY: usize = 3;

impl Skimmer {
    /// Begins a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks through the next piece, of [`PIECE_BYTES`] unless it is the last. Returns whether it is worth going on.
    pub fn push(&mut self, piece: &[u8]) -> bool {
        if self.offset == 0 && piece.starts_with(b"\xef\xbb\xbf") {
            self.is_unfit = true;
        }
        self.is_unfit |= !self.utf8.take(piece);
        let mut done = Done::default();
        let (blocks, rest) = piece.as_chunks::<{ block::BYTES }>();
        for (number, block) in blocks.iter().enumerate() {
            let brackets = self.scanner.block(block);
            let base = number.saturating_mul(block::BYTES);
            self.brackets(piece, base, brackets, &mut done);
        }
        if !rest.is_empty() {
            let mut last = [b' '; block::BYTES];
            if let Some(begin) = last.get_mut(..rest.len()) {
                begin.copy_from_slice(rest);
            }
            let brackets = self.scanner.block(&last);
            let at = blocks.len().saturating_mul(block::BYTES);
            self.brackets(piece, at, brackets, &mut done);
        }
        let rest = piece.get(done.counted..).unwrap_or_default();
        self.lines.pass(rest);
        if self.depth < ENTITY {
            self.keep(piece.get(done.kept..).unwrap_or_default());
        } else {
            let before = self.start.saturating_sub(self.offset);
            let begin = usize::try_from(before).unwrap_or(usize::MAX);
            let part = piece.get(begin..).unwrap_or_default();
            self.head(part);
        }
        self.offset = self
            .offset
            .saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.is_unfit |= self.entries.len() > limits::ENTITIES;
        !self.is_unfit
    }

    /// Ends the file. `path` is what evidence names.
    ///
    /// # Errors
    /// Where it has to be read as a whole.
    pub fn finish(mut self, path: &str) -> Result<Index, Unfit> {
        if self.is_unfit || !self.utf8.is_whole() {
            return Err(Unfit::Other);
        }
        if self.scanner.is_in_string() || self.depth != 0 {
            return Err(Unfit::CutOff);
        }
        self.entries.shrink_to_fit();
        Ok(Index {
            path: path.to_owned(),
            pages: skeleton::pages(&self.skeleton).ok_or(Unfit::Other)?,
            entries: self.entries,
        })
    }

    /// Follows the brackets of a block that begins at `base`.
    fn brackets(&mut self, piece: &[u8], base: usize, found: Brackets, done: &mut Done) {
        let mut left = found.open | found.close;
        while left != 0 {
            let lowest = left & left.wrapping_neg();
            left ^= lowest;
            if found.open & lowest != 0 {
                self.depth = self.depth.saturating_add(1);
                if self.depth <= ENTITY {
                    self.opened(piece, at(base, lowest), done);
                }
            } else {
                if self.depth <= ENTITY {
                    self.closed(piece, at(base, lowest), done);
                }
                self.depth = self.depth.saturating_sub(1);
            }
        }
    }

    fn opened(&mut self, piece: &[u8], at: usize, done: &mut Done) {
        let behind = at.saturating_add(1);
        self.keep(piece.get(done.kept..behind).unwrap_or_default());
        done.kept = behind;
        if self.depth == ENTITY {
            self.lines
                .pass(piece.get(done.counted..at).unwrap_or_default());
            done.counted = at;
            self.start = self.place(at);
            self.position = Some(self.lines.position());
        } else if self.depth.saturating_add(1) == ENTITY {
            self.list = skeleton::list(&self.skeleton);
        }
    }

    fn closed(&mut self, piece: &[u8], at: usize, done: &mut Done) {
        if self.depth == 0 {
            self.is_unfit = true;
        }
        if self.depth != ENTITY {
            return;
        }
        done.kept = at;
        let behind = at.saturating_add(1);
        let arn = match self.start.checked_sub(self.offset) {
            Some(before) => {
                let begin = usize::try_from(before).unwrap_or(usize::MAX);
                self.list
                    .and_then(|_| head::arn_of(piece.get(begin..behind)?))
            }
            None => {
                self.head(piece.get(..behind).unwrap_or_default());
                let head = std::mem::take(&mut self.head);
                head::arn_of(&head)
            }
        };
        let Some(kind) = self.list else { return };
        let (Some(arn), Some(position)) = (arn, self.position) else {
            self.is_unfit = true;
            return;
        };
        self.entries.push(Entry {
            kind,
            start: self.start,
            end: self.place(behind),
            position,
            arn: arn.into(),
        });
    }

    /// Keeps the beginning of an entity that goes over pieces.
    fn head(&mut self, part: &[u8]) {
        let room = limits::HEAD_BYTES.saturating_sub(self.head.len());
        let part = part.get(..room).unwrap_or(part);
        self.head.extend_from_slice(part);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.skeleton.len().saturating_add(part.len()) > limits::SKELETON_BYTES {
            self.is_unfit = true;
        } else {
            self.skeleton.extend_from_slice(part);
        }
    }

    /// Returns the place in the file of a byte of the piece.
    fn place(&self, at: usize) -> u64 {
        self.offset
            .saturating_add(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

/// Returns the place of a block's byte, which has one bit set.
fn at(base: usize, bit: u64) -> usize {
    let within = usize::try_from(bit.trailing_zeros()).unwrap_or(usize::MAX);
    base.saturating_add(within)
}

#[cfg(test)]
mod tests;
