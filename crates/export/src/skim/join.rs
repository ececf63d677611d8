//! Puts stretches of a file together that were looked through by themselves.

use super::{Index, Kind, LIST, Skimmer, Unfit};

/// The list that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// It was opened before the stretch.
    Before,
    /// What it holds; `None` where that is nothing that a question touches.
    Of(Option<Kind>),
}

impl Skimmer {
    /// Puts a file together of its stretches, in their order. `path` is what evidence names.
    ///
    /// # Errors
    /// [`Unfit::Border`] where the file has to be looked through from its beginning, else as [`Skimmer::finish`].
    pub fn join(stretches: impl IntoIterator<Item = Self>, path: &str) -> Result<Index, Unfit> {
        let mut stretches = stretches.into_iter();
        let mut whole = stretches.next().unwrap_or_default();
        for next in stretches {
            whole.append(next)?;
        }
        whole.finish(path)
    }

    /// Adds the next stretch.
    fn append(&mut self, mut next: Self) -> Result<(), Unfit> {
        let list = match self.list {
            List::Of(list) if self.ends_between_entities() && self.offset == next.begin => list,
            List::Of(_) | List::Before => return Err(Unfit::Border),
        };
        // What is wrong there could be the border.
        if self.is_unfit || next.is_unfit {
            return Err(Unfit::Border);
        }
        let before = next.part.entries.get_mut(..next.before);
        match list {
            Some(kind) => {
                self.is_unfit |= next.lacks_arn;
                before
                    .unwrap_or_default()
                    .iter_mut()
                    .for_each(|it| it.kind = kind);
            }
            None => drop(next.part.entries.drain(..next.before)),
        }
        let lines = std::mem::take(&mut self.lines);
        self.lines = lines.and(&next.lines);
        next.part.lines = lines;
        self.others.push(next.part);
        self.keep(&next.skeleton);
        self.check_number();
        if next.list != List::Before {
            self.list = next.list;
        }
        self.scanner = next.scanner;
        self.utf8 = next.utf8;
        self.offset = next.offset;
        self.depth = next.depth;
        Ok(())
    }

    fn ends_between_entities(&self) -> bool {
        let is_in_text = self.scanner.is_in_string() || self.scanner.is_escaped();
        self.depth == LIST && !is_in_text && self.utf8.is_whole()
    }
}

#[cfg(test)]
mod tests;
