use super::*;

mod identity;
mod organization;
mod property;
mod resource;
mod trust;

/// Asserts the answer to a document: `Ok` or AWS's message.
fn answers(text: &str, kind: PolicyKind, expected: Result<(), &str>) {
    let answer = check(text, kind);
    match (&answer, expected) {
        (Ok(_), Ok(())) => {}
        (Err(error), Err(message)) => assert_eq!(error.message(), message, "{text}"),
        _ => panic!("{kind:?}: {text}\n  gave {answer:?}\n  not {expected:?}"),
    }
}

#[test]
fn kinds_under_the_rules_of_identity_policies() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}"#;
    for kind in [
        PolicyKind::Boundary,
        PolicyKind::Identity,
        PolicyKind::Session,
    ] {
        answers(text, kind, Err("Policy statement must contain resources."));
    }
}

#[test]
fn explanations_say_where_and_what_to_do() {
    let explain = |text: &str, kind| check(text, kind).unwrap_err().explanation();
    assert_eq!(
        explain(
            r#"{"Statement":{"Effect":"Allow","Action":5}}"#,
            PolicyKind::Identity
        ),
        "Statement[0].Action: expected a string or a list of strings, found a number (line 1, column 41)"
    );
    assert_eq!(
        explain(
            "{\"Version\":\"2012-10-17\",\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\n\"Resource\":[\"*\",\"b\"]}]}",
            PolicyKind::Identity
        ),
        "Statement[0].Resource: write an ARN, such as arn:aws:s3:::bucket/key, or \"*\" (line 3, column 17)"
    );
    let error = check(r#"{"Statement":{"Effect":"Allow"}}"#, PolicyKind::Trust).unwrap_err();
    assert_eq!(error.rule(), WriteRule::PrincipalMissing);
    assert_eq!(error.place(), "Statement[0].Principal");
    assert_eq!(error.to_string(), error.message());
    assert_eq!(error.span().start.column, 14);
}
