use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::{GARBAGE, LEAF, all, ok, refused, user, user_with};

const LINES: &str = include_str!("../../../directory/src/pki/fixtures/ssh.txt");
const PEM: &str = include_str!("../../../directory/src/pki/fixtures/ssh.pem");

fn line(index: usize) -> &'static str {
    LINES.lines().nth(index).unwrap()
}

fn upload(user: &str, body: &str) -> iam::UploadSSHPublicKey {
    iam::UploadSSHPublicKey {
        user_name: user.to_owned(),
        ssh_public_key_body: body.to_owned(),
    }
}

fn get(id: &str, encoding: iam::EncodingType) -> iam::GetSSHPublicKey {
    iam::GetSSHPublicKey {
        user_name: "alice".to_owned(),
        ssh_public_key_id: id.to_owned(),
        encoding,
    }
}

fn update(id: &str, status: iam::StatusType) -> iam::UpdateSSHPublicKey {
    iam::UpdateSSHPublicKey {
        user_name: "alice".to_owned(),
        ssh_public_key_id: id.to_owned(),
        status,
    }
}

fn delete(user: &str, id: &str) -> iam::DeleteSSHPublicKey {
    iam::DeleteSSHPublicKey {
        user_name: user.to_owned(),
        ssh_public_key_id: id.to_owned(),
    }
}

#[tokio::test]
async fn a_key_lives_and_shows_both_forms() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "Alice").await;
    let uploaded = ok(&server, root, &upload("alice", line(0))).await;
    let id = uploaded.element("SSHPublicKeyId").unwrap();
    assert!(id.starts_with("APKA") && id.len() == 21, "{id}");
    assert_eq!(uploaded.element("UserName"), Some("Alice"));
    assert_eq!(uploaded.element("Status"), Some("Active"));
    assert_eq!(uploaded.element("UploadDate"), Some("2026-01-02T03:04:05Z"));
    assert_eq!(uploaded.element("SSHPublicKeyBody"), Some(line(0)));
    let fingerprint = "7a:5a:08:51:97:8f:2e:09:66:cf:c4:f9:52:ca:22:87";
    assert_eq!(uploaded.element("Fingerprint"), Some(fingerprint));
    let ssh = ok(&server, root, &get(id, iam::EncodingType::Ssh)).await;
    let without_comment = line(0).strip_suffix(" user@example");
    assert_eq!(ssh.element("SSHPublicKeyBody"), without_comment);
    let pem = ok(&server, root, &get(id, iam::EncodingType::Pem)).await;
    assert_eq!(pem.element("SSHPublicKeyBody"), Some(PEM));
    assert_eq!(pem.element("Fingerprint"), Some(fingerprint));
    ok(&server, root, &update(id, iam::StatusType::Inactive)).await;
    let ssh = ok(&server, root, &get(id, iam::EncodingType::Ssh)).await;
    assert_eq!(ssh.element("Status"), Some("Inactive"));
    ok(&server, root, &delete("alice", id)).await;
    let gone = format!("404 NoSuchEntity: The SSH Public Key with id {id} cannot be found");
    assert_eq!(refused(&server, root, &delete("alice", id)).await, gone);
    assert_eq!(
        refused(&server, root, &get(id, iam::EncodingType::Pem)).await,
        gone
    );
    assert_eq!(
        refused(&server, root, &update(id, iam::StatusType::Active)).await,
        gone
    );
}

#[tokio::test]
async fn bad_keys_are_named() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    user(&server, "bob").await;
    let nobody = refused(&server, root, &upload("nobody", line(0))).await;
    assert_eq!(
        nobody,
        "404 NoSuchEntity: The user with name nobody cannot be found."
    );
    let unrecognized = "400 UnrecognizedPublicKeyEncoding: Invalid public key uploaded.";
    let invalid = "400 InvalidPublicKey: The public key is malformed or otherwise invalid.";
    assert_eq!(
        refused(&server, root, &upload("alice", "alice")).await,
        unrecognized
    );
    assert_eq!(
        refused(&server, root, &upload("alice", LEAF)).await,
        unrecognized
    );
    assert_eq!(
        refused(&server, root, &upload("alice", "ssh-rsa AAAA")).await,
        invalid
    );
    let short = include_str!("../../../directory/src/pki/fixtures/ssh1024.txt");
    assert_eq!(
        refused(&server, root, &upload("alice", short)).await,
        invalid
    );
    for text in GARBAGE {
        let answer = refused(&server, root, &upload("alice", text)).await;
        assert!(
            [unrecognized, invalid].contains(&answer.as_str()),
            "{text}: {answer}"
        );
    }
    ok(&server, root, &upload("alice", line(0))).await;
    // The same key in another form is the same key; another user may have it.
    let duplicate = "400 DuplicateSSHPublicKey: The SSH public key is already associated with the specified IAM user.";
    assert_eq!(
        refused(&server, root, &upload("alice", PEM)).await,
        duplicate
    );
    ok(&server, root, &upload("bob", PEM)).await;
    for index in 1..5 {
        ok(&server, root, &upload("alice", line(index))).await;
    }
    let sixth = refused(&server, root, &upload("alice", line(5))).await;
    assert_eq!(
        sixth,
        "409 LimitExceeded: Cannot exceed quota for SSHPublicKeysPerUser: 5"
    );
    let expired = update("APKAABSENT00000000000", iam::StatusType::Expired);
    assert!(
        refused(&server, root, &expired)
            .await
            .starts_with("400 InvalidInput: ")
    );
}

#[tokio::test]
async fn lists_are_paged_and_default_to_the_caller() {
    let server = InProcess::start().await.unwrap();
    let own = r#"{"Effect":"Allow","Action":"iam:*SSH*","Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
    let alice = user_with(&server, "alice", own).await;
    user(&server, "bob").await;
    let mut ids = Vec::new();
    for index in 0..3 {
        let answer = ok(&server, &alice, &upload("alice", line(index))).await;
        ids.push(answer.element("SSHPublicKeyId").unwrap().to_owned());
    }
    let list = |marker: Option<&str>| iam::ListSSHPublicKeys {
        user_name: None,
        marker: marker.map(str::to_owned),
        max_items: Some(2),
    };
    let first = ok(&server, &alice, &list(None)).await;
    assert_eq!(all(&first, "SSHPublicKeyId"), &ids[..2]);
    assert_eq!(first.element("IsTruncated"), Some("true"));
    assert!(!first.body.contains("Fingerprint") && !first.body.contains("ssh-rsa"));
    let last = ok(&server, &alice, &list(first.element("Marker"))).await;
    assert_eq!(all(&last, "SSHPublicKeyId"), &ids[2..]);
    assert_eq!(
        (last.element("IsTruncated"), last.element("Marker")),
        (Some("false"), None)
    );
    let root = refused(&server, &server.root, &list(None)).await;
    let text = "400 ValidationError: Must specify userName when calling with non-User credentials";
    assert_eq!(root, text);
    let denied = refused(&server, &alice, &upload("bob", line(0))).await;
    assert_eq!(
        denied,
        "403 AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
         iam:UploadSSHPublicKey on resource: user bob because no identity-based policy allows the \
         iam:UploadSSHPublicKey action"
    );
}

#[tokio::test]
async fn what_a_user_has_keeps_it() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    let answer = ok(&server, root, &upload("alice", line(0))).await;
    let id = answer.element("SSHPublicKeyId").unwrap();
    let delete_user = iam::DeleteUser {
        user_name: "alice".to_owned(),
    };
    assert_eq!(
        refused(&server, root, &delete_user).await,
        "409 DeleteConflict: Cannot delete entity, must remove referenced objects first."
    );
    // Credentials follow the user through a new name.
    let rename = iam::UpdateUser {
        user_name: "alice".to_owned(),
        new_user_name: Some("carol".to_owned()),
        new_path: None,
    };
    ok(&server, root, &rename).await;
    ok(&server, root, &delete("carol", id)).await;
    let delete_user = iam::DeleteUser {
        user_name: "carol".to_owned(),
    };
    ok(&server, root, &delete_user).await;
}
