//! Condition keys: their types, and finding one by a name that a policy may spell in any case.

use crate::global;
use crate::index::Tables;

/// A condition key and its declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey<'t> {
    /// The name as AWS writes it; a template has one `${…}` (`aws:ResourceTag/${TagKey}`).
    pub name: &'t str,
    /// The type of each value.
    pub value_type: ValueType,
    /// Whether the key holds one value or a list.
    pub cardinality: Cardinality,
}

/// The type of a condition key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// An Amazon Resource Name.
    Arn,
    /// Base64 text.
    Binary,
    /// `true` or `false`.
    Bool,
    /// A moment: ISO 8601 or seconds since 1970.
    Date,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A number.
    Numeric,
    /// Any text.
    String,
}

/// Whether a condition key holds one value or a list: a property of the key, not of one request's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Declared `ArrayOf…`: to be asked with `ForAllValues` or `ForAnyValue`.
    Multivalued,
    /// One value.
    SingleValued,
}

impl ConditionKey<'_> {
    /// Says whether the key holds a list.
    #[must_use]
    pub fn is_multivalued(&self) -> bool {
        self.cardinality == Cardinality::Multivalued
    }

    /// Says whether the name has a part of the caller's choosing.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.name.contains("${")
    }

    /// Returns how many literal characters of a template a name matches, `None` where it does not match.
    fn matches(&self, name: &str) -> Option<usize> {
        let (before, rest) = self.name.split_once("${")?;
        let (_, after) = rest.split_once('}')?;
        let (head, rest) = name.as_bytes().split_at_checked(before.len())?;
        let tail_at = rest.len().checked_sub(after.len()).filter(|at| *at > 0)?;
        let (_, tail) = rest.split_at_checked(tail_at)?;
        let matches = head.eq_ignore_ascii_case(before.as_bytes())
            && tail.eq_ignore_ascii_case(after.as_bytes());
        matches.then(|| before.len().saturating_add(after.len()))
    }
}

impl ValueType {
    /// Reads a declared type (`String`, `ArrayOfARN`).
    pub(crate) fn parse(declared: &str) -> Option<(Self, Cardinality)> {
        let (name, cardinality) = match declared.strip_prefix("ArrayOf") {
            None => (declared, Cardinality::SingleValued),
            Some(name) => (name, Cardinality::Multivalued),
        };
        let value_type = match name {
            "ARN" => Self::Arn,
            "Binary" => Self::Binary,
            "Bool" => Self::Bool,
            "Date" => Self::Date,
            "IPAddress" => Self::IpAddress,
            "Numeric" => Self::Numeric,
            "String" => Self::String,
            _ => return None,
        };
        Some((value_type, cardinality))
    }

    /// Returns AWS's word for the type of a single value (`ARN`, `IPAddress`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arn => "ARN",
            Self::Binary => "Binary",
            Self::Bool => "Bool",
            Self::Date => "Date",
            Self::IpAddress => "IPAddress",
            Self::Numeric => "Numeric",
            Self::String => "String",
        }
    }
}

/// Finds a key: plain names before templates, what is written by hand before the table, the longest template first.
pub(crate) fn find<'t>(tables: &'t Tables<'t>, name: &str) -> Option<ConditionKey<'t>> {
    if let Some(key) = global::find(name).or_else(|| tables.key(name)) {
        return Some(key);
    }
    let templates = global::templates().chain(tables.templates());
    let matches = templates.filter_map(|key| Some((key.matches(name)?, key)));
    // Of equals the first is kept, and those written by hand come first.
    let longest = matches.reduce(|best, next| if next.0 > best.0 { next } else { best });
    longest
        .map(|(_, key)| key)
        .or_else(|| global::provider_key(name))
}
