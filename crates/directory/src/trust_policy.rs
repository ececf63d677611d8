//! Trust policies: whom a role trusts, bound to the users and roles that had the names when they were trusted.

use keyward_arn::{AccountId, Arn, Partition, UniqueId};
use keyward_policy::{
    Policy, PolicyKind, Principal, PrincipalElement, PrincipalKind, PrincipalSet, Span, check,
    replace_strings, size_without_whitespace,
};

use crate::limits::TRUST_POLICY_SIZE;
use crate::{Quota, Refusal};

/// A role's trust policy as it is stored: the document as it was sent, but for the ARNs of users and roles, in whose
/// place their unique ids stand, so that a principal that is deleted and made again is not trusted, and the ids of
/// accounts, which stand as the ARNs of their root users.
// SOURCE: spec/policy-language.md §5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy(String);

/// A trust policy as a caller sent it, which has passed the write-time checks; its principals are not bound yet.
#[derive(Clone, Debug)]
pub struct SentTrustPolicy {
    text: String,
    policy: Policy,
}

/// A principal of a trust policy that exists or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trusted<'a> {
    /// The unique id of a user or a role.
    Id(&'a str),
    /// `arn:aws:iam::111122223333:role/path/name`: a role and all its sessions.
    Role {
        /// Whose it is.
        account: AccountId,
        /// Its ARN.
        arn: &'a str,
    },
    /// `arn:aws:sts::111122223333:assumed-role/name/session`: one session of a role.
    Session {
        /// Whose it is.
        account: AccountId,
        /// The role's name, without its path.
        role: &'a str,
    },
    /// `arn:aws:iam::111122223333:user/path/name`: a user.
    User {
        /// Whose it is.
        account: AccountId,
        /// Its ARN.
        arn: &'a str,
    },
}

/// What is known of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its account is not held here, so nothing is.
    Elsewhere,
    /// There is one, with this id; of a session, its role.
    Here(UniqueId),
    /// Its account is held here, and there is none.
    Nobody,
}

impl SentTrustPolicy {
    /// Checks a document.
    ///
    /// # Errors
    /// [`Refusal::MalformedPolicyDocument`] with AWS's message; [`Refusal::QuotaExceeded`] above 2,048 characters, white
    /// space not counted.
    // SOURCE: spec/policy-language.md §7, §8.
    pub fn check(text: &str) -> Result<Self, Refusal> {
        let policy =
            check(text, PolicyKind::Trust).map_err(|error| Refusal::MalformedPolicyDocument {
                message: error.to_string(),
            })?;
        if size_without_whitespace(text) > TRUST_POLICY_SIZE {
            return Err(Refusal::QuotaExceeded {
                quota: Quota::TrustPolicySize,
                limit: u64::try_from(TRUST_POLICY_SIZE).unwrap_or(u64::MAX),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            policy,
        })
    }

    /// Binds the principals: `known` says what is known of each that exists or does not.
    ///
    /// An account's id becomes the ARN of its root user, which says the same. Services, federated users and identity
    /// providers stay as they are: a name is all that they have.
    ///
    /// # Errors
    /// [`Refusal::MalformedPolicyDocument`], `Invalid principal in policy`, for one that does not exist.
    // SOURCE: spec/policy-language.md §5.
    pub fn bind(&self, known: impl Fn(Trusted<'_>) -> Known) -> Result<TrustPolicy, Refusal> {
        let mut bound: Vec<(Span, String)> = Vec::new();
        for principal in aws_principals(&self.policy) {
            let text = principal.value.value.as_str();
            let invalid = || Refusal::MalformedPolicyDocument {
                message: format!("Invalid principal in policy: \"AWS\":\"{text}\""),
            };
            let trusted = match read(text) {
                Reading::Account(account) => {
                    let partition = Partition::default();
                    let root = format!("arn:{}:iam::{account}:root", partition.as_str());
                    bound.push((principal.value.span, root));
                    continue;
                }
                Reading::AsWritten => continue,
                Reading::Foreign => return Err(invalid()),
                Reading::Trusted(trusted) => trusted,
            };
            match (known(trusted), trusted) {
                (Known::Nobody, _) | (Known::Elsewhere, Trusted::Id(_)) => return Err(invalid()),
                (Known::Here(id), Trusted::Role { .. } | Trusted::User { .. }) => {
                    bound.push((principal.value.span, id.to_string()));
                }
                (Known::Here(_), Trusted::Id(_) | Trusted::Session { .. })
                | (
                    Known::Elsewhere,
                    Trusted::Role { .. } | Trusted::Session { .. } | Trusted::User { .. },
                ) => {}
            }
        }
        Ok(TrustPolicy(replace_strings(&self.text, bound)))
    }

    /// Returns the document as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TrustPolicy {
    /// Takes a document whose principals are bound.
    #[must_use]
    pub fn from_bound(document: String) -> Self {
        Self(document)
    }

    /// Returns the document with unique ids in it, as decisions read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the document as readers see it: an ARN for each unique id that still belongs to somebody, and the id
    /// itself for one that does not.
    // SOURCE: spec/policy-language.md §5.
    #[must_use]
    pub fn shown(&self, arn_of: impl Fn(&str) -> Option<String>) -> String {
        let might_name_ids = ["AIDA", "AROA"].iter().any(|mark| self.0.contains(mark));
        let policy = if might_name_ids {
            Policy::parse(&self.0).ok()
        } else {
            None
        };
        let principals = policy.iter().flat_map(aws_principals);
        let named = principals.filter_map(|principal| {
            let text = principal.value.value.as_str();
            match read(text) {
                Reading::Trusted(Trusted::Id(id)) => Some((principal.value.span, arn_of(id)?)),
                Reading::Account(_)
                | Reading::AsWritten
                | Reading::Foreign
                | Reading::Trusted(_) => None,
            }
        });
        replace_strings(&self.0, named.collect())
    }
}

fn aws_principals(policy: &Policy) -> impl Iterator<Item = &Principal> {
    let sets = policy
        .statements
        .iter()
        .filter_map(|statement| statement.principal.as_ref().map(PrincipalElement::set));
    sets.flat_map(|set| match set {
        PrincipalSet::Everyone(_) => [].iter(),
        PrincipalSet::Listed(listed) => listed.iter(),
    })
    .filter(|principal| principal.kind == PrincipalKind::Aws)
}

/// What the text of a principal below `AWS` says.
enum Reading<'a> {
    /// The id of an account.
    Account(AccountId),
    /// Nothing that exists or does not: everyone, an account's root user, a federated user.
    AsWritten,
    /// Somebody of another partition, whom nobody here can trust.
    Foreign,
    /// Somebody who exists or does not.
    Trusted(Trusted<'a>),
}

fn read(text: &str) -> Reading<'_> {
    let Some(arn) = Arn::parse(text) else {
        let is_id = text.starts_with("AIDA") || text.starts_with("AROA");
        return match AccountId::parse(text) {
            Ok(account) => Reading::Account(account),
            Err(_) if is_id => Reading::Trusted(Trusted::Id(text)),
            Err(_) => Reading::AsWritten,
        };
    };
    if arn.partition != Partition::default().as_str() {
        return Reading::Foreign;
    }
    let Some(account) = arn.account_id() else {
        return Reading::AsWritten;
    };
    match (arn.service, arn.resource.split_once('/')) {
        ("iam", Some(("role", _))) => Reading::Trusted(Trusted::Role { account, arn: text }),
        ("iam", Some(("user", _))) => Reading::Trusted(Trusted::User { account, arn: text }),
        ("sts", Some(("assumed-role", names))) => {
            let role = names.split_once('/').map_or(names, |(role, _)| role);
            Reading::Trusted(Trusted::Session { account, role })
        }
        _ => Reading::AsWritten,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::111122223333:user/a/alice";
    const DEPLOY: &str = "arn:aws:iam::111122223333:role/Deploy";

    fn id(text: &str) -> UniqueId {
        UniqueId::parse(text).unwrap()
    }

    /// Alice, the role Deploy, and one account that is not held here.
    fn known(trusted: Trusted<'_>) -> Known {
        let held = AccountId::parse("111122223333").unwrap();
        match trusted {
            Trusted::Role { account, .. }
            | Trusted::Session { account, .. }
            | Trusted::User { account, .. }
                if account != held =>
            {
                Known::Elsewhere
            }
            Trusted::User { arn: ALICE, .. } | Trusted::Id("AIDAALICE11111111111") => {
                Known::Here(id("AIDAALICE11111111111"))
            }
            Trusted::Role { arn: DEPLOY, .. } | Trusted::Session { role: "Deploy", .. } => {
                Known::Here(id("AROADEPLOY1111111111"))
            }
            _ => Known::Nobody,
        }
    }

    fn document(principal: &str) -> String {
        format!(
            "{{ \"Version\":\"2012-10-17\",\n \"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{{ {principal} }},\"Action\":\"sts:AssumeRole\"}}]}}"
        )
    }

    fn bind(principal: &str) -> Result<TrustPolicy, Refusal> {
        SentTrustPolicy::check(&document(principal))?.bind(known)
    }

    #[test]
    fn users_and_roles_are_bound_and_shown_again() {
        let sent = format!("\"AWS\": [\"{ALICE}\",  \"{DEPLOY}\", \"111122223333\"]");
        let stored = "\"AWS\": [\"AIDAALICE11111111111\",  \"AROADEPLOY1111111111\", \"arn:aws:iam::111122223333:root\"]";
        let bound = bind(&sent).unwrap();
        assert_eq!(bound.as_str(), document(stored));
        let shown = bound.shown(|id| match id {
            "AIDAALICE11111111111" => Some(ALICE.to_owned()),
            "AROADEPLOY1111111111" => Some(DEPLOY.to_owned()),
            _ => None,
        });
        let root = "arn:aws:iam::111122223333:root";
        assert_eq!(
            shown,
            document(&sent).replace("\"111122223333\"", &format!("\"{root}\""))
        );
        assert_eq!(bound.shown(|_| None), bound.as_str());
    }

    #[test]
    fn an_account_is_shown_as_its_root_user() {
        for account in ["111122223333", "999988887777"] {
            let bound = bind(&format!("\"AWS\":\"{account}\"")).unwrap();
            let shown = document(&format!("\"AWS\":\"arn:aws:iam::{account}:root\""));
            assert_eq!(bound.as_str(), shown);
            assert_eq!(bound.shown(|_| None), shown);
        }
    }

    #[test]
    fn others_stay_as_they_were_written() {
        for principal in [
            r#""AWS":"*""#,
            r#""AWS":"arn:aws:iam::999988887777:root""#,
            r#""AWS":"arn:aws:iam::999988887777:user/stranger""#,
            r#""AWS":"arn:aws:iam::999988887777:role/a/stranger""#,
            r#""AWS":"arn:aws:sts::111122223333:assumed-role/Deploy/s""#,
            r#""AWS":"arn:aws:sts::999988887777:assumed-role/Other/s""#,
            r#""AWS":"arn:aws:sts::111122223333:federated-user/f""#,
            r#""AWS":"AIDAALICE11111111111""#,
            r#""Service":"ec2.amazonaws.com""#,
            r#""Federated":"accounts.google.com","Service":["a.amazonaws.com"]"#,
        ] {
            let bound = bind(principal);
            assert_eq!(
                bound.map(|bound| bound.0),
                Ok(document(principal)),
                "{principal}"
            );
        }
    }

    #[test]
    fn whoever_does_not_exist_is_refused() {
        for principal in [
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::111122223333:user/a/Alice",
            "arn:aws:iam::111122223333:role/deploy",
            "arn:aws:sts::111122223333:assumed-role/Other/s",
            "arn:aws-cn:iam::111122223333:root",
            "arn:aws-cn:iam::999988887777:user/stranger",
            "AIDAGONE111111111111",
            "AROAGONE111111111111",
        ] {
            let refusal = bind(&format!("\"AWS\":\"{principal}\"")).unwrap_err();
            let message = format!("Invalid principal in policy: \"AWS\":\"{principal}\"");
            assert_eq!(refusal, Refusal::MalformedPolicyDocument { message });
        }
    }

    #[test]
    fn the_size_is_bounded_and_white_space_is_free() {
        let sized = |characters: usize| {
            let text = document(r#""AWS":"*","Service":["a.amazonaws.com"]"#);
            let empty = size_without_whitespace(&text) + r#""Sid":"","#.len();
            let sid = "s".repeat(characters - empty);
            text.replace(
                r#"{"Effect""#,
                &format!("{{    \"Sid\":\"{sid}\",\"Effect\""),
            )
        };
        assert!(SentTrustPolicy::check(&sized(2048)).is_ok());
        let refusal = SentTrustPolicy::check(&sized(2049)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Cannot exceed quota for ACLSizePerRole: 2048"
        );
        let refusal = SentTrustPolicy::check("{").unwrap_err();
        assert_eq!(refusal.to_string(), "This policy contains invalid Json");
    }
}
