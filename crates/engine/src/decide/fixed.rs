//! The rules that no policy changes.

use crate::action::ActionName;
use crate::decision::{DecidedBy, Decision, Determined, FixedRule};
use crate::layers::ResourceKind;
use crate::question::Question;
use crate::request::{CredentialKind, Principal};

/// What `GetSessionToken` credentials may call of STS. The last three are no operations of their own but permissions
/// that `AssumeRole` needs.
const STS_FOR_SESSION_TOKENS: [&str; 5] = [
    "AssumeRole",
    CALLER_IDENTITY,
    "SetContext",
    "SetSourceIdentity",
    "TagSession",
];

/// What bearers of tokens from identity providers may ask of STS without a signature.
const STS_FOR_BEARERS: [&str; 4] = [
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "SetSourceIdentity",
    "TagSession",
];

/// What only long-term credentials may call.
const LONG_TERM_ONLY: [&str; 2] = ["GetFederationToken", SESSION_TOKEN];

/// What is allowed to whoever has signed, if with the right kind of credentials.
const CALLER_IDENTITY: &str = "GetCallerIdentity";
const SESSION_TOKEN: &str = "GetSessionToken";

/// Returns whether [`fixed_rule`] allows an action to anybody.
pub(crate) fn rule_may_allow(action: &ActionName<'_>) -> bool {
    let is = |operation| is_sts(action.of_service("sts"), operation);
    is(CALLER_IDENTITY) || is(SESSION_TOKEN)
}

fn is_sts(name: Option<&str>, operation: &str) -> bool {
    name.is_some_and(|name| name.eq_ignore_ascii_case(operation))
}

/// Returns the decision of a fixed rule, `None` where policies decide.
// SOURCE: spec/evaluation.md §2 (beginning) and §4, spec/sts.md §1.
pub(super) fn fixed_rule(question: &Question<'_>) -> Option<Decision> {
    let refused = |rule| {
        Some(Decision::ImplicitDeny(Determined {
            by: DecidedBy::Rule(rule),
            first: None,
        }))
    };
    let allowed = |rule| {
        Some(Decision::Allow(Determined {
            by: DecidedBy::Rule(rule),
            first: None,
        }))
    };
    let principal = &question.request.principal;
    let sts = question.action.of_service("sts");
    let is = |operation| is_sts(sts, operation);

    if is(CALLER_IDENTITY) && principal.is_authenticated() {
        return allowed(FixedRule::GetCallerIdentity);
    }
    if credentials_forbid(question, sts) {
        return refused(FixedRule::CredentialKind);
    }
    if is(SESSION_TOKEN) {
        return allowed(FixedRule::GetSessionToken);
    }
    match principal {
        Principal::AssumedRoot { .. } | Principal::Root { .. }
            if is("AssumeRole")
                || question.layers.resource_kind == ResourceKind::Role
                || (sts.is_some() && is_role(question)) =>
        {
            refused(FixedRule::RootAssumesRole)
        }
        Principal::AssumedRoot { task, .. } if task.is_none() || !has_task_policy(question) => {
            refused(FixedRule::AssumedRootWithoutTask)
        }
        Principal::Anonymous
        | Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::RoleSession { .. }
        | Principal::Root { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. }
        | Principal::User { .. } => None,
    }
}

/// Returns whether the kind of credentials forbids the operation. `iam:PassRole` is a permission and no operation.
fn credentials_forbid(question: &Question<'_>, sts: Option<&str>) -> bool {
    let is_any = |operations: &[&str]| {
        sts.is_some_and(|name| {
            operations
                .iter()
                .any(|operation| name.eq_ignore_ascii_case(operation))
        })
    };
    let iam = question
        .action
        .of_service("iam")
        .filter(|name| !name.eq_ignore_ascii_case("PassRole"));
    match question.request.principal {
        Principal::Anonymous => iam.is_some() || sts.is_some(),
        Principal::AssumedRoot { .. }
        | Principal::RoleSession { .. }
        | Principal::Service { .. } => is_any(&LONG_TERM_ONLY),
        Principal::UnsignedFederation { .. } => !is_any(&STS_FOR_BEARERS),
        Principal::FederatedUser { .. } => iam.is_some() || sts.is_some(),
        Principal::Root { .. } if is_any(&["AssumeRoot"]) => true,
        Principal::Root { .. } | Principal::User { .. } => match question.request.credential {
            CredentialKind::Console => is_any(&LONG_TERM_ONLY),
            CredentialKind::LongTerm => false,
            CredentialKind::SessionToken => {
                iam.is_some() || (sts.is_some() && !is_any(&STS_FOR_SESSION_TOKENS))
            }
            CredentialKind::SessionTokenWithMfa => {
                sts.is_some() && !is_any(&STS_FOR_SESSION_TOKENS)
            }
        },
    }
}

fn has_task_policy(question: &Question<'_>) -> bool {
    question
        .layers
        .session
        .as_ref()
        .is_some_and(|session| session.iter().any(|list| !list.is_empty()))
}

fn is_role(question: &Question<'_>) -> bool {
    question
        .resource
        .arn()
        .is_some_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
}
