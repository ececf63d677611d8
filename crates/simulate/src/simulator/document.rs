//! The documents of a simulation, and where their statements stand.

use std::sync::Arc;

use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy};
use keyward_policy::{ParsePolicyError, Policy, Position, Span};

use super::keys::{KeyNames, context_keys};

/// Whose policies a set of documents holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// Policies of any kind, which are read and decide nothing.
    Any,
    /// Policies that belong to the caller, or bound it.
    Identity,
    /// SCPs of one level.
    Organization,
    /// The policy of the resources.
    Resource,
}

/// A statement that made a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchedStatement {
    /// Whose policy it stands in.
    pub kind: SourceKind,
    /// The policy, by the name that it was added under.
    pub source: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// A document that is no policy of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// It can't be read.
    #[error(transparent)]
    Parse(#[from] ParsePolicyError),
    /// An identity policy, boundary or SCP that names principals; holds the statement, counted from 0.
    #[error("Statement[{0}]: Policy document should not specify a principal.")]
    Principal(usize),
    /// A resource policy that names none; holds the statement, counted from 0.
    #[error("Statement[{0}]: Missing required field Principal")]
    PrincipalMissing(usize),
}

/// Documents that stand in one layer.
#[derive(Debug)]
pub struct Documents {
    kind: SourceKind,
    attached: Vec<AttachedPolicy>,
    sources: Vec<Source>,
    keys: KeyNames,
}

#[derive(Debug)]
struct Source {
    name: Arc<str>,
    spans: Vec<Span>,
}

impl Documents {
    /// Makes an empty set.
    #[must_use]
    pub fn new(kind: SourceKind) -> Self {
        Self {
            kind,
            attached: Vec::new(),
            sources: Vec::new(),
            keys: KeyNames::default(),
        }
    }

    /// Adds a document that a caller sent.
    ///
    /// # Errors
    /// [`InvalidDocument`] where it is no policy of its kind.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: &str) -> Result<(), InvalidDocument> {
        let policy = Policy::parse(text)?;
        for (index, statement) in policy.statements.iter().enumerate() {
            match (self.kind, &statement.principal) {
                (SourceKind::Resource, None) => {
                    return Err(InvalidDocument::PrincipalMissing(index));
                }
                (SourceKind::Identity | SourceKind::Organization, Some(_)) => {
                    return Err(InvalidDocument::Principal(index));
                }
                (SourceKind::Any, _)
                | (SourceKind::Resource, Some(_))
                | (SourceKind::Identity | SourceKind::Organization, None) => {}
            }
        }
        self.keep(name.into(), text, &policy);
        Ok(())
    }

    /// Adds a document as it is stored; one that can't be read refuses whatever is asked.
    pub fn add_stored(&mut self, name: impl Into<Arc<str>>, text: &str) {
        let name = name.into();
        match Policy::parse(text) {
            Ok(policy) => self.keep(name, text, &policy),
            Err(error) => self.push(
                name,
                CompiledPolicy::unusable(error.to_string()),
                Vec::new(),
            ),
        }
    }

    fn keep(&mut self, name: Arc<str>, text: &str, policy: &Policy) {
        self.keys.extend(context_keys(policy));
        self.push(name, CompiledPolicy::compile(policy), spans(text, policy));
    }

    fn push(&mut self, name: Arc<str>, policy: CompiledPolicy, spans: Vec<Span>) {
        let to = match self.kind {
            SourceKind::Identity => AttachedTo::User(Arc::from("")),
            SourceKind::Organization => AttachedTo::Organization(Arc::clone(&name)),
            SourceKind::Any | SourceKind::Resource => AttachedTo::Resource,
        };
        let attached = AttachedPolicy::new(Arc::new(policy), Arc::clone(&name), None, to);
        self.attached.push(attached);
        self.sources.push(Source { name, spans });
    }

    /// Returns the compiled documents.
    pub(super) fn attached(&self) -> &[AttachedPolicy] {
        &self.attached
    }

    /// Returns the condition keys that the documents look at, each once, in the order in which they are named.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(str::to_owned)
    }

    /// Returns where a statement stands.
    pub(super) fn statement(&self, policy: usize, statement: usize) -> Option<MatchedStatement> {
        let source = self.sources.get(policy)?;
        Some(MatchedStatement {
            kind: self.kind,
            source: Arc::clone(&source.name),
            span: *source.spans.get(statement)?,
        })
    }
}

/// Returns where AWS says that the statements stand: each ends behind its `}` and begins where its reader had come when it
/// turned to the statement, behind the `[` of the list, the `}` of the statement before, or its own `{` where it stands
/// alone.
// SOURCE: answers of AWS that were seen: a lone statement of `{"Version":"2012-10-17","Statement":{…` begins at column
// 38, the first of a list at column 38 too, and the next one where the first ended.
fn spans(text: &str, policy: &Policy) -> Vec<Span> {
    let mut begin = policy
        .statements
        .first()
        .map_or(Position::default(), |first| start(text, first.span.start));
    let statements = policy.statements.iter();
    statements
        .map(|statement| {
            let span = Span {
                start: begin,
                end: statement.span.end,
            };
            begin = statement.span.end;
            span
        })
        .collect()
}

/// Returns where the reader has come before the first statement, whose `{` stands at `brace`.
fn start(text: &str, brace: Position) -> Position {
    let mut here = Position { line: 1, column: 1 };
    let mut behind = here;
    let mut last = None;
    for character in text.chars() {
        if here == brace {
            break;
        }
        here = match character {
            '\n' => Position {
                line: here.line.saturating_add(1),
                column: 1,
            },
            _ => Position {
                column: here.column.saturating_add(1),
                ..here
            },
        };
        if !character.is_ascii_whitespace() {
            (last, behind) = (Some(character), here);
        }
    }
    match last {
        Some('[') => behind,
        Some(_) | None => Position {
            column: brace.column.saturating_add(1),
            ..brace
        },
    }
}
