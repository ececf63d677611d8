//! Sessions of roles for bearers of tokens: every row of the table of refusals, and what the session is.

use std::sync::Arc;

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::{ACCOUNT, Answer, InProcess, NOW};
use keyward_web_identity::{SigningKey, WebIdentityError};
use keyward_wire::{Sensitive, iam, sts};

use crate::shared::{ok, refused, start, user};
use crate::world::{
    allow, assume, assumed, credentials, delete_role, document, get_user, identity, role, role_arn,
};

const ISSUER: &str = "https://issuer.example";
const NOT_AUTHORIZED: (u16, &str, &str) = (
    403,
    "AccessDenied",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
);
const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";

fn provider_arn(url: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{url}")
}

/// A trust statement for bearers of tokens of a provider: the actions, and a condition that may be empty.
fn trust(federated: &str, actions: &str, condition: &str) -> String {
    let actions: Vec<String> = actions
        .split(' ')
        .map(|action| format!("\"sts:{action}\""))
        .collect();
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(",\"Condition\":{condition}")
    };
    format!(
        r#"{{"Effect":"Allow","Principal":{{"Federated":"{federated}"}},"Action":[{}]{condition}}}"#,
        actions.join(",")
    )
}

fn trusted(condition: &str) -> String {
    let provider = provider_arn("issuer.example");
    trust(&provider, "AssumeRoleWithWebIdentity", condition)
}

/// A server whose account has a provider for an issuer that the server knows keys of.
async fn world() -> (InProcess, Arc<SigningKey>) {
    let server = start().await;
    let key = server.issuers.make(ISSUER).unwrap();
    provider(&server, &server.root, ISSUER).await;
    (server, key)
}

async fn provider(server: &InProcess, who: &Credentials, url: &str) {
    let call = iam::CreateOpenIDConnectProvider {
        url: url.to_owned(),
        client_id_list: Some(vec!["sts.amazonaws.com".to_owned()]),
        ..iam::CreateOpenIDConnectProvider::default()
    };
    ok(server, who, &call).await;
}

/// Returns the claims of a good token, and others after them.
fn claims(issuer: &str, more: &str) -> String {
    let (iat, exp) = (NOW - 5, NOW + 300);
    format!(
        r#"{{"iss":"{issuer}","sub":"subject","aud":"sts.amazonaws.com","iat":{iat},"exp":{exp}{more}}}"#
    )
}

fn token(key: &SigningKey, more: &str) -> String {
    key.sign(&claims(ISSUER, more)).unwrap()
}

fn bearing(role: &str, token: String) -> sts::AssumeRoleWithWebIdentity {
    sts::AssumeRoleWithWebIdentity {
        role_arn: role_arn(role),
        role_session_name: "work".to_owned(),
        web_identity_token: Sensitive::new(token),
        ..sts::AssumeRoleWithWebIdentity::default()
    }
}

/// Credentials that nobody has: the call is not signed, and a signature that is there is not looked at.
fn nobody() -> Credentials {
    Credentials {
        access_key_id: "AKIAUNKNOWN000000000".to_owned(),
        secret: SecretKey::new("x".to_owned()),
        session_token: None,
    }
}

async fn assumes(server: &InProcess, call: &sts::AssumeRoleWithWebIdentity) -> Answer {
    ok(server, &nobody(), call).await
}

async fn refuses(
    server: &InProcess,
    call: &sts::AssumeRoleWithWebIdentity,
    expected: (u16, &str, &str),
) {
    refused(server, &nobody(), call, expected).await;
}

#[tokio::test]
async fn a_token_gives_a_session_of_the_role() {
    let (server, key) = world().await;
    let sees_itself = r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{
        "StringEquals":{"issuer.example:sub":"subject","issuer.example:aud":"sts.amazonaws.com"},
        "ArnEquals":{"aws:FederatedProvider":"arn:aws:iam::111122223333:oidc-provider/issuer.example"},
        "ForAnyValue:StringEquals":{"issuer.example:amr":"pwd"},
        "Null":{"issuer.example:email":"true","issuer.example:oaud":"true","sts:RoleAuthorizedByIdp":"true"},
        "Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#;
    let condition = r#"{"StringEquals":{"issuer.example:sub":"subject","issuer.example:email":"a@b","sts:RoleSessionName":"work"},
        "Bool":{"sts:RoleAuthorizedByIdp":"false"}}"#;
    role(&server, "r", &trusted(condition), sees_itself).await;
    user(&server, "ann", "").await;
    let call = bearing("r", token(&key, r#","amr":["pwd","otp"],"email":"a@b""#));
    let answer = assumes(&server, &call).await;
    for (element, expected) in [
        ("SubjectFromWebIdentityToken", "subject"),
        ("Audience", "sts.amazonaws.com"),
        ("Provider", ISSUER),
        ("Expiration", "2026-01-02T04:04:05Z"),
        ("Arn", "arn:aws:sts::111122223333:assumed-role/r/work"),
    ] {
        assert_eq!(answer.element(element), Some(expected), "{element}");
    }
    assert!(answer.element("AssumedRoleId").unwrap().ends_with(":work"));
    assert_eq!(answer.element("SourceIdentity"), None);
    let session = credentials(&answer);
    let (arn, id) = identity(&server, &session).await;
    assert_eq!(arn, "arn:aws:sts::111122223333:assumed-role/r/work");
    assert!(id.starts_with("AROA") && id.ends_with(":work"));
    ok(&server, &session, &get_user("ann")).await;
}

#[tokio::test]
async fn a_token_that_does_not_verify_is_refused_in_aws_s_words() {
    let (server, key) = world().await;
    role(&server, "r", &trusted(""), "").await;
    let other = server.issuers.make("https://unlisted.example").unwrap();
    let at = |iat: i64, exp: i64| {
        let text = claims(ISSUER, "");
        text.replace(&format!("\"iat\":{}", NOW - 5), &format!("\"iat\":{iat}"))
            .replace(&format!("\"exp\":{}", NOW + 300), &format!("\"exp\":{exp}"))
    };
    let sign = |claims: String| key.sign(&claims).unwrap();
    let good = token(&key, "");
    let parts: Vec<&str> = good.split('.').collect();
    let none = format!("eyJhbGciOiJub25lIn0.{}.{}", parts[1], parts[2]);
    let expired = format!(
        "Token expired: current date/time {NOW} must be before the expiration date/time {NOW}"
    );
    for (token, code, message) in [
        (
            "abcd".to_owned(),
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        (
            none,
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        (
            sign(claims(ISSUER, "").replace(r#""aud":"sts.amazonaws.com","#, "")),
            "InvalidIdentityToken",
            "Missing a required claim: aud",
        ),
        (
            other.sign(&claims("https://unlisted.example", "")).unwrap(),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://unlisted.example",
        ),
        (
            sign(claims("https://ISSUER.example", "")),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://ISSUER.example",
        ),
        (
            sign(claims(ISSUER, "").replace("sts.amazonaws.com", "other")),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            token(&key, r#","azp":"other""#),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        // Signed by the key of another issuer.
        (token(&other, ""), "InvalidIdentityToken", NO_KEY),
        (
            format!("{}.{}.AAAA", parts[0], parts[1]),
            "InvalidIdentityToken",
            NO_KEY,
        ),
        (sign(at(NOW - 5, NOW)), "ExpiredTokenException", &expired),
        (
            sign(at(NOW - 441_398, NOW + 9)),
            "ExpiredTokenException",
            "Token too old: 441398",
        ),
        (
            token(
                &key,
                r#","https://aws.amazon.com/roles":"arn:aws:iam::111122223333:role/other""#,
            ),
            "InvalidIdentityToken",
            "The target role ARN is not present in the roles claim of the identity token",
        ),
    ] {
        refuses(&server, &bearing("r", token), (400, code, message)).await;
    }
    for (error, code, message) in [
        (
            WebIdentityError::VerificationKeyUnavailable,
            "InvalidIdentityToken",
            NO_KEY,
        ),
        (
            WebIdentityError::ThumbprintMismatch,
            "InvalidIdentityToken",
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        ),
        (
            WebIdentityError::CommunicationFailed,
            "IDPCommunicationError",
            "Couldn't reach your identity provider in time. Try again.",
        ),
    ] {
        server.issuers.answer(ISSUER, Err(error));
        refuses(&server, &bearing("r", good.clone()), (400, code, message)).await;
    }
}

#[tokio::test]
async fn parameters_are_checked_first() {
    let (server, key) = world().await;
    let invalid = sts::AssumeRoleWithWebIdentity {
        role_arn: "arn:aws:iam::111122223333:user/ann".to_owned(),
        ..bearing("r", token(&key, ""))
    };
    let message = "arn:aws:iam::111122223333:user/ann is invalid";
    refuses(&server, &invalid, (400, "ValidationError", message)).await;
    let of = |provider: &str| sts::AssumeRoleWithWebIdentity {
        provider_id: Some(provider.to_owned()),
        ..bearing("r", token(&key, ""))
    };
    let message = "ProviderId must be www.amazon.com or graph.facebook.com";
    refuses(
        &server,
        &of("accounts.google.com"),
        (400, "ValidationError", message),
    )
    .await;
    let message = "graph.facebook.com: access tokens of graph.facebook.com are not taken here";
    refuses(
        &server,
        &of("graph.facebook.com"),
        (403, "IDPRejectedClaim", message),
    )
    .await;
    let long = bearing("r", "a".repeat(20_001));
    let answer = server.call(&nobody(), &long).await;
    assert_eq!((answer.status, answer.code()), (400, "ValidationError"));
}

#[tokio::test]
async fn a_refusal_shows_neither_role_nor_reason() {
    let (server, key) = world().await;
    let provider = provider_arn("issuer.example");
    let sub = r#"{"StringEquals":{"issuer.example:sub":"somebody"}}"#;
    role(&server, "sub", &trusted(sub), "").await;
    role(&server, "action", &trust(&provider, "TagSession", ""), "").await;
    let other = provider_arn("other.example");
    role(
        &server,
        "provider",
        &trust(&other, "AssumeRoleWithWebIdentity", ""),
        "",
    )
    .await;
    let denied = trusted("").replace("Allow", "Deny");
    let denied = format!("{},{denied}", trusted(""));
    role(&server, "denied", &denied, "").await;
    // Keys that others write can't be asked for: a claim that is no key is absent.
    let claim = r#"{"StringEquals":{"issuer.example:groups":"admin"}}"#;
    role(&server, "claim", &trusted(claim), "").await;
    for name in ["absent", "sub", "action", "provider", "denied", "claim"] {
        let call = bearing(name, token(&key, r#","groups":"admin""#));
        refuses(&server, &call, NOT_AUTHORIZED).await;
    }
    let tags = r#","https://aws.amazon.com/tags":{"principal_tags":{"Team":["core"]}}"#;
    let source = r#","https://aws.amazon.com/source_identity":"diego""#;
    role(&server, "plain", &trusted(""), "").await;
    assumes(&server, &bearing("plain", token(&key, ""))).await;
    refuses(
        &server,
        &bearing("plain", token(&key, tags)),
        NOT_AUTHORIZED,
    )
    .await;
    refuses(
        &server,
        &bearing("plain", token(&key, source)),
        NOT_AUTHORIZED,
    )
    .await;
}

#[tokio::test]
async fn tags_and_source_identity_go_into_the_session() {
    let (server, key) = world().await;
    let provider = provider_arn("issuer.example");
    let actions = "AssumeRoleWithWebIdentity TagSession SetSourceIdentity";
    let condition = r#"{"StringEquals":{"aws:RequestTag/Team":"core","sts:SourceIdentity":"diego"},
        "ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["Team"],"aws:TagKeys":["Team","Cost"]}}"#;
    let by_tag = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{
        "aws:PrincipalTag/Team":"core","aws:SourceIdentity":"diego"}}}"#;
    role(&server, "r", &trust(&provider, actions, condition), by_tag).await;
    let session_trust = crate::world::trust(
        "arn:aws:iam::111122223333:role/r",
        "AssumeRole TagSession SetSourceIdentity",
        "",
    );
    role(&server, "next", &session_trust, by_tag).await;
    user(&server, "ann", "").await;
    let nested = r#","https://aws.amazon.com/tags":{"principal_tags":{"Team":["core"],"Cost":["1"]},"transitive_tag_keys":["Team"]},
        "https://aws.amazon.com/source_identity":"diego""#;
    let flat = r#","https://aws.amazon.com/tags/principal_tags/Team":"core","https://aws.amazon.com/tags/transitive_tag_keys":["Team"],
        "https://aws.amazon.com/source_identity":"diego""#;
    for more in [nested, flat] {
        let answer = assumes(&server, &bearing("r", token(&key, more))).await;
        assert_eq!(answer.element("SourceIdentity"), Some("diego"));
        let session = credentials(&answer);
        ok(&server, &session, &get_user("ann")).await;
        // The transitive tag and the source identity go on.
        let next = assumed(&server, &session, "next").await;
        ok(&server, &next, &get_user("ann")).await;
    }
    for (more, code, message) in [
        (
            r#","https://aws.amazon.com/tags":{"principal_tags":{"Team":["core"],"team":["x"]}}"#,
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            r#","https://aws.amazon.com/tags":{"principal_tags":{"Team":["core"]},"transitive_tag_keys":["Cost"]}"#,
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            r#","https://aws.amazon.com/tags":{"principal_tags":{"Team":["core","more"]}}"#,
            "InvalidIdentityToken",
            "The session tags of the identity token are malformed: each tag has one string as its value",
        ),
        (
            r#","https://aws.amazon.com/source_identity":"aws:x""#,
            "InvalidIdentityToken",
            "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with &quot;aws:&quot;",
        ),
    ] {
        let answer = server
            .call(&nobody(), &bearing("r", token(&key, more)))
            .await;
        assert_eq!((answer.status, answer.code()), (400, code), "{more}");
        let got = answer
            .element("Message")
            .unwrap()
            .replace("&#34;", "&quot;")
            .replace('"', "&quot;");
        assert_eq!(got, message);
    }
}

#[tokio::test]
async fn the_issuer_may_name_the_role_itself() {
    let (server, key) = world().await;
    let condition = r#"{"Bool":{"sts:RoleAuthorizedByIdp":"true"}}"#;
    role(&server, "r", &trusted(condition), "").await;
    refuses(&server, &bearing("r", token(&key, "")), NOT_AUTHORIZED).await;
    let named = r#","https://aws.amazon.com/roles":["x","arn:aws:iam::111122223333:role/r"]"#;
    assumes(&server, &bearing("r", token(&key, named))).await;
    // The claim counts where no trust policy asks for it, and before any trust policy.
    role(&server, "open", &trusted(""), "").await;
    let message = "The target role ARN is not present in the roles claim of the identity token";
    for name in ["open", "absent"] {
        let call = bearing(name, token(&key, named));
        refuses(&server, &call, (400, "InvalidIdentityToken", message)).await;
    }
}

#[tokio::test]
async fn durations_and_session_policies_limit_the_session() {
    let (server, key) = world().await;
    role(&server, "r", &trusted(""), &allow("iam:*")).await;
    user(&server, "ann", "").await;
    let call = || bearing("r", token(&key, ""));
    let limited = sts::AssumeRoleWithWebIdentity {
        policy: Some(document(&allow("iam:ListUsers"))),
        duration_seconds: Some(900),
        ..call()
    };
    let answer = assumes(&server, &limited).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T03:19:05Z"));
    let answer = server.call(&credentials(&answer), &get_user("ann")).await;
    assert_eq!(answer.code(), "AccessDenied");
    ok(
        &server,
        &server.root,
        &iam::UpdateRole {
            role_name: "r".to_owned(),
            max_session_duration: Some(3_600),
            ..iam::UpdateRole::default()
        },
    )
    .await;
    let long = sts::AssumeRoleWithWebIdentity {
        duration_seconds: Some(3_601),
        ..call()
    };
    let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    refuses(&server, &long, (400, "ValidationError", message)).await;
    // A token that ends sooner does not shorten the session.
    let answer = assumes(&server, &call()).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T04:04:05Z"));
}

#[tokio::test]
async fn a_provider_counts_in_its_own_account_and_while_it_is_there() {
    let (server, key) = world().await;
    role(&server, "r", &trusted(""), "").await;
    let (other, root) = server.account("other@example.test").await.unwrap();
    let call = sts::AssumeRoleWithWebIdentity {
        role_arn: format!("arn:aws:iam::{other}:role/r"),
        ..bearing("r", token(&key, ""))
    };
    let message = "No OpenIDConnect provider found in your account for https://issuer.example";
    refuses(&server, &call, (400, "InvalidIdentityToken", message)).await;
    let absent = sts::AssumeRoleWithWebIdentity {
        role_arn: "arn:aws:iam::999999999999:role/r".to_owned(),
        ..bearing("r", token(&key, ""))
    };
    refuses(&server, &absent, (400, "InvalidIdentityToken", message)).await;
    // The other account's provider of the same URL is another principal.
    provider(&server, &root, ISSUER).await;
    let foreign = iam::CreateRole {
        role_name: "r".to_owned(),
        assume_role_policy_document: document(&trusted("")).into(),
        ..iam::CreateRole::default()
    };
    ok(&server, &root, &foreign).await;
    refuses(&server, &call, NOT_AUTHORIZED).await;

    let session = credentials(&assumes(&server, &bearing("r", token(&key, ""))).await);
    let delete = iam::DeleteOpenIDConnectProvider {
        open_id_connect_provider_arn: provider_arn("issuer.example"),
    };
    ok(&server, &server.root, &delete).await;
    let call = bearing("r", token(&key, ""));
    refuses(&server, &call, (400, "InvalidIdentityToken", message)).await;
    // A session that was given lives on; one of a role that is gone does not.
    identity(&server, &session).await;
    delete_role(&server, "r").await;
    let answer = server.call(&session, &sts::GetCallerIdentity {}).await;
    assert_eq!(answer.code(), "InvalidClientTokenId");
}

#[tokio::test]
async fn a_role_session_by_token_chains_for_an_hour() {
    let (server, key) = world().await;
    role(&server, "r", &trusted(""), &allow("sts:AssumeRole")).await;
    let session_trust = crate::world::trust("arn:aws:iam::111122223333:role/r", "AssumeRole", "");
    role(&server, "next", &session_trust, "").await;
    let session = credentials(&assumes(&server, &bearing("r", token(&key, ""))).await);
    assumed(&server, &session, "next").await;
    let long = sts::AssumeRole {
        duration_seconds: Some(3_601),
        ..assume("next")
    };
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    refused(&server, &session, &long, (400, "ValidationError", message)).await;
}

#[tokio::test]
async fn google_needs_no_provider() {
    let server = start().await;
    let key = server.issuers.make("https://accounts.google.com").unwrap();
    let condition = r#"{"StringEquals":{"accounts.google.com:aud":"client","accounts.google.com:oaud":"sts.amazonaws.com"}}"#;
    let trust = trust(
        "accounts.google.com",
        "AssumeRoleWithWebIdentity",
        condition,
    );
    role(&server, "r", &trust, "").await;
    for issuer in ["accounts.google.com", "https://accounts.google.com"] {
        let call = |more| bearing("r", key.sign(&claims(issuer, more)).unwrap());
        let answer = assumes(&server, &call(r#","azp":"client""#)).await;
        assert_eq!(answer.element("Provider"), Some(issuer));
        assert_eq!(answer.element("Audience"), Some("client"));
        refuses(&server, &call(r#","azp":"other""#), NOT_AUTHORIZED).await;
    }
}

#[tokio::test]
async fn the_event_names_the_bearer_and_not_the_token() {
    let (server, key) = world().await;
    role(&server, "r", &trusted(""), "").await;
    let token = token(&key, "");
    assumes(&server, &bearing("r", token.clone())).await;
    let lines = server.audit.take();
    let line = lines.last().unwrap();
    assert!(
        line.contains(r#""userIdentity":{"type":"WebIdentityUser""#),
        "{line}"
    );
    assert!(line.contains(r#""userName":"subject""#), "{line}");
    assert!(
        line.contains(r#""identityProviderConnectionVerificationMethod":"IAMTrustStore""#),
        "{line}"
    );
    assert!(!line.contains(&token) && !line.contains(token.split('.').nth(2).unwrap()));
}
