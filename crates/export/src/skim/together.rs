//! Reads entities of files that were skimmed, those that stand near each other together.

use std::ops::Range;
use std::sync::Arc;

use crate::account::Account;
use crate::limits;
use crate::read::Reader;
use crate::text::File;

use super::documents::{Documents, Known};
use super::index::Entry;
use super::open::{Found, Opened, Stretch};
use super::plain::Plain;
use super::{Index, Kind};

/// Reads entities, in their order; those that stand near each other together.
pub(super) fn opened(found: &[Found<'_>], read: &mut Stretch<'_>) -> Option<Opened> {
    let (mut opened, mut rest) = (Opened::new(), found);
    let mut known = Known::default();
    while let Some(first) = rest.first() {
        let (near, others) = rest.split_at_checked(neighbours(rest))?;
        let account = opened.entry(first.number).or_default();
        let file = first.index.file(near, read)?;
        let documents = Documents::of(file.text());
        for it in near {
            let entry = it.placed.entry;
            let (range, kind) = (entry.within(first.placed.entry)?, entry.kind);
            let plain = Plain::new(&file, range.clone(), &documents, &mut known);
            if plain.add(kind, account).is_none() {
                let reader = Reader { file: &file };
                reader.add(kind, file.text().get(range)?, account)?;
            }
        }
        rest = others;
    }
    Some(opened)
}

/// Returns how many entities, from the first on, stand near each other.
fn neighbours(found: &[Found<'_>]) -> usize {
    let begin = found.first().map_or(0, |first| first.placed.entry.start);
    let near = found.windows(2).take_while(|pair| match pair {
        [one, next] => {
            let (number, one, last) = (one.number, one.placed.entry, next.placed.entry);
            let gap = last.start.checked_sub(one.end);
            number == next.number
                && gap.is_some_and(|gap| gap <= limits::GAP_BYTES)
                && last.end.saturating_sub(begin) <= limits::TOGETHER_BYTES
        }
        _ => false,
    });
    near.count().saturating_add(1)
}

impl Reader<'_> {
    /// Reads an entity into its account; `None` where it cannot.
    fn add(&self, kind: Kind, text: &str, account: &mut Account) -> Option<()> {
        match kind {
            Kind::Group => account.groups.push(self.entity(raw(text)?).group()),
            Kind::Role => account.roles.push(self.entity(raw(text)?).role()),
            Kind::User => account.users.push(self.entity(raw(text)?).user()),
            Kind::Policy => account.policies.extend(self.managed(raw(text)?)),
        }
        Some(())
    }
}

fn raw<'f, T: serde::Deserialize<'f>>(text: &'f str) -> Option<T> {
    serde_json::from_str(text).ok()
}

impl Entry {
    /// Returns where it stands in a part of its file that begins with `first`.
    fn within(&self, first: &Self) -> Option<Range<usize>> {
        let place = |at: u64| usize::try_from(at.checked_sub(first.start)?).ok();
        Some(place(self.start)?..place(self.end)?)
    }
}

impl Index {
    /// Returns the part of the file that entities stand in, which knows its place there.
    fn file(&self, entities: &[Found<'_>], read: &mut Stretch<'_>) -> Option<Arc<File>> {
        let (first, last) = (entities.first()?.placed, entities.last()?.placed.entry);
        let (start, end) = (first.entry.start, last.end);
        if end.saturating_sub(start) > limits::FILE_BYTES {
            return None;
        }
        let text = read(&self.path, start..end)?;
        let text = String::from_utf8(text).ok()?;
        Some(Arc::new(File::part(&self.path, text, first.position())))
    }
}
