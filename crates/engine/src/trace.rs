//! What was looked at on the way to a decision: plain data, for printers and for finding fixes.

use std::sync::Arc;

use keyward_policy::{Effect, Span};

use crate::attached::AttachedTo;
use crate::decision::{Decision, LayerKind, StatementRef};

/// Everything that one decision looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The decision itself.
    pub decision: Decision,
    /// Whether the principal's account owns the resource.
    pub accounts: AccountRelation,
    /// How the Allow statements of the resource policy named the principal.
    pub resource_grants: MatchClasses,
    /// All layers, in evaluation order, also those that do not apply. Empty where a fixed rule decided before any policy.
    pub layers: Vec<LayerTrace>,
}

/// What every layer says to a request, without the ways that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The decision itself.
    pub decision: Decision,
    /// All layers, in evaluation order, also those that do not apply. Empty where a fixed rule decided before any policy.
    pub layers: Vec<LayerSummary>,
    /// Every statement that matches and counts, in the order of layers, policies and documents.
    pub matched: Vec<(StatementRef, Effect)>,
}

impl Summary {
    /// Returns what a layer says; `None` where it does not apply or was not asked.
    #[must_use]
    pub fn outcome(&self, layer: LayerKind) -> Option<LayerOutcome> {
        let found = self.layers.iter().find(|found| found.layer == layer)?;
        (found.applicability == Applicability::Applies).then_some(found.outcome)
    }
}

/// What one layer says, taken alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSummary {
    /// Which.
    pub layer: LayerKind,
    /// Whether it applies to this request.
    pub applicability: Applicability,
    /// What it says.
    pub outcome: LayerOutcome,
}

/// Whether the principal's account owns the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountRelation {
    /// Another account owns it, or nobody is known to: both sides must allow.
    CrossAccount,
    /// The principal is in another partition than the resource, where no delegation reaches.
    CrossPartition,
    /// The principal's own account owns it.
    SameAccount,
}

/// The ways in which a principal element can name a principal, as a set.
// SOURCE: spec/policy-language.md §5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MatchClasses(u8);

impl MatchClasses {
    /// No class: the principal is not named.
    pub const NONE: Self = Self(0);
    /// By its account.
    pub const ACCOUNT: Self = Self(1);
    /// As anyone: `*`.
    pub const ANY: Self = Self(1 << 1);
    /// Exactly: the user, the role session, the federated session.
    pub const DIRECT: Self = Self(1 << 2);
    /// As the bearer of a token from a provider.
    pub const FEDERATED: Self = Self(1 << 3);
    /// As a service.
    pub const SERVICE: Self = Self(1 << 4);
    /// A federated session by the user who issued it.
    pub const SESSION_ISSUER: Self = Self(1 << 5);
    /// A role session by its role.
    pub const SESSION_ROLE: Self = Self(1 << 6);

    /// Returns both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the sets share a class.
    #[must_use]
    pub const fn has_any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Returns whether there is no class.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerTrace {
    /// Which.
    pub layer: LayerKind,
    /// Whether it applies to this request.
    pub applicability: Applicability,
    /// What it says, taken alone.
    pub outcome: LayerOutcome,
    /// For SCPs and RCPs, the levels (counted from 0, root first) where no statement allows.
    pub levels_without_allow: Vec<usize>,
    /// Its policies, in order.
    pub policies: Vec<PolicyTrace>,
}

/// Whether a layer applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// It does.
    Applies,
    /// It would, but for an exemption.
    Exempt(Exemption),
    /// There is none.
    NotAttached,
}

/// Why a layer that is there does not apply.
// SOURCE: spec/evaluation.md §1 and §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exemption {
    /// `kms:RetireGrant` is not subject to RCPs.
    KmsRetireGrant,
    /// The root user of the owner may always undo a policy that locks everyone out of its bucket or queue, so the
    /// resource policy's denies do not bind it for these actions.
    OwnerRootUnlocks,
    /// A service that assumes its own service-linked role is not subject to RCPs.
    OwnServiceLinkedRole,
    /// Principals of this kind are not subject to the layer.
    PrincipalKind,
    /// Sessions of service-linked roles are not subject to SCPs and RCPs.
    ServiceLinkedRole,
}

/// What a layer says, taken alone.
// SOURCE: spec/evaluation.md §7 (evaluatedEffect).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerOutcome {
    /// It allows.
    Allow,
    /// One of its statements denies.
    ExplicitDeny,
    /// It had to allow and does not.
    ImplicitDeny,
    /// It does not apply, or has nothing to say and need not.
    NoImpact,
}

/// One policy of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTrace {
    /// The list within the layer; see [`StatementRef::list`].
    pub list: usize,
    /// The place within the list.
    pub policy: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The ARN of a managed policy.
    pub arn: Option<Arc<str>>,
    /// What it is attached to.
    pub attached_to: AttachedTo,
    /// Why its document cannot be used, `None` where it can.
    pub unusable: Option<String>,
    /// Its statements, in order.
    pub statements: Vec<StatementTrace>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementTrace {
    /// Where it stands.
    pub at: StatementRef,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Where it is written.
    pub span: Span,
    /// Whether it matches the request.
    pub outcome: StatementOutcome,
    /// Its elements, in the order in which they are looked at: action, resource, principal, conditions.
    pub elements: Vec<ElementTrace>,
}

/// Whether a statement matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementOutcome {
    /// Every element matches. The classes say how the principal is named; none where the statement names nobody.
    Matched(MatchClasses),
    /// Every element matches, but the statement counts for nothing: an Allow in an RCP other than
    /// `RCPFullAWSAccess` or in the task policy of a root session, an account in the policy of a gateway endpoint, or a
    /// Deny that an [`Exemption`] lifts.
    MatchedWithoutEffect,
    /// An element does not match.
    Missed,
}

/// One element of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementTrace {
    /// `Action` or `NotAction`.
    Action(ListTrace),
    /// One operator and key of `Condition`.
    Condition(ConditionTrace),
    /// `Principal` or `NotPrincipal`.
    Principal(ListTrace),
    /// `Resource` or `NotResource`.
    Resource(ListTrace),
}

impl ElementTrace {
    /// Returns whether the element matches.
    #[must_use]
    pub fn matched(&self) -> bool {
        match self {
            Self::Action(list) | Self::Principal(list) | Self::Resource(list) => list.matched,
            Self::Condition(condition) => condition.matched,
        }
    }
}

/// An element that lists patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTrace {
    /// Which of its forms is written.
    pub form: ElementForm,
    /// Whether the element matches.
    pub matched: bool,
    /// What it lists, in order.
    pub patterns: Vec<PatternTrace>,
}

/// The forms of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementForm {
    /// Not written at all.
    Absent,
    /// `Action`, `Principal`, `Resource`.
    Listed,
    /// `NotAction`, `NotPrincipal`, `NotResource`.
    NotListed,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternTrace {
    /// The text as written.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    /// Whether it fits the request; in a `Not…` element a fit keeps the statement from matching.
    pub fits: bool,
    /// What became of its policy variables.
    pub expansion: Expansion,
}

/// What became of the policy variables in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// It has none, or its version does not know them.
    None,
    /// All have values; this is the text with them. Characters of a value never act as wildcards.
    Replaced(String),
    /// This variable, as written, has no usable value.
    Unresolved(String),
}

/// One operator and key of a `Condition` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionTrace {
    /// The operator as written, such as `ForAnyValue:StringLike`.
    pub operator: String,
    /// Where the operator is written.
    pub operator_span: Span,
    /// The key as written.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// Whether the condition holds.
    pub matched: bool,
    /// The values that the policy wants.
    pub wanted: Vec<WantedValue>,
    /// The values that the request has.
    pub actual: ActualValues,
    /// What else made the difference.
    pub reason: ConditionReason,
}

/// A value that a condition wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedValue {
    /// The text as written.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    /// What became of its policy variables.
    pub expansion: Expansion,
}

/// The values that a request has for a condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActualValues {
    /// The key is missing.
    Missing,
    /// The values of a multivalued key.
    Multiple(Vec<String>),
    /// The value of a single-valued key.
    Single(String),
    /// Several entries differ in the case of their names only; their values.
    Ambiguous(Vec<String>),
}

/// What decided a condition, beyond the comparison of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionReason {
    /// The values were compared.
    Compared,
    /// The policy lists no value.
    EmptyValueList,
    /// The request lacks the key, and the operator says what that means.
    MissingKey,
    /// A multivalued key needs `ForAllValues` or `ForAnyValue`.
    MissingSetOperator,
    /// The operator is not one of the language.
    UnknownOperator,
}
