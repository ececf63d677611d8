//! The report for people: the answer first, then why, then what to do.

use crate::report::{
    Diagnosis, Element, Finding, Fix, LayerReport, LayerState, Mark, Report, Seen, StatementReport,
    Step, Wanted,
};
use crate::words::{self, capitalised, counted, effect_name};

use keyward_engine::Decision;

mod page;

use page::WIDTH;
pub use page::{Ink, Page};

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// With ANSI colours.
    Colour,
    /// Characters only.
    #[default]
    Plain,
}

/// Writes a report as text, with a line end behind the last line.
///
/// Lines are at most 100 characters wide, unless a name or a line of JSON is longer.
#[must_use]
pub fn render_text(report: &Report, style: Style) -> String {
    let mut page = Page {
        out: String::new(),
        style,
    };
    page.headline(report);
    page.request(report);
    page.findings(&report.findings);
    page.layers(report);
    if !report.turns.is_empty() {
        page.blank();
        page.heading("What would turn it");
        for turn in &report.turns {
            page.paragraph("  - ", "    ", turn, Ink::Plain);
        }
    }
    page.fixes(report);
    if !report.keys_not_given.is_empty() {
        page.blank();
        let keys = report.keys_not_given.join(", ");
        let text =
            format!("Statements about this ask for condition keys that were not given: {keys}.");
        page.paragraph("  ", "  ", &text, Ink::Faint);
    }
    if !report.notes.is_empty() {
        page.blank();
        for note in &report.notes {
            page.paragraph("  ", "  ", note, Ink::Faint);
        }
    }
    page.out
}

/// Writes a diagnosis as text, as [`render_text`] does a report.
#[must_use]
pub fn diagnosis_text(diagnosis: &Diagnosis, style: Style) -> String {
    let mut page = Page {
        out: String::new(),
        style,
    };
    let word = page.ink("DIAGNOSIS", Ink::Bad);
    let verdict = diagnosis.verdict.join(" ");
    page.paragraph(&format!("{word}  "), "           ", &verdict, Ink::Strong);
    if !diagnosis.facts.is_empty() {
        page.blank();
        let width = diagnosis
            .facts
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, text) in &diagnosis.facts {
            let name = page.ink(&format!("  {name:<width$}  "), Ink::Faint);
            let indent = " ".repeat(width.saturating_add(4));
            page.paragraph(&name, &indent, text, Ink::Plain);
        }
    }
    page.findings(&diagnosis.findings);
    if !diagnosis.notes.is_empty() {
        page.blank();
        for note in &diagnosis.notes {
            page.paragraph("  ", "  ", note, Ink::Faint);
        }
    }
    page.out
}

impl Page {
    fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.blank();
            self.heading(&finding.title);
            for sentence in &finding.sentences {
                self.paragraph("  ", "  ", sentence, Ink::Plain);
            }
            for command in &finding.commands {
                let command = self.ink(command, Ink::Plain);
                self.line(&format!("    $ {command}"));
            }
        }
    }

    fn headline(&mut self, report: &Report) {
        let (word, ink) = match (report.decision, report.uncertain) {
            _ if report.overruled => ("DENIED, as AWS says", Ink::Bad),
            (Decision::Allow(_), _) => ("ALLOWED", Ink::Good),
            (Decision::ExplicitDeny(_), _) => ("DENIED", Ink::Bad),
            (Decision::ImplicitDeny(_), false) => ("DENIED", Ink::Bad),
            (Decision::ImplicitDeny(_), true) => ("DENIED, as far as can be seen", Ink::Bad),
        };
        let word = self.ink(word, ink);
        // Where the first line would not hold it, the sentence stands below the word.
        let text = report.verdict.join(" ");
        if report.uncertain || report.overruled {
            self.line(&word);
            self.paragraph("  ", "  ", &text, Ink::Strong);
        } else {
            let indent = match report.decision {
                Decision::Allow(_) => "         ",
                Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => "        ",
            };
            self.paragraph(&format!("{word}  "), indent, &text, Ink::Strong);
        }
    }

    fn request(&mut self, report: &Report) {
        self.blank();
        let rows = [
            ("principal", report.principal.as_str()),
            ("action", report.action.as_str()),
            ("resource", report.resource.as_str()),
        ];
        for (name, text) in rows {
            let name = self.ink(&format!("  {name:<11}"), Ink::Faint);
            let text = self.ink(text, Ink::Plain);
            self.line(&format!("{name}{text}"));
        }
        if let Some(message) = &report.message {
            let name = self.ink(&format!("  {:<11}", "AWS says"), Ink::Faint);
            self.paragraph(&name, "             ", message, Ink::Plain);
        }
    }

    fn layers(&mut self, report: &Report) {
        self.blank();
        if report
            .layers
            .iter()
            .all(|layer| layer.state == LayerState::NotAsked)
        {
            self.heading("Why");
            self.line("  No policy was asked: a rule that no policy changes decides.");
            return;
        }
        self.heading("Why, layer by layer");
        let last = report.layers.len().saturating_sub(1);
        for (index, layer) in report.layers.iter().enumerate() {
            self.layer(
                layer,
                if index == last {
                    Branch::Last
                } else {
                    Branch::Middle
                },
            );
        }
    }

    fn layer(&mut self, layer: &LayerReport, branch: Branch) {
        let (mark, ink) = match layer.state {
            LayerState::Allows => ("✓", Ink::Good),
            LayerState::Denies => ("✗", Ink::Bad),
            LayerState::Lacks => ("✗", if layer.decided { Ink::Bad } else { Ink::Warn }),
            LayerState::Unknown if layer.decided => ("?", Ink::Bad),
            LayerState::Unknown => ("?", Ink::Faint),
            LayerState::Exempt | LayerState::NoImpact | LayerState::None | LayerState::NotAsked => {
                ("·", Ink::Faint)
            }
        };
        let text_ink = if layer.decided {
            Ink::Strong
        } else if mark == "·" || mark == "?" {
            Ink::Faint
        } else {
            Ink::Plain
        };
        let mark = self.ink(mark, ink);
        let name = self.ink(&format!("{:<27}", layer.name), text_ink);
        let before = format!("{}{mark} {name}", branch.joint());
        let rest = format!("{}{:29}", branch.side(), "");
        let sentence = if layer.decided && layer.statements.iter().any(|it| it.determined) {
            // The statement itself follows.
            match layer.state {
                LayerState::Denies => "denies".to_owned(),
                LayerState::Allows
                | LayerState::Exempt
                | LayerState::Lacks
                | LayerState::NoImpact
                | LayerState::None
                | LayerState::NotAsked
                | LayerState::Unknown => "allows".to_owned(),
            }
        } else {
            layer.sentence.clone()
        };
        self.paragraph(&before, &rest, &sentence, text_ink);
        let side = format!("{}  ", branch.side());
        if layer.decided {
            for statement in layer.statements.iter().filter(|it| it.determined) {
                self.statement(&side, "", statement);
            }
        }
        for statement in &layer.near_misses {
            self.statement(&side, "nearly: ", statement);
        }
        if layer.more_near_misses > 0 {
            let more = counted(
                layer.more_near_misses,
                "more statement comes",
                "more statements come",
            );
            let text = self.ink(&format!("{more} near"), Ink::Faint);
            self.line(&format!("{side}{text}"));
        }
        if layer.decided || !layer.near_misses.is_empty() {
            self.line(branch.side());
        }
    }

    fn statement(&mut self, side: &str, before: &str, statement: &StatementReport) {
        let name = format!("{before}{}", words::statement_phrase(statement));
        let name = if before.is_empty() {
            capitalised(&name)
        } else {
            name
        };
        let place = statement
            .place
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let used = [side, &name, &place]
            .iter()
            .map(|text| text.chars().count())
            .fold(2, usize::saturating_add);
        let shown = self.ink(&place, Ink::Faint);
        if used <= WIDTH {
            let name = self.ink(&name, Ink::Plain);
            self.line(&format!("{side}{name}  {shown}"));
        } else {
            self.paragraph(side, side, &name, Ink::Plain);
            if !place.is_empty() {
                self.line(&format!("{side}{shown}"));
            }
        }
        let effect = effect_name(statement.effect);
        self.line(&format!("{side}    Effect     {effect}"));
        for element in &statement.elements {
            self.element(side, element);
        }
    }

    fn element(&mut self, side: &str, element: &Element) {
        let mark = match element.mark {
            Mark::Fits => self.ink("✓", Ink::Good),
            Mark::Misses => self.ink("✗", Ink::Bad),
        };
        let before = format!("{side}  {mark} {:<11}", element.name);
        let rest = format!("{side}  {:13}", "");
        let wanted: Vec<String> = element.wanted.iter().map(wanted_text).collect();
        let more = match element.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let mut lines = Vec::new();
        lines.extend(
            element
                .condition
                .iter()
                .map(|(operator, key)| (format!("{operator} {key}"), "")),
        );
        if element.condition.is_none() && element.mark == Mark::Fits {
            lines.push((format!("{}{more}", or_nothing(&wanted)), ""));
        } else {
            lines.push((format!("{}{more}", or_nothing(&wanted)), "wants "));
            lines.push((seen_text(&element.seen), "seen  "));
        }
        for (index, (line, label)) in lines.iter().enumerate() {
            let start = if index == 0 { &before } else { &rest };
            let label = self.ink(label, Ink::Faint);
            self.paragraph(&format!("{start}{label}"), &rest, line, Ink::Plain);
        }
        if let Some(hint) = &element.hint {
            let arrow = self.ink("→ ", Ink::Warn);
            self.paragraph(
                &format!("{rest}{arrow}"),
                &format!("{rest}  "),
                hint,
                Ink::Warn,
            );
        }
    }

    fn fixes(&mut self, report: &Report) {
        if report.fixes.is_empty() && report.no_fix.is_none() {
            return;
        }
        self.blank();
        self.heading("What would change the answer");
        if let Some(why) = &report.no_fix {
            self.paragraph("  ", "  ", why, Ink::Plain);
        }
        for (index, fix) in report.fixes.iter().enumerate() {
            if index > 0 {
                self.blank();
            }
            self.fix(index.saturating_add(1), fix);
        }
        if !report.fixes.is_empty() {
            self.blank();
            let note = "The engine has allowed the request with each of these. What gives least comes first.";
            let purpose = match report.decision {
                Decision::ExplicitDeny(_) => {
                    " A Deny is mostly there on purpose: ask who wrote it before lifting it."
                }
                Decision::Allow(_) | Decision::ImplicitDeny(_) => "",
            };
            self.paragraph("  ", "  ", &format!("{note}{purpose}"), Ink::Faint);
        }
    }

    fn fix(&mut self, number: usize, fix: &Fix) {
        for (index, step) in fix.steps.iter().enumerate() {
            let first = if index == 0 {
                format!("  {number}. ")
            } else {
                "     and: ".to_owned()
            };
            match step {
                Step::AddStatement {
                    place, statement, ..
                } => {
                    self.paragraph(
                        &first,
                        "     ",
                        &format!("Add this statement {place}:"),
                        Ink::Plain,
                    );
                    self.json(statement);
                }
                Step::ChangeRequest { what, .. } => {
                    self.paragraph(&first, "     ", what, Ink::Plain)
                }
                Step::EditStatement { what, json, .. } => {
                    self.paragraph(&first, "     ", what, Ink::Plain);
                    if !json.is_empty() {
                        self.json(json);
                    }
                }
            }
        }
        self.paragraph("     ", "     ", &fix.gives, Ink::Faint);
        for sentence in words::proof(fix) {
            self.paragraph("     ", "     ", &sentence, Ink::Faint);
        }
    }

    fn json(&mut self, json: &str) {
        for line in json.lines() {
            let line = self.ink(line, Ink::Plain);
            self.line(&format!("       {line}"));
        }
    }
}

/// Whether more layers follow below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    Last,
    Middle,
}

impl Branch {
    fn joint(self) -> &'static str {
        match self {
            Self::Last => "  └─ ",
            Self::Middle => "  ├─ ",
        }
    }

    fn side(self) -> &'static str {
        match self {
            Self::Last => "     ",
            Self::Middle => "  │  ",
        }
    }
}

fn wanted_text(wanted: &Wanted) -> String {
    match &wanted.replaced {
        None => wanted.text.clone(),
        Some(replaced) => format!("{} = {replaced}", wanted.text),
    }
}

fn or_nothing(wanted: &[String]) -> String {
    if wanted.is_empty() {
        "nothing that is listed".to_owned()
    } else {
        wanted.join(" or ")
    }
}

fn seen_text(seen: &Seen) -> String {
    match seen {
        Seen::NotGiven => "not given".to_owned(),
        Seen::One(text) if text.is_empty() => "an empty text".to_owned(),
        Seen::One(text) => text.clone(),
        Seen::Several(values) if values.is_empty() => "an empty list".to_owned(),
        Seen::Several(values) => values.join(", "),
    }
}
