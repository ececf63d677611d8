//! Allow statements that a Deny of the same principal always outweighs.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_policy::{ActionElement, Effect, ResourceElement, Spanned, Statement};

use super::{Read, Rule, Ward};
use crate::glob::{covers, overlap};

/// Finds them among the documents of one principal.
pub(super) fn check(ward: &mut Ward<'_>, account: AccountId, documents: &[Arc<Read>]) {
    let of = |effect: Effect| {
        documents.iter().flat_map(move |read| {
            read.policy
                .statements
                .iter()
                .filter(move |it| it.effect.value == effect)
                .map(move |it| (read, it))
        })
    };
    let denies: Vec<(&Arc<Read>, &Statement)> = of(Effect::Deny)
        .filter(|(_, it)| it.conditions.is_empty())
        .collect();
    if denies.is_empty() {
        return;
    }
    for (read, allow) in of(Effect::Allow) {
        let Some((other, deny)) = denies.iter().find(|(_, deny)| outweighs(deny, allow)) else {
            continue;
        };
        // A policy that many have is told once.
        let place = keyward_diagnose::place_of(&read.origin, allow.span);
        let is_told = ward.bites.iter().any(|bite| {
            bite.rule == Rule::AllowShadowed
                && bite.place.as_ref() == Some(&place)
                && bite.subject == read.subject
        });
        if is_told {
            continue;
        }
        let sid = deny
            .sid
            .as_ref()
            .map(|sid| format!(" (Sid {})", sid.value))
            .unwrap_or_default();
        let line = keyward_diagnose::place_of(&other.origin, deny.span);
        ward.bite(
            Rule::AllowShadowed,
            Some(account),
            read,
            allow.span,
            format!(
                "The statement gives nothing: a Deny of {}{sid}, at {line}, covers all of it without any condition.",
                other.subject
            ),
            "Take one of both out, once it is clear which was meant; a Deny is mostly there on purpose.".to_owned(),
        );
    }
}

fn outweighs(deny: &Statement, allow: &Statement) -> bool {
    actions(deny, allow) && resources(deny, allow)
}

fn actions(deny: &Statement, allow: &Statement) -> bool {
    let lower = |patterns: &[Spanned<String>]| -> Vec<String> {
        patterns
            .iter()
            .map(|it| {
                if it.value == "*" {
                    "*".to_owned()
                } else {
                    it.value.to_ascii_lowercase()
                }
            })
            .collect()
    };
    let Some(ActionElement::Action(allowed)) = &allow.action else {
        return false;
    };
    let allowed = lower(allowed);
    if allowed.is_empty() {
        return false;
    }
    match &deny.action {
        None => false,
        Some(ActionElement::Action(denied)) => {
            let denied = lower(denied);
            allowed
                .iter()
                .all(|it| denied.iter().any(|deny| covers(deny, it)))
        }
        Some(ActionElement::NotAction(excepted)) => {
            let excepted = lower(excepted);
            !allowed
                .iter()
                .any(|it| excepted.iter().any(|except| overlap(except, it)))
        }
    }
}

fn resources(deny: &Statement, allow: &Statement) -> bool {
    let denied = match &deny.resource {
        Some(ResourceElement::Resource(patterns)) => patterns,
        Some(ResourceElement::NotResource(_)) | None => return false,
    };
    if denied.iter().any(|it| it.value == "*") {
        return allow.resource.is_some();
    }
    let Some(ResourceElement::Resource(allowed)) = &allow.resource else {
        return false;
    };
    // Variables stand for what is not known here.
    let is_plain = |it: &Spanned<String>| !it.value.contains("${");
    !allowed.is_empty()
        && allowed.iter().all(|it| {
            is_plain(it)
                && it.value.starts_with("arn:")
                && denied
                    .iter()
                    .any(|deny| is_plain(deny) && covers_arn(&deny.value, &it.value))
        })
}

/// A star does not cross the first five colons.
fn covers_arn(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<&str>, Vec<&str>) = (
        outer.splitn(6, ':').collect(),
        inner.splitn(6, ':').collect(),
    );
    outer.len() == 6
        && inner.len() == 6
        && outer
            .iter()
            .zip(&inner)
            .all(|(outer, inner)| covers(outer, inner))
}
