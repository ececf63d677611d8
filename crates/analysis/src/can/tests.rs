use keyward_diagnose::Style;
use keyward_export::read;

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

#[test]
fn as_people_read_it() {
    let account = r#"{"UserDetailList":[{"UserName":"a","UserId":"AIDAA","Arn":"arn:aws:iam::111122223333:user/a",
      "PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/B"},
      "UserPolicyList":[{"PolicyName":"p","PolicyDocument":{"Version":"2012-10-17","Statement":[
        {"Sid":"Queues","Effect":"Allow","Action":["sqs:SendMessage","sqs:DeleteQueue"],"Resource":"*"},
        {"Sid":"Read","Effect":"Allow","Action":"s3:GetObject*","Resource":"arn:aws:s3:::b/*"},
        {"Sid":"Office","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}},
        {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/secret/*"},
        {"Effect":"Deny","Action":"sqs:Delete*","Resource":"*"},
        {"Sid":"Topics","Effect":"Allow","Action":"sns:Publish","Resource":"*"}]}}]}],
      "RoleDetailList":[{"RoleName":"R","RoleId":"AROAR","Arn":"arn:aws:iam::111122223333:role/R","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/a"},"Action":"sts:AssumeRole"}]}}],
      "Policies":[{"PolicyName":"B","Arn":"arn:aws:iam::111122223333:policy/B","PolicyVersionList":[{"IsDefaultVersion":true,"Document":{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:*"],"Resource":"*"},
        {"Effect":"Allow","Action":["sqs:*"],"Resource":"arn:aws:sqs:*:*:jobs-*"}]}}]}]}"#;
    let export = Export::of(read("account.json", account.to_owned()).unwrap()).unwrap();
    let question = Question {
        principal: "arn:aws:iam::111122223333:user/a".to_owned(),
        ..Question::default()
    };
    let found = can(&export, &question, NOW).unwrap();
    insta::assert_snapshot!(can_text(&found, Style::Plain));
    let json: serde_json::Value = serde_json::from_str(&can_json(&found)).unwrap();
    assert_eq!(json["grants"].as_array().unwrap().len(), 4);
    assert_eq!(json["byResource"][0]["action"], "sts:AssumeRole");
}

/// Exceptions are told as they are written. Each case: the Allow, the Deny, and what is told of it.
#[test]
fn exceptions_by_what_is_spared() {
    let check = |allow: &str, deny: &str, parts: &[&str], except: &[&str]| {
        let account = format!(
            r#"{{"UserDetailList":[{{"UserName":"a","Arn":"arn:aws:iam::111122223333:user/a","UserPolicyList":[{{"PolicyName":"p","PolicyDocument":
              {{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{allow}}},{{"Effect":"Deny",{deny}}}]}}}}]}}]}}"#
        );
        let export = Export::of(read("account.json", account).unwrap()).unwrap();
        let question = Question {
            principal: "arn:aws:iam::111122223333:user/a".to_owned(),
            ..Question::default()
        };
        let found = can(&export, &question, NOW).unwrap();
        let grant = &found.grants[0];
        let told: Vec<String> = grant
            .parts
            .iter()
            .map(|it| format!("{:?} {} on {}", it.fate, it.actions.join(" "), it.resource))
            .collect();
        assert_eq!(told, parts, "{allow} {deny}");
        let told: Vec<&str> = grant.except.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(told, except, "{allow} {deny}");
    };
    let get = r#""Action":"sqs:SendMessage","Resource":"*""#;
    let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
    check(
        get,
        &format!(r#""Action":"sqs:*","NotResource":"{queue}""#),
        &[
            "Denied(Identity) sqs:SendMessage on *",
            &format!("Always sqs:SendMessage on {queue}"),
        ],
        &[&format!("sqs:* on everything but {queue}")],
    );
    check(
        get,
        &format!(r#""NotAction":"s3:*","Resource":"{queue}""#),
        &["Always sqs:SendMessage on *"],
        &[&format!("everything but s3:* on {queue}")],
    );
    // What is spared is no exception.
    check(
        get,
        &format!(r#""NotAction":"sqs:*","Resource":"{queue}""#),
        &["Always sqs:SendMessage on *"],
        &[],
    );
    check(
        &format!(r#""Action":"sqs:SendMessage","NotResource":"{queue}""#),
        &format!(r#""Action":"sqs:*","Resource":"{queue}""#),
        &[&format!("Always sqs:SendMessage on everything but {queue}")],
        &[],
    );
    check(
        &format!(r#""Action":"sqs:SendMessage","NotResource":"{queue}""#),
        r#""Action":"sqs:*","Resource":"arn:aws:sqs:*:*:x""#,
        &[&format!("Always sqs:SendMessage on everything but {queue}")],
        &["sqs:* on arn:aws:sqs:*:*:x"],
    );
}
