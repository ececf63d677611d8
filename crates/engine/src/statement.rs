//! Whether one statement matches one request.
//!
//! All elements must: action, resource, principal, every condition. The silent path stops at the first that does not;
//! the recording one goes on, so that a trace tells everything that stands in the way.

use keyward_policy::Effect;

use crate::compiled::{CompiledPolicy, Kind, Statement};
use crate::condition::{Asked, Held};
use crate::decision::LayerKind;
use crate::observe::Observer;
use crate::principal::Bearers;
use crate::question::Question;
use crate::record;
use crate::resource::Doubt;
use crate::template::{Template, has_variables};
use crate::trace::{ElementForm, MatchClasses};

/// A statement in the place where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'p> {
    pub(crate) policy: &'p CompiledPolicy,
    pub(crate) statement: &'p Statement,
    pub(crate) layer: LayerKind,
}

/// Returns how a matching statement names the principal (no class at all where it stands in a layer that names nobody);
/// `None` for a statement that does not match.
pub(crate) fn matches<O: Observer>(
    question: &Question<'_>,
    placed: Placed<'_>,
    observer: &mut O,
) -> Option<MatchClasses> {
    let action = action_matches(question, placed);
    observer.element(|| record::action(question, placed, action));
    if !action && !O::RECORDS {
        return None;
    }
    let resource = resource_matches(question, placed);
    observer.element(|| record::resource(question, placed, resource));
    if !resource && !O::RECORDS {
        return None;
    }
    let classes = principal_matches(question, placed);
    if placed.statement.principal != ElementForm::Absent || names_principals(placed.layer) {
        observer.element(|| record::principal(question, placed, classes));
    }
    if classes.is_none() && !O::RECORDS {
        return None;
    }
    let conditions = conditions_match(question, placed, observer);
    classes.filter(|_| action && resource && conditions)
}

/// SOURCE: spec/policy-language.md §3. A statement without an action element is understood by nobody.
fn action_matches(question: &Question<'_>, placed: Placed<'_>) -> bool {
    let Placed {
        policy, statement, ..
    } = placed;
    let mut actions = policy.actions(statement);
    match statement.action {
        ElementForm::Absent => is_deny(statement),
        ElementForm::Listed => actions.any(|pattern| question.action.fits(&pattern)),
        ElementForm::NotListed => match actions.next() {
            None => is_deny(statement),
            Some(first) => {
                !question.action.fits(&first)
                    && !actions.any(|pattern| question.action.fits(&pattern))
            }
        },
    }
}

/// SOURCE: spec/policy-language.md §2 and §4.
fn resource_matches(question: &Question<'_>, placed: Placed<'_>) -> bool {
    let Placed {
        policy,
        statement,
        layer,
    } = placed;
    let mut resources = policy.resources(statement);
    match statement.resource {
        // In a resource's own policy the resource goes without saying.
        ElementForm::Absent => layer == LayerKind::Resource || is_deny(statement),
        ElementForm::Listed => resources.any(|pattern| resource_fits(question, placed, &pattern)),
        ElementForm::NotListed => {
            if resources
                .clone()
                .any(|pattern| pattern.kind == Kind::Everything)
            {
                return false;
            }
            if resources.clone().next().is_none() || question.resource.arn().is_none() {
                // Nothing is excepted, or `*` is asked for, which specific ARNs neither hold nor leave out.
                return is_deny(statement);
            }
            !resources.any(|pattern| resource_fits(question, placed, &pattern))
        }
    }
}

/// Returns whether a resource pattern fits, in doubt so that the statement errs to refusal.
pub(crate) fn resource_fits(
    question: &Question<'_>,
    placed: Placed<'_>,
    pattern: &crate::compiled::Written<'_>,
) -> bool {
    let statement = placed.statement;
    let is_excepted = statement.resource == ElementForm::NotListed;
    let doubt = match (statement.effect, is_excepted) {
        (Effect::Allow, false) | (Effect::Deny, true) => Doubt::Misses,
        (Effect::Allow, true) | (Effect::Deny, false) => Doubt::Fits,
    };
    // A variable without a value fits no resource, and must not thereby open an Allow for all that is not listed.
    if doubt == Doubt::Fits
        && is_excepted
        && has_variables(pattern.kind)
        && (pattern.kind == Kind::VariableInHead
            || Template::of(pattern, question.context())
                .unresolved()
                .is_some())
    {
        return true;
    }
    question
        .resource
        .fits(pattern, &question.action, question.context(), doubt)
}

/// Returns the classes by which the principal element names the principal.
// SOURCE: spec/policy-language.md §2 and §5.
fn principal_matches(question: &Question<'_>, placed: Placed<'_>) -> Option<MatchClasses> {
    let Placed {
        policy,
        statement,
        layer,
    } = placed;
    let by_effect = is_deny(statement).then_some(MatchClasses::NONE);
    if !names_principals(layer) {
        // Nobody is to be named here: whoever does allows nothing, and denies everyone.
        return match statement.principal {
            ElementForm::Absent => Some(MatchClasses::NONE),
            ElementForm::Listed | ElementForm::NotListed => by_effect,
        };
    }
    match (statement.principal, statement.effect) {
        (ElementForm::Absent, Effect::Allow | Effect::Deny) => by_effect,
        (ElementForm::Listed, Effect::Allow | Effect::Deny) => {
            let bearers = bearers(placed);
            let classes = policy
                .principals(statement)
                .fold(MatchClasses::NONE, |all, entry| {
                    all.union(question.caller.classes(&entry, bearers))
                });
            (!classes.is_empty()).then_some(classes)
        }
        (ElementForm::NotListed, Effect::Allow) => None,
        (ElementForm::NotListed, Effect::Deny) => {
            let is_exempted = question
                .caller
                .is_exempted(policy.principals(statement), question.has_boundary);
            (!is_exempted).then_some(MatchClasses::NONE)
        }
    }
}

/// Returns whether `*` in this statement's principal element means bearers of tokens too.
pub(crate) fn bearers(placed: Placed<'_>) -> Bearers {
    if placed.layer == LayerKind::Resource && !is_deny(placed.statement) {
        Bearers::NotMeantByEveryone
    } else {
        Bearers::MeantByEveryone
    }
}

/// Returns whether the statements of a layer must name principals.
fn names_principals(layer: LayerKind) -> bool {
    match layer {
        LayerKind::Endpoint | LayerKind::Resource | LayerKind::ResourceControl => true,
        LayerKind::Identity
        | LayerKind::PermissionsBoundary
        | LayerKind::ServiceControl
        | LayerKind::Session => false,
    }
}

/// Returns whether all conditions hold; of conditions on one key in several spellings, in a Deny any one.
fn conditions_match<O: Observer>(
    question: &Question<'_>,
    placed: Placed<'_>,
    observer: &mut O,
) -> bool {
    let Placed {
        policy, statement, ..
    } = placed;
    let (mut all, mut group) = (true, true);
    for condition in policy.conditions(statement) {
        if !condition.is_twin {
            all = all && group;
            group = false;
            if !all && !O::RECORDS {
                return false;
            }
        }
        let asked = Asked {
            policy,
            condition,
            effect: statement.effect,
            context: question.context(),
        };
        if !group || O::RECORDS {
            let held: Held = asked.hold();
            observer.element(|| record::condition(&asked, held));
            group = group || held.holds;
        }
    }
    all && group
}

fn is_deny(statement: &Statement) -> bool {
    match statement.effect {
        Effect::Allow => false,
        Effect::Deny => true,
    }
}
