//! The checks that a document passes before it is stored, in AWS's order and words.
//!
//! Everything refused here is `MalformedPolicyDocument` on the wire. Whether named principals exist, and how
//! long a document may be, is checked by others. Start at [`check`].

use crate::ast::{Policy, Span};
use crate::error::ParsePolicyError;

mod date;
mod element;
mod identity;
mod organization;
mod principal;
mod resource;
mod trust;

#[cfg(test)]
mod tests;

/// What a policy is for, which decides what it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// A permissions boundary: a managed policy, under the rules of [`PolicyKind::Identity`].
    Boundary,
    /// An inline or managed policy of a user, group or role.
    Identity,
    /// A policy attached to a resource other than a role, such as a bucket or a queue.
    Resource,
    /// A resource control policy (RCP).
    ResourceControl,
    /// A service control policy (SCP).
    ServiceControl,
    /// A session policy, under the rules of [`PolicyKind::Identity`].
    Session,
    /// The trust policy of a role.
    Trust,
    /// A VPC endpoint policy.
    VpcEndpoint,
}

/// The rules that a document can break when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriteRule {
    /// An action without its service, or with more than one colon, or with a service that cannot be one.
    ActionFormat,
    /// A statement without actions.
    ActionMissing,
    /// An action that this kind of policy cannot have.
    ActionProhibited,
    /// `Effect` absent, misspelled, or not available to this kind of policy.
    Effect,
    /// A trust policy for a shared identity provider that does not say whose identities it trusts.
    FederationCondition,
    /// Something that AWS's older parser cannot read: an effect in another case, a bad date, half an ARN.
    LegacyParsing,
    /// A principal that is not one of the forms that its key allows.
    PrincipalFormat,
    /// No principal where one is needed, or an empty one.
    PrincipalMissing,
    /// A principal in a policy that already belongs to one, or `NotPrincipal` where it is not supported.
    PrincipalProhibited,
    /// A resource that is neither `*` nor an acceptable ARN.
    ResourceFormat,
    /// A statement without resources.
    ResourceMissing,
    /// A resource in a trust policy, whose only resource is its role.
    ResourceProhibited,
    /// A statement id with characters other than letters and digits.
    SidCharacters,
    /// Two statements with the same id.
    SidDuplicate,
    /// `Statement` absent or empty.
    StatementMissing,
    /// Not JSON, or not the grammar of policies.
    Syntax,
    /// A version that this kind of policy cannot have.
    Version,
}

/// A refusal to store a document. Displays as AWS's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WritePolicyError {
    rule: WriteRule,
    message: String,
    place: String,
    span: Span,
    advice: String,
}

impl WritePolicyError {
    fn new(
        rule: WriteRule,
        message: impl Into<String>,
        place: impl Into<String>,
        span: Span,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            message: message.into(),
            place: place.into(),
            span,
            advice: advice.into(),
        }
    }

    fn of_problem(rule: WriteRule, message: impl Into<String>, problem: &ParsePolicyError) -> Self {
        Self::new(
            rule,
            message,
            problem.place(),
            problem.span(),
            problem.problem().to_string(),
        )
    }

    /// Returns which rule the document breaks.
    #[must_use]
    pub fn rule(&self) -> WriteRule {
        self.rule
    }

    /// Returns the message that AWS sends, letter for letter where it is known.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns where the offending text is.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Returns the path to the element, such as `Statement[0].Resource`, or `policy` for the whole.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Says where the document is wrong and what to do, which AWS's message often leaves out.
    ///
    /// Reads like `Statement[0].Effect: write Allow or Deny with exactly these letters (line 1, column 56)`.
    #[must_use]
    pub fn explanation(&self) -> String {
        let start = self.span.start;
        format!(
            "{}: {} (line {}, column {})",
            self.place, self.advice, start.line, start.column
        )
    }
}

/// Reads a document that somebody wants to store as a policy of the given kind.
///
/// Whatever is accepted here is also accepted by [`Policy::parse`], with the same result.
///
/// # Errors
/// The first rule that the document breaks, in AWS's order for the kind.
///
/// # Examples
/// ```
/// use keyward_policy::{PolicyKind, check};
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}"#;
/// let error = check(text, PolicyKind::Identity).unwrap_err();
/// assert_eq!(error.message(), r#"Resource bucket must be in ARN format or "*"."#);
/// ```
pub fn check(text: &str, kind: PolicyKind) -> Result<Policy, WritePolicyError> {
    match kind {
        PolicyKind::Boundary | PolicyKind::Identity | PolicyKind::Session => identity::check(text),
        PolicyKind::Resource => trust::check(text, &trust::RESOURCE),
        PolicyKind::ResourceControl => {
            organization::check(text, organization::Kind::ResourceControl)
        }
        PolicyKind::ServiceControl => organization::check(text, organization::Kind::ServiceControl),
        PolicyKind::Trust => trust::check(text, &trust::TRUST),
        PolicyKind::VpcEndpoint => trust::check(text, &trust::VPC_ENDPOINT),
    }
}
