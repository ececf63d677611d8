//! AWS's words for a refusal.

use std::fmt::{self, Write};

use crate::decision::{DecidedBy, Decision, Determined, FixedRule, LayerKind};
use crate::layers::{Layers, ResourceKind};
use crate::request::{Principal, Request};

/// How a refusal is to be worded beyond what the decision says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wording<'a> {
    /// The resource as the service prints it: the ARN, or what it calls an existing entity (`user bob`,
    /// `policy arn:…`). `None` leaves the resource out. For S3 the quotes are added here.
    pub resource: Option<&'a str>,
    /// Whether the caller may learn the reason.
    pub audience: Audience,
    /// The tail that leads to the authorization's details.
    pub details: Option<Details<'a>>,
}

/// Who reads the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// A caller of another organization: gets neither reason nor policy ARN, and from S3 no word more than
    /// `Access Denied`.
    OtherOrganization,
    /// A caller of the same account or organization.
    #[default]
    SameOrganization,
}

/// Where a refusal's details can be read.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    /// The address of the page, such as `https://…/iam/home?region=us-east-1#/authorization-details/ID`.
    pub url: &'a str,
    /// The authorization id.
    pub id: &'a str,
}

/// Writes the message of an `AccessDenied` error.
///
/// Takes the layers that were decided over, for the ARN of the policy that denied.
///
/// # Examples
/// ```
/// use keyward_engine::message::{Wording, access_denied};
/// use keyward_engine::{Context, Layers, Principal, Request, decide};
///
/// let context = Context::new();
/// let bob = Principal::User {
///     arn: "arn:aws:iam::111122223333:user/bob",
///     account: keyward_arn::AccountId::parse("111122223333").unwrap(),
///     unique_id: None,
/// };
/// let request = Request::new(bob, "codecommit:ListRepositories", "*", &context);
/// let layers = Layers::default();
/// let message = access_denied(&request, &decide(&request, &layers), &layers, &Wording::default());
/// assert_eq!(
///     message,
///     "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: codecommit:ListRepositories \
///      because no identity-based policy allows the codecommit:ListRepositories action"
/// );
/// ```
// SOURCE: spec/access-denied-messages.md §1 to §4.
#[must_use]
pub fn access_denied(
    request: &Request<'_>,
    decision: &Decision,
    layers: &Layers<'_>,
    wording: &Wording<'_>,
) -> String {
    let determined = decision.determined();
    if let Some(fixed) = fixed_text(request, determined) {
        return fixed.to_owned();
    }
    let service = request
        .action
        .split_once(':')
        .map_or("", |(service, _)| service);
    let is_s3 = service.eq_ignore_ascii_case("s3");
    if is_s3
        && (wording.audience == Audience::OtherOrganization
            || request.principal == Principal::Anonymous)
    {
        return "Access Denied".to_owned();
    }
    let mut text = String::new();
    // SQS prints actions in lower case.
    let action = if service.eq_ignore_ascii_case("sqs") {
        request.action.to_ascii_lowercase()
    } else {
        request.action.to_owned()
    };
    let refusal = Refusal {
        request,
        decision,
        determined,
        layers,
        wording,
        action: &action,
        is_s3,
    };
    // Writing to a string cannot fail.
    let _ = refusal.write(&mut text);
    text
}

struct Refusal<'a> {
    request: &'a Request<'a>,
    decision: &'a Decision,
    determined: &'a Determined,
    layers: &'a Layers<'a>,
    wording: &'a Wording<'a>,
    action: &'a str,
    is_s3: bool,
}

impl Refusal<'_> {
    fn write(&self, text: &mut String) -> fmt::Result {
        match self.request.principal {
            Principal::UnsignedFederation { .. } => {
                // Neither the role's existence nor its trust policy shows.
                return write!(text, "Not authorized to perform {}", self.action);
            }
            Principal::Anonymous => text.push_str("User: anonymous"),
            Principal::Service { name } => write!(text, "User: {name}")?,
            Principal::AssumedRoot { arn, .. }
            | Principal::FederatedUser { arn, .. }
            | Principal::RoleSession { arn, .. }
            | Principal::Root { arn, .. }
            | Principal::User { arn, .. } => write!(text, "User: {arn}")?,
        }
        write!(text, " is not authorized to perform: {}", self.action)?;
        if self.is_key_policy_refusal() {
            text.push_str(
                " on this resource because the resource does not exist in this Region, no resource-based policies \
                 allow access, or a resource-based policy explicitly denies access",
            );
            return self.write_details(text);
        }
        match self.wording.resource {
            Some(resource) if self.is_s3 && !resource.starts_with('"') => {
                write!(text, " on resource: \"{resource}\"")?
            }
            Some(resource) => write!(text, " on resource: {resource}")?,
            None => {}
        }
        if self.wording.audience == Audience::SameOrganization && !self.is_about_assuming() {
            self.write_reason(text)?;
        }
        self.write_details(text)
    }

    fn write_reason(&self, text: &mut String) -> fmt::Result {
        let Some(layer) = self.determined.by.layer() else {
            return Ok(());
        };
        let is_trust = self.layers.resource_kind == ResourceKind::Role;
        match self.decision {
            Decision::Allow(_) => Ok(()),
            Decision::ExplicitDeny(_) => {
                write!(
                    text,
                    " with an explicit deny in {}",
                    denying(layer, is_trust)
                )?;
                match self.denying_arn() {
                    Some(arn) if prints_arn(layer) => write!(text, ": {arn}"),
                    Some(_) | None => Ok(()),
                }
            }
            Decision::ImplicitDeny(_) => {
                write!(
                    text,
                    " because no {} allows the {} action",
                    kind(layer, is_trust),
                    self.action
                )
            }
        }
    }

    fn write_details(&self, text: &mut String) -> fmt::Result {
        match self.wording.details {
            None => Ok(()),
            Some(Details { url, id }) => write!(
                text,
                ". Go to {url} for complete details, or call the GetRequestAuthorizationDetails API with the \
                 following authorization id: {id}"
            ),
        }
    }

    /// Returns the ARN of the policy that denies; an inline one has none.
    fn denying_arn(&self) -> Option<&str> {
        let (policy, _) = self.layers.statement(self.determined.first?)?;
        policy.arn().map(AsRef::as_ref)
    }

    /// KMS does not say what about a key policy refuses, nor whether the key exists.
    fn is_key_policy_refusal(&self) -> bool {
        self.layers.resource_kind == ResourceKind::KmsKey
            && self.determined.by.layer() == Some(LayerKind::Resource)
    }

    /// Who may not assume a role learns no reason: a role that does not exist answers the same.
    fn is_about_assuming(&self) -> bool {
        self.layers.resource_kind == ResourceKind::Role
            && self
                .request
                .action
                .split_once(':')
                .is_some_and(|(service, name)| {
                    service.eq_ignore_ascii_case("sts")
                        && [
                            "AssumeRole",
                            "AssumeRoot",
                            "SetContext",
                            "SetSourceIdentity",
                            "TagSession",
                        ]
                        .iter()
                        .any(|action| name.eq_ignore_ascii_case(action))
                })
    }
}

/// Returns the text of refusals that do not follow the template.
fn fixed_text(request: &Request<'_>, determined: &Determined) -> Option<&'static str> {
    let is = |action: &str| request.action.eq_ignore_ascii_case(action);
    let is_root = matches!(request.principal, Principal::Root { .. });
    match determined.by {
        DecidedBy::Rule(FixedRule::RootAssumesRole) => {
            Some("Roles may not be assumed by root accounts.")
        }
        DecidedBy::Rule(FixedRule::CredentialKind) if !request.principal.is_authenticated() => None,
        // Nothing is wrong with the credentials of a root user; they are of the wrong kind.
        DecidedBy::Rule(FixedRule::CredentialKind) if is("sts:AssumeRoot") && is_root => None,
        DecidedBy::Rule(FixedRule::CredentialKind) => Some(match request.principal {
            _ if is("sts:GetFederationToken") => {
                "Cannot call GetFederationToken with session credentials"
            }
            _ if is("sts:GetSessionToken") => {
                "Cannot call GetSessionToken with session credentials"
            }
            // Credentials that may call nothing here look like broken ones.
            Principal::Anonymous
            | Principal::AssumedRoot { .. }
            | Principal::FederatedUser { .. }
            | Principal::RoleSession { .. }
            | Principal::Root { .. }
            | Principal::Service { .. }
            | Principal::UnsignedFederation { .. }
            | Principal::User { .. } => "The security token included in the request is invalid",
        }),
        DecidedBy::Layer(_)
        | DecidedBy::Rule(
            FixedRule::AssumedRootWithoutTask
            | FixedRule::GetCallerIdentity
            | FixedRule::GetSessionToken
            | FixedRule::NothingAsked
            | FixedRule::RootUser,
        )
        | DecidedBy::UnusablePolicy(_) => None,
    }
}

/// Returns what a kind of policy is called.
// SOURCE: spec/access-denied-messages.md §2.
fn kind(layer: LayerKind, is_trust: bool) -> &'static str {
    match layer {
        LayerKind::Endpoint => "VPC endpoint policy",
        LayerKind::Identity => "identity-based policy",
        LayerKind::PermissionsBoundary => "permissions boundary",
        LayerKind::Resource if is_trust => "role trust policy",
        LayerKind::Resource => "resource-based policy",
        LayerKind::ResourceControl => "resource control policy",
        LayerKind::ServiceControl => "service control policy",
        LayerKind::Session => "session policy",
    }
}

/// Returns what a kind of policy is called that denies, with its article.
fn denying(layer: LayerKind, is_trust: bool) -> &'static str {
    match layer {
        LayerKind::Endpoint => "a VPC endpoint policy",
        LayerKind::Identity => "an identity-based policy",
        LayerKind::PermissionsBoundary => "a permissions boundary",
        LayerKind::Resource if is_trust => "the role trust policy",
        LayerKind::Resource => "a resource-based policy",
        LayerKind::ResourceControl => "a resource control policy",
        LayerKind::ServiceControl => "a service control policy",
        LayerKind::Session => "a session policy",
    }
}

/// Returns whether the ARN of a denying policy of this kind is printed.
fn prints_arn(layer: LayerKind) -> bool {
    match layer {
        LayerKind::Identity
        | LayerKind::PermissionsBoundary
        | LayerKind::ResourceControl
        | LayerKind::ServiceControl
        | LayerKind::Session => true,
        LayerKind::Endpoint | LayerKind::Resource => false,
    }
}

#[cfg(test)]
#[rustfmt::skip]
mod tests;
