use proptest::prelude::*;

use super::*;
use crate::testing::{any_policy, bare};

fn check(text: &str, expected: &str) {
    let printed = Policy::parse(text).unwrap().to_json();
    assert_eq!(printed, expected);
    assert_eq!(
        Policy::parse(&printed).unwrap().to_json(),
        expected,
        "printing is stable"
    );
}

#[test]
fn canonical_form() {
    check(
        r#"{"Statement":[{"Effect":"Deny"}]}"#,
        r#"{"Statement":[{"Effect":"Deny"}]}"#,
    );
    check(
        r#"{ "Statement": {"Resource": ["*"], "Action": [], "Effect": "Allow", "Sid": ""}, "Version": "2008-10-17", "Id":"" }"#,
        r#"{"Version":"2008-10-17","Id":"","Statement":[{"Sid":"","Effect":"Allow","Action":[],"Resource":"*"}]}"#,
    );
    check(
        r#"{"Statement":[{"Effect":"Deny","NotPrincipal":{"Service":"b","AWS":["*","1"]},"NotAction":"a:*","NotResource":["c","d"]}]}"#,
        r#"{"Statement":[{"Effect":"Deny","NotPrincipal":{"Service":"b","AWS":["*","1"]},"NotAction":"a:*","NotResource":["c","d"]}]}"#,
    );
    check(
        r#"{"Statement":{"Effect":"Deny","Principal":"*","Condition":{"Bool":{"b":[true],"a":[]},"X":{},"Foo":{"c":[1.0,null,"2"]}}}}"#,
        r#"{"Statement":[{"Effect":"Deny","Principal":"*","Condition":{"Bool":{"b":"true","a":[]},"Foo":{"c":["1.0","2"]}}}]}"#,
    );
}

#[test]
fn escapes() {
    check(
        r#"{"Id":"\u0022\\\/\b\n\r\t\u001f\u007f\u00ff\u0100\ud83d\udd11","Statement":{"Effect":"Deny"}}"#,
        "{\"Id\":\"\\\"\\\\/\\u0008\\n\\r\\t\\u001f\u{7f}\u{ff}\\u0100\\ud83d\\udd11\",\"Statement\":[{\"Effect\":\"Deny\"}]}",
    );
}

proptest! {
    #[test]
    fn parse_after_print_is_identity(policy in any_policy()) {
        let text = policy.to_json();
        let read = Policy::parse(&text).unwrap();
        prop_assert_eq!(bare(&read), bare(&policy), "{}", text);
        prop_assert_eq!(read.to_json(), text);
    }

    #[test]
    fn prints_only_characters_that_travel(policy in any_policy()) {
        let text = policy.to_json();
        prop_assert_eq!(crate::forbidden_character(&text), None);
        prop_assert_eq!(crate::size_without_whitespace(&text), text.chars().count());
    }

    #[test]
    fn other_readers_read_it_too(policy in any_policy()) {
        let text = policy.to_json();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["Statement"].as_array().unwrap().len(), policy.statements.len());
    }
}
