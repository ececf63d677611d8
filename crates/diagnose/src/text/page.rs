//! A page of text: colours, and lines that are not too wide.

use super::Style;

/// How wide lines become, where names allow.
pub(super) const WIDTH: usize = 100;

/// What a stretch of text is, which gives it its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Bad,
    Faint,
    Good,
    Plain,
    Strong,
    Warn,
}

/// What is printed so far.
pub(super) struct Page {
    pub(super) out: String,
    pub(super) style: Style,
}

impl Page {
    /// Gives text its colour. All that comes from policies and requests passes here, and none of it may command the
    /// terminal.
    pub(super) fn ink(&self, text: &str, ink: Ink) -> String {
        let text = text.replace(char::is_control, "\u{fffd}");
        let code = match (self.style, ink) {
            (Style::Plain, _) | (Style::Colour, Ink::Plain) => return text,
            (Style::Colour, Ink::Bad) => "1;31",
            (Style::Colour, Ink::Faint) => "2",
            (Style::Colour, Ink::Good) => "1;32",
            (Style::Colour, Ink::Strong) => "1",
            (Style::Colour, Ink::Warn) => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn heading(&mut self, text: &str) {
        let text = self.ink(text, Ink::Strong);
        self.line(&text);
    }

    /// Writes words over as many lines as it takes.
    pub(super) fn paragraph(&mut self, first: &str, rest: &str, text: &str, ink: Ink) {
        let before = [visible_width(first), visible_width(rest)]
            .into_iter()
            .max()
            .unwrap_or(0);
        let width = WIDTH.saturating_sub(before);
        for (index, part) in wrap(text, width).iter().enumerate() {
            let before = if index == 0 { first } else { rest };
            let part = self.ink(part, ink);
            self.line(&format!("{before}{part}"));
        }
    }
}

/// Counts the characters that are seen, without colour codes.
fn visible_width(text: &str) -> usize {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().map_or(0, |part| part.chars().count());
    parts
        .map(|part| {
            part.split_once('m')
                .map_or(0, |(_, shown)| shown.chars().count())
        })
        .fold(first, usize::saturating_add)
}

/// Breaks text at spaces. A word that is longer than the width has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line
            .chars()
            .count()
            .saturating_add(1)
            .saturating_add(word.chars().count());
        if !line.is_empty() && length > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
