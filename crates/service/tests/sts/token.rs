//! What is no token.

use keyward_sigv4::Credentials;
use keyward_wire::sts;

use crate::shared::{ok, refused, start, user};
use crate::world::{allow, assume, assumed, get_user, role, trust, user_arn};

const INVALID: (u16, &str, &str) = (
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid",
);

#[tokio::test]
async fn a_token_is_of_one_access_key() {
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
    let with = |token: &str, key: &Credentials| Credentials {
        session_token: Some(token.to_owned()),
        ..key.clone()
    };
    let token = one.session_token.clone().unwrap();
    refused(&server, &with(&token, &other), &get_user("ann"), INVALID).await;
    refused(&server, &with(&token, &ann), &get_user("ann"), INVALID).await;
    for at in [0, 3, 10, 40, token.len() - 2] {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        refused(&server, &with(&changed, &one), &get_user("ann"), INVALID).await;
    }
    for bad in [
        "",
        "x",
        &"A".repeat(1_000),
        token.get(..token.len() - 4).unwrap(),
        &format!("{token}AAAA"),
    ] {
        assert_eq!(
            server.call(&with(bad, &one), &get_user("ann")).await.code(),
            "InvalidClientTokenId",
            "{bad}"
        );
    }
    let without = Credentials {
        session_token: None,
        ..one.clone()
    };
    assert_eq!(
        server.call(&without, &get_user("ann")).await.code(),
        "InvalidClientTokenId"
    );
    ok(&server, &one, &get_user("ann")).await;
}

#[tokio::test]
async fn the_secret_must_be_that_of_the_session() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let one = assumed(&server, &ann, "R").await;
    let stolen = Credentials {
        secret: ann.secret.clone(),
        ..one
    };
    assert_eq!(
        server.call(&stolen, &get_user("ann")).await.code(),
        "SignatureDoesNotMatch"
    );
}

#[tokio::test]
async fn a_token_of_another_account_opens_nothing_here() {
    let server = start().await;
    let (_, stranger) = server.account("stranger@example.test").await.unwrap();
    let theirs =
        crate::world::credentials(&ok(&server, &stranger, &sts::GetSessionToken::default()).await);
    let ours = crate::world::credentials(
        &ok(&server, &server.root, &sts::GetSessionToken::default()).await,
    );
    let mixed = Credentials {
        session_token: theirs.session_token.clone(),
        ..ours
    };
    assert_eq!(
        server.call(&mixed, &sts::GetCallerIdentity {}).await.code(),
        "InvalidClientTokenId"
    );
}

#[tokio::test]
async fn a_token_is_filled_up_to_the_size_that_is_asked_for() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    let call = sts::AssumeRole {
        minimum_session_token_size: Some(4_096),
        ..assume("R")
    };
    let answer = ok(&server, &ann, &call).await;
    let size: usize = answer.element("SessionTokenSize").unwrap().parse().unwrap();
    assert!(size >= 4_096 && answer.element("SessionToken").unwrap().len() == size);
    ok(
        &server,
        &crate::world::credentials(&answer),
        &sts::GetCallerIdentity {},
    )
    .await;
}

#[tokio::test]
async fn events_tell_of_sessions_and_show_no_secret() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    drop(server.audit.take());
    let session = assumed(&server, &ann, "R").await;
    ok(&server, &session, &get_user("ann")).await;
    let events = server.audit.take();
    assert!(
        events
            .iter()
            .any(|event| event.contains(r#""eventName":"AssumeRole""#))
    );
    let called = events
        .iter()
        .find(|event| event.contains(r#""eventName":"GetUser""#))
        .unwrap();
    for part in [
        r#""type":"AssumedRole""#,
        r#""sessionIssuer":{"type":"Role","principalId":"AROA"#,
        r#""mfaAuthenticated":"false""#,
        &format!(r#""accessKeyId":"{}""#, session.access_key_id),
    ] {
        assert!(called.contains(part), "{part}: {called}");
    }
    for event in &events {
        assert!(!event.contains(session.secret.expose()), "{event}");
        assert!(
            !event.contains(session.session_token.as_ref().unwrap()),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_decoded_by_those_who_may() {
    let server = start().await;
    let decode = allow("sts:DecodeAuthorizationMessage");
    let ann = user(&server, "ann", &decode).await;
    let bob = user(&server, "bob", "").await;
    let refusal = server.call(&bob, &get_user("ann")).await;
    let encoded_message = refusal.authorization_message.unwrap();
    let call = sts::DecodeAuthorizationMessage { encoded_message };
    assert_eq!(server.call(&bob, &call).await.code(), "AccessDenied");
    let decoded = ok(&server, &ann, &call)
        .await
        .body
        .replace("&quot;", "\"")
        .replace("&#34;", "\"");
    for part in [
        r#"{"allowed":false,"explicitDeny":false"#,
        r#""action":"iam:GetUser""#,
        r#""resource":"arn:aws:iam::111122223333:user/ann""#,
        r#"{"key":"aws:username","values":{"items":[{"value":"bob"}]}}"#,
    ] {
        assert!(decoded.contains(part), "{part}: {decoded}");
    }
    let (_, stranger) = server.account("stranger@example.test").await.unwrap();
    let theirs = server.call(&stranger, &call).await;
    assert_eq!(theirs.code(), "InvalidAuthorizationMessageException");
    assert_eq!(
        ok(&server, &ann, &sts::GetCallerIdentity {})
            .await
            .authorization_message,
        None
    );
}
