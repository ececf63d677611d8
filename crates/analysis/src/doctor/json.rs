//! The doctor's findings for machines.

use keyward_diagnose::{Json, Place};

use super::Diagnoses;

/// Writes findings as JSON.
///
/// | member | what |
/// |---|---|
/// | `findings` | `rule`, `severity`, `account`, `subject`, `message`, `fix`, `file`, `line`, `column` (from 1); what is not known is absent |
/// | `notes` | what was not looked at |
#[must_use]
pub fn doctor_json(found: &Diagnoses) -> String {
    let findings = found.bites.iter().map(|bite| {
        let mut members = vec![
            ("rule", Json::text(bite.rule.id())),
            ("severity", Json::text(bite.rule.severity().as_str())),
        ];
        members.extend(
            bite.account
                .map(|id| ("account", Json::text(id.to_string()))),
        );
        members.extend([
            ("subject", Json::text(&bite.subject)),
            ("message", Json::text(&bite.message)),
            ("fix", Json::text(&bite.fix)),
        ]);
        members.extend(bite.place.iter().flat_map(place));
        Json::object(members)
    });
    Json::object([
        ("findings", Json::List(findings.collect())),
        (
            "notes",
            Json::List(found.notes.iter().map(Json::text).collect()),
        ),
    ])
    .pretty()
}

fn place(place: &Place) -> Vec<(&'static str, Json)> {
    let mut members = Vec::new();
    members.extend(place.file.as_deref().map(|file| ("file", Json::text(file))));
    members.push(("line", Json::Number(u64::from(place.position.line))));
    members.push(("column", Json::Number(u64::from(place.position.column))));
    members
}
