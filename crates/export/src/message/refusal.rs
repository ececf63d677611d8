//! The words of a refusal.

use keyward_arn::Arn;

use super::{Deny, Layer, Printed, Refusal};

const PERFORM: &str = " is not authorized to perform: ";
const TAIL: &str = "following authorization id: ";
const ENCODED: &str = "Encoded authorization failure message:";
const BECAUSE_NO: &str = "because no ";
const EXPLICIT: &str = "with an explicit deny";

/// The types of policy as messages name them.
// SOURCE: spec/access-denied-messages.md §2.
const LAYERS: [(&str, Layer); 9] = [
    ("VPC endpoint policy", Layer::Endpoint),
    ("identity-based policy", Layer::Identity),
    ("permissions boundary", Layer::PermissionsBoundary),
    ("resource-based policy", Layer::Resource),
    ("resource control policy", Layer::ResourceControl),
    ("service control policy", Layer::ServiceControl),
    ("session policy", Layer::Session),
    ("sessions policy", Layer::Session),
    ("role trust policy", Layer::Trust),
];

/// Reads a refusal; `None` where the text is none.
pub(super) fn read(text: &str) -> Option<Refusal> {
    let encoded = after(text, ENCODED).map(first_word);
    let mut refusal = match text.split_once(PERFORM) {
        Some((before, rest)) => {
            let principal = before
                .rsplit_once("User: ")
                .map(|(_, principal)| principal.trim());
            refusal(principal, rest)?
        }
        None => {
            // An unsigned call of STS says neither who nor on what.
            let rest = after(text, "Not authorized to perform ")?;
            let action = first_word(rest);
            Refusal {
                action: action.trim_end_matches('.').to_owned(),
                ..Refusal::default()
            }
        }
    };
    if !is_action(&refusal.action) {
        return None;
    }
    refusal.encoded = encoded
        .filter(|encoded| !encoded.is_empty())
        .map(str::to_owned);
    refusal.authorization_id = after(text, TAIL)
        .map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect::<String>()
        })
        .filter(|id| !id.is_empty());
    Some(refusal)
}

fn refusal(principal: Option<&str>, rest: &str) -> Option<Refusal> {
    let action = first_word(rest).trim_end_matches(['.', ',']);
    let rest = rest.get(action.len()..)?.trim_start();
    let (resource, reason) = resource(rest);
    let (deny, layer, policy_arn) = cause(reason);
    Some(Refusal {
        principal: principal
            .filter(|it| !it.is_empty() && *it != "anonymous")
            .map(str::to_owned),
        action: action.to_owned(),
        resource,
        deny,
        layer,
        policy_arn,
        public_access_block: after(reason, "prevented by the ")
            .filter(|_| reason.contains("Block Public Access"))
            .map(|rest| first_word(rest).to_owned()),
        ..Refusal::default()
    })
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        let is_word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        is_word(service) && is_word(name)
    })
}

/// Splits what follows the action into the resource and the reason.
fn resource(rest: &str) -> (Printed, &str) {
    if let Some(reason) = rest.strip_prefix("on this resource") {
        return (Printed::This, reason.trim_start());
    }
    let Some(rest) = rest.strip_prefix("on resource:") else {
        return (Printed::None, rest);
    };
    let rest = rest.trim_start();
    if let Some((quoted, reason)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        return (printed(quoted), reason.trim_start());
    }
    let end = [
        " because ",
        " with an explicit deny",
        ". Go to https://",
        ". Encoded authorization",
        ", with policy ARN",
        " (Service:",
        "\"",
    ]
    .into_iter()
    .filter_map(|end| rest.find(end))
    .min()
    .unwrap_or(rest.len());
    let (resource, reason) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (
        printed(resource.trim().trim_end_matches('.')),
        reason.trim_start(),
    )
}

/// Tells what IAM calls an existing entity from ARNs.
// SOURCE: spec/access-denied-messages.md §1.
fn printed(text: &str) -> Printed {
    if text == "*" {
        return Printed::Everything;
    }
    if text.is_empty() {
        return Printed::None;
    }
    if let Some(arn) = text
        .strip_prefix("policy ")
        .filter(|it| Arn::parse(it).is_some())
    {
        return Printed::Arn(arn.to_owned());
    }
    if Arn::parse(text).is_some() {
        return Printed::Arn(text.to_owned());
    }
    let entity = ["instance profile", "group", "role", "user"]
        .into_iter()
        .find_map(|kind| {
            let name = text.strip_prefix(kind)?.strip_prefix(' ')?;
            (!name.contains(' ')).then(|| Printed::Entity {
                kind: kind.to_owned(),
                name: name.to_owned(),
            })
        });
    entity.unwrap_or_else(|| Printed::Other(text.to_owned()))
}

fn cause(reason: &str) -> (Option<Deny>, Option<Layer>, Option<String>) {
    if let Some(rest) = after(reason, BECAUSE_NO) {
        return (
            Some(Deny::Implicit),
            layer(rest).map(|(layer, _)| layer),
            None,
        );
    }
    let Some(rest) = after(reason, EXPLICIT) else {
        return (None, None, None);
    };
    let rest = rest.trim_start().strip_prefix("in ").unwrap_or(rest);
    let rest = ["an ", "a ", "the "]
        .into_iter()
        .find_map(|article| rest.strip_prefix(article))
        .unwrap_or(rest);
    let Some((layer, rest)) = layer(rest) else {
        return (Some(Deny::Explicit), None, None);
    };
    let arn = rest
        .strip_prefix(": ")
        .or_else(|| rest.strip_prefix(", with policy ARN: "))
        .map(|rest| first_word(rest).trim_end_matches(['.', ',', '"']))
        .filter(|arn| Arn::parse(arn).is_some());
    (Some(Deny::Explicit), Some(layer), arn.map(str::to_owned))
}

/// Reads the name of a type of policy, and returns what follows.
fn layer(text: &str) -> Option<(Layer, &str)> {
    LAYERS
        .into_iter()
        .find_map(|(name, layer)| Some((layer, text.strip_prefix(name)?)))
}

fn after<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    text.split_once(words).map(|(_, rest)| rest.trim_start())
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}
