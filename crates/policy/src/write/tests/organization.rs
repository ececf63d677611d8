//! Service and resource control policies: one message, many rules.

use crate::PolicyKind::{ResourceControl, ServiceControl};
use crate::{PolicyKind, WriteRule, check};

fn answers(text: &str, kind: PolicyKind, expected: Option<WriteRule>) {
    let answer = check(text, kind).err();
    assert_eq!(
        answer.as_ref().map(crate::WritePolicyError::rule),
        expected,
        "{kind:?}: {text}"
    );
    if let Some(error) = answer {
        let message = "The provided policy document does not meet the requirements of the specified policy type.";
        assert_eq!(error.message(), message);
    }
}

fn statement(statement: &str, kind: PolicyKind, expected: Option<WriteRule>) {
    answers(
        &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#),
        kind,
        expected,
    );
}

#[test]
fn both_kinds() {
    let good = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#;
    for (kind, good) in [
        (ResourceControl, good.to_owned()),
        (ServiceControl, good.replace(r#""Principal":"*","#, "")),
    ] {
        statement(&good, kind, None);
        answers("{", kind, Some(WriteRule::Syntax));
        answers(
            r#"{"Version":"2012-10-17","Statement":[]}"#,
            kind,
            Some(WriteRule::Syntax),
        );
        answers(
            &format!(r#"{{"Statement":{good}}}"#),
            kind,
            Some(WriteRule::Version),
        );
        answers(
            &format!(r#"{{"Version":"2008-10-17","Statement":{good}}}"#),
            kind,
            Some(WriteRule::Version),
        );
        answers(
            &format!(r#"{{"Version":"2012-10-17","X":1,"Statement":{good}}}"#),
            kind,
            Some(WriteRule::Syntax),
        );
        statement(&good.replace("Deny", "deny"), kind, Some(WriteRule::Syntax));
        statement(
            &good.replace("{\"E", "{\"Sid\":\"a b\",\"E"),
            kind,
            Some(WriteRule::SidCharacters),
        );
        let named = good.replace("{\"E", "{\"Sid\":\"a\",\"E");
        statement(
            &format!("{named},{named}"),
            kind,
            Some(WriteRule::SidDuplicate),
        );
        statement(
            &good.replace(r#""Action":"s3:*","#, ""),
            kind,
            Some(WriteRule::ActionMissing),
        );
        statement(
            &good.replace("s3:*", "s3"),
            kind,
            Some(WriteRule::ActionFormat),
        );
        statement(
            &good.replace(r#","Resource":"*""#, ""),
            kind,
            Some(WriteRule::ResourceMissing),
        );
        statement(
            &good.replace(r#""Resource":"*""#, r#""Resource":"x""#),
            kind,
            Some(WriteRule::ResourceFormat),
        );
        let condition = |text: &str| {
            good.replace(
                r#""Resource""#,
                &format!(r#""Condition":{text},"Resource""#),
            )
        };
        statement(
            &condition(r#"{"Foo":{"k":"v"}}"#),
            kind,
            Some(WriteRule::Syntax),
        );
        statement(
            &condition(r#"{"DateEquals":{"k":"v"}}"#),
            kind,
            Some(WriteRule::LegacyParsing),
        );
        statement(&condition(r#"{"StringEquals":{"k":"v"}}"#), kind, None);
    }
}

#[test]
fn service_control() {
    let principal = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#;
    statement(
        principal,
        ServiceControl,
        Some(WriteRule::PrincipalProhibited),
    );
    for good in [
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":["iam:*"],"NotResource":"arn:aws:s3:::b","Condition":{"Bool":{"k":true}}}"#,
        r#"{"Effect":"Deny","Action":"ec2:*Instances","Resource":"arn:aws:ec2:*:*:instance/*"}"#,
    ] {
        statement(good, ServiceControl, None);
    }
}

#[test]
fn resource_control() {
    for (text, rule) in [
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
            WriteRule::Effect,
        ),
        (
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
            WriteRule::PrincipalMissing,
        ),
        (
            r#"{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"}"#,
            WriteRule::PrincipalFormat,
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*"}"#,
            WriteRule::PrincipalProhibited,
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}"#,
            WriteRule::ActionProhibited,
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","*"],"Resource":"*"}"#,
            WriteRule::ActionProhibited,
        ),
    ] {
        statement(text, ResourceControl, Some(rule));
    }
    let good = r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:AssumeRole"],"NotResource":"arn:aws:s3:::b"}"#;
    statement(good, ResourceControl, None);
}
