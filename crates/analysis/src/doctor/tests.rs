use keyward_diagnose::Style;
use keyward_export::read;

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

fn found(files: &[(&str, &str)], report: Option<&str>) -> Diagnoses {
    let pieces = files
        .iter()
        .flat_map(|(path, text)| read(path, (*text).to_owned()).unwrap());
    let export = Export::of(pieces).unwrap();
    let report = report.map(|text| CredentialReport::read("report.csv", text).unwrap());
    doctor(&export, report.as_ref(), NOW)
}

/// The rules that a statement of an inline policy breaks.
fn check(document: &str, expected: &[&str]) {
    let export = format!(
        r#"{{"UserDetailList":[{{"UserName":"a","UserId":"AIDAQAAAAAAAAAALICE12","Arn":"arn:aws:iam::111122223333:user/a","UserPolicyList":[{{"PolicyName":"p","PolicyDocument":{document}}}]}}]}}"#
    );
    let found = found(&[("x.json", &export)], None);
    let rules: Vec<&str> = found.bites.iter().map(|bite| bite.rule.id()).collect();
    assert_eq!(rules, expected, "{document}");
    for bite in &found.bites {
        assert!(bite.place.is_some() && !bite.fix.is_empty(), "{bite:?}");
        assert!(bite.message.ends_with('.'), "{}", bite.message);
    }
}

fn statement(elements: &str, expected: &[&str]) {
    check(
        &format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{elements}}}]}}"#),
        expected,
    );
}

#[test]
fn actions() {
    for (action, expected) in [
        (r#""s3:GetObject""#, &[][..]),
        (r#""S3:getobject""#, &[]),
        (r#""s3:Get*""#, &[]),
        (r#""*""#, &[]),
        (r#""s3:GetObjects""#, &["action-unknown"]),
        (r#""s3:Fetch*""#, &["action-unknown"]),
        (r#""s4:GetObject""#, &["action-unknown"]),
        (r#"["s3:GetObject","s3:ListObjects"]"#, &["action-unknown"]),
    ] {
        statement(&format!(r#""Action":{action},"Resource":"*""#), expected);
    }
}

#[test]
fn resources() {
    for (action, resource, expected) in [
        ("s3:GetObject", "arn:aws:s3:::b/*", &[][..]),
        ("s3:GetObject", "arn:aws:s3:::b", &["resource-not-taken"]),
        ("s3:ListBucket", "arn:aws:s3:::b/*", &["resource-not-taken"]),
        ("s3:ListBucket", "arn:aws:s3:::b", &[]),
        (
            "ec2:DescribeInstances",
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            &["resource-not-taken"],
        ),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:instance/*", &[]),
        (
            "iam:GetUser",
            "arn:aws:iam::111122223333:role/x",
            &["resource-not-taken"],
        ),
        ("iam:GetUser", "arn:aws:iam::*:user/${aws:username}", &[]),
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/t", &[]),
        (
            "logs:PutLogEvents",
            "arn:aws:logs:*:*:log-group:/aws/lambda/x:*",
            &[],
        ),
    ] {
        statement(
            &format!(r#""Action":"{action}","Resource":"{resource}""#),
            expected,
        );
    }
}

#[test]
fn conditions_and_variables() {
    for (elements, expected) in [
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIpp":"x"}}"#,
            &["condition-key-unknown"][..],
        ),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a":"x","aws:principaltag/A":"y"}}"#,
            &["key-case-conflict"],
        ),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"x"}}"#,
            &["multivalued-key"],
        ),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}}"#,
            &[],
        ),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"Null":{"aws:TagKeys":"true"}}"#,
            &[],
        ),
        (
            r#""Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/${*}""#,
            &[],
        ),
        (
            r#""Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:user}""#,
            &["variable-unknown"],
        ),
        (
            r#""Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:TagKeys}""#,
            &["variable-unknown"],
        ),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"NumericEquals":{"s3:max-keys":"${aws:username}"}}"#,
            &["variable-in-wrong-place"],
        ),
        (
            r#""Action":"s3:${aws:username}","Resource":"*""#,
            &["variable-in-wrong-place"],
        ),
    ] {
        statement(elements, expected);
    }
    let old = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}"}]}"#;
    check(old, &["variable-old-version"]);
    check(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"allow"}]}"#,
        &["policy-unreadable"],
    );
}

#[test]
fn shadows() {
    let both = |allow: &str, deny: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{allow}}},{{"Effect":"Deny",{deny}}}]}}"#
        )
    };
    let get = r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/x*""#;
    for (deny, expected) in [
        (r#""Action":"s3:*","Resource":"*""#, &["allow-shadowed"][..]),
        (
            r#""Action":"s3:Get*","Resource":"arn:aws:s3:::b/*""#,
            &["allow-shadowed"],
        ),
        (r#""NotAction":"iam:*","Resource":"*""#, &["allow-shadowed"]),
        (r#""NotAction":"s3:*","Resource":"*""#, &[]),
        (r#""Action":"s3:Get*","Resource":"arn:aws:s3:::b/xy*""#, &[]),
        (
            r#""Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#,
            &[],
        ),
    ] {
        check(&both(get, deny), expected);
    }
}

const ROLES: &str = r#"{
  "UserDetailList": [
    {"UserName": "a", "UserId": "AIDAQAAAAAAAAAALICE12", "Arn": "arn:aws:iam::111122223333:user/a", "Tags": [{"Key": "Team", "Value": "x"}, {"Key": "team", "Value": "y"}]}
  ],
  "RoleDetailList": [
    {"RoleName": "Gone", "RoleId": "AROAQAAAAAAAAAAGONE12", "Arn": "arn:aws:iam::111122223333:role/Gone",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["AIDAQAAAAAAAAAAOLD123", "arn:aws:iam::111122223333:user/missing"]}, "Action": "sts:AssumeRole"}]}},
    {"RoleName": "Wild", "RoleId": "AROAQAAAAAAAAAAWILD12", "Arn": "arn:aws:iam::111122223333:role/Wild",
     "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Asts%3A%3A111122223333%3Aassumed-role%2FGone%2F%2A%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"},
    {"RoleName": "Fine", "RoleId": "AROAQAAAAAAAAAAFINE12", "Arn": "arn:aws:iam::111122223333:role/Fine",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root", "Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}
  ]
}"#;
const DEVICES: &str = r#"{"VirtualMFADevices":[{"SerialNumber":"arn:aws:iam::111122223333:mfa/diego"},{"SerialNumber":"arn:aws:iam::111122223333:mfa/a","User":{"UserName":"a"},"EnableDate":"2026-01-01T00:00:00Z"}]}"#;
const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n\
<root_account>,arn:aws:iam::111122223333:root,x,not_supported,x,true,false,N/A,N/A,false,N/A,N/A\n\
a,arn:aws:iam::111122223333:user/a,x,true,x,false,true,2025-01-01T00:00:00+00:00,N/A,true,2025-01-01T00:00:00+00:00,2025-12-01T00:00:00+00:00\n";

#[test]
fn as_people_read_it() {
    let found = found(
        &[("roles.json", ROLES), ("devices.json", DEVICES)],
        Some(REPORT),
    );
    let text = doctor_text(&found, Style::Plain);
    for line in text.lines() {
        assert!(
            line.chars().count() <= 100 || line.contains(".json:"),
            "too wide: {line}"
        );
    }
    insta::assert_snapshot!(text);
}

#[test]
fn as_machines_read_it() {
    let found = found(&[("roles a.json", ROLES)], None);
    let json: serde_json::Value = serde_json::from_str(&doctor_json(&found)).unwrap();
    assert_eq!(
        json["findings"].as_array().unwrap().len(),
        found.bites.len()
    );
    let log: serde_json::Value = serde_json::from_str(&sarif(&found, "1.2.3")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        let location = &result["locations"][0];
        if let Some(physical) = location.get("physicalLocation") {
            assert_eq!(physical["artifactLocation"]["uri"], "roles%20a.json");
            assert!(physical["region"]["startLine"].as_u64().unwrap() > 0);
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&run["results"][0]).unwrap());
}

#[test]
fn providers_that_are_gone() {
    let export = |federated: &str, listed: &[&str]| {
        let trust = format!(
            r#"{{"RoleDetailList":[{{"RoleName":"Web","RoleId":"AROAQAAAAAAAAAAAWEB12","Arn":"arn:aws:iam::111122223333:role/Web","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{federated}"}},"Action":"sts:AssumeRoleWithWebIdentity"}}]}}}}]}}"#
        );
        let mut export = Export::of(read("x.json", trust).unwrap()).unwrap();
        let listed = listed.iter().map(|it| (*it).to_owned()).collect();
        export.providers.insert("oidc-provider".to_owned(), listed);
        let found = doctor(&export, None, NOW);
        found
            .bites
            .iter()
            .map(|bite| bite.rule.id())
            .collect::<Vec<_>>()
    };
    const HERE: &str = "arn:aws:iam::111122223333:oidc-provider/example.com";
    let gone = ["principal-deleted", "role-unassumable"];
    assert_eq!(export(HERE, &[]), gone);
    assert_eq!(
        export(HERE, &["arn:aws:iam::111122223333:oidc-provider/other.com"]),
        gone
    );
    assert_eq!(export(HERE, &[HERE]), [""; 0]);
    // Nobody lists SAML providers, another account's, or those that need no provider.
    for unknown in [
        "arn:aws:iam::111122223333:saml-provider/Sso",
        "arn:aws:iam::444455556666:oidc-provider/example.com",
        "accounts.google.com",
    ] {
        assert_eq!(export(unknown, &[]), [""; 0], "{unknown}");
    }
}

/// What AWS itself writes is right, or known to be otherwise.
#[test]
fn policies_of_aws_are_quiet() {
    let mut loud = std::collections::BTreeMap::new();
    // Every tenth, which is enough to notice.
    for policy in keyward_catalog::managed_policies().step_by(10) {
        let read = Read {
            policy: Arc::new(Policy::parse(&policy.document()).unwrap()),
            origin: Origin::OneLine,
            subject: policy.name().to_owned(),
            role: super::Role::Identity,
        };
        let export = Export::default();
        let mut ward = Ward {
            export: &export,
            bites: Vec::new(),
        };
        document::check(&mut ward, None, &read);
        for bite in ward.bites {
            *loud.entry(bite.rule.id()).or_insert(0_usize) += 1;
        }
    }
    insta::assert_debug_snapshot!(loud);
}
