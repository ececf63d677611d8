//! The forms that principals of trust and resource policies can have.
//!
//! Whether the account, user, role or provider exists is for whoever knows the account.

use keyward_arn::{AccountId, Arn};

use crate::ast::{Principal, PrincipalKind};

/// Whether S3's canonical ids can be principals, as they can of resources but not of roles.
#[derive(Clone, Copy)]
pub(super) enum CanonicalUsers {
    Accepted,
    Refused,
}

/// Returns AWS's message for a principal that its key does not allow.
// SOURCE: spec/policy-language.md §5 and §7, "Invalid principal in policy".
pub(super) fn complaint(principal: &Principal, canonical_users: CanonicalUsers) -> Option<String> {
    let value = principal.value.value.as_str();
    let (label, is_valid) = match principal.kind {
        PrincipalKind::Aws => ("AWS", value == "*" || is_aws(value)),
        PrincipalKind::CanonicalUser => {
            let accepted = matches!(canonical_users, CanonicalUsers::Accepted);
            let is_id = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            ("CANONICALUSER", accepted && is_id)
        }
        PrincipalKind::Federated => ("FEDERATED", is_federated(value)),
        PrincipalKind::Service => ("SERVICE", is_service(value)),
    };
    if is_valid {
        None
    } else {
        Some(format!(
            "Invalid principal in policy: \"{label}\":\"{value}\""
        ))
    }
}

fn is_aws(value: &str) -> bool {
    AccountId::parse(value).is_ok()
        || is_unique_id(value)
        || Arn::parse(value).is_some_and(|arn| is_aws_arn(&arn))
}

/// Groups, wildcards inside an ARN and anything that does not sign requests are not principals.
fn is_aws_arn(arn: &Arn<'_>) -> bool {
    if !is_partition(arn.partition) || !arn.region.is_empty() || has_wildcard(arn.resource) {
        return false;
    }
    let is_account = AccountId::parse(arn.account).is_ok();
    match (arn.service, arn.resource.split_once('/')) {
        ("iam", None) => is_account && arn.resource == "root",
        // CloudFront's access identities live in an account of their own.
        ("iam", Some(("user", name))) => {
            (is_account || arn.account == "cloudfront") && is_path_and_name(name)
        }
        ("iam", Some(("role", name))) => is_account && is_path_and_name(name),
        ("sts", Some(("assumed-role", names))) => {
            is_account && names.split_once('/').is_some_and(are_two_names)
        }
        ("sts", Some(("federated-user", name))) => {
            is_account && !name.is_empty() && !name.contains('/')
        }
        _ => false,
    }
}

fn is_path_and_name(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('/')
}

fn are_two_names((role, session): (&str, &str)) -> bool {
    !role.is_empty() && !session.is_empty() && !session.contains('/')
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The stored form of a user or role, such as `AROA…`.
fn is_unique_id(value: &str) -> bool {
    (16..=128).contains(&value.len())
        && (value.starts_with("AIDA") || value.starts_with("AROA"))
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_partition(text: &str) -> bool {
    text == "aws"
        || text
            .strip_prefix("aws-")
            .is_some_and(|rest| !rest.is_empty() && !has_wildcard(rest))
}

fn is_federated(value: &str) -> bool {
    // SOURCE: spec/policy-language.md §5, row "Federated": the providers that need no record of their own.
    const BUILT_IN: [&str; 4] = [
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    ];
    BUILT_IN.contains(&value)
        || Arn::parse(value).is_some_and(|arn| {
            is_partition(arn.partition)
                && arn.service == "iam"
                && arn.region.is_empty()
                && AccountId::parse(arn.account).is_ok()
                && !has_wildcard(arn.resource)
                && ["saml-provider/", "oidc-provider/"].iter().any(|kind| {
                    arn.resource
                        .strip_prefix(kind)
                        .is_some_and(|name| !name.is_empty())
                })
        })
}

/// `name.amazonaws.com` or its Chinese counterpart. Which services there are is not asked.
fn is_service(value: &str) -> bool {
    let name = value
        .strip_suffix(".amazonaws.com")
        .or_else(|| value.strip_suffix(".amazonaws.com.cn"));
    name.is_some_and(|name| {
        name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
    })
}
