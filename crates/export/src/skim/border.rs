//! Where a file may be taken apart, so that its stretches are looked through side by side.
//!
//! No place in the middle of a file says by itself whether it lies within a string. A border is a guess: the beginning
//! of a line on which an entity seems to begin, as the first entity of the file does; or, where these do not begin on lines
//! of their own, a place where one seems to end and the next to begin, as the first two do. What stands before it tells
//! whether it is one ([`super::Skimmer::join`]), and where it is none, the file is looked through from its beginning.

use std::ops::Range;

use memchr::memmem;

use super::{PIECE_BYTES, Skimmer};

/// The shortest stretch.
const STRETCH_BYTES: u64 = 1 << 20;

/// A file is taken into no more stretches than these.
const STRETCHES: u64 = 256;

/// How much is looked at for a border. Of what was seen of exports most entities are shorter.
const WINDOW_BYTES: u64 = 1 << 14;

/// Takes a file of so many bytes into stretches, in their order; the last goes on to the end of the file, wherever that
/// is. `read` returns what stands there, less where the file ends before.
pub fn stretches(bytes: u64, mut read: impl FnMut(Range<u64>) -> Vec<u8>) -> Vec<Range<u64>> {
    let least = bytes.div_ceil(STRETCHES).max(STRETCH_BYTES);
    let mut borders = vec![0];
    // Mostly the first entity stands near the beginning.
    let piece = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX).min(bytes);
    let mut first = || Opening::of(&read(0..WINDOW_BYTES)).or_else(|| Opening::of(&read(0..piece)));
    if bytes > least
        && let Some(opening) = first()
    {
        let mut at = least;
        while at < bytes {
            let window = read(at..at.saturating_add(WINDOW_BYTES));
            let found = opening.find(&window).and_then(|it| u64::try_from(it).ok());
            borders.extend(found.map(|found| at.saturating_add(found)));
            at = at.saturating_add(least);
        }
    }
    let ends = borders.iter().skip(1).copied().chain([u64::MAX]);
    let starts = borders.iter().copied();
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// How the entities of a file begin.
struct Opening {
    /// A line end, white space, a bracket; or the bracket that ends the one before, a comma, a bracket and a name.
    text: Vec<u8>,
    /// How much of it stands before the border.
    before: usize,
}

impl Opening {
    /// Finds it in the first piece of a file; `None` where nothing sets entities apart.
    fn of(piece: &[u8]) -> Option<Self> {
        let mut skimmer = Skimmer::new();
        skimmer.push(piece);
        Self::of_line(piece, skimmer.first()?).or_else(|| Self::of_two(piece, &skimmer))
    }

    fn of_line(piece: &[u8], first: u64) -> Option<Self> {
        let first = usize::try_from(first).ok()?;
        let before = piece.get(..first)?;
        let line_end = memchr::memrchr(b'\n', before)?;
        let is_indented = before
            .get(line_end..)?
            .iter()
            .all(|byte| byte.is_ascii_whitespace());
        let text = piece.get(line_end..=first)?.to_vec();
        is_indented.then_some(Self { text, before: 1 })
    }

    /// Takes what stands between two entities of a list, and the name of the second's first member. Objects that lie deeper
    /// mostly begin with another; that a document in a string has the same is prevented by its escapes.
    fn of_two(piece: &[u8], skimmer: &Skimmer) -> Option<Self> {
        skimmer.part.entries.windows(2).find_map(|pair| {
            let [one, other] = pair else { return None };
            let end = usize::try_from(one.end).ok()?;
            let start = usize::try_from(other.start).ok()?;
            if piece.get(end..start)?.trim_ascii() != b"," {
                return None;
            }
            let bracket = end.checked_sub(1)?;
            let name = memchr::memchr(b':', piece.get(start..)?)?;
            Some(Self {
                text: piece.get(bracket..=start.checked_add(name)?)?.to_vec(),
                before: start.checked_sub(bracket)?,
            })
        })
    }

    /// Finds where the first entity in a text seems to begin, or its line.
    fn find(&self, window: &[u8]) -> Option<usize> {
        memmem::find(window, &self.text)?.checked_add(self.before)
    }
}
