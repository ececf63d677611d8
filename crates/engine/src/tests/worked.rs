//! The worked cases of `spec/evaluation-cases.md`, by their numbers.

use super::world::{A, C, Case, FULL, GO, check};
use crate::{CredentialKind, EndpointKind, ResourceKind};

const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111111111111:q";
const ROLE_T: &str = "arn:aws:iam::111111111111:role/T";

fn decrypt<'c>() -> Case<'c> {
    Case { action: "kms:Decrypt", resource: KEY, kind: ResourceKind::KmsKey, ..GO }
}

fn assume<'c>() -> Case<'c> {
    Case { action: "sts:AssumeRole", resource: ROLE_T, kind: ResourceKind::Role, ..GO }
}

#[test]
fn same_account() {
    let bob = GO;
    let session = Case { who: "R/s", ..GO };
    let none: Option<&[&str]> = Some(&["+ec2:*"]);
    check("1", Case { rp: &["+s3:* P:bob"], ..bob }, "allow resource");
    check("2", Case { pb: none, rp: &["+s3:* P:bob"], ..bob }, "allow resource");
    check("3", Case { pb: Some(&["-s3:*"]), rp: &["+s3:* P:bob"], ..bob }, "explicit permissionsBoundary");
    check("4", Case { rp: &["+s3:* P:root"], ..bob }, "implicit identity");
    check("5", Case { pb: none, id: &["+s3:*"], rp: &["+s3:* P:root"], ..bob }, "implicit permissionsBoundary");
    check("6", Case { id: &["+s3:*"], rp: &["-s3:* P:root"], ..bob }, "explicit resource");
    check("7", Case { rp: &["+s3:* P:R"], pb: none, ..session }, "implicit permissionsBoundary");
    check("8", Case { rp: &["+s3:* P:R"], sp: none, ..session }, "implicit session");
    check("9", Case { rp: &["+s3:* P:R"], pb: Some(&["+s3:*"]), sp: Some(&["+s3:*"]), ..session }, "allow resource");
    check("10", Case { rp: &["+s3:* P:R/s"], pb: none, sp: none, ..session }, "allow resource");
    check("11", Case { rp: &["+s3:* P:R/t"], ..session }, "implicit identity");
    let role = r#"+s3:* P:* ?{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/R"}}"#;
    check("12", Case { rp: &[role], pb: none, sp: none, ..session }, "allow resource");
    let exact = r#"+s3:* P:* ?{"StringEquals":{"aws:PrincipalArn":"arn:aws:sts::111111111111:assumed-role/R/s"}}"#;
    check("13", Case { rp: &[exact], ..session }, "implicit identity");
}

#[test]
fn federated_sessions() {
    let fed = Case { who: "fed", ..GO };
    let all: Option<&[&str]> = Some(&["+s3:*"]);
    check("14", Case { id: &["+s3:*"], ..fed }, "implicit session");
    check("15", Case { sp: all, id: &["+ec2:*"], rp: &["+s3:* P:bob"], ..fed }, "allow resource");
    check("16", Case { rp: &["+s3:* P:bob"], ..fed }, "implicit session");
    check("17", Case { rp: &["+s3:* P:fed"], pb: Some(&["+ec2:*"]), ..fed }, "allow resource");
    let anyone = r#"+s3:* P:* ?{"StringEquals":{"aws:PrincipalAccount":"111111111111"}}"#;
    check("18", Case { rp: &[anyone], ..fed }, "implicit session");
    check("18, with a session policy", Case { rp: &[anyone], sp: all, ..fed }, "allow resource");
    let everything: Option<&[&str]> = Some(&["+*"]);
    let assume = Case { who: "fed", id: &["+*"], sp: everything, rp: &["+sts:* P:bob"], ..assume() };
    check("20", assume, "implicit rule CredentialKind");
}

#[test]
fn credential_kinds() {
    let users = Case { action: "iam:ListUsers", resource: "arn:aws:iam::111111111111:user/", id: &["+*:*"], ..GO };
    check("19", Case { credential: CredentialKind::SessionToken, ..users }, "implicit rule CredentialKind");
    check("19, with MFA", Case { credential: CredentialKind::SessionTokenWithMfa, ..users }, "allow identity");
    check("19, long-term", users, "allow identity");
    check("19, console", Case { credential: CredentialKind::Console, ..users }, "allow identity");
}

#[test]
fn anonymous_and_services() {
    let anonymous = Case { who: "anonymous", ..GO };
    check("21", Case { rp: &["+s3:GetObject P:*"], ..anonymous }, "allow resource");
    check("22", Case { rp: &["+s3:GetObject P:root"], ..anonymous }, "implicit resource");
    let all =
        r#"+s3:GetObject P:* ?{"ForAllValues:StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/bob"}}"#;
    check("23", Case { rp: &[all], ..anonymous }, "allow resource");
    let not = r#"+s3:GetObject P:* ?{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/bob"}}"#;
    check("24", Case { rp: &[not], ..anonymous }, "allow resource");
    let outside = r#"-s3:* P:* ?{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}"#;
    let rcp: Option<&[&[&str]]> = Some(&[&[FULL], &[FULL, outside]]);
    check("25", Case { rp: &["+s3:GetObject P:*"], rcp, ..anonymous }, "explicit resourceControl");

    let topic = "arn:aws:sns:us-east-1:111111111111:t";
    let from_topic = r#"+sqs:SendMessage P:svc:sns.amazonaws.com ?{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111111111111:t"}}"#;
    let context = [("aws:SourceArn", topic)];
    let send = Case { action: "sqs:SendMessage", resource: QUEUE, rp: &[from_topic], context: &context, ..GO };
    let scp: Option<&[&[&str]]> = Some(&[&["+*"], &[]]);
    check("26", Case { who: "svc:sns.amazonaws.com", scp, ..send }, "allow resource");
    check("26, another service", Case { who: "svc:s3.amazonaws.com", ..send }, "implicit resource");
    check("27", send, "implicit identity");
}

#[test]
fn cross_account() {
    let cat = Case { who: "cat", ..GO };
    check("28", Case { rp: &["+s3:* P:cat"], ..cat }, "implicit identity");
    check("29", Case { id: &["+s3:*"], rp: &["+s3:* P:Croot"], ..cat }, "allow identity");
    let boundary: Option<&[&str]> = Some(&["+ec2:*"]);
    check("30", Case { id: &["+s3:*"], pb: boundary, rp: &["+s3:* P:cat"], ..cat }, "implicit permissionsBoundary");
    let session = Case { who: "X/s", id: &["+s3:*"], sp: boundary, rp: &["+s3:* P:X/s"], ..GO };
    check("31", session, "implicit session");
    check("32", Case { id: &["+s3:*"], ..cat }, "implicit resource");
}

#[test]
fn root_users() {
    let delete = Case { who: "root", action: "s3:DeleteBucket", resource: "arn:aws:s3:::b", ..GO };
    let scp: Option<&[&[&str]]> = Some(&[&["+*", "-s3:DeleteBucket"]]);
    check("33", Case { scp, ..delete }, "explicit serviceControl");
    check("33, without", delete, "allow rule RootUser");
    let unlock = Case { action: "s3:DeleteBucketPolicy", rp: &["-s3:* P:*"], ..delete };
    check("34", unlock, "allow rule RootUser");
    check("34, another account", Case { owner: C, ..unlock }, "explicit resource");
    check("34, another action", Case { action: "s3:PutBucketAcl", ..unlock }, "explicit resource");
    let scp: Option<&[&[&str]]> = Some(&[&["+*", "-s3:DeleteBucketPolicy"]]);
    check("35", Case { scp, ..unlock }, "explicit serviceControl");
    check("36", Case { who: "bob", id: &["+*:*"], ..unlock }, "explicit resource");
    check("37", Case { who: "root", rp: &["+kms:* P:R"], ..decrypt() }, "implicit resource");
    check("37, named", Case { who: "root", rp: &["+kms:* P:root"], ..decrypt() }, "allow resource");
    check("44", Case { who: "root", rp: &["+sts:AssumeRole @ P:root"], ..assume() }, "implicit rule RootAssumesRole");
}

#[test]
fn gated_resources() {
    check("38", Case { id: &["+kms:*"], rp: &["+kms:* P:root"], ..decrypt() }, "allow identity");
    check("39", Case { id: &["+kms:*"], rp: &["+kms:* P:R"], ..decrypt() }, "implicit resource");
    check("40", Case { rp: &["+kms:Decrypt P:bob"], ..decrypt() }, "allow resource");
    check("41", Case { id: &["+sts:AssumeRole"], rp: &["+sts:AssumeRole @ P:R"], ..assume() }, "implicit resource");
    check("42", Case { rp: &["+sts:AssumeRole @ P:bob"], ..assume() }, "allow resource");
    let trust = ["+sts:AssumeRole @ P:root"];
    let id = ["+sts:AssumeRole @arn:aws:iam::111111111111:role/T"];
    let assume = Case { id: &id, rp: &trust, ..assume() };
    check("43, assume", assume, "allow identity");
    check("43, tag", Case { action: "sts:TagSession", ..assume }, "implicit resource");
}

#[test]
fn organizations() {
    let scp: Option<&[&[&str]]> = Some(&[&["-s3:*"]]);
    let rcp: Option<&[&[&str]]> = Some(&[&[FULL, "-s3:* P:*"]]);
    check("45", Case { who: "slr", id: &["+s3:*"], scp, rcp, ..GO }, "allow identity");
    // 46: the caller leaves out both layers for a management account.
    check("46", Case { id: &["+s3:*"], ..GO }, "allow identity");
    check("47", Case { who: "cat", id: &["+s3:*"], rp: &["+s3:* P:*"], rcp, ..GO }, "explicit resourceControl");
    let scp: Option<&[&[&str]]> = Some(&[&["+*:*"], &["+s3:*"], &["-ec2:*"]]);
    check("48", Case { id: &["+s3:*"], scp, ..GO }, "implicit serviceControl");
    let scp: Option<&[&[&str]]> = Some(&[&["+*:*"], &["+s3:*"], &["-ec2:*", "+*"]]);
    check("48, allowed", Case { id: &["+s3:*"], scp, ..GO }, "allow identity");
}

#[test]
fn endpoints_and_fixed_rules() {
    let vpce: Option<&[&str]> = Some(&["+* P:root"]);
    let through = Case { id: &["+s3:*"], vpce, ..GO };
    check("49", through, "implicit endpoint");
    check("49, other", Case { endpoint: EndpointKind::Other, ..through }, "implicit endpoint");
    check("49, interface", Case { endpoint: EndpointKind::Interface, ..through }, "allow identity");
    check("49, root", Case { who: "root", ..through }, "allow rule RootUser");
    check("49, by name", Case { vpce: Some(&["+* P:bob"]), ..through }, "allow identity");
    check("49, anyone", Case { vpce: Some(&["+* P:*"]), ..through }, "allow identity");
    let scp: Option<&[&[&str]]> = Some(&[&["-sts:*"]]);
    let identity = Case { action: "sts:GetCallerIdentity", resource: "*", id: &["-sts:GetCallerIdentity"], scp, ..GO };
    check("50", identity, "allow rule GetCallerIdentity");
    check("50, anonymous", Case { who: "anonymous", ..identity }, "implicit rule CredentialKind");
}

#[test]
fn not_principal() {
    let rp = ["-s3:* !P:bob,root"];
    let boundary: Option<&[&str]> = Some(&["+s3:*"]);
    check("51", Case { id: &["+s3:*"], pb: boundary, rp: &rp, ..GO }, "explicit resource");
    check("51, without a boundary", Case { id: &["+s3:*"], rp: &rp, ..GO }, "allow identity");
    let session = Case { who: "R/s", id: &["+s3:*"], ..GO };
    check("52", Case { rp: &["-s3:* !P:R,root"], ..session }, "explicit resource");
    check("52, whole chain", Case { rp: &["-s3:* !P:R,root,R/s"], ..session }, "allow identity");
    check("53", Case { who: "anonymous", rp: &["+s3:GetObject !P:bob"], ..GO }, "implicit resource");
}

#[test]
fn variables() {
    let tag = "aws:PrincipalTag/t";
    let wild = ["+s3:GetObject @arn:aws:s3:::b/${aws:PrincipalTag/t}*"];
    check("54", Case { id: &wild, context: &[(tag, "")], ..GO }, "implicit identity");
    check("54, with a value", Case { id: &wild, context: &[(tag, "o")], ..GO }, "allow identity");
    let exact = ["+s3:GetObject @arn:aws:s3:::b/${aws:PrincipalTag/t}"];
    check("55", Case { id: &exact, context: &[(tag, "*")], ..GO }, "implicit identity");
    let differs = r#"-s3:GetObject ?{"StringNotEquals":{"s3:ExistingObjectTag/t":"${aws:PrincipalTag/t}"}}"#;
    let object = [("s3:ExistingObjectTag/t", "x")];
    check("56", Case { id: &["+s3:GetObject", differs], context: &object, ..GO }, "explicit identity");
    let not = ["+*:* !@arn:aws:s3:::b/${aws:PrincipalTag/t}/*"];
    check("57", Case { id: &not, ..GO }, "implicit identity");
    check("57, with a value", Case { id: &not, context: &[(tag, "x")], ..GO }, "allow identity");
    let mfa = r#"-* ?{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#;
    check("58", Case { id: &["+*", mfa], ..GO }, "explicit identity");
    let present = [("aws:MultiFactorAuthPresent", "true")];
    check("58, with MFA", Case { id: &["+*", mfa], context: &present, ..GO }, "allow identity");
}

#[test]
fn several_resources() {
    use super::world::with;
    use crate::{Decision, FixedRule, decide_all};
    let id = ["+ec2:RunInstances @arn:aws:ec2:*:*:instance/*,arn:aws:ec2:*::image/ami-1"];
    let pair = |resource| Case { action: "ec2:RunInstances", resource, id: &id, ..GO };
    let pairs = [
        pair("arn:aws:ec2:us-east-1:111111111111:instance/*"),
        pair("arn:aws:ec2:us-east-1::image/ami-1"),
        pair("arn:aws:ec2:us-east-1:111111111111:subnet/s-1"),
    ];
    // 59: the first pair that is refused decides.
    with(&pairs[0], |first, layers| {
        with(&pairs[1], |second, _| {
            with(&pairs[2], |third, _| {
                let all = [(*first, layers.clone()), (*second, layers.clone()), (*third, layers.clone())];
                let (decision, index) = decide_all(all.clone());
                assert!(matches!(decision, Decision::ImplicitDeny(_)));
                assert_eq!(index, 2);
                let (decision, index) = decide_all(all.into_iter().take(2));
                assert!(matches!(decision, Decision::Allow(_)));
                assert_eq!(index, 0);
            });
        });
    });
    let (decision, _) = decide_all([]);
    assert!(matches!(decision, Decision::ImplicitDeny(by) if by.by == crate::DecidedBy::Rule(FixedRule::NothingAsked)));
}

#[test]
fn root_tasks() {
    // 60: the task policy leaves the bucket policy operations out of its Deny.
    let task: Option<&[&str]> = Some(&["-!s3:DeleteBucketPolicy,s3:GetBucketPolicy,s3:ListAllMyBuckets"]);
    let unlock = Case {
        who: "task:s3",
        action: "s3:DeleteBucketPolicy",
        resource: "arn:aws:s3:::b",
        rp: &["-s3:* P:*"],
        sp: task,
        ..GO
    };
    check("60a", unlock, "allow rule RootUser");
    check("60b", Case { action: "s3:GetObject", resource: "arn:aws:s3:::b/o", ..unlock }, "explicit resource");
    let reading = Case { action: "s3:GetObject", resource: "arn:aws:s3:::b/o", rp: &[], ..unlock };
    check("60b, task", reading, "explicit session");
    let rule = "implicit rule AssumedRootWithoutTask";
    check("60, unknown task", Case { who: "task:?", ..unlock }, rule);
    check("60, no task policy", Case { sp: None, ..unlock }, rule);
    check("60, empty task policy", Case { sp: Some(&[]), ..unlock }, rule);
    let queue =
        Case { action: "sqs:SetQueueAttributes", resource: QUEUE, rp: &["-sqs:* P:*"], sp: Some(&["-s3:*"]), ..GO };
    check("60, queue", Case { who: "task:sqs", ..queue }, "allow rule RootUser");
    check("60, queue by the other task", Case { who: "task:s3", ..queue }, "explicit resource");
    check("60, queue by root", Case { who: "root", ..queue }, "explicit resource");
}

#[test]
fn owners() {
    check("unknown owner", Case { owner: "", id: &["+s3:*"], ..GO }, "implicit resource");
    check("no resource", Case { owner: "", resource: "*", id: &["+s3:*"], ..GO }, "allow identity");
    let china = Case { who: "china", id: &["+s3:*"], owner: A, ..GO };
    check("another partition", china, "implicit resource");
    check("another partition, granted", Case { rp: &["+s3:* P:*"], ..china }, "implicit resource");
    check("own partition", Case { resource: "arn:aws-cn:s3:::b/o", ..china }, "allow identity");
}
