//! From an error message to a question.

use keyward_arn::Arn;
use keyward_diagnose::{Diagnosis, Finding};
use keyward_export::{ErrorMessage, Export, Printed, Refusal, action_of, parse_message};

use super::{Asked, Hints, Symptom, failure};
use crate::error::BadQuestion;
use crate::question::{Question, check_action};

/// Reads an error message, and fills in what it does not say.
///
/// # Errors
/// Where it is no error message, or does not say enough: says what to add.
pub fn of_message(export: &Export, text: &str, hints: &Hints) -> Result<Symptom, BadQuestion> {
    let message = parse_message(text)?;
    of_parsed(export, &message, hints)
}

pub(super) fn of_parsed(
    export: &Export,
    message: &ErrorMessage,
    hints: &Hints,
) -> Result<Symptom, BadQuestion> {
    if let Some(diagnosis) = failure::diagnosis(message) {
        return Ok(Symptom::Diagnosis(diagnosis));
    }
    if let Some(refusal) = &message.refusal {
        if refusal.principal.is_none() && hints.principal.is_none() {
            return Ok(Symptom::Diagnosis(unsigned(&refusal.action)));
        }
        return asked(export, refusal, &message.text, hints);
    }
    if !is_denied(message) {
        return Err(BadQuestion::new(format!(
            "{} is no refusal: {}",
            message.code.as_deref().unwrap_or("the message"),
            if message.text.is_empty() {
                "nothing is known of it"
            } else {
                &message.text
            }
        )));
    }
    if let Some((_, encoded)) = message
        .text
        .split_once("Encoded authorization failure message:")
    {
        return Ok(Symptom::Diagnosis(encoded_only(encoded.trim())));
    }
    let operation = message.operation.as_deref();
    // S3 says no more than this to callers of other organizations.
    let action = hints
        .action
        .clone()
        .or_else(|| operation.and_then(|name| known_action(message, name)));
    let (Some(principal), Some(action), Some(resource)) =
        (&hints.principal, action, &hints.resource)
    else {
        let missing: Vec<&str> = [
            (hints.principal.is_none(), "--principal ARN"),
            (
                hints.action.is_none()
                    && operation
                        .and_then(|name| known_action(message, name))
                        .is_none(),
                "--action SERVICE:NAME",
            ),
            (hints.resource.is_none(), "--resource ARN"),
        ]
        .into_iter()
        .filter_map(|(is_missing, name)| is_missing.then_some(name))
        .collect();
        return Err(BadQuestion::new(format!(
            "the message says no more than that access is denied: add {}",
            missing.join(" and ")
        )));
    };
    check_action(&action)?;
    Ok(Symptom::Question(Box::new(Asked {
        question: Question {
            principal: principal.clone(),
            issuer: hints.issuer.clone(),
            action,
            resource: resource.clone(),
            context: hints.context.clone(),
            session_policies: hints.session_policies.clone(),
        },
        said: None,
        words: Some(message.text.clone()),
        findings: vec![Finding {
            title: "AWS's own words".to_owned(),
            sentences: vec![
                "\"Access Denied\" without a reason: so S3 answers callers of other organizations and anonymous ones, and all \
                 callers where the reason would give away a resource of another account."
                    .to_owned(),
            ],
            commands: Vec::new(),
        }],
        when: None,
    })))
}

fn is_denied(message: &ErrorMessage) -> bool {
    let code = message.code.as_deref().unwrap_or_default();
    let code = code.strip_prefix("Client.").unwrap_or(code);
    let code = code.strip_suffix("Exception").unwrap_or(code);
    [
        "AccessDenied",
        "UnauthorizedOperation",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedAccess",
        "403",
        "Forbidden",
    ]
    .contains(&code)
}

/// Finds the action of an operation where only one service can be meant.
fn known_action(message: &ErrorMessage, operation: &str) -> Option<String> {
    if let Some(service) = &message.service {
        let action = format!("{}:{operation}", service.to_ascii_lowercase());
        if keyward_catalog::action(&action).is_some() {
            return Some(action);
        }
    }
    let s3 = action_of("s3.amazonaws.com", operation)?;
    let is_s3 = keyward_catalog::action(&s3).is_some()
        && message.text.trim_end_matches('.') == "Access Denied";
    is_s3.then_some(s3)
}

fn asked(
    export: &Export,
    refusal: &Refusal,
    words: &str,
    hints: &Hints,
) -> Result<Symptom, BadQuestion> {
    let principal = hints
        .principal
        .clone()
        .or_else(|| refusal.principal.clone())
        .unwrap_or_default();
    let action = hints
        .action
        .clone()
        .unwrap_or_else(|| spelled(&refusal.action));
    check_action(&action)?;
    let resource = match &hints.resource {
        Some(resource) => resource.clone(),
        None => resource(export, refusal, &principal, &action)?,
    };
    let mut findings: Vec<Finding> = hints.details.iter().cloned().collect();
    if let Some(encoded) = refusal.encoded.as_ref().filter(|_| hints.details.is_none()) {
        findings.push(decode(encoded));
    }
    if let Some(setting) = &refusal.public_access_block {
        findings.push(Finding {
            title: "S3 Block Public Access".to_owned(),
            sentences: vec![format!(
                "AWS refused because of the setting {setting}: the ACL or policy that was to be written would make the bucket \
                 public. No policy can allow it; write a narrower one, or lift the setting where the bucket is meant to be \
                 public."
            )],
            commands: Vec::new(),
        });
    }
    let id = refusal.authorization_id.as_ref();
    if let Some(id) = id.filter(|_| hints.details.is_none()) {
        findings.push(Finding {
            title: "AWS keeps the details of this refusal".to_owned(),
            sentences: vec![format!(
                "AWS keeps them for a day or more, for principals of the account with \
                 iam:GetRequestAuthorizationDetails: the authorization id is {id}. The answer below is from the export."
            )],
            commands: Vec::new(),
        });
    }
    Ok(Symptom::Question(Box::new(Asked {
        question: Question {
            principal,
            issuer: hints.issuer.clone(),
            action,
            resource,
            context: hints.context.clone(),
            session_policies: hints.session_policies.clone(),
        },
        said: Some(refusal.clone()),
        words: Some(words.to_owned()),
        findings,
        when: None,
    })))
}

/// Spells an action as the catalog does: SQS prints lower case.
fn spelled(action: &str) -> String {
    match keyward_catalog::action(action) {
        None => action.to_owned(),
        Some(found) => format!("{}:{}", found.service().prefix(), found.name()),
    }
}

/// Turns what a message prints into an ARN.
fn resource(
    export: &Export,
    refusal: &Refusal,
    principal: &str,
    action: &str,
) -> Result<String, BadQuestion> {
    match &refusal.resource {
        Printed::Arn(arn) => Ok(arn.clone()),
        Printed::Everything => Ok("*".to_owned()),
        Printed::Entity { kind, name } => entity(export, principal, kind, name),
        Printed::None => match keyward_catalog::action(action) {
            Some(known) if !known.is_wildcard_only() => Err(BadQuestion::new(format!(
                "the message does not say on what, and {action} has a resource: add --resource ARN"
            ))),
            Some(_) | None => Ok("*".to_owned()),
        },
        Printed::This => Err(BadQuestion::new(
            "the message says \"this resource\" and not which: add --resource ARN of the key",
        )),
        Printed::Other(text) => Err(BadQuestion::new(format!(
            "the message's resource {text:?} is no ARN: add --resource ARN"
        ))),
    }
}

fn entity(export: &Export, principal: &str, kind: &str, name: &str) -> Result<String, BadQuestion> {
    let arn = Arn::parse(principal)
        .filter(|arn| arn.account_id().is_some())
        .ok_or_else(|| {
            BadQuestion::new(format!(
                "the message names {kind} {name} and no account: add --resource ARN"
            ))
        })?;
    let account = arn.account_id().and_then(|id| export.account(id));
    let found = account.and_then(|account| match kind {
        "user" => account
            .users
            .iter()
            .find(|it| it.name == name)
            .map(|it| it.arn.clone()),
        "role" => account.role_named(name).map(|it| it.arn.clone()),
        "group" => account.group_named(name).map(|it| it.arn.clone()),
        _ => None,
    });
    Ok(found.unwrap_or_else(|| {
        let kind = kind.replace(' ', "-");
        format!("arn:{}:iam::{}:{kind}/{name}", arn.partition, arn.account)
    }))
}

fn decode(encoded: &str) -> Finding {
    Finding {
        title: "An encoded message comes with it".to_owned(),
        sentences: vec![
            "It holds the context that AWS saw. Only the service that sent it can open it, for principals of the caller's account with \
             sts:DecodeAuthorizationMessage; give its condition keys here with --context."
                .to_owned(),
        ],
        commands: vec![format!(
            "aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message {encoded}"
        )],
    }
}

fn encoded_only(encoded: &str) -> Diagnosis {
    Diagnosis {
        verdict: vec![
            "Access is denied, and why is in an encoded message that only the service that sent it can open.".to_owned(),
        ],
        facts: Vec::new(),
        findings: vec![decode(encoded)],
        notes: vec![
            "Then ask with --principal, --action and --resource, which the decoded message has in its context.".to_owned(),
        ],
    }
}

/// What unsigned calls of STS are told, which is nothing.
// SOURCE: spec/evaluation.md §4, spec/access-denied-messages.md §1.
fn unsigned(action: &str) -> Diagnosis {
    let cause = |title: &str, sentence: &str| Finding {
        title: title.to_owned(),
        sentences: vec![sentence.to_owned()],
        commands: Vec::new(),
    };
    Diagnosis {
        verdict: vec![format!(
            "{action} was refused by the role's trust policy, or the role does not exist: AWS does not say which."
        )],
        facts: vec![("action".to_owned(), action.to_owned())],
        findings: vec![
            cause(
                "The trust policy does not name the provider",
                "It must have the provider's ARN as {\"Federated\": …}: of the same account, in the same spelling. \"*\" does not count.",
            ),
            cause(
                "A condition does not fit the token",
                "Look at the token's aud and sub and compare them exactly: the keys are named after the provider, without https:// \
                 (token.actions.githubusercontent.com:sub).",
            ),
            cause(
                "The action is another",
                "The trust policy must allow this very action, and sts:TagSession too where the token carries tags.",
            ),
            cause(
                "The role's ARN is wrong",
                "It is arn:aws:iam::ACCOUNT:role/PATH/NAME with the role's path; letter case counts.",
            ),
        ],
        notes: vec!["Add --principal of a signed caller if the call was signed.".to_owned()],
    }
}
