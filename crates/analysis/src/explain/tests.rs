use keyward_diagnose::{Style, render_text};
use keyward_engine::{DecidedBy, Decision, LayerKind};

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

const EXPORT: &str = include_str!("export.json");

fn export(files: &[(&str, &str)]) -> Export {
    let pieces = files
        .iter()
        .flat_map(|(path, text)| keyward_export::read(path, (*text).to_owned()).unwrap());
    Export::of(pieces).unwrap()
}

fn account() -> Export {
    export(&[("export.json", EXPORT)])
}

fn ask(
    source: &Export,
    principal: &str,
    action: &str,
    resource: &str,
    context: &[&str],
) -> Result<Report, BadQuestion> {
    let context: Vec<String> = context.iter().map(|it| (*it).to_owned()).collect();
    explain(
        source,
        &Question::new(principal, action, resource, &context)?,
        NOW,
    )
}

fn arn(name: &str) -> String {
    match name.split_once(':') {
        Some(_) => name.to_owned(),
        None if name == "root" => "arn:aws:iam::111122223333:root".to_owned(),
        None if name.starts_with("assumed-role/") => format!("arn:aws:sts::111122223333:{name}"),
        None => format!("arn:aws:iam::111122223333:{name}"),
    }
}

/// Checks the decision, what decided, and the policies of the determining statements.
fn check(
    principal: &str,
    action: &str,
    resource: &str,
    context: &[&str],
    decision: &str,
    policies: &[&str],
) {
    let report = ask(&account(), &arn(principal), action, &arn(resource), context).unwrap();
    let by = match report.decision.determined().by {
        DecidedBy::Layer(layer) => layer.as_str(),
        DecidedBy::Rule(_) => "rule",
        DecidedBy::UnusablePolicy(_) => "unusable",
    };
    assert_eq!(
        format!("{} {by}", report.decision.as_str()),
        decision,
        "{principal} {action} {resource}"
    );
    let found: Vec<String> = report
        .determining()
        .map(|it| format!("{}[{}]", it.policy, it.index))
        .collect();
    assert_eq!(found, policies, "{principal} {action} {resource}");
}

#[test]
fn users() {
    check(
        "user/dev/alice",
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &[],
        "allowed identity",
        &["ReadReports[0]"],
    );
    check(
        "user/dev/alice",
        "s3:PutObject",
        "arn:aws:s3:::reports/x",
        &[],
        "implicitDeny identity",
        &[],
    );
    check(
        "user/dev/alice",
        "sqs:SendMessage",
        "arn:aws:sqs:us-east-1:111122223333:q",
        &[],
        "implicitDeny permissionsBoundary",
        &[],
    );
    // Group policies count, and percent-encoded documents.
    check(
        "user/bob",
        "s3:DeleteObject",
        "arn:aws:s3:::reports/x",
        &[],
        "explicitDeny identity",
        &["NoDelete[0]"],
    );
    check(
        "user/bob",
        "s3:GetObject",
        "arn:aws:s3:::home/bob/x",
        &[],
        "allowed identity",
        &["Home[0]"],
    );
    check(
        "user/bob",
        "s3:GetObject",
        "arn:aws:s3:::home/alice/x",
        &[],
        "implicitDeny identity",
        &[],
    );
}

#[test]
fn the_default_version_counts() {
    check(
        "user/bob",
        "sns:Publish",
        "arn:aws:sns:us-east-1:111122223333:t",
        &[],
        "allowed identity",
        &["Publish[0]"],
    );
    check(
        "user/bob",
        "sns:DeleteTopic",
        "arn:aws:sns:us-east-1:111122223333:t",
        &[],
        "implicitDeny identity",
        &[],
    );
}

#[test]
fn roles_and_sessions() {
    for principal in ["role/ci/Deploy", "assumed-role/Deploy/build-7"] {
        check(
            principal,
            "cloudformation:CreateStack",
            "arn:aws:cloudformation:us-east-1:111122223333:stack/x",
            &[],
            "allowed identity",
            &["Stacks[0]"],
        );
        // The role's own tag.
        check(
            principal,
            "ec2:StopInstances",
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            &[],
            "allowed identity",
            &["Stacks[1]"],
        );
    }
    let report = ask(
        &account(),
        &arn("role/ci/Deploy"),
        "ec2:StopInstances",
        "*",
        &[],
    )
    .unwrap();
    assert!(report.notes[0].starts_with("A role acts in sessions"));
}

#[test]
fn root_needs_no_policy() {
    check(
        "root",
        "s3:PutObject",
        "arn:aws:s3:::reports/x",
        &[],
        "allowed rule",
        &[],
    );
    check(
        "root",
        "sts:AssumeRole",
        "role/ci/Deploy",
        &[],
        "implicitDeny rule",
        &[],
    );
}

#[test]
fn trust_policies() {
    check(
        "user/bob",
        "sts:AssumeRole",
        "role/ci/Deploy",
        &[],
        "allowed resource",
        &["the trust policy of role Deploy[0]"],
    );
    check(
        "user/dev/alice",
        "sts:AssumeRole",
        "role/ci/Deploy",
        &[],
        "implicitDeny resource",
        &[],
    );
    // A role that the export does not have.
    let report = ask(
        &account(),
        &arn("user/bob"),
        "sts:AssumeRole",
        &arn("role/Nobody"),
        &[],
    )
    .unwrap();
    assert!(report.uncertain);
    assert_eq!(report.decision.layer(), Some(LayerKind::Resource));
}

#[test]
fn a_missing_managed_policy_refuses() {
    let without = EXPORT.replace(
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::111122223333:policy/Gone",
    );
    let report = ask(
        &export(&[("export.json", &without)]),
        &arn("user/carol"),
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &[],
    )
    .unwrap();
    let verdict = report.verdict.join(" ");
    assert!(
        verdict.contains("ReadOnlyAccess") && verdict.contains("LocalManagedPolicy"),
        "{verdict}"
    );
}

#[test]
fn a_missing_policy_of_aws_is_taken_from_the_catalog_and_told() {
    check(
        "user/carol",
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &[],
        "allowed identity",
        &["ReadOnlyAccess[1]"],
    );
    let report = ask(
        &account(),
        &arn("user/carol"),
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &[],
    )
    .unwrap();
    let notes = report.notes.join(" ");
    assert!(
        notes.contains("policy ReadOnlyAccess: taken from"),
        "{notes}"
    );
}

#[test]
fn given_keys_win_and_repeated_ones_are_lists() {
    let (alice, queue) = ("user/dev/alice", "arn:aws:sns:us-east-1:111122223333:t");
    check(
        "user/bob",
        "sns:Subscribe",
        queue,
        &[],
        "implicitDeny identity",
        &[],
    );
    check(
        "user/bob",
        "sns:Subscribe",
        queue,
        &["aws:TagKeys=a", "aws:tagkeys=b"],
        "allowed identity",
        &["Publish[1]"],
    );
    check(
        "user/bob",
        "sns:Subscribe",
        queue,
        &["aws:TagKeys=a", "aws:TagKeys=z"],
        "implicitDeny identity",
        &[],
    );
    check(
        alice,
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &["AWS:username=mallory"],
        "allowed identity",
        &["ReadReports[0]"],
    );
    check(
        "user/bob",
        "s3:GetObject",
        "arn:aws:s3:::home/bob/x",
        &["AWS:username=mallory"],
        "implicitDeny identity",
        &[],
    );
    check(
        alice,
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &["aws:ResourceAccount=444455556666"],
        "implicitDeny resource",
        &[],
    );
}

#[test]
fn tags_of_the_entity_that_is_asked_about() {
    check(
        "user/bob",
        "iam:UpdateUser",
        "user/dev/alice",
        &[],
        "allowed identity",
        &["Publish[2]"],
    );
    check(
        "user/bob",
        "iam:UpdateUser",
        "user/carol",
        &[],
        "implicitDeny identity",
        &[],
    );
}

/// Of a request through a VPC endpoint, the endpoint's policy must allow too.
#[test]
fn endpoint_policies() {
    let endpoints = |kind: &str, principal: &str, more: &str| {
        format!(
            r#"{{"VpcEndpoints":[{{"VpcEndpointId":"vpce-1","VpcEndpointType":"{kind}","VpcId":"vpc-1","ServiceName":"com.amazonaws.us-east-1.s3","State":"available",
              "PolicyDocument":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{principal},\"Action\":\"s3:GetObject\",\"Resource\":\"*\"{more}}}]}}"}},
              {{"VpcEndpointId":"vpce-2","VpcEndpointType":"Interface","VpcId":"vpc-1"}}]}}"#
        )
    };
    let decide = |file: &str, resource: &str, endpoint: &[&str]| {
        let source = export(&[("export.json", EXPORT), ("endpoints.json", file)]);
        let alice = arn("user/dev/alice");
        let report = ask(&source, &alice, "s3:GetObject", resource, endpoint).unwrap();
        let layer = report.decision.layer().map_or("", LayerKind::as_str);
        let state = report
            .layers
            .iter()
            .find(|it| it.layer == LayerKind::Endpoint);
        format!(
            "{} {layer} {}",
            report.decision.as_str(),
            state.map_or("", |it| it.state.as_str())
        )
    };
    let reports = "arn:aws:s3:::reports/x";
    let all = r#"\"*\""#;
    let through: &[&str] = &["aws:SourceVpce=vpce-1"];
    for (file, endpoint, expected) in [
        (
            endpoints("Gateway", all, ""),
            &[][..],
            "allowed identity unknown",
        ),
        (
            endpoints("Gateway", all, ""),
            through,
            "allowed identity allows",
        ),
        (
            endpoints("Gateway", r#"{\"AWS\":\"111122223333\"}"#, ""),
            through,
            "implicitDeny endpoint implicitDeny",
        ),
        (
            endpoints("Interface", r#"{\"AWS\":\"111122223333\"}"#, ""),
            through,
            "allowed identity allows",
        ),
        (
            endpoints(
                "Gateway",
                r#"{\"AWS\":\"arn:aws:iam::111122223333:user/bob\"}"#,
                "",
            ),
            through,
            "implicitDeny endpoint implicitDeny",
        ),
        // The VPC is that of the endpoint.
        (
            endpoints(
                "Gateway",
                all,
                r#",\"Condition\":{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}"#,
            ),
            through,
            "allowed identity allows",
        ),
        // Without a policy all is let through; what is not listed is not known.
        (
            endpoints("Gateway", all, ""),
            &["aws:SourceVpce=vpce-2"],
            "allowed identity none",
        ),
        (
            endpoints("Gateway", all, ""),
            &["aws:SourceVpce=vpce-3"],
            "allowed identity unknown",
        ),
        // What cannot be read refuses.
        (
            endpoints("Gateway", "3", ""),
            through,
            "implicitDeny endpoint implicitDeny",
        ),
    ] {
        assert_eq!(
            decide(&file, reports, endpoint),
            expected,
            "{file} {endpoint:?}"
        );
    }
}

#[test]
fn sessions_that_assume_roles() {
    let session = arn("assumed-role/Deploy/ci");
    let notes = |principal: &str, action: &str| {
        let report = ask(&account(), principal, action, &arn("role/ops/Deploy"), &[]);
        report.unwrap().notes.join(" ")
    };
    assert!(notes(&session, "sts:AssumeRole").contains("lasts an hour at most"));
    assert!(!notes(&session, "iam:GetRole").contains("lasts an hour at most"));
    assert!(!notes(&arn("user/bob"), "sts:AssumeRole").contains("lasts an hour at most"));
}

#[test]
fn bad_input() {
    for (principal, action, resource, context, expected) in [
        (
            "user/alise",
            "s3:GetObject",
            "*",
            "",
            "did you mean arn:aws:iam::111122223333:user/dev/alice?",
        ),
        (
            "user/alice",
            "s3:GetObject",
            "*",
            "",
            "did you mean arn:aws:iam::111122223333:user/dev/alice?",
        ),
        (
            "user/zzzzzzzzz",
            "s3:GetObject",
            "*",
            "",
            "it has 3 users, none with a name like it",
        ),
        (
            "role/Deplo",
            "s3:GetObject",
            "*",
            "",
            "did you mean arn:aws:iam::111122223333:role/ci/Deploy?",
        ),
        (
            "assumed-role/Deplyo/s",
            "s3:GetObject",
            "*",
            "",
            "did you mean arn:aws:iam::111122223333:role/ci/Deploy?",
        ),
        (
            "assumed-role/Deploy",
            "s3:GetObject",
            "*",
            "",
            "ends with its role's name",
        ),
        (
            "group/staff",
            "s3:GetObject",
            "*",
            "",
            "give the ARN of a user",
        ),
        (
            "arn:aws:iam::999999999999:root",
            "s3:GetObject",
            "*",
            "",
            "and the export holds account 111122223333",
        ),
        ("user/bob", "GetObject", "*", "", "service:Name"),
        ("user/bob", "s3:Get*", "*", "", "without wildcards"),
        (
            "user/bob",
            "s3:GetObject",
            "x:reports",
            "",
            "neither an ARN nor *",
        ),
        ("user/bob", "s3:GetObject", "*", "aws:SourceIp", "KEY=VALUE"),
        (
            "user/bob",
            "s3:GetObject",
            "*",
            "aws:ResourceAccount=12",
            "12 digits",
        ),
    ] {
        let resource = if resource == "*" {
            resource.to_owned()
        } else {
            arn(resource)
        };
        let context: Vec<&str> = Some(context)
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect();
        let message = ask(&account(), &arn(principal), action, &resource, &context)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(expected) && !message.contains('\n'),
            "{message}"
        );
    }
    let message = ask(&account(), "bob", "s3:GetObject", "*", &[])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "--principal takes an ARN; did you mean arn:aws:iam::111122223333:user/bob?"
    );
}

#[test]
fn bare_policies_are_those_of_whoever_is_asked_about() {
    let bare = export(&[
        (
            "p/b.json",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}}"#,
        ),
        (
            "p/a.json",
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}\n}",
        ),
    ]);
    let ask = |action: &str| ask(&bare, &arn("user/any"), action, "arn:aws:s3:::b/k", &[]).unwrap();
    let report = ask("s3:GetObject");
    let statement = report.determining().next().unwrap();
    let place = statement.place.as_ref().unwrap();
    assert_eq!(
        (
            statement.policy.as_str(),
            place.position.line,
            place.position.column
        ),
        ("a", 3, 16)
    );
    assert_eq!(place.file.as_deref(), Some("p/a.json"));
    assert!(matches!(
        ask("s3:DeleteObject").decision,
        Decision::ExplicitDeny(_)
    ));
}

/// What stands at the line and column that a report names is the statement.
#[test]
fn places_are_those_of_the_file() {
    let report = ask(
        &account(),
        &arn("user/dev/alice"),
        "s3:GetObject",
        "arn:aws:s3:::reports/x",
        &[],
    )
    .unwrap();
    let statement = report.determining().next().unwrap();
    let place = statement.place.as_ref().unwrap();
    let line = EXPORT
        .lines()
        .nth(place.position.line as usize - 1)
        .unwrap();
    assert_eq!(
        line.chars().nth(place.position.column as usize - 1),
        Some('{'),
        "{line}"
    );
    assert_eq!(
        EXPORT
            .lines()
            .nth(place.position.line as usize)
            .unwrap()
            .trim(),
        r#""Sid": "Read","#
    );
}

#[test]
fn as_people_read_it() {
    let text = |principal: &str, action: &str, resource: &str| {
        render_text(
            &ask(&account(), &arn(principal), action, &arn(resource), &[]).unwrap(),
            Style::Plain,
        )
    };
    insta::assert_snapshot!(
        "nearly",
        text("user/dev/alice", "s3:PutObject", "arn:aws:s3:::reports/x")
    );
    insta::assert_snapshot!(
        "group",
        text("user/bob", "s3:DeleteObject", "arn:aws:s3:::reports/x")
    );
    insta::assert_snapshot!(
        "trust",
        text("user/dev/alice", "sts:AssumeRole", "role/ci/Deploy")
    );
}
