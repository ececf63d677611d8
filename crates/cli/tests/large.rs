//! Exports that are large enough to be passed through and not read whole: the answers are the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::run;

/// How many users make a file of more than 1 MiB.
const USERS: usize = 3_000;

/// An account of many users; the one of this number is in a group and has a managed policy.
fn account(special: usize) -> String {
    let mut text = String::from("{\n    \"UserDetailList\": [");
    for number in 0..USERS {
        let comma = if number == 0 { "" } else { "," };
        let more = if number == special {
            r#""GroupList":["readers"],"AttachedManagedPolicies":[{"PolicyName":"Write","PolicyArn":"arn:aws:iam::111122223333:policy/Write"}]"#
        } else {
            r#""GroupList":[]"#
        };
        let _ = write!(
            text,
            "{comma}\n        {{\"Path\":\"/\",\"UserName\":\"user{number}\",\"UserId\":\"AIDA{number:017}\",\"Arn\":\"arn:aws:iam::111122223333:user/user{number}\",\n            \
             \"UserPolicyList\":[{{\"PolicyName\":\"Ü\",\"PolicyDocument\":{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"arn:aws:sqs:eu-west-1:111122223333:q{number}\"}}]}}}}],\n            {more}}}"
        );
    }
    text.push_str(
        r#"],
    "GroupDetailList": [{"GroupName":"readers","Arn":"arn:aws:iam::111122223333:group/readers","GroupPolicyList":[{"PolicyName":"Read",
        "PolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22*%22%7D%7D"}]}],
    "RoleDetailList": [],
    "Policies": [{"PolicyName":"Write","Arn":"arn:aws:iam::111122223333:policy/Write","DefaultVersionId":"v1","PolicyVersionList":[{"VersionId":"v1","IsDefaultVersion":true,
        "Document":{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}}]}],
    "IsTruncated": false
}
"#,
    );
    assert!(text.len() > 1 << 20);
    text
}

fn explain(folder: &Path, file: &str, user: &str, action: &str) -> (Option<i32>, String) {
    let principal = format!("arn:aws:iam::111122223333:user/{user}");
    let output = run(
        folder,
        &[
            "explain",
            "--export",
            file,
            "--principal",
            &principal,
            "--action",
            action,
            "--resource",
            "arn:aws:s3:::reports/q1.csv",
        ],
    );
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code(), flat)
}

#[test]
fn places_and_policies_of_groups() {
    let folder = tempfile::tempdir().unwrap();
    let text = account(2_900);
    std::fs::write(folder.path().join("account.json"), &text).unwrap();
    let (code, told) = explain(folder.path(), "account.json", "user2900", "s3:PutObject");
    let line = text
        .lines()
        .position(|line| line.contains("s3:PutObject"))
        .unwrap()
        + 1;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("account.json:{line}:13")), "{told}");
    let (code, told) = explain(folder.path(), "account.json", "user2900", "s3:GetObject");
    let line = text.lines().position(|line| line.contains("%7B")).unwrap() + 1;
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains(&format!("account.json:{line}:26 (in the string")),
        "{told}"
    );
    let (code, told) = explain(folder.path(), "account.json", "user2899", "s3:GetObject");
    assert_eq!(code, Some(3), "{told}");
    // The nearest names are known although nothing but the names of the question is read.
    let (code, told) = explain(folder.path(), "account.json", "usr2899", "s3:GetObject");
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("arn:aws:iam::111122223333:user/user2899?"),
        "{told}"
    );
}

#[test]
fn what_is_broken_is_told_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let text = account(0);
    let cut = text.split_at(text.len() * 2 / 3).0;
    let broken = text.replacen("\"UserName\":\"user2000\"", "\"UserName\":\"user2000", 1);
    let foreign = text.replace("DetailList", "List");
    let twice = text.replacen(
        "\"RoleDetailList\": []",
        "\"RoleDetailList\": [], \"RoleDetailList\": 3",
        1,
    );
    let more = text.replace(
        "\"IsTruncated\": false",
        "\"IsTruncated\": true, \"Marker\": \"x\"",
    );
    for (name, text, expected) in [
        ("cut.json", cut, "is cut off at line"),
        (
            "broken.json",
            &broken,
            "is not what aws iam get-account-authorization-details prints",
        ),
        (
            "foreign.json",
            &foreign,
            "get-account-authorization-details",
        ),
        (
            "twice.json",
            &twice,
            "is not what aws iam get-account-authorization-details prints",
        ),
        ("more.json", &more, "only the first part of an account"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let (code, told) = explain(folder.path(), name, "user0", "s3:GetObject");
        assert_eq!(code, Some(2), "{name}: {told}");
        assert!(told.contains(expected), "{name}: {told}");
    }
}

#[test]
fn who_can_and_can() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("account.json"), account(1_234)).unwrap();
    let output = run(
        folder.path(),
        &[
            "who-can",
            "--export",
            "account.json",
            "--action",
            "s3:PutObject",
            "--resource",
            "arn:aws:s3:::b/k",
        ],
    );
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("1 of 3000 principals") && told.contains("user/user1234"),
        "{told}"
    );
    let output = run(
        folder.path(),
        &[
            "can",
            "--export",
            "account.json",
            "--principal",
            "arn:aws:iam::111122223333:user/user1234",
        ],
    );
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("s3:PutObject on *") && told.contains("s3:GetObject on *"),
        "{told}"
    );
}
