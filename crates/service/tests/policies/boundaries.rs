//! Policies as permissions boundaries, and what they decide.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn boundaries_are_set_shown_replaced_and_taken_away() {
    let server = InProcess::start().await.unwrap();
    let limit = policy(&server, "Limit", &statement("Allow", "iam:*")).await;
    let call = iam::CreateUser {
        user_name: "ann".to_owned(),
        permissions_boundary: Some(limit.clone()),
        ..iam::CreateUser::default()
    };
    let shown = |arn: &str| {
        format!(
            "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
             <PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>"
        )
    };
    let made = done(&server, &call).await;
    assert!(made.body.contains(&shown(&limit)), "{}", made.body);
    let got = done(&server, &get_user("ann")).await;
    assert!(got.body.contains(&shown(&limit)), "{}", got.body);
    let listed = done(&server, &iam::ListUsers::default()).await;
    assert_eq!(listed.element("PermissionsBoundary"), None);
    assert_eq!(used(&server, &limit).await, counts(0, 1));
    done(&server, &put_boundary("ann", &limit)).await;
    assert_eq!(used(&server, &limit).await, counts(0, 1));
    done(&server, &put_boundary("ann", READ_ONLY)).await;
    let got = done(&server, &get_user("ann")).await;
    assert!(got.body.contains(&shown(READ_ONLY)), "{}", got.body);
    assert_eq!(used(&server, &limit).await, counts(0, 0));
    assert_eq!(used(&server, READ_ONLY).await, counts(0, 1));
    done(&server, &delete_boundary("ann")).await;
    done(&server, &delete_boundary("ann")).await;
    let got = done(&server, &get_user("ann")).await;
    assert_eq!(got.element("PermissionsBoundary"), None);
    assert_eq!(used(&server, READ_ONLY).await, counts(0, 0));
}

#[tokio::test]
async fn a_boundary_bounds_the_next_request() {
    let server = InProcess::start().await.unwrap();
    let admin = user_with(
        &server,
        "ann",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    )
    .await;
    let get = get_user("ann");
    assert_eq!(server.call(&admin, &get).await.code(), "OK");
    let limit = policy(&server, "Limit", &statement("Allow", "s3:*")).await;
    done(&server, &put_boundary("ann", &limit)).await;
    let denied = server.call(&admin, &get).await;
    let message = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: iam:GetUser on resource: user ann \
         because no permissions boundary allows the iam:GetUser action"
    );
    assert_eq!(
        (denied.code(), denied.element("Message")),
        ("AccessDenied", Some(message.as_str()))
    );
    let next = |effect: &str, action: &str| iam::CreatePolicyVersion {
        policy_arn: limit.clone(),
        policy_document: statement(effect, action).as_str().into(),
        set_as_default: Some(true),
    };
    done(&server, &next("Allow", "iam:GetUser")).await;
    assert_eq!(server.call(&admin, &get).await.code(), "OK");
    done(&server, &next("Deny", "iam:GetUser")).await;
    let denied = server.call(&admin, &get).await;
    let message = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: iam:GetUser on resource: user ann with an \
         explicit deny in a permissions boundary: {limit}"
    );
    assert_eq!(denied.element("Message"), Some(message.as_str()));
    done(&server, &delete_boundary("ann")).await;
    assert_eq!(server.call(&admin, &get).await.code(), "OK");
}
