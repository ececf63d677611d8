//! An account's users, groups, roles and policies, wherever they were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_diagnose::Origin;
use keyward_policy::Position;

/// Why a question cannot be answered, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// Where policies come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A whole account.
    Account(Account),
    /// Policies of whoever is asked about.
    Directory(Vec<Inline>),
}

/// The details of an account, as `GetAccountAuthorizationDetails` gives them.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) roles: Vec<Role>,
    /// Managed policies by ARN: the document of the default version.
    pub(crate) policies: BTreeMap<String, Text>,
}

/// A user.
#[derive(Debug, Default)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) inline: Vec<Inline>,
    pub(crate) groups: Vec<String>,
    pub(crate) attached: Vec<Attached>,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// A group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) inline: Vec<Inline>,
    pub(crate) attached: Vec<Attached>,
}

/// A role.
#[derive(Debug, Default)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) trust: Option<Text>,
    pub(crate) inline: Vec<Inline>,
    pub(crate) attached: Vec<Attached>,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// An inline policy.
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) name: String,
    pub(crate) document: Text,
}

/// A managed policy that is attached.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) arn: String,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: Arc<str>,
    pub(crate) text: String,
}

/// The text of a document, and where it stands.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// In a file as it is, from one byte up to another.
    InFile {
        file: Arc<File>,
        start: usize,
        end: usize,
    },
    /// By itself: it was encoded in a string.
    Own(String),
}

impl Text {
    /// Reads what stood in a string: a document, percent-encoded or not.
    pub(crate) fn decoded(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            return Self::Own(text.to_owned());
        }
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        // What is no text is no policy either, and is refused as such.
        Self::Own(String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()))
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::InFile { file, start, end } => file.text.get(*start..*end).unwrap_or_default(),
            Self::Own(text) => text,
        }
    }

    /// Returns where the document's places count from. Linear in the length of the file before it.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::InFile { file, start, .. } => {
                let before = file.text.get(..*start).unwrap_or_default();
                Origin::File {
                    path: file.path.clone(),
                    start: position_after(before),
                }
            }
            Self::Own(text) => Origin::of_text(text),
        }
    }
}

/// Returns the position of the character that follows a text.
fn position_after(text: &str) -> Position {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    let column = text
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count());
    let number = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
    Position {
        line: number(lines),
        column: number(column),
    }
}

/// Returns up to three of the names that are nearest to one that is not there.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let limit = wanted.chars().count().div_ceil(2);
    let mut found: Vec<(usize, &str)> = names
        .map(|name| (distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit || name.to_lowercase().contains(&wanted))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Counts the insertions, deletions and replacements between two texts.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, character) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut last = index.saturating_add(1);
        next.push(last);
        for (above, (diagonal, theirs)) in row.iter().skip(1).zip(row.iter().zip(&other)) {
            let replaced = diagonal.saturating_add(usize::from(*theirs != character));
            last = replaced
                .min(last.saturating_add(1))
                .min(above.saturating_add(1));
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("alice", "alcie", 2),
            ("kitten", "sitting", 3),
            ("bob", "bob", 0),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn nearest_names() {
        let names = ["alice", "alicia", "bob", "Administrator"];
        assert_eq!(nearest("alise", names.into_iter()), ["alice", "alicia"]);
        assert_eq!(nearest("admin", names.into_iter()), ["Administrator"]);
        assert!(nearest("zzzzzz", names.into_iter()).is_empty());
    }

    #[test]
    fn positions() {
        for (text, line, column) in [("", 1, 1), ("ab", 1, 3), ("ä\n", 2, 1), ("a\nbü", 2, 3)] {
            assert_eq!(position_after(text), Position { line, column }, "{text:?}");
        }
    }

    #[test]
    fn documents_in_strings() {
        for (text, expected) in [
            (
                "%7B%22Version%22%3A%222012-10-17%22%7D",
                r#"{"Version":"2012-10-17"}"#,
            ),
            (r#"{"a":"100%25"}"#, r#"{"a":"100%25"}"#),
            ("%7B%22a%22%3A%22%C3%A4+%22%7D", "{\"a\":\"ä+\"}"),
            ("%FF", "%FF"),
        ] {
            assert_eq!(Text::decoded(text).text(), expected);
        }
    }
}
