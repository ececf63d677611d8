//! From a decided request to its details.

use std::fmt::Write as _;

use keyward_engine::{
    Applicability, AttachedPolicy, AttachedTo, ContextValue, LayerKind, LayerOutcome, Layers,
    Request, Summary, summarize,
};
use keyward_policy::Effect;
use keyward_wire::write_json_string as string;

use super::documents::Source;
use crate::authenticate::Caller;
use crate::question::{Belongs, Question};

/// The details of a decision before they are kept.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Whether it is those of a refusal.
    pub(crate) is_refused: bool,
    /// The answer of `GetRequestAuthorizationDetails`, as JSON.
    pub(crate) details: String,
    /// Where the documents of its policies are, by URI.
    pub(crate) sources: Vec<(String, Source)>,
}

/// A policy that was evaluated.
struct Evaluated<'a> {
    layer: LayerKind,
    list: usize,
    place: usize,
    uri: String,
    policy: &'a AttachedPolicy,
}

/// Asks the engine again, with an observer that keeps what matched, and writes down what it saw.
pub(crate) fn capture(
    caller: &Caller,
    question: &Question,
    request: &Request<'_>,
    layers: &Layers<'_>,
) -> Captured {
    let summary = summarize(request, layers);
    let evaluated = evaluated(question, layers, &summary);
    let mut json = String::from(r#"{"requestContext":"#);
    write_context(request, &mut json);
    json.push_str(r#","evaluations":[{"action":"#);
    string(&mut json, request.action);
    json.push_str(r#","resource":"#);
    string(&mut json, request.resource);
    let (is_refused, effect) = match summary.decision {
        keyward_engine::Decision::Allow(_) => (false, "ALLOW"),
        keyward_engine::Decision::ExplicitDeny(_) => (true, "EXPLICIT_DENY"),
        keyward_engine::Decision::ImplicitDeny(_) => (true, "IMPLICIT_DENY"),
    };
    let _ = write!(
        json,
        r#","context":{{}},"evaluatedEffect":"{effect}","checks":["#
    );
    write_checks(&summary, layers, &evaluated, &mut json);
    json.push_str(r#"]}],"policies":["#);
    for (index, policy) in evaluated.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_policy(caller, question, policy, &mut json);
    }
    json.push_str("]}");
    let sources = evaluated
        .iter()
        .map(|policy| (policy.uri.clone(), source(caller, question, policy)));
    Captured {
        is_refused,
        sources: sources.collect(),
        details: json,
    }
}

fn write_context(request: &Request<'_>, json: &mut String) {
    json.push('{');
    for (index, entry) in request.context.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        string(json, entry.key);
        json.push(':');
        match entry.value {
            ContextValue::Single(value) => string(json, value),
            ContextValue::Multiple(values) => {
                json.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    string(json, value);
                }
                json.push(']');
            }
        }
    }
    json.push('}');
}

/// Returns the policies of the layers that apply. What another account's say is theirs to know.
fn evaluated<'a>(
    question: &Question,
    layers: &Layers<'a>,
    summary: &Summary,
) -> Vec<Evaluated<'a>> {
    let mut all = Vec::new();
    for layer in LayerKind::ALL {
        let hidden = layer == LayerKind::Resource && matches!(question.belongs, Belongs::Other(_));
        if summary.outcome(layer).is_none() || hidden {
            continue;
        }
        for (list, policies) in lists(layers, layer).into_iter().enumerate() {
            for (place, policy) in policies.iter().enumerate() {
                let uri = match policy.arn() {
                    Some(arn) => arn.to_string(),
                    None => format!("inline-{}", all.len()),
                };
                all.push(Evaluated {
                    layer,
                    list,
                    place,
                    uri,
                    policy,
                });
            }
        }
    }
    all
}

fn lists<'a>(layers: &Layers<'a>, layer: LayerKind) -> Vec<&'a [AttachedPolicy]> {
    let many = |lists: &Option<keyward_engine::PolicyLists<'a>>| {
        lists.iter().flat_map(|lists| lists.iter()).collect()
    };
    match layer {
        LayerKind::Endpoint => layers.endpoint.into_iter().collect(),
        LayerKind::Identity => layers.identity.iter().collect(),
        LayerKind::PermissionsBoundary => layers.boundary.into_iter().collect(),
        LayerKind::Resource => vec![layers.resource],
        LayerKind::ResourceControl => many(&layers.resource_control),
        LayerKind::ServiceControl => many(&layers.service_control),
        LayerKind::Session => many(&layers.session),
    }
}

fn write_checks(
    summary: &Summary,
    layers: &Layers<'_>,
    evaluated: &[Evaluated<'_>],
    json: &mut String,
) {
    let applying = summary
        .layers
        .iter()
        .filter(|layer| layer.applicability == Applicability::Applies);
    for (index, layer) in applying.enumerate() {
        if index > 0 {
            json.push(',');
        }
        let effect = match layer.outcome {
            LayerOutcome::Allow => "ALLOW",
            LayerOutcome::ExplicitDeny => "EXPLICIT_DENY",
            LayerOutcome::ImplicitDeny => "IMPLICIT_DENY",
            LayerOutcome::NoImpact => "NO_IMPACT",
        };
        let _ = write!(
            json,
            r#"{{"checkType":"{}","evaluatedEffect":"{effect}","relevantPolicyTypes":["{}"],"matchedPolicies":["#,
            layer.layer.check_type(),
            policy_type(layer.layer)
        );
        let mut first = true;
        for policy in evaluated
            .iter()
            .filter(|policy| policy.layer == layer.layer)
        {
            let matched = statements(summary, layers, policy);
            if matched.is_empty() {
                continue;
            }
            json.push_str(if std::mem::take(&mut first) {
                r#"{"uri":"#
            } else {
                r#",{"uri":"#
            });
            string(json, &policy.uri);
            json.push_str(r#","matchedStatements":["#);
            for (index, (sid, effect)) in matched.iter().enumerate() {
                json.push_str(if index == 0 {
                    r#"{"sid":"#
                } else {
                    r#",{"sid":"#
                });
                string(json, sid);
                let _ = write!(json, r#","evaluatedEffect":"{effect}"}}"#);
            }
            json.push_str("]}");
        }
        json.push_str("]}");
    }
}

/// Returns the statements of a policy that matched: their `Sid`, made from their place where there is none, and effect.
fn statements(
    summary: &Summary,
    layers: &Layers<'_>,
    policy: &Evaluated<'_>,
) -> Vec<(String, &'static str)> {
    let matched = summary.matched.iter().filter(|(at, _)| {
        (at.layer, at.list, at.policy) == (policy.layer, policy.list, policy.place)
    });
    matched
        .map(|(at, effect)| {
            let sid = layers
                .statement(*at)
                .and_then(|(_, statement)| statement.sid);
            let sid = sid.map_or_else(|| format!("Statement{}", at.statement), str::to_owned);
            let effect = match effect {
                Effect::Allow => "ALLOW",
                Effect::Deny => "DENY",
            };
            (sid, effect)
        })
        .collect()
}

fn policy_type(layer: LayerKind) -> &'static str {
    match layer {
        LayerKind::Endpoint => "VPC_ENDPOINT_POLICY",
        LayerKind::Identity => "IDENTITY_BASED_POLICY",
        LayerKind::PermissionsBoundary => "PERMISSIONS_BOUNDARY",
        LayerKind::Resource => "RESOURCE_BASED_POLICY",
        LayerKind::ResourceControl => "RESOURCE_CONTROL_POLICY",
        LayerKind::ServiceControl => "SERVICE_CONTROL_POLICY",
        LayerKind::Session => "SESSION_POLICY",
    }
}

fn write_policy(
    caller: &Caller,
    question: &Question,
    evaluated: &Evaluated<'_>,
    json: &mut String,
) {
    let inline = evaluated.policy.arn().is_none();
    let _ = write!(
        json,
        r#"{{"type":"{}","inline":{inline},"uri":"#,
        policy_type(evaluated.layer)
    );
    string(json, &evaluated.uri);
    json.push_str(r#","attachedTo":[{"arn":"#);
    let arn = match evaluated.policy.attached_to() {
        AttachedTo::Group(name) => {
            let account = caller.account();
            format!("arn:aws:iam::{account}:group/{name}")
        }
        AttachedTo::Resource => question.resource.clone(),
        AttachedTo::Endpoint
        | AttachedTo::Organization(_)
        | AttachedTo::Role(_)
        | AttachedTo::Session
        | AttachedTo::User(_) => caller.arn().to_owned(),
    };
    string(json, &arn);
    json.push_str("}]}");
}

/// Says where the document of a policy is read.
fn source(caller: &Caller, question: &Question, evaluated: &Evaluated<'_>) -> Source {
    let policy = evaluated.policy;
    if let Some(arn) = policy.arn() {
        return Source::Managed(arn.to_string());
    }
    let name = policy.name().to_string();
    match policy.attached_to() {
        AttachedTo::Group(group) => Source::OfGroup(group.to_string(), name),
        AttachedTo::Role(role) => Source::OfRole(role.to_string(), name),
        AttachedTo::User(user) => Source::OfUser(user.to_string(), name),
        AttachedTo::Resource => match &question.trust {
            Some(found) => Source::Trust(found.role.name.to_string()),
            None => Source::Nowhere,
        },
        AttachedTo::Session => match caller.session() {
            Some(session) => session
                .session
                .policies
                .inline
                .clone()
                .map_or(Source::Nowhere, Source::Text),
            None => Source::Nowhere,
        },
        AttachedTo::Endpoint | AttachedTo::Organization(_) => Source::Nowhere,
    }
}
