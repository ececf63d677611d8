//! What would change the answer.
//!
//! Candidates come from the trace: ask in another way (`circumstances`), widen a statement that nearly allowed (`edit`),
//! write the smallest new one (`grant`), narrow the statement that denied (`narrow`). Each is put into a [`Sandbox`] as
//! the JSON that would be pasted, the engine decides again, and what it does not then allow is dropped.

mod advice;
mod circumstances;
mod edit;
mod grant;
mod narrow;
mod sandbox;

pub(crate) use sandbox::Sandbox;

use keyward_engine::{
    AccountRelation, DecidedBy, Decision, FixedRule, LayerKind, Principal, StatementRef, Trace,
};
use keyward_policy::{Span, Spanned};

use crate::case::Case;
use crate::report::Fix;
use crate::words;

/// How many fixes are shown.
const SHOWN: usize = 3;

/// Finds what would turn a refusal into an Allow, what gives least first, and says why there is nothing.
pub(crate) fn find(
    case: &Case<'_>,
    decision: &Decision,
    trace: &Trace,
    determining: &[StatementRef],
) -> (Vec<Fix>, Option<String>) {
    let layer = match (decision, decision.determined().by) {
        (Decision::Allow(_), _) => return (Vec::new(), None),
        (_, DecidedBy::Rule(rule)) => return (Vec::new(), Some(for_rule(rule).to_owned())),
        (_, DecidedBy::UnusablePolicy(_)) => {
            let why = "Mend the document first: until it can be read, nobody can rule out that it denies.";
            return (Vec::new(), Some(why.to_owned()));
        }
        (Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_), DecidedBy::Layer(layer)) => layer,
    };
    let mut fixes = circumstances::fixes(case, decision, trace, determining);
    match decision {
        Decision::Allow(_) => {}
        Decision::ExplicitDeny(_) => fixes.extend(narrow::fixes(case)),
        Decision::ImplicitDeny(_) => {
            fixes.extend(edit::fixes(case, trace, layer));
            fixes.extend(grant::fix(case));
        }
    }
    fixes.sort_by_key(|fix| (fix.breadth, fix.steps.len()));
    fixes.dedup_by(|later, earlier| later.steps == earlier.steps);
    fixes.truncate(SHOWN);
    let none = fixes
        .is_empty()
        .then(|| for_layer(case, trace, decision, layer));
    (fixes, none)
}

fn for_rule(rule: FixedRule) -> &'static str {
    match rule {
        FixedRule::AssumedRootWithoutTask => "Assume root with one of AWS's task policies.",
        FixedRule::CredentialKind => "No policy can allow it: use credentials of another kind.",
        FixedRule::NothingAsked => "Name a resource.",
        FixedRule::RootAssumesRole => "No policy can allow it: ask as a user or as a role.",
        FixedRule::GetCallerIdentity | FixedRule::GetSessionToken | FixedRule::RootUser => {
            "Nothing is refused."
        }
    }
}

fn for_layer(case: &Case<'_>, trace: &Trace, decision: &Decision, layer: LayerKind) -> String {
    if trace.accounts == AccountRelation::CrossPartition {
        return "No policy reaches from one partition into another: use a principal of the resource's partition.".to_owned();
    }
    if case.request.principal == Principal::Anonymous {
        return "Sign the request. Opening the resource to everyone is not proposed.".to_owned();
    }
    let name = words::layer_name(layer, case.layers.resource_kind);
    let whose = match layer {
        LayerKind::ResourceControl | LayerKind::ServiceControl => "whoever runs the organization",
        LayerKind::Resource => "whoever owns the resource",
        LayerKind::Endpoint => "whoever runs the VPC endpoint",
        LayerKind::Session => "whoever makes the session",
        LayerKind::Identity | LayerKind::PermissionsBoundary => "an administrator of the account",
    };
    match decision {
        Decision::ExplicitDeny(_) => {
            format!(
                "No edit was found that the engine then allows. Only {whose} can change the {name}."
            )
        }
        Decision::Allow(_) | Decision::ImplicitDeny(_) => format!(
            "No change was found that the engine then allows. The {name} would have to change, by {whose}."
        ),
    }
}

/// Wraps what was written nowhere.
pub(crate) fn spanned<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: Span::default(),
    }
}

/// Estimates how much a pattern covers: 1 for a name, more for wildcards.
pub(crate) fn weight(pattern: &str) -> u64 {
    if pattern == "*" {
        1000
    } else if pattern.contains(['*', '?']) {
        20
    } else {
        1
    }
}

/// Estimates how much a list covers; the `Not…` form covers nearly everything.
pub(crate) fn weight_of(patterns: &[Spanned<String>], is_negated: bool) -> u64 {
    if is_negated {
        return 1000;
    }
    patterns
        .iter()
        .map(|pattern| weight(&pattern.value))
        .fold(0, u64::saturating_add)
}

/// Writes a name so that no character of it is a wildcard or begins a policy variable.
pub(crate) fn exactly(name: &str) -> String {
    if name == "*" {
        return name.to_owned();
    }
    let mut text = String::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => text.push_str("${*}"),
            '?' => text.push_str("${?}"),
            '$' if characters.peek() == Some(&'{') => text.push_str("${$}"),
            other => text.push(other),
        }
    }
    text
}
