//! Wildcards, policy variables, and texts that are split at colons.

use keyward_policy::Version;

use crate::question::{ContextValue, Question};

/// A piece of a pattern as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A character, wildcards included.
    Char(char),
    /// `${` without its `}`.
    Unclosed,
    /// What stands between `${` and the next `}`.
    Variable(String),
}

/// A piece of a pattern that is ready to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Exactly this character.
    Char(char),
    /// `*`: any number of characters.
    Many,
    /// `?`: exactly one character.
    One,
}

/// Takes a text apart. Only version 2012-10-17 knows variables.
// SOURCE: spec/policy-language.md §6, last line on variables.
pub(crate) fn pieces(text: &str, version: Version) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let variable = match version {
            Version::V2008 => None,
            Version::V2012 => rest.strip_prefix("${"),
        };
        if let Some(inside) = variable {
            if let Some((name, after)) = inside.split_once('}') {
                pieces.push(Piece::Variable(name.to_owned()));
                rest = after;
            } else {
                pieces.push(Piece::Unclosed);
                rest = "";
            }
        } else {
            pieces.push(Piece::Char(next));
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
    }
    pieces
}

/// Splits at the first five colons that are written outside of variables.
// SOURCE: spec/policy-language.md §4, first row: segment by segment.
pub(crate) fn segments(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    pieces
        .splitn(6, |piece| *piece == Piece::Char(':'))
        .map(<[Piece]>::to_vec)
        .collect()
}

/// Replaces variables; `None` where one of them has no value. Text from a value is literal.
pub(crate) fn substitute(pieces: &[Piece], question: &Question) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Char('*') => tokens.push(Token::Many),
            Piece::Char('?') => tokens.push(Token::One),
            Piece::Char(other) => tokens.push(Token::Char(*other)),
            Piece::Unclosed => return None,
            Piece::Variable(inside) => {
                tokens.extend(variable(inside, question)?.chars().map(Token::Char))
            }
        }
    }
    Some(tokens)
}

/// Returns the text that a variable stands for.
// SOURCE: spec/policy-language.md §6, "Policy variables".
fn variable(inside: &str, question: &Question) -> Option<String> {
    if matches!(inside, "*" | "?" | "$") {
        return Some(inside.to_owned());
    }
    let (name, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((name, rest)) => (
            name,
            Some(
                rest.strip_prefix(" '")?
                    .strip_suffix('\'')
                    .filter(|text| !text.contains('\''))?,
            ),
        ),
    };
    if name.is_empty() || name.chars().any(char::is_whitespace) {
        return None;
    }
    let default = default.map(str::to_owned);
    let mut entries = question
        .context
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    match (entries.next(), entries.next()) {
        (None, _) => default,
        (Some((_, ContextValue::Single(value))), None) if value.is_empty() => default,
        (Some((_, ContextValue::Single(value))), None) => Some(value.clone()),
        (Some((_, ContextValue::Multiple(_))), None) | (Some(_), Some(_)) => None,
    }
}

/// Reads a text whose wildcards count and that has no variables.
pub(crate) fn wildcards(text: &str) -> Vec<Token> {
    text.chars()
        .map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Char(other),
        })
        .collect()
}

/// Whether the pattern fits the whole text.
pub(crate) fn glob(pattern: &[Token], text: &str) -> bool {
    // reached[n]: the pattern as far as it was read fits the first n characters of the text.
    let mut reached: Vec<bool> = vec![true];
    reached.extend(text.chars().map(|_| false));
    for token in pattern {
        let one_further = std::iter::once(false);
        reached = match token {
            Token::Char(c) => one_further
                .chain(
                    reached
                        .iter()
                        .zip(text.chars())
                        .map(|(here, next)| *here && next == *c),
                )
                .collect(),
            Token::Many => reached
                .iter()
                .scan(false, |any, here| {
                    *any |= *here;
                    Some(*any)
                })
                .collect(),
            Token::One => one_further
                .chain(reached.iter().zip(text.chars()).map(|(here, _)| *here))
                .collect(),
        };
    }
    reached.last() == Some(&true)
}

/// As [`glob`], without regard to ASCII case.
pub(crate) fn glob_ignoring_case(pattern: &[Token], text: &str) -> bool {
    let folded: Vec<Token> = pattern
        .iter()
        .map(|token| match token {
            Token::Char(c) => Token::Char(c.to_ascii_lowercase()),
            Token::Many => Token::Many,
            Token::One => Token::One,
        })
        .collect();
    glob(&folded, &text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "abc", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*c", "ac", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("a?c", "ac", false),
            ("*a*a*b", "aaab", true),
            ("**", "x", true),
            ("abc", "ABC", false),
        ] {
            assert_eq!(
                glob(&wildcards(pattern), text),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(glob_ignoring_case(&wildcards("GET?bj*"), "getObject"));
    }
}
