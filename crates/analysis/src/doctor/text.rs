//! The doctor's findings for people: what bites worst comes first.

use keyward_diagnose::{Ink, Page, Style};

use super::{Bite, Diagnoses, Rule, Severity};

/// How many findings of a rule are shown in full.
const SHOWN: usize = 20;

/// Writes findings as text, by rule, what bites worst first.
#[must_use]
pub fn doctor_text(found: &Diagnoses, style: Style) -> String {
    let mut page = Page::new(style);
    let count = |severity: Severity| {
        found
            .bites
            .iter()
            .filter(|bite| bite.rule.severity() == severity)
            .count()
    };
    let (errors, warnings, notes) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    );
    let counted = |count: usize, one: &str| {
        if count == 1 {
            format!("1 {one}")
        } else {
            format!("{count} {one}s")
        }
    };
    let mut parts = vec![counted(errors, "error"), counted(warnings, "warning")];
    if notes > 0 {
        parts.push(counted(notes, "note"));
    }
    let head = if found.bites.is_empty() {
        page.ink("Nothing was found that would bite.", Ink::Good)
    } else {
        page.ink(&parts.join(", "), Ink::Strong)
    };
    page.line(&head);
    let mut rules: Vec<Rule> = found.bites.iter().map(|bite| bite.rule).collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.severity()), rule.id()));
    rules.dedup();
    for rule in rules {
        let bites: Vec<&Bite> = found.bites.iter().filter(|it| it.rule == rule).collect();
        one(&mut page, rule, &bites);
    }
    for note in &found.notes {
        page.blank();
        page.paragraph("  ", "  ", note, Ink::Faint);
    }
    page.finish()
}

fn one(page: &mut Page, rule: Rule, bites: &[&Bite]) {
    page.blank();
    let ink = match rule.severity() {
        Severity::Error => Ink::Bad,
        Severity::Note => Ink::Faint,
        Severity::Warning => Ink::Warn,
    };
    let severity = page.ink(&format!("{:<8}", rule.severity().as_str()), ink);
    let id = page.ink(rule.id(), Ink::Strong);
    page.line(&format!("{severity} {id}  {}", rule.title()));
    page.paragraph("         ", "         ", rule.help(), Ink::Faint);
    for bite in bites.iter().take(SHOWN) {
        let account = bite
            .account
            .map(|id| format!(", account {id}"))
            .unwrap_or_default();
        page.paragraph(
            "  - ",
            "    ",
            &format!("{}{account}", bite.subject),
            Ink::Plain,
        );
        if let Some(place) = &bite.place {
            let place = page.ink(&place.to_string(), Ink::Faint);
            page.line(&format!("    {place}"));
        }
        page.paragraph("    ", "    ", &bite.message, Ink::Plain);
        page.paragraph("    → ", "      ", &bite.fix, Ink::Plain);
    }
    if let Some(more) = bites.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let text = page.ink(
            &format!("and {more} more; --json and --sarif have all"),
            Ink::Faint,
        );
        page.line(&format!("  {text}"));
    }
}
