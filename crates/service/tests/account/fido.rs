//! FIDO devices: registered by the operator, listed, shown and removed through the API.

use keyward_service::{NewFidoDevice, RegisterFidoDeviceError, RegisteredFidoDevice};
use keyward_testkit::{ACCOUNT, InProcess, fido_registration};
use keyward_wire::{iam, sts};

use crate::world::{Device, elements, not_allowed, ok, refused, start, user};

const INVALID_FOR_USER: (u16, &str, &str) = (404, "NoSuchEntity", "MFA Device invalid for user.");

/// A device to be registered for a user, or for the root user; the byte makes the credential.
fn new(user: Option<&str>, name: &str, byte: u8) -> NewFidoDevice {
    NewFidoDevice {
        account: keyward_arn::AccountId::parse(ACCOUNT).unwrap(),
        user: user.map(str::to_owned),
        name: name.to_owned(),
        registration: fido_registration(byte),
        certifications: Vec::new(),
    }
}

async fn register(server: &InProcess, new: NewFidoDevice) -> RegisteredFidoDevice {
    server.service.register_fido_device(new).await.unwrap()
}

/// Returns why a device is not registered.
async fn not_registered(server: &InProcess, new: NewFidoDevice) -> String {
    let done = server.service.register_fido_device(new).await;
    done.unwrap_err().to_string()
}

fn list(user: Option<&str>) -> iam::ListMFADevices {
    iam::ListMFADevices {
        user_name: user.map(str::to_owned),
        ..iam::ListMFADevices::default()
    }
}

fn get(user: Option<&str>, serial_number: &str) -> iam::GetMFADevice {
    iam::GetMFADevice {
        serial_number: serial_number.to_owned(),
        user_name: user.map(str::to_owned),
    }
}

fn deactivate(user: Option<&str>, serial_number: &str) -> iam::DeactivateMFADevice {
    iam::DeactivateMFADevice {
        serial_number: serial_number.to_owned(),
        user_name: user.map(str::to_owned),
    }
}

fn missing(serial_number: &str) -> String {
    format!("MFA device with serial number {serial_number} doesn't exist.")
}

#[tokio::test]
async fn a_device_is_registered_shown_and_removed() {
    let server = start().await;
    let ann = user(&server, "Ann", "").await;
    let root = &server.root;
    let mut wanted = new(Some("ann"), "my-key", 1);
    wanted.certifications = vec![
        ("FIDO-FIPS-140-2".to_owned(), "L2".to_owned()),
        ("FIDO".to_owned(), "L1".to_owned()),
    ];
    let made = register(&server, wanted).await;
    let serial = made.serial_number.clone();
    let prefix = format!("arn:aws:iam::{ACCOUNT}:u2f/user/Ann/my-key-");
    let random = serial.strip_prefix(&prefix).unwrap();
    assert_eq!(random.len(), 26);
    assert_eq!(
        (made.user.as_deref(), made.algorithm),
        (Some("Ann"), "ES256")
    );
    let shown = ok(&server, root, &get(Some("ann"), &serial)).await;
    let expected = format!(
        "<GetMFADeviceResult><UserName>Ann</UserName><SerialNumber>{serial}</SerialNumber>\
         <EnableDate>2026-01-02T03:04:05Z</EnableDate><Certifications><entry><key>FIDO</key><value>L1</value></entry>\
         <entry><key>FIDO-FIPS-140-2</key><value>L2</value></entry></Certifications></GetMFADeviceResult>"
    );
    assert!(shown.body.contains(&expected), "{}", shown.body);
    let listed = ok(&server, root, &list(Some("ann"))).await;
    let expected = format!(
        "<MFADevices><member><UserName>Ann</UserName><SerialNumber>{serial}</SerialNumber>\
         <EnableDate>2026-01-02T03:04:05Z</EnableDate></member></MFADevices>"
    );
    assert!(listed.body.contains(&expected), "{}", listed.body);
    let virtual_devices = ok(&server, root, &iam::ListVirtualMFADevices::default()).await;
    assert!(!virtual_devices.body.contains("u2f"));
    // One credential is registered once in an account, for whomever.
    user(&server, "bob", "").await;
    for user in [Some("ann"), Some("bob"), None] {
        let again = not_registered(&server, new(user, "other", 1)).await;
        let text = format!("the credential is registered in the account already, as {serial}");
        assert_eq!(again, text);
    }
    refused(
        &server,
        root,
        &deactivate(Some("bob"), &serial),
        INVALID_FOR_USER,
    )
    .await;
    refused(&server, root, &deactivate(None, &serial), INVALID_FOR_USER).await;
    let text = missing(&serial);
    let absent = (404, "NoSuchEntity", text.as_str());
    refused(&server, root, &get(Some("bob"), &serial), absent).await;
    refused(&server, root, &get(None, &serial), absent).await;
    ok(&server, root, &deactivate(Some("ann"), &serial)).await;
    refused(
        &server,
        root,
        &deactivate(Some("ann"), &serial),
        INVALID_FOR_USER,
    )
    .await;
    refused(&server, root, &get(Some("ann"), &serial), absent).await;
    assert!(
        !ok(&server, root, &list(Some("ann")))
            .await
            .body
            .contains("member")
    );
    // Nothing of it is left, so the credential may come back, under another serial number.
    assert_ne!(
        register(&server, new(Some("bob"), "my-key", 1))
            .await
            .serial_number,
        serial
    );
    drop(ann);
}

#[tokio::test]
async fn who_names_nobody_speaks_of_itself() {
    let server = start().await;
    let own = r#"{"Effect":"Allow","Action":["iam:GetMFADevice","iam:ListMFADevices","iam:DeactivateMFADevice"],
        "Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
    let ann = user(&server, "ann", own).await;
    user(&server, "bob", "").await;
    let serial = register(&server, new(Some("ann"), "key", 1))
        .await
        .serial_number;
    let other = register(&server, new(Some("bob"), "key", 2))
        .await
        .serial_number;
    let shown = ok(&server, &ann, &get(None, &serial)).await;
    assert_eq!(shown.element("UserName"), Some("ann"));
    assert!(!shown.body.contains("Certifications"));
    let text = missing(&other);
    refused(
        &server,
        &ann,
        &get(None, &other),
        (404, "NoSuchEntity", &text),
    )
    .await;
    let text = not_allowed("ann", "iam:GetMFADevice", "user bob");
    refused(
        &server,
        &ann,
        &get(Some("bob"), &other),
        (403, "AccessDenied", &text),
    )
    .await;
    refused(&server, &ann, &deactivate(None, &other), INVALID_FOR_USER).await;
    ok(&server, &ann, &deactivate(None, &serial)).await;
}

#[tokio::test]
async fn kinds_of_device_share_order_and_quota() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let mut serials = Vec::new();
    for number in 0..4_u8 {
        server.clock.advance(60);
        let device = register(&server, new(Some("ann"), "key", number)).await;
        serials.push(device.serial_number);
        server.clock.advance(60);
        let device = Device::create(&server, root, &format!("d{number}")).await;
        ok(&server, root, &device.enable(&server, "ann", (0, 30))).await;
        serials.push(device.serial_number);
    }
    let limit = "Cannot exceed quota for MFADevicesPerUser: 8";
    assert_eq!(
        not_registered(&server, new(Some("ann"), "key", 9)).await,
        limit
    );
    let ninth = Device::create(&server, root, "ninth").await;
    let ninth = ninth.enable(&server, "ann", (0, 30));
    refused(&server, root, &ninth, (409, "LimitExceeded", limit)).await;
    let mut marker = None;
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = iam::ListMFADevices {
            max_items: Some(3),
            marker,
            ..list(Some("ann"))
        };
        let page = ok(&server, root, &page).await;
        found.extend(elements(&page, "SerialNumber"));
        marker = page.element("Marker").map(str::to_owned);
    }
    assert_eq!((found, marker), (serials.clone(), None));
    ok(&server, root, &deactivate(Some("ann"), &serials[0])).await;
    register(&server, new(Some("ann"), "key", 9)).await;
}

#[tokio::test]
async fn the_root_user_has_eight_too() {
    let server = start().await;
    let root = &server.root;
    let mut serials = Vec::new();
    for number in 0..8 {
        server.clock.advance(1);
        let made = register(&server, new(None, &format!("k{}", 9 - number), number)).await;
        let prefix = format!("arn:aws:iam::{ACCOUNT}:u2f/root/k{}-", 9 - number);
        assert!(made.serial_number.starts_with(&prefix) && made.user.is_none());
        serials.push(made.serial_number);
    }
    let limit = "Cannot exceed quota for MFADevicesPerUser: 8";
    assert_eq!(not_registered(&server, new(None, "key", 8)).await, limit);
    let page = iam::ListMFADevices {
        max_items: Some(5),
        ..list(None)
    };
    let first = ok(&server, root, &page).await;
    let rest = iam::ListMFADevices {
        marker: first.element("Marker").map(str::to_owned),
        ..list(None)
    };
    let rest = ok(&server, root, &rest).await;
    let found = [
        elements(&first, "SerialNumber"),
        elements(&rest, "SerialNumber"),
    ];
    assert_eq!((found[0].len(), found.concat()), (5, serials.clone()));
    let shown = ok(&server, root, &get(None, &serials[3])).await;
    assert_eq!(shown.element("UserName"), Some("root"));
    assert_eq!(shown.element("EnableDate"), Some("2026-01-02T03:04:09Z"));
    let state = server.service.account_state(ACCOUNT, None).await.unwrap();
    assert_eq!(state.root.mfa_devices, serials);
    ok(&server, root, &deactivate(None, &serials[3])).await;
    let text = missing(&serials[3]);
    let gone = (404, "NoSuchEntity", text.as_str());
    refused(&server, root, &deactivate(None, &serials[3]), gone).await;
    register(&server, new(None, "key", 8)).await;
}

#[tokio::test]
async fn a_race_gives_no_ninth_and_no_second() {
    let server = start().await;
    user(&server, "ann", "").await;
    user(&server, "bob", "").await;
    let register = |user, byte| server.service.register_fido_device(new(user, "key", byte));
    // One credential, three who want it.
    let (of_ann, of_bob, of_root) = tokio::join!(
        register(Some("ann"), 0),
        register(Some("bob"), 0),
        register(None, 0)
    );
    let made = [of_ann.is_ok(), of_bob.is_ok(), of_root.is_ok()];
    assert_eq!(made.iter().filter(|it| **it).count(), 1);
    // Eight places, nine who want one.
    for (user, base) in [(Some("ann"), 10), (None, 20)] {
        let held = ok(&server, &server.root, &list(user)).await;
        for byte in elements(&held, "SerialNumber").len()..6 {
            register(user, base + u8::try_from(byte).unwrap())
                .await
                .unwrap();
        }
        let all = tokio::join!(
            register(user, base + 6),
            register(user, base + 7),
            register(user, base + 8)
        );
        let made = [all.0.is_ok(), all.1.is_ok(), all.2.is_ok()];
        assert_eq!(made.iter().filter(|it| **it).count(), 2, "{user:?}");
        let held = ok(&server, &server.root, &list(user)).await;
        assert_eq!(elements(&held, "SerialNumber").len(), 8);
    }
}

#[tokio::test]
async fn devices_are_counted() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let summary = |body: &str, key: &str| {
        let (_, after) = body
            .split_once(&format!("<key>{key}</key><value>"))
            .unwrap();
        after.split('<').next().unwrap().parse::<u32>().unwrap()
    };
    let counts = async || {
        let answer = ok(&server, root, &iam::GetAccountSummary {}).await;
        ["MFADevices", "MFADevicesInUse", "AccountMFAEnabled"].map(|key| summary(&answer.body, key))
    };
    Device::create(&server, root, "spare").await;
    assert_eq!(counts().await, [1, 0, 0]);
    let key = register(&server, new(Some("ann"), "key", 1))
        .await
        .serial_number;
    assert_eq!(counts().await, [2, 1, 0]);
    let of_root = register(&server, new(None, "key", 2)).await.serial_number;
    assert_eq!(counts().await, [3, 2, 1]);
    ok(&server, root, &iam::GenerateCredentialReport {}).await;
    let report = ok(&server, root, &iam::GetCredentialReport {}).await;
    let report = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        report.element("Content").unwrap(),
    );
    let report = String::from_utf8(report.unwrap()).unwrap();
    let mfa: Vec<&str> = report
        .lines()
        .map(|row| row.split(',').nth(7).unwrap())
        .collect();
    assert_eq!(mfa, ["mfa_active", "true", "true"]);
    ok(&server, root, &deactivate(None, &of_root)).await;
    ok(&server, root, &deactivate(Some("ann"), &key)).await;
    assert_eq!(counts().await, [1, 0, 0]);
}

#[tokio::test]
async fn a_renamed_user_keeps_its_device() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let serial = register(&server, new(Some("ann"), "key", 1))
        .await
        .serial_number;
    let rename = iam::UpdateUser {
        user_name: "ann".to_owned(),
        new_user_name: Some("eve".to_owned()),
        new_path: Some("/p/".to_owned()),
    };
    ok(&server, root, &rename).await;
    let shown = ok(&server, root, &get(Some("eve"), &serial)).await;
    assert_eq!(shown.element("UserName"), Some("eve"));
    // Whoever takes the name has no part in it.
    user(&server, "ann", "").await;
    let text = missing(&serial);
    refused(
        &server,
        root,
        &get(Some("ann"), &serial),
        (404, "NoSuchEntity", &text),
    )
    .await;
    refused(
        &server,
        root,
        &deactivate(Some("ann"), &serial),
        INVALID_FOR_USER,
    )
    .await;
    let key = iam::DeleteAccessKey {
        user_name: Some("eve".to_owned()),
        access_key_id: {
            let keys = iam::ListAccessKeys {
                user_name: Some("eve".to_owned()),
                ..iam::ListAccessKeys::default()
            };
            let keys = ok(&server, root, &keys).await;
            keys.element("AccessKeyId").unwrap().to_owned()
        },
    };
    ok(&server, root, &key).await;
    let delete = iam::DeleteUser {
        user_name: "eve".to_owned(),
    };
    let blocked = "Cannot delete entity, must delete MFA device first.";
    refused(&server, root, &delete, (409, "DeleteConflict", blocked)).await;
    ok(&server, root, &deactivate(Some("eve"), &serial)).await;
    ok(&server, root, &delete).await;
}

#[tokio::test]
async fn what_takes_codes_or_tags_knows_virtual_devices_only() {
    let server = start().await;
    let ann = user(&server, "ann", "").await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    let serial = register(&server, new(Some("ann"), "key", 1))
        .await
        .serial_number;
    let text = format!("VirtualMFADevice with serial number {serial} doesn't exist.");
    let missing = (404, "NoSuchEntity", text.as_str());
    let call = iam::EnableMFADevice {
        serial_number: serial.clone(),
        ..phone.enable(&server, "ann", (0, 30))
    };
    refused(&server, root, &call, missing).await;
    let call = iam::ResyncMFADevice {
        serial_number: serial.clone(),
        ..phone.resync(&server, "ann", (0, 30))
    };
    refused(&server, root, &call, missing).await;
    let call = iam::DeleteVirtualMFADevice {
        serial_number: serial.clone(),
    };
    refused(&server, root, &call, missing).await;
    let call = iam::ListMFADeviceTags {
        serial_number: serial.clone(),
        ..iam::ListMFADeviceTags::default()
    };
    refused(&server, root, &call, missing).await;
    let call = iam::TagMFADevice {
        serial_number: serial.clone(),
        tags: vec![iam::Tag {
            key: "k".to_owned(),
            value: "v".to_owned(),
        }],
    };
    refused(&server, root, &call, missing).await;
    let call = iam::UntagMFADevice {
        serial_number: serial.clone(),
        tag_keys: vec!["k".to_owned()],
    };
    refused(&server, root, &call, missing).await;
    let call = sts::GetSessionToken {
        serial_number: Some(serial.clone()),
        token_code: Some("123456".to_owned()),
        ..sts::GetSessionToken::default()
    };
    let text = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
    refused(&server, &ann, &call, (403, "AccessDenied", text)).await;
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_is_told() {
    let server = start().await;
    user(&server, "ann", "").await;
    drop(server.audit.take());
    let with = |change: fn(&mut NewFidoDevice)| {
        let mut device = new(Some("ann"), "key", 1);
        change(&mut device);
        device
    };
    let odd: [(NewFidoDevice, &str); 7] = [
        (
            with(|it| it.user = Some("nobody".to_owned())),
            "The user with name nobody cannot be found.",
        ),
        (
            with(|it| it.user = Some("no body".to_owned())),
            "The user with name no body cannot be found.",
        ),
        (
            with(|it| it.name = "a/b".to_owned()),
            r#"the device name "a/b" is not 1 to 128 letters, digits and _+=,.@-"#,
        ),
        (
            with(|it| it.name = String::new()),
            r#"the device name "" is not 1 to 128 letters, digits and _+=,.@-"#,
        ),
        (
            with(|it| it.certifications = vec![("FIDO".to_owned(), "L9".to_owned())]),
            "the certification FIDO has no level L9: its levels are L1, L1plus, L2, L2plus, L3, L3plus",
        ),
        (
            with(|it| it.registration = it.registration.replace("public-key", "password")),
            "the registration's type is not public-key",
        ),
        (
            with(|it| it.account = keyward_arn::AccountId::parse("999999999999").unwrap()),
            "account 999999999999 is not here",
        ),
    ];
    for (device, text) in odd {
        assert_eq!(not_registered(&server, device).await, text);
    }
    let listed = ok(&server, &server.root, &list(Some("ann"))).await;
    assert!(!listed.body.contains("member"));
    let made = register(&server, new(Some("ann"), "key", 1)).await;
    let trail = server.audit.take();
    let of_operator: Vec<&String> = trail
        .iter()
        .filter(|it| it.contains("KeywardOperatorAct"))
        .collect();
    assert_eq!(of_operator.len(), 8);
    assert!(
        of_operator
            .iter()
            .all(|it| it.contains(r#""eventName":"EnableMFADevice""#))
    );
    assert!(
        of_operator[..7]
            .iter()
            .all(|it| it.contains("errorMessage"))
    );
    assert!(
        of_operator[6].contains(r#""userName":"ann""#)
            && !of_operator[6].contains("recipientAccountId")
    );
    let serial = format!(r#""serialNumber":"{}""#, made.serial_number);
    let last = of_operator[7];
    assert!(
        last.contains(&serial) && last.contains(r#""readOnly":false"#) && !last.contains("error"),
        "{last}"
    );
    let again = server
        .service
        .register_fido_device(new(Some("ann"), "key", 1))
        .await;
    assert!(matches!(
        again,
        Err(RegisterFidoDeviceError::AlreadyRegistered(_))
    ));
}
