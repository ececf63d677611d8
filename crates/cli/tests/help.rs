//! What `--help` shows as an example runs as it is shown.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::run;

const ACCOUNT: &str = r#"{"UserDetailList":[{"UserName":"alice","UserId":"AIDAQAAAAAAAAAAALICE1","Arn":"arn:aws:iam::111122223333:user/alice",
"UserPolicyList":[{"PolicyName":"Read","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}}]}],
"GroupDetailList":[],"RoleDetailList":[{"RoleName":"Deploy","RoleId":"AROAQAAAAAAAAAADEPLOY","Arn":"arn:aws:iam::111122223333:role/Deploy",
"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"sts:AssumeRole"}]}}],"Policies":[]}"#;
const RECORD: &str = r#"{"eventID":"1","eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","errorCode":"AccessDenied",
"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333"},"requestParameters":{"bucketName":"reports","key":"q1.csv"}}"#;
const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated
alice,arn:aws:iam::111122223333:user/alice,2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,true,2024-01-01T00:00:00+00:00,2026-01-01T00:00:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
";
const ORGANIZATION: &str = r#"{"Organization":{"Id":"o-exampleorg1","ManagementAccountId":"999999999999","Root":{"Id":"r-abcd","ServiceControlPolicies":["FullAWSAccess"],"Accounts":[{"Id":"111122223333","ServiceControlPolicies":["FullAWSAccess"]}]}}}"#;
const REQUEST: &str = r#"{"id":"1","principal":"arn:aws:iam::111122223333:user/alice","action":"s3:GetObject","resource":"arn:aws:s3:::reports/q1.csv"}"#;

/// Returns the lines below `Examples:`, with those that go on in the next joined.
fn examples(help: &str) -> Vec<String> {
    let (_, below) = help.split_once("Example").unwrap_or_default();
    let joined = below.replace("\\\n", " ");
    joined
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  ") || line.trim().is_empty())
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Splits a line as a shell does: by spaces, and not within single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn examples_run_as_they_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("account.json", ACCOUNT),
        ("accounts/111122223333.json", ACCOUNT),
        ("organization/organization.json", ORGANIZATION),
        ("record.json", RECORD),
        ("report.csv", REPORT),
        ("requests.jsonl", REQUEST),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut ran = 0;
    for command in ["can", "decide", "doctor", "explain", "who-can"] {
        let help = String::from_utf8(run(folder.path(), &[command, "--help"]).stdout).unwrap();
        let lines = examples(&help);
        assert!(!lines.is_empty(), "{command} has no example");
        for line in lines {
            // What asks a server needs one, and what reads standard input a shell.
            let is_ours =
                line.starts_with("keyward ") && !line.contains("--endpoint") && !line.contains('<');
            if !is_ours {
                continue;
            }
            let words = words(&line);
            let arguments: Vec<&str> = words[1..]
                .iter()
                .map(String::as_str)
                .take_while(|word| *word != ">")
                .collect();
            let output = run(folder.path(), &arguments);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                matches!(output.status.code(), Some(0 | 1 | 3)),
                "{line}: {told}"
            );
            assert!(
                told.is_empty() && !output.stdout.is_empty(),
                "{line}: {told}"
            );
            ran += 1;
        }
    }
    assert!(ran >= 10, "{ran}");
}

/// No colour where nobody wants it, whatever the variable says beside that.
#[test]
fn help_is_plain_in_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["explain", "--help"]);
    assert!(!output.stdout.contains(&0x1b));
}
