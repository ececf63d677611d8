//! Takes the documents out of entities before these are read as JSON: they are most of the text, few differ from each
//! other, and one that was found to be JSON is JSON wherever it stands again. What is taken out is kept once, and the file
//! not at all.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use memchr::memmem;
use serde_json::value::RawValue;

use super::at;
use super::block::Scanner;
use crate::text::{File, Text};

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
pub(super) struct Known(HashSet<Arc<str>, RandomState>);

/// An entity without its documents.
#[derive(Debug)]
pub(super) struct Cut {
    /// The text, in which each document is a list of one number, its place among these.
    pub(super) rest: String,
    pub(super) documents: Vec<Text>,
}

/// Entities that stand in one text.
#[derive(Debug)]
pub(super) struct Entities<'t> {
    file: &'t File,
    name: memmem::Finder<'static>,
    /// Objects and lists with the end of the name of a document before them, in their order.
    documents: Vec<Document>,
}

/// Where a document stands in the text.
#[derive(Clone, Copy, Debug)]
struct Document {
    start: usize,
    end: usize,
    /// How many line ends come before it.
    lines: usize,
}

impl Known {
    /// Returns a text as it is shared; `None` where it is no JSON.
    fn json(&mut self, text: &str) -> Option<Arc<str>> {
        if let Some(known) = self.0.get(text) {
            return Some(known.clone());
        }
        serde_json::from_str::<&RawValue>(text).ok()?;
        let shared: Arc<str> = text.into();
        if self.0.len() < KNOWN && text.len() <= KNOWN_BYTES {
            self.0.insert(shared.clone());
        }
        Some(shared)
    }
}

impl<'t> Entities<'t> {
    /// Finds the documents in a text that begins with an entity and ends with one.
    pub(super) fn of(file: &'t File) -> Self {
        let text = file.text();
        let mut scanner = Scanner::new(0, DOCUMENT);
        scanner.piece(text.as_bytes());
        let mut documents = Vec::new();
        // The document that is open, and how deep it is.
        let mut open: Option<(Document, usize)> = None;
        for block in scanner.blocks() {
            let (mut left, mut depth) = (block.open | block.close, block.depth);
            while left != 0 {
                let lowest = left & left.wrapping_neg();
                left ^= lowest;
                let place = at(block.start, lowest);
                if block.open & lowest != 0 {
                    depth = depth.saturating_add(1);
                    if open.is_none() && depth <= DOCUMENT && is_document(text, place) {
                        let document = Document {
                            start: place,
                            end: place,
                            lines: block.lines_before(lowest),
                        };
                        open = Some((document, depth));
                    }
                } else {
                    if let Some((document, _)) = open.filter(|(_, its)| *its == depth) {
                        let end = place.saturating_add(1);
                        documents.push(Document { end, ..document });
                        open = None;
                    }
                    depth = depth.saturating_sub(1);
                }
            }
        }
        Self {
            file,
            name: memmem::Finder::new(NAME),
            documents,
        }
    }

    /// Takes the documents out of an entity; `None` where it has to be read with them.
    pub(super) fn cut(&self, entity: Range<usize>, known: &mut Known) -> Option<Cut> {
        let first = self.documents.partition_point(|it| it.start < entity.start);
        let here = self.documents.get(first..)?;
        let here = here.get(..here.partition_point(|it| it.end <= entity.end))?;
        let (file, text) = (self.file, self.file.text());
        let taken = here.iter().map(|it| it.end.saturating_sub(it.start));
        let room = entity.len().saturating_sub(taken.sum::<usize>());
        let mut rest = String::with_capacity(room.saturating_add(here.len().saturating_mul(8)));
        let mut documents = Vec::with_capacity(here.len());
        let mut behind = entity.start;
        for (number, it) in here.iter().enumerate() {
            let document = known.json(text.get(it.start..it.end)?)?;
            let start = file.position_behind(it.lines, it.start);
            documents.push(Text::shared(document, file, start));
            rest.push_str(text.get(behind..it.start)?);
            let _ = write!(rest, "[{number}]");
            behind = it.end;
        }
        rest.push_str(text.get(behind..entity.end)?);
        // A document that is a string keeps its place only in the whole text, and so does one of which the name is written
        // otherwise.
        let names = self.name.find_iter(rest.as_bytes()).count();
        let is_plain = memchr::memchr(b'\\', rest.as_bytes()).is_none();
        (is_plain && names == here.len()).then_some(Cut { rest, documents })
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

    use keyward_policy::Position;

    use crate::Start;

    fn cut(text: &str) -> Option<(String, Vec<String>)> {
        let file = File::new("x", text.to_owned());
        let cut = Entities::of(&file).cut(0..text.len(), &mut Known::default())?;
        let documents = cut.documents.iter().map(|it| it.text().to_owned());
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
            let owned = |documents: Vec<&str>| documents.into_iter().map(str::to_owned).collect();
            let expected = expected.map(|(rest, documents)| (rest.to_owned(), owned(documents)));
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn each_entity_has_its_own() {
        let text = r#"{"Document":{"a":1}}, {"x":2}, {"Document":[3],"PolicyDocument":{}}"#;
        let file = File::new("x", text.to_owned());
        let entities = Entities::of(&file);
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

    #[test]
    fn the_same_is_kept_once_and_each_knows_its_place() {
        let text = "{\"Document\":{\"a\":1}},\n {\"ä\":{},\"Document\": {\"a\":1}}";
        let start = Position { line: 7, column: 5 };
        let file = File::part("x", text.to_owned(), start);
        let (entities, mut known) = (Entities::of(&file), Known::default());
        let end = text.find(",\n").unwrap();
        let cuts = [0..end, end + 3..text.len()].map(|it| entities.cut(it, &mut known).unwrap());
        let texts = cuts.map(|it| it.documents[0].clone());
        let places = texts.each_ref().map(|it| it.start());
        let expected = [(7, 17), (8, 22)]
            .map(|(line, column)| Start::File("x".into(), Position { line, column }));
        assert_eq!(places, expected);
        let [one, other] = texts.each_ref().map(Text::shared_address);
        assert!(one.is_some() && one == other);
    }
}
