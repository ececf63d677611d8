//! Identity providers that many tenants share.
//!
//! A trust policy for one of them must say whose identities it means, or anybody with an account there gets in.

use crate::ast::{
    ActionElement, Condition, Effect, Operator, Principal, PrincipalElement, PrincipalKind,
};
use crate::ast::{PrincipalSet, SetQualifier, Statement, Test};

/// Issuers and the condition key that names the tenant.
// SOURCE: spec/policy-language.md §7 and IAM User Guide, "Identity-provider controls for shared OIDC providers".
const SHARED_ISSUERS: [(&str, &str); 17] = [
    ("agent.buildkite.com", "agent.buildkite.com:sub"),
    ("api.pulumi.com/oidc", "api.pulumi.com/oidc:aud"),
    ("app.terraform.io", "app.terraform.io:sub"),
    (
        "cognito-identity.amazonaws.com",
        "cognito-identity.amazonaws.com:aud",
    ),
    ("gitlab.com", "gitlab.com:sub"),
    (
        "oidc-configuration.audit-log.githubusercontent.com",
        "oidc-configuration.audit-log.githubusercontent.com:sub",
    ),
    ("oidc.codefresh.io", "oidc.codefresh.io:sub"),
    ("oidc.vercel.com", "oidc.vercel.com:aud"),
    ("proidc.upbound.io", "proidc.upbound.io:sub"),
    ("sandboxes.cloud", "sandboxes.cloud:aud"),
    ("scalr.io", "scalr.io:sub"),
    (
        "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d",
        "sts:RoleSessionName",
    ),
    (
        "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/",
        "sts:RoleSessionName",
    ),
    ("studio.datachain.ai/api", "studio.datachain.ai/api:sub"),
    (
        "token.actions.githubusercontent.com",
        "token.actions.githubusercontent.com:sub",
    ),
    ("tokens.cloud.shisho.dev", "tokens.cloud.shisho.dev:sub"),
    (
        "vstoken.actions.githubusercontent.com",
        "vstoken.actions.githubusercontent.com:sub",
    ),
];

/// A principal that lets in more than one tenant.
pub(super) struct Open<'a> {
    pub(super) principal: &'a Principal,
    pub(super) message: String,
}

/// Returns the first shared provider that the statement trusts without naming a tenant.
pub(super) fn open_provider(statement: &Statement) -> Option<Open<'_>> {
    match statement.effect.value {
        Effect::Deny => return None,
        Effect::Allow => {}
    }
    let Some(PrincipalElement::Principal(PrincipalSet::Listed(principals))) = &statement.principal
    else {
        return None;
    };
    if !allows_web_identity(statement) {
        return None;
    }
    principals
        .iter()
        .filter(|principal| principal.kind == PrincipalKind::Federated)
        .find_map(|principal| {
            let issuer = issuer(&principal.value.value);
            let (_, key) = SHARED_ISSUERS
                .iter()
                .find(|(shared, _)| shared.eq_ignore_ascii_case(issuer))?;
            if issuer == "cognito-identity.amazonaws.com" && statement.conditions.is_empty() {
                let message =
                    "A condition block must be present for the Cognito provider".to_owned();
                return Some(Open { principal, message });
            }
            if statement
                .conditions
                .iter()
                .any(|condition| names_tenant(condition, key))
            {
                return None;
            }
            // UNSURE: AWS's wording is not known.
            let message = format!(
                "A condition on {key} must be present for the shared identity provider {issuer}"
            );
            Some(Open { principal, message })
        })
}

fn issuer(federated: &str) -> &str {
    federated
        .split_once(":oidc-provider/")
        .map_or(federated, |(_, issuer)| issuer)
}

/// Tells whether the statement reaches `sts:AssumeRoleWithWebIdentity`; in doubt it does.
fn allows_web_identity(statement: &Statement) -> bool {
    match &statement.action {
        None | Some(ActionElement::NotAction(_)) => true,
        Some(ActionElement::Action(actions)) => actions.iter().any(|action| {
            let text = action.value.as_str();
            text.contains(['*', '?']) || text.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity")
        }),
    }
}

/// Tells whether a condition lets in only listed tenants: a positive string test that an absent key fails, with
/// values that are more than wildcards.
fn names_tenant(condition: &Condition, key: &str) -> bool {
    let is_restrictive = match &condition.operator.value {
        Operator::Unknown(_) => false,
        Operator::Known {
            qualifier,
            test,
            if_exists,
        } => {
            !if_exists
                && *qualifier != Some(SetQualifier::ForAllValues)
                && [
                    Test::StringEquals,
                    Test::StringEqualsIgnoreCase,
                    Test::StringLike,
                ]
                .contains(test)
        }
    };
    is_restrictive
        && condition.key.value.eq_ignore_ascii_case(key)
        && !condition.values.is_empty()
        && condition.values.iter().all(|value| {
            value
                .value
                .contains(|character| !matches!(character, '*' | '?'))
        })
}
