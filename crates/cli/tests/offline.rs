//! The offline commands as a person runs them: exit status, standard output and error, files.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const ACCOUNT: &str = r#"{
  "UserDetailList": [
    {
      "UserName": "alice", "UserId": "AIDAQAAAAAAAAAALICE12", "Arn": "arn:aws:iam::111122223333:user/alice",
      "UserPolicyList": [
        {
          "PolicyName": "Read",
          "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
              {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
            ]
          }
        }
      ]
    }
  ],
  "GroupDetailList": [], "RoleDetailList": [], "Policies": []
}"#;
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("account.json"), ACCOUNT).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs the program in the folder, so that evidence names files as they were given.
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_keyward"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .output()
            .unwrap()
    }

    fn explain(&self, action: &str, more: &[&str]) -> Output {
        let mut arguments = vec![
            "explain",
            "--export",
            "account.json",
            "--principal",
            ALICE,
            "--action",
            action,
            "--resource",
            "arn:aws:s3:::reports/q1.csv",
        ];
        arguments.extend(more);
        self.run(&arguments)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Checks the exit status, and that bad input is one sentence on standard error.
fn check(output: &Output, status: i32, says: &str) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let text = stdout(output);
    assert_eq!(output.status.code(), Some(status), "{text}{error}");
    if status == 2 {
        assert!(error.contains(says), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(text.is_empty(), "{text}");
    } else {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(says), "{text}");
        assert!(!text.contains('\u{1b}'), "no colour in a pipe: {text}");
        assert!(error.is_empty(), "{error}");
    }
}

#[test]
fn explained() {
    let bench = Bench::new();
    check(
        &bench.explain("s3:GetObject", &[]),
        0,
        "ALLOWED The only statement (Sid Read)",
    );
    check(&bench.explain("s3:GetObject", &[]), 0, "account.json:11:15");
    check(&bench.explain("s3:PutObject", &[]), 3, "DENIED");
    check(
        &bench.explain("s3:PutObject", &["--json"]),
        3,
        r#""decision": "implicitDeny""#,
    );
    check(&bench.explain("PutObject", &[]), 2, "service:Name");
    insta::assert_snapshot!(stdout(&bench.explain("s3:PutObject", &[])));
}

#[test]
fn written() {
    let bench = Bench::new();
    check(
        &bench.explain("s3:PutObject", &["--html", "r.html", "--svg", "r.svg"]),
        3,
        "DENIED",
    );
    let html = std::fs::read_to_string(bench.path("r.html")).unwrap();
    let svg = std::fs::read_to_string(bench.path("r.svg")).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("default-src 'none'"));
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    for text in [&html, &svg] {
        assert!(!text.contains("<script") && !text.contains("http://www.w3.org/1999/xlink"));
    }
    check(
        &bench.explain("s3:PutObject", &["--html", "no/such/folder/r.html"]),
        2,
        "can't write",
    );
}

/// What an attacker writes into a policy is text in a report.
#[test]
fn nothing_of_a_policy_is_markup() {
    let bench = Bench::new();
    bench.write(
        "account.json",
        &ACCOUNT.replace(
            "\"Sid\": \"Read\"",
            r#""Sid": "<script>alert(1)</script>\u001b[31m""#,
        ),
    );
    let output = bench.explain("s3:GetObject", &["--html", "r.html", "--svg", "r.svg"]);
    check(&output, 0, "ALLOWED");
    for name in ["r.html", "r.svg"] {
        let text = std::fs::read_to_string(bench.path(name)).unwrap();
        assert!(
            !text.contains("<script>") && !text.contains('\u{1b}'),
            "{name}"
        );
        assert!(text.contains("&lt;script&gt;"), "{name}");
    }
}

#[test]
fn messages_and_records() {
    let bench = Bench::new();
    let denied = format!(
        "An error occurred (AccessDenied) when calling the PutObject operation: User: {ALICE} is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::reports/q1.csv\" because no identity-based policy allows the s3:PutObject action"
    );
    let explain = |more: &[&str]| {
        let mut arguments = vec!["explain", "--export", "account.json"];
        arguments.extend(more);
        bench.run(&arguments)
    };
    check(
        &explain(&["--message", &denied]),
        3,
        "No identity policy of user alice allows s3:PutObject",
    );
    check(
        &explain(&[
            "--message",
            "An error occurred (ExpiredToken) when calling the X operation: expired",
        ]),
        3,
        "DIAGNOSIS",
    );
    check(
        &explain(&["--message", "Zugriff verweigert"]),
        2,
        "in English",
    );
    check(
        &explain(&["--message", "permission denied (publickey)"]),
        2,
        "other services",
    );
    let elsewhere = denied.replace("111122223333", "444455556666");
    check(&explain(&["--message", &elsewhere]), 2, "in 444455556666");
    let record = format!(
        r#"{{"Records":[{{"eventID":"1","eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","errorCode":"AccessDenied","userIdentity":{{"type":"IAMUser","arn":"{ALICE}","accountId":"111122223333"}},"requestParameters":{{"bucketName":"reports","key":"q1.csv"}}}},{{"eventID":"2","eventSource":"s3.amazonaws.com","eventName":"GetObject"}}]}}"#
    );
    bench.write("record.json", &record);
    check(
        &explain(&["--event", "record.json"]),
        3,
        "arn:aws:s3:::reports/q1.csv",
    );
    check(
        &explain(&["--event", "record.json", "--event-id", "3"]),
        2,
        "none has the eventID 3",
    );
    check(
        &explain(&["--event", "account.json"]),
        2,
        "holds no CloudTrail record",
    );
    check(
        &explain(&["--principal", ALICE, "--lost-access-key"]),
        0,
        "create-access-key --user-name alice",
    );
    check(
        &explain(&[
            "--principal",
            ALICE,
            "--lost-access-key",
            "--credential-report",
            "account.json",
        ]),
        2,
        "is not a credential report",
    );
}

#[test]
fn bad_exports() {
    let bench = Bench::new();
    let explain = |path: &str| {
        bench.run(&[
            "explain",
            "--export",
            path,
            "--principal",
            ALICE,
            "--action",
            "s3:GetObject",
            "--resource",
            "*",
        ])
    };
    bench.write("cut.json", ACCOUNT.split_at(300).0);
    check(&explain("cut.json"), 2, "is cut off at line");
    bench.write("state.json", r#"{"terraform_version": "1.9"}"#);
    check(&explain("state.json"), 2, "is a Terraform state");
    std::fs::File::create(bench.path("large.json"))
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    check(&explain("large.json"), 2, "is larger than 512 MiB");
    check(&explain("missing.json"), 2, "can't read missing.json");
    bench.write("folder/readme.txt", "nothing");
    check(&explain("folder"), 2, "has no *.json files");
    check(
        &bench.explain("s3:GetObject", &["--export", "state.json"]),
        2,
        "Terraform",
    );
    let bob = ALICE.replace("alice", "alcie");
    let output = bench.run(&[
        "explain",
        "--export",
        "account.json",
        "--principal",
        &bob,
        "--action",
        "s3:GetObject",
        "--resource",
        "*",
    ]);
    check(
        &output,
        2,
        "did you mean arn:aws:iam::111122223333:user/alice?",
    );
}

#[test]
fn examined() {
    let bench = Bench::new();
    check(
        &bench.run(&["doctor", "--export", "account.json"]),
        0,
        "Nothing was found",
    );
    bench.write(
        "warning.json",
        &ACCOUNT.replace("s3:GetObject", "s3:GetObjects"),
    );
    check(
        &bench.run(&["doctor", "--export", "warning.json"]),
        1,
        "action-unknown",
    );
    bench.write(
        "error.json",
        &ACCOUNT
            .replace("\"Version\": \"2012-10-17\",", "")
            .replace("reports/*", "${aws:username}/*"),
    );
    check(
        &bench.run(&["doctor", "--export", "error.json", "--sarif", "f.sarif"]),
        3,
        "variable-old-version",
    );
    let sarif = std::fs::read_to_string(bench.path("f.sarif")).unwrap();
    assert!(
        sarif.contains(r#""ruleId": "variable-old-version""#)
            && sarif.contains(r#""uri": "error.json""#)
    );
    check(
        &bench.run(&["doctor", "--export", "missing.json"]),
        2,
        "can't read",
    );
}

#[test]
fn who_and_what() {
    let bench = Bench::new();
    let who = |action: &str| {
        bench.run(&[
            "who-can",
            "--export",
            "account.json",
            "--action",
            action,
            "--resource",
            "arn:aws:s3:::reports/x",
        ])
    };
    check(
        &who("s3:GetObject"),
        0,
        "1 of 1 principals can do s3:GetObject",
    );
    check(
        &who("s3:PutObject"),
        0,
        "Nobody of 1 principals can do s3:PutObject",
    );
    check(&who("s3:*"), 2, "without wildcards");
    let can =
        |principal: &str| bench.run(&["can", "--export", "account.json", "--principal", principal]);
    check(&can(ALICE), 0, "s3:GetObject on arn:aws:s3:::reports/*");
    check(
        &can("alice"),
        2,
        "did you mean arn:aws:iam::111122223333:user/alice?",
    );
}

#[test]
fn completions_and_pages() {
    let bench = Bench::new();
    check(&bench.run(&["completions", "bash"]), 0, "who-can");
    let output = bench.run(&["man", "man1"]);
    assert!(output.status.success());
    assert!(Path::new(&bench.path("man1/keyward-explain.1")).exists());
}
