//! What each layer said, and which of its statements came near.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use keyward_arn::Arn;
use keyward_engine::{
    ActualValues, Applicability, Decision, ElementForm, ElementTrace, Exemption, LayerKind,
    LayerOutcome, LayerTrace, MatchClasses, PolicyTrace, StatementOutcome, StatementRef,
    StatementTrace, Trace,
};
use keyward_policy::Effect;

use crate::case::Case;
use crate::hint;
use crate::report::{LayerReport, LayerState, StatementReport};
use crate::{statement, words};

/// How many near misses of a layer are shown.
const NEAR_MISSES: usize = 3;

/// How many matching statements of a layer are shown.
const MATCHES: usize = 5;

/// Makes the report of a layer.
pub(crate) fn report(
    case: &Case<'_>,
    trace: &Trace,
    layer: &LayerTrace,
    determining: &[StatementRef],
) -> LayerReport {
    let decided = trace.decision.layer() == Some(layer.layer);
    let state = match (state(case, layer), trace.decision) {
        // The layer need not allow by itself; here it would have had to.
        (LayerState::None | LayerState::NoImpact, Decision::ImplicitDeny(_)) if decided => {
            LayerState::Lacks
        }
        (state, Decision::Allow(_) | Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_)) => {
            state
        }
    };
    let statements = matches(case, layer, determining);
    let (near_misses, more_near_misses) = match state {
        LayerState::Lacks => shown_near_misses(case, layer),
        LayerState::Allows
        | LayerState::Denies
        | LayerState::Exempt
        | LayerState::NoImpact
        | LayerState::None
        | LayerState::NotAsked
        | LayerState::Unknown => (Vec::new(), 0),
    };
    LayerReport {
        layer: layer.layer,
        name: words::layer_name(layer.layer, case.layers.resource_kind),
        state,
        sentence: sentence(trace, layer, state, &statements),
        decided,
        statements,
        near_misses,
        more_near_misses,
    }
}

/// Makes the report of a layer that a fixed rule left unasked.
pub(crate) fn not_asked(layer: LayerKind) -> LayerReport {
    LayerReport {
        layer,
        name: words::layer_name(layer, keyward_engine::ResourceKind::Ordinary),
        state: LayerState::NotAsked,
        sentence: "not asked".to_owned(),
        decided: false,
        statements: Vec::new(),
        near_misses: Vec::new(),
        more_near_misses: 0,
    }
}

fn state(case: &Case<'_>, layer: &LayerTrace) -> LayerState {
    let is_empty = layer.policies.is_empty();
    match (layer.applicability, layer.outcome) {
        (Applicability::Exempt(_), _) => LayerState::Exempt,
        (
            Applicability::Applies | Applicability::NotAttached,
            LayerOutcome::NoImpact | LayerOutcome::ImplicitDeny,
        ) if is_empty && case.unseen.contains(&layer.layer) => LayerState::Unknown,
        (Applicability::NotAttached, _) => LayerState::None,
        (Applicability::Applies, LayerOutcome::Allow) => LayerState::Allows,
        (Applicability::Applies, LayerOutcome::ExplicitDeny) => LayerState::Denies,
        (Applicability::Applies, LayerOutcome::ImplicitDeny) => LayerState::Lacks,
        (Applicability::Applies, LayerOutcome::NoImpact) if is_empty => LayerState::None,
        (Applicability::Applies, LayerOutcome::NoImpact) => LayerState::NoImpact,
    }
}

/// Collects the statements that matched, denies first where there are any.
fn matches(
    case: &Case<'_>,
    layer: &LayerTrace,
    determining: &[StatementRef],
) -> Vec<StatementReport> {
    let wanted = match layer.outcome {
        LayerOutcome::ExplicitDeny => Effect::Deny,
        LayerOutcome::Allow | LayerOutcome::ImplicitDeny | LayerOutcome::NoImpact => Effect::Allow,
    };
    let mut found: Vec<StatementReport> = all(layer)
        .filter(|(_, it)| it.effect == wanted && matches!(it.outcome, StatementOutcome::Matched(_)))
        .map(|(policy, it)| statement::report(case, policy, it, determining.contains(&it.at)))
        .collect();
    // Those that determined the decision are never cut off.
    found.sort_by_key(|it| !it.determined);
    let keep = found.iter().filter(|it| it.determined).count().max(MATCHES);
    found.truncate(keep);
    found
}

pub(crate) fn all(
    layer: &LayerTrace,
) -> impl Iterator<Item = (&PolicyTrace, &StatementTrace)> + Clone {
    layer
        .policies
        .iter()
        .flat_map(|policy| policy.statements.iter().map(move |it| (policy, it)))
}

fn shown_near_misses(case: &Case<'_>, layer: &LayerTrace) -> (Vec<StatementReport>, usize) {
    let mut found = near_misses(case, layer);
    if found.is_empty() {
        found = about_the_action(layer);
    }
    let more = found.len().saturating_sub(NEAR_MISSES);
    let shown = found
        .into_iter()
        .take(NEAR_MISSES)
        .map(|(policy, it)| statement::report(case, policy, it, false))
        .collect();
    (shown, more)
}

/// Finds the Allow statements that match but for one kind of element, the nearest first.
pub(crate) fn near_misses<'t>(
    case: &Case<'_>,
    layer: &'t LayerTrace,
) -> Vec<(&'t PolicyTrace, &'t StatementTrace)> {
    let mut found: Vec<_> = all(layer)
        .filter(|(_, it)| it.effect == Effect::Allow && it.outcome == StatementOutcome::Missed)
        .filter_map(|(policy, it)| {
            let (missed, closeness) = missed(case, it)?;
            Some(((missed, Reverse(closeness)), (policy, it)))
        })
        .collect();
    found.sort_by_key(|(rank, (_, it))| (*rank, it.at));
    found.into_iter().map(|(_, it)| it).collect()
}

/// Finds the Allow statements that are about the action, however many of their other elements miss.
fn about_the_action(layer: &LayerTrace) -> Vec<(&PolicyTrace, &StatementTrace)> {
    all(layer)
        .filter(|(_, it)| it.effect == Effect::Allow && it.outcome == StatementOutcome::Missed)
        .filter(|(_, it)| {
            it.elements.iter().any(|element| match element {
                ElementTrace::Action(list) => list.matched && list.form == ElementForm::Listed,
                ElementTrace::Condition(_)
                | ElementTrace::Principal(_)
                | ElementTrace::Resource(_) => false,
            })
        })
        .collect()
}

/// The kinds of element that can be the only one to miss, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missed {
    Condition,
    Principal,
    Resource,
    Action,
}

/// Returns the one kind of element that misses, and how near it came; `None` where it is more than one, or so far away
/// that the statement is about something else.
pub(crate) fn missed(case: &Case<'_>, statement: &StatementTrace) -> Option<(Missed, usize)> {
    let mut found: Option<(Missed, usize)> = None;
    for element in statement
        .elements
        .iter()
        .filter(|element| !element.matched())
    {
        let this = match element {
            ElementTrace::Action(list) => {
                let service = case.request.action.split(':').next().unwrap_or_default();
                let is_near = list.form == ElementForm::NotListed
                    || list.patterns.iter().any(|pattern| {
                        pattern
                            .text
                            .split(':')
                            .next()
                            .is_some_and(|it| it.eq_ignore_ascii_case(service))
                    });
                is_near.then(|| (Missed::Action, nearest(list, case.request.action)))?
            }
            ElementTrace::Condition(_) => (Missed::Condition, 0),
            ElementTrace::Principal(_) => (Missed::Principal, 0),
            ElementTrace::Resource(list) => {
                let resource = case.request.resource;
                let is_near = list.form == ElementForm::NotListed
                    || list
                        .patterns
                        .iter()
                        .any(|pattern| may_be_of_one_service(&pattern.text, resource));
                is_near.then(|| (Missed::Resource, nearest(list, resource)))?
            }
        };
        match found {
            None => found = Some(this),
            Some((kind, _)) if kind == this.0 => {}
            Some(_) => return None,
        }
    }
    found
}

/// Whether a resource pattern and a resource are not of different services.
fn may_be_of_one_service(pattern: &str, resource: &str) -> bool {
    match (Arn::parse(pattern), Arn::parse(resource)) {
        (Some(one), Some(other)) => {
            one.service == other.service || one.service.contains(['*', '?', '$'])
        }
        (None, _) | (_, None) => true,
    }
}

fn nearest(list: &keyward_engine::ListTrace, seen: &str) -> usize {
    list.patterns
        .iter()
        .map(|pattern| hint::closeness(&pattern.text, seen))
        .max()
        .unwrap_or(0)
}

fn sentence(
    trace: &Trace,
    layer: &LayerTrace,
    state: LayerState,
    statements: &[StatementReport],
) -> String {
    if let Some(policy) = layer
        .policies
        .iter()
        .find(|policy| policy.unusable.is_some())
    {
        let reason = policy.unusable.as_deref().unwrap_or_default();
        return format!("{} cannot be used: {reason}", policy.name);
    }
    let first = statements.first().map(|it| {
        let more = statements.len().saturating_sub(1);
        let others = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        format!("{}{others}", words::statement_phrase(it))
    });
    match state {
        LayerState::Allows => {
            first.map_or_else(|| "allows".to_owned(), |first| format!("allows: {first}"))
        }
        LayerState::Denies => {
            first.map_or_else(|| "denies".to_owned(), |first| format!("denies: {first}"))
        }
        LayerState::Exempt => match layer.applicability {
            Applicability::Exempt(exemption) => exempt(exemption).to_owned(),
            Applicability::Applies | Applicability::NotAttached => String::new(),
        },
        LayerState::Lacks if only_the_account(layer, trace) => {
            "opens the resource to the account's policies, which must allow too".to_owned()
        }
        LayerState::Lacks if layer.policies.is_empty() => {
            "none, and one would have to allow it".to_owned()
        }
        LayerState::Lacks => {
            let levels = match layer.levels_without_allow.as_slice() {
                [] => String::new(),
                levels => format!(" on {}", words::counted(levels.len(), "level", "levels")),
            };
            format!("no statement allows it{levels} ({})", size(layer))
        }
        LayerState::NoImpact if only_the_account(layer, trace) => {
            "opens the resource to the account's own policies".to_owned()
        }
        LayerState::NoImpact => {
            let need = match (layer.layer, trace.decision) {
                (LayerKind::Resource, Decision::Allow(_)) => ", and need not",
                (_, Decision::Allow(_) | Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_)) => {
                    ""
                }
            };
            format!("says nothing about it{need} ({})", size(layer))
        }
        LayerState::None => "none".to_owned(),
        LayerState::NotAsked => "not asked".to_owned(),
        LayerState::Unknown => match layer.outcome {
            _ if trace.decision.layer() == Some(layer.layer) => {
                "not part of the input, and it would have to allow".to_owned()
            }
            LayerOutcome::ImplicitDeny => {
                "not part of the input, and it would have to allow".to_owned()
            }
            LayerOutcome::Allow | LayerOutcome::ExplicitDeny | LayerOutcome::NoImpact => {
                "not part of the input".to_owned()
            }
        },
    }
}

/// Whether the resource policy names the principal by its account and in no other way.
fn only_the_account(layer: &LayerTrace, trace: &Trace) -> bool {
    layer.layer == LayerKind::Resource && trace.resource_grants == MatchClasses::ACCOUNT
}

fn size(layer: &LayerTrace) -> String {
    let statements = layer
        .policies
        .iter()
        .map(|policy| policy.statements.len())
        .fold(0, usize::saturating_add);
    format!(
        "{}, {}",
        words::counted(layer.policies.len(), "policy", "policies"),
        words::counted(statements, "statement", "statements")
    )
}

fn exempt(exemption: Exemption) -> &'static str {
    match exemption {
        Exemption::KmsRetireGrant => "does not apply to kms:RetireGrant",
        Exemption::OwnerRootUnlocks => {
            "its denies do not bind the owner's root user for this action"
        }
        Exemption::OwnServiceLinkedRole => {
            "does not apply to a service that assumes its own service-linked role"
        }
        Exemption::PrincipalKind => "does not apply to this kind of principal",
        Exemption::ServiceLinkedRole => "does not apply to service-linked roles",
    }
}

/// Collects the condition keys that statements about this action and resource ask for and the request lacks.
pub(crate) fn keys_not_given(trace: &Trace) -> Vec<String> {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (_, it) in trace.layers.iter().flat_map(all) {
        let about_this = it.elements.iter().all(|element| match element {
            ElementTrace::Condition(_) => true,
            ElementTrace::Action(_) | ElementTrace::Principal(_) | ElementTrace::Resource(_) => {
                element.matched()
            }
        });
        for element in it.elements.iter().filter(|_| about_this) {
            match element {
                ElementTrace::Condition(condition) if condition.actual == ActualValues::Missing => {
                    if !keys
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(&condition.key))
                    {
                        keys.insert(condition.key.clone());
                    }
                }
                ElementTrace::Condition(_)
                | ElementTrace::Action(_)
                | ElementTrace::Principal(_)
                | ElementTrace::Resource(_) => {}
            }
        }
    }
    keys.into_iter().collect()
}
