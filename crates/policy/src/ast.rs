//! The checked form of a policy document: what was written, and where.
//!
//! Everything that the decision depends on is here and nothing is resolved: wildcards, policy
//! variables and condition values are still text. Start at [`Policy`].

use std::fmt;

/// A place in the source text of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// A stretch of source text, from its first character to the one after its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: Position,
    /// The position after its last character.
    pub end: Position,
}

/// A value together with the place where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

/// The version of the policy language that a document asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`, also what an absent `Version` means: policy variables are literal text.
    V2008,
    /// `2012-10-17`: policy variables are replaced.
    V2012,
}

/// A parsed policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `None` where the document has no `Version`; see [`Policy::effective_version`].
    pub version: Option<Spanned<Version>>,
    /// The `Id` element.
    pub id: Option<Spanned<String>>,
    /// At least one statement, in the order of the document.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// Returns the version that evaluation goes by: the document's, or 2008-10-17 without one.
    // SOURCE: spec/policy-language.md §1.
    #[must_use]
    pub fn effective_version(&self) -> Version {
        self.version
            .as_ref()
            .map_or(Version::V2008, |version| version.value)
    }
}

/// What a statement does to a request that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// `"Effect": "Allow"`.
    Allow,
    /// `"Effect": "Deny"`.
    Deny,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From its `{` to its `}`.
    pub span: Span,
    /// The statement's id, `None` where absent.
    pub sid: Option<Spanned<String>>,
    /// Whether it allows or denies.
    pub effect: Spanned<Effect>,
    /// Whom it is about: absent in identity policies, boundaries, session policies and SCPs.
    pub principal: Option<PrincipalElement>,
    /// Which actions it is about. `None` only in a document that the write-time checks refuse.
    pub action: Option<ActionElement>,
    /// Which resources it is about; absent in role trust policies.
    pub resource: Option<ResourceElement>,
    /// Every (operator, key) pair of the `Condition` block, in the order of the document.
    /// An operator block without keys leaves no trace here.
    pub conditions: Vec<Condition>,
}

/// The `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalElement {
    /// `NotPrincipal`.
    NotPrincipal(PrincipalSet),
    /// `Principal`.
    Principal(PrincipalSet),
}

impl PrincipalElement {
    /// Returns the element's name, as a policy spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotPrincipal(_) => "NotPrincipal",
            Self::Principal(_) => "Principal",
        }
    }

    /// Returns the element's value, whichever form it has.
    #[must_use]
    pub fn set(&self) -> &PrincipalSet {
        match self {
            Self::NotPrincipal(set) | Self::Principal(set) => set,
        }
    }
}

/// The value of a principal element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalSet {
    /// The bare string `"*"`.
    Everyone(Span),
    /// The entries of the object form; `{}` and empty lists give an empty vector.
    Listed(Vec<Principal>),
}

/// One entry of a principal element in object form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The key it stands under.
    pub kind: PrincipalKind,
    /// The text as written: an ARN, an account id, a unique id, a service name, or `*`.
    pub value: Spanned<String>,
}

/// The keys of a principal object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// `AWS`.
    Aws,
    /// `CanonicalUser`.
    CanonicalUser,
    /// `Federated`.
    Federated,
    /// `Service`.
    Service,
}

/// The `Action` or `NotAction` element; null entries of a list are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionElement {
    /// `Action`.
    Action(Vec<Spanned<String>>),
    /// `NotAction`.
    NotAction(Vec<Spanned<String>>),
}

impl ActionElement {
    /// Returns the element's name, as a policy spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Action(_) => "Action",
            Self::NotAction(_) => "NotAction",
        }
    }

    /// Returns the element's patterns, whichever form it has; empty only where the document's list is.
    #[must_use]
    pub fn patterns(&self) -> &[Spanned<String>] {
        match self {
            Self::Action(patterns) | Self::NotAction(patterns) => patterns,
        }
    }
}

/// The `Resource` or `NotResource` element; null entries of a list are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceElement {
    /// `NotResource`.
    NotResource(Vec<Spanned<String>>),
    /// `Resource`.
    Resource(Vec<Spanned<String>>),
}

impl ResourceElement {
    /// Returns the element's name, as a policy spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotResource(_) => "NotResource",
            Self::Resource(_) => "Resource",
        }
    }

    /// Returns the element's patterns, whichever form it has; empty only where the document's list is.
    #[must_use]
    pub fn patterns(&self) -> &[Spanned<String>] {
        match self {
            Self::NotResource(patterns) | Self::Resource(patterns) => patterns,
        }
    }
}

/// One key under one operator of a `Condition` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator as written and understood.
    pub operator: Spanned<Operator>,
    /// The condition key as written; comparison ignores its case.
    pub key: Spanned<String>,
    /// The values as text (`true` and `5` become `"true"` and `"5"`); may be empty.
    pub values: Vec<Spanned<String>>,
}

/// A condition operator, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// One of the language's operators.
    Known {
        /// `ForAllValues:` or `ForAnyValue:` before it.
        qualifier: Option<SetQualifier>,
        /// The comparison itself.
        test: Test,
        /// `IfExists` behind it.
        if_exists: bool,
    },
    /// Any other text. In an Allow it never matches, in a Deny it always does.
    Unknown(String),
}

/// The set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SetQualifier {
    /// `ForAllValues:`.
    ForAllValues,
    /// `ForAnyValue:`.
    ForAnyValue,
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// The comparisons of the policy language, named as they are written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Test { $(#[doc = concat!("`", stringify!($name), "`.")] $name),* }

        impl Test {
            /// All comparisons, in alphabetical order.
            pub const ALL: &'static [Test] = &[$(Test::$name),*];

            /// Returns the operator's canonical spelling.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Test::$name => stringify!($name)),* }
            }
        }
    };
}

tests! {
    ArnEquals, ArnLike, ArnNotEquals, ArnNotLike, BinaryEquals, Bool,
    DateEquals, DateGreaterThan, DateGreaterThanEquals, DateLessThan, DateLessThanEquals, DateNotEquals,
    IpAddress, NotIpAddress, Null,
    NumericEquals, NumericGreaterThan, NumericGreaterThanEquals, NumericLessThan, NumericLessThanEquals,
    NumericNotEquals,
    StringEquals, StringEqualsIgnoreCase, StringLike, StringNotEquals, StringNotEqualsIgnoreCase, StringNotLike,
}

impl fmt::Display for Operator {
    /// Writes the operator as a policy spells it, such as `ForAnyValue:StringLikeIfExists`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known {
                qualifier,
                test,
                if_exists,
            } => {
                match qualifier {
                    None => {}
                    Some(SetQualifier::ForAllValues) => f.write_str("ForAllValues:")?,
                    Some(SetQualifier::ForAnyValue) => f.write_str("ForAnyValue:")?,
                }
                f.write_str(test.name())?;
                if *if_exists {
                    f.write_str("IfExists")
                } else {
                    Ok(())
                }
            }
            Self::Unknown(text) => f.write_str(text),
        }
    }
}
