//! Which services a document opens at all, whatever the resource and the circumstances.

use keyward_policy::Effect;

use crate::compiled::{CompiledPolicy, Kind, Statement, Written};
use crate::template::Template;
use crate::trace::ElementForm;

/// The part of an action pattern that is about the actions of one service.
#[derive(Clone, Copy, Debug)]
enum NamePattern<'p> {
    All,
    Exact(&'p str),
    Glob(&'p str),
}

impl CompiledPolicy {
    /// Returns whether an Allow statement names one of a service's actions, whatever its resources and conditions.
    ///
    /// `actions` are names without the service's prefix. Not a decision: what is denied is not looked at. A document
    /// that cannot be used grants nothing.
    ///
    /// # Examples
    /// ```
    /// use keyward_engine::CompiledPolicy;
    /// use keyward_policy::Policy;
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    /// let policy = CompiledPolicy::compile(&Policy::parse(text).unwrap());
    /// assert!(policy.grants_some("s3", &["GetObject", "PutObject"]));
    /// assert!(!policy.grants_some("sqs", &["GetQueueUrl"]));
    /// ```
    // SOURCE: API reference of ListPoliciesGrantingServiceAccess.
    #[must_use]
    pub fn grants_some(&self, service: &str, actions: &[&str]) -> bool {
        self.statements
            .iter()
            // A statement of an identity policy that names principals allows nothing.
            .filter(|statement| {
                statement.effect == Effect::Allow && statement.principal == ElementForm::Absent
            })
            .any(|statement| self.names_some(statement, service, actions))
    }

    fn names_some(&self, statement: &Statement, service: &str, actions: &[&str]) -> bool {
        let patterns = self.actions(statement);
        let mut of_service = patterns
            .clone()
            .filter_map(|pattern| NamePattern::of_service(&pattern, service));
        match statement.action {
            ElementForm::Absent => false,
            ElementForm::Listed => {
                of_service.any(|pattern| actions.iter().any(|action| pattern.fits(action)))
            }
            ElementForm::NotListed => {
                let is_listed =
                    |action: &&str| of_service.clone().any(|pattern| pattern.fits(action));
                patterns.count() > 0 && !actions.iter().all(is_listed)
            }
        }
    }
}

impl<'p> NamePattern<'p> {
    fn of_service(pattern: &Written<'p>, service: &str) -> Option<Self> {
        match pattern.kind {
            Kind::Everything => Some(Self::All),
            Kind::Exact => {
                let (own, name) = pattern.text.split_once(':')?;
                own.eq_ignore_ascii_case(service)
                    .then_some(Self::Exact(name))
            }
            Kind::Glob => {
                let (own, name) = pattern.text.split_once(':')?;
                Template::pattern(own)
                    .fits_ignoring_case(service)
                    .then_some(Self::Glob(name))
            }
            Kind::Never
            | Kind::Prefix
            | Kind::PrincipalAws
            | Kind::PrincipalCanonicalUser
            | Kind::PrincipalFederated
            | Kind::PrincipalService
            | Kind::ShortArn
            | Kind::VariableInHead
            | Kind::Variables => None,
        }
    }

    fn fits(self, action: &str) -> bool {
        match self {
            Self::All => true,
            Self::Exact(name) => name.eq_ignore_ascii_case(action),
            Self::Glob(name) => Template::pattern(name).fits_ignoring_case(action),
        }
    }
}

#[cfg(test)]
mod tests {
    use keyward_policy::Policy;

    use super::*;

    fn check(statement: &str, service: &str, expected: bool) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let policy = CompiledPolicy::compile(&Policy::parse(&text).unwrap());
        let actions = ["GetObject", "PutObject"];
        assert_eq!(
            policy.grants_some(service, &actions),
            expected,
            "{statement} {service}"
        );
    }

    #[test]
    fn allow_statements_grant_by_their_actions_alone() {
        let listed = |action: &str| {
            format!(r#"{{"Effect":"Allow","Action":[{action}],"Resource":"arn:aws:s3:::b"}}"#)
        };
        let excepted =
            |action: &str| format!(r#"{{"Effect":"Allow","NotAction":[{action}],"Resource":"*"}}"#);
        for (statement, s3, sqs) in [
            (listed(r#""*""#), true, true),
            (listed(r#""s3:*""#), true, false),
            (listed(r#""S3:getobject""#), true, false),
            (listed(r#""s?:P*""#), true, false),
            (listed(r#""s3:Delete*""#), false, false),
            (listed(r#""ec2:*","iam:*""#), false, false),
            (excepted(r#""iam:*""#), true, true),
            (excepted(r#""s3:*""#), false, true),
            (excepted(r#""s3:Get*""#), true, true),
            (excepted(r#""s3:Get*","s3:PutObject""#), false, true),
            (excepted(r#""*""#), false, false),
        ] {
            check(&statement, "s3", s3);
            check(&statement, "sqs", sqs);
        }
        check(
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            "s3",
            false,
        );
        assert!(!CompiledPolicy::unusable("no").grants_some("s3", &["GetObject"]));
    }
}
