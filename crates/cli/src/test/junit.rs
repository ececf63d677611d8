//! JUnit XML: what CI systems read.

use std::fmt::Write as _;

use super::Tested;
use super::report::Outcome;

/// Writes the results of all files.
pub(super) fn document(tested: &[Tested]) -> String {
    let outcomes = || tested.iter().flat_map(|it| it.result.iter().flatten());
    let errors = tested.iter().filter(|it| it.result.is_err()).count();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites name=\"keyward test\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\">",
        outcomes().count() + errors,
        outcomes().filter(|it| it.failure.is_some()).count(),
    );
    for tested in tested {
        let _ = suite(&mut xml, tested);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, tested: &Tested) -> std::fmt::Result {
    let file = escaped(&tested.file);
    match &tested.result {
        Err(error) => writeln!(
            xml,
            "  <testsuite name=\"{file}\" tests=\"1\" failures=\"0\" errors=\"1\">\n    \
             <testcase classname=\"{file}\" name=\"{file}\">\n      \
             <error message=\"{}\"/>\n    </testcase>\n  </testsuite>",
            escaped(error)
        ),
        Ok(outcomes) => {
            writeln!(
                xml,
                "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
                outcomes.len(),
                outcomes.iter().filter(|it| it.failure.is_some()).count(),
            )?;
            for outcome in outcomes {
                case(xml, &file, outcome)?;
            }
            writeln!(xml, "  </testsuite>")
        }
    }
}

fn case(xml: &mut String, file: &str, outcome: &Outcome) -> std::fmt::Result {
    write!(
        xml,
        "    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{}\"",
        escaped(&outcome.name),
        outcome.line
    )?;
    match &outcome.failure {
        None => writeln!(xml, "/>"),
        Some(failure) => writeln!(
            xml,
            ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
            escaped(&failure.summary),
            escaped(&failure.lines.join("\n"))
        ),
    }
}

/// Escapes a text for XML, also between quotes; what XML cannot hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
                escaped.push(character);
            }
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn escapes() {
        assert_eq!(
            escaped("<a b=\"c\">&\n\u{1}\u{ffff}é"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\n\u{fffd}\u{fffd}é"
        );
    }
}
