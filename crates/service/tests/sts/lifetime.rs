//! When sessions end.

use std::sync::Arc;
use std::time::Duration;

use keyward_wire::{iam, sts};

use crate::shared::{ok, refused, start, user};
use crate::world::{allow, assumed, credentials, delete_role, get_user, role, trust, user_arn};

const INVALID_TOKEN: (u16, &str, &str) = (
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
);

#[tokio::test]
async fn a_session_ends_on_the_second() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let session = assumed(&server, &ann, "R").await;
    server.clock.advance(3_599);
    ok(&server, &session, &get_user("ann")).await;
    server.clock.advance(1);
    let message = "The security token included in the request is expired";
    refused(
        &server,
        &session,
        &get_user("ann"),
        (403, "ExpiredToken", message),
    )
    .await;
}

#[tokio::test]
async fn a_role_made_anew_does_not_inherit_sessions() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let statements = trust(&user_arn("ann"), "AssumeRole", "");
    role(&server, "R", &statements, &allow("*")).await;
    let session = assumed(&server, &ann, "R").await;
    delete_role(&server, "R").await;
    refused(&server, &session, &get_user("ann"), INVALID_TOKEN).await;
    role(&server, "R", &statements, &allow("*")).await;
    refused(&server, &session, &get_user("ann"), INVALID_TOKEN).await;
    ok(
        &server,
        &assumed(&server, &ann, "R").await,
        &get_user("ann"),
    )
    .await;
}

#[tokio::test]
async fn the_sessions_of_a_deleted_user_end() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let session = credentials(&ok(&server, &ann, &sts::GetSessionToken::default()).await);
    let key = iam::DeleteAccessKey {
        user_name: Some("ann".to_owned()),
        access_key_id: ann.access_key_id.clone(),
    };
    ok(&server, &server.root, &key).await;
    // The session outlives the key that made it, as on AWS.
    ok(&server, &session, &sts::GetCallerIdentity {}).await;
    ok(
        &server,
        &server.root,
        &iam::DeleteUser {
            user_name: "ann".to_owned(),
        },
    )
    .await;
    refused(&server, &session, &sts::GetCallerIdentity {}, INVALID_TOKEN).await;
}

#[tokio::test]
async fn older_sessions_are_revoked_by_policy() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let old = assumed(&server, &ann, "R").await;
    server.clock.advance(10);
    let revoke = iam::PutRolePolicy {
        role_name: "R".to_owned(),
        policy_name: "AWSRevokeOlderSessions".to_owned(),
        policy_document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-02T03:04:10Z"}}}]}"#.into(),
    };
    ok(&server, &server.root, &revoke).await;
    assert_eq!(
        server.call(&old, &get_user("ann")).await.code(),
        "AccessDenied"
    );
    let new = assumed(&server, &ann, "R").await;
    ok(&server, &new, &get_user("ann")).await;
}

#[tokio::test]
async fn policies_of_a_session_are_those_of_now() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    let session = assumed(&server, &ann, "R").await;
    assert_eq!(
        server.call(&session, &get_user("ann")).await.code(),
        "AccessDenied"
    );
    let call = iam::AttachRolePolicy {
        role_name: "R".to_owned(),
        policy_arn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess".to_owned(),
    };
    ok(&server, &server.root, &call).await;
    ok(&server, &session, &get_user("ann")).await;
    let role = ok(
        &server,
        &session,
        &iam::GetRole {
            role_name: "R".to_owned(),
        },
    )
    .await;
    assert_eq!(
        role.element("LastUsedDate"),
        Some("2026-01-02T03:04:05Z"),
        "{}",
        role.body
    );
}

#[tokio::test]
async fn one_session_is_revoked_by_its_access_key_id() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let (one, other) = (
        assumed(&server, &ann, "R").await,
        assumed(&server, &ann, "R").await,
    );
    server
        .service
        .revoke_session(&one.access_key_id)
        .await
        .unwrap();
    refused(&server, &one, &get_user("ann"), INVALID_TOKEN).await;
    ok(&server, &other, &get_user("ann")).await;
    for id in ["ASIAUNKNOWN000000000", "x", ann.access_key_id.as_str()] {
        assert!(server.service.revoke_session(id).await.is_err(), "{id}");
    }
}

#[tokio::test]
async fn a_revoked_session_ends_on_every_node() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let trusting = trust(&user_arn("ann"), "AssumeRole", "");
    role(&server, "R", &trusting, &allow("*")).await;
    let other = server.beside(Arc::clone(&server.store)).await.unwrap();
    let session = assumed(&server, &ann, "R").await;
    // Of each node the session is served until it has seen the commit, and refused from then on.
    ok(&server, &session, &get_user("ann")).await;
    ok(&other, &session, &get_user("ann")).await;
    let revision = server.service.revoke_session(&session.access_key_id).await;
    let revision = revision.unwrap();
    refused(&server, &session, &get_user("ann"), INVALID_TOKEN).await;
    let patience = Duration::from_secs(60);
    assert!(other.service.view().wait_for(revision, patience).await);
    refused(&other, &session, &get_user("ann"), INVALID_TOKEN).await;
}

#[tokio::test]
async fn a_rotation_of_the_sealing_key_ends_no_session() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let old = assumed(&server, &ann, "R").await;
    server.service.rotate_session_keys().await.unwrap();
    ok(&server, &old, &get_user("ann")).await;
    let new = assumed(&server, &ann, "R").await;
    assert_ne!(
        old.session_token.as_ref().unwrap().get(..8),
        new.session_token.as_ref().unwrap().get(..8)
    );
    ok(&server, &new, &get_user("ann")).await;
}
