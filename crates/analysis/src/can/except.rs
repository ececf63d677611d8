//! What is taken away from what a statement allows.

use keyward_engine::StatementRef;
use keyward_policy::{ActionElement, Effect, ResourceElement, Statement};

use super::{EVERYTHING, action_phrase, resource_phrase};
use crate::gather::Gathered;
use crate::glob::{covers, overlap};
use crate::partial::Known;
use crate::who_can::{Evidence, evidence};

/// A statement that denies part of what another allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Except {
    /// The statement, with the conditions that are left open.
    pub evidence: Evidence,
    /// What it denies: `s3:DeleteObject on everything but arn:aws:s3:::b/tmp/*`.
    pub what: String,
}

/// Finds statements that deny part of a statement, on resources that are not all that it covers.
pub(super) fn except(own: &Gathered, statement: &Statement, known: &Known<'_>) -> Vec<Except> {
    let mut found = Vec::new();
    for (place, document) in &own.documents {
        for (number, deny) in document.policy.statements.iter().enumerate() {
            let (Some(action), Some(resource)) = (&deny.action, &deny.resource) else {
                continue;
            };
            if deny.effect.value != Effect::Deny
                || !statement.action.as_ref().is_some_and(|it| meet(it, action))
                || !is_part(resource, statement.resource.as_ref())
            {
                continue;
            }
            let at = StatementRef {
                layer: place.layer,
                list: place.list,
                policy: place.policy,
                statement: number,
            };
            found.extend(evidence(own, at, known).map(|evidence| Except {
                evidence,
                what: format!("{} on {}", action_phrase(action), resource_phrase(resource)),
            }));
        }
    }
    found
}

/// Whether an action may be of both.
fn meet(one: &ActionElement, other: &ActionElement) -> bool {
    let lower = |element: &ActionElement| -> Vec<String> {
        let patterns = element.patterns().iter();
        patterns.map(|it| it.value.to_ascii_lowercase()).collect()
    };
    let (ours, theirs) = (lower(one), lower(other));
    // Of those listed, one that the other does not spare.
    let is_left = |listed: &[String], spared: &[String]| {
        let is_spared = |it: &String| spared.iter().any(|spare| covers(spare, it));
        listed.iter().any(|it| !is_spared(it))
    };
    match (one, other) {
        (ActionElement::Action(_), ActionElement::Action(_)) => ours
            .iter()
            .any(|ours| theirs.iter().any(|theirs| overlap(ours, theirs))),
        (ActionElement::Action(_), ActionElement::NotAction(_)) => is_left(&ours, &theirs),
        (ActionElement::NotAction(_), ActionElement::Action(_)) => is_left(&theirs, &ours),
        (ActionElement::NotAction(_), ActionElement::NotAction(_)) => true,
    }
}

/// Whether a Deny is about part of an Allow's resources; one about all of them shows in what becomes of the actions.
fn is_part(deny: &ResourceElement, allow: Option<&ResourceElement>) -> bool {
    match (deny, allow) {
        (ResourceElement::Resource(denied), _)
            if denied.iter().any(|it| it.value == EVERYTHING) =>
        {
            false
        }
        (ResourceElement::Resource(denied), Some(ResourceElement::Resource(allowed))) => {
            denied.iter().any(|deny| {
                allowed
                    .iter()
                    .any(|allow| overlap(&deny.value, &allow.value))
            })
        }
        (ResourceElement::Resource(denied), Some(ResourceElement::NotResource(spared))) => denied
            .iter()
            .any(|deny| !spared.iter().any(|it| covers(&it.value, &deny.value))),
        // What a Deny spares altogether is not touched by it.
        (ResourceElement::NotResource(spared), Some(ResourceElement::Resource(allowed))) => allowed
            .iter()
            .any(|allow| !spared.iter().any(|it| covers(&it.value, &allow.value))),
        (ResourceElement::NotResource(_), Some(ResourceElement::NotResource(_)))
        | (ResourceElement::NotResource(_) | ResourceElement::Resource(_), None) => true,
    }
}
