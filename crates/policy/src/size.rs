//! How long a document is, and which characters it may hold.

use crate::ast::{Position, Span, Spanned};

/// Counts the characters of a document as IAM's quotas do: JSON whitespace outside strings is free.
///
/// Takes any text; one that is not JSON is counted by the same rule. Linear in the length of the text.
///
/// # Examples
/// ```
/// use keyward_policy::size_without_whitespace;
///
/// assert_eq!(size_without_whitespace("{ \"Id\":\t\"a b\" }\r\n"), "{\"Id\":\"a b\"}".len());
/// ```
// SOURCE: spec/policy-language.md §8, "Whitespace definition" (UNSURE there: spaces inside strings count).
#[must_use]
pub fn size_without_whitespace(text: &str) -> usize {
    let mut size = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = character == '"';
        }
        size = size.saturating_add(1);
    }
    size
}

/// Finds the first character that a document on the wire must not hold, and where it is.
///
/// Allowed are tab, line feed, carriage return and U+0020 to U+00FF. Escapes inside JSON strings may name others.
// SOURCE: spec/policy-language.md §1, "Allowed chars" (pattern of `policyDocumentType`).
#[must_use]
pub fn forbidden_character(text: &str) -> Option<Spanned<char>> {
    let mut position = Position { line: 1, column: 1 };
    for character in text.chars() {
        let mut next = Position {
            line: position.line,
            column: position.column.saturating_add(1),
        };
        match character {
            '\n' => {
                next = Position {
                    line: position.line.saturating_add(1),
                    column: 1,
                }
            }
            '\t' | '\r' | ' '..='\u{ff}' => {}
            _ => {
                return Some(Spanned {
                    value: character,
                    span: Span {
                        start: position,
                        end: next,
                    },
                });
            }
        }
        position = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_size(text: &str, expected: usize) {
        assert_eq!(size_without_whitespace(text), expected, "{text:?}");
    }

    #[test]
    fn whitespace_outside_strings_is_free() {
        check_size("", 0);
        check_size(" \t\r\n", 0);
        check_size("{ }", 2);
        check_size("[1 , 2]", 5);
        check_size(r#"{"a b": "c"}"#, 11);
        check_size(r#"" \" ""#, 6);
        check_size(r#""\\" "#, 4);
        check_size("\" \u{e9} \"", 5);
        check_size("\u{a0}", 1);
    }

    #[test]
    fn unterminated_text_is_counted_too() {
        check_size("\"a b", 4);
        check_size("\"\\", 2);
    }

    fn check_forbidden(text: &str, expected: Option<(u32, u32)>) {
        let found =
            forbidden_character(text).map(|found| (found.span.start.line, found.span.start.column));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn forbidden() {
        check_forbidden("", None);
        check_forbidden("\t\r\n ~\u{7f}\u{80}\u{ff}", None);
        check_forbidden("ab\u{100}", Some((1, 3)));
        check_forbidden("a\n\u{0}", Some((2, 1)));
        check_forbidden("\u{feff}{}", Some((1, 1)));
    }
}
