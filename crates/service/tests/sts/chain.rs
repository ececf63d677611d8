//! Chains of roles: tags, source identity, durations.

use keyward_testkit::ACCOUNT;
use keyward_wire::sts;

use crate::shared::{ok, refused, start, user};
use crate::world::{
    allow, assume, assumed, credentials, get_user, may_not, role, role_arn, tag, trust, user_arn,
};

const DUPLICATE: (u16, &str, &str) = (
    400,
    "InvalidParameterValue",
    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
);

fn session_arn(role: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/work")
}

fn tagged(name: &str, tags: &[(&str, &str)], transitive: &[&str]) -> sts::AssumeRole {
    sts::AssumeRole {
        tags: Some(tags.iter().map(|(key, value)| tag(key, value)).collect()),
        transitive_tag_keys: Some(transitive.iter().map(|key| (*key).to_owned()).collect()),
        ..assume(name)
    }
}

#[tokio::test]
async fn tags_must_be_allowed_by_themselves() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    let message = may_not(&user_arn("ann"), "sts:TagSession", "R");
    refused(
        &server,
        &ann,
        &tagged("R", &[("team", "a")], &[]),
        (403, "AccessDenied", &message),
    )
    .await;
    ok(&server, &ann, &assume("R")).await;
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"],"sts:TransitiveTagKeys":["team"]}}"#;
    role(
        &server,
        "S",
        &format!(
            "{},{}",
            trust(&user_arn("ann"), "AssumeRole", ""),
            trust(&user_arn("ann"), "TagSession", condition)
        ),
        "",
    )
    .await;
    let message = may_not(&user_arn("ann"), "sts:TagSession", "S");
    for refused_tags in [&[("team", "b")][..], &[("team", "a"), ("other", "x")]] {
        refused(
            &server,
            &ann,
            &tagged("S", refused_tags, &[]),
            (403, "AccessDenied", &message),
        )
        .await;
    }
    ok(&server, &ann, &tagged("S", &[("team", "a")], &["team"])).await;
    refused(
        &server,
        &ann,
        &tagged("S", &[("team", "a"), ("TEAM", "a")], &[]),
        DUPLICATE,
    )
    .await;
    let message = "The specified transitive tag key must be included in the requested tags.";
    refused(
        &server,
        &ann,
        &tagged("S", &[("team", "a")], &["x"]),
        (400, "InvalidParameterValue", message),
    )
    .await;
}

#[tokio::test]
async fn tags_are_principal_tags_and_transitive_ones_go_on() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let by_team = r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}},{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole TagSession", ""),
        by_team,
    )
    .await;
    role(
        &server,
        "Next",
        &trust(&role_arn("R"), "AssumeRole TagSession", ""),
        by_team,
    )
    .await;
    let plain = assumed(&server, &ann, "R").await;
    assert_eq!(
        server.call(&plain, &get_user("ann")).await.code(),
        "AccessDenied"
    );
    let passed = credentials(&ok(&server, &ann, &tagged("R", &[("Team", "a")], &[])).await);
    ok(&server, &passed, &get_user("ann")).await;
    let next = assumed(&server, &passed, "Next").await;
    assert_eq!(
        server.call(&next, &get_user("ann")).await.code(),
        "AccessDenied"
    );
    let handed = credentials(&ok(&server, &ann, &tagged("R", &[("team", "a")], &["team"])).await);
    let next = assumed(&server, &handed, "Next").await;
    ok(&server, &next, &get_user("ann")).await;
    let conflict = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
    refused(
        &server,
        &handed,
        &tagged("Next", &[("TEAM", "b")], &[]),
        (400, "InvalidParameterValue", conflict),
    )
    .await;
}

#[tokio::test]
async fn inherited_tags_need_permission_too() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole TagSession", ""),
        "",
    )
    .await;
    role(
        &server,
        "Next",
        &trust(&role_arn("R"), "AssumeRole", ""),
        "",
    )
    .await;
    let handed = credentials(&ok(&server, &ann, &tagged("R", &[("team", "a")], &["team"])).await);
    let message = may_not(&session_arn("R"), "sts:TagSession", "Next");
    refused(
        &server,
        &handed,
        &assume("Next"),
        (403, "AccessDenied", &message),
    )
    .await;
}

#[tokio::test]
async fn a_source_identity_is_set_once() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let condition = r#"{"StringLike":{"sts:SourceIdentity":"a*"}}"#;
    let statements = format!(
        "{},{}",
        trust(&user_arn("ann"), "AssumeRole", ""),
        trust(&user_arn("ann"), "SetSourceIdentity", condition)
    );
    role(&server, "R", &statements, &allow("sts:*")).await;
    role(&server, "Next", &trust(&role_arn("R"), "AssumeRole SetSourceIdentity", ""), r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"alice"}}}"#).await;
    role(
        &server,
        "Shut",
        &trust(&role_arn("R"), "AssumeRole", ""),
        "",
    )
    .await;
    let with = |name: &str, identity: &str| sts::AssumeRole {
        source_identity: Some(identity.to_owned()),
        ..assume(name)
    };
    let message = may_not(&user_arn("ann"), "sts:SetSourceIdentity", "R");
    refused(
        &server,
        &ann,
        &with("R", "bob"),
        (403, "AccessDenied", &message),
    )
    .await;
    let reserved = "A source identity must not begin with aws:.";
    let answer = server.call(&ann, &with("R", "aws:x")).await;
    assert!(
        answer.body.contains(reserved) || answer.code() == "ValidationError",
        "{}",
        answer.body
    );
    let answer = ok(&server, &ann, &with("R", "alice")).await;
    assert_eq!(answer.element("SourceIdentity"), Some("alice"));
    let session = credentials(&answer);
    let message = may_not(&session_arn("R"), "sts:SetSourceIdentity", "Shut");
    refused(
        &server,
        &session,
        &assume("Shut"),
        (403, "AccessDenied", &message),
    )
    .await;
    let message = may_not(&session_arn("R"), "sts:SetSourceIdentity", "Next");
    refused(
        &server,
        &session,
        &with("Next", "bob"),
        (403, "AccessDenied", &message),
    )
    .await;
    let answer = ok(&server, &session, &assume("Next")).await;
    assert_eq!(answer.element("SourceIdentity"), Some("alice"));
    ok(&server, &credentials(&answer), &get_user("ann")).await;
}

#[tokio::test]
async fn durations() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    role(
        &server,
        "Next",
        &trust(&role_arn("R"), "AssumeRole", ""),
        "",
    )
    .await;
    let lasting = |name: &str, seconds| sts::AssumeRole {
        duration_seconds: Some(seconds),
        ..assume(name)
    };
    ok(&server, &ann, &lasting("R", 43_200)).await;
    for (seconds, bound) in [
        (899, "greater than or equal to 900"),
        (43_201, "less than or equal to 43200"),
    ] {
        let message = format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
        );
        refused(
            &server,
            &ann,
            &lasting("R", seconds),
            (400, "ValidationError", &message),
        )
        .await;
    }
    let session = assumed(&server, &ann, "R").await;
    ok(&server, &session, &lasting("Next", 3_600)).await;
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    refused(
        &server,
        &session,
        &lasting("Next", 3_601),
        (400, "ValidationError", message),
    )
    .await;
    let update = keyward_wire::iam::UpdateRole {
        role_name: "R".to_owned(),
        max_session_duration: Some(3_600),
        ..keyward_wire::iam::UpdateRole::default()
    };
    ok(&server, &server.root, &update).await;
    let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    refused(
        &server,
        &ann,
        &lasting("R", 3_601),
        (400, "ValidationError", message),
    )
    .await;
    // The session of a GetSessionToken is temporary credentials like any other.
    let token = credentials(&ok(&server, &ann, &sts::GetSessionToken::default()).await);
    ok(&server, &token, &assume("R")).await;
}
