//! Tokens for services outside: who gets which, what they say, and that they verify by what the issuer publishes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyward_service::IssuerDocument;
use keyward_sigv4::Credentials;
use keyward_testkit::{InProcess, NOW, PUBLIC_URL};
use keyward_web_identity::{ClientIds, Discovery, KeySet, UnverifiedToken};
use keyward_wire::{Sensitive, iam, sts};

use crate::shared::{not_allowed, ok, refused, start, user};
use crate::world::{allow, assume, assumed, credentials, role, tag, trust, user_arn};

fn token_for(audience: &[&str], algorithm: &str) -> sts::GetWebIdentityToken {
    sts::GetWebIdentityToken {
        audience: audience.iter().map(|text| (*text).to_owned()).collect(),
        signing_algorithm: algorithm.to_owned(),
        ..sts::GetWebIdentityToken::default()
    }
}

/// Returns an issuer, enabled in the account.
async fn enable(server: &InProcess, who: &Credentials) -> String {
    let call = iam::EnableOutboundWebIdentityFederation {};
    let answer = ok(server, who, &call).await;
    answer.element("IssuerIdentifier").unwrap().to_owned()
}

async fn token(server: &InProcess, who: &Credentials, call: &sts::GetWebIdentityToken) -> String {
    let answer = ok(server, who, call).await;
    answer.element("WebIdentityToken").unwrap().to_owned()
}

fn claims(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Fetches the keys as a verifier does.
async fn keys(server: &InProcess, issuer: &str) -> KeySet {
    let path = issuer.strip_prefix(PUBLIC_URL).unwrap();
    let path = format!("{path}/.well-known/openid-configuration");
    let (id, document) = IssuerDocument::of_path(&path).unwrap();
    let text = server.service.issuer_document(id, document).await.unwrap();
    let discovery = Discovery::read(text.unwrap().as_bytes(), issuer).unwrap();
    let path = discovery.jwks_uri().strip_prefix(PUBLIC_URL).unwrap();
    let (id, document) = IssuerDocument::of_path(path).unwrap();
    let text = server.service.issuer_document(id, document).await.unwrap();
    KeySet::read(text.unwrap().as_bytes()).unwrap()
}

fn verifies(token: &str, keys: &KeySet, now: i64) -> bool {
    let token = UnverifiedToken::parse(token).unwrap();
    let token = token.addressed_to(ClientIds::Any).unwrap();
    token.verify(keys, now).is_ok()
}

#[tokio::test]
async fn tokens_verify_by_what_the_issuer_publishes() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("sts:GetWebIdentityToken")).await;
    let call = token_for(&["https://api.example"], "RS256");
    let disabled = "Outbound web identity federation is not enabled for this account.";
    let code = "OutboundWebIdentityFederationDisabledException";
    refused(&server, &ann, &call, (403, code, disabled)).await;
    let issuer = enable(&server, &server.root).await;
    let published = keys(&server, &issuer).await;
    assert_eq!(published.len(), 2);
    for algorithm in ["RS256", "ES384"] {
        let call = token_for(&["https://api.example"], algorithm);
        let answer = ok(&server, &ann, &call).await;
        assert_eq!(answer.element("Expiration"), Some("2026-01-02T03:09:05Z"));
        let token = answer.element("WebIdentityToken").unwrap();
        assert!(verifies(token, &published, NOW) && !verifies(token, &published, NOW + 300));
        let claims = claims(token);
        for part in [
            format!(r#""iss":"{issuer}""#),
            r#""aud":"https://api.example""#.to_owned(),
            format!(r#""sub":"{}""#, user_arn("ann")),
            format!(r#""iat":{NOW},"#),
            format!(r#""exp":{}"#, NOW + 300),
            r#""aws_account":"111122223333""#.to_owned(),
            r#""source_region":"us-east-1""#.to_owned(),
        ] {
            assert!(claims.contains(&part), "{part} in {claims}");
        }
        assert!(!claims.contains("original_session_exp") && !claims.contains("tags"));
    }
    let two = token(&server, &ann, &token_for(&["a", "b"], "ES384")).await;
    assert!(claims(&two).contains(r#""aud":["a","b"]"#));
    // What is disabled gives no more, and what was given stays good.
    ok(
        &server,
        &server.root,
        &iam::DisableOutboundWebIdentityFederation {},
    )
    .await;
    refused(&server, &ann, &call, (403, code, disabled)).await;
    assert!(verifies(&two, &keys(&server, &issuer).await, NOW));
    assert_eq!(enable(&server, &server.root).await, issuer);
}

#[tokio::test]
async fn the_policies_decide_with_their_keys() {
    let server = start().await;
    enable(&server, &server.root).await;
    let nobody = user(&server, "nobody", "").await;
    let call = token_for(&["https://api.example"], "ES384");
    let text = not_allowed("nobody", "sts:GetWebIdentityToken", "*");
    refused(&server, &nobody, &call, (403, "AccessDenied", &text)).await;
    let some = r#"{"Effect":"Allow","Action":"sts:GetWebIdentityToken","Resource":"*","Condition":{
        "ForAllValues:StringEquals":{"sts:IdentityTokenAudience":["a","b"]},
        "NumericLessThanEquals":{"sts:DurationSeconds":"600"},"StringEquals":{"sts:SigningAlgorithm":"ES384"}}}"#;
    let some = user(&server, "some", some).await;
    let text = not_allowed("some", "sts:GetWebIdentityToken", "*");
    let lasting = |seconds| sts::GetWebIdentityToken {
        duration_seconds: Some(seconds),
        ..token_for(&["a"], "ES384")
    };
    ok(&server, &some, &lasting(600)).await;
    ok(&server, &some, &token_for(&["a", "b"], "ES384")).await;
    for call in [
        lasting(601),
        token_for(&["a", "c"], "ES384"),
        token_for(&["a"], "RS256"),
    ] {
        refused(&server, &some, &call, (403, "AccessDenied", &text)).await;
    }
    let tagged = sts::GetWebIdentityToken {
        tags: Some(vec![tag("job", "1")]),
        ..token_for(&["a"], "ES384")
    };
    let text = not_allowed("some", "sts:TagGetWebIdentityToken", "*");
    refused(&server, &some, &tagged, (403, "AccessDenied", &text)).await;
    let both = format!(
        "{},{}",
        allow("sts:GetWebIdentityToken"),
        allow("sts:TagGetWebIdentityToken")
    );
    let both = user(&server, "both", &both).await;
    let token = token(&server, &both, &tagged).await;
    assert!(claims(&token).contains(r#""request_tags":{"job":"1"}"#));
    let twice = sts::GetWebIdentityToken {
        tags: Some(vec![tag("job", "1"), tag("JOB", "2")]),
        ..token_for(&["a"], "ES384")
    };
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    refused(&server, &both, &twice, (400, "InvalidParameterValue", text)).await;
    let text = "SigningAlgorithm must be RS256 or ES384";
    let other = token_for(&["a"], "HS256");
    refused(&server, &both, &other, (400, "ValidationError", text)).await;
}

#[tokio::test]
async fn a_session_s_token_speaks_of_the_role_and_ends_with_it() {
    let server = start().await;
    enable(&server, &server.root).await;
    let boss = user(&server, "boss", &allow("sts:*")).await;
    let actions = "AssumeRole TagSession SetSourceIdentity";
    role(
        &server,
        "r",
        &trust(&user_arn("boss"), actions, ""),
        &allow("sts:*"),
    )
    .await;
    let own = iam::TagRole {
        role_name: "r".to_owned(),
        tags: [("Team", "role"), ("Cost", "1")]
            .map(|(key, value)| iam::Tag {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .to_vec(),
    };
    ok(&server, &server.root, &own).await;
    let call = sts::AssumeRole {
        duration_seconds: Some(900),
        tags: Some(vec![tag("team", "session")]),
        source_identity: Some("diego".to_owned()),
        ..assume("r")
    };
    let session = credentials(&ok(&server, &boss, &call).await);
    let given = token(&server, &session, &token_for(&["a"], "ES384")).await;
    let claims = claims(&given);
    for part in [
        r#""sub":"arn:aws:iam::111122223333:role/r""#,
        r#""principal_tags":{"Cost":"1","team":"session"}"#,
        r#""source_identity":"diego""#,
        r#""original_session_exp":"2026-01-02T03:19:05Z""#,
    ] {
        assert!(claims.contains(part), "{part} in {claims}");
    }
    let lasting = |seconds| sts::GetWebIdentityToken {
        duration_seconds: Some(seconds),
        ..token_for(&["a"], "ES384")
    };
    ok(&server, &session, &lasting(900)).await;
    let text = "The requested token would outlive the session of the caller.";
    let code = "SessionDurationEscalationException";
    refused(&server, &session, &lasting(901), (403, code, text)).await;
    let plain = assumed(&server, &boss, "r").await;
    ok(&server, &plain, &lasting(3_600)).await;
}

#[tokio::test]
async fn a_payload_that_is_too_large_is_refused() {
    let server = start().await;
    enable(&server, &server.root).await;
    let audiences: Vec<String> = (0..10)
        .map(|number| format!("{number}{}", "x".repeat(999)))
        .collect();
    let mut call = sts::GetWebIdentityToken {
        audience: audiences,
        signing_algorithm: "ES384".to_owned(),
        ..sts::GetWebIdentityToken::default()
    };
    ok(&server, &server.root, &call).await;
    call.tags = Some(
        (0..5)
            .map(|number| tag(&format!("k{number}"), &"v".repeat(256)))
            .collect(),
    );
    let answer = server.call(&server.root, &call).await;
    assert_eq!(
        (answer.status, answer.code()),
        (400, "JWTPayloadSizeExceededException")
    );
}

#[tokio::test]
async fn keys_rotate_without_breaking_tokens() {
    let server = start().await;
    let issuer = enable(&server, &server.root).await;
    let lasting = sts::GetWebIdentityToken {
        duration_seconds: Some(3_600),
        ..token_for(&["a"], "RS256")
    };
    let old = token(&server, &server.root, &lasting).await;
    server.service.rotate_session_keys().await.unwrap();
    let new = token(&server, &server.root, &lasting).await;
    let head = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(head(&old), head(&new));
    server.clock.advance(3_599);
    let published = keys(&server, &issuer).await;
    assert_eq!(published.len(), 4);
    assert!(verifies(&old, &published, NOW + 3_599) && verifies(&new, &published, NOW + 3_599));
    server.clock.advance(301);
    assert_eq!(keys(&server, &issuer).await.len(), 2);
}

#[tokio::test]
async fn every_account_has_an_issuer_of_its_own() {
    let server = start().await;
    let (_, other) = server.account("other@example.test").await.unwrap();
    let (ours, theirs) = (
        enable(&server, &server.root).await,
        enable(&server, &other).await,
    );
    assert_ne!(ours, theirs);
    let call = token_for(&["a"], "ES384");
    let token = token(&server, &server.root, &call).await;
    assert!(verifies(&token, &keys(&server, &ours).await, NOW));
    assert!(!verifies(&token, &keys(&server, &theirs).await, NOW));
    for path in [
        "/oidc/00000000-0000-4000-8000-000000000000/.well-known/jwks.json",
        "/oidc//.well-known/jwks.json",
        "/oidc/111122223333/.well-known/openid-configuration",
    ] {
        let (id, document) = IssuerDocument::of_path(path).unwrap();
        let found = server.service.issuer_document(id, document).await.unwrap();
        assert_eq!(found, None, "{path}");
    }
    for path in [
        "/oidc/x",
        "/oidc/x/",
        "/oidc/x/.well-known/",
        "/oidc/x/.well-known/jwks.json/",
        "/x",
    ] {
        assert_eq!(IssuerDocument::of_path(path), None, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_ours_is_for_others_only() {
    let server = start().await;
    let issuer = enable(&server, &server.root).await;
    let token = token(&server, &server.root, &token_for(&["a"], "ES384")).await;
    let provider = iam::CreateOpenIDConnectProvider {
        url: issuer.clone(),
        client_id_list: Some(vec!["a".to_owned()]),
        ..iam::CreateOpenIDConnectProvider::default()
    };
    ok(&server, &server.root, &provider).await;
    server
        .issuers
        .answer(&issuer, Ok(keys(&server, &issuer).await));
    let call = sts::AssumeRoleWithWebIdentity {
        role_arn: "arn:aws:iam::111122223333:role/r".to_owned(),
        role_session_name: "work".to_owned(),
        web_identity_token: Sensitive::new(token),
        ..sts::AssumeRoleWithWebIdentity::default()
    };
    let text = format!("No OpenIDConnect provider found in your account for {issuer}");
    let expected = (400, "InvalidIdentityToken", text.as_str());
    refused(&server, &server.root, &call, expected).await;
}
