use keyward_testkit::{Answer, InProcess};
use keyward_wire::iam;

use crate::{all, ok, refused, user, user_with};

const GIT: &str = "codecommit.amazonaws.com";
const BEDROCK: &str = "bedrock.amazonaws.com";

fn create(user: &str, service: &str, days: Option<i32>) -> iam::CreateServiceSpecificCredential {
    iam::CreateServiceSpecificCredential {
        user_name: user.to_owned(),
        service_name: service.to_owned(),
        credential_age_days: days,
    }
}

fn list(user: Option<&str>, service: Option<&str>) -> iam::ListServiceSpecificCredentials {
    iam::ListServiceSpecificCredentials {
        user_name: user.map(str::to_owned),
        service_name: service.map(str::to_owned),
        all_users: None,
        marker: None,
        max_items: None,
    }
}

fn update(user: &str, id: &str, status: iam::StatusType) -> iam::UpdateServiceSpecificCredential {
    iam::UpdateServiceSpecificCredential {
        user_name: Some(user.to_owned()),
        service_specific_credential_id: id.to_owned(),
        status,
    }
}

fn reset(user: Option<&str>, id: &str) -> iam::ResetServiceSpecificCredential {
    iam::ResetServiceSpecificCredential {
        user_name: user.map(str::to_owned),
        service_specific_credential_id: id.to_owned(),
    }
}

fn delete(user: Option<&str>, id: &str) -> iam::DeleteServiceSpecificCredential {
    iam::DeleteServiceSpecificCredential {
        user_name: user.map(str::to_owned),
        service_specific_credential_id: id.to_owned(),
    }
}

fn id(answer: &Answer) -> &str {
    answer.element("ServiceSpecificCredentialId").unwrap()
}

#[tokio::test]
async fn a_password_lives() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    let made = ok(&server, root, &create("alice", GIT, None)).await;
    assert!(id(&made).starts_with("ACCA") && id(&made).len() == 21);
    assert_eq!(
        made.element("ServiceUserName"),
        Some("alice-at-111122223333")
    );
    assert_eq!(made.element("ServiceName"), Some(GIT));
    assert_eq!(made.element("UserName"), Some("alice"));
    assert_eq!(made.element("Status"), Some("Active"));
    assert_eq!(made.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    for absent in [
        "ServiceCredentialAlias",
        "ServiceCredentialSecret",
        "ExpirationDate",
    ] {
        assert_eq!(made.element(absent), None, "{absent}");
    }
    let password = made.element("ServicePassword").unwrap();
    let second = ok(&server, root, &create("alice", GIT, None)).await;
    assert_eq!(
        second.element("ServiceUserName"),
        Some("alice+1-at-111122223333")
    );
    let third = refused(&server, root, &create("alice", GIT, None)).await;
    let text = "409 LimitExceeded: Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2";
    assert_eq!(third, text);
    let again = ok(&server, root, &reset(Some("alice"), id(&made))).await;
    assert_ne!(again.element("ServicePassword"), Some(password));
    assert_eq!(
        (id(&again), again.element("ServicePassword").unwrap().len()),
        (id(&made), 44)
    );
    ok(
        &server,
        root,
        &update("alice", id(&made), iam::StatusType::Inactive),
    )
    .await;
    let listed = ok(&server, root, &list(Some("alice"), Some(GIT))).await;
    assert_eq!(
        all(&listed, "ServiceSpecificCredentialId"),
        [id(&made), id(&second)]
    );
    assert_eq!(all(&listed, "Status"), ["Inactive", "Active"]);
    assert!(!listed.body.contains("ServicePassword"));
    ok(&server, root, &delete(Some("alice"), id(&made))).await;
    let gone = format!("404 NoSuchEntity: No such credential {} exists", id(&made));
    assert_eq!(
        refused(&server, root, &delete(Some("alice"), id(&made))).await,
        gone
    );
    assert_eq!(
        refused(&server, root, &reset(Some("alice"), id(&made))).await,
        gone
    );
    let other = update("alice", id(&made), iam::StatusType::Active);
    assert_eq!(refused(&server, root, &other).await, gone);
}

#[tokio::test]
async fn an_api_key_expires() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    let made = ok(&server, root, &create("alice", BEDROCK, Some(1))).await;
    assert_eq!(
        made.element("ServiceCredentialAlias"),
        Some("alice-at-111122223333")
    );
    assert!(
        made.element("ServiceCredentialSecret")
            .unwrap()
            .starts_with("ABSK")
    );
    assert_eq!(made.element("ExpirationDate"), Some("2026-01-03T03:04:05Z"));
    for absent in ["ServiceUserName", "ServicePassword"] {
        assert_eq!(made.element(absent), None, "{absent}");
    }
    let status = |answer: &Answer| answer.element("Status").map(str::to_owned);
    let listed = ok(&server, root, &list(Some("alice"), None)).await;
    assert_eq!(status(&listed).as_deref(), Some("Active"));
    assert!(!listed.body.contains("ServiceCredentialSecret"));
    server.clock.advance(86_400);
    let listed = ok(&server, root, &list(Some("alice"), None)).await;
    assert_eq!(status(&listed).as_deref(), Some("Expired"));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    user(&server, "alice").await;
    let other = "404 NoSuchEntity: No such service s3.amazonaws.com is supported for Service Specific Credentials";
    let s3 = "s3.amazonaws.com";
    assert_eq!(
        refused(&server, root, &create("alice", s3, None)).await,
        other
    );
    assert_eq!(
        refused(&server, root, &list(Some("alice"), Some(s3))).await,
        other
    );
    assert_eq!(
        refused(&server, root, &create("alice", GIT, Some(7))).await,
        "400 InvalidInput: CredentialAgeDays is not supported for service codecommit.amazonaws.com."
    );
    let nobody = "404 NoSuchEntity: The user with name nobody cannot be found.";
    assert_eq!(
        refused(&server, root, &create("nobody", GIT, None)).await,
        nobody
    );
    let no_name =
        "400 ValidationError: Must specify userName when calling with non-User credentials";
    assert_eq!(refused(&server, root, &list(None, None)).await, no_name);
    let both = iam::ListServiceSpecificCredentials {
        all_users: Some(true),
        ..list(Some("alice"), None)
    };
    assert!(
        refused(&server, root, &both)
            .await
            .starts_with("400 ValidationError: ")
    );
    let expired = update("alice", "ACCAABSENT00000000000", iam::StatusType::Expired);
    assert!(
        refused(&server, root, &expired)
            .await
            .starts_with("400 InvalidInput: ")
    );
    // One user's credential is not another's.
    user(&server, "bob").await;
    let made = ok(&server, root, &create("alice", GIT, None)).await;
    let others = refused(&server, root, &reset(Some("bob"), id(&made))).await;
    assert_eq!(
        others,
        format!("404 NoSuchEntity: No such credential {} exists", id(&made))
    );
}

#[tokio::test]
async fn all_users_are_listed_in_pages() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let mut made = Vec::new();
    for name in ["alice", "bob", "carol"] {
        user(&server, name).await;
        let git = ok(&server, root, &create(name, GIT, None)).await;
        ok(&server, root, &create(name, BEDROCK, None)).await;
        made.push((id(&git).to_owned(), name));
    }
    made.sort();
    let call = |marker: Option<&str>| iam::ListServiceSpecificCredentials {
        all_users: Some(true),
        marker: marker.map(str::to_owned),
        max_items: Some(2),
        ..list(None, Some(GIT))
    };
    let mut seen = Vec::new();
    let mut marker = None;
    loop {
        let page = ok(&server, root, &call(marker.as_deref())).await;
        let ids = all(&page, "ServiceSpecificCredentialId").into_iter();
        let names = all(&page, "UserName").into_iter();
        seen.extend(ids.map(str::to_owned).zip(names.map(str::to_owned)));
        marker = page.element("Marker").map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let made: Vec<_> = made
        .into_iter()
        .map(|(id, name)| (id, name.to_owned()))
        .collect();
    assert_eq!(seen, made);
}

#[tokio::test]
async fn policies_see_the_service_and_the_age() {
    let server = InProcess::start().await.unwrap();
    let only_git = r#"{"Effect":"Allow","Action":"iam:*ServiceSpecificCredential*","Resource":"arn:aws:iam::*:user/${aws:username}","Condition":{"StringEquals":{"iam:ServiceSpecificCredentialServiceName":"codecommit.amazonaws.com"}}},
        {"Effect":"Allow","Action":"iam:CreateServiceSpecificCredential","Resource":"*","Condition":{"NumericLessThanEquals":{"iam:ServiceSpecificCredentialAgeDays":"30"}}}"#;
    let alice = user_with(&server, "alice", only_git).await;
    let git = ok(&server, &alice, &create("alice", GIT, None)).await;
    let key = ok(&server, &alice, &create("alice", BEDROCK, Some(30))).await;
    for days in [None, Some(31)] {
        let answer = refused(&server, &alice, &create("alice", BEDROCK, days)).await;
        assert!(answer.starts_with("403 AccessDenied: "), "{answer}");
    }
    ok(&server, &alice, &reset(None, id(&git))).await;
    ok(&server, &alice, &delete(None, id(&git))).await;
    let answer = refused(&server, &alice, &reset(None, id(&key))).await;
    assert!(answer.starts_with("403 AccessDenied: "), "{answer}");
    // Without the key a condition on it does not hold, so an unknown id stays unknown.
    let answer = refused(&server, &alice, &delete(None, "ACCAABSENT00000000000")).await;
    assert!(answer.starts_with("403 AccessDenied: "), "{answer}");
}
