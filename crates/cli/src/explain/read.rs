//! Reads what a question or a symptom is given by: messages, records, policies of sessions.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use keyward_analysis::{BadQuestion, Hints};
use keyward_export::{Event, Inline, Piece, events, limits};

use super::Arguments;
use crate::input;

/// Returns what is given beside a symptom.
pub(super) fn hints(arguments: &Arguments) -> Result<Hints, BadQuestion> {
    Hints {
        principal: arguments.principal.clone(),
        issuer: arguments.issuer.clone(),
        action: arguments.action.clone(),
        resource: arguments.resource.clone(),
        session_policies: session_policies(&arguments.session_policy)?,
        ..Hints::default()
    }
    .with_context(&arguments.context)
}

/// Reads the policies that a session was made with.
pub(super) fn session_policies(paths: &[PathBuf]) -> Result<Option<Vec<Inline>>, BadQuestion> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut policies = Vec::new();
    for path in paths {
        for piece in keyward_export::read(&path.to_string_lossy(), input::text(path)?)? {
            match piece {
                Piece::Bare(policy) => policies.push(policy),
                Piece::Account { .. }
                | Piece::Control { .. }
                | Piece::Devices(_)
                | Piece::Endpoints(_)
                | Piece::Organization(_)
                | Piece::Resources(_) => {
                    return Err(BadQuestion::new(format!(
                        "{} is not one policy, as --session-policy takes it",
                        path.display()
                    )));
                }
            }
        }
    }
    Ok(Some(policies))
}

/// Returns the message, from standard input where it is `-`.
pub(super) fn message(text: &str) -> Result<String, BadQuestion> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    std::io::stdin()
        .take(limits::MESSAGE_BYTES as u64 + 1)
        .read_to_string(&mut read)
        .map_err(|error| BadQuestion::new(format!("can't read the message: {error}")))?;
    Ok(read)
}

/// Chooses a record: the one that is named, the only one, or the only one that was refused.
pub(super) fn event(path: &Path, id: Option<&str>) -> Result<Event, BadQuestion> {
    let shown = path.display();
    let mut events = events(&path.to_string_lossy(), &input::text(path)?)?;
    let count = events.len();
    if let Some(id) = id {
        events.retain(|it| it.id == id);
        return events.pop().ok_or_else(|| {
            BadQuestion::new(format!(
                "{shown} has {count} records, and none has the eventID {id}"
            ))
        });
    }
    if count > 1 {
        events.retain(|it| it.error_code.is_some());
    }
    let listed: Vec<String> = events
        .iter()
        .take(5)
        .map(|it| format!("{} ({} at {})", it.id, it.name, it.time))
        .collect();
    match (events.pop(), listed.as_slice()) {
        (Some(event), [_]) => Ok(event),
        (None, _) => Err(BadQuestion::new(format!(
            "{shown} has {count} records and none was refused: choose one with --event-id"
        ))),
        (Some(_), listed) => Err(BadQuestion::new(format!(
            "{shown} has several records that were refused: choose one with --event-id, such as {}",
            listed.join(", ")
        ))),
    }
}
