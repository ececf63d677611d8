//! Who may assume which role.

use keyward_testkit::ACCOUNT;
use keyward_wire::{iam, sts};

use crate::shared::{ok, refused, start, user};
use crate::world::{
    allow, assume, assumed, delete_role, get_user, identity, may_not, role, role_arn, trust,
    user_arn,
};

fn root_of(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

#[tokio::test]
async fn a_trusted_user_needs_no_policy_of_its_own() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("iam:GetUser"),
    )
    .await;
    let answer = ok(&server, &ann, &assume("R")).await;
    let id = answer.element("AssumedRoleId").unwrap().to_owned();
    assert!(id.starts_with("AROA") && id.ends_with(":work"));
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/work");
    assert_eq!(answer.element("Arn"), Some(arn.as_str()));
    assert!(answer.element("AccessKeyId").unwrap().starts_with("ASIA"));
    assert_eq!(answer.element("SecretAccessKey").unwrap().len(), 40);
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T04:04:05Z"));
    assert_eq!(answer.element("PackedPolicySize"), None);
    let session = assumed(&server, &ann, "R").await;
    let (session_arn, session_id) = identity(&server, &session).await;
    assert_eq!((session_arn, session_id), (arn.clone(), id));
    ok(&server, &session, &get_user("ann")).await;
    let message = format!(
        "User: {arn} is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::{ACCOUNT}:user/x \
         because no identity-based policy allows the iam:CreateUser action"
    );
    let call = iam::CreateUser {
        user_name: "x".to_owned(),
        ..iam::CreateUser::default()
    };
    refused(&server, &session, &call, (403, "AccessDenied", &message)).await;
}

#[tokio::test]
async fn an_account_that_is_trusted_still_asks_its_own_policies() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let bob = user(&server, "bob", &allow("sts:AssumeRole")).await;
    role(
        &server,
        "R",
        &trust(&root_of(ACCOUNT), "AssumeRole", ""),
        "",
    )
    .await;
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(&server, &ann, &assume("R"), (403, "AccessDenied", &message)).await;
    assumed(&server, &bob, "R").await;
}

#[tokio::test]
async fn a_missing_role_and_a_refusal_look_the_same() {
    let server = start().await;
    let bob = user(&server, "bob", &allow("*")).await;
    role(&server, "R", &trust(&user_arn("bob"), "TagSession", ""), "").await;
    for name in ["R", "Missing", "path/R", "r"] {
        let message = may_not(&user_arn("bob"), "sts:AssumeRole", name);
        refused(
            &server,
            &bob,
            &assume(name),
            (403, "AccessDenied", &message),
        )
        .await;
    }
    let mut call = assume("R");
    for arn in [
        "arn:aws:iam::999999999999:role/R",
        "arn:aws:iam::444455556666:role/Missing",
    ] {
        call.role_arn = arn.to_owned();
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            user_arn("bob")
        );
        refused(&server, &bob, &call, (403, "AccessDenied", &message)).await;
    }
    for arn in [
        "arn:aws:iam::111122223333:user/bob",
        "arn:aws:s3:::bucket/with/a/key",
        "nonsense-of-20-letters",
        "arn:aws-cn:iam::111122223333:role/R",
    ] {
        call.role_arn = arn.to_owned();
        refused(
            &server,
            &bob,
            &call,
            (400, "ValidationError", &format!("{arn} is invalid")),
        )
        .await;
    }
}

#[tokio::test]
async fn another_account_needs_both_halves() {
    let server = start().await;
    let (account, stranger) = server.account("stranger@example.test").await.unwrap();
    let account = account.to_string();
    let create = iam::CreateUser {
        user_name: "eve".to_owned(),
        ..iam::CreateUser::default()
    };
    ok(&server, &stranger, &create).await;
    let key = ok(
        &server,
        &stranger,
        &iam::CreateAccessKey {
            user_name: Some("eve".to_owned()),
        },
    )
    .await;
    let eve = keyward_sigv4::Credentials {
        access_key_id: key.element("AccessKeyId").unwrap().to_owned(),
        secret: keyward_sigv4::SecretKey::new(key.element("SecretAccessKey").unwrap().to_owned()),
        session_token: None,
    };
    let arn = format!("arn:aws:iam::{account}:user/eve");
    let condition = r#"{"StringEquals":{"sts:ExternalId":"secret-1"}}"#;
    role(
        &server,
        "R",
        &trust(&arn, "AssumeRole", condition),
        &allow("iam:GetUser"),
    )
    .await;
    let message = may_not(&arn, "sts:AssumeRole", "R");
    let denied = (403, "AccessDenied", message.as_str());
    let with_id = sts::AssumeRole {
        external_id: Some("secret-1".to_owned()),
        ..assume("R")
    };
    // The role trusts the user by name; across accounts its own policies must allow too.
    refused(&server, &eve, &with_id, denied).await;
    let policy = iam::PutUserPolicy {
        user_name: "eve".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: crate::world::document(&allow("sts:AssumeRole")).into(),
    };
    ok(&server, &stranger, &policy).await;
    refused(&server, &eve, &assume("R"), denied).await;
    let wrong = sts::AssumeRole {
        external_id: Some("secret-2".to_owned()),
        ..assume("R")
    };
    refused(&server, &eve, &wrong, denied).await;
    let session = crate::world::credentials(&ok(&server, &eve, &with_id).await);
    assert_eq!(
        identity(&server, &session).await.0,
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/work")
    );
    // The session is of the role's account.
    refused(
        &server,
        &session,
        &get_user("eve"),
        (
            404,
            "NoSuchEntity",
            "The user with name eve cannot be found.",
        ),
    )
    .await;
}

#[tokio::test]
async fn root_users_assume_nothing() {
    let server = start().await;
    role(&server, "R", &trust("*", "AssumeRole", ""), "").await;
    let message = "Roles may not be assumed by root accounts.";
    refused(
        &server,
        &server.root,
        &assume("R"),
        (403, "AccessDenied", message),
    )
    .await;
}

#[tokio::test]
async fn a_role_assumes_itself_only_where_it_trusts_itself() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", ""),
        &allow("sts:AssumeRole"),
    )
    .await;
    let session = assumed(&server, &ann, "R").await;
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/work");
    let message = may_not(&arn, "sts:AssumeRole", "R");
    refused(
        &server,
        &session,
        &assume("R"),
        (403, "AccessDenied", &message),
    )
    .await;
    let both = format!(
        "{},{}",
        trust(&user_arn("ann"), "AssumeRole", ""),
        trust(&role_arn("R"), "AssumeRole", "")
    );
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "R".to_owned(),
        policy_document: crate::world::document(&both).into(),
    };
    ok(&server, &server.root, &call).await;
    assumed(&server, &session, "R").await;
}

#[tokio::test]
async fn a_principal_made_anew_does_not_inherit_trust() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    assumed(&server, &ann, "R").await;
    let key = iam::DeleteAccessKey {
        user_name: Some("ann".to_owned()),
        access_key_id: ann.access_key_id.clone(),
    };
    ok(&server, &server.root, &key).await;
    ok(
        &server,
        &server.root,
        &iam::DeleteUser {
            user_name: "ann".to_owned(),
        },
    )
    .await;
    let again = user(&server, "ann", "").await;
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(
        &server,
        &again,
        &assume("R"),
        (403, "AccessDenied", &message),
    )
    .await;
    delete_role(&server, "R").await;
}

#[tokio::test]
async fn a_deny_in_the_trust_policy_wins() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("*")).await;
    let deny = trust(&user_arn("ann"), "AssumeRole", "").replace("Allow", "Deny");
    role(
        &server,
        "R",
        &format!("{},{deny}", trust("*", "AssumeRole", "")),
        "",
    )
    .await;
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(&server, &ann, &assume("R"), (403, "AccessDenied", &message)).await;
}

#[tokio::test]
async fn the_session_name_can_be_demanded() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let condition = r#"{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}"#;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", condition),
        "",
    )
    .await;
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(&server, &ann, &assume("R"), (403, "AccessDenied", &message)).await;
    let own = sts::AssumeRole {
        role_session_name: "ann".to_owned(),
        ..assume("R")
    };
    ok(&server, &ann, &own).await;
}

#[tokio::test]
async fn contexts_are_refused_after_the_policies_allowed_them() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    role(&server, "R", &trust(&user_arn("ann"), "AssumeRole", ""), "").await;
    let provider = "arn:aws:iam::aws:contextProvider/IdentityCenter";
    let context = sts::ProvidedContext {
        provider_arn: Some(provider.to_owned()),
        context_assertion: Some("assertion".to_owned()),
    };
    let call = sts::AssumeRole {
        provided_contexts: Some(vec![context]),
        ..assume("R")
    };
    let message = may_not(&user_arn("ann"), "sts:SetContext", "R");
    refused(&server, &ann, &call, (403, "AccessDenied", &message)).await;
    let call_trust = iam::UpdateAssumeRolePolicy {
        role_name: "R".to_owned(),
        policy_document: crate::world::document(&trust(
            &user_arn("ann"),
            "AssumeRole SetContext",
            "",
        ))
        .into(),
    };
    ok(&server, &server.root, &call_trust).await;
    let message = format!(
        "The context provider {provider} is not known: there is no IAM Identity Center whose assertions could be verified."
    );
    refused(&server, &ann, &call, (400, "ValidationError", &message)).await;
}

#[tokio::test]
async fn root_sessions_need_an_organization() {
    let server = start().await;
    let ann = user(&server, "ann", &allow("*")).await;
    let mut call = sts::AssumeRoot {
        target_principal: "444455556666".to_owned(),
        task_policy_arn: sts::PolicyDescriptorType {
            arn: Some("arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials".to_owned()),
        },
        ..sts::AssumeRoot::default()
    };
    let message = format!(
        "User: {} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::444455556666:root",
        user_arn("ann")
    );
    refused(&server, &ann, &call, (403, "AccessDenied", &message)).await;
    call.task_policy_arn.arn = Some("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    let message = "arn:aws:iam::aws:policy/AdministratorAccess is invalid";
    refused(&server, &ann, &call, (400, "ValidationError", message)).await;
}
