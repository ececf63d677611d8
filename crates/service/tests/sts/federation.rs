//! Sessions of users and root users themselves, and of those whom they vouch for.

use keyward_testkit::ACCOUNT;
use keyward_wire::{iam, sts};

use crate::shared::{Device, ok, refused, start, user};
use crate::world::{
    allow, assume, assumed, credentials, document, get_user, identity, role, tag, trust, user_arn,
};

const INVALID_TOKEN: (u16, &str, &str) = (
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid",
);

fn federate(policy: Option<&str>) -> sts::GetFederationToken {
    sts::GetFederationToken {
        name: "guest".to_owned(),
        policy: policy.map(document),
        ..sts::GetFederationToken::default()
    }
}

#[tokio::test]
async fn a_session_token_without_a_code_calls_no_iam() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("*")).await;
    let answer = ok(&server, &ann, &sts::GetSessionToken::default()).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T15:04:05Z"));
    let session = credentials(&answer);
    let (arn, id) = identity(&server, &session).await;
    assert_eq!(arn, user_arn("ann"));
    assert!(id.starts_with("AIDA"));
    refused(&server, &session, &get_user("ann"), INVALID_TOKEN).await;
    refused(
        &server,
        &session,
        &sts::GetAccessKeyInfo {
            access_key_id: ann.access_key_id.clone(),
        },
        INVALID_TOKEN,
    )
    .await;
    let cannot = "Cannot call GetSessionToken with session credentials";
    refused(
        &server,
        &session,
        &sts::GetSessionToken::default(),
        (403, "AccessDenied", cannot),
    )
    .await;
    let cannot = "Cannot call GetFederationToken with session credentials";
    refused(
        &server,
        &session,
        &federate(None),
        (403, "AccessDenied", cannot),
    )
    .await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    assumed(&server, &session, "R").await;
}

#[tokio::test]
async fn policies_do_not_bear_on_session_tokens() {
    let server = start().await;
    let deny = allow("*").replace("Allow", "Deny");
    let ann = user(&server, "ann", &deny).await;
    ok(&server, &ann, &sts::GetSessionToken::default()).await;
}

#[tokio::test]
async fn a_session_token_with_a_code_is_the_user() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("iam:GetUser")).await;
    let phone = Device::create(&server, &server.root, "phone").await;
    ok(
        &server,
        &server.root,
        &phone.enable(&server, "ann", (-30, 0)),
    )
    .await;
    let call = sts::GetSessionToken {
        serial_number: Some(phone.serial_number.clone()),
        token_code: Some(phone.code(&server, 30)),
        ..sts::GetSessionToken::default()
    };
    let session = credentials(&ok(&server, &ann, &call).await);
    ok(&server, &session, &get_user("ann")).await;
    ok(&server, &session, &iam::GetUser::default()).await;
    assert_eq!(
        server
            .call(&session, &iam::ListUsers::default())
            .await
            .code(),
        "AccessDenied"
    );
}

#[tokio::test]
async fn root_sessions_last_an_hour_at_most() {
    let server = start().await;
    let call = sts::GetSessionToken {
        duration_seconds: Some(129_600),
        ..sts::GetSessionToken::default()
    };
    let answer = ok(&server, &server.root, &call).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T04:04:05Z"));
    let session = credentials(&answer);
    assert_eq!(
        identity(&server, &session).await.0,
        format!("arn:aws:iam::{ACCOUNT}:root")
    );
    refused(&server, &session, &iam::ListUsers::default(), INVALID_TOKEN).await;
}

#[tokio::test]
async fn a_federated_user_asks_who_it_is_and_no_more() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("*")).await;
    let answer = ok(&server, &ann, &federate(Some(&allow("*")))).await;
    assert_eq!(
        answer.element("FederatedUserId"),
        Some(format!("{ACCOUNT}:guest").as_str())
    );
    let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/guest");
    assert_eq!(answer.element("Arn"), Some(arn.as_str()));
    assert!(answer.element("PackedPolicySize").is_some());
    let session = credentials(&answer);
    assert_eq!(
        identity(&server, &session).await,
        (arn, format!("{ACCOUNT}:guest"))
    );
    refused(&server, &session, &get_user("ann"), INVALID_TOKEN).await;
    role(&server, "R", &trust("*", "AssumeRole", ""), "").await;
    refused(&server, &session, &assume("R"), INVALID_TOKEN).await;
}

#[tokio::test]
async fn federation_must_be_allowed_and_its_tags_too() {
    let server = start().await;
    let nobody = user(&server, "nobody", "").await;
    let resource = format!("arn:aws:sts::{ACCOUNT}:federated-user/guest");
    let message = format!(
        "User: {} is not authorized to perform: sts:GetFederationToken on resource: {resource} because no identity-based policy allows the sts:GetFederationToken action",
        user_arn("nobody")
    );
    refused(
        &server,
        &nobody,
        &federate(None),
        (403, "AccessDenied", &message),
    )
    .await;
    let ann = user(&server, "ann", &allow("sts:GetFederationToken")).await;
    ok(&server, &ann, &federate(None)).await;
    let tagged = sts::GetFederationToken {
        tags: Some(vec![tag("a", "b")]),
        ..federate(None)
    };
    let message = format!(
        "User: {} is not authorized to perform: sts:TagSession on resource: {resource} because no identity-based policy allows the sts:TagSession action",
        user_arn("ann")
    );
    refused(&server, &ann, &tagged, (403, "AccessDenied", &message)).await;
}

#[tokio::test]
async fn an_access_key_tells_its_account() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("sts:GetAccessKeyInfo")).await;
    let (account, stranger) = server.account("stranger@example.test").await.unwrap();
    let asked = sts::GetAccessKeyInfo {
        access_key_id: stranger.access_key_id.clone(),
    };
    let answer = ok(&server, &ann, &asked).await;
    assert_eq!(
        answer.element("Account"),
        Some(account.to_string().as_str())
    );
    let nobody = user(&server, "nobody", "").await;
    assert_eq!(server.call(&nobody, &asked).await.code(), "AccessDenied");
    let odd = sts::GetAccessKeyInfo {
        access_key_id: "odd_key_without_account".to_owned(),
    };
    assert_eq!(server.call(&ann, &odd).await.code(), "ValidationError");
}
