//! Looks through an export without reading it: finds where each user, group, role and policy stands, so that only those
//! that a question touches need be read.
//!
//! An export is mostly documents that a question is not about. The text is passed through once, in pieces: brackets
//! outside of strings are followed ([`block`]), everything above the users, groups, roles and policies is kept and read
//! as JSON, and of each of these only its place and its ARN are kept. So memory follows the number of entities and not
//! the size of the file. A large file is taken apart ([`border`]), its stretches are looked through side by side, and put
//! together again ([`join`]).
//!
//! INVARIANT: what is not as `aws iam get-account-authorization-details` prints it is not skimmed ([`Unfit`]), so that
//! it is read as a whole and told as ever. Within an entity that no question touches, only strings and brackets are
//! checked to end, and the text to be UTF-8.

mod block;
mod border;
mod documents;
mod head;
mod index;
mod join;
mod lines;
mod open;
mod plain;
mod skeleton;
mod together;

use keyward_policy::Position;

use crate::limits;

use block::{Block, Scanner};
use head::Heads;
use index::{Entry, Part};
use join::List;
use lines::{Lines, Utf8};

pub use border::stretches;
pub use index::Index;
pub use open::{Skimmed, Stretch, Wanted};

/// Pieces of this size are looked through; all but the last must have it. A processor keeps one close by.
pub const PIECE_BYTES: usize = 1 << 17;

/// Why a file cannot be skimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A stretch of it does not begin where it was taken to.
    Border,
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

/// Looks through a file, or a stretch of it, piece by piece.
#[derive(Debug)]
pub struct Skimmer {
    scanner: Scanner,
    utf8: Utf8,
    lines: Lines,
    /// Where it began in the file.
    begin: u64,
    offset: u64,
    depth: usize,
    /// What stands above the entities; of each of these only its outer brackets.
    skeleton: Vec<u8>,
    list: List,
    /// The entity that is open, and as much of it as came with earlier pieces.
    start: u64,
    position: Position,
    head: Vec<u8>,
    heads: Heads,
    /// The entities of the stretch.
    part: Part,
    /// How many of these, the first ones, stand in the list that was opened before the stretch. Of which kind they are is
    /// not known yet.
    before: usize,
    /// One of that list has no ARN.
    lacks_arn: bool,
    /// The entities of the stretches that were added.
    others: Vec<Part>,
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

impl Default for Skimmer {
    fn default() -> Self {
        Self::new()
    }
}

/// How deep entities lie: in an object, in a list.
const ENTITY: usize = 3;

/// How deep what stands between them.
const LIST: usize = 2;

impl Skimmer {
    /// Begins a file.
    #[must_use]
    pub fn new() -> Self {
        Self::at(0, 0, List::Of(None))
    }

    /// Begins a stretch, as [`stretches`] gives it: between two entities.
    #[must_use]
    pub fn stretch(begin: u64) -> Self {
        match begin {
            0 => Self::new(),
            begin => Self::at(begin, LIST, List::Before),
        }
    }

    fn at(begin: u64, depth: usize, list: List) -> Self {
        Self {
            scanner: Scanner::new(depth, ENTITY),
            utf8: Utf8::default(),
            lines: Lines::default(),
            begin,
            offset: begin,
            depth,
            skeleton: Vec::new(),
            list,
            start: 0,
            position: Position { line: 1, column: 1 },
            head: Vec::new(),
            heads: Heads::default(),
            part: Part::default(),
            before: 0,
            lacks_arn: false,
            others: Vec::new(),
            is_unfit: false,
        }
    }

    /// Looks through the next piece, of [`PIECE_BYTES`] unless it is the last. Returns whether it is worth going on.
    pub fn push(&mut self, piece: &[u8]) -> bool {
        if self.offset == 0 && piece.starts_with(b"\xef\xbb\xbf") {
            self.is_unfit = true;
        }
        let seen = self.scanner.piece(piece);
        self.is_unfit |= !self.utf8.take(piece, seen.is_ascii);
        let mut done = Done::default();
        let blocks = self.scanner.blocks();
        for block in &blocks {
            self.depth = block.depth;
            self.brackets(piece, *block, &mut done);
        }
        self.scanner.done(blocks);
        self.depth = self.scanner.depth();
        let rest = piece.get(done.counted..).unwrap_or_default();
        self.lines.pass(rest);
        self.lines.count(seen.lines);
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
        self.check_number();
        !self.is_unfit
    }

    /// Returns where in the file the first entity begins.
    fn first(&self) -> Option<u64> {
        let open = (self.depth >= ENTITY).then_some(self.start);
        self.part.entries.first().map(|it| it.start).or(open)
    }

    /// Ends the file. `path` is what evidence names.
    ///
    /// # Errors
    /// Where it has to be read as a whole.
    pub fn finish(mut self, path: &str) -> Result<Index, Unfit> {
        let is_whole = self.utf8.is_whole() && self.before == 0;
        if self.is_unfit || !is_whole {
            return Err(Unfit::Other);
        }
        if self.scanner.is_in_string() || self.depth != 0 {
            return Err(Unfit::CutOff);
        }
        let pages = skeleton::pages(&self.skeleton).ok_or(Unfit::Other)?;
        self.others.insert(0, self.part);
        Ok(Index::new(path, self.others, pages))
    }

    /// Follows the brackets of a block.
    fn brackets(&mut self, piece: &[u8], block: Block, done: &mut Done) {
        let mut left = block.open | block.close;
        while left != 0 {
            let lowest = left & left.wrapping_neg();
            left ^= lowest;
            if block.open & lowest != 0 {
                self.depth = self.depth.saturating_add(1);
                if self.depth <= ENTITY {
                    let lines = block.lines_before(lowest);
                    self.opened(piece, at(block.start, lowest), lines, done);
                }
            } else {
                if self.depth <= ENTITY {
                    self.closed(piece, at(block.start, lowest), done);
                }
                self.depth = self.depth.saturating_sub(1);
            }
        }
    }

    fn opened(&mut self, piece: &[u8], at: usize, lines: usize, done: &mut Done) {
        let behind = at.saturating_add(1);
        let between = piece.get(done.kept..behind).unwrap_or_default();
        if !(self.depth == ENTITY && skeleton::goes_on(&self.skeleton, between)) {
            self.keep(between);
        }
        done.kept = behind;
        if self.depth == ENTITY {
            self.lines
                .pass(piece.get(done.counted..at).unwrap_or_default());
            done.counted = at;
            self.start = self.place(at);
            self.position = self.lines.position(lines);
        } else if self.depth == LIST {
            self.list = List::Of(skeleton::list(&self.skeleton));
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
        if self.list == List::Of(None) {
            self.head.clear();
            return;
        }
        let object = match self.start.checked_sub(self.offset) {
            Some(before) => {
                let begin = usize::try_from(before).unwrap_or(usize::MAX);
                piece.get(begin..behind).unwrap_or_default()
            }
            None => {
                self.head(piece.get(..behind).unwrap_or_default());
                &self.head
            }
        };
        let arn = self.heads.arn_of(object);
        let arn = arn.and_then(|arn| self.part.keep(&arn));
        self.head.clear();
        self.found(arn, self.place(behind));
    }

    /// Adds the entity that was open.
    fn found(&mut self, arn: Option<(u32, u32)>, end: u64) {
        let Some(arn) = arn else {
            match self.list {
                List::Before => self.lacks_arn = true,
                List::Of(_) => self.is_unfit = true,
            }
            return;
        };
        let kind = match self.list {
            // A policy is nobody, should this ever be taken for what it is.
            List::Before | List::Of(None) => Kind::Policy,
            List::Of(Some(kind)) => kind,
        };
        self.before = self
            .before
            .saturating_add(usize::from(self.list == List::Before));
        self.part.entries.push(Entry {
            kind,
            start: self.start,
            end,
            position: self.position,
            arn,
        });
    }

    fn check_number(&mut self) {
        let others = self.others.iter().map(|it| it.entries.len());
        let number = others.fold(self.part.entries.len(), usize::saturating_add);
        self.is_unfit |= number > limits::ENTITIES;
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
