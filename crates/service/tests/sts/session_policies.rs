//! What session policies take away.

use keyward_testkit::ACCOUNT;
use keyward_wire::{iam, sts};

use crate::shared::{ok, refused, start, user};
use crate::world::{allow, assume, credentials, document, get_user, role, trust, user_arn};

fn limited(policy: Option<&str>, arns: &[&str]) -> sts::AssumeRole {
    let arn = |arn: &&str| sts::PolicyDescriptorType {
        arn: Some((*arn).to_owned()),
    };
    sts::AssumeRole {
        policy: policy.map(document),
        policy_arns: (!arns.is_empty()).then(|| arns.iter().map(arn).collect()),
        ..assume("R")
    }
}

async fn own_policy(server: &keyward_testkit::InProcess, statements: &str) -> String {
    let call = iam::CreatePolicy {
        policy_name: "Own".to_owned(),
        policy_document: document(statements).into(),
        ..iam::CreatePolicy::default()
    };
    let answer = ok(server, &server.root, &call).await;
    answer.element("Arn").unwrap().to_owned()
}

#[tokio::test]
async fn both_must_allow() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &format!("{},{}", allow("iam:Get*"), allow("iam:ListUsers")),
    )
    .await;
    let answer = ok(&server, &ann, &limited(Some(&allow("iam:GetUser")), &[])).await;
    assert!(
        answer
            .element("PackedPolicySize")
            .unwrap()
            .parse::<u32>()
            .unwrap()
            > 0
    );
    let session = credentials(&answer);
    ok(&server, &session, &get_user("ann")).await;
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/R/work is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ because no session policy allows the iam:ListUsers action"
    );
    refused(
        &server,
        &session,
        &iam::ListUsers::default(),
        (403, "AccessDenied", &message),
    )
    .await;
    // What the role does not allow, a session policy does not give.
    let wide = credentials(&ok(&server, &ann, &limited(Some(&allow("*")), &[])).await);
    assert_eq!(
        server.call(&wide, &iam::ListRoles::default()).await.code(),
        "AccessDenied"
    );
}

#[tokio::test]
async fn managed_policies_are_read_at_each_request() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    let arn = own_policy(&server, &allow("iam:GetUser")).await;
    let session = credentials(
        &ok(
            &server,
            &ann,
            &limited(Some(&allow("iam:ListRoles")), &[&arn]),
        )
        .await,
    );
    ok(&server, &session, &get_user("ann")).await;
    ok(&server, &session, &iam::ListRoles::default()).await;
    assert_eq!(
        server
            .call(&session, &iam::ListUsers::default())
            .await
            .code(),
        "AccessDenied"
    );
    let version = iam::CreatePolicyVersion {
        policy_arn: arn.clone(),
        policy_document: document(&allow("iam:ListUsers")).into(),
        set_as_default: Some(true),
    };
    ok(&server, &server.root, &version).await;
    ok(&server, &session, &iam::ListUsers::default()).await;
    assert_eq!(
        server.call(&session, &get_user("ann")).await.code(),
        "AccessDenied"
    );
    // A policy that is gone might have denied: nothing is allowed any more.
    let old = iam::DeletePolicyVersion {
        policy_arn: arn.clone(),
        version_id: "v1".to_owned(),
    };
    ok(&server, &server.root, &old).await;
    ok(
        &server,
        &server.root,
        &iam::DeletePolicy { policy_arn: arn },
    )
    .await;
    assert_eq!(
        server
            .call(&session, &iam::ListRoles::default())
            .await
            .code(),
        "AccessDenied"
    );
    let aws = credentials(
        &ok(
            &server,
            &ann,
            &limited(None, &["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]),
        )
        .await,
    );
    ok(&server, &aws, &get_user("ann")).await;
}

#[tokio::test]
async fn what_can_be_no_session_policy() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("*"),
    )
    .await;
    for arn in [
        "arn:aws:iam::444455556666:policy/Foreign",
        "arn:aws:iam::111122223333:policy/Missing",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
    ] {
        let message = format!(
            "The policy {arn} can't be a session policy: it must be a managed policy of the session's account or of AWS."
        );
        refused(
            &server,
            &ann,
            &limited(None, &[arn]),
            (400, "ValidationError", &message),
        )
        .await;
    }
    let bad = sts::AssumeRole {
        policy: Some("invalid".to_owned()),
        ..assume("R")
    };
    assert_eq!(
        server.call(&ann, &bad).await.code(),
        "MalformedPolicyDocument"
    );
    let long = sts::AssumeRole {
        policy: Some(document(&allow(&"iam:GetUser ".repeat(200)))),
        ..assume("R")
    };
    assert_eq!(server.call(&ann, &long).await.status, 400);
}

#[tokio::test]
async fn packed_policies_and_tags_have_a_bound() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole TagSession", ""),
        "",
    )
    .await;
    let mut state = 1_u64;
    let mut random = |length: usize| -> String {
        let mut character = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
        };
        (0..length).map(|_| character()).collect()
    };
    let tags = (0..50)
        .map(|_| crate::world::tag(&random(20), &random(100)))
        .collect();
    let call = sts::AssumeRole {
        tags: Some(tags),
        ..assume("R")
    };
    let answer = server.call(&ann, &call).await;
    assert_eq!(
        (answer.status, answer.code()),
        (400, "PackedPolicyTooLarge")
    );
    let message = answer.element("Message").unwrap();
    assert!(
        message.starts_with("Packed size of session tags consumes ")
            && message.ends_with("% of allotted space."),
        "{message}"
    );
}
