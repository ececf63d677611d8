//! What a server keeps of a refusal: the details under an authorization id, and encoded messages, which it decodes.

use keyward_analysis::{BadQuestion, Hints, explain_recorded, recorded_diagnosis};
use keyward_diagnose::Finding;
use keyward_export::{ErrorMessage, Recorded, parse_message};
use keyward_wire::sts;

use super::{Answer, Arguments, look_at_devices};
use crate::client::CallError;
use crate::endpoint::{self, Server};

/// How a refusal leads to what was kept of it.
enum Lead {
    Encoded(String),
    Id(String),
}

/// Answers from what the server kept. `None` where nothing leads there, or it can't be had and the message says enough
/// without it; why is then put into the hints.
pub(super) fn answer(
    arguments: &Arguments,
    server: &Server,
    text: Option<&str>,
    hints: &mut Hints,
    now: i64,
) -> Result<Option<Answer>, BadQuestion> {
    let message = text.map(parse_message).transpose()?;
    let Some(lead) = lead(arguments, message.as_ref()) else {
        return Ok(None);
    };
    let recorded = match ask(server, &lead) {
        Ok(recorded) => recorded?,
        Err(error) => {
            let why = why_not(&lead, &error);
            // Without a message there is nothing else to answer from.
            if message.as_ref().is_none_or(|it| it.refusal.is_none()) {
                return Err(BadQuestion::new(format!("{why} {error}")));
            }
            hints.details = Some(Finding {
                title: "What the server kept of this refusal".to_owned(),
                sentences: vec![why, "The answer is from the message.".to_owned()],
                commands: Vec::new(),
            });
            return Ok(None);
        }
    };
    let mut export = match server.export_if_allowed() {
        Ok(export) => export?,
        Err(error) => {
            let Some(action) = error.missing_permission() else {
                return Err(endpoint::told(error));
            };
            let note = format!(
                "This is the server's own record. With {action} every layer would be shown, with the statements that missed and \
                 what would turn the answer."
            );
            return Ok(Some(Answer::Diagnosis(recorded_diagnosis(&recorded, note))));
        }
    };
    look_at_devices(server, &recorded.action, &mut export);
    let words = message.map(|it| it.text);
    let report = explain_recorded(&export, &recorded, words.as_deref(), hints, now)?;
    Ok(Some(Answer::Report(Box::new(report))))
}

/// Finds the id, which tells more, or else the encoded message.
fn lead(arguments: &Arguments, message: Option<&ErrorMessage>) -> Option<Lead> {
    if let Some(id) = &arguments.authorization_id {
        return Some(Lead::Id(id.clone()));
    }
    if let Some(encoded) = &arguments.encoded_message {
        return Some(Lead::Encoded(encoded.trim().to_owned()));
    }
    let message = message?;
    let refusal = message.refusal.as_ref();
    if let Some(id) = refusal.and_then(|it| it.authorization_id.clone()) {
        return Some(Lead::Id(id));
    }
    let alone = || {
        let (_, encoded) = message
            .text
            .split_once("Encoded authorization failure message:")?;
        Some(encoded.trim().to_owned())
    };
    let encoded = refusal.and_then(|it| it.encoded.clone()).or_else(alone);
    encoded.map(Lead::Encoded)
}

fn ask(server: &Server, lead: &Lead) -> Result<Result<Recorded, BadQuestion>, CallError> {
    let read = match lead {
        Lead::Id(id) => {
            let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !is_id {
                return Ok(Err(BadQuestion::new(format!(
                    "--authorization-id {id:?} is not one: it has digits and small letters only"
                ))));
            }
            Recorded::of_details(&server.get(&format!("/authorization-details/{id}"))?)
        }
        Lead::Encoded(encoded) => {
            let result = server.ask(&sts::DecodeAuthorizationMessage {
                encoded_message: encoded.clone(),
            })?;
            Recorded::of_decoded(result.child_text("DecodedMessage").unwrap_or_default())
        }
    };
    Ok(read.map_err(BadQuestion::from))
}

/// Says why what was kept can't be had.
fn why_not(lead: &Lead, error: &CallError) -> String {
    let (what, call) = match lead {
        Lead::Encoded(_) => ("The encoded message", "sts:DecodeAuthorizationMessage"),
        Lead::Id(_) => (
            "The details of this refusal",
            "iam:GetRequestAuthorizationDetails",
        ),
    };
    match error {
        _ if error.missing_permission().is_some() => {
            format!(
                "{what} may be read by principals of the account with {call}, which you may not."
            )
        }
        CallError::Refused { code, .. } if code == "ResourceNotFoundException" => format!(
            "{what} are not there: the server keeps them for a bounded time, and shows them in the account of who was refused."
        ),
        CallError::Refused { code, .. } if code == "InvalidAuthorizationMessageException" => {
            format!(
                "{what} can't be decoded here: it was cut off, or comes from another account or another server."
            )
        }
        CallError::Malformed { .. }
        | CallError::Refused { .. }
        | CallError::Strange { .. }
        | CallError::Unreachable { .. } => format!("{what} can't be had."),
    }
}
