//! Whether a test passes, and how that is shown.

use std::fmt::Write as _;

use keyward_simulate::{Answer, Statement, answer};

use super::Tested;
use super::suite::Test;

/// A test that was run.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) line: usize,
    /// How the answer differs from what was expected; `None` for a test that passes.
    pub(super) failure: Option<Failure>,
}

/// What was expected and what was answered.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// One line for those who read no more.
    pub(super) summary: String,
    /// Lines that begin with `-` for what was expected, `+` for what was answered, and a blank for what explains it.
    pub(super) lines: Vec<String>,
}

impl Outcome {
    /// Runs a test.
    pub(super) fn of(test: &Test) -> Self {
        Self {
            name: test.name.clone(),
            line: test.place.line,
            failure: compare(test, &answer(&test.question)),
        }
    }
}

fn compare(test: &Test, answer: &Answer) -> Option<Failure> {
    let expected = &test.expected;
    let mut lines = Vec::new();
    let mut differ = |name: &str, wanted: &str, found: &str| {
        lines.push(format!("- {name:<11}{wanted}"));
        lines.push(format!("+ {name:<11}{found}"));
    };
    if !expected.decision.includes(answer.decision) {
        differ("decision", expected.decision.as_str(), answer.decision);
    }
    if let Some(wanted) = expected
        .decided_by
        .as_ref()
        .filter(|it| *it != answer.decided_by)
    {
        differ("decidedBy", wanted, answer.decided_by);
    }
    if let Some(wanted) = &expected.statements
        && !are_named(wanted, &answer.statements)
    {
        differ(
            "statements",
            &listed(wanted),
            &listed(&names(&answer.statements)),
        );
    }
    let message = answer.message.as_deref().unwrap_or("none");
    if let Some(wanted) = expected.message.as_ref().filter(|it| *it != message) {
        differ("message", wanted, message);
    }
    if lines.is_empty() {
        return None;
    }
    let mut explained = vec![format!("  {:<11}{}", "request", test.request)];
    explained.append(&mut lines);
    let mut explain = |name: &str, text: &str| {
        if !explained
            .iter()
            .any(|line| line.starts_with(&format!("+ {name}")))
        {
            explained.push(format!("  {name:<11}{text}"));
        }
    };
    explain("decidedBy", answer.decided_by);
    explain("statements", &listed(&names(&answer.statements)));
    if answer.message.is_some() {
        explain("message", message);
    }
    Some(Failure {
        summary: format!(
            "expected {}, got {} by {}",
            expected.decision.as_str(),
            answer.decision,
            answer.decided_by
        ),
        lines: explained,
    })
}

/// Returns whether exactly these statements are named, each by its index or its `Sid`.
fn are_named(wanted: &[String], statements: &[Statement]) -> bool {
    let names: Vec<(String, Option<String>)> = statements
        .iter()
        .map(|it| {
            let named = |last: &str| format!("{}/{}/{last}", it.layer, it.policy);
            (named(&it.index.to_string()), it.sid.as_deref().map(named))
        })
        .collect();
    let is_wanted = |(index, sid): &(String, Option<String>)| {
        wanted.contains(index) || sid.as_ref().is_some_and(|sid| wanted.contains(sid))
    };
    let is_there = |wanted: &String| {
        names
            .iter()
            .any(|(index, sid)| index == wanted || sid.as_ref() == Some(wanted))
    };
    names.iter().all(is_wanted) && wanted.iter().all(is_there)
}

fn names(statements: &[Statement]) -> Vec<String> {
    statements
        .iter()
        .map(|it| {
            let sid = it.sid.as_deref().map(|sid| format!(" (Sid {sid})"));
            format!(
                "{}/{}/{}{}",
                it.layer,
                it.policy,
                it.index,
                sid.unwrap_or_default()
            )
        })
        .collect()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Writes what a person reads: each failure in full, the tests that pass where they are asked for, the sums.
pub(super) fn report(tested: &[Tested], verbose: bool) -> String {
    let mut text = String::new();
    let (mut passed, mut failed) = (0, 0);
    for Tested { file, result } in tested {
        let Ok(outcomes) = result else {
            continue;
        };
        for outcome in outcomes {
            // Writing to a string cannot fail.
            let _ = match &outcome.failure {
                None if verbose => {
                    writeln!(text, "ok    {file}:{}: {}", outcome.line, outcome.name)
                }
                None => Ok(()),
                Some(failure) => {
                    let lines: String = failure
                        .lines
                        .iter()
                        .map(|line| format!("  {line}\n"))
                        .collect();
                    writeln!(
                        text,
                        "FAIL  {file}:{}: {}\n{lines}",
                        outcome.line, outcome.name
                    )
                }
            };
        }
        let failures = outcomes.iter().filter(|it| it.failure.is_some()).count();
        failed += failures;
        passed += outcomes.len() - failures;
    }
    let unread = tested.iter().filter(|it| it.result.is_err()).count();
    let _ = write!(text, "{passed} passed, {failed} failed");
    let _ = match unread {
        0 => writeln!(text),
        1 => writeln!(text, ", 1 file could not be read"),
        _ => writeln!(text, ", {unread} files could not be read"),
    };
    text
}
