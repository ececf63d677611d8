//! YAML with the place of every node, so that a mistake is shown by file, line and column.
//!
//! JSON is YAML too. Anchors and aliases work; a key that stands twice, more than one document and tags are refused.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// The most nodes of a file, those of aliases counted each time: a few lines of aliases can name billions.
const MOST_NODES: usize = 500_000;
/// The most lists and mappings inside one another.
const DEEPEST: usize = 64;

/// A line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
        }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    Null,
    /// A plain scalar that JSON writes without quotes: a number, `true` or `false`.
    Plain(String),
    Text(String),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Node {
    /// Says what stands here, with its article.
    pub(super) fn type_name(&self) -> &'static str {
        match self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Null => "nothing",
            Value::Plain(_) => "a number or boolean",
            Value::Text(_) => "a text",
        }
    }

    /// Returns the text of a scalar; numbers and booleans as they are written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) | Value::Text(text) => Some(text),
            Value::List(_) | Value::Map(_) | Value::Null => None,
        }
    }

    /// Writes the node as JSON, each value on a line of its own, and notes the places of those lines.
    pub(super) fn to_json(&self) -> Json {
        let mut json = Json::default();
        json.write(self);
        json
    }
}

/// JSON that was made of YAML.
#[derive(Clone, Debug, Default)]
pub(super) struct Json {
    pub(super) text: String,
    /// The place of the value that each line of the text begins with.
    places: Vec<Place>,
}

impl Json {
    /// Returns the place in the YAML file of what stands in a line of the JSON text, counted from 1.
    pub(super) fn place(&self, line: usize) -> Option<Place> {
        // The first line is empty: every value begins a new one.
        self.places.get(line.checked_sub(2)?).copied()
    }

    /// Returns the text without the line ends between its values; those inside of texts are escaped.
    pub(super) fn one_line(&self) -> String {
        self.text.replace('\n', "")
    }

    fn write(&mut self, node: &Node) {
        self.begin(node.place);
        match &node.value {
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.write(item);
                }
                self.text.push(']');
            }
            Value::Map(entries) => {
                self.text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.begin(key.place);
                    self.text.push_str(&quoted(&key.text));
                    self.text.push(':');
                    self.write(value);
                }
                self.text.push('}');
            }
            Value::Null => self.text.push_str("null"),
            Value::Plain(text) => self.text.push_str(text),
            Value::Text(text) => self.text.push_str(&quoted(text)),
        }
    }

    fn begin(&mut self, place: Place) {
        self.text.push('\n');
        self.places.push(place);
    }
}

/// Writes a text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads a file of one document.
///
/// # Errors
/// What is not YAML, or of it what the module's first lines exclude.
pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        nodes: 0,
    };
    let mut document = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) if document.is_some() => {
                return Err(Fault::new(start(span), "a file has one document"));
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
            event @ (Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd) => document = Some(reader.node(event, span, 0)?),
        }
    }
    document.ok_or_else(|| Fault::new(Place { line: 1, column: 1 }, "the file is empty"))
}

fn start(span: Span) -> Place {
    Place {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// The nodes that aliases can name, with how many nodes each is made of.
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Fault> {
        self.parser.next().transpose().map_err(|error| {
            let place = Place {
                line: error.marker().line(),
                column: error.marker().col() + 1,
            };
            Fault::new(place, format!("not YAML: {}", error.info()))
        })
    }

    /// Reads on where a node must follow.
    fn expect(&mut self, after: Place) -> Result<(Event<'t>, Span), Fault> {
        self.next()?
            .ok_or_else(|| Fault::new(after, "the file ends in the middle of this"))
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        let place = start(span);
        let before = self.nodes;
        self.count(1, place)?;
        if depth > DEEPEST {
            let message = format!("more than {DEEPEST} lists and mappings inside one another");
            return Err(Fault::new(place, message));
        }
        let (anchor, tag, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, place),
            Event::Scalar(text, style, anchor, tag) => (anchor, tag, scalar(&text, style)),
            Event::SequenceStart(anchor, tag) => (anchor, tag, self.list(place, depth)?),
            Event::MappingStart(anchor, tag) => (anchor, tag, self.map(place, depth)?),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(Fault::new(place, "a value is missing here")),
        };
        if tag.is_some() {
            return Err(Fault::new(place, "tags such as !x are not understood"));
        }
        let node = Node { place, value };
        if anchor > 0 {
            let nodes = self.nodes - before;
            self.count(nodes, place)?;
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        Ok(node)
    }

    /// Counts nodes before they are made.
    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES {
            return Err(Fault::new(place, format!("more than {MOST_NODES} values")));
        }
        Ok(())
    }

    /// Returns the node that an alias stands for, in its own place: that is where a mistake in it is to be mended.
    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node, Fault> {
        let nodes = self.anchors.get(&anchor).map_or(0, |(_, nodes)| *nodes);
        self.count(nodes, place)?;
        match self.anchors.get(&anchor) {
            Some((node, _)) => Ok(node.clone()),
            None => Err(Fault::new(place, "the alias stands inside what it names")),
        }
    }

    fn list(&mut self, place: Place, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.expect(place)?;
            if event == Event::SequenceEnd {
                return Ok(Value::List(items));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, place: Place, depth: usize) -> Result<Value, Fault> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut known = BTreeSet::new();
        loop {
            let (event, span) = self.expect(place)?;
            if event == Event::MappingEnd {
                return Ok(Value::Map(entries));
            }
            let key = self.node(event, span, depth + 1)?;
            let Some(text) = key.text() else {
                return Err(Fault::new(key.place, "a key must be a text"));
            };
            let key = Key {
                place: key.place,
                text: text.to_owned(),
            };
            if !known.insert(key.text.clone()) {
                return Err(Fault::new(
                    key.place,
                    format!("{:?} stands twice in one mapping", key.text),
                ));
            }
            let (event, span) = self.expect(key.place)?;
            let value = self.node(event, span, depth + 1)?;
            entries.push((key, value));
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => Value::Null,
        (ScalarStyle::Plain, "false" | "true") => Value::Plain(text.to_owned()),
        // An account id with a leading zero is no number in JSON and stays what it is.
        (ScalarStyle::Plain, _) if is_number(text) => Value::Plain(text.to_owned()),
        (
            ScalarStyle::Plain
            | ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded,
            _,
        ) => Value::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        read(text).unwrap().to_json().one_line()
    }

    fn fault(text: &str) -> String {
        let fault = read(text).unwrap_err();
        format!(
            "{}:{} {}",
            fault.place.line, fault.place.column, fault.message
        )
    }

    #[test]
    fn values() {
        for (yaml, expected) in [
            ("a: b", r#"{"a":"b"}"#),
            ("a: 'true'", r#"{"a":"true"}"#),
            (
                "a: [1, -2.50, 1e9, true, null, ~]",
                r#"{"a":[1,-2.50,1e9,true,null,null]}"#,
            ),
            (
                "a: [012345678901, 111122223333]",
                r#"{"a":["012345678901",111122223333]}"#,
            ),
            (
                "a: [2012-10-17, 1.2.3, .5, 0x1, yes]",
                r#"{"a":["2012-10-17","1.2.3",".5","0x1","yes"]}"#,
            ),
            (
                "a: &x {k: [v]}\nb: *x",
                r#"{"a":{"k":["v"]},"b":{"k":["v"]}}"#,
            ),
            (r#"{"a": ["b\n\u00e9", {}]}"#, r#"{"a":["b\né",{}]}"#),
            ("1: x", r#"{"1":"x"}"#),
        ] {
            assert_eq!(json(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn faults_say_where() {
        assert_eq!(fault(""), "1:1 the file is empty");
        assert_eq!(
            fault("a: 1\nb:\n  c: 1\n  c: 2"),
            "4:3 \"c\" stands twice in one mapping"
        );
        assert_eq!(fault("a: !x 1"), "1:4 tags such as !x are not understood");
        assert_eq!(fault("? [a]\n: b"), "1:3 a key must be a text");
        assert_eq!(fault("a: 1\n---\nb: 2"), "2:1 a file has one document");
        assert!(fault("a: [1").contains("not YAML"), "{}", fault("a: [1"));
        assert!(fault("a: *x").contains("not YAML"), "{}", fault("a: *x"));
        assert!(fault("a: &x [*x]").contains("inside what it names"));
        assert!(fault(&"[".repeat(200)).contains("inside one another"));
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text += &format!(
                "a{level}: &a{level} [{}]\n",
                [before.as_str(); 8].join(", ")
            );
        }
        assert!(fault(&text).contains("values"), "{}", fault(&text));
    }

    #[test]
    fn lines_of_json_are_found_again() {
        let json = read("a:\n  - b\n  - {c: d}").unwrap().to_json();
        let place = |wanted: &str| {
            let line = json.text.lines().position(|line| line.starts_with(wanted));
            json.place(line.unwrap() + 1)
                .map(|place| (place.line, place.column))
        };
        assert_eq!(place("\"b\""), Some((2, 5)));
        assert_eq!(place("\"c\""), Some((3, 6)));
        assert_eq!(place("\"d\""), Some((3, 9)));
        assert_eq!(json.place(0), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "([-a-z0-9:&*!?{}\\[\\],'\"|>#%@ \n]{0,8}|\\PC{0,4}){0,12}") {
            if let Ok(node) = read(&text) {
                let json = node.to_json().one_line();
                serde_json::from_str::<serde_json::Value>(&json).unwrap();
            }
        }
    }
}
