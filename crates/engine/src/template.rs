//! Texts of a policy as they are compared: wildcards and policy variables.
//!
//! One matcher for all of them. It takes time in proportion to pattern × text at worst, and no memory.

use crate::compiled::{Kind, Written};
use crate::context::{Context, ContextEntry, ContextValue};

/// A text of a policy and how to read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template<'t> {
    text: &'t str,
    /// Whether `*` and `?` stand for other characters.
    wildcards: bool,
    /// Where `${…}` gets its values; `None` where it is plain text.
    variables: Option<&'t Context<'t>>,
}

/// A stretch of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element<'t> {
    /// `?`.
    AnyCharacter,
    /// Any number of characters.
    AnyText,
    /// This text; the value of a variable is such a text, whatever characters it has.
    Literal(&'t str),
    /// A variable without a usable value, as written.
    Unresolved(&'t str),
}

impl<'t> Template<'t> {
    /// Reads a text in which `*` and `?` are wildcards.
    pub(crate) fn pattern(text: &'t str) -> Self {
        Self {
            text,
            wildcards: true,
            variables: None,
        }
    }

    /// Reads a text as its kind says: with wildcards, and with variables where it has any.
    pub(crate) fn of(written: &Written<'t>, context: &'t Context<'t>) -> Self {
        Self {
            variables: has_variables(written.kind).then_some(context),
            ..Self::pattern(written.text)
        }
    }

    /// Reads another text the same way.
    pub(crate) fn with_text(self, text: &'t str) -> Self {
        Self { text, ..self }
    }

    /// Takes `*` and `?` as plain characters.
    pub(crate) fn without_wildcards(self) -> Self {
        Self {
            wildcards: false,
            ..self
        }
    }

    /// Returns the stretches in order.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'t>> + Clone {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (element, next) = self.element(at)?;
            at = next;
            Some(element)
        })
    }

    /// Returns the first variable that has no usable value, as written.
    pub(crate) fn unresolved(&self) -> Option<&'t str> {
        self.variables?;
        self.elements().find_map(|element| match element {
            Element::Unresolved(variable) => Some(variable),
            Element::AnyCharacter | Element::AnyText | Element::Literal(_) => None,
        })
    }

    /// Returns whether the whole text fits. A template with an unresolved variable fits nothing.
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.matches::<false>(text)
    }

    /// Returns whether the whole text fits but for the case of ASCII letters.
    pub(crate) fn fits_ignoring_case(&self, text: &str) -> bool {
        self.matches::<true>(text)
    }

    fn matches<const FOLD: bool>(&self, text: &str) -> bool {
        let (pattern, text) = (self.text.as_bytes(), text.as_bytes());
        let (mut at, mut position) = (0, 0);
        // The latest `*` passed: what follows it in the template, and where in the text that may begin.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let advanced = match pattern.get(at).copied() {
                None if position == text.len() => return true,
                None => None,
                Some(b'*') if self.wildcards => {
                    let next = at.saturating_add(1);
                    if next == pattern.len() {
                        return true;
                    }
                    retry = Some((next, position));
                    Some((next, position))
                }
                Some(b'?') if self.wildcards => {
                    character_end(text, position).map(|end| (at.saturating_add(1), end))
                }
                Some(b'$') if self.is_variable(at) => match self.element(at) {
                    Some((Element::Literal(value), next)) => {
                        literal_end::<FOLD>(text, position, value.as_bytes()).map(|end| (next, end))
                    }
                    Some((
                        Element::AnyCharacter | Element::AnyText | Element::Unresolved(_),
                        _,
                    ))
                    | None => return false,
                },
                Some(byte) => text
                    .get(position)
                    .is_some_and(|there| {
                        *there == byte || (FOLD && there.eq_ignore_ascii_case(&byte))
                    })
                    .then_some((at.saturating_add(1), position.saturating_add(1))),
            };
            (at, position) = match (advanced, retry) {
                (Some(advanced), _) => advanced,
                (None, None) => return false,
                (None, Some((after, from))) => {
                    let Some(from) = self.next_try::<FOLD>(text, after, from) else {
                        return false;
                    };
                    retry = Some((after, from));
                    (after, from)
                }
            };
        }
    }

    /// Returns the next place after `from` where what follows a `*` may begin.
    fn next_try<const FOLD: bool>(&self, text: &[u8], after: usize, from: usize) -> Option<usize> {
        let next = character_end(text, from)?;
        match self.text.as_bytes().get(after) {
            Some(first) if !FOLD && !matches!(first, b'*' | b'?' | b'$') => {
                memchr::memchr(*first, text.get(next..)?).map(|skip| next.saturating_add(skip))
            }
            Some(_) | None => Some(next),
        }
    }

    /// Returns whether the `$` at an offset begins a policy variable.
    fn is_variable(&self, at: usize) -> bool {
        self.variables.is_some() && self.text.as_bytes().get(at.saturating_add(1)) == Some(&b'{')
    }

    /// Returns the stretch that begins at an offset, and the offset after it.
    fn element(&self, at: usize) -> Option<(Element<'t>, usize)> {
        let rest = self.text.get(at..)?;
        let bytes = rest.as_bytes();
        let next = at.saturating_add(1);
        match *bytes.first()? {
            b'*' if self.wildcards => return Some((Element::AnyText, next)),
            b'?' if self.wildcards => return Some((Element::AnyCharacter, next)),
            b'$' if rest.starts_with("${") => {
                if let Some(context) = self.variables {
                    let (element, length) = variable(rest, context);
                    return Some((element, at.saturating_add(length)));
                }
            }
            _ => {}
        }
        let tail = bytes.get(1..).unwrap_or_default();
        let special = match (self.wildcards, self.variables) {
            (true, None) => memchr::memchr2(b'*', b'?', tail),
            (true, Some(_)) => memchr::memchr3(b'*', b'?', b'$', tail),
            (false, None) => None,
            (false, Some(_)) => memchr::memchr(b'$', tail),
        };
        let length = special.map_or(bytes.len(), |found| found.saturating_add(1));
        Some((
            Element::Literal(rest.get(..length)?),
            at.saturating_add(length),
        ))
    }
}

pub(crate) fn has_variables(kind: Kind) -> bool {
    match kind {
        Kind::VariableInHead | Kind::Variables => true,
        Kind::Everything
        | Kind::Exact
        | Kind::Glob
        | Kind::Never
        | Kind::Prefix
        | Kind::PrincipalAws
        | Kind::PrincipalCanonicalUser
        | Kind::PrincipalFederated
        | Kind::PrincipalService
        | Kind::ShortArn => false,
    }
}

/// Returns the end of the character that begins at a position.
fn character_end(text: &[u8], position: usize) -> Option<usize> {
    let length = match *text.get(position)? {
        0xf0.. => 4,
        0xe0..=0xef => 3,
        0xc0..=0xdf => 2,
        0x00..=0xbf => 1,
    };
    Some(position.saturating_add(length))
}

/// Returns the end of a literal that begins at a position.
fn literal_end<const FOLD: bool>(text: &[u8], position: usize, literal: &[u8]) -> Option<usize> {
    let end = position.checked_add(literal.len())?;
    let there = text.get(position..end)?;
    let same = if FOLD {
        there.eq_ignore_ascii_case(literal)
    } else {
        there == literal
    };
    same.then_some(end)
}

/// Reads the variable that a text begins with: its value, and its length as written.
// SOURCE: spec/policy-language.md §6, policy variables.
fn variable<'t>(text: &'t str, context: &'t Context<'t>) -> (Element<'t>, usize) {
    // One pass for what is nearly always there: a plain name and a brace.
    let mut is_plain = true;
    let mut end = 2;
    loop {
        match text.as_bytes().get(end) {
            None => return (Element::Unresolved(text), text.len()),
            Some(b'}') => break,
            Some(b'!'..=b'+' | b'-'..=b'~') => {}
            Some(_) => is_plain = false,
        }
        end = end.saturating_add(1);
    }
    let length = end.saturating_add(1);
    let value = match text.get(2..end) {
        None | Some("") => None,
        Some(inside @ ("*" | "?" | "$")) => Some(inside),
        Some(name) if is_plain => value(context.get(name), None),
        Some(inside) => resolve(inside, context),
    };
    let element = match value {
        Some(value) => Element::Literal(value),
        None => Element::Unresolved(text.get(..length).unwrap_or(text)),
    };
    (element, length)
}

/// Returns the text that stands for a name with a default, or a name in other characters than ASCII.
fn resolve<'t>(inside: &'t str, context: &'t Context<'t>) -> Option<&'t str> {
    let (name, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((name, rest)) => (name, Some(rest.strip_prefix(" '")?.strip_suffix('\'')?)),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    value(context.get(name), default)
}

/// Returns the one text that a variable's key has.
fn value<'t>(
    mut entries: impl Iterator<Item = ContextEntry<'t>>,
    default: Option<&'t str>,
) -> Option<&'t str> {
    match (entries.next(), entries.next()) {
        (None, _) => default,
        (Some(entry), None) => match entry.value {
            ContextValue::Multiple(_) => None,
            // An empty value is no value: `b/${…}*` must not become `b/*`.
            ContextValue::Single("") => default,
            ContextValue::Single(value) => Some(value),
        },
        // Two spellings of one name: which is meant is not known.
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests;
