//! What a principal can do, for people and machines.

use keyward_diagnose::{Ink, Json, Page, Style};

use super::{Can, Except, Fate, Part, layer_name};
use crate::who_can::{evidence_json, evidence_lines};

/// How many action names are shown.
const SHOWN: usize = 6;

/// Writes what a principal can do as text.
#[must_use]
pub fn can_text(found: &Can, style: Style) -> String {
    let mut page = Page::new(style);
    let head = if found.grants.is_empty() && found.by_resource.is_empty() {
        format!("{} can do nothing.", found.principal)
    } else {
        format!("What {} can do", found.principal)
    };
    page.paragraph("", "", &head, Ink::Strong);
    for grant in &found.grants {
        page.blank();
        evidence_lines(&mut page, "  ", std::slice::from_ref(&grant.evidence));
        for part in &grant.parts {
            one(&mut page, part);
        }
        if !grant.evidence.conditions.is_empty() {
            let text = grant.evidence.conditions.join(" and ");
            page.paragraph("    if ", "       ", &text, Ink::Warn);
        }
        for except in &grant.except {
            page.paragraph(
                "    except where ",
                "                 ",
                &format!("{} denies {}", except.evidence.statement, except.what),
                Ink::Warn,
            );
        }
    }
    if !found.by_resource.is_empty() {
        page.blank();
        page.heading("By the policies of roles and resources");
        for (action, resource) in &found.by_resource {
            page.paragraph(
                "    ",
                "      ",
                &format!("{action} on {resource}"),
                Ink::Plain,
            );
        }
    }
    page.blank();
    for note in &found.notes {
        page.paragraph("  ", "  ", note, Ink::Faint);
    }
    page.finish()
}

fn one(page: &mut Page, part: &Part) {
    let (mark, ink, why) = match part.fate {
        Fate::Always => ("✓", Ink::Good, String::new()),
        Fate::Depends => ("?", Ink::Warn, ", under conditions".to_owned()),
        Fate::Denied(layer) => (
            "✗",
            Ink::Bad,
            format!(": denied by the {}", layer_name(layer)),
        ),
        Fate::Lacks(layer) => (
            "✗",
            Ink::Bad,
            format!(": not allowed by the {}", layer_name(layer)),
        ),
        Fate::Ruled => ("✗", Ink::Bad, ": no policy can allow it".to_owned()),
    };
    let names: Vec<&str> = part
        .actions
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect();
    let more = match part.actions.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mark = page.ink(mark, ink);
    page.paragraph(
        &format!("    {mark} "),
        "      ",
        &format!("{}{more} on {}{why}", names.join(", "), part.resource),
        Ink::Plain,
    );
}

/// Writes what a principal can do as JSON.
///
/// | member | what |
/// |---|---|
/// | `principal` | who |
/// | `grants` | each Allow statement: `statement` (as in `who-can`), `parts` (`actions`, `resource`, `fate`: `always`, `depends`, `explicitDeny`, `implicitDeny`, `rule`, and the `layer` of a refusal), `except` (`statement`, and in words what it `denies`) |
/// | `byResource` | `action`, `resource` |
/// | `notes` | what was taken for granted |
#[must_use]
pub fn can_json(found: &Can) -> String {
    let grants = found.grants.iter().map(|grant| {
        Json::object([
            ("statement", evidence_json(&grant.evidence)),
            ("parts", Json::List(grant.parts.iter().map(part).collect())),
            (
                "except",
                Json::List(grant.except.iter().map(except).collect()),
            ),
        ])
    });
    let by_resource = found.by_resource.iter().map(|(action, resource)| {
        Json::object([
            ("action", Json::text(action)),
            ("resource", Json::text(resource)),
        ])
    });
    Json::object([
        ("principal", Json::text(&found.principal)),
        ("grants", Json::List(grants.collect())),
        ("byResource", Json::List(by_resource.collect())),
        (
            "notes",
            Json::List(found.notes.iter().map(Json::text).collect()),
        ),
    ])
    .pretty()
}

fn except(except: &Except) -> Json {
    Json::object([
        ("statement", evidence_json(&except.evidence)),
        ("denies", Json::text(&except.what)),
    ])
}

fn part(part: &Part) -> Json {
    let (fate, layer) = match part.fate {
        Fate::Always => ("always", None),
        Fate::Denied(layer) => ("explicitDeny", Some(layer)),
        Fate::Depends => ("depends", None),
        Fate::Lacks(layer) => ("implicitDeny", Some(layer)),
        Fate::Ruled => ("rule", None),
    };
    let mut members = vec![
        (
            "actions",
            Json::List(part.actions.iter().map(Json::text).collect()),
        ),
        ("resource", Json::text(&part.resource)),
        ("fate", Json::text(fate)),
    ];
    members.extend(layer.map(|layer| ("layer", Json::text(layer.as_str()))));
    Json::object(members)
}
