//! A text of the tables, a line and a field at a time.

use std::cmp::Ordering;
use std::iter::Enumerate;
use std::str::Lines;

use crate::fold;
use crate::table::Source;

/// Why a table was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadTableError {
    /// The line of its frame, from 0.
    pub(crate) line: usize,
    pub(crate) problem: &'static str,
}

/// Lines, and the number of the last for errors.
pub(crate) struct Reader<'a> {
    lines: Enumerate<Lines<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().enumerate(),
            line: 0,
        }
    }

    pub(crate) fn error(&self, problem: &'static str) -> ReadTableError {
        ReadTableError {
            line: self.line,
            problem,
        }
    }

    pub(crate) fn line(&mut self) -> Result<&'a str, ReadTableError> {
        let (number, line) = self
            .lines
            .next()
            .ok_or_else(|| self.error("the table is cut short"))?;
        self.line = number;
        Ok(line)
    }

    pub(crate) fn exactly(&mut self, expected: &str) -> Result<(), ReadTableError> {
        match self.line()? == expected {
            true => Ok(()),
            false => Err(self.error("not the line that the format has here")),
        }
    }

    pub(crate) fn fields<const N: usize>(&mut self) -> Result<[&'a str; N], ReadTableError> {
        let mut left = Some(self.line()?);
        let mut found = [""; N];
        for field in &mut found {
            let text = left.ok_or_else(|| self.error("a field is missing"))?;
            let cut = cut(text);
            *field = cut.map_or(text, |(field, _)| field);
            left = cut.map(|(_, rest)| rest);
        }
        match left {
            None => Ok(found),
            Some(_) => Err(self.error("a field too many")),
        }
    }

    /// Reads the line that starts a section and says how many lines it has.
    pub(crate) fn section(&mut self, name: &str) -> Result<u16, ReadTableError> {
        let [found, count] = self.fields()?;
        if found != name {
            return Err(self.error("another section was expected"));
        }
        self.number(count)
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, field: &str) -> Result<T, ReadTableError> {
        field
            .parse()
            .map_err(|_| self.error("not a number in range"))
    }

    pub(crate) fn position(&self, field: &str, length: u16) -> Result<u16, ReadTableError> {
        let position: u16 = self.number(field)?;
        match position < length {
            true => Ok(position),
            false => Err(self.error("no such position")),
        }
    }

    pub(crate) fn sources(&mut self) -> Result<Vec<Source<'a>>, ReadTableError> {
        let mut sources = Vec::new();
        for _ in 0..self.section("sources")? {
            let [name, version, date, licence] = self.fields()?;
            sources.push(Source {
                name,
                version,
                date,
                licence,
            });
        }
        Ok(sources)
    }

    /// Passes over lines that are not asked for.
    pub(crate) fn skip(&mut self, lines: usize) -> Result<(), ReadTableError> {
        for _ in 0..lines {
            self.line()?;
        }
        Ok(())
    }

    /// Reads the last line and that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), ReadTableError> {
        self.exactly("end")?;
        self.nothing_more()
    }

    pub(crate) fn nothing_more(&mut self) -> Result<(), ReadTableError> {
        match self.lines.next() {
            None => Ok(()),
            Some(_) => Err(self.error("something follows the end")),
        }
    }

    /// Checks that names ascend, which the search for a name relies on.
    pub(crate) fn ascends(&self, last: Option<&str>, next: &str) -> Result<(), ReadTableError> {
        match last.is_none_or(|last| fold::compare(last, next) == Ordering::Less) {
            true => Ok(()),
            false => Err(self.error("the names are not in order")),
        }
    }
}

/// Takes a text apart at its first tab. Fields are short: a byte at a time is faster than what searches long texts.
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b'\t')?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}
