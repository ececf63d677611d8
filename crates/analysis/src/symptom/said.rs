//! What AWS itself said, held against what the export leads to.

use keyward_diagnose::{Finding, LayerState, Report};
use keyward_engine::{Decision, LayerKind};
use keyward_export::{Deny, Export, Layer, Refusal};

/// Compares; `None` where both say the same, or AWS says nothing.
pub(super) fn compared(
    said: Option<&Refusal>,
    report: &mut Report,
    export: &Export,
) -> Option<Finding> {
    let said = said?;
    let deny = said.deny?;
    let Some(layer) = said.layer.map(kind) else {
        return (deny == Deny::Explicit && !is_explicit(report))
            .then(|| differs(said, "an explicit deny", report, None));
    };
    let named = format!(
        "{} {}",
        match deny {
            Deny::Explicit => "an explicit deny in a",
            Deny::Implicit => "no Allow in a",
        },
        name(said.layer)
    );
    let ours = report.decision.layer();
    let agrees = ours == Some(layer) && is_explicit(report) == (deny == Deny::Explicit);
    if agrees {
        return None;
    }
    let state = report
        .layers
        .iter()
        .find(|it| it.layer == layer)
        .map(|it| it.state);
    let missing = (state == Some(LayerState::Unknown)).then(|| how_to_get(layer, said, export));
    // AWS prints implicit denies of SCPs as explicit ones.
    // SOURCE: spec/access-denied-messages.md §2, notes.
    if layer == LayerKind::ServiceControl && ours == Some(layer) && !is_explicit(report) {
        return None;
    }
    if missing.is_some() {
        overrule(report, &named);
    }
    Some(differs(said, &named, report, missing))
}

/// Says first what AWS says: the rest is only as far as the input goes.
fn overrule(report: &mut Report, named: &str) {
    report.overruled = true;
    let rest = match report.decision {
        Decision::Allow(_) => "As far as the input goes, it would be allowed:",
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => {
            "As far as the input goes, it is denied too:"
        }
    };
    report.verdict.insert(
        0,
        format!("AWS refused it for {named}, which is not part of the input. {rest}"),
    );
    report.fixes.clear();
    report.no_fix = Some(
        "Nothing in the input turns the answer as long as the layer that AWS names stays as it is."
            .to_owned(),
    );
}

fn is_explicit(report: &Report) -> bool {
    match report.decision {
        Decision::ExplicitDeny(_) => true,
        Decision::Allow(_) | Decision::ImplicitDeny(_) => false,
    }
}

fn differs(said: &Refusal, named: &str, report: &Report, missing: Option<String>) -> Finding {
    let policy = said
        .policy_arn
        .as_ref()
        .map(|arn| format!(", {arn}"))
        .unwrap_or_default();
    let mut sentences = vec![match missing.is_some() {
        true => {
            format!(
                "AWS names {named}{policy}, which is not part of the input. AWS's word counts: no edit of the other policies turns the answer as long as that one stays."
            )
        }
        false => format!(
            "AWS names {named}{policy}, and the export leads to another answer ({}): it is of another moment, or the request had \
             condition keys that were not given.",
            report.decision.as_str()
        ),
    }];
    sentences.extend(missing);
    Finding {
        title: "AWS's own words".to_owned(),
        sentences,
        commands: Vec::new(),
    }
}

fn how_to_get(layer: LayerKind, said: &Refusal, export: &Export) -> String {
    match layer {
        LayerKind::ServiceControl | LayerKind::ResourceControl => {
            let who = said
                .policy_arn
                .as_deref()
                .and_then(keyward_arn::Arn::parse)
                .map_or("the organization's management account".to_owned(), |arn| {
                    format!("the organization's management account {}", arn.account)
                });
            let how = if export.organization.is_some() {
                "its place in organization.json"
            } else {
                "organization.json and the policy's document (docs/exports.md)"
            };
            format!("Only {who} can change it; to see the statement, give {how} with a further --export.")
        }
        LayerKind::Resource => {
            "Give the resource's policy with a further --export: {\"Resource\": \"arn:…\", \"Policy\": …}.".to_owned()
        }
        LayerKind::Session => "Give the policy that the session was made with as --session-policy FILE.".to_owned(),
        LayerKind::Endpoint => {
            "It is the policy of the VPC endpoint that the request came through: aws ec2 describe-vpc-endpoints shows it, and \
             whoever runs the endpoint can change it."
                .to_owned()
        }
        LayerKind::Identity | LayerKind::PermissionsBoundary => {
            "Export the account with aws iam get-account-authorization-details.".to_owned()
        }
    }
}

fn kind(layer: Layer) -> LayerKind {
    match layer {
        Layer::Endpoint => LayerKind::Endpoint,
        Layer::Identity => LayerKind::Identity,
        Layer::PermissionsBoundary => LayerKind::PermissionsBoundary,
        Layer::Resource | Layer::Trust => LayerKind::Resource,
        Layer::ResourceControl => LayerKind::ResourceControl,
        Layer::ServiceControl => LayerKind::ServiceControl,
        Layer::Session => LayerKind::Session,
    }
}

fn name(layer: Option<Layer>) -> &'static str {
    match layer {
        Some(Layer::Endpoint) => "VPC endpoint policy",
        Some(Layer::Identity) => "identity-based policy",
        Some(Layer::PermissionsBoundary) => "permissions boundary",
        Some(Layer::Resource) => "resource-based policy",
        Some(Layer::ResourceControl) => "resource control policy",
        Some(Layer::ServiceControl) => "service control policy",
        Some(Layer::Session) => "session policy",
        Some(Layer::Trust) => "role trust policy",
        None => "policy",
    }
}
