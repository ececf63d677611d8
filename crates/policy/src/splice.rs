//! Other values in the place of some strings of a document, the rest exactly as it was written.

use crate::ast::{Position, Span};
use crate::print::Quoted;

/// Puts other values in the place of JSON strings of a text, named by the spans that a parsed policy gives them.
///
/// All else stays: white space, the order of elements, escapes. A span that is not in the text is passed over. Linear in
/// the length of the text, but for sorting the replacements.
///
/// # Examples
/// ```
/// use keyward_policy::{Policy, replace_strings};
///
/// let text = r#"{"Statement": [ {"Sid": "a", "Effect": "Deny", "Action": "s3:*", "Resource": "*"} ]}"#;
/// let policy = Policy::parse(text)?;
/// let sid = policy.statements[0].sid.as_ref().unwrap().span;
/// assert_eq!(replace_strings(text, vec![(sid, "b".to_owned())]), text.replace(r#""a""#, r#""b""#));
/// # Ok::<(), keyward_policy::ParsePolicyError>(())
/// ```
#[must_use]
pub fn replace_strings(text: &str, mut replacements: Vec<(Span, String)>) -> String {
    replacements.sort_by_key(|(span, _)| span.start);
    let mut waiting = replacements.iter();
    let mut next = waiting.next();
    let mut result = String::with_capacity(text.len());
    let mut position = Position { line: 1, column: 1 };
    // The end of the string that is being left out.
    let mut skip_to: Option<Position> = None;
    for character in text.chars() {
        if skip_to.is_some_and(|end| position >= end) {
            skip_to = None;
        }
        if let Some((span, value)) = next.filter(|(span, _)| span.start == position) {
            result.push_str(&Quoted(value).to_string());
            skip_to = Some(span.end);
            next = waiting.next();
        }
        if skip_to.is_none() {
            result.push(character);
        }
        position = after(position, character);
    }
    result
}

fn after(position: Position, character: char) -> Position {
    if character == '\n' {
        Position {
            line: position.line.saturating_add(1),
            column: 1,
        }
    } else {
        Position {
            line: position.line,
            column: position.column.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, PrincipalSet};

    /// Replaces every principal by `value`.
    fn check(principals: &str, value: &str, expected: &str) {
        let document = |principals: &str| {
            format!(
                "{{\n \"Statement\" : [ {{\"Effect\":\"Allow\",\t\"Principal\": {{\"AWS\": {principals} }},\r\n\"Sid\":\"\u{e9}\"}} ]}}\n"
            )
        };
        let text = document(principals);
        let policy = Policy::parse(&text).unwrap();
        let set = policy.statements[0].principal.as_ref().unwrap().set();
        let PrincipalSet::Listed(listed) = set else {
            panic!("everyone");
        };
        let mut replacements: Vec<(Span, String)> = listed
            .iter()
            .map(|principal| (principal.value.span, value.to_owned()))
            .collect();
        replacements.reverse();
        assert_eq!(replace_strings(&text, replacements), document(expected));
    }

    #[test]
    fn strings_are_replaced_and_the_rest_stays() {
        check("\"a\"", "AROA1", "\"AROA1\"");
        check("[]", "x", "[]");
        check("[\"a\",\"b\"]", "x", "[\"x\",\"x\"]");
        check(
            "[ \"a\" ,\n\n \"b\\n\u{e9}\\u00e9\" ]",
            "longer than before",
            "[ \"longer than before\" ,\n\n \"longer than before\" ]",
        );
        check("\"a\\\"b\"", "c\"d\\e", "\"c\\\"d\\\\e\"");
    }

    #[test]
    fn spans_that_are_not_there_change_nothing() {
        let at = |line, column| Position { line, column };
        let span = Span {
            start: at(7, 1),
            end: at(7, 3),
        };
        assert_eq!(replace_strings("{}", vec![(span, "x".to_owned())]), "{}");
    }
}
