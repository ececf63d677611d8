//! What nobody would write but somebody may send: every line is answered, and both evaluators say the same.
//!
//! proptest prints the input that fails, shrunk, with its seed. Longer runs of the same are in `fuzz/`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use keyward_conformance::compare::difference;
use keyward_conformance::generate;
use keyward_conformance::random::Random;
use keyward_simulate::{Reply, answer_line};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

#[rustfmt::skip]
const OPERATORS: &[&str] = &[
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "BinaryEquals", "Bool", "DateEquals", "DateGreaterThan",
    "DateGreaterThanEquals", "DateLessThan", "DateLessThanEquals", "DateNotEquals", "IpAddress", "NotIpAddress", "Null",
    "NumericEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericNotEquals", "StringEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotEquals",
    "StringNotEqualsIgnoreCase", "StringNotLike",
];

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Texts in the shape of the values that operators compare, and of what is nearly one.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[0-9]{1,24}(\\.[0-9]{0,24})?(e[0-9]{1,3})?",
        "-?[0-9]{1,5}(-[0-9]{1,2}){0,2}([Tt][0-9]{2}(:[0-9]{2}){0,2}(\\.[0-9]{1,10})?([zZ]|[-+][0-9]{2}:?[0-9]{0,2})?)?",
        "[0-9]{1,3}(\\.[0-9]{1,3}){2,4}(/[0-9]{1,3})?",
        "[0-9a-f:.]{0,24}(/[0-9]{1,3})?",
        "arn(:[a-z0-9*?]{0,4}){2,7}",
        "[A-Za-z0-9+/=]{0,12}",
        "(true|false|TRUE|yes|null|\\*)?",
        "(\\$\\{[*?$, 'a-z:/]{0,12}\\}?|[ab*?$]){0,6}",
        any::<String>(),
    ]
}

/// A line with one statement of each effect about one condition.
fn line(operator: &str, wanted: &Value, actual: &Value, effect: &str) -> Value {
    json!({
        "principal": "arn:aws:iam::111111111111:user/bob", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/o",
        "context": {"k": actual, "a": "value", "b/c": ""},
        "identityPolicies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": if effect == "Deny" { "Allow" } else { "Deny" }, "Action": if effect == "Deny" { "*" } else { "x:y" }, "Resource": "*"},
            {"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {"k": wanted}}},
        ]}],
    })
}

fn agree(line: &Value) {
    match difference(line) {
        Ok(None) => {}
        Ok(Some(difference)) => panic!("{difference}\n  line       {line}"),
        Err(error) => panic!("{error}\n  line       {line}"),
    }
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn any_values_compare_alike(
        operator in select(OPERATORS),
        qualifier in select(&["", "", "ForAllValues:", "ForAnyValue:"][..]),
        wanted in proptest::collection::vec(value(), 1..3),
        actual in proptest::collection::vec(value(), 1..3),
        same in any::<bool>(),
        effect in select(&["Allow", "Deny"][..]),
    ) {
        let operator = format!("{qualifier}{operator}");
        // Two values of one shape by chance are seldom the same.
        let wanted = if same { json!(actual) } else { json!(wanted) };
        let actual = match actual.as_slice() {
            [one] => json!(one),
            more => json!(more),
        };
        agree(&line(&operator, &wanted, &actual, effect));
    }

    #[test]
    fn any_pattern_matches_alike(
        pattern in "(\\*|arn(:[a-z*?]{0,3}){2,6})?([ab/:*?]|\\$\\{[*?$a, 'b:]{0,8}\\}?){0,12}",
        resource in "(\\*|arn(:[a-z]{0,3}){4,6}[ab/:*?$]{0,16})",
        element in select(&["Resource", "NotResource"][..]),
        action in "([a-z*?]{0,3}:?[A-Za-z*? ]{0,8})",
        effect in select(&["Allow", "Deny"][..]),
        version in select(&["2008-10-17", "2012-10-17"][..]),
    ) {
        agree(&json!({
            "principal": "arn:aws:iam::111111111111:user/bob", "action": "s3:GetObject", "resource": resource,
            "context": {"a": "b", "b": "*"},
            "identityPolicies": [{"Version": version, "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"},
                {"Effect": effect, "Action": ["s3:Get*", action], element: pattern},
            ]}],
        }));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text);
    }

    #[test]
    fn damaged_lines_are_answered(
        case in any::<u64>(),
        damages in proptest::collection::vec((any::<Index>(), any::<Index>(), damage()), 1..4),
    ) {
        let mut text = generate::line(&mut Random::new(11, case)).to_string();
        for (from, to, insert) in damages {
            let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
            // A short stretch goes, something else comes.
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 12));
            if text.is_char_boundary(from) && text.is_char_boundary(to) {
                text.replace_range(from..to, &insert);
            }
        }
        answered(&text);
    }
}

fn damage() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[\\[\\]{}\",:*$a0]{1,6}",
        select(
            &[
                "\\ud800",
                "\\u0000",
                "1e999",
                "-0",
                "null",
                "\"Effect\":\"Allow\",",
                "\"action\":\"s3:GetObject\",",
                "{}",
                "[[[["
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

/// The reply to a line must be a line of JSON that is one of the two kinds, and no allowance by mistake.
fn answered(text: &str) {
    let reply = answer_line(text);
    let json: Value = serde_json::from_str(&reply.to_json()).unwrap();
    match reply {
        Reply::Answered(answer) => assert_eq!(json.get("decision"), Some(&json!(answer.decision))),
        Reply::Malformed(_) => assert!(json.get("error").is_some()),
    }
}

/// A line whose identity policy is this text, with an Allow beside it.
fn with_document(document: &str) -> String {
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    format!(
        r#"{{"principal":"arn:aws:iam::111111111111:user/bob","action":"s3:GetObject","resource":"arn:aws:s3:::b/o","identityPolicies":[{all},{document}]}}"#
    )
}

fn check(document: &str, expected: &str) {
    let reply = answer_line(&with_document(document)).to_json();
    assert!(
        reply.contains(expected),
        "{}\n{reply}",
        document.get(..200).unwrap_or(document)
    );
}

#[test]
fn hostile_documents_are_refused_and_never_allow() {
    let refused = r#""decision":"implicitDeny""#;
    let statement = r#"{"Effect":"Deny","Action":"x:y","Resource":"*"}"#;
    let of = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    // 100,000 statements, and as many as the size allows.
    check(&of(&vec![statement; 100_000].join(",")), refused);
    check(
        &of(&vec![statement; 20_000].join(",")),
        r#""decision":"allowed""#,
    );
    // Nesting.
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check(&nested(33), refused);
    check(&nested(10_000), refused);
    check(&nested(100_000), refused);
    check(&format!(r#"{{"Statement":{}}}"#, nested(100)), refused);
    // Keys that stand twice, spelled alike or by an escape.
    check(
        &of(r#"{"Effect":"Allow","Action":"*","Resource":"*","Resource":"*"}"#),
        refused,
    );
    check(
        &of(r#"{"Effect":"Allow","Action":"*","Resource":"*","\u0052esource":"*"}"#),
        refused,
    );
    // Keys that differ in case only.
    check(
        &of(r#"{"Effect":"Allow","Action":"*","Resource":"*","resource":"*"}"#),
        refused,
    );
    check(
        &format!(r#"{{"Statement":[{statement}],"statement":[]}}"#),
        refused,
    );
    // Numbers and texts that no value can hold.
    check(
        &of(
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NumericEquals":{"k":1e999}}}"#,
        ),
        r#""decision":"allowed""#,
    );
    check(
        &of(
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NumericNotEquals":{"k":1e999}}}"#,
        ),
        r#""decision":"explicitDeny""#,
    );
    check(
        &of(r#"{"Effect":"Deny","Action":"x:y\ud800","Resource":"*"}"#),
        refused,
    );
    // A context of many spellings of one key.
    let spellings: Vec<String> = (0..4_096_u32)
        .map(|bits| {
            let spelling: String = "abcdefghijkl"
                .chars()
                .enumerate()
                .map(|(at, letter)| {
                    if bits >> at & 1 == 1 {
                        letter.to_ascii_uppercase()
                    } else {
                        letter
                    }
                })
                .collect();
            format!(r#""{spelling}":"v""#)
        })
        .collect();
    let line = with_document(&of(
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"abcdefghijkl":"v"}}}"#,
    ));
    let line = format!(
        r#"{},"context":{{{}}}}}"#,
        line.trim_end_matches('}').to_owned() + "}}]}]",
        spellings.join(",")
    );
    let reply = answer_line(&line).to_json();
    assert!(
        reply.contains("explicitDeny") || reply.contains("error"),
        "{reply}"
    );
}
