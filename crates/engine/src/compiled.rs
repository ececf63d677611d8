//! Compiled policies: the document's text and what is known about it before any request.
//!
//! Everything lies in a few flat arrays with 4-byte offsets into one text, so that a compiled document takes at most
//! about three times the bytes of its source. Nothing is resolved here: see `compile.rs` for how it is made and
//! `statement.rs` for how it is read.

use std::ops::Range;

use keyward_policy::{Effect, Policy, SetQualifier, Span, Test, Version};

use crate::index::Index;
use crate::place::Place;
use crate::template::has_variables;
use crate::trace::ElementForm;

/// A policy document made ready for decisions.
///
/// Immutable and meant to be shared (`Arc<CompiledPolicy>`): a document that thousands of principals attach exists
/// once.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    /// Every text of the document one after the other; of an unusable document, the reason.
    pub(crate) text: Box<str>,
    pub(crate) values: Box<[Value]>,
    pub(crate) statements: Box<[Statement]>,
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) index: Index,
    pub(crate) state: State,
}

/// Whether a document can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Unusable,
    Usable(Version),
}

/// One text of a document: from `start` in the policy's text to the start of the next value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) start: u32,
    pub(crate) place: Place,
    /// Where the resource part of a pattern begins, from `start`, if what is before it is plain text; else 0.
    pub(crate) head: u16,
    pub(crate) kind: Kind,
}

/// What is known of a text before any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text without wildcards and variables.
    Exact,
    /// `*` as an action or resource pattern, or as a principal.
    Everything,
    /// A text with wildcards.
    Glob,
    /// Fits nothing.
    Never,
    /// A resource pattern whose only wildcard is a `*` at its end, after the fifth colon.
    Prefix,
    /// An entry below `AWS` in a principal element.
    PrincipalAws,
    /// An entry below `CanonicalUser`.
    PrincipalCanonicalUser,
    /// An entry below `Federated`.
    PrincipalFederated,
    /// An entry below `Service`.
    PrincipalService,
    /// A resource pattern that begins with `arn:` and has fewer than five colons.
    ShortArn,
    /// A resource pattern with a policy variable where none belongs: in place of partition or service, or in half an ARN.
    VariableInHead,
    /// A text with policy variables.
    Variables,
}

/// One statement: stretches of the value and condition arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    pub(crate) span: Span,
    /// Its values in the order Sid, principals, actions, resources.
    pub(crate) sid_start: u32,
    pub(crate) principals_start: u32,
    pub(crate) actions_start: u32,
    pub(crate) resources_start: u32,
    pub(crate) resources_end: u32,
    pub(crate) conditions_start: u32,
    pub(crate) conditions_end: u32,
    pub(crate) effect: Effect,
    pub(crate) principal: ElementForm,
    pub(crate) action: ElementForm,
    pub(crate) resource: ElementForm,
    /// Says what `RCPFullAWSAccess` says: Allow, anyone, everything, everywhere, always.
    pub(crate) is_full_access: bool,
}

/// One operator and key. Its values are the key, the operator where it is unknown, and what is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    pub(crate) key: u32,
    pub(crate) end: u32,
    pub(crate) key_hash: u32,
    pub(crate) operator_place: Place,
    pub(crate) operator: Operator,
    /// The same operator and key as the condition before, in another spelling.
    pub(crate) is_twin: bool,
}

impl Condition {
    /// Returns where the wanted values begin.
    fn wanted_start(&self) -> u32 {
        let before = match self.operator {
            Operator::Known { .. } => 1,
            Operator::Unknown => 2,
        };
        self.key.saturating_add(before)
    }

    pub(crate) fn wants_nothing(&self) -> bool {
        self.wanted_start() >= self.end
    }
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Known {
        qualifier: Option<SetQualifier>,
        test: Test,
        if_exists: bool,
    },
    Unknown,
}

/// A text of the document with what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'p> {
    pub(crate) text: &'p str,
    pub(crate) kind: Kind,
    pub(crate) head: usize,
    pub(crate) place: Place,
}

/// One statement of a compiled policy, to point back at its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementInfo<'p> {
    /// Its place in the document, counted from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<&'p str>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Where it is written.
    pub span: Span,
}

impl CompiledPolicy {
    /// Compiles a document.
    ///
    /// Total: an element that can never be understood is kept, and never matches in an Allow and always in a Deny, as
    /// `spec/policy-language.md` says element by element.
    #[must_use]
    pub fn compile(policy: &Policy) -> Self {
        crate::compile::compile(policy)
    }

    /// Stands for a document that cannot be read: whoever it applies to is allowed nothing.
    #[must_use]
    pub fn unusable(reason: impl Into<Box<str>>) -> Self {
        Self {
            text: reason.into(),
            values: Box::default(),
            statements: Box::default(),
            conditions: Box::default(),
            index: Index::default(),
            state: State::Unusable,
        }
    }

    /// Returns why the document cannot be used, `None` where it can.
    #[must_use]
    pub fn unusable_reason(&self) -> Option<&str> {
        match self.state {
            State::Unusable => Some(&self.text),
            State::Usable(_) => None,
        }
    }

    /// Returns whether anything in the document looks at the context of a request: a condition, or a variable.
    ///
    /// Where nothing in any layer does ([`Layers::read_context`](crate::Layers::read_context)), the decision is the same
    /// whatever the context has.
    #[must_use]
    pub fn reads_context(&self) -> bool {
        !self.conditions.is_empty() || self.values.iter().any(|value| has_variables(value.kind))
    }

    /// Returns a statement by its place in the document, counted from 0.
    #[must_use]
    pub fn statement(&self, index: usize) -> Option<StatementInfo<'_>> {
        let statement = self.statements.get(index)?;
        Some(StatementInfo {
            index,
            sid: self.sid(statement),
            effect: statement.effect,
            span: statement.span,
        })
    }

    /// Returns all statements in the order of the document.
    pub fn statements(&self) -> impl Iterator<Item = StatementInfo<'_>> {
        (0..self.statements.len()).filter_map(|index| self.statement(index))
    }

    /// Returns how many bytes the compiled document takes, itself included.
    #[must_use]
    pub fn size(&self) -> usize {
        [
            size_of::<Self>(),
            size_of_val::<str>(&self.text),
            size_of_val::<[Value]>(&self.values),
            size_of_val::<[Statement]>(&self.statements),
            size_of_val::<[Condition]>(&self.conditions),
            self.index.heap_size(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    pub(crate) fn sid(&self, statement: &Statement) -> Option<&str> {
        self.written(statement.sid_start..statement.principals_start)
            .next()
            .map(|sid| sid.text)
    }

    pub(crate) fn principals(
        &self,
        statement: &Statement,
    ) -> impl Iterator<Item = Written<'_>> + Clone {
        self.written(statement.principals_start..statement.actions_start)
    }

    pub(crate) fn actions(
        &self,
        statement: &Statement,
    ) -> impl Iterator<Item = Written<'_>> + Clone {
        self.written(statement.actions_start..statement.resources_start)
    }

    pub(crate) fn resources(
        &self,
        statement: &Statement,
    ) -> impl Iterator<Item = Written<'_>> + Clone {
        self.written(statement.resources_start..statement.resources_end)
    }

    pub(crate) fn conditions(&self, statement: &Statement) -> &[Condition] {
        self.conditions
            .get(to_usize(statement.conditions_start)..to_usize(statement.conditions_end))
            .unwrap_or_default()
    }

    pub(crate) fn key(&self, condition: &Condition) -> Written<'_> {
        self.value(to_usize(condition.key))
    }

    /// Returns the text of an unknown operator.
    pub(crate) fn unknown_operator(&self, condition: &Condition) -> &str {
        self.value(to_usize(condition.key).saturating_add(1)).text
    }

    pub(crate) fn wanted(
        &self,
        condition: &Condition,
    ) -> impl Iterator<Item = Written<'_>> + Clone {
        self.written(condition.wanted_start()..condition.end)
    }

    fn written(&self, range: Range<u32>) -> impl Iterator<Item = Written<'_>> + Clone {
        (to_usize(range.start)..to_usize(range.end)).map(|index| self.value(index))
    }

    fn value(&self, index: usize) -> Written<'_> {
        let end = self
            .values
            .get(index.saturating_add(1))
            .map_or(self.text.len(), |next| to_usize(next.start));
        // INVARIANT: the compiler hands out only ranges of values that it has written.
        self.values.get(index).map_or(
            Written {
                text: "",
                kind: Kind::Never,
                head: 0,
                place: Place::default(),
            },
            |value| Written {
                text: self
                    .text
                    .get(to_usize(value.start)..end)
                    .unwrap_or_default(),
                kind: value.kind,
                head: usize::from(value.head),
                place: value.place,
            },
        )
    }
}

/// Widens an offset; the engine runs where a `usize` has at least 32 bits.
pub(crate) fn to_usize(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
