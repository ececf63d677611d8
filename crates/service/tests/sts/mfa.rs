//! One-time codes in calls to STS.

use keyward_sigv4::Credentials;
use keyward_testkit::InProcess;
use keyward_wire::sts;

use crate::shared::{Device, ok, refused, start, user};
use crate::world::{
    allow, assume, assumed, credentials, get_user, may_not, role, role_arn, trust, user_arn,
};

const WRONG: (u16, &str, &str) = (
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
);
const NOT_VALIDATED: (u16, &str, &str) = (
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
);
const HALF: (u16, &str, &str) = (
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
);

fn with_code(name: &str, serial_number: &str, code: &str) -> sts::AssumeRole {
    sts::AssumeRole {
        serial_number: Some(serial_number.to_owned()),
        token_code: Some(code.to_owned()),
        ..assume(name)
    }
}

/// A user with a device, and a role that only somebody with a code may assume.
async fn start_with_device() -> (InProcess, Credentials, Device) {
    let server = start().await;
    let ann = user(&server, "ann", &allow("sts:AssumeRole")).await;
    let phone = Device::create(&server, &server.root, "phone").await;
    ok(
        &server,
        &server.root,
        &phone.enable(&server, "ann", (-60, -30)),
    )
    .await;
    let condition = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"600"}}"#;
    role(
        &server,
        "R",
        &trust(&user_arn("ann"), "AssumeRole", condition),
        &allow("*"),
    )
    .await;
    (server, ann, phone)
}

#[tokio::test]
async fn a_code_is_good_once() {
    let (server, ann, phone) = start_with_device().await;
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(&server, &ann, &assume("R"), (403, "AccessDenied", &message)).await;
    let call = with_code("R", &phone.serial_number, &phone.code(&server, 0));
    ok(&server, &ann, &call).await;
    refused(&server, &ann, &call, WRONG).await;
    server.clock.advance(30);
    ok(
        &server,
        &ann,
        &with_code("R", &phone.serial_number, &phone.code(&server, 0)),
    )
    .await;
}

#[tokio::test]
async fn what_is_no_proof() {
    let (server, ann, phone) = start_with_device().await;
    let serial_number = phone.serial_number.clone();
    refused(
        &server,
        &ann,
        &with_code("R", &serial_number, "000000"),
        WRONG,
    )
    .await;
    refused(
        &server,
        &ann,
        &with_code("R", &serial_number, &phone.code(&server, 120)),
        WRONG,
    )
    .await;
    for other in ["arn:aws:iam::111122223333:mfa/absent", "GAHT12345678"] {
        refused(
            &server,
            &ann,
            &with_code("R", other, &phone.code(&server, 0)),
            NOT_VALIDATED,
        )
        .await;
    }
    let half = sts::AssumeRole {
        token_code: None,
        ..with_code("R", &serial_number, "000000")
    };
    refused(&server, &ann, &half, HALF).await;
    let bob = user(&server, "bob", &allow("*")).await;
    refused(
        &server,
        &bob,
        &with_code("R", &serial_number, &phone.code(&server, 0)),
        NOT_VALIDATED,
    )
    .await;
}

#[tokio::test]
async fn guesses_are_few() {
    let (server, ann, phone) = start_with_device().await;
    for guess in 0..5 {
        let code = format!("{guess:06}");
        refused(
            &server,
            &ann,
            &with_code("R", &phone.serial_number, &code),
            WRONG,
        )
        .await;
    }
    // Now not even the right one is looked at, until the next 30 seconds.
    refused(
        &server,
        &ann,
        &with_code("R", &phone.serial_number, &phone.code(&server, 0)),
        WRONG,
    )
    .await;
    server.clock.advance(30);
    ok(
        &server,
        &ann,
        &with_code("R", &phone.serial_number, &phone.code(&server, 0)),
    )
    .await;
}

#[tokio::test]
async fn a_code_in_the_call_does_not_stay_with_the_session() {
    let (server, ann, phone) = start_with_device().await;
    let condition = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    role(
        &server,
        "Next",
        &trust(&role_arn("R"), "AssumeRole", condition),
        "",
    )
    .await;
    let session = credentials(
        &ok(
            &server,
            &ann,
            &with_code("R", &phone.serial_number, &phone.code(&server, 0)),
        )
        .await,
    );
    assert_eq!(
        server.call(&session, &assume("Next")).await.code(),
        "AccessDenied"
    );
    server.clock.advance(60);
    let call = with_code("R", &phone.serial_number, &phone.code(&server, 0));
    refused(
        &server,
        &session,
        &sts::AssumeRole {
            role_arn: role_arn("Next"),
            ..call
        },
        NOT_VALIDATED,
    )
    .await;
}

#[tokio::test]
async fn a_code_of_the_session_token_stays_through_one_role() {
    let (server, ann, phone) = start_with_device().await;
    let demands = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    role(
        &server,
        "Next",
        &trust(&role_arn("R"), "AssumeRole", demands),
        "",
    )
    .await;
    let call = sts::GetSessionToken {
        serial_number: Some(phone.serial_number.clone()),
        token_code: Some(phone.code(&server, 0)),
        ..sts::GetSessionToken::default()
    };
    let token = credentials(&ok(&server, &ann, &call).await);
    let session = assumed(&server, &token, "R").await;
    assumed(&server, &session, "Next").await;
    server.clock.advance(600);
    let message = may_not(&user_arn("ann"), "sts:AssumeRole", "R");
    refused(
        &server,
        &token,
        &assume("R"),
        (403, "AccessDenied", &message),
    )
    .await;
    ok(&server, &session, &get_user("ann")).await;
}

#[tokio::test]
async fn long_term_keys_have_no_key_to_deny_by() {
    let server = start().await;
    let deny = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#;
    let ann = user(&server, "ann", &format!("{},{deny}", allow("*"))).await;
    ok(&server, &ann, &get_user("ann")).await;
    let deny = deny.replace("Bool\"", "BoolIfExists\"");
    let bob = user(&server, "bob", &format!("{},{deny}", allow("*"))).await;
    assert_eq!(
        server.call(&bob, &get_user("bob")).await.code(),
        "AccessDenied"
    );
}
