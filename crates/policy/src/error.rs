//! Why a text is no policy.

use std::fmt;

use crate::ast::Span;

/// A refusal to read a text as a policy: what is wrong, where, and what to do.
///
/// Displays as `Statement[2].Action: expected a string or a list of strings, found a number (line 7, column 17)`.
/// Statements are counted from 0, lines and columns from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem} (line {}, column {})", span.start.line, span.start.column)]
pub struct ParsePolicyError {
    place: String,
    problem: Problem,
    span: Span,
    /// The statement that the problem is in, for checks that go statement by statement.
    pub(crate) statement: Option<usize>,
}

impl ParsePolicyError {
    pub(crate) fn at(place: &Place<'_>, span: Span, problem: Problem) -> Self {
        Self {
            place: place.to_string(),
            problem,
            span,
            statement: place.statement(),
        }
    }

    pub(crate) fn in_policy(span: Span, problem: Problem) -> Self {
        Self::at(&Place::POLICY, span, problem)
    }

    /// Returns the path to the element, such as `Statement[0].Condition.Bool`, or `policy` for the whole.
    ///
    /// Keys of more than 64 characters are cut.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns where the offending text is.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

/// The ways in which a text can fail to be a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// `X` and `NotX` in one statement; holds the two names.
    #[error("a statement cannot have both {0} and {1}; keep one of them")]
    Both(&'static str, &'static str),
    /// One object has the same key twice; a reader that kept the last would lose a condition or a statement.
    #[error("the key is given twice in one object; merge the two")]
    DuplicateKey,
    /// `Statement` is an empty list.
    #[error("the list of statements is empty; write at least one statement")]
    EmptyStatement,
    /// `Effect` is spelled in another case, such as `allow`.
    #[error("write Allow or Deny with exactly these letters")]
    EffectCase(String),
    /// `Effect` is some other text.
    #[error("the effect must be Allow or Deny")]
    InvalidEffect(String),
    /// `Version` is some other text.
    #[error("the version must be 2012-10-17 or 2008-10-17")]
    InvalidVersion,
    /// A required element is absent; holds its name.
    #[error("{0} is missing; add it")]
    Missing(&'static str),
    /// The text is not JSON; holds what the reader would have accepted.
    #[error("not valid JSON: {0}")]
    NotJson(&'static str),
    /// A principal written as a string other than `*`.
    #[error(
        "the only principal without a key is \"*\"; write {{\"AWS\": …}} or another key before it"
    )]
    PrincipalForm,
    /// Objects and lists are nested deeper than the limit, which it holds.
    #[error("more than {0} objects and lists inside one another; flatten the document")]
    TooDeep(usize),
    /// The text has more characters than the limit, which it holds.
    #[error("longer than {0} characters; split the policy")]
    TooLong(usize),
    /// A key that the language does not have; holds those that stand here.
    #[error("unknown element (names are case-sensitive); use one of {0}")]
    UnknownElement(&'static str),
    /// A value of another JSON type than the element has.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What the element holds, with its article.
        expected: &'static str,
        /// What stands there, with its article.
        found: &'static str,
    },
}

/// A path into a document, built on the stack while it is walked.
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Element(&'a str),
    Policy,
    Statement(usize),
}

const LONGEST_KEY: usize = 64;

impl<'a> Place<'a> {
    pub(crate) const POLICY: Place<'static> = Place {
        parent: None,
        step: Step::Policy,
    };

    pub(crate) fn element<'b>(&'b self, name: &'b str) -> Place<'b> {
        Place {
            parent: Some(self),
            step: Step::Element(name),
        }
    }

    pub(crate) fn at_statement(index: usize) -> Place<'a> {
        Place {
            parent: None,
            step: Step::Statement(index),
        }
    }

    /// Returns the statement that the place is in.
    pub(crate) fn statement(&self) -> Option<usize> {
        match self.step {
            Step::Statement(index) => Some(index),
            Step::Element(_) | Step::Policy => self.parent?.statement(),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Policy => f.write_str("policy"),
            Step::Statement(index) => write!(f, "Statement[{index}]"),
            Step::Element(name) => {
                if let Some(parent) = self
                    .parent
                    .filter(|parent| !matches!(parent.step, Step::Policy))
                {
                    write!(f, "{parent}.")?;
                }
                match name.char_indices().nth(LONGEST_KEY) {
                    None => f.write_str(name),
                    Some((end, _)) => write!(f, "{}…", name.get(..end).unwrap_or_default()),
                }
            }
        }
    }
}
