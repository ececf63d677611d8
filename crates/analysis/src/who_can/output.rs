//! Who can, for people and machines.

use keyward_diagnose::{Ink, Json, Page, Style};

use super::{Evidence, Row, WhoCan};

/// How many statements are shown for one principal.
const SHOWN: usize = 3;

/// Writes who can as text: those who always can first.
#[must_use]
pub fn who_can_text(found: &WhoCan, style: Style) -> String {
    let mut page = Page::new(style);
    let (always, under): (Vec<&Row>, Vec<&Row>) =
        found.rows.iter().partition(|row| row.is_always());
    let on = if found.resource == "*" {
        String::new()
    } else {
        format!(" on {}", found.resource)
    };
    let of = format!("of {} principals", found.asked);
    let head = match (always.len(), under.len()) {
        (0, 0) => format!("Nobody {of} can do {}{on}.", found.action),
        (all, 0) => format!("{all} {of} can do {}{on}.", found.action),
        (0, some) => format!(
            "{some} {of} can do {}{on}, all under conditions.",
            found.action
        ),
        (all, some) => format!(
            "{} {of} can do {}{on}, {some} of them under conditions.",
            all.saturating_add(some),
            found.action
        ),
    };
    page.paragraph("", "", &head, Ink::Strong);
    for (title, rows) in [("Always", always), ("Under conditions", under)] {
        if rows.is_empty() {
            continue;
        }
        page.blank();
        page.heading(title);
        for row in rows {
            one(&mut page, row);
        }
    }
    if !found.outside.is_empty() {
        page.blank();
        page.heading("Beside the principals of the export, by the resource's own policy");
        for it in &found.outside {
            page.paragraph("  ", "    ", it, Ink::Plain);
        }
    }
    if !found.notes.is_empty() {
        page.blank();
    }
    for note in &found.notes {
        page.paragraph("  ", "  ", note, Ink::Faint);
    }
    page.finish()
}

fn one(page: &mut Page, row: &Row) {
    let principal = page.ink(&row.principal, Ink::Good);
    page.line(&format!("  {principal}"));
    evidence_lines(page, "    through ", &row.through);
    for alternatives in &row.conditions {
        let plain: Vec<&Evidence> = alternatives.iter().collect();
        for (index, it) in plain.iter().take(SHOWN).enumerate() {
            let word = if index == 0 { "if" } else { "or if" };
            let text = it.conditions.join(" and ");
            page.paragraph(&format!("    {word} "), "       ", &text, Ink::Warn);
        }
    }
    for it in row.unless.iter().take(SHOWN) {
        let when = if it.conditions.is_empty() {
            String::new()
        } else {
            format!(": if {}", it.conditions.join(" and "))
        };
        page.paragraph(
            "    unless ",
            "           ",
            &format!("{} denies{when}", it.statement),
            Ink::Warn,
        );
    }
}

/// Writes statements with the places where they stand.
pub(crate) fn evidence_lines(page: &mut Page, before: &str, all: &[Evidence]) {
    let rest = " ".repeat(before.chars().count());
    for it in all.iter().take(SHOWN) {
        page.paragraph(before, &rest, &it.statement, Ink::Plain);
        if let Some(place) = &it.place {
            let place = page.ink(&place.to_string(), Ink::Faint);
            page.line(&format!("{rest}{place}"));
        }
    }
    if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = page.ink(&format!("and {more} more"), Ink::Faint);
        page.line(&format!("{rest}{more}"));
    }
}

/// Writes who can as JSON.
///
/// | member | what |
/// |---|---|
/// | `action`, `resource`, `asked` | the question, and of how many principals it was put |
/// | `principals` | `principal`, `always`, `through`, `conditions` (of each list one must hold), `unless` |
/// | `outside` | principals outside of the export that the resource's policy lets in |
/// | `notes` | what was taken for granted |
///
/// A statement has `statement`, `effect`, `file`, `line`, `column`, and `conditions`: those whose keys are not known.
#[must_use]
pub fn who_can_json(found: &WhoCan) -> String {
    let rows = found.rows.iter().map(|row| {
        Json::object([
            ("principal", Json::text(&row.principal)),
            ("always", Json::Bool(row.is_always())),
            ("through", list(&row.through)),
            (
                "conditions",
                Json::List(row.conditions.iter().map(|it| list(it)).collect()),
            ),
            ("unless", list(&row.unless)),
        ])
    });
    let texts = |texts: &[String]| Json::List(texts.iter().map(Json::text).collect());
    Json::object([
        ("action", Json::text(&found.action)),
        ("resource", Json::text(&found.resource)),
        ("asked", Json::count(found.asked)),
        ("principals", Json::List(rows.collect())),
        ("outside", texts(&found.outside)),
        ("notes", texts(&found.notes)),
    ])
    .pretty()
}

fn list(all: &[Evidence]) -> Json {
    Json::List(all.iter().map(evidence_json).collect())
}

/// Writes one statement.
pub(crate) fn evidence_json(it: &Evidence) -> Json {
    let effect = match it.effect {
        keyward_policy::Effect::Allow => "Allow",
        keyward_policy::Effect::Deny => "Deny",
    };
    let mut members = vec![
        ("statement", Json::text(&it.statement)),
        ("effect", Json::text(effect)),
    ];
    if let Some(place) = &it.place {
        members.extend(place.file.as_deref().map(|file| ("file", Json::text(file))));
        members.push(("line", Json::Number(u64::from(place.position.line))));
        members.push(("column", Json::Number(u64::from(place.position.column))));
    }
    let conditions = it.conditions.iter().map(Json::text).collect();
    members.push(("conditions", Json::List(conditions)));
    Json::object(members)
}
