//! What a diagnosis says: plain data, in the order in which it is read.

use std::fmt;
use std::sync::Arc;

use keyward_engine::{Decision, LayerKind};
use keyward_policy::{Effect, Position};

/// The explanation of one request.
#[derive(Clone, Debug)]
pub struct Report {
    /// The engine's answer.
    pub decision: Decision,
    /// Whether it hangs on a layer that nobody has looked at.
    pub uncertain: bool,
    /// Whether AWS itself is known to have refused the request by a layer that was not part of the input: whatever the
    /// engine says of the rest, it is denied.
    pub overruled: bool,
    /// What happened and why, in one sentence or two.
    pub verdict: Vec<String>,
    /// Who asked: an ARN, a service's name, or `*` for anyone.
    pub principal: String,
    /// The action, as given.
    pub action: String,
    /// The resource, as given.
    pub resource: String,
    /// What AWS answers; `None` where the request is allowed.
    pub message: Option<String>,
    /// Every layer, in the order in which AWS looks at them.
    pub layers: Vec<LayerReport>,
    /// Condition keys that statements about this action and resource ask for and the request does not have.
    pub keys_not_given: Vec<String>,
    /// For an allowed request, what would turn the answer.
    pub turns: Vec<String>,
    /// What is known beyond the policies, such as the symptom that this is.
    pub findings: Vec<Finding>,
    /// What was taken for granted.
    pub notes: Vec<String>,
    /// What would turn a refusal into an Allow, what gives least first. The engine has allowed the request with each.
    pub fixes: Vec<Fix>,
    /// Why there is no fix, where there is none.
    pub no_fix: Option<String>,
}

impl Report {
    /// Returns the statements that determined the decision, in the order of layers, policies and documents.
    pub fn determining(&self) -> impl Iterator<Item = &StatementReport> {
        self.layers
            .iter()
            .flat_map(|layer| &layer.statements)
            .filter(|statement| statement.determined)
    }
}

/// Something that is known beyond the policies, and what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, in a few words.
    pub title: String,
    /// What is known.
    pub sentences: Vec<String>,
    /// Commands to run, in order.
    pub commands: Vec<String>,
}

/// The diagnosis of a symptom that no policy decides: what it is, from what, and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// What happened, in one sentence or two.
    pub verdict: Vec<String>,
    /// What is known of it: a name and a value each.
    pub facts: Vec<(String, String)>,
    /// Causes, the likeliest first, or what else is to be told.
    pub findings: Vec<Finding>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

/// What one layer said.
#[derive(Clone, Debug)]
pub struct LayerReport {
    /// Which.
    pub layer: LayerKind,
    /// What it is called for this resource: a role's own policy is its `role trust policy`.
    pub name: &'static str,
    /// What it came to.
    pub state: LayerState,
    /// The same in words.
    pub sentence: String,
    /// Whether it decided.
    pub decided: bool,
    /// Statements that matched; those that determined the decision are marked.
    pub statements: Vec<StatementReport>,
    /// Allow statements that match but for one element, the nearest first; only where the layer lacks an Allow.
    pub near_misses: Vec<StatementReport>,
    /// How many more there are of these.
    pub more_near_misses: usize,
}

/// What a layer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerState {
    /// It allows.
    Allows,
    /// It denies explicitly.
    Denies,
    /// It is there, but this request is exempt from it.
    Exempt,
    /// It had to allow and does not.
    Lacks,
    /// There is none.
    None,
    /// It says nothing about the request, and need not.
    NoImpact,
    /// It was never asked, since a rule that no policy changes came first.
    NotAsked,
    /// Whether there is one was not part of the input.
    Unknown,
}

impl LayerState {
    /// Returns the name that JSON output has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allows => "allows",
            Self::Denies => "explicitDeny",
            Self::Exempt => "exempt",
            Self::Lacks => "implicitDeny",
            Self::NoImpact => "noImpact",
            Self::None => "none",
            Self::NotAsked => "notAsked",
            Self::Unknown => "unknown",
        }
    }
}

/// One statement with what became of it.
#[derive(Clone, Debug)]
pub struct StatementReport {
    /// The layer that it stands in.
    pub layer: LayerKind,
    /// The policy's name.
    pub policy: String,
    /// The ARN of a managed policy.
    pub arn: Option<String>,
    /// What the policy is attached to, such as `user alice`.
    pub attached_to: String,
    /// Its place in the document, counted from 0.
    pub index: usize,
    /// How many statements the document has.
    pub of: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Where it is written; `None` where the document is not known.
    pub place: Option<Place>,
    /// Whether it is one of those that determined the decision.
    pub determined: bool,
    /// Its elements, in the order in which they are looked at.
    pub elements: Vec<Element>,
}

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file; `None` where the position counts from the start of the document.
    pub file: Option<Arc<str>>,
    /// Line and column, counted from 1.
    pub position: Position,
    /// Whether the document is one line, so that only the column means something.
    pub one_line: bool,
    /// Where the document is in a string of the file, which begins at `position`: the place within the document.
    pub inner: Option<Position>,
}

impl fmt::Display for Place {
    /// Writes `export.json:14:9`, `export.json:14:9 (in the string, column 35 of its document)`, `line 7, column 5 of its document` or `column 35 of its document`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        match &self.file {
            Some(file) => {
                write!(f, "{file}:{line}:{column}")?;
                match self.inner {
                    None => Ok(()),
                    Some(Position { line: 1, column }) => {
                        write!(f, " (in the string, column {column} of its document)")
                    }
                    Some(Position { line, column }) => write!(
                        f,
                        " (in the string, line {line}, column {column} of its document)"
                    ),
                }
            }
            None if self.one_line => write!(f, "column {column} of its document"),
            None => write!(f, "line {line}, column {column} of its document"),
        }
    }
}

/// One element of a statement, held against the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `Action`, `NotAction`, `Resource`, … or `Condition`.
    pub name: &'static str,
    /// Of a condition, the operator and key.
    pub condition: Option<(String, String)>,
    /// Whether it matches.
    pub mark: Mark,
    /// What the policy wants: those entries that made the element match, or else the nearest.
    pub wanted: Vec<Wanted>,
    /// How many more entries there are.
    pub more: usize,
    /// What the request has.
    pub seen: Seen,
    /// What is probably wrong, where that can be told.
    pub hint: Option<String>,
}

/// Whether an element matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It matches.
    Fits,
    /// It does not.
    Misses,
}

/// One entry of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The text as written.
    pub text: String,
    /// The text with policy variables replaced, where it has any.
    pub replaced: Option<String>,
}

/// What the request has in the place of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A condition key without a value.
    NotGiven,
    /// One value.
    One(String),
    /// The values of a multivalued key.
    Several(Vec<String>),
}

/// Something that would change the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it gives beyond this request, in words.
    pub gives: String,
    /// What is to be done; all of it.
    pub steps: Vec<Step>,
    /// How much it gives, to rank by: 0 where no policy changes, 1 for exactly this request.
    pub breadth: u64,
    /// What was tried to prove it; `None` before it is.
    pub proof: Option<Proof>,
    /// Whose change it needs, where it is not the account's own.
    pub by: Option<String>,
}

/// What the engine said of requests near the one that is to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// How many were tried, before and after.
    pub tried: usize,
    /// How many of them become allowed; all are what the changed statement says, or what the policies as they are say of
    /// requests that are sent so.
    pub more: usize,
    /// Some of these, as `s3:PutObject on arn:…`.
    pub examples: Vec<String>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write a new statement.
    AddStatement {
        /// The layer that it belongs to.
        layer: LayerKind,
        /// Where to put it, in words.
        place: String,
        /// The statement as JSON.
        statement: String,
    },
    /// Ask in another way; no policy changes.
    ChangeRequest {
        /// What to do, in words.
        what: String,
        /// The condition key.
        key: String,
        /// The value that it needs; `None` where it must be left out.
        value: Option<String>,
    },
    /// Change a statement.
    EditStatement {
        /// The layer that it stands in.
        layer: LayerKind,
        /// The policy's name.
        policy: String,
        /// Its place in the document, counted from 0.
        index: usize,
        /// What to do, in words.
        what: String,
        /// What then stands there, as JSON.
        json: String,
    },
}
