//! What would change the answer.
//!
//! Candidates come from the trace: ask in another way (`circumstances`), widen a statement that nearly allowed (`edit`),
//! write the smallest new one (`grant`), narrow the statement that denied (`narrow`). Each is put into a [`Sandbox`] as
//! the JSON that would be pasted, the engine decides again, and what it does not then allow is dropped. `proof` asks it
//! about requests near this one too: whatever else becomes allowed must be what the changed statement itself says.

mod advice;
mod circumstances;
mod edit;
mod grant;
mod narrow;
mod proof;
mod sandbox;

pub(crate) use sandbox::Sandbox;

use keyward_engine::{
    AccountRelation, Context, DecidedBy, Decision, FixedRule, LayerKind, Principal, StatementRef,
    Trace,
};
use keyward_policy::{Span, Spanned};

use crate::case::Case;
use crate::report::{Fix, Step};
use crate::words;

/// How many fixes are shown.
const SHOWN: usize = 3;

/// A fix that is still to be proven.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) fix: Fix,
    /// The policies as they then are.
    pub(crate) after: Sandbox,
    /// How requests are then sent, where the fix asks in another way.
    pub(crate) asking: Option<Asking>,
}

/// The contexts of requests that are sent in another way.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// The caller's own, about the same resource.
    pub(crate) here: Context<'static>,
    /// The caller's own, about other resources, which have no new tag.
    pub(crate) elsewhere: Context<'static>,
    /// Somebody else's, about the same resource.
    pub(crate) stranger: Context<'static>,
}

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
    let mut found = circumstances::fixes(case, decision, trace, determining);
    match decision {
        Decision::Allow(_) => {}
        Decision::ExplicitDeny(_) => found.extend(narrow::fixes(case)),
        Decision::ImplicitDeny(_) => {
            found.extend(edit::fixes(case, trace, layer));
            found.extend(grant::fix(case));
        }
    }
    found.sort_by_key(|it| (it.fix.breadth, it.fix.steps.len()));
    found.dedup_by(|later, earlier| later.fix.steps == earlier.fix.steps);
    let strangers = proof::Strangers::of(&case.request);
    let neighbours = proof::Neighbours::of(case, &strangers);
    let mut fixes: Vec<Fix> = found
        .into_iter()
        .filter_map(|candidate| proof::prove(case, &neighbours, candidate))
        .map(|fix| Fix {
            by: by(case, &fix),
            ..fix
        })
        .take(SHOWN)
        .collect();
    // What was estimated alike is told apart by what was measured.
    fixes.sort_by_key(|fix| {
        let more = fix.proof.as_ref().map_or(0, |proof| proof.more);
        (fix.breadth, more, fix.steps.len())
    });
    let none = fixes
        .is_empty()
        .then(|| for_layer(case, trace, decision, layer));
    (fixes, none)
}

/// Says whose change a fix needs, where it is not the caller's own account's.
fn by(case: &Case<'_>, fix: &Fix) -> Option<String> {
    let mut whom: Vec<String> = fix
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::AddStatement { layer, .. } | Step::EditStatement { layer, .. } => Some(*layer),
            Step::ChangeRequest { .. } => None,
        })
        .filter_map(|layer| match layer {
            LayerKind::ResourceControl | LayerKind::ServiceControl => {
                Some("the organization's management account".to_owned())
            }
            LayerKind::Endpoint => Some("whoever runs the VPC endpoint".to_owned()),
            LayerKind::Session => Some("whoever makes the session".to_owned()),
            LayerKind::Resource => case
                .request
                .resource_account
                .filter(|owner| case.request.principal.account() != Some(*owner))
                .map(|owner| format!("account {owner}, which owns the resource")),
            LayerKind::Identity | LayerKind::PermissionsBoundary => None,
        })
        .collect();
    whom.dedup();
    (!whom.is_empty()).then(|| whom.join(" and "))
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
