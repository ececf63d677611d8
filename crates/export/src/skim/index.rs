//! What was found in a file that was skimmed.

use std::fmt;

use keyward_policy::Position;

use super::Kind;
use super::lines::Lines;

/// Where an entity stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// The first byte in the file.
    pub(super) start: u64,
    /// The byte behind the last.
    pub(super) end: u64,
    /// Within its stretch.
    pub(super) position: Position,
    /// Where the ARN begins in those of its stretch, and its length.
    pub(super) arn: (u32, u32),
}

/// The entities of a stretch. These and their ARNs stay where they were put: there are thousands, and memory that is
/// touched for the first time costs more than all else that is done for them.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) entries: Vec<Entry>,
    /// One behind the other.
    arns: String,
    /// What stands before the stretch.
    pub(super) lines: Lines,
}

/// What was found in a file.
pub struct Index {
    pub(super) path: String,
    parts: Vec<Part>,
    /// How many pages say that more follows, and how many that nothing does.
    pub(super) pages: (usize, usize),
}

/// An entity of a file.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    part: &'a Part,
    pub(super) entry: &'a Entry,
}

impl Part {
    /// Keeps an ARN; `None` where there is no room.
    pub(super) fn keep(&mut self, arn: &str) -> Option<(u32, u32)> {
        let begin = u32::try_from(self.arns.len()).ok()?;
        let length = u32::try_from(arn.len()).ok()?;
        self.arns.push_str(arn);
        Some((begin, length))
    }
}

impl Index {
    /// `path` is what evidence names.
    pub(super) fn new(path: &str, parts: Vec<Part>, pages: (usize, usize)) -> Self {
        Self {
            path: path.to_owned(),
            parts,
            pages,
        }
    }

    /// Returns the entities in their order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Placed<'_>> {
        let parts = self.parts.iter();
        parts.flat_map(|part| {
            let entries = part.entries.iter();
            entries.map(move |entry| Placed { part, entry })
        })
    }
}

impl<'a> Placed<'a> {
    pub(super) fn arn(self) -> &'a str {
        let (begin, length) = self.entry.arn;
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let rest = self.part.arns.get(place(begin)..);
        rest.and_then(|rest| rest.get(..place(length)))
            .unwrap_or_default()
    }

    /// Returns the position in the file.
    pub(super) fn position(self) -> Position {
        self.part.lines.then(self.entry.position)
    }
}

/// The same wherever the file was taken apart.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<_> = self.entries().collect();
        f.debug_struct("Index")
            .field("path", &self.path)
            .field("entries", &entries)
            .field("pages", &self.pages)
            .finish()
    }
}

impl fmt::Debug for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry {
            kind, start, end, ..
        } = self.entry;
        let position = self.position();
        write!(f, "{kind:?} {start}..{end} at {position:?}: {}", self.arn())
    }
}
