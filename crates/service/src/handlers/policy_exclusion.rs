//! `PolicyExclusionList`: the attached policies that a simulation leaves out.

use keyward_arn::Arn;
use keyward_directory::{EntityKind, PolicyOwner, Refusal};
use keyward_wire::iam::{self, PolicyIdentifierPolicyType};

use super::principal_policies::{Origin, PrincipalPolicies};

/// An identifier that was read.
enum Exclusion<'a> {
    Arn(&'a str),
    Inline {
        policy: &'a str,
        kind: EntityKind,
        owner: &'a str,
    },
    Type(PolicyIdentifierPolicyType),
}

/// Leaves out the policies that identifiers name; one that names no attached policy is ignored.
///
/// # Errors
/// `InvalidInput` for an identifier that can name none.
// SOURCE: service model, PolicyIdentifier.
pub(crate) fn exclude(
    policies: &mut PrincipalPolicies,
    identifiers: &[iam::PolicyIdentifier],
) -> Result<(), Refusal> {
    let exclusions = identifiers.iter().map(Exclusion::read);
    let exclusions: Vec<_> = exclusions.collect::<Result<_, _>>()?;
    let is_kept = |origin: &Origin| !exclusions.iter().any(|it| it.names(origin));
    policies.identity.retain(|policy| is_kept(&policy.origin));
    if exclusions.iter().any(Exclusion::names_boundaries) {
        policies.boundary = None;
    }
    Ok(())
}

impl<'a> Exclusion<'a> {
    fn read(identifier: &'a iam::PolicyIdentifier) -> Result<Self, Refusal> {
        if let Some(kind) = identifier.policy_type {
            return Ok(Self::Type(kind));
        }
        if let Some(arn) = &identifier.policy_arn {
            return if is_policy_pattern(arn) {
                Ok(Self::Arn(arn))
            } else {
                Err(invalid(arn))
            };
        }
        let inline = identifier.inline_policy_identifier.as_ref();
        let inline = inline.ok_or_else(|| {
            Refusal::invalid_input(
                "Invalid Policy Identifier: exactly one of PolicyType, PolicyArn or InlinePolicyIdentifier must be specified.",
            )
        })?;
        // The model's pattern lets no wildcard through here, whatever its text says.
        Ok(Self::Inline {
            policy: &inline.policy_name,
            kind: match inline.attachment_type {
                iam::AttachmentType::Group => EntityKind::Group,
                iam::AttachmentType::Role => EntityKind::Role,
                iam::AttachmentType::User => EntityKind::User,
            },
            owner: &inline.attachment_name,
        })
    }

    fn names(&self, origin: &Origin) -> bool {
        match (self, origin) {
            (Self::Arn(pattern), Origin::Managed(arn)) => fits(pattern, arn.as_str()),
            (
                Self::Inline {
                    policy,
                    kind,
                    owner,
                },
                Origin::Inline {
                    kind: of,
                    owner: name,
                    policy: inline,
                },
            ) => kind == of && *policy == inline.as_str() && owner.eq_ignore_ascii_case(name),
            (Self::Type(PolicyIdentifierPolicyType::Inline), Origin::Inline { .. }) => true,
            (Self::Type(PolicyIdentifierPolicyType::AwsManaged), Origin::Managed(arn)) => {
                arn.owner() == PolicyOwner::Aws
            }
            (Self::Type(PolicyIdentifierPolicyType::UserManaged), Origin::Managed(arn)) => {
                arn.owner() != PolicyOwner::Aws
            }
            (Self::Arn(_) | Self::Inline { .. } | Self::Type(_), _) => false,
        }
    }

    fn names_boundaries(&self) -> bool {
        matches!(
            self,
            Self::Type(PolicyIdentifierPolicyType::PermissionBoundary)
        )
    }
}

fn invalid(what: &str) -> Refusal {
    Refusal::invalid_input(format!("Invalid Policy Identifier: {what}"))
}

/// Says whether a text is the ARN of a managed policy with wildcards in the name at most.
fn is_policy_pattern(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else {
        return false;
    };
    let Some(path) = arn.resource.strip_prefix("policy/") else {
        return false;
    };
    let (head, name) = text.rsplit_once('/').unwrap_or((text, ""));
    arn.service == "iam"
        && arn.region.is_empty()
        && (arn.account == "aws" || arn.account_id().is_some())
        && !path.is_empty()
        && !name.is_empty()
        && !head.contains(['*', '?'])
        && has_few_wildcards(name)
}

/// Says whether there is at most one `*`.
fn has_few_wildcards(text: &str) -> bool {
    text.matches('*').count() <= 1
}

/// Compares with a pattern that has at most one `*`, without regard to case, as names are compared.
fn fits(pattern: &str, text: &str) -> bool {
    let same = |pattern: &[u8], text: &[u8]| {
        pattern.len() == text.len()
            && pattern
                .iter()
                .zip(text)
                .all(|(wanted, there)| *wanted == b'?' || wanted.eq_ignore_ascii_case(there))
    };
    let text = text.as_bytes();
    match pattern.split_once('*') {
        None => same(pattern.as_bytes(), text),
        Some((before, behind)) => {
            let (before, behind) = (before.as_bytes(), behind.as_bytes());
            let rest = text.split_at_checked(before.len());
            rest.is_some_and(|(start, rest)| {
                let end = rest
                    .len()
                    .checked_sub(behind.len())
                    .and_then(|middle| rest.get(middle..));
                same(before, start) && end.is_some_and(|end| same(behind, end))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, expected) in [
            ("alice", "Alice", true),
            ("al?ce", "alice", true),
            ("al*", "alice", true),
            ("*ce", "alice", true),
            ("a*e", "alice", true),
            ("ali*ice", "alice", false),
            ("*", "", true),
            ("alice*", "alice", true),
            ("bob", "alice", false),
            ("alic", "alice", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards_stand_in_the_name_of_a_policy_only() {
        for (text, good) in [
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", true),
            ("arn:aws:iam::111122223333:policy/a/b/Own*", true),
            ("arn:aws:iam::111122223333:policy/?wn*", true),
            ("arn:aws:iam::111122223333:policy/*wn*", false),
            ("arn:aws:iam::111122223333:policy/*/Own", false),
            ("arn:aws:iam::*:policy/Own", false),
            ("arn:aws:iam::111122223333:policy/", false),
            ("arn:aws:iam::111122223333:role/Own", false),
            ("arn:aws:s3:::policy/Own", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_policy_pattern(text), good, "{text}");
        }
    }
}
