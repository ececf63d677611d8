//! The decision in a sentence or two.

use keyward_engine::{
    AccountRelation, DecidedBy, Decision, FixedRule, LayerKind, LayerOutcome, ResourceKind,
    StatementOutcome, StatementRef, StatementTrace, Trace,
};
use keyward_policy::Effect;

use crate::case::Case;
use crate::fix::Sandbox;
use crate::layer::{self, Missed};
use crate::report::{LayerReport, Mark, Seen, StatementReport};
use crate::{statement, words};

/// How many conditions or waiting denies are told of an allowed request.
const TOLD: usize = 3;

/// Says what happened and why.
pub(crate) fn sentences(
    case: &Case<'_>,
    decision: &Decision,
    trace: &Trace,
    layers: &[LayerReport],
) -> Vec<String> {
    let report = |layer: LayerKind| layers.iter().find(|it| it.layer == layer);
    let by = decision.determined().by;
    match (decision, by) {
        (_, DecidedBy::Rule(rule)) => vec![fixed(rule, case)],
        (_, DecidedBy::UnusablePolicy(layer)) => {
            let why = report(layer)
                .map(|it| it.sentence.clone())
                .unwrap_or_default();
            vec![format!(
                "Nothing is allowed while a policy cannot be read. In the {}: {why}.",
                name(layer, case)
            )]
        }
        (Decision::Allow(_), DecidedBy::Layer(layer)) => {
            vec![format!(
                "{} allows {}, and nothing denies it.",
                words::capitalised(&determining(report(layer))),
                asked(case)
            )]
        }
        (Decision::ExplicitDeny(_), DecidedBy::Layer(layer)) => {
            explicit(case, trace, report(layer))
        }
        (Decision::ImplicitDeny(_), DecidedBy::Layer(layer)) => {
            implicit(case, trace, layer, report(layer))
        }
    }
}

fn explicit(case: &Case<'_>, trace: &Trace, layer: Option<&LayerReport>) -> Vec<String> {
    let more = layer.map_or(0, |it| {
        it.statements
            .iter()
            .filter(|it| it.determined)
            .count()
            .saturating_sub(1)
    });
    let too = match more {
        0 => String::new(),
        1 => ", and one more statement denies it too".to_owned(),
        more => format!(", and {more} more statements deny it too"),
    };
    let mut sentences = vec![format!(
        "{} denies {}{too}.",
        words::capitalised(&determining(layer)),
        asked(case)
    )];
    // The layers that grant; what limits only does not speak for anybody.
    let allow = trace
        .layers
        .iter()
        .filter(|it| matches!(it.layer, LayerKind::Identity | LayerKind::Resource))
        .flat_map(layer::all)
        .find(|(_, it)| matched(it, Effect::Allow));
    if let Some((policy, it)) = allow {
        let allow = words::statement_phrase(&statement::report(case, policy, it, false));
        sentences.push(format!(
            "{} allows it, but a Deny outweighs every Allow.",
            words::capitalised(&allow)
        ));
    }
    sentences
}

fn matched(it: &StatementTrace, effect: Effect) -> bool {
    it.effect == effect && matches!(it.outcome, StatementOutcome::Matched(_))
}

fn implicit(
    case: &Case<'_>,
    trace: &Trace,
    layer: LayerKind,
    report: Option<&LayerReport>,
) -> Vec<String> {
    let who = words::principal_short(&case.request.principal);
    let what = asked(case);
    if case.unseen.contains(&layer) {
        return vec![unseen(case, trace, layer, &what)];
    }
    let mut sentences = vec![match layer {
        LayerKind::Endpoint => format!("The VPC endpoint policy does not allow {what}."),
        LayerKind::Identity => format!("No identity policy of {who} allows {what}."),
        LayerKind::PermissionsBoundary => {
            format!("The permissions boundary of {who} does not allow {what}.")
        }
        LayerKind::Resource => resource(case, trace, &who, &what),
        LayerKind::ResourceControl => {
            format!("The resource control policies do not allow {what} at every level.")
        }
        LayerKind::ServiceControl => {
            format!("The service control policies do not allow {what} at every level.")
        }
        LayerKind::Session => format!("No session policy of {who} allows {what}."),
    }];
    let identity = trace
        .layers
        .iter()
        .find(|it| it.layer == LayerKind::Identity);
    let limits = matches!(
        layer,
        LayerKind::PermissionsBoundary | LayerKind::Session | LayerKind::ServiceControl
    );
    if limits && identity.is_some_and(|it| it.outcome == LayerOutcome::Allow) {
        sentences.push("The identity policies do, but both must.".to_owned());
    }
    if let Some(near) = report.and_then(|it| it.near_misses.first()) {
        sentences.push(nearest(case, trace, layer, near));
    }
    if could_be_allowed_by_the_resource(case, trace, layer) {
        sentences.push(format!(
            "The {} could still allow it by naming {who}; it is not part of the input.",
            name(LayerKind::Resource, case)
        ));
    }
    sentences
}

/// Whether a resource policy that nobody has given can make up for the layer that lacks an Allow.
// SOURCE: spec/evaluation.md §2a: a policy that names a user or session in its own account outweighs an implicit deny.
fn could_be_allowed_by_the_resource(case: &Case<'_>, trace: &Trace, layer: LayerKind) -> bool {
    let own = match layer {
        LayerKind::Identity | LayerKind::PermissionsBoundary | LayerKind::Session => true,
        LayerKind::Endpoint
        | LayerKind::Resource
        | LayerKind::ResourceControl
        | LayerKind::ServiceControl => false,
    };
    own && trace.accounts == AccountRelation::SameAccount
        && case.unseen.contains(&LayerKind::Resource)
}

fn resource(case: &Case<'_>, trace: &Trace, who: &str, what: &str) -> String {
    match (case.layers.resource_kind, trace.accounts) {
        (_, AccountRelation::CrossPartition) => {
            format!(
                "The resource is in another partition than {who}, and nothing reaches across: no policy can allow {what}."
            )
        }
        (ResourceKind::Role, _) => format!("The role trust policy does not let {who} do {what}."),
        (ResourceKind::KmsKey, _) => {
            format!("The key policy neither allows {what} nor leaves it to identity policies.")
        }
        (ResourceKind::MemberRoot | ResourceKind::Ordinary, AccountRelation::CrossAccount) => {
            format!(
                "Another account owns the resource, and its resource policy does not allow {who} {what}."
            )
        }
        (ResourceKind::MemberRoot | ResourceKind::Ordinary, AccountRelation::SameAccount) => {
            format!("The resource policy does not allow {who} {what}.")
        }
    }
}

/// Says what is missing where a layer that nobody gave would have to allow.
fn unseen(case: &Case<'_>, trace: &Trace, layer: LayerKind, what: &str) -> String {
    let name = name(layer, case);
    let because = match trace.accounts {
        AccountRelation::CrossAccount => "Another account owns the resource, so its",
        AccountRelation::CrossPartition | AccountRelation::SameAccount => "The",
    };
    format!(
        "{because} {name} would have to allow {what}; it is not part of the input, so this cannot be told for sure."
    )
}

fn nearest(case: &Case<'_>, trace: &Trace, layer: LayerKind, near: &StatementReport) -> String {
    let missed = trace
        .layers
        .iter()
        .filter(|it| it.layer == layer)
        .flat_map(|it| layer::near_misses(case, it))
        .next()
        .and_then(|(_, it)| layer::missed(case, it));
    let element = match missed {
        Some((Missed::Action, _)) => "Action".to_owned(),
        Some((Missed::Condition, _)) => {
            let keys: Vec<&str> = near
                .elements
                .iter()
                .filter(|it| it.mark == Mark::Misses)
                .filter_map(|it| it.condition.as_ref().map(|(_, key)| key.as_str()))
                .collect();
            format!("Condition on {}", keys.join(" and "))
        }
        Some((Missed::Principal, _)) => "Principal".to_owned(),
        Some((Missed::Resource, _)) => "Resource".to_owned(),
        None => {
            // More than one kind of element misses.
            let mut names: Vec<String> = near
                .elements
                .iter()
                .filter(|it| it.mark == Mark::Misses)
                .map(|it| match &it.condition {
                    Some((_, key)) => format!("Condition on {key}"),
                    None => it.name.to_owned(),
                })
                .collect();
            let last = names.pop().unwrap_or_default();
            format!("{} and its {last}", names.join(", its "))
        }
    };
    format!(
        "The nearest, {}, would allow it but for its {element}.",
        words::statement_phrase(near)
    )
}

/// Says which statement of a layer determined the decision.
fn determining(layer: Option<&LayerReport>) -> String {
    layer
        .and_then(|it| it.statements.iter().find(|it| it.determined))
        .map_or_else(
            || layer.map_or("a policy", |it| it.name).to_owned(),
            words::statement_phrase,
        )
}

fn asked(case: &Case<'_>) -> String {
    // The resource stands below; its ARN is mostly too long for the first line.
    case.request.action.to_owned()
}

fn name(layer: LayerKind, case: &Case<'_>) -> &'static str {
    words::layer_name(layer, case.layers.resource_kind)
}

fn fixed(rule: FixedRule, case: &Case<'_>) -> String {
    match rule {
        FixedRule::AssumedRootWithoutTask => {
            "The root session has no task that is known, so it may do nothing.".to_owned()
        }
        FixedRule::CredentialKind => {
            format!(
                "Credentials of this kind may not do {}, whatever the policies say.",
                case.request.action
            )
        }
        FixedRule::GetCallerIdentity => {
            "A signed caller may always ask who it is; no policy has a say.".to_owned()
        }
        FixedRule::GetSessionToken => {
            "Policies have no effect on sts:GetSessionToken: long-term credentials suffice."
                .to_owned()
        }
        FixedRule::NothingAsked => "Nothing was asked.".to_owned(),
        FixedRule::RootAssumesRole => {
            "A root user may never assume a role, whatever the policies say.".to_owned()
        }
        FixedRule::RootUser => {
            "The root user needs no policy in its own account, and nothing denies it.".to_owned()
        }
    }
}

/// Says what would turn an Allow.
pub(crate) fn turns(
    case: &Case<'_>,
    decision: &Decision,
    trace: &Trace,
    determining: &[StatementRef],
) -> Vec<String> {
    let Decision::Allow(_) = decision else {
        return Vec::new();
    };
    let mut turns = Vec::new();
    if let Some(without) = without(case, determining) {
        turns.push(without);
    }
    let statements = trace.layers.iter().flat_map(layer::all);
    for (policy, it) in statements
        .clone()
        .filter(|(_, it)| determining.contains(&it.at))
    {
        let report = statement::report(case, policy, it, true);
        for element in report.elements.iter().take(TOLD) {
            if let (Some((operator, key)), Seen::One(value)) = (&element.condition, &element.seen) {
                let wanted: Vec<&str> = element.wanted.iter().map(|it| it.text.as_str()).collect();
                let wanted = wanted.join(" or ");
                turns.push(format!(
                    "It holds as long as {key} fits {wanted} ({operator}; now {value})."
                ));
            }
        }
    }
    let waiting = statements
        .filter(|(_, it)| it.effect == Effect::Deny && it.outcome == StatementOutcome::Missed)
        .filter(|(_, it)| {
            layer::missed(case, it).is_some_and(|(kind, _)| kind == Missed::Condition)
        });
    for (policy, it) in waiting.take(TOLD) {
        let report = statement::report(case, policy, it, false);
        let name = words::capitalised(&words::statement_phrase(&report));
        turns.push(format!(
            "{name} would deny it if its condition held: {}.",
            missed_condition(&report)
        ));
    }
    if matches!(
        decision.determined().by,
        DecidedBy::Rule(FixedRule::GetCallerIdentity | FixedRule::GetSessionToken)
    ) {
        // Nothing can turn these.
        return turns;
    }
    let unseen: Vec<&str> = case.unseen.iter().map(|layer| name(*layer, case)).collect();
    if !unseen.is_empty() {
        turns.push(format!(
            "Not part of the input, and a Deny there would turn it: {}.",
            unseen.join(", ")
        ));
    }
    turns
}

/// Writes the conditions of a statement that do not hold.
fn missed_condition(statement: &StatementReport) -> String {
    let missed = statement
        .elements
        .iter()
        .filter(|it| it.mark == Mark::Misses)
        .filter_map(|it| {
            let (operator, key) = it.condition.as_ref()?;
            let wanted: Vec<&str> = it.wanted.iter().map(|it| it.text.as_str()).collect();
            let now = match &it.seen {
                Seen::NotGiven => "not given".to_owned(),
                Seen::One(value) => format!("now {value}"),
                Seen::Several(values) => format!("now {}", values.join(", ")),
            };
            Some(format!("{operator} {key} {} ({now})", wanted.join(" or ")))
        });
    missed.collect::<Vec<_>>().join(" and ")
}

/// Says whether anything else allows the request when the statements that allow it are gone.
fn without(case: &Case<'_>, determining: &[StatementRef]) -> Option<String> {
    let mut sandbox = Sandbox::of(case.layers);
    // From the back, so that the places of those before stay right.
    for at in determining.iter().rev() {
        sandbox.remove_statement(case.documents, *at)?;
    }
    match (sandbox.decide(&case.request), determining.len()) {
        (_, 0) => None,
        (Decision::Allow(_), _) => {
            Some("Other layers allow it too: without this one it stays allowed.".to_owned())
        }
        (Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_), 1) => {
            Some("Nothing else allows it: without this statement it is refused.".to_owned())
        }
        (Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_), count) => Some(format!(
            "All {count} statements that allow it would have to go before it is refused."
        )),
    }
}
