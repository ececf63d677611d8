//! The way to the decision as a drawing: the request at the top, a line through all layers, the answer at the end.

use std::fmt::Write as _;

use keyward_engine::Decision;

use crate::markup::{escaped, wrapped};
use crate::report::{Element, LayerReport, LayerState, Mark, Report, Seen, StatementReport};
use crate::words::{capitalised, effect_name, statement_phrase};

/// How wide the drawing is, in its own units.
const WIDTH: u32 = 960;
/// How high a line of text is.
const LINE: u32 = 18;
/// Where the line through the layers runs.
const SPINE: u32 = 36;
/// Where the names of the layers begin.
const NAMES: u32 = 62;
/// Where sentences begin.
const SENTENCES: u32 = 270;
/// How many characters fit behind that.
const SENTENCE_CHARACTERS: usize = 88;
/// How many characters fit into a box.
const BOX_CHARACTERS: usize = 104;

/// Draws a report as SVG, a document of its own. It holds no script and loads nothing.
#[must_use]
pub fn render_svg(report: &Report) -> String {
    let mut canvas = Canvas {
        out: String::new(),
        y: 12,
    };
    canvas.request(report);
    let from = canvas.y;
    let mut reached = from;
    for layer in &report.layers {
        let at = canvas.layer(layer);
        if layer.decided {
            reached = at;
        }
    }
    let to = canvas.y.saturating_add(14);
    if !report.layers.iter().any(|layer| layer.decided) {
        reached = to;
    }
    canvas.answer(report);
    let height = canvas.y.saturating_add(12);
    let verdict = escaped(&report.verdict.join(" "));
    let class = decision_class(report);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{verdict}\" font-family=\"ui-sans-serif, system-ui, 'Liberation Sans', sans-serif\" \
         font-size=\"13\">\n<title>{verdict}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <line class=\"way\" x1=\"{SPINE}\" y1=\"{from}\" x2=\"{SPINE}\" y2=\"{to}\"/>\n\
         <line class=\"way {class}\" x1=\"{SPINE}\" y1=\"{from}\" x2=\"{SPINE}\" y2=\"{reached}\"/>\n{}</svg>\n",
        canvas.out
    )
}

const STYLE: &str = "\
svg{--paper:#fff;--ink:#1d2430;--faint:#5b6472;--rule:#d5dae1;--panel:#f5f7fa;--good:#18794e;--bad:#c02626;--warn:#946200}\
@media(prefers-color-scheme:dark){svg{--paper:#12161c;--ink:#e8ebf0;--faint:#9aa4b2;--rule:#333b47;--panel:#1b212a;\
--good:#4cc38a;--bad:#ff7b72;--warn:#e0b341}}\
.paper{fill:var(--paper)}text{fill:var(--ink)}.faint{fill:var(--faint)}.strong{font-weight:600}\
.mono{font-family:ui-monospace,'Liberation Mono',monospace;font-size:12px}\
.panel{fill:var(--panel);stroke:var(--rule)}.way{stroke:var(--rule);stroke-width:2}\
.dot{fill:var(--paper);stroke:var(--faint);stroke-width:2}.mark{text-anchor:middle;font-size:11px;font-weight:700}\
.good{fill:var(--good)}.bad{fill:var(--bad)}.warn{fill:var(--warn)}\
line.good{stroke:var(--good);stroke-width:3}line.bad{stroke:var(--bad);stroke-width:3}\
circle.good,circle.bad,circle.warn{stroke:none}.on{fill:#fff}\
@media(prefers-color-scheme:dark){.on{fill:#12161c}}";

fn decision_class(report: &Report) -> &'static str {
    match report.decision {
        _ if report.overruled => "bad",
        Decision::Allow(_) => "good",
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => "bad",
    }
}

/// What is drawn so far, and where the next thing goes.
struct Canvas {
    out: String,
    y: u32,
}

impl Canvas {
    // Writing to a string cannot fail.
    fn text(&mut self, x: u32, y: u32, class: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        );
    }

    fn panel(&mut self, x: u32, height: u32) {
        let width = WIDTH.saturating_sub(x).saturating_sub(14);
        let y = self.y;
        let _ = writeln!(
            self.out,
            "<rect class=\"panel\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
        );
    }

    fn request(&mut self, report: &Report) {
        let rows: Vec<(&str, String)> = [
            ("principal", &report.principal),
            ("action", &report.action),
            ("resource", &report.resource),
        ]
        .into_iter()
        .flat_map(|(name, value)| {
            wrapped(value, BOX_CHARACTERS)
                .into_iter()
                .enumerate()
                .map(move |(index, line)| (if index == 0 { name } else { "" }, line))
        })
        .collect();
        let height = lines(rows.len()).saturating_add(16);
        self.panel(14, height);
        let mut y = self.y.saturating_add(LINE).saturating_add(4);
        for (name, line) in rows {
            self.text(26, y, "faint", name);
            self.text(104, y, "mono", &line);
            y = y.saturating_add(LINE);
        }
        self.y = self.y.saturating_add(height);
    }

    /// Draws a layer and returns where its dot is.
    fn layer(&mut self, layer: &LayerReport) -> u32 {
        let (mark, class) = match layer.state {
            LayerState::Allows => ("✓", "good"),
            LayerState::Denies => ("✗", "bad"),
            LayerState::Lacks if layer.decided => ("✗", "bad"),
            LayerState::Lacks => ("✗", "warn"),
            LayerState::Unknown => ("?", if layer.decided { "bad" } else { "" }),
            LayerState::Exempt | LayerState::NoImpact | LayerState::None | LayerState::NotAsked => {
                ("", "")
            }
        };
        self.y = self.y.saturating_add(14);
        let middle = self.y.saturating_add(12);
        let _ = writeln!(
            self.out,
            "<circle class=\"dot {class}\" cx=\"{SPINE}\" cy=\"{middle}\" r=\"9\"/>"
        );
        let on = if class.is_empty() {
            "mark faint"
        } else {
            "mark on"
        };
        self.text(SPINE, middle.saturating_add(4), on, mark);
        let ink = match (layer.decided, class.is_empty()) {
            (true, _) => "strong",
            (false, true) => "faint",
            (false, false) => "",
        };
        self.text(
            NAMES,
            middle.saturating_add(4),
            ink,
            &capitalised(layer.name),
        );
        let sentence = wrapped(&layer.sentence, SENTENCE_CHARACTERS);
        let mut y = middle.saturating_add(4);
        for line in &sentence {
            self.text(SENTENCES, y, ink, line);
            y = y.saturating_add(LINE);
        }
        self.y = self
            .y
            .saturating_add(lines(sentence.len()).max(24))
            .saturating_add(2);
        if layer.decided {
            let shown = layer
                .statements
                .iter()
                .filter(|it| it.determined)
                .chain(&layer.near_misses)
                .take(2);
            for statement in shown {
                self.statement(statement);
            }
        }
        middle
    }

    fn statement(&mut self, statement: &StatementReport) {
        let mut rows: Vec<(&str, &str, String)> = Vec::new();
        let title = capitalised(&statement_phrase(statement));
        rows.extend(
            wrapped(&title, BOX_CHARACTERS)
                .into_iter()
                .map(|line| ("strong", "", line)),
        );
        if let Some(place) = &statement.place {
            rows.push(("faint", "", place.to_string()));
        }
        rows.push(("", "", format!("Effect {}", effect_name(statement.effect))));
        for element in &statement.elements {
            rows.extend(element_rows(element));
        }
        let height = lines(rows.len()).saturating_add(14);
        self.panel(NAMES, height);
        let mut y = self.y.saturating_add(LINE).saturating_add(2);
        for (class, mark, line) in rows {
            if !mark.is_empty() {
                let ink = if mark == "✓" { "good" } else { "bad" };
                self.text(NAMES.saturating_add(12), y, ink, mark);
            }
            self.text(NAMES.saturating_add(30), y, class, &line);
            y = y.saturating_add(LINE);
        }
        self.y = self.y.saturating_add(height).saturating_add(6);
    }

    fn answer(&mut self, report: &Report) {
        self.y = self.y.saturating_add(14);
        let class = decision_class(report);
        let word = match report.decision {
            _ if report.overruled => "DENIED, as AWS says",
            Decision::Allow(_) => "ALLOWED",
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) if report.uncertain => {
                "DENIED, as far as can be seen"
            }
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => "DENIED",
        };
        let verdict = wrapped(&report.verdict.join(" "), BOX_CHARACTERS);
        let height = lines(verdict.len().saturating_add(1)).saturating_add(18);
        self.panel(14, height);
        let mut y = self.y.saturating_add(LINE).saturating_add(4);
        self.text(26, y, &format!("strong {class}"), word);
        for line in verdict {
            y = y.saturating_add(LINE);
            self.text(26, y, "", &line);
        }
        self.y = self.y.saturating_add(height);
    }
}

fn element_rows(element: &Element) -> Vec<(&'static str, &'static str, String)> {
    let mark = match element.mark {
        Mark::Fits => "✓",
        Mark::Misses => "✗",
    };
    let mut name = element.name.to_owned();
    if let Some((operator, key)) = &element.condition {
        name = format!("{name} {operator} {key}");
    }
    let wanted: Vec<String> = element
        .wanted
        .iter()
        .map(|it| match &it.replaced {
            None => it.text.clone(),
            Some(replaced) => format!("{} = {replaced}", it.text),
        })
        .collect();
    let more = match element.more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut rows = vec![("", mark, format!("{name}: {}{more}", wanted.join(" or ")))];
    if element.mark == Mark::Misses {
        let seen = match &element.seen {
            Seen::NotGiven => "not given".to_owned(),
            Seen::One(text) => text.clone(),
            Seen::Several(values) => values.join(", "),
        };
        rows.push(("faint", "", format!("seen: {seen}")));
    }
    if let Some(hint) = &element.hint {
        rows.push(("warn", "", format!("→ {hint}")));
    }
    rows.into_iter()
        .flat_map(|(class, mark, text)| {
            wrapped(&text, BOX_CHARACTERS.saturating_sub(8))
                .into_iter()
                .enumerate()
                .map(move |(index, line)| (class, if index == 0 { mark } else { "" }, line))
        })
        .collect()
}

fn lines(count: usize) -> u32 {
    u32::try_from(count)
        .unwrap_or(u32::MAX)
        .saturating_mul(LINE)
}
