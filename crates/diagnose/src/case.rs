//! What a diagnosis is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_engine::{LayerKind, Layers, Request, StatementRef};
use keyward_policy::{Policy, Position};

/// A request with everything that is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Who asks for what.
    pub request: Request<'a>,
    /// The policies that bear on it.
    pub layers: &'a Layers<'a>,
    /// The documents of those policies, for places and for edits. A policy without one is explained all the same, but
    /// no edit of it is proposed.
    pub documents: &'a Documents,
    /// Layers that may hold policies which nobody has given. They are reported as unknown instead of as absent.
    pub unseen: &'a [LayerKind],
    /// What was taken for granted, to be told with the report.
    pub notes: &'a [String],
}

/// Where a policy stands among the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyPlace {
    /// The layer.
    pub layer: LayerKind,
    /// The list within the layer, counted from 0.
    pub list: usize,
    /// The policy within the list, counted from 0.
    pub policy: usize,
}

impl From<StatementRef> for PolicyPlace {
    /// Forgets the statement.
    fn from(at: StatementRef) -> Self {
        Self {
            layer: at.layer,
            list: at.list,
            policy: at.policy,
        }
    }
}

/// The documents of the policies in the layers.
pub type Documents = BTreeMap<PolicyPlace, Document>;

/// A policy document as it was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says.
    pub policy: Arc<Policy>,
    /// Where its text is.
    pub origin: Origin,
}

/// Where the text of a document is, which says what its positions count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a file, from this position on: places are those of the file.
    File {
        /// The file's path.
        path: Arc<str>,
        /// Where the document begins.
        start: Position,
    },
    /// In a string of a file that begins at this position, percent-encoded or with escapes.
    InString {
        /// The file's path.
        path: Arc<str>,
        /// Where the string begins.
        at: Position,
    },
    /// A text of its own with several lines: places are those of the document.
    Lines,
    /// A text of its own without line breaks: only columns mean something.
    OneLine,
}

impl Origin {
    /// Says what kind of text of its own this is.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if text.trim().contains('\n') {
            Self::Lines
        } else {
            Self::OneLine
        }
    }
}
