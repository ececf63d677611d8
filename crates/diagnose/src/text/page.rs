//! A page of text: colours, and lines that are not too wide.

use super::Style;

/// How wide lines become, where names allow.
pub(crate) const WIDTH: usize = 100;

/// What a stretch of text is, which gives it its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// What is refused.
    Bad,
    /// What matters less.
    Faint,
    /// What is allowed.
    Good,
    /// All else.
    Plain,
    /// What is read first.
    Strong,
    /// What should be looked at.
    Warn,
}

/// A page of text for people: colours where the style has them, lines of at most 100 characters where names allow.
#[derive(Clone, Debug)]
pub struct Page {
    pub(crate) out: String,
    pub(crate) style: Style,
}

impl Page {
    /// Begins an empty page.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self {
            out: String::new(),
            style,
        }
    }

    /// Returns what was printed.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// Gives text its colour. All that comes from policies and requests passes here, and none of it may command the
    /// terminal.
    #[must_use]
    pub fn ink(&self, text: &str, ink: Ink) -> String {
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

    /// Writes a line, without spaces at its end. The text is taken as it is: what is not from here passes [`Page::ink`] first.
    pub fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// Leaves a line free.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Writes a heading.
    pub fn heading(&mut self, text: &str) {
        let text = self.ink(text, Ink::Strong);
        self.line(&text);
    }

    /// Writes words over as many lines as it takes, with something before the first and before the rest.
    pub fn paragraph(&mut self, first: &str, rest: &str, text: &str, ink: Ink) {
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
