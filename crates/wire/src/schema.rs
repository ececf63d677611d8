//! Descriptors of shapes: the constraints of the service models as data.
//!
//! The generated code holds one static [`Shape`] a shape; the module `validate` is the one interpreter.

use crate::pattern::Pattern;

/// A member of a structure, or a parameter of an operation.
#[derive(Debug)]
pub struct Member {
    /// The name on the wire, such as `UserName`.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it holds.
    pub shape: &'static Shape,
}

/// The kind of a shape, with what is inside it.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// One of these strings.
    Enumeration(&'static [&'static str]),
    /// A number of 32 bits.
    Integer,
    /// `Name.member.N`.
    List(&'static Shape),
    /// `Name.entry.N.key` and `Name.entry.N.value`.
    Map {
        /// The shape of keys.
        key: &'static Shape,
        /// The shape of values.
        value: &'static Shape,
    },
    /// Text.
    String,
    /// Members, in the model's order.
    Structure(fn() -> &'static [Member]),
    /// A structure of which exactly one member is set.
    Union(fn() -> &'static [Member]),
}

/// A shape of the service model with its constraints.
#[derive(Debug)]
pub struct Shape {
    /// The model's name, such as `userNameType`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The least length in characters or elements, or the least value of a number.
    pub min: Option<i64>,
    /// The greatest length in characters or elements, or the greatest value of a number.
    pub max: Option<i64>,
    /// The pattern that a string must match from start to end.
    pub pattern: Option<&'static Pattern>,
    /// Whether the value may never be echoed.
    pub sensitive: bool,
}

impl Shape {
    /// A shape without constraints.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            min: None,
            max: None,
            pattern: None,
            sensitive: false,
        }
    }

    /// Adds the least length or value.
    pub(crate) const fn min(self, min: i64) -> Self {
        Self {
            min: Some(min),
            ..self
        }
    }

    /// Adds the greatest length or value.
    pub(crate) const fn max(self, max: i64) -> Self {
        Self {
            max: Some(max),
            ..self
        }
    }

    /// Adds a pattern.
    pub(crate) const fn pattern(self, pattern: &'static Pattern) -> Self {
        Self {
            pattern: Some(pattern),
            ..self
        }
    }

    /// Marks the value as one that may never be echoed.
    pub(crate) const fn sensitive(self) -> Self {
        Self {
            sensitive: true,
            ..self
        }
    }
}
