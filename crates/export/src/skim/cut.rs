//! Takes the documents out of entities before these are read as JSON: they are most of the text, few differ from each
//! other, and one that was found to be JSON is JSON wherever it stands again.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use foldhash::fast::RandomState;
use memchr::memmem;
use serde_json::value::RawValue;

use super::at;
use super::block::Scanner;

/// How deep documents lie in an entity, which is at 1, those of the roles of instance profiles among them.
const DOCUMENT: usize = 6;

/// How the names of the members end that hold documents.
const NAME: &str = "Document\"";

/// How many documents are kept to know them again.
const KNOWN: usize = 4_096;

/// The longest of these, in bytes.
const KNOWN_BYTES: usize = 4_096;

/// Documents that were found to be JSON.
#[derive(Debug, Default)]
pub(super) struct Known(HashSet<Box<str>, RandomState>);

/// An entity without its documents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The text, in which each document is a list of one number, its place among these.
    pub(super) rest: String,
    /// Where they stand in the text that the entity is a part of.
    pub(super) documents: Vec<Range<usize>>,
}

/// Entities that stand in one text.
#[derive(Debug)]
pub(super) struct Entities<'t> {
    text: &'t str,
    name: memmem::Finder<'static>,
    /// Objects and lists with the end of the name of a document before them, in their order.
    documents: Vec<Range<usize>>,
}

impl Known {
    /// Returns whether a text is JSON.
    fn is_json(&mut self, text: &str) -> bool {
        if self.0.contains(text) {
            return true;
        }
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
        if is_json && self.0.len() < KNOWN && text.len() <= KNOWN_BYTES {
            self.0.insert(text.into());
        }
        is_json
    }
}

impl<'t> Entities<'t> {
    /// Finds the documents in a text that begins with an entity and ends with one.
    pub(super) fn of(text: &'t str) -> Self {
        let mut scanner = Scanner::new(0, DOCUMENT);
        scanner.piece(text.as_bytes());
        let mut documents: Vec<Range<usize>> = Vec::new();
        // The document that is open, and how deep it is.
        let mut open: Option<(usize, usize)> = None;
        for block in scanner.blocks() {
            let (mut left, mut depth) = (block.open | block.close, block.depth);
            while left != 0 {
                let lowest = left & left.wrapping_neg();
                left ^= lowest;
                let place = at(block.start, lowest);
                if block.open & lowest != 0 {
                    depth = depth.saturating_add(1);
                    if open.is_none() && depth <= DOCUMENT && is_document(text, place) {
                        open = Some((place, depth));
                    }
                } else {
                    if let Some((begin, _)) = open.filter(|(_, its)| *its == depth) {
                        documents.push(begin..place.saturating_add(1));
                        open = None;
                    }
                    depth = depth.saturating_sub(1);
                }
            }
        }
        Self {
            text,
            name: memmem::Finder::new(NAME),
            documents,
        }
    }

    /// Takes the documents out of an entity; `None` where it has to be read with them.
    pub(super) fn cut(&self, entity: Range<usize>, known: &mut Known) -> Option<Cut> {
        let first = self.documents.partition_point(|it| it.start < entity.start);
        let here = self.documents.get(first..)?;
        let here = here.get(..here.partition_point(|it| it.end <= entity.end))?;
        let taken = here.iter().map(ExactSizeIterator::len).sum::<usize>();
        let room = entity.len().saturating_sub(taken);
        let mut rest = String::with_capacity(room.saturating_add(here.len().saturating_mul(8)));
        let mut behind = entity.start;
        for (number, document) in here.iter().enumerate() {
            if !known.is_json(self.text.get(document.clone())?) {
                return None;
            }
            rest.push_str(self.text.get(behind..document.start)?);
            let _ = write!(rest, "[{number}]");
            behind = document.end;
        }
        rest.push_str(self.text.get(behind..entity.end)?);
        // A document that is a string keeps its place only in the whole text, and so does one of which the name is written
        // otherwise.
        let names = self.name.find_iter(rest.as_bytes()).count();
        let is_plain = memchr::memchr(b'\\', rest.as_bytes()).is_none();
        (is_plain && names == here.len()).then(|| Cut {
            rest,
            documents: here.to_vec(),
        })
    }
}

/// Returns whether the value that begins at a byte is that of a member whose name ends as those of documents do.
fn is_document(text: &str, at: usize) -> bool {
    let name = || {
        let before = text.as_bytes().get(..at)?.trim_ascii_end();
        before
            .strip_suffix(b":")?
            .trim_ascii_end()
            .strip_suffix(NAME.as_bytes())
    };
    name().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<(String, Vec<&str>)> {
        let cut = Entities::of(text).cut(0..text.len(), &mut Known::default())?;
        let documents = cut.documents.into_iter().filter_map(|it| text.get(it));
        Some((cut.rest, documents.collect()))
    }

    #[test]
    fn documents() {
        for (text, expected) in [
            ("{}", Some(("{}", vec![]))),
            (
                r#"{"Document":{"a":["}"]},"x":{}}"#,
                Some((r#"{"Document":[0],"x":{}}"#, vec![r#"{"a":["}"]}"#])),
            ),
            (
                r#"{"L":[{"PolicyDocument" : [], "N":"ä"},{"PolicyDocument":{"Document":{}}}]}"#,
                Some((
                    r#"{"L":[{"PolicyDocument" : [0], "N":"ä"},{"PolicyDocument":[1]}]}"#,
                    vec!["[]", r#"{"Document":{}}"#],
                )),
            ),
            (r#"{"Documen\u0074":{}}"#, None),
            // No JSON, a string, a number, a name that is a value.
            (r#"{"Document":{"a"}}"#, None),
            (r#"{"Document":"%7B%7D"}"#, None),
            (r#"{"Document":{},"PolicyDocument":7}"#, None),
            (r#"{"Document":{},"Name":"MyDocument"}"#, None),
            (
                r#"{"Document":{"Name":"MyDocument"}}"#,
                Some((r#"{"Document":[0]}"#, vec![r#"{"Name":"MyDocument"}"#])),
            ),
        ] {
            let expected = expected.map(|(rest, documents)| (rest.to_owned(), documents));
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn each_entity_has_its_own() {
        let text = r#"{"Document":{"a":1}}, {"x":2}, {"Document":[3],"PolicyDocument":{}}"#;
        let entities = Entities::of(text);
        let mut known = Known::default();
        let ends: Vec<usize> = text.match_indices(", ").map(|(at, _)| at).collect();
        for (range, rest) in [
            (0..ends[0], r#"{"Document":[0]}"#),
            (ends[0] + 2..ends[1], r#"{"x":2}"#),
            (
                ends[1] + 2..text.len(),
                r#"{"Document":[0],"PolicyDocument":[1]}"#,
            ),
        ] {
            assert_eq!(entities.cut(range, &mut known).unwrap().rest, rest);
        }
        assert_eq!(known.0.len(), 3);
    }
}
