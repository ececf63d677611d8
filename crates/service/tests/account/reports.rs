//! The credential report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::{Sensitive, iam};

use crate::world::{Device, not_allowed, ok, refused, start, user};

const CERTIFICATE: &str = include_str!("../../../directory/src/pki/fixtures/leaf.pem");

async fn report(server: &InProcess) -> Vec<Vec<String>> {
    let got = ok(server, &server.root, &iam::GetCredentialReport {}).await;
    assert_eq!(got.element("ReportFormat"), Some("text/csv"));
    let content = STANDARD.decode(got.element("Content").unwrap()).unwrap();
    let text = String::from_utf8(content).unwrap();
    let row = |line: &str| line.split(',').map(str::to_owned).collect();
    text.split('\n').map(row).collect()
}

#[tokio::test]
async fn a_report_is_made_once_in_four_hours() {
    let server = start().await;
    let root = &server.root;
    let (generate, get) = (
        iam::GenerateCredentialReport {},
        iam::GetCredentialReport {},
    );
    let answer = server.call(root, &get).await;
    assert_eq!((answer.status, answer.code()), (410, "ReportNotPresent"));
    let started = ok(&server, root, &generate).await;
    assert_eq!(started.element("State"), Some("STARTED"));
    assert_eq!(
        started.element("Description"),
        Some("No report exists. Starting a new report generation task")
    );
    let complete = ok(&server, root, &generate).await;
    assert_eq!(complete.element("State"), Some("COMPLETE"));
    assert_eq!(complete.element("Description"), None);
    let made = ok(&server, root, &get).await;
    assert_eq!(made.element("GeneratedTime"), Some("2026-01-02T03:04:05Z"));
    user(&server, "late", "").await;
    assert_eq!(report(&server).await.len(), 2, "it is as it was made");
    server.clock.advance(4 * 3_600 - 1);
    assert_eq!(
        ok(&server, root, &generate).await.element("State"),
        Some("COMPLETE")
    );
    server.clock.advance(1);
    let answer = server.call(root, &get).await;
    assert_eq!((answer.status, answer.code()), (410, "ReportExpired"));
    assert_eq!(
        ok(&server, root, &generate).await.element("State"),
        Some("STARTED")
    );
    assert_eq!(report(&server).await.len(), 3);
    let nobody = user(&server, "nobody", "").await;
    let text = not_allowed("nobody", "iam:GenerateCredentialReport", "*");
    refused(&server, &nobody, &generate, (403, "AccessDenied", &text)).await;
}

#[tokio::test]
async fn the_report_shows_what_there_is() {
    let server = start().await;
    let root = &server.root;
    let policy = iam::UpdateAccountPasswordPolicy {
        max_password_age: Some(90),
        ..iam::UpdateAccountPasswordPolicy::default()
    };
    ok(&server, root, &policy).await;
    let ann = user(&server, "ann", "").await;
    user(&server, "bob", "").await;
    let profile = iam::CreateLoginProfile {
        user_name: Some("ann".to_owned()),
        password: Some(Sensitive::new("a-password".to_owned())),
        password_reset_required: None,
    };
    ok(&server, root, &profile).await;
    let phone = Device::create(&server, root, "phone").await;
    ok(&server, root, &phone.enable(&server, "ann", (0, 30))).await;
    let second = iam::CreateAccessKey {
        user_name: Some("ann".to_owned()),
    };
    let second = ok(&server, root, &second).await;
    let off = iam::UpdateAccessKey {
        user_name: Some("ann".to_owned()),
        access_key_id: second.element("AccessKeyId").unwrap().to_owned(),
        status: iam::StatusType::Inactive,
    };
    ok(&server, root, &off).await;
    let certificate = iam::UploadSigningCertificate {
        user_name: Some("ann".to_owned()),
        certificate_body: CERTIFICATE.to_owned(),
    };
    ok(&server, root, &certificate).await;
    server.clock.advance(60);
    server
        .call(&ann, &keyward_wire::sts::GetCallerIdentity {})
        .await;
    ok(&server, root, &iam::GenerateCredentialReport {}).await;
    let rows = report(&server).await;
    let made = "2026-01-02T03:04:05+00:00";
    let used = "2026-01-02T03:05:05+00:00";
    assert_eq!(rows[0][0], "user");
    assert_eq!(rows[0].len(), 22);
    assert_eq!(rows[0][21], "cert_2_last_rotated");
    let root_arn = format!("arn:aws:iam::{ACCOUNT}:root");
    assert_eq!(
        rows[1],
        [
            "<root_account>",
            &root_arn,
            made,
            "not_supported",
            "no_information",
            "not_supported",
            "not_supported",
            "false",
            "true",
            made,
            used,
            "us-east-1",
            "iam",
            "false",
            "N/A",
            "N/A",
            "N/A",
            "N/A",
            "false",
            "N/A",
            "false",
            "N/A",
        ]
    );
    let ann_arn = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    assert_eq!(
        rows[2],
        [
            "ann",
            &ann_arn,
            made,
            "true",
            "no_information",
            made,
            "2026-04-02T03:04:05+00:00",
            "true",
            "true",
            made,
            used,
            "us-east-1",
            "sts",
            "false",
            made,
            "N/A",
            "N/A",
            "N/A",
            "true",
            made,
            "false",
            "N/A",
        ]
    );
    let bob_arn = format!("arn:aws:iam::{ACCOUNT}:user/bob");
    assert_eq!(
        rows[3],
        [
            "bob", &bob_arn, made, "false", "N/A", "N/A", "N/A", "false", "true", made, "N/A",
            "N/A", "N/A", "false", "N/A", "N/A", "N/A", "N/A", "false", "N/A", "false", "N/A",
        ]
    );
    assert_eq!(rows.len(), 4);
}

#[tokio::test]
async fn a_large_report_is_kept_whole() {
    let server = start().await;
    let path = format!("/{}/", "x".repeat(500));
    for number in 0..150 {
        let call = iam::CreateUser {
            user_name: format!("user-{number:03}"),
            path: Some(path.clone()),
            ..iam::CreateUser::default()
        };
        ok(&server, &server.root, &call).await;
    }
    ok(&server, &server.root, &iam::GenerateCredentialReport {}).await;
    let rows = report(&server).await;
    assert_eq!(rows.len(), 152);
    assert!(rows.iter().all(|row| row.len() == 22));
    assert_eq!(rows[151][0], "user-149");
}
