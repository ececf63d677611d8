use proptest::prelude::*;

use super::*;
use crate::ast::Test;
use crate::testing::any_policy;

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Reads one statement that has an effect and these further elements.
fn statement(elements: &str) -> Statement {
    let text = format!(r#"{{"Statement":[{{"Effect":"Allow"{elements}}}]}}"#);
    policy(&text).statements.remove(0)
}

fn refuses(text: &str, expected: &str) {
    match Policy::parse(text) {
        Ok(policy) => panic!("{text}: read as {policy}"),
        Err(error) => assert!(error.to_string().starts_with(expected), "{text}: {error}"),
    }
}

/// Refusal of one statement that has an effect and these further elements.
fn refuses_elements(elements: &str, expected: &str) {
    refuses(
        &format!(r#"{{"Statement":[{{"Effect":"Allow"{elements}}}]}}"#),
        expected,
    );
}

fn values(texts: &[Spanned<String>]) -> Vec<&str> {
    texts.iter().map(|text| text.value.as_str()).collect()
}

#[test]
fn whole_document() {
    let policy = policy(
        r#"{
          "Version": "2012-10-17",
          "Id": "id",
          "Statement": [
            {
              "Sid": "one",
              "Effect": "Allow",
              "Principal": {"AWS": ["111122223333", "*"], "Service": "ec2.amazonaws.com"},
              "Action": "s3:Get*",
              "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b/*"],
              "Condition": {"StringLike": {"aws:x": "y", "AWS:X": ["z"]}, "Bool": {"aws:SecureTransport": true}}
            },
            {"Effect": "Deny", "NotPrincipal": "*", "NotAction": [], "Resource": "*"}
          ]
        }"#,
    );
    assert_eq!(policy.effective_version(), Version::V2012);
    assert_eq!(policy.id.unwrap().value, "id");
    let [first, second] = policy.statements.as_slice() else {
        panic!()
    };
    assert_eq!(first.sid.as_ref().unwrap().value, "one");
    assert_eq!(first.effect.value, Effect::Allow);
    let Some(PrincipalElement::Principal(PrincipalSet::Listed(listed))) = &first.principal else {
        panic!()
    };
    let listed: Vec<_> = listed
        .iter()
        .map(|entry| (entry.kind, entry.value.value.as_str()))
        .collect();
    assert_eq!(
        listed,
        [
            (PrincipalKind::Aws, "111122223333"),
            (PrincipalKind::Aws, "*"),
            (PrincipalKind::Service, "ec2.amazonaws.com")
        ]
    );
    let Some(ResourceElement::NotResource(resources)) = &first.resource else {
        panic!()
    };
    assert_eq!(values(resources), ["arn:aws:s3:::a", "arn:aws:s3:::b/*"]);
    let conditions: Vec<_> = first
        .conditions
        .iter()
        .map(|condition| {
            (
                condition.operator.value.to_string(),
                condition.key.value.as_str(),
                values(&condition.values),
            )
        })
        .collect();
    assert_eq!(
        conditions,
        [
            ("StringLike".to_owned(), "aws:x", vec!["y"]),
            ("StringLike".to_owned(), "AWS:X", vec!["z"]),
            ("Bool".to_owned(), "aws:SecureTransport", vec!["true"]),
        ]
    );
    assert_eq!(second.effect.value, Effect::Deny);
    assert!(matches!(
        second.principal,
        Some(PrincipalElement::NotPrincipal(PrincipalSet::Everyone(_)))
    ));
    assert_eq!(second.action, Some(ActionElement::NotAction(Vec::new())));
}

#[test]
fn lenient_where_only_writing_refuses() {
    for text in [
        r#"{"Statement":{"Effect":"Deny"}}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"nonsense","Resource":"also nonsense"}]}"#,
        r#"{"Conditions":{"a":[{}]},"Other":null,"Statement":{"Effect":"Allow"}}"#,
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Sid":"no sid!"}}"#,
        r#"{"Statement":[{"Effect":"Allow","Sid":"a"},{"Effect":"Allow","Sid":"a"}]}"#,
        r#"{"Statement":{"Effect":"Allow","Condition":{"DateEquals":{"k":"yesterday"},"Foo":{"k":1}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Condition":{"anything":{}},"Principal":{}}}"#,
    ] {
        policy(text);
    }
    assert_eq!(
        policy(r#"{"Statement":{"Effect":"Deny"}}"#).effective_version(),
        Version::V2008
    );
}

#[test]
fn a_lone_statement_is_a_list_of_one() {
    let inner = r#"{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}"#;
    let lone = policy(&format!(r#"{{"Statement": {inner} }}"#));
    let list = policy(&format!(r#"{{"Statement":[{inner}]}}"#));
    assert_eq!(lone, list);
}

#[test]
fn nulls_in_lists_are_left_out() {
    let read = statement(
        r#","Action":[null,"a:b",null],"Resource":[null],"Principal":{"AWS":["*",null]},"Condition":{"Bool":{"k":[null,false]}}"#,
    );
    assert_eq!(values(read.action.unwrap().patterns()), ["a:b"]);
    assert_eq!(values(read.resource.unwrap().patterns()), [""; 0]);
    assert_eq!(values(&read.conditions[0].values), ["false"]);
    let Some(PrincipalElement::Principal(PrincipalSet::Listed(listed))) = read.principal else {
        panic!()
    };
    assert_eq!(listed.len(), 1);
}

#[test]
fn nulls_elsewhere_are_refused() {
    refuses_elements(
        r#","Resource":null"#,
        "Statement[0].Resource: expected a string or a list of strings, found null",
    );
    refuses_elements(
        r#","Condition":null"#,
        "Statement[0].Condition: expected an object of operators, found null",
    );
    refuses_elements(
        r#","Condition":{"Bool":null}"#,
        "Statement[0].Condition.Bool: expected an object of condition keys",
    );
    refuses_elements(
        r#","Condition":{"Bool":{"k":null}}"#,
        "Statement[0].Condition.Bool.k: expected a value or a list",
    );
    refuses_elements(
        r#","Principal":null"#,
        "Statement[0].Principal: expected \"*\" or an object, found null",
    );
    refuses_elements(
        r#","Principal":{"AWS":null}"#,
        "Statement[0].Principal.AWS: expected",
    );
    refuses_elements(
        r#","Sid":null"#,
        "Statement[0].Sid: expected a string, found null",
    );
    refuses(
        r#"{"Statement":[null]}"#,
        "Statement[0]: expected an object, found null",
    );
    refuses(
        r#"{"Statement":null}"#,
        "Statement: expected a statement or a list of statements, found null",
    );
    refuses(
        r#"{"Version":null,"Statement":{"Effect":"Allow"}}"#,
        "Version: expected a string, found null",
    );
}

#[test]
fn condition_values_become_their_source_text() {
    let read = statement(
        r#","Condition":{"NumericEquals":{"k":[1, 1.50, -2e3, 1e999, true, false, "\u0041"]}}"#,
    );
    assert_eq!(
        values(&read.conditions[0].values),
        ["1", "1.50", "-2e3", "1e999", "true", "false", "A"]
    );
    refuses_elements(
        r#","Condition":{"Bool":{"k":{}}}"#,
        "Statement[0].Condition.Bool.k: expected a value or a list",
    );
    refuses_elements(
        r#","Condition":{"Bool":{"k":[["x"]]}}"#,
        "Statement[0].Condition.Bool.k: expected a value",
    );
    refuses_elements(
        r#","Action":5"#,
        "Statement[0].Action: expected a string or a list of strings, found a number",
    );
    refuses_elements(
        r#","Action":["a:b",true]"#,
        "Statement[0].Action: expected a string or a list of strings, found a b",
    );
}

#[test]
fn operators_are_taken_apart() {
    let read = statement(
        r#","Condition":{"ForAnyValue:StringLikeIfExists":{"a":"b"},"stringlike":{"a":"b"},"Null":{}}"#,
    );
    let operators: Vec<_> = read
        .conditions
        .into_iter()
        .map(|condition| condition.operator.value)
        .collect();
    let qualifier = Some(crate::SetQualifier::ForAnyValue);
    assert_eq!(
        operators,
        [
            Operator::Known {
                qualifier,
                test: Test::StringLike,
                if_exists: true
            },
            Operator::Unknown("stringlike".to_owned())
        ]
    );
}

/// Clear enough, though nobody may write it.
#[test]
fn no_statement_says_nothing() {
    let policy = policy(r#"{"Version":"2012-10-17","Statement":[]}"#);
    assert!(policy.statements.is_empty());
    assert_eq!(
        policy.to_string(),
        r#"{"Version":"2012-10-17","Statement":[]}"#
    );
    let error = crate::check(
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        crate::PolicyKind::Identity,
    )
    .unwrap_err();
    assert_eq!(error.message(), "Syntax errors in policy.");
    // What else is wrong is still found.
    refuses(r#"{"Statement":[],"Version":"1"}"#, "Version: ");
}

#[test]
fn without_meaning() {
    refuses(
        "[]",
        "policy: expected an object, found a list (line 1, column 1)",
    );
    refuses("\"{}\"", "policy: expected an object, found a string");
    refuses(
        "",
        "policy: not valid JSON: expected a value (line 1, column 1)",
    );
    refuses("{}", "policy: Statement is missing; add it");
    refuses(
        r#"{"Statement":["x"]}"#,
        "Statement[0]: expected an object, found a string",
    );
    refuses(
        r#"{"Statement":"x"}"#,
        "Statement: expected a statement or a list",
    );
    refuses(
        r#"{"Statement":[[{"Effect":"Allow"}]]}"#,
        "Statement[0]: expected an object, found a list",
    );
    refuses(
        r#"{"Statement":[{"Effect":"Allow"},{}]}"#,
        "Statement[1]: Effect is missing; add it (line 1, column 34)",
    );
    refuses(
        r#"{"Version":"2012-10-18","Statement":{"Effect":"Allow"}}"#,
        "Version: the version must be 2012-10-17",
    );
    refuses(
        r#"{"Version":2012,"Statement":{"Effect":"Allow"}}"#,
        "Version: expected a string, found a number",
    );
    refuses(
        r#"{"Id":{},"Statement":{"Effect":"Allow"}}"#,
        "Id: expected a string, found an object",
    );
    refuses(
        r#"{"Statement":{"Effect":"allow"}}"#,
        "Statement[0].Effect: write Allow or Deny with exactly",
    );
    refuses(
        r#"{"Statement":{"Effect":"Permit"}}"#,
        "Statement[0].Effect: the effect must be Allow or Deny",
    );
    refuses(
        r#"{"Statement":{"Effect":["Allow"]}}"#,
        "Statement[0].Effect: expected a string, found a list",
    );
    refuses(
        r#"{"Statement":{"Effect":"Allow","Effect":"Deny"}}"#,
        "Effect: the key is given twice in one object",
    );
}

#[test]
fn both_forms_of_an_element_are_refused() {
    refuses_elements(
        r#","Action":"a:b","NotAction":"a:b""#,
        "Statement[0].NotAction: a statement cannot have both Action",
    );
    refuses_elements(
        r#","NotResource":"*","Resource":"*""#,
        "Statement[0].Resource: a statement cannot have both Resource",
    );
    refuses_elements(
        r#","Principal":"*","NotPrincipal":"*""#,
        "Statement[0].NotPrincipal: a statement cannot have both",
    );
    refuses_elements(
        r#","Action":[],"NotAction":[]"#,
        "Statement[0].NotAction: a statement cannot have both",
    );
}

#[test]
fn names_count_their_case() {
    refuses_elements(
        r#","action":"a:b""#,
        "Statement[0].action: unknown element (names are case-sensitive); use one of Sid",
    );
    refuses_elements(
        r#","Conditions":{}"#,
        "Statement[0].Conditions: unknown element",
    );
    refuses_elements(
        r#","Principal":{"aws":"*"}"#,
        "Statement[0].Principal.aws: unknown element",
    );
    refuses(
        r#"{"statement":{"Effect":"Deny"},"Statement":{"Effect":"Allow"}}"#,
        "statement: unknown element",
    );
    refuses(
        r#"{"version":"2012-10-17","Statement":{"Effect":"Allow"}}"#,
        "version: unknown element",
    );
}

#[test]
fn principal_forms() {
    assert!(matches!(
        statement(r#","Principal":"*""#).principal,
        Some(PrincipalElement::Principal(PrincipalSet::Everyone(_)))
    ));
    for empty in [
        r#","Principal":{}"#,
        r#","Principal":{"AWS":[]}"#,
        r#","Principal":{"AWS":[null],"Service":[]}"#,
    ] {
        let expected = Some(PrincipalElement::Principal(
            PrincipalSet::Listed(Vec::new()),
        ));
        assert_eq!(statement(empty).principal, expected);
    }
    refuses_elements(
        r#","Principal":"arn:aws:iam::111122223333:root""#,
        "Statement[0].Principal: the only principal without",
    );
    refuses_elements(
        r#","Principal":["*"]"#,
        "Statement[0].Principal: expected \"*\" or an object, found a list",
    );
    refuses_elements(
        r#","Principal":{"*":"*"}"#,
        "Statement[0].Principal.*: unknown element",
    );
    refuses_elements(
        r#","Principal":{"AWS":5}"#,
        "Statement[0].Principal.AWS: expected a string or a list of strings",
    );
}

#[test]
fn length_is_bounded_in_characters() {
    let with = |length: usize| {
        let text = r#"{"Id":"","Statement":{"Effect":"Deny"}}"#;
        text.replacen(
            "\"\"",
            &format!("\"{}\"", "é".repeat(length - text.len())),
            1,
        )
    };
    policy(&with(limits::READ_CHARACTERS));
    let expected = format!(
        "policy: longer than {} characters; split the policy",
        limits::READ_CHARACTERS
    );
    refuses(&with(limits::READ_CHARACTERS + 1), &expected);
    let text = with(100);
    assert!(Policy::parse_at_most(&text, 100).is_ok());
    assert!(Policy::parse_at_most(&text, 99).is_err());
}

#[test]
fn many_statements() {
    let text = format!(
        "{{\"Statement\":[{}]}}",
        vec![r#"{"Effect":"Deny"}"#; 100_000].join(",")
    );
    assert_eq!(
        Policy::parse_at_most(&text, usize::MAX)
            .unwrap()
            .statements
            .len(),
        100_000
    );
    refuses(&text, "policy: longer than");
}

#[test]
fn long_keys_are_cut_in_messages() {
    let key = "é".repeat(10_000);
    let error = Policy::parse(&format!(
        r#"{{"Statement":{{"Effect":"Allow","{key}":1}}}}"#
    ))
    .unwrap_err();
    assert_eq!(error.place(), format!("Statement[0].{}…", "é".repeat(64)));
}

#[test]
fn spans_point_at_the_text() {
    let text = "{\"Statement\": [\n  {\"Effect\": \"Allow\",\n   \"Action\": [\"a:b\", \"c:d\"]}]}";
    let policy = policy(text);
    let span = |span: Span| {
        (
            span.start.line,
            span.start.column,
            span.end.line,
            span.end.column,
        )
    };
    assert_eq!(span(policy.statements[0].span), (2, 3, 3, 29));
    assert_eq!(span(policy.statements[0].effect.span), (2, 14, 2, 21));
    assert_eq!(
        span(policy.statements[0].action.as_ref().unwrap().patterns()[1].span),
        (3, 22, 3, 27)
    );
    let error =
        Policy::parse("{\"Statement\":\n [{\"Effect\":\"Allow\",\n\"Sid\": 1}]}").unwrap_err();
    assert_eq!(span(error.span()), (3, 8, 3, 9));
    assert_eq!(error.place(), "Statement[0].Sid");
    assert_eq!(
        error.problem(),
        &Problem::WrongType {
            expected: "a string",
            found: "a number"
        }
    );
}

fn spans(policy: &Policy) -> Vec<Span> {
    let mut spans = Vec::new();
    for statement in &policy.statements {
        spans.extend([statement.span, statement.effect.span]);
        spans.extend(
            statement
                .action
                .iter()
                .flat_map(ActionElement::patterns)
                .map(|pattern| pattern.span),
        );
        for condition in &statement.conditions {
            spans.extend([condition.operator.span, condition.key.span]);
        }
    }
    spans
}

proptest! {
    #[test]
    fn spans_are_within_the_text(policy in any_policy()) {
        let text = policy.to_json();
        let last = u32::try_from(text.chars().count()).unwrap() + 1;
        for span in spans(&Policy::parse(&text).unwrap()) {
            prop_assert!(span.start < span.end, "{span:?}");
            prop_assert!(span.start.line == 1 && span.end.column <= last, "{span:?}");
        }
    }

    #[test]
    fn whitespace_changes_nothing_but_spans(policy in any_policy()) {
        let text = policy.to_json();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        // Sorts the keys, which may reorder conditions, so only the printed forms of two readings are compared.
        let sorted = Policy::parse(&value.to_string()).unwrap();
        let spaced = Policy::parse(&format!("\r\n\t {value:#} \n")).unwrap();
        prop_assert_eq!(sorted.to_json(), spaced.to_json());
    }
}
