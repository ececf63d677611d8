use super::*;

#[test]
fn explicit_deny() {
    let scene = scene(
        "iam:DeleteVirtualMFADevice",
        "arn:aws:iam::111122223333:mfa/diego",
    )
    .inline(
        "MfaRules",
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "AllowAll", "Effect": "Allow", "Action": "iam:*", "Resource": "*" },
    {
      "Sid": "KeepDevices",
      "Effect": "Deny",
      "Action": "iam:DeleteVirtualMFADevice",
      "Resource": "*"
    }
  ]
}"#,
    );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn explicit_deny_without_mfa() {
    let scene = scene("ec2:StopInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-1")
        .managed(
            AttachedTo::Group("ops".into()),
            "arn:aws:iam::111122223333:policy/ForceMfa",
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"NoMfaNoFun","Effect":"Deny","NotAction":["iam:ListMFADevices","iam:EnableMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#,
        )
        .managed(
            AttachedTo::Group("ops".into()),
            "arn:aws:iam::111122223333:policy/Operate",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#,
        );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn nearly_allowed_but_for_the_resource() {
    let scene = scene("s3:GetObject", "arn:aws:s3:::reports/2026/q1.csv").inline(
        "ReadReports",
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
      "Resource": "arn:aws:s3:::reports"
    }
  ]
}"#,
    );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn nearly_allowed_but_for_a_condition() {
    let scene = Scene {
        context: &[("aws:SourceIp", "198.51.100.7")],
        ..scene("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/orders")
    }
    .managed(
        AttachedTo::User("alice".into()),
        "arn:aws:iam::111122223333:policy/FromTheOffice",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:*:111122223333:table/*","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","192.0.2.0/24"]},"StringEquals":{"aws:PrincipalTag/team":"orders"}}}]}"#,
    );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn variables_under_the_old_version() {
    let scene = Scene { context: &[("aws:username", "alice")], ..scene("s3:PutObject", "arn:aws:s3:::home/alice/x.txt") }
        .inline(
            "Home",
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}]}"#,
        );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn boundary() {
    let scene = scene("s3:DeleteBucket", "arn:aws:s3:::reports")
        .inline("Admin", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        .boundary(
            "arn:aws:iam::111122223333:policy/DeveloperBoundary",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:PutObject"],"Resource":"*"}]}"#,
        );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn nothing_at_all() {
    let scene = scene("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs");
    insta::assert_snapshot!(scene.text());
}

#[test]
fn trust() {
    let scene = scene("sts:AssumeRole", "arn:aws:iam::111122223333:role/Deploy")
        .inline("Assume", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#)
        .trust(
            "trust policy of role Deploy",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:user/bob","AIDAQAAAAAAAEXAMPLE12"]},"Action":"sts:AssumeRole"}]}"#,
        );
    insta::assert_snapshot!(scene.text());
}

#[test]
fn another_account_that_nobody_has_seen() {
    let scene = Scene {
        unseen: &[LayerKind::ResourceControl, LayerKind::ServiceControl, LayerKind::Resource],
        ..scene("sqs:SendMessage", "arn:aws:sqs:us-east-1:444455556666:jobs")
    }
    .inline("Send", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}"#);
    insta::assert_snapshot!(scene.text());
}

#[test]
fn document_that_cannot_be_read() {
    let scene = scene("s3:GetObject", "arn:aws:s3:::reports/x")
        .inline("Good", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        .inline("Broken", r#"{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#);
    insta::assert_snapshot!(scene.text());
}

#[test]
fn rules_that_no_policy_changes() {
    let root = "arn:aws:iam::111122223333:root";
    insta::assert_snapshot!(
        Scene {
            principal: root,
            ..scene("sts:AssumeRole", "arn:aws:iam::111122223333:role/Deploy")
        }
        .text()
    );
}

#[test]
fn service_control() {
    let scene = scene("ec2:RunInstances", "arn:aws:ec2:eu-west-3:111122223333:instance/*")
        .inline("Admin", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        .with(
            LayerKind::ServiceControl,
            AttachedTo::Organization("ou-abcd-prod".into()),
            "OnlyEurope",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"Regions","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}}]}"#,
        );
    insta::assert_snapshot!(
        Scene {
            context: &[("aws:RequestedRegion", "eu-west-3")],
            ..scene
        }
        .text()
    );
}

/// Two elements miss: no edit of the statement is proposed, but it is shown.
#[test]
fn further_away() {
    let scene = scene("s3:GetObject", "arn:aws:s3:::reports/q1.csv").inline(
        "Read",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::reports","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}"#,
    );
    insta::assert_snapshot!(scene.text());
}
