use std::fs;
use std::path::Path;

use super::*;

fn tested(text: &str) -> Tested {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.json"), ALL).unwrap();
    let path = folder.path().join("test.yaml");
    fs::write(&path, text).unwrap();
    let mut tested = test(&path);
    // The folder has a new name each time.
    let hide =
        |text: &mut String| *text = text.replace(&format!("{}/", folder.path().display()), "");
    hide(&mut tested.file);
    if let Err(error) = &mut tested.result {
        hide(error);
    }
    tested
}

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// A file with the least that a file needs, and this test.
fn one(test: &str) -> String {
    format!(
        "policies: {{all: all.json}}\n\
         given: {{principal: \"arn:aws:iam::111122223333:user/alice\", identityPolicies: [all]}}\n\
         tests:\n- {test}\n"
    )
}

fn error(text: &str) -> String {
    tested(text).result.unwrap_err()
}

#[test]
fn the_example_passes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policy-test.yaml");
    let outcomes = test(&path).result.unwrap();
    assert!(outcomes.len() >= 10);
    for outcome in outcomes {
        assert!(outcome.failure.is_none(), "{outcome:?}");
    }
}

#[test]
fn the_example_of_the_help_passes() {
    let sample: String = HELP
        .lines()
        .skip_while(|line| !line.starts_with("  policies:"))
        .take_while(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    let tested = tested(&sample.replace("read-reports.json", "all.json"));
    let outcomes = tested.result.unwrap();
    assert_eq!(outcomes.len(), 3);
    assert!(
        outcomes.iter().all(|it| it.failure.is_none()),
        "{outcomes:?}"
    );
}

#[test]
fn failures_are_shown_as_differences() {
    let tested = tested(
        r#"policies: {all: all.json}
given:
  principal: arn:aws:iam::111122223333:user/alice
  identityPolicies:
    - all
    - name: no-deletes
      document: {Version: 2012-10-17, Statement: [{Sid: S, Effect: Deny, Action: "s3:Delete*", Resource: "*"}]}
  resource: arn:aws:s3:::b/o
tests:
  - {action: s3:GetObject, expect: allowed}
  - {name: "get & <see>", action: s3:GetObject, expect: denied}
  - action: s3:DeleteObject
    expect: {decision: allowed, decidedBy: resource, statements: [identity/all/0], message: no}
  - {name: both, action: [s3:DeleteObject, s3:DeleteBucket], expect: {decision: explicitDeny, statements: [identity/no-deletes/S]}}
  - {action: s3:DeleteObject, expect: {decision: denied, statements: []}}
"#,
    );
    let outcomes = tested.result.as_ref().unwrap();
    assert_eq!(
        outcomes
            .iter()
            .map(|it| it.failure.is_some())
            .collect::<Vec<_>>(),
        [false, true, true, false, false, true]
    );
    insta::assert_snapshot!("report", report(&[tested], true));
}

#[test]
fn junit_xml() {
    let pass = one("{action: s3:GetObject, resource: \"*\", expect: allowed}");
    let fail = one("{name: \"<get>\", action: s3:GetObject, resource: \"*\", expect: denied}");
    let xml = junit::document(&[tested(&pass), tested(&fail), tested("tests: 5")]);
    insta::assert_snapshot!("junit", xml);
}

#[test]
fn bad_input_is_shown_by_line_and_column() {
    let check =
        |text: &str, expected: &str| assert_eq!(error(text), format!("test.yaml:{expected}"));
    check("tests: []", "1:8: there are no tests");
    check("given: {}", "1:1: there are no tests");
    check(
        "test: []",
        "1:1: \"test\" is none of define, given, policies, tests",
    );
    check(
        "tests:\n- 5",
        "2:3: a test must be a mapping, not a number or boolean",
    );
    check(
        &one("{action: s3:Get, resource: \"*\"}"),
        "4:3: a test needs expect",
    );
    check(
        &one("{action: s3:Get, expect: allowed}"),
        "4:3: resource is missing, here and under given",
    );
    check(
        &one("{action: s3:Get, resource: \"*\", expect: allow}"),
        "4:43: a decision is one of allowed, denied, explicitDeny, implicitDeny",
    );
    check(
        &one("{action: Get, resource: \"*\", expect: allowed}"),
        "4:3: action: \"Get\" is not of the form service:Name",
    );
    check(
        &one("{action: {}, resource: \"*\", expect: allowed}"),
        "4:12: action must be a text, not a mapping",
    );
    check(
        &one("{action: s3:Get, resource: \"*\", identityPolicies: [al], expect: allowed}"),
        "4:54: no policy \"al\" under policies, which has all",
    );
    check(
        &one("{action: s3:Get, resource: \"*\", expect: {decision: allowed, by: x}}"),
        "4:63: \"by\" is none of decidedBy, decision, message, statements",
    );
    check(
        &one("{action: s3:Get, resource: \"*\", context: {k: [[a]]}, expect: allowed}"),
        "4:49: k must be a text, number or boolean, not a list",
    );
    check(
        "policies:\n  p:\n    Statement:\n    - Effect: Allow\n      Action: 5\n      Resource: '*'\ntests: []",
        "5:15: Statement[0].Action: expected a string or a list of strings, found a number",
    );
    check(
        "policies:\n  p: all.json\n  p: all.json",
        "3:3: \"p\" stands twice in one mapping",
    );
    assert!(
        error("policies: {p: none.json}\ntests: []")
            .starts_with("test.yaml:1:15: can't read none.json: ")
    );
    let acton = error(&one("{acton: s3:Get, resource: \"*\", expect: allowed}"));
    assert!(
        acton.starts_with("test.yaml:4:4: \"acton\" is none of "),
        "{acton}"
    );
}

#[test]
fn fields_are_inherited() {
    let passes = |test: &str| {
        let text = format!(
            "policies: {{all: all.json}}\n\
             given: {{principal: \"arn:aws:iam::111122223333:user/alice\", action: s3:Get, resource: \"*\", \
             identityPolicies: [all], permissionsBoundary: [{{Version: 2012-10-17, Statement: [{{Effect: Allow, \
             Action: \"*\", Resource: \"*\", Condition: {{StringEquals: {{a: \"1\", b: \"2\"}}}}}}]}}], context: {{a: 1}}}}\n\
             tests:\n- {test}\n"
        );
        let outcomes = tested(&text).result.unwrap();
        outcomes.iter().all(|it| it.failure.is_none())
    };
    assert!(passes(
        "expect: {decision: implicitDeny, decidedBy: permissionsBoundary}"
    ));
    assert!(passes("{context: {b: 2}, expect: allowed}"));
    assert!(passes("{context: {a: null, b: 2}, expect: implicitDeny}"));
    assert!(passes("{context: {a: [1], b: 2}, expect: implicitDeny}"));
    assert!(passes("{permissionsBoundary: null, expect: allowed}"));
    assert!(passes("{permissionsBoundary: [], expect: implicitDeny}"));
    // Each principal makes a request of its own: the owner's root user is allowed, the other's is not.
    let roots =
        "principal: [\"arn:aws:iam::111122223333:root\", \"arn:aws:iam::444455556666:root\"]";
    let bucket = "resourceAccount: 111122223333, resource: \"arn:aws:s3:::b\"";
    assert!(!passes(&format!("{{{roots}, {bucket}, expect: denied}}")));
    assert!(!passes(&format!("{{{roots}, {bucket}, expect: allowed}}")));
}
