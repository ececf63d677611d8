//! The condition keys of a request.

use std::borrow::Cow;

/// The values that a request has for its condition keys.
///
/// Names are compared without regard to ASCII case. A second entry whose name folds to the same text never hides the
/// first: in an Allow every one of them must satisfy a condition, in a Deny any suffices. Build it from what the server
/// knows, never from names that a caller chose (tag keys below `aws:RequestTag/` aside).
///
/// Few allocations: one for the entries, one for the lists where there are any, and none for borrowed text.
///
/// # Examples
/// ```
/// use keyward_engine::Context;
///
/// let mut context = Context::new();
/// context.insert("aws:SourceIp", "203.0.113.7");
/// context.insert_list("aws:TagKeys", ["team", "cost"]);
/// assert_eq!(context.get("AWS:sourceip").count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    entries: Vec<Entry<'a>>,
    lists: Vec<Cow<'a, str>>,
}

#[derive(Clone, Debug)]
struct Entry<'a> {
    key_hash: u32,
    key: Cow<'a, str>,
    value: Slot<'a>,
}

#[derive(Clone, Debug)]
enum Slot<'a> {
    /// A stretch of `Context::lists`.
    Multiple {
        start: usize,
        end: usize,
    },
    Single(Cow<'a, str>),
}

/// One entry of a [`Context`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextEntry<'c> {
    /// The name as it was inserted.
    pub key: &'c str,
    /// The value or values.
    pub value: ContextValue<'c>,
}

/// The value of a condition key; which of the two it is, is a property of the key and not of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextValue<'c> {
    /// A multivalued key, with any number of values.
    Multiple(&'c [Cow<'c, str>]),
    /// A single-valued key.
    Single(&'c str),
}

impl<'a> Context<'a> {
    /// Makes an empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty context with room for this many entries.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            entries: Vec::with_capacity(entries),
            lists: Vec::new(),
        }
    }

    /// Adds the value of a single-valued key.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let key = key.into();
        self.entries.push(Entry {
            key_hash: hash_key(&key),
            key,
            value: Slot::Single(value.into()),
        });
    }

    /// Adds the values of a multivalued key, which may be none.
    pub fn insert_list<V: Into<Cow<'a, str>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        let key = key.into();
        let start = self.lists.len();
        self.lists.extend(values.into_iter().map(Into::into));
        let value = Slot::Multiple {
            start,
            end: self.lists.len(),
        };
        self.entries.push(Entry {
            key_hash: hash_key(&key),
            key,
            value,
        });
    }

    /// Returns the entries of a key, mostly one or none.
    pub fn get<'c>(&'c self, key: &'c str) -> impl Iterator<Item = ContextEntry<'c>> + Clone {
        self.find(hash_key(key), key)
    }

    /// Returns all entries in the order in which they were inserted.
    pub fn iter(&self) -> impl Iterator<Item = ContextEntry<'_>> {
        self.entries.iter().map(|entry| self.show(entry))
    }

    pub(crate) fn find<'c>(
        &'c self,
        hash: u32,
        key: &'c str,
    ) -> impl Iterator<Item = ContextEntry<'c>> + Clone {
        self.entries
            .iter()
            .filter(move |entry| entry.key_hash == hash && is_same_key(&entry.key, key))
            .map(|entry| self.show(entry))
    }

    fn show<'c>(&'c self, entry: &'c Entry<'a>) -> ContextEntry<'c> {
        let value = match &entry.value {
            Slot::Multiple { start, end } => {
                ContextValue::Multiple(self.lists.get(*start..*end).unwrap_or_default())
            }
            Slot::Single(value) => ContextValue::Single(value),
        };
        ContextEntry {
            key: &entry.key,
            value,
        }
    }
}

/// Hashes the length and the last letters of a name, so that spellings which differ in ASCII case agree.
///
/// Nothing depends on its spread but speed: whatever it finds is compared in full.
pub(crate) fn hash_key(key: &str) -> u32 {
    const LOWER_CASE: u64 = 0x2020_2020_2020_2020;
    let bytes = key.as_bytes();
    let letters = match bytes.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => bytes
            .iter()
            .fold(0, |letters, byte| letters << 8 | u64::from(*byte)),
    };
    let [a, b, c, d, e, f, g, h] = (letters | LOWER_CASE)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .to_le_bytes();
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    (u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h])).wrapping_add(length)
}

/// Compares two names without regard to ASCII case; most are spelled alike.
fn is_same_key(left: &str, right: &str) -> bool {
    left == right || left.eq_ignore_ascii_case(right)
}
