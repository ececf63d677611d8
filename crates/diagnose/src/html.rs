//! The report as a page of HTML: one file, no script, nothing loaded.

use std::fmt::Write as _;

use keyward_engine::Decision;

use crate::markup::escaped;
use crate::report::{
    Diagnosis, Element, Finding, Fix, LayerReport, LayerState, Mark, Report, Seen, StatementReport,
    Step,
};
use crate::svg::render_svg;
use crate::words::{self, capitalised, effect_name, statement_phrase};

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2430;--faint:#5b6472;--rule:#d5dae1;--panel:#f5f7fa;--good:#18794e;\
--bad:#c02626;--warn:#946200}\
@media(prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e8ebf0;--faint:#9aa4b2;--rule:#333b47;--panel:#1b212a;\
--good:#4cc38a;--bad:#ff7b72;--warn:#e0b341}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);\
font:16px/1.55 ui-sans-serif,system-ui,'Liberation Sans',sans-serif}\
h1{font-size:1.5rem;line-height:1.3;margin:.2em 0 .8em;text-wrap:balance}h2{font-size:1.1rem;margin:2em 0 .6em}\
.badge{display:inline-block;padding:.1em .6em;border-radius:1em;color:var(--paper);font-weight:700;font-size:.85rem;\
letter-spacing:.04em}.badge.good{background:var(--good)}.badge.bad{background:var(--bad)}.badge.good,.badge.bad{color:var(--paper)}\
code,pre{font-family:ui-monospace,'Liberation Mono',monospace;font-size:.875em;overflow-wrap:anywhere}\
pre{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.8em 1em;overflow-x:auto;white-space:pre-wrap}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25em 1.2em;margin:0}dt{color:var(--faint)}dd{margin:0;\
overflow-wrap:anywhere}details{border:1px solid var(--rule);border-radius:8px;margin:.4em 0}\
summary{padding:.55em .9em;cursor:pointer}details>div{padding:0 .9em .8em}summary .mark{display:inline-block;width:1.4em;\
font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.faint{color:var(--faint)}\
table{border-collapse:collapse;width:100%;margin:.5em 0}th,td{text-align:left;vertical-align:top;padding:.35em .7em .35em 0;\
border-top:1px solid var(--rule);overflow-wrap:anywhere}th{color:var(--faint);font-weight:500;font-size:.9em}\
ol{padding-left:1.3em}li{margin:1em 0}figure{margin:0;overflow-x:auto}figure svg{max-width:100%;height:auto;\
border:1px solid var(--rule);border-radius:8px}footer{margin-top:3em;color:var(--faint);font-size:.85rem}";

/// Writes a report as a page of HTML. All that comes from policies and requests is text in it; a policy of its own
/// forbids the page to load or run anything.
#[must_use]
pub fn render_html(report: &Report) -> String {
    let (word, class) = match (report.decision, report.uncertain) {
        _ if report.overruled => ("Denied, as AWS says", "bad"),
        (Decision::Allow(_), _) => ("Allowed", "good"),
        (Decision::ExplicitDeny(_), _) | (Decision::ImplicitDeny(_), false) => ("Denied", "bad"),
        (Decision::ImplicitDeny(_), true) => ("Denied, as far as can be seen", "bad"),
    };
    let mut page = Page::new(&format!("{word}: {}", report.action));
    page.head(word, class, &report.verdict.join(" "));
    let mut facts = vec![
        ("Principal", report.principal.as_str()),
        ("Action", &report.action),
        ("Resource", &report.resource),
    ];
    facts.extend(report.message.as_deref().map(|text| ("AWS says", text)));
    page.facts(facts.into_iter());
    page.findings(&report.findings);
    page.heading("The way to the decision");
    let _ = writeln!(page.out, "<figure>{}</figure>", render_svg(report));
    page.heading("Layer by layer");
    for layer in &report.layers {
        page.layer(layer);
    }
    page.list("What would turn it", &report.turns);
    page.fixes(report);
    if !report.keys_not_given.is_empty() {
        let keys = report.keys_not_given.join(", ");
        page.paragraph(
            "faint",
            &format!("Statements about this ask for condition keys that were not given: {keys}."),
        );
    }
    for note in &report.notes {
        page.paragraph("faint", note);
    }
    page.end()
}

/// Writes a diagnosis as a page of HTML.
#[must_use]
pub fn diagnosis_html(diagnosis: &Diagnosis) -> String {
    let mut page = Page::new("Diagnosis");
    page.head("Diagnosis", "bad", &diagnosis.verdict.join(" "));
    let facts = diagnosis.facts.iter();
    page.facts(facts.map(|(name, value)| (name.as_str(), value.as_str())));
    page.findings(&diagnosis.findings);
    for note in &diagnosis.notes {
        page.paragraph("faint", note);
    }
    page.end()
}

struct Page {
    out: String,
}

// Writing to a string cannot fail.
impl Page {
    fn new(title: &str) -> Self {
        let title = escaped(title);
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
        );
        Self { out }
    }

    fn head(&mut self, word: &str, class: &str, verdict: &str) {
        let (word, verdict) = (escaped(word), escaped(verdict));
        let _ = writeln!(
            self.out,
            "<span class=\"badge {class}\">{word}</span>\n<h1>{verdict}</h1>"
        );
    }

    fn heading(&mut self, text: &str) {
        let _ = writeln!(self.out, "<h2>{}</h2>", escaped(text));
    }

    fn paragraph(&mut self, class: &str, text: &str) {
        let _ = writeln!(self.out, "<p class=\"{class}\">{}</p>", escaped(text));
    }

    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        self.out.push_str("<ul>\n");
        for item in items {
            let _ = writeln!(self.out, "<li>{}</li>", escaped(item));
        }
        self.out.push_str("</ul>\n");
    }

    fn facts<'a>(&mut self, facts: impl Iterator<Item = (&'a str, &'a str)>) {
        self.out.push_str("<dl>\n");
        for (name, value) in facts {
            let (name, value) = (escaped(name), escaped(value));
            let _ = writeln!(self.out, "<dt>{name}</dt><dd><code>{value}</code></dd>");
        }
        self.out.push_str("</dl>\n");
    }

    fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.heading(&finding.title);
            for sentence in &finding.sentences {
                self.paragraph("", sentence);
            }
            if !finding.commands.is_empty() {
                self.pre(&finding.commands.join("\n"));
            }
        }
    }

    fn pre(&mut self, text: &str) {
        let _ = writeln!(self.out, "<pre>{}</pre>", escaped(text));
    }

    fn layer(&mut self, layer: &LayerReport) {
        let (mark, class) = match layer.state {
            LayerState::Allows => ("✓", "good"),
            LayerState::Denies => ("✗", "bad"),
            LayerState::Lacks => ("✗", if layer.decided { "bad" } else { "warn" }),
            LayerState::Unknown => ("?", if layer.decided { "bad" } else { "faint" }),
            LayerState::Exempt | LayerState::NoImpact | LayerState::None | LayerState::NotAsked => {
                ("·", "faint")
            }
        };
        let open = if layer.decided { " open" } else { "" };
        let (name, sentence) = (escaped(&capitalised(layer.name)), escaped(&layer.sentence));
        let _ = writeln!(
            self.out,
            "<details{open}><summary><span class=\"mark {class}\">{mark}</span>{name} <span class=\"faint\">{sentence}</span>\
             </summary><div>"
        );
        for statement in &layer.statements {
            self.statement("", statement);
        }
        for statement in &layer.near_misses {
            self.statement("Nearly: ", statement);
        }
        if layer.statements.is_empty() && layer.near_misses.is_empty() {
            let text = match layer.state {
                LayerState::Unknown => "Nothing of this layer was given.",
                LayerState::None | LayerState::NotAsked => "There is nothing to see.",
                LayerState::Allows
                | LayerState::Denies
                | LayerState::Exempt
                | LayerState::Lacks
                | LayerState::NoImpact => "No statement of this layer is about the request.",
            };
            self.paragraph("faint", text);
        }
        self.out.push_str("</div></details>\n");
    }

    fn statement(&mut self, before: &str, statement: &StatementReport) {
        let name = escaped(&format!("{before}{}", statement_phrase(statement)));
        let place = statement
            .place
            .as_ref()
            .map(|place| {
                format!(
                    " <code class=\"faint\">{}</code>",
                    escaped(&place.to_string())
                )
            })
            .unwrap_or_default();
        let _ = writeln!(
            self.out,
            "<p>{} ({}){place}</p>\n<table><tr><th></th><th>Element</th><th>Wanted</th><th>Seen</th></tr>",
            capitalised(&name),
            effect_name(statement.effect)
        );
        for element in &statement.elements {
            self.element(element);
        }
        self.out.push_str("</table>\n");
    }

    fn element(&mut self, element: &Element) {
        let (mark, class) = match element.mark {
            Mark::Fits => ("✓", "good"),
            Mark::Misses => ("✗", "bad"),
        };
        let mut name = escaped(element.name);
        if let Some((operator, key)) = &element.condition {
            let _ = write!(
                name,
                "<br><code>{} {}</code>",
                escaped(operator),
                escaped(key)
            );
        }
        let wanted: Vec<String> = element
            .wanted
            .iter()
            .map(|it| match &it.replaced {
                None => format!("<code>{}</code>", escaped(&it.text)),
                Some(replaced) => format!(
                    "<code>{}</code> = <code>{}</code>",
                    escaped(&it.text),
                    escaped(replaced)
                ),
            })
            .collect();
        let more = match element.more {
            0 => String::new(),
            more => format!("<br>and {more} more"),
        };
        let seen = match &element.seen {
            Seen::NotGiven => "<span class=\"faint\">not given</span>".to_owned(),
            Seen::One(text) => format!("<code>{}</code>", escaped(text)),
            Seen::Several(values) => format!("<code>{}</code>", escaped(&values.join(", "))),
        };
        let hint = element
            .hint
            .as_ref()
            .map(|hint| format!("<br><span class=\"warn\">→ {}</span>", escaped(hint)))
            .unwrap_or_default();
        let _ = writeln!(
            self.out,
            "<tr><td class=\"{class}\">{mark}</td><td>{name}</td><td>{}{more}</td><td>{seen}{hint}</td></tr>",
            wanted.join("<br>or ")
        );
    }

    fn fixes(&mut self, report: &Report) {
        if report.fixes.is_empty() && report.no_fix.is_none() {
            return;
        }
        self.heading("What would change the answer");
        if let Some(why) = &report.no_fix {
            self.paragraph("", why);
        }
        if report.fixes.is_empty() {
            return;
        }
        self.out.push_str("<ol>\n");
        for fix in &report.fixes {
            self.fix(fix);
        }
        self.out.push_str("</ol>\n");
    }

    fn fix(&mut self, fix: &Fix) {
        self.out.push_str("<li>");
        for step in &fix.steps {
            match step {
                Step::AddStatement {
                    place, statement, ..
                } => {
                    self.paragraph("", &format!("Add this statement {place}:"));
                    self.pre(statement);
                }
                Step::ChangeRequest { what, .. } => self.paragraph("", what),
                Step::EditStatement { what, json, .. } => {
                    self.paragraph("", what);
                    if !json.is_empty() {
                        self.pre(json);
                    }
                }
            }
        }
        self.paragraph("faint", &fix.gives);
        for sentence in words::proof(fix) {
            self.paragraph("faint", &sentence);
        }
        self.out.push_str("</li>\n");
    }

    fn end(mut self) -> String {
        self.out.push_str(
            "</main>\n<footer>Written by keyward explain. Every answer is the decision engine's own.</footer>\n</body>\n</html>\n",
        );
        self.out
    }
}
