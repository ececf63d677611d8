//! Finds the documents of entities: they are most of the text, few differ from each other, and one that was found to be
//! JSON is JSON wherever it stands again. Each is kept once, and the file not at all.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
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

/// The documents of the entities of a text.
#[derive(Debug)]
pub(super) struct Documents(
    /// Objects and lists with the end of the name of a document before them, in their order.
    Vec<Document>,
);

/// Where a document stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document {
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many line ends come before it.
    lines: usize,
    /// How many characters of its line come before it.
    column: usize,
}

impl Document {
    /// Begins one behind another. No text is counted twice: a file may be one line.
    fn begin(text: &str, start: usize, lines: usize, last: Option<&Self>) -> Self {
        let (from, column) = match last {
            Some(last) if last.lines == lines => (last.start, last.column),
            Some(last) => (last.start, 0),
            None => (0, 0),
        };
        let between = text.get(from..start).unwrap_or_default();
        let behind = between.rsplit('\n').next().unwrap_or_default();
        Self {
            start,
            end: start,
            lines,
            column: column.saturating_add(behind.chars().count()),
        }
    }

    /// Takes it out of the file; `None` where it is no JSON.
    pub(super) fn text(&self, file: &File, known: &mut Known) -> Option<Text> {
        let text = known.json(file.text().get(self.start..self.end)?)?;
        let start = file.placed(self.lines, self.column);
        Some(Text::shared(text, file, start))
    }
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

impl Documents {
    /// Finds the documents in a text that begins with an entity and ends with one.
    pub(super) fn of(text: &str) -> Self {
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
                        let lines = block.lines_before(lowest);
                        let document = Document::begin(text, place, lines, documents.last());
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
        Self(documents)
    }

    /// Returns those from a byte on.
    pub(super) fn from(&self, start: usize) -> &[Document] {
        let first = self.0.partition_point(|it| it.start < start);
        self.0.get(first..).unwrap_or_default()
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
    use keyward_policy::Position;

    use super::*;
    use crate::Start;

    #[test]
    fn documents() {
        for (text, expected) in [
            ("{}", vec![]),
            (r#"{"Document":{"a":["}"]},"x":{}}"#, vec![r#"{"a":["}"]}"#]),
            (
                r#"{"L":[{"PolicyDocument" : [], "N":"ä"},{"PolicyDocument":{"Document":{}}}]}"#,
                vec!["[]", r#"{"Document":{}}"#],
            ),
            (r#"{"Documen\u0074":{},"Document":"{}"}"#, vec![]),
            (r#"{"a":[[[[{"Document":{}}]]]]}"#, vec![]),
        ] {
            let documents = Documents::of(text);
            let found = documents.from(0).iter();
            let found: Option<Vec<&str>> = found.map(|it| text.get(it.start..it.end)).collect();
            assert_eq!(found, Some(expected), "{text}");
        }
    }

    /// As the whole text is counted.
    #[test]
    fn places() {
        let entity = r#"{"ä":"😀","Document":{},"x":[{"PolicyDocument" : []}]}"#;
        for between in [", ", ",\n", ",\n\n  ", ",ü"] {
            let text = [entity; 4].join(between);
            let file = File::part("x", text.clone(), Position { line: 3, column: 9 });
            let documents = Documents::of(&text);
            assert_eq!(documents.from(0).len(), 8);
            for it in documents.from(0) {
                let position = file.placed(it.lines, it.column);
                assert_eq!(position, file.position(it.start), "{between:?} {it:?}");
            }
        }
    }

    #[test]
    fn the_same_is_kept_once_and_each_knows_its_place() {
        let text =
            "{\"Document\":{\"a\":1}},\n {\"ä\":{},\"Document\": {\"a\":1}, \"Document\": {\"a\"}}";
        let start = Position { line: 7, column: 5 };
        let file = File::part("x", text.to_owned(), start);
        let (documents, mut known) = (Documents::of(text), Known::default());
        let [one, other, odd] = documents.from(0) else {
            panic!("three documents");
        };
        assert!(odd.text(&file, &mut known).is_none(), "no JSON");
        let texts = [one, other].map(|it| it.text(&file, &mut known).unwrap());
        let places = texts.each_ref().map(Text::start);
        let expected = [(7, 17), (8, 22)]
            .map(|(line, column)| Start::File("x".into(), Position { line, column }));
        assert_eq!(places, expected);
        let [one, other] = texts.each_ref().map(Text::shared_address);
        assert!(one.is_some() && one == other);
    }
}
