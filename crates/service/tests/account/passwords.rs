//! Login profiles, the password policy, and a user's change of its own password.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::{Sensitive, iam};

use crate::world::{not_allowed, ok, refused, start, user};

const GOOD: &str = "correct-Horse-1";
const VIOLATION: (u16, &str, &str) = (
    400,
    "PasswordPolicyViolation",
    "Password does not conform to the account password policy.",
);
const REUSED: (u16, &str, &str) = (
    400,
    "PasswordPolicyViolation",
    "Policy constraint violation with password reuse prevention during password change.",
);
const NO_PROFILE: (u16, &str, &str) = (
    404,
    "NoSuchEntity",
    "Login Profile for User ann cannot be found.",
);
const NO_USER: (u16, &str, &str) = (
    404,
    "NoSuchEntity",
    "The user with name nobody cannot be found.",
);

fn secret(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn create(name: &str, password: &str) -> iam::CreateLoginProfile {
    iam::CreateLoginProfile {
        user_name: Some(name.to_owned()),
        password: Some(secret(password)),
        password_reset_required: None,
    }
}

fn get(name: &str) -> iam::GetLoginProfile {
    iam::GetLoginProfile {
        user_name: Some(name.to_owned()),
    }
}

fn update(name: &str, password: Option<&str>, reset: Option<bool>) -> iam::UpdateLoginProfile {
    iam::UpdateLoginProfile {
        user_name: name.to_owned(),
        password: password.map(secret),
        password_reset_required: reset,
    }
}

fn change(old: &str, new: &str) -> iam::ChangePassword {
    iam::ChangePassword {
        old_password: secret(old),
        new_password: secret(new),
    }
}

fn delete(name: &str) -> iam::DeleteLoginProfile {
    iam::DeleteLoginProfile {
        user_name: Some(name.to_owned()),
    }
}

async fn set_policy(server: &InProcess, policy: iam::UpdateAccountPasswordPolicy) {
    ok(server, &server.root, &policy).await;
}

#[tokio::test]
async fn a_login_profile_comes_and_goes() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    refused(&server, root, &get("ann"), NO_PROFILE).await;
    refused(&server, root, &update("ann", Some(GOOD), None), NO_PROFILE).await;
    refused(&server, root, &delete("ann"), NO_PROFILE).await;
    for password in ["short1A", "abcdefgh", "root@example.test"] {
        refused(&server, root, &create("ann", password), VIOLATION).await;
    }
    let made = ok(&server, root, &create("ANN", GOOD)).await;
    let shown = "<LoginProfile><UserName>ann</UserName><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
                 <PasswordResetRequired>false</PasswordResetRequired></LoginProfile>";
    assert!(made.body.contains(shown), "{}", made.body);
    let exists = (
        409,
        "EntityAlreadyExists",
        "Login Profile for user ann already exists.",
    );
    refused(&server, root, &create("ann", "x"), exists).await;
    server.clock.advance(60);
    refused(
        &server,
        root,
        &update("ann", Some("short"), None),
        VIOLATION,
    )
    .await;
    ok(&server, root, &update("ann", None, Some(true))).await;
    let got = ok(&server, root, &get("ann")).await;
    assert_eq!(got.element("PasswordResetRequired"), Some("true"));
    ok(&server, root, &update("ann", Some("another-Horse-1"), None)).await;
    let got = ok(&server, root, &get("ann")).await;
    assert_eq!(got.element("PasswordResetRequired"), Some("true"));
    assert_eq!(got.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    let call = iam::DeleteUser {
        user_name: "ann".to_owned(),
    };
    let keys = iam::ListAccessKeys {
        user_name: Some("ann".to_owned()),
        ..iam::ListAccessKeys::default()
    };
    let key = ok(&server, root, &keys).await;
    let key = iam::DeleteAccessKey {
        user_name: Some("ann".to_owned()),
        access_key_id: key.element("AccessKeyId").unwrap().to_owned(),
    };
    // SOURCE: hashicorp/terraform issue 8621: the login profile, then the access keys.
    let blocked = "Cannot delete entity, must delete login profile first.";
    refused(&server, root, &call, (409, "DeleteConflict", blocked)).await;
    ok(&server, root, &delete("ann")).await;
    let blocked = "Cannot delete entity, must delete access keys first.";
    refused(&server, root, &call, (409, "DeleteConflict", blocked)).await;
    ok(&server, root, &key).await;
    refused(&server, root, &get("ann"), NO_PROFILE).await;
    ok(&server, root, &call).await;
    for name in ["nobody"] {
        refused(&server, root, &create(name, GOOD), NO_USER).await;
        refused(&server, root, &get(name), NO_USER).await;
        refused(&server, root, &update(name, None, None), NO_USER).await;
        refused(&server, root, &delete(name), NO_USER).await;
    }
}

#[tokio::test]
async fn the_root_user_and_missing_passwords_are_refused() {
    let server = start().await;
    user(&server, "ann", "").await;
    let no_name = (
        400,
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    );
    let root = &server.root;
    refused(&server, root, &iam::GetLoginProfile::default(), no_name).await;
    refused(&server, root, &iam::DeleteLoginProfile::default(), no_name).await;
    let mut call = create("ann", GOOD);
    call.user_name = None;
    refused(&server, root, &call, no_name).await;
    let call = iam::CreateLoginProfile {
        password: None,
        ..create("ann", GOOD)
    };
    let null = "1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not \
                be null";
    refused(&server, root, &call, (400, "ValidationError", null)).await;
    let not_a_user = (
        400,
        "InvalidUserType",
        "Only IAM Users can change their own password.",
    );
    refused(&server, root, &change(GOOD, GOOD), not_a_user).await;
}

#[tokio::test]
async fn a_user_changes_its_own_password() {
    let server = start().await;
    let own = r#"{"Effect":"Allow","Action":["iam:ChangePassword","iam:*LoginProfile"],
                  "Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
    let ann = user(&server, "ann", own).await;
    refused(&server, &ann, &change(GOOD, "another-Horse-1"), NO_PROFILE).await;
    let mine = iam::CreateLoginProfile {
        user_name: None,
        password_reset_required: Some(true),
        ..create("ann", GOOD)
    };
    ok(&server, &ann, &mine).await;
    let incorrect = (403, "AccessDenied", "The old password was incorrect.");
    refused(
        &server,
        &ann,
        &change("wrong", "another-Horse-1"),
        incorrect,
    )
    .await;
    refused(&server, &ann, &change(GOOD, "weak"), VIOLATION).await;
    ok(&server, &ann, &change(GOOD, "another-Horse-1")).await;
    let got = ok(&server, &ann, &iam::GetLoginProfile::default()).await;
    assert_eq!(got.element("PasswordResetRequired"), Some("false"));
    refused(&server, &ann, &change(GOOD, "third-Horse-1"), incorrect).await;
    // Without a rule against it, the present password may be set again.
    ok(&server, &ann, &change("another-Horse-1", "another-Horse-1")).await;
    ok(&server, &ann, &iam::DeleteLoginProfile::default()).await;
    let denied = not_allowed("ann", "iam:GetLoginProfile", "user bob");
    user(&server, "bob", "").await;
    refused(&server, &ann, &get("bob"), (403, "AccessDenied", &denied)).await;
}

#[tokio::test]
async fn passwords_are_remembered_as_long_as_the_policy_says() {
    let server = start().await;
    let ann = user(
        &server,
        "ann",
        r#"{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"*"}"#,
    )
    .await;
    let policy = iam::UpdateAccountPasswordPolicy {
        password_reuse_prevention: Some(3),
        ..iam::UpdateAccountPasswordPolicy::default()
    };
    set_policy(&server, policy).await;
    ok(&server, &server.root, &create("ann", "password-1")).await;
    refused(&server, &ann, &change("password-1", "password-1"), REUSED).await;
    ok(&server, &ann, &change("password-1", "password-2")).await;
    ok(&server, &ann, &change("password-2", "password-3")).await;
    refused(&server, &ann, &change("password-3", "password-1"), REUSED).await;
    refused(
        &server,
        &server.root,
        &update("ann", Some("password-2"), None),
        REUSED,
    )
    .await;
    ok(&server, &ann, &change("password-3", "password-4")).await;
    ok(&server, &ann, &change("password-4", "password-1")).await;
}

#[tokio::test]
async fn the_password_policy_is_replaced_as_a_whole() {
    let server = start().await;
    let root = &server.root;
    let none = format!("The Password Policy with domain name {ACCOUNT} cannot be found.");
    let none = (404, "NoSuchEntity", none.as_str());
    let (get, delete) = (
        iam::GetAccountPasswordPolicy {},
        iam::DeleteAccountPasswordPolicy {},
    );
    refused(&server, root, &get, none).await;
    refused(&server, root, &delete, none).await;
    let policy = iam::UpdateAccountPasswordPolicy {
        minimum_password_length: Some(12),
        require_symbols: Some(true),
        require_numbers: Some(true),
        require_uppercase_characters: Some(true),
        require_lowercase_characters: Some(true),
        allow_users_to_change_password: Some(true),
        max_password_age: Some(90),
        password_reuse_prevention: Some(24),
        hard_expiry: Some(false),
    };
    set_policy(&server, policy).await;
    let got = ok(&server, root, &get).await;
    for (name, value) in [
        ("MinimumPasswordLength", "12"),
        ("RequireSymbols", "true"),
        ("RequireNumbers", "true"),
        ("RequireUppercaseCharacters", "true"),
        ("RequireLowercaseCharacters", "true"),
        ("AllowUsersToChangePassword", "true"),
        ("ExpirePasswords", "true"),
        ("MaxPasswordAge", "90"),
        ("PasswordReusePrevention", "24"),
        ("HardExpiry", "false"),
    ] {
        assert_eq!(got.element(name), Some(value), "{name}");
    }
    set_policy(&server, iam::UpdateAccountPasswordPolicy::default()).await;
    let got = ok(&server, root, &get).await;
    for (name, value) in [
        ("MinimumPasswordLength", Some("6")),
        ("RequireSymbols", Some("false")),
        ("AllowUsersToChangePassword", Some("false")),
        ("ExpirePasswords", Some("false")),
        ("MaxPasswordAge", None),
        ("PasswordReusePrevention", None),
        ("HardExpiry", None),
    ] {
        assert_eq!(got.element(name), value, "{name}");
    }
    ok(&server, root, &delete).await;
    refused(&server, root, &get, none).await;
    let nobody = user(&server, "nobody", "").await;
    let text = not_allowed("nobody", "iam:UpdateAccountPasswordPolicy", "*");
    let call = iam::UpdateAccountPasswordPolicy::default();
    refused(&server, &nobody, &call, (403, "AccessDenied", &text)).await;
}

#[tokio::test]
async fn the_policy_may_let_users_change_their_passwords() {
    let server = start().await;
    let path = iam::CreateUser {
        user_name: "pat".to_owned(),
        path: Some("/team/".to_owned()),
        ..iam::CreateUser::default()
    };
    ok(&server, &server.root, &path).await;
    let pat = server.key_of("pat").await;
    let ann = user(&server, "ann", "").await;
    let denied = user(
        &server,
        "denied",
        r#"{"Effect":"Deny","Action":"iam:ChangePassword","Resource":"*"}"#,
    )
    .await;
    for name in ["ann", "pat", "denied"] {
        ok(&server, &server.root, &create(name, GOOD)).await;
    }
    let call = change(GOOD, "another-Horse-1");
    let text = not_allowed("ann", "iam:ChangePassword", "user ann");
    refused(&server, &ann, &call, (403, "AccessDenied", &text)).await;
    let policy = iam::UpdateAccountPasswordPolicy {
        allow_users_to_change_password: Some(true),
        ..iam::UpdateAccountPasswordPolicy::default()
    };
    set_policy(&server, policy).await;
    ok(&server, &ann, &call).await;
    ok(&server, &pat, &call).await;
    ok(&server, &ann, &iam::GetAccountPasswordPolicy {}).await;
    let text = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/denied is not authorized to perform: iam:ChangePassword on resource: user \
         denied with an explicit deny in an identity-based policy"
    );
    refused(&server, &denied, &call, (403, "AccessDenied", &text)).await;
    // Nothing else comes with it.
    let text = not_allowed("ann", "iam:UpdateLoginProfile", "user ann");
    let own = update("ann", Some("third-Horse-1"), None);
    refused(&server, &ann, &own, (403, "AccessDenied", &text)).await;
    ok(&server, &server.root, &iam::DeleteAccountPasswordPolicy {}).await;
    let text = not_allowed("ann", "iam:ChangePassword", "user ann");
    let call = change("another-Horse-1", "third-Horse-1");
    refused(&server, &ann, &call, (403, "AccessDenied", &text)).await;
}

#[tokio::test]
async fn passwords_stay_out_of_the_audit_trail() {
    let server = start().await;
    let ann = user(
        &server,
        "ann",
        r#"{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"*"}"#,
    )
    .await;
    ok(&server, &server.root, &create("ann", GOOD)).await;
    let other = "another-Horse-1";
    ok(&server, &server.root, &update("ann", Some(other), None)).await;
    server.call(&ann, &change("wrong-Horse-1", GOOD)).await;
    ok(&server, &ann, &change(other, GOOD)).await;
    let trail = server.audit.take().concat();
    assert!(trail.contains("ChangePassword"));
    assert!(trail.contains("HIDDEN_DUE_TO_SECURITY_REASONS"));
    assert!(!trail.contains("Horse-1"), "{trail}");
}
