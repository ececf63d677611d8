//! Whether one statement matches: its action, resource, principal and conditions all fit.

use std::collections::BTreeSet;

use keyward_policy::{
    ActionElement, Effect, PrincipalElement, PrincipalKind, PrincipalSet, ResourceElement, Spanned,
    Statement, Version,
};

use crate::caller::{Caller, Kind};
use crate::condition::{Setting, all_hold};
use crate::pattern::{
    Piece, Token, glob, glob_ignoring_case, pieces, segments, substitute, wildcards,
};
use crate::principal::{Class, classes, is_exempt};
use crate::question::{Layer, Question};

/// A statement in its place.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) statement: &'a Statement,
    pub(crate) version: Version,
    pub(crate) layer: Layer,
}

/// Which way a doubtful match falls. A doubt never helps the request: in an Allow it is a miss, in a Deny a match,
/// and for what `NotResource` leaves out it is the other way round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    Matches,
    Misses,
}

impl Placed<'_> {
    fn effect(self) -> Effect {
        self.statement.effect.value
    }

    fn is_deny(self) -> bool {
        self.effect() == Effect::Deny
    }

    /// Returns the classes by which a matching statement names the caller; `None` where it does not match. In a layer
    /// without principals, and in a Deny that hits whoever asks, a match has no class.
    pub(crate) fn matches(
        self,
        question: &Question,
        caller: &Caller,
        has_boundary: bool,
    ) -> Option<BTreeSet<Class>> {
        let setting = Setting {
            effect: self.effect(),
            version: self.version,
            question,
        };
        let classes = self.principal(caller, has_boundary)?;
        let fits = self.action_fits(&question.action)
            && self.resource_fits(question)
            && all_hold(&self.statement.conditions, setting);
        fits.then_some(classes)
    }

    // SOURCE: spec/policy-language.md §2 "Which elements where", §5.
    fn principal(self, caller: &Caller, has_boundary: bool) -> Option<BTreeSet<Class>> {
        let everyone = Some(BTreeSet::new());
        let nobody = None;
        match self.layer {
            // Prohibited there.
            Layer::Boundary | Layer::Identity | Layer::ServiceControl | Layer::Session => {
                if self.statement.principal.is_none() || self.is_deny() {
                    everyone
                } else {
                    nobody
                }
            }
            // RCPs of one's own only deny.
            Layer::ResourceControl if !self.is_deny() && !is_full_access(self.statement) => nobody,
            Layer::Endpoint | Layer::Resource | Layer::ResourceControl => {
                match &self.statement.principal {
                    None => {
                        if self.is_deny() {
                            everyone
                        } else {
                            nobody
                        }
                    }
                    Some(PrincipalElement::NotPrincipal(set)) => {
                        if self.is_deny() && !is_exempt(set, caller, has_boundary) {
                            everyone
                        } else {
                            nobody
                        }
                    }
                    Some(PrincipalElement::Principal(set)) => {
                        let mut classes = classes(set, caller);
                        // "not unsigned STS federation calls": `*` in a trust policy does not let them in.
                        if caller.kind == Kind::Unsigned
                            && self.layer == Layer::Resource
                            && !self.is_deny()
                        {
                            classes.remove(&Class::Any);
                        }
                        if classes.is_empty() {
                            nobody
                        } else {
                            Some(classes)
                        }
                    }
                }
            }
        }
    }

    // SOURCE: spec/policy-language.md §3.
    fn action_fits(self, action: &str) -> bool {
        let any = |patterns: &[Spanned<String>]| {
            patterns
                .iter()
                .any(|pattern| action_fits(&pattern.value, action))
        };
        match &self.statement.action {
            None => self.is_deny(),
            Some(ActionElement::Action(patterns)) => any(patterns),
            Some(ActionElement::NotAction(patterns)) if patterns.is_empty() => self.is_deny(),
            Some(ActionElement::NotAction(patterns)) => !any(patterns),
        }
    }

    // SOURCE: spec/policy-language.md §4.
    fn resource_fits(self, question: &Question) -> bool {
        match &self.statement.resource {
            // In a resource policy: the resource that it is attached to.
            None => self.layer == Layer::Resource || self.is_deny(),
            Some(ResourceElement::Resource(patterns)) => {
                let doubt = if self.is_deny() {
                    Doubt::Matches
                } else {
                    Doubt::Misses
                };
                patterns.iter().any(|pattern| {
                    let fit = self.resource_pattern_fits(
                        &pattern.value,
                        doubt,
                        doubt == Doubt::Matches,
                        question,
                    );
                    fit == Some(true)
                })
            }
            Some(ResourceElement::NotResource(patterns)) => {
                let doubt = if self.is_deny() {
                    Doubt::Misses
                } else {
                    Doubt::Matches
                };
                let fits: Vec<Option<bool>> = (patterns.iter())
                    .map(|pattern| {
                        self.resource_pattern_fits(&pattern.value, doubt, false, question)
                    })
                    .collect();
                // "NotResource with any specific ARN" for an action without resource, and for one that is no ARN.
                let incomparable = question.resource_arn().is_none();
                if fits.contains(&Some(true)) {
                    false
                } else if patterns.is_empty() || fits.contains(&None) || incomparable {
                    self.is_deny()
                } else {
                    true
                }
            }
        }
    }

    /// Whether one pattern fits the resource; `None` where a variable of it has no value or stands where it may not.
    fn resource_pattern_fits(
        self,
        pattern: &str,
        doubt: Doubt,
        early_variables: bool,
        question: &Question,
    ) -> Option<bool> {
        if pattern == "*" {
            return Some(true);
        }
        let resource = if question.resource_arn().is_none() {
            // An action without a resource; one of them passes a string of its own.
            let own = "arn:aws:s3:::*";
            let has_own = question.action.eq_ignore_ascii_case("s3:ListAllMyBuckets");
            match (&self.statement.resource, doubt) {
                (Some(ResourceElement::Resource(_)), Doubt::Matches) if has_own => own,
                (Some(ResourceElement::Resource(_)), Doubt::Misses) => {
                    return Some(has_own && pattern == own);
                }
                _ => return Some(false),
            }
        } else {
            question.resource.as_str()
        };
        let mut written = segments(&pieces(pattern, self.version));
        let is_arn = pattern.starts_with("arn:");
        // "Variables only after the 5th colon", says the guide; AWS's managed policies have them for region and account.
        let early = if is_arn && written.len() == 6 {
            written.iter().take(3)
        } else {
            written.iter().take(if is_arn { 5 } else { 6 })
        };
        if !early_variables
            && early
                .flatten()
                .any(|piece| !matches!(piece, Piece::Char(_)))
        {
            return None;
        }
        if !is_arn {
            return Some(false);
        }
        // "Short ARNs".
        if written.len() < 6 {
            let ends_in_star = written
                .last()
                .is_some_and(|segment| segment.last() == Some(&Piece::Char('*')));
            if doubt == Doubt::Misses && !ends_in_star {
                return Some(false);
            }
            written.resize(6, vec![Piece::Char('*')]);
        }
        let patterns: Vec<Vec<Token>> = written
            .iter()
            .map(|segment| substitute(segment, question))
            .collect::<Option<_>>()?;
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let (["arn", _, service, _, _, _], Some(resource_segment)) =
            (parts.as_slice(), written.last())
        else {
            return Some(false);
        };
        let mut fits = true;
        for (index, (pattern, part)) in patterns.iter().zip(&parts).enumerate() {
            fits &= match doubt {
                Doubt::Matches if index < 5 => glob_ignoring_case(pattern, part),
                Doubt::Matches | Doubt::Misses => glob(pattern, part),
            };
        }
        // "no wildcard inside the resource-type word".
        let type_word = resource_segment
            .split(|piece| *piece == Piece::Char('/'))
            .next()
            .unwrap_or_default();
        let wild = type_word
            .iter()
            .any(|piece| matches!(piece, Piece::Char('*' | '?')));
        let lone_star = *resource_segment == [Piece::Char('*')];
        if *service == "iam" && wild && !lone_star && doubt == Doubt::Misses {
            fits = false;
        }
        Some(fits)
    }
}

fn action_fits(pattern: &str, action: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (Some((service_pattern, name_pattern)), Some((service, name))) =
        (pattern.split_once(':'), action.split_once(':'))
    else {
        return false;
    };
    if service_pattern.is_empty()
        || name_pattern.is_empty()
        || pattern.chars().any(char::is_whitespace)
    {
        return false;
    }
    let fits = |pattern: &str, text| {
        let pattern: Vec<Token> = wildcards(pattern);
        glob_ignoring_case(&pattern, text)
    };
    fits(service_pattern, service) && fits(name_pattern, name)
}

/// Whether this is the statement of RCPFullAWSAccess.
// SOURCE: spec/policy-language.md §2, RCP: "Allow exists only in RCPFullAWSAccess; ignore any other Allow".
fn is_full_access(statement: &Statement) -> bool {
    let is_star = |values: &[Spanned<String>]| matches!(values, [only] if only.value == "*");
    let everyone = match &statement.principal {
        Some(PrincipalElement::Principal(PrincipalSet::Everyone(_))) => true,
        Some(PrincipalElement::Principal(PrincipalSet::Listed(entries))) => {
            matches!(entries.as_slice(), [only] if only.kind == PrincipalKind::Aws && only.value.value == "*")
        }
        Some(PrincipalElement::NotPrincipal(_)) | None => false,
    };
    everyone
        && matches!(&statement.action, Some(ActionElement::Action(values)) if is_star(values))
        && matches!(&statement.resource, Some(ResourceElement::Resource(values)) if is_star(values))
        && statement.conditions.is_empty()
}
