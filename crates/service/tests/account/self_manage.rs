//! The policy by which users manage themselves, once they have used MFA: AWS's own, word for word.

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{Sensitive, iam, sts};

use crate::world::{Device, elements, not_allowed, ok, put_policy, refused, start, user};

/// SOURCE: spec/signin-recovery.md §4; IAM user guide, "Allows MFA-authenticated IAM users to manage their own
/// credentials on the Security credentials page".
const POLICY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowViewAccountInfo",
            "Effect": "Allow",
            "Action": [
                "iam:GetAccountPasswordPolicy",
                "iam:ListVirtualMFADevices"
            ],
            "Resource": "*"
        },
        {
            "Sid": "AllowManageOwnPasswords",
            "Effect": "Allow",
            "Action": [
                "iam:ChangePassword",
                "iam:GetUser"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "AllowManageOwnAccessKeys",
            "Effect": "Allow",
            "Action": [
                "iam:CreateAccessKey",
                "iam:DeleteAccessKey",
                "iam:ListAccessKeys",
                "iam:UpdateAccessKey",
                "iam:GetAccessKeyLastUsed"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "AllowManageOwnSigningCertificates",
            "Effect": "Allow",
            "Action": [
                "iam:DeleteSigningCertificate",
                "iam:ListSigningCertificates",
                "iam:UpdateSigningCertificate",
                "iam:UploadSigningCertificate"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "AllowManageOwnSSHPublicKeys",
            "Effect": "Allow",
            "Action": [
                "iam:DeleteSSHPublicKey",
                "iam:GetSSHPublicKey",
                "iam:ListSSHPublicKeys",
                "iam:UpdateSSHPublicKey",
                "iam:UploadSSHPublicKey"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "AllowManageOwnGitCredentials",
            "Effect": "Allow",
            "Action": [
                "iam:CreateServiceSpecificCredential",
                "iam:DeleteServiceSpecificCredential",
                "iam:ListServiceSpecificCredentials",
                "iam:ResetServiceSpecificCredential",
                "iam:UpdateServiceSpecificCredential"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "AllowManageOwnVirtualMFADevice",
            "Effect": "Allow",
            "Action": [
                "iam:CreateVirtualMFADevice"
            ],
            "Resource": "arn:aws:iam::*:mfa/*"
        },
        {
            "Sid": "AllowManageOwnUserMFA",
            "Effect": "Allow",
            "Action": [
                "iam:DeactivateMFADevice",
                "iam:EnableMFADevice",
                "iam:ListMFADevices",
                "iam:ResyncMFADevice"
            ],
            "Resource": "arn:aws:iam::*:user/${aws:username}"
        },
        {
            "Sid": "DenyAllExceptListedIfNoMFA",
            "Effect": "Deny",
            "NotAction": [
                "iam:CreateVirtualMFADevice",
                "iam:EnableMFADevice",
                "iam:GetUser",
                "iam:GetMFADevice",
                "iam:ListMFADevices",
                "iam:ListVirtualMFADevices",
                "iam:ResyncMFADevice",
                "sts:GetSessionToken"
            ],
            "Resource": "*",
            "Condition": {
                "BoolIfExists": {
                    "aws:MultiFactorAuthPresent": "false"
                }
            }
        }
    ]
}"#;

/// Returns the refusal of what only MFA opens.
fn denied(action: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:iam::{ACCOUNT}:user/diego is not authorized to perform: {action} on resource: {resource} with \
         an explicit deny in an identity-based policy"
    )
}

fn change() -> iam::ChangePassword {
    iam::ChangePassword {
        old_password: Sensitive::new("a-Password-1".to_owned()),
        new_password: Sensitive::new("a-Password-2".to_owned()),
    }
}

/// Makes the user of the guide, with a password and a policy.
async fn diego(server: &InProcess, policy: &str) -> Credentials {
    let diego = user(server, "diego", "").await;
    put_policy(server, "diego", policy).await;
    let profile = iam::CreateLoginProfile {
        user_name: Some("diego".to_owned()),
        password: Some(Sensitive::new("a-Password-1".to_owned())),
        password_reset_required: None,
    };
    ok(server, &server.root, &profile).await;
    diego
}

fn delete(device: &Device) -> iam::DeleteVirtualMFADevice {
    iam::DeleteVirtualMFADevice {
        serial_number: device.serial_number.clone(),
    }
}

/// Long-term keys carry no `aws:MultiFactorAuthPresent`, which `BoolIfExists` counts as false.
#[tokio::test]
async fn without_mfa_a_user_can_only_get_mfa() {
    let server = start().await;
    let diego = diego(&server, POLICY).await;
    user(&server, "other", "").await;
    ok(&server, &diego, &iam::GetUser::default()).await;
    ok(&server, &diego, &iam::ListMFADevices::default()).await;
    ok(&server, &diego, &iam::ListVirtualMFADevices::default()).await;
    for (action, resource, answer) in [
        (
            "iam:GetAccountPasswordPolicy",
            "*",
            server.call(&diego, &iam::GetAccountPasswordPolicy {}).await,
        ),
        (
            "iam:ChangePassword",
            "user diego",
            server.call(&diego, &change()).await,
        ),
        (
            "iam:CreateAccessKey",
            "user diego",
            server.call(&diego, &iam::CreateAccessKey::default()).await,
        ),
        (
            "iam:ListSigningCertificates",
            "user diego",
            server
                .call(&diego, &iam::ListSigningCertificates::default())
                .await,
        ),
        (
            "iam:ListSSHPublicKeys",
            "user diego",
            server
                .call(&diego, &iam::ListSSHPublicKeys::default())
                .await,
        ),
        (
            "iam:ListUsers",
            format!("arn:aws:iam::{ACCOUNT}:user/").as_str(),
            server.call(&diego, &iam::ListUsers::default()).await,
        ),
    ] {
        assert_eq!(answer.status, 403, "{action}");
        assert_eq!(
            answer.element("Message"),
            Some(denied(action, resource).as_str())
        );
    }
    let phone = Device::create(&server, &diego, "diego").await;
    let other = phone.enable(&server, "other", (0, 30));
    let text = not_allowed("diego", "iam:EnableMFADevice", "user other");
    refused(&server, &diego, &other, (403, "AccessDenied", &text)).await;
    ok(&server, &diego, &phone.enable(&server, "diego", (0, 30))).await;
    let listed = ok(&server, &diego, &iam::ListMFADevices::default()).await;
    assert_eq!(
        elements(&listed, "SerialNumber"),
        [phone.serial_number.as_str()]
    );
    ok(&server, &diego, &phone.resync(&server, "diego", (60, 90))).await;
    let text = denied("iam:DeactivateMFADevice", "user diego");
    let deactivate = phone.deactivate(Some("diego"));
    refused(&server, &diego, &deactivate, (403, "AccessDenied", &text)).await;
}

/// The wizard was left before the codes were typed: the device stays behind, and only an administrator gets rid of it.
#[tokio::test]
async fn an_orphan_is_deleted_by_an_administrator() {
    let server = start().await;
    let diego = diego(&server, POLICY).await;
    let orphan = Device::create(&server, &diego, "diego").await;
    let again = iam::CreateVirtualMFADevice {
        virtual_mfa_device_name: "diego".to_owned(),
        ..iam::CreateVirtualMFADevice::default()
    };
    let exists = "MFADevice entity at the same path and name already exists.";
    refused(
        &server,
        &diego,
        &again,
        (409, "EntityAlreadyExists", exists),
    )
    .await;
    let text = denied("iam:DeleteVirtualMFADevice", &orphan.serial_number);
    refused(
        &server,
        &diego,
        &delete(&orphan),
        (403, "AccessDenied", &text),
    )
    .await;
    let unassigned = iam::ListVirtualMFADevices {
        assignment_status: Some(iam::AssignmentStatusType::Unassigned),
        ..iam::ListVirtualMFADevices::default()
    };
    let listed = ok(&server, &server.root, &unassigned).await;
    assert_eq!(
        elements(&listed, "SerialNumber"),
        [orphan.serial_number.as_str()]
    );
    ok(&server, &server.root, &delete(&orphan)).await;
    let phone = Device::create(&server, &diego, "diego").await;
    ok(&server, &diego, &phone.enable(&server, "diego", (0, 30))).await;
}

/// Without a code in it, a session calls nothing of IAM, whatever the policy says; with one it is what the policy opens.
#[tokio::test]
async fn a_session_with_a_code_opens_what_the_policy_allows() {
    let server = start().await;
    let keys = diego(&server, POLICY).await;
    user(&server, "other", "").await;
    let phone = Device::create(&server, &keys, "diego").await;
    ok(&server, &keys, &phone.enable(&server, "diego", (0, 30))).await;
    let without = sts::GetSessionToken::default();
    let session = session(&ok(&server, &keys, &without).await);
    let invalid = "The security token included in the request is invalid";
    refused(
        &server,
        &session,
        &iam::GetUser::default(),
        (403, "InvalidClientTokenId", invalid),
    )
    .await;
    server.clock.advance(60);
    let with = sts::GetSessionToken {
        serial_number: Some(phone.serial_number.clone()),
        token_code: Some(phone.code(&server, 0)),
        ..sts::GetSessionToken::default()
    };
    let session = self::session(&ok(&server, &keys, &with).await);
    opens_what_the_policy_allows(&server, &session).await;
    ok(&server, &session, &phone.deactivate(Some("diego"))).await;
    let text = not_allowed("diego", "iam:DeleteVirtualMFADevice", &phone.serial_number);
    refused(
        &server,
        &session,
        &delete(&phone),
        (403, "AccessDenied", &text),
    )
    .await;
}

/// For long-term keys under `Bool`, which a key that is not there does not meet, the Deny does not hit.
#[tokio::test]
async fn bool_does_not_hit_long_term_keys() {
    let server = start().await;
    let diego = diego(&server, &POLICY.replace("BoolIfExists", "Bool")).await;
    user(&server, "other", "").await;
    opens_what_the_policy_allows(&server, &diego).await;
    let phone = Device::create(&server, &diego, "diego").await;
    ok(&server, &diego, &phone.enable(&server, "diego", (0, 30))).await;
    ok(&server, &diego, &phone.deactivate(Some("diego"))).await;
}

fn session(answer: &Answer) -> Credentials {
    let element = |name| answer.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: element("AccessKeyId"),
        secret: SecretKey::new(element("SecretAccessKey")),
        session_token: Some(element("SessionToken")),
    }
}

/// Does what the Allow statements open once the Deny does not hit.
async fn opens_what_the_policy_allows(server: &InProcess, diego: &Credentials) {
    ok(server, diego, &change()).await;
    let policy = iam::UpdateAccountPasswordPolicy::default();
    ok(server, &server.root, &policy).await;
    ok(server, diego, &iam::GetAccountPasswordPolicy {}).await;
    let made = ok(server, diego, &iam::CreateAccessKey::default()).await;
    let key = made.element("AccessKeyId").unwrap().to_owned();
    let keys = ok(server, diego, &iam::ListAccessKeys::default()).await;
    assert_eq!(elements(&keys, "AccessKeyId").len(), 2);
    let used = iam::GetAccessKeyLastUsed {
        access_key_id: key.clone(),
    };
    ok(server, diego, &used).await;
    let delete_key = iam::DeleteAccessKey {
        user_name: None,
        access_key_id: key,
    };
    ok(server, diego, &delete_key).await;
    ok(server, diego, &iam::ListSigningCertificates::default()).await;
    ok(server, diego, &iam::ListSSHPublicKeys::default()).await;
    let git = iam::CreateServiceSpecificCredential {
        user_name: "diego".to_owned(),
        service_name: "codecommit.amazonaws.com".to_owned(),
        ..iam::CreateServiceSpecificCredential::default()
    };
    ok(server, diego, &git).await;
    let others = iam::CreateAccessKey {
        user_name: Some("other".to_owned()),
    };
    let text = not_allowed("diego", "iam:CreateAccessKey", "user other");
    refused(server, diego, &others, (403, "AccessDenied", &text)).await;
}

/// `${aws:username}` does not include a path.
#[tokio::test]
async fn a_user_with_a_path_needs_a_pattern_of_its_own() {
    let server = start().await;
    let call = iam::CreateUser {
        user_name: "diego".to_owned(),
        path: Some("/team/".to_owned()),
        ..iam::CreateUser::default()
    };
    ok(&server, &server.root, &call).await;
    put_policy(&server, "diego", POLICY).await;
    let diego = server.key_of("diego").await;
    let answer = server.call(&diego, &iam::GetUser::default()).await;
    assert_eq!(answer.code(), "AccessDenied");
    let own = POLICY.replace(
        r#""arn:aws:iam::*:user/${aws:username}""#,
        r#"["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/*/${aws:username}"]"#,
    );
    // That is more than an inline policy of a user holds, so only what is asked for here is kept of it.
    let statements: Vec<&str> = own.split("\n        {").collect();
    let kept = format!("{}{{{}{{{}", statements[0], statements[2], statements[9]);
    put_policy(&server, "diego", &kept).await;
    ok(&server, &diego, &iam::GetUser::default()).await;
}
