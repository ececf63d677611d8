//! Whether a request has any prospect of being allowed, told before anything is known of who asks and how.
//!
//! Never a decision: in doubt there is a prospect. It is there to pass over most of many principals without laying out
//! their policies; whoever is left is decided on by [`crate::decide`].

use keyward_policy::Effect;

use crate::action::ActionName;
use crate::compiled::{CompiledPolicy, Kind, Statement, Written};
use crate::context::Context;
use crate::decide::rule_may_allow;
use crate::resource::{Doubt, ResourceName};
use crate::trace::ElementForm;

/// An action on a resource, by whomever and in whatever circumstances.
///
/// INVARIANT: where [`crate::decide`] allows it to a principal that identity policies bear on (users, sessions of roles,
/// federated sessions of users), one of these holds: [`Prospect::is_in`] of one of its identity policies,
/// [`Prospect::is_by_rule`], or the resource has a policy of its own. The test
/// `whoever_is_allowed_has_a_prospect` asks for it.
///
/// # Examples
/// ```
/// use keyward_engine::{CompiledPolicy, Prospect};
/// use keyward_policy::Policy;
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}"#;
/// let policy = CompiledPolicy::compile(&Policy::parse(text).unwrap());
/// assert!(Prospect::new("s3:GetObject", "arn:aws:s3:::b/k").is_in(&policy));
/// assert!(!Prospect::new("s3:GetObject", "arn:aws:s3:::other/k").is_in(&policy));
/// assert!(!Prospect::new("s3:PutObject", "arn:aws:s3:::b/k").is_in(&policy));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Prospect<'r> {
    action: ActionName<'r>,
    resource: ResourceName<'r>,
}

impl<'r> Prospect<'r> {
    /// Takes the action, such as `s3:GetObject`, and the resource: an ARN, or `*`.
    #[must_use]
    pub fn new(action: &'r str, resource: &'r str) -> Self {
        Self {
            action: ActionName::new(action),
            resource: ResourceName::new(resource),
        }
    }

    /// Returns whether a rule may allow it that no policy changes, as `sts:GetCallerIdentity`.
    #[must_use]
    pub fn is_by_rule(&self) -> bool {
        rule_may_allow(&self.action)
    }

    /// Returns whether an Allow statement of a document may match.
    ///
    /// Conditions and principals are taken to fit, and so is whatever has a `${`, even where that is no variable. A document
    /// that cannot be used allows nothing. Costs a comparison per statement.
    #[must_use]
    pub fn is_in(&self, policy: &CompiledPolicy) -> bool {
        policy.statements.iter().any(|statement| {
            statement.effect == Effect::Allow
                && self.action_may_fit(policy, statement)
                && self.resource_may_fit(policy, statement)
        })
    }

    fn action_may_fit(&self, policy: &CompiledPolicy, statement: &Statement) -> bool {
        let mut patterns = policy.actions(statement);
        match statement.action {
            ElementForm::Absent => false,
            ElementForm::Listed => patterns.any(|pattern| self.action.fits(&pattern)),
            ElementForm::NotListed => !patterns.any(|pattern| self.action.fits(&pattern)),
        }
    }

    fn resource_may_fit(&self, policy: &CompiledPolicy, statement: &Statement) -> bool {
        let mut patterns = policy.resources(statement);
        let has_variable = |pattern: &Written<'_>| pattern.text.contains("${");
        match statement.resource {
            // It goes without saying in a resource's own policy.
            ElementForm::Absent => true,
            ElementForm::Listed => {
                patterns.any(|pattern| has_variable(&pattern) || self.fits(&pattern, Doubt::Misses))
            }
            ElementForm::NotListed => {
                let is_open = patterns.clone().next().is_none()
                    || patterns.clone().any(|pattern| has_variable(&pattern));
                is_open || !patterns.any(|pattern| self.is_excepted(&pattern))
            }
        }
    }

    /// Returns whether a pattern of a `NotResource` without variables takes the resource out.
    fn is_excepted(&self, pattern: &Written<'_>) -> bool {
        // What is no ARN is neither within nor without; an Allow is not opened by it.
        pattern.kind == Kind::Everything
            || self.resource.arn().is_none()
            || self.fits(pattern, Doubt::Fits)
    }

    /// Matches a pattern without variables, for which there is nothing to look up.
    fn fits(&self, pattern: &Written<'_>, doubt: Doubt) -> bool {
        let nothing = Context::new();
        self.resource.fits(pattern, &self.action, &nothing, doubt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::world::compile;

    fn check(statement: &str, action: &str, resource: &str, expected: bool) {
        let prospect = Prospect::new(action, resource);
        assert_eq!(
            prospect.is_in(&compile(statement)),
            expected,
            "{statement} {action} {resource}"
        );
    }

    #[test]
    fn what_cannot_match_has_no_prospect() {
        let object = "arn:aws:s3:::b/o";
        for (statement, expected) in [
            ("+s3:GetObject", true),
            ("+S3:get*", true),
            ("+*", true),
            ("-s3:GetObject", false),
            ("+s3:Put*", false),
            ("+!s3:*", false),
            ("+!s3:Put*", true),
            ("+s3:* @arn:aws:s3:::b/*", true),
            ("+s3:* @arn:aws:s3:::c/*", false),
            ("+s3:* @arn:aws:s3:::c/*,arn:aws:s3:::?/o", true),
            ("+s3:* @arn:aws:s3:::${aws:username}/*", true),
            ("+s3:* @arn:aws:s3:::c", false),
            ("+s3:* !@arn:aws:s3:::b/*", false),
            ("+s3:* !@*", false),
            ("+s3:* !@arn:aws:s3:::c/*", true),
            (
                "+s3:* !@arn:aws:s3:::b/*,arn:aws:s3:::${aws:username}",
                true,
            ),
            (r#"+s3:* ?{"StringEquals":{"k":"x"}}"#, true),
            ("{broken", false),
        ] {
            check(statement, "s3:GetObject", object, expected);
        }
        // Plain text under this version; taken to fit all the same.
        let old = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}}"#;
        check(old, "s3:GetObject", object, true);
        check("+s3:* @arn:aws:s3:::b", "s3:ListAllMyBuckets", "*", false);
        check("+s3:* @arn:aws:s3:::*", "s3:ListAllMyBuckets", "*", true);
        check("+s3:* !@arn:aws:s3:::b", "s3:ListAllMyBuckets", "*", false);
    }

    #[test]
    fn rules() {
        for (action, expected) in [
            ("STS:getcalleridentity", true),
            ("sts:GetSessionToken", true),
            ("sts:GetFederationToken", false),
            ("iam:GetCallerIdentity", false),
        ] {
            let prospect = Prospect::new(action, "*");
            assert_eq!(prospect.is_by_rule(), expected, "{action}");
        }
    }
}
