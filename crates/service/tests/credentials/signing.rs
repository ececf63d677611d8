use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::{EC, GARBAGE, LEAF, ROOT, all, ok, refused, user, user_with};

fn upload(user: Option<&str>, body: &str) -> iam::UploadSigningCertificate {
    iam::UploadSigningCertificate {
        user_name: user.map(str::to_owned),
        certificate_body: body.to_owned(),
    }
}

fn list(user: Option<&str>) -> iam::ListSigningCertificates {
    iam::ListSigningCertificates {
        user_name: user.map(str::to_owned),
        marker: None,
        max_items: None,
    }
}

fn delete(user: Option<&str>, id: &str) -> iam::DeleteSigningCertificate {
    iam::DeleteSigningCertificate {
        user_name: user.map(str::to_owned),
        certificate_id: id.to_owned(),
    }
}

#[tokio::test]
async fn a_certificate_lives() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    let uploaded = ok(&server, root, &upload(Some("alice"), LEAF)).await;
    let id = uploaded.element("CertificateId").unwrap();
    assert_eq!(id.len(), 32);
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
        "{id}"
    );
    assert_eq!(uploaded.element("CertificateBody"), Some(LEAF));
    assert_eq!(uploaded.element("UserName"), Some("alice"));
    assert_eq!(uploaded.element("Status"), Some("Active"));
    assert_eq!(uploaded.element("UploadDate"), Some("2026-01-02T03:04:05Z"));
    let update = iam::UpdateSigningCertificate {
        user_name: Some("alice".to_owned()),
        certificate_id: id.to_owned(),
        status: iam::StatusType::Inactive,
    };
    ok(&server, root, &update).await;
    let listed = ok(&server, root, &list(Some("alice"))).await;
    assert_eq!(all(&listed, "CertificateId"), [id]);
    assert_eq!(listed.element("Status"), Some("Inactive"));
    assert_eq!(listed.element("CertificateBody"), Some(LEAF));
    ok(&server, root, &delete(Some("alice"), id)).await;
    let gone = format!("404 NoSuchEntity: The Certificate with id {id} cannot be found.");
    assert_eq!(
        refused(&server, root, &delete(Some("alice"), id)).await,
        gone
    );
    assert_eq!(refused(&server, root, &update).await, gone);
    // It is free for another user now.
    user(&server, "bob").await;
    ok(&server, root, &upload(Some("bob"), LEAF)).await;
}

#[tokio::test]
async fn bad_certificates_are_named() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    user(&server, "bob").await;
    for text in GARBAGE {
        let answer = refused(&server, root, &upload(Some("alice"), text)).await;
        assert!(
            answer.starts_with("400 MalformedCertificate: Certificate "),
            "{answer}"
        );
        assert!(answer.ends_with(" is malformed"), "{answer}");
    }
    ok(&server, root, &upload(Some("alice"), LEAF)).await;
    let duplicate = "409 DuplicateCertificate: The same certificate is associated with an IAM user in the account.";
    for user in ["alice", "bob"] {
        let answer = refused(&server, root, &upload(Some(user), LEAF)).await;
        assert_eq!(answer, duplicate);
    }
    ok(&server, root, &upload(Some("alice"), EC)).await;
    let third = refused(&server, root, &upload(Some("alice"), ROOT)).await;
    assert_eq!(
        third,
        "409 LimitExceeded: Cannot exceed quota for CertificatesPerUser: 2"
    );
    // What was refused left nothing behind.
    ok(&server, root, &upload(Some("bob"), ROOT)).await;
    let nobody = refused(&server, root, &list(Some("nobody"))).await;
    assert_eq!(
        nobody,
        "404 NoSuchEntity: The user with name nobody cannot be found."
    );
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_invalid() {
    let server = InProcess::start().await.unwrap();
    server.clock.advance(-2 * 366 * 86_400);
    let answer = refused(&server, &server.root, &upload(None, LEAF)).await;
    assert_eq!(
        answer,
        "400 InvalidCertificate: The certificate is not valid yet or has expired."
    );
}

#[tokio::test]
async fn the_root_user_and_users_have_their_own() {
    let server = InProcess::start().await.unwrap();
    let own = r#"{"Effect":"Allow","Action":"iam:*SigningCert*","Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
    let alice = user_with(&server, "alice", own).await;
    let by_root = ok(&server, &server.root, &upload(None, LEAF)).await;
    let by_alice = ok(&server, &alice, &upload(None, EC)).await;
    assert_eq!(by_alice.element("UserName"), Some("alice"));
    let id = |answer: &keyward_testkit::Answer| answer.element("CertificateId").unwrap().to_owned();
    let listed = ok(&server, &server.root, &list(None)).await;
    assert_eq!(all(&listed, "CertificateId"), [id(&by_root)]);
    let listed = ok(&server, &alice, &list(None)).await;
    assert_eq!(all(&listed, "CertificateId"), [id(&by_alice)]);
    ok(&server, &alice, &delete(None, &id(&by_alice))).await;
    ok(&server, &server.root, &delete(None, &id(&by_root))).await;
}
