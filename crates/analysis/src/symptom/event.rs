//! From a CloudTrail record to a question.

use keyward_arn::Arn;
use keyward_diagnose::{Diagnosis, Finding};
use keyward_export::{ErrorMessage, Event, Export, parse_message};

use super::{Asked, Hints, Symptom, failure, message};
use crate::date::seconds;
use crate::error::BadQuestion;
use crate::question::{Question, check_action};

/// Reads a CloudTrail record, and fills in what it does not say. What it tells of the request becomes its context.
///
/// # Errors
/// Where the record does not say enough: says what to add.
pub fn of_event(export: &Export, event: &Event, hints: &Hints) -> Result<Symptom, BadQuestion> {
    let parsed = message(event);
    let mut symptom = match &parsed {
        Some(message) if message.refusal.is_some() => {
            message::of_parsed(export, message, &with_known(event, hints))?
        }
        Some(message) if failure::diagnosis(message).is_some() => {
            Symptom::Diagnosis(failure::diagnosis(message).unwrap_or_default())
        }
        Some(_) | None => asked(event, hints)?,
    };
    match &mut symptom {
        Symptom::Diagnosis(_) => {}
        Symptom::Question(asked) => {
            context(event, &mut asked.question);
            asked.when = seconds(&event.time);
            asked
                .findings
                .extend(changed_role(export, event, &asked.question.principal));
            asked.findings.extend(outcome(event));
        }
    }
    Ok(symptom)
}

/// Returns the record's error as a message.
fn message(event: &Event) -> Option<ErrorMessage> {
    let code = event.error_code.clone()?;
    let text = event.error_message.clone().unwrap_or_default();
    let parsed = parse_message(&text).ok();
    Some(ErrorMessage {
        code: Some(code),
        operation: Some(event.name.clone()),
        text,
        refusal: parsed.and_then(|it| it.refusal),
        ..ErrorMessage::default()
    })
}

/// Gives a message what the record knows beyond it.
fn with_known(event: &Event, hints: &Hints) -> Hints {
    let mut hints = hints.clone();
    if hints.issuer.is_none() {
        hints.issuer = event.identity.issuer_arn.clone();
    }
    hints
}

fn asked(event: &Event, hints: &Hints) -> Result<Symptom, BadQuestion> {
    let denied = event.error_code.as_deref().is_none_or(is_denied);
    if !denied {
        return Ok(Symptom::Diagnosis(other_error(event)));
    }
    let what = format!("the record of {} at {}", event.name, event.time);
    let principal = hints
        .principal
        .clone()
        .or_else(|| principal(event))
        .ok_or_else(|| {
            BadQuestion::new(format!(
                "{what} does not say who asked: add --principal ARN"
            ))
        })?;
    let action = hints
        .action
        .clone()
        .or_else(|| event.action())
        .ok_or_else(|| {
            BadQuestion::new(format!(
                "{what} is of {}, which policies have no actions for",
                event.source
            ))
        })?;
    check_action(&action)?;
    let without_resource = keyward_catalog::action(&action).is_some_and(|it| it.is_wildcard_only());
    let resource = hints
        .resource
        .clone()
        .or_else(|| event.resource())
        .or_else(|| without_resource.then(|| "*".to_owned()))
        .ok_or_else(|| {
            BadQuestion::new(format!("{what} does not say on what: add --resource ARN"))
        })?;
    Ok(Symptom::Question(Box::new(Asked {
        question: Question {
            principal,
            issuer: hints
                .issuer
                .clone()
                .or_else(|| event.identity.issuer_arn.clone()),
            action,
            resource,
            context: hints.context.clone(),
            session_policies: hints.session_policies.clone(),
        },
        said: None,
        words: event.error_message.clone(),
        findings: Vec::new(),
        when: None,
    })))
}

fn principal(event: &Event) -> Option<String> {
    let identity = &event.identity;
    match identity.kind.as_str() {
        "AWSService" => identity.invoked_by.clone(),
        _ => identity.arn.clone(),
    }
}

fn is_denied(code: &str) -> bool {
    let code = code.strip_prefix("Client.").unwrap_or(code);
    let code = code.strip_suffix("Exception").unwrap_or(code);
    [
        "AccessDenied",
        "UnauthorizedOperation",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedAccess",
    ]
    .contains(&code)
}

fn other_error(event: &Event) -> Diagnosis {
    let code = event.error_code.clone().unwrap_or_default();
    Diagnosis {
        verdict: vec![format!(
            "{} failed with {code}, which is not for want of permission: policies let it through.",
            event.name
        )],
        facts: event
            .error_message
            .iter()
            .map(|text| ("AWS says".to_owned(), text.clone()))
            .collect(),
        ..Diagnosis::default()
    }
}

/// What a record tells of the request.
// SOURCE: spec/condition-keys.md §1.
fn context(event: &Event, question: &mut Question) {
    let identity = &event.identity;
    if event.source_ip.parse::<std::net::IpAddr>().is_ok() && event.vpc_endpoint.is_none() {
        question.assume("aws:SourceIp", event.source_ip.clone());
    }
    if !event.region.is_empty() {
        question.assume("aws:RequestedRegion", event.region.clone());
    }
    if !event.user_agent.is_empty() {
        question.assume("aws:UserAgent", event.user_agent.clone());
    }
    if let Some(endpoint) = &event.vpc_endpoint {
        question.assume("aws:SourceVpce", endpoint.clone());
    }
    let is_temporary = identity
        .access_key_id
        .as_deref()
        .is_some_and(|id| id.starts_with("ASIA"));
    if let Some(mfa) = identity.mfa.filter(|_| is_temporary) {
        question.assume("aws:MultiFactorAuthPresent", mfa.to_string());
    }
    if let Some(created) = identity.session_created.as_ref().filter(|_| is_temporary) {
        question.assume("aws:TokenIssueTime", created.clone());
    }
    if let Some(id) = &identity.principal_id {
        question.assume("aws:userid", id.clone());
    }
    if let Some(source) = &identity.source_identity {
        question.assume("aws:SourceIdentity", source.clone());
    }
    if let Some(service) = &identity.invoked_by
        && identity.kind != "AWSService"
    {
        question.assume("aws:ViaAWSService", "true");
        question.assume("aws:CalledVia", service.clone());
    }
}

/// A role that was made anew under its old name has another id than its sessions say.
fn changed_role(export: &Export, event: &Event, principal: &str) -> Option<Finding> {
    let arn = Arn::parse(principal)?;
    let name = arn
        .resource
        .strip_prefix("assumed-role/")?
        .split('/')
        .next()?;
    let role = export.account(arn.account_id()?)?.role_named(name)?;
    let id = event.identity.principal_id.as_deref()?.split(':').next()?;
    (!role.id.is_empty() && id.starts_with("AROA") && id != role.id).then(|| Finding {
        title: "The role was made anew".to_owned(),
        sentences: vec![format!(
            "The record's session was of role {name} with id {id}; the export's role of this name has id {}. Sessions of the old \
             role ended with it, and trust policies that name the old one no longer match: assume the role again, and save such \
             trust policies anew.",
            role.id
        )],
        commands: Vec::new(),
    })
}

/// What CloudTrail says came of it.
fn outcome(event: &Event) -> Option<Finding> {
    event.error_code.is_none().then(|| Finding {
        title: "What CloudTrail says".to_owned(),
        sentences: vec!["The call succeeded: the record has no errorCode.".to_owned()],
        commands: Vec::new(),
    })
}
