//! Session policies: what a session is limited to.

use keyward_arn::AccountId;
use keyward_directory::{PolicyArn, PolicyOwner};
use keyward_policy::{PolicyKind, check};

use crate::limits::{SESSION_POLICY_ARNS, SESSION_POLICY_CHARACTERS};

/// The policies of a session; together they allow what any of them allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPolicies {
    /// The document that was passed.
    pub inline: Option<String>,
    /// Managed policies, read anew at each request.
    pub managed: Vec<PolicyArn>,
}

/// Policies that a session can't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionPolicyError {
    /// The document is no policy, or one of another kind.
    #[error("{0}")]
    Malformed(String),
    /// The ARN is not one of a policy of the account or of AWS.
    #[error(
        "The policy {0} can't be a session policy: it must be a managed policy of the session's account or of AWS."
    )]
    NotUsable(String),
    /// Document and ARNs are too long together.
    // SOURCE: spec/sts.md §1: the number; AWS's text is not known.
    #[error(
        "The session policy and the ARNs of managed session policies must not have more than {SESSION_POLICY_CHARACTERS} characters together."
    )]
    TooLong,
    /// More ARNs than a session may have.
    #[error("A session can have at most {SESSION_POLICY_ARNS} managed session policies.")]
    TooMany,
}

impl SessionPolicies {
    /// Takes the policies that a caller passes for a session in an account.
    ///
    /// Whether a managed policy exists is not asked here.
    ///
    /// # Errors
    /// [`SessionPolicyError`].
    // SOURCE: spec/sts.md §2, Policy and PolicyArns.
    pub fn of_call(
        inline: Option<&str>,
        arns: &[&str],
        account: AccountId,
    ) -> Result<Self, SessionPolicyError> {
        if arns.len() > SESSION_POLICY_ARNS {
            return Err(SessionPolicyError::TooMany);
        }
        let characters = arns.iter().chain(&inline).map(|text| text.chars().count());
        if characters.sum::<usize>() > SESSION_POLICY_CHARACTERS {
            return Err(SessionPolicyError::TooLong);
        }
        if let Some(text) = inline {
            check_document(text)?;
        }
        let mut managed: Vec<PolicyArn> = Vec::new();
        for text in arns {
            let arn = PolicyArn::parse(text).ok().filter(|arn| match arn.owner() {
                PolicyOwner::Aws => true,
                PolicyOwner::Account(owner) => owner == account,
            });
            let arn = arn.ok_or_else(|| SessionPolicyError::NotUsable((*text).to_owned()))?;
            if !managed.contains(&arn) {
                managed.push(arn);
            }
        }
        Ok(Self {
            inline: inline.map(str::to_owned),
            managed,
        })
    }

    /// Returns whether the session is limited by none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inline.is_none() && self.managed.is_empty()
    }
}

fn check_document(text: &str) -> Result<(), SessionPolicyError> {
    match check(text, PolicyKind::Session) {
        Ok(_) => Ok(()),
        Err(error) => Err(SessionPolicyError::Malformed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const OWN: &str = "arn:aws:iam::111122223333:policy/Own";

    fn of(inline: Option<&str>, arns: &[&str]) -> Result<SessionPolicies, SessionPolicyError> {
        SessionPolicies::of_call(inline, arns, AccountId::parse("111122223333").unwrap())
    }

    #[test]
    fn own_policies_and_those_of_aws() {
        assert!(of(None, &[]).unwrap().is_empty());
        let policies = of(
            Some(ALL),
            &[OWN, OWN, "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        )
        .unwrap();
        assert_eq!(
            (policies.inline.as_deref(), policies.managed.len()),
            (Some(ALL), 2)
        );
        for foreign in [
            "arn:aws:iam::444455556666:policy/P",
            "arn:aws:iam::111122223333:role/R",
            "x",
        ] {
            let refused = SessionPolicyError::NotUsable(foreign.to_owned());
            assert_eq!(of(None, &[foreign]), Err(refused));
        }
    }

    #[test]
    fn sizes() {
        let long = ALL.replace("Statement", &format!("Statement{}", " ".repeat(2_048)));
        assert!(matches!(
            of(Some(&long), &[]),
            Err(SessionPolicyError::Malformed(_) | SessionPolicyError::TooLong)
        ));
        let padded = format!("{ALL}{}", " ".repeat(SESSION_POLICY_CHARACTERS - ALL.len()));
        assert!(of(Some(&padded), &[]).is_ok());
        assert_eq!(of(Some(&padded), &[OWN]), Err(SessionPolicyError::TooLong));
        assert_eq!(of(None, &[OWN; 11]), Err(SessionPolicyError::TooMany));
    }

    #[test]
    fn documents_are_checked() {
        for text in [
            "",
            "{}",
            "{",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
        ] {
            assert!(
                matches!(of(Some(text), &[]), Err(SessionPolicyError::Malformed(_))),
                "{text}"
            );
        }
    }
}
