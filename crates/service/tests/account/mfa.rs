//! MFA devices: from the seed to the codes.

use keyward_testkit::ACCOUNT;
use keyward_wire::iam;

use crate::world::{Device, elements, not_allowed, ok, refused, start, user};

const INVALID_CODE: (u16, &str, &str) = (
    403,
    "InvalidAuthenticationCode",
    "Authentication code for device is not valid.",
);
const INVALID_FOR_USER: (u16, &str, &str) = (404, "NoSuchEntity", "MFA Device invalid for user.");
const IN_USE: (u16, &str, &str) = (409, "EntityAlreadyExists", "MFA Device is already in use.");

fn list(user: &str) -> iam::ListMFADevices {
    iam::ListMFADevices {
        user_name: Some(user.to_owned()),
        ..iam::ListMFADevices::default()
    }
}

#[tokio::test]
async fn a_device_is_enabled_by_two_consecutive_codes() {
    let server = start().await;
    user(&server, "ann", "").await;
    user(&server, "bob", "").await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    for moments in [(0, 0), (0, 60), (30, 0), (-1_200, -1_170), (660, 690)] {
        refused(
            &server,
            root,
            &phone.enable(&server, "ann", moments),
            INVALID_CODE,
        )
        .await;
    }
    assert!(
        !ok(&server, root, &list("ann"))
            .await
            .body
            .contains("SerialNumber")
    );
    ok(&server, root, &phone.enable(&server, "ann", (0, 30))).await;
    let listed = ok(&server, root, &list("ann")).await;
    let shown = format!(
        "<MFADevices><member><UserName>ann</UserName><SerialNumber>arn:aws:iam::{ACCOUNT}:mfa/phone</SerialNumber>\
         <EnableDate>2026-01-02T03:04:05Z</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>"
    );
    assert!(listed.body.contains(&shown), "{}", listed.body);
    for name in ["ann", "bob"] {
        refused(
            &server,
            root,
            &phone.enable(&server, name, (60, 90)),
            IN_USE,
        )
        .await;
    }
    let delete = iam::DeleteVirtualMFADevice {
        serial_number: phone.serial_number.clone(),
    };
    let in_use = "MFA VirtualDevice in use. Must deactivate first.";
    refused(&server, root, &delete, (409, "DeleteConflict", in_use)).await;
    let bob = phone.deactivate(Some("bob"));
    refused(&server, root, &bob, INVALID_FOR_USER).await;
    ok(&server, root, &phone.deactivate(Some("ann"))).await;
    refused(
        &server,
        root,
        &phone.deactivate(Some("ann")),
        INVALID_FOR_USER,
    )
    .await;
    // What was used once is used up, for whomever.
    refused(
        &server,
        root,
        &phone.enable(&server, "bob", (0, 30)),
        INVALID_CODE,
    )
    .await;
    ok(&server, root, &phone.enable(&server, "bob", (60, 90))).await;
    ok(&server, root, &phone.deactivate(Some("bob"))).await;
    ok(&server, root, &delete).await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    let no_user = (
        404,
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    );
    refused(
        &server,
        root,
        &phone.enable(&server, "nobody", (0, 30)),
        no_user,
    )
    .await;
    refused(
        &server,
        root,
        &phone.resync(&server, "nobody", (0, 30)),
        no_user,
    )
    .await;
    refused(&server, root, &phone.deactivate(Some("nobody")), no_user).await;
    refused(&server, root, &list("nobody"), no_user).await;
    for absent in ["arn:aws:iam::111122223333:mfa/absent", "GAHT12345678"] {
        let absent = absent.to_owned();
        let text = format!("VirtualMFADevice with serial number {absent} doesn't exist.");
        let missing = (404, "NoSuchEntity", text.as_str());
        let call = iam::EnableMFADevice {
            serial_number: absent.clone(),
            ..phone.enable(&server, "ann", (0, 30))
        };
        refused(&server, root, &call, missing).await;
        let call = iam::ResyncMFADevice {
            serial_number: absent.clone(),
            ..phone.resync(&server, "ann", (0, 30))
        };
        refused(&server, root, &call, missing).await;
        let call = iam::ListMFADeviceTags {
            serial_number: absent.clone(),
            ..iam::ListMFADeviceTags::default()
        };
        refused(&server, root, &call, missing).await;
        let text = format!("MFA device with serial number {absent} doesn't exist.");
        let call = iam::GetMFADevice {
            serial_number: absent,
            user_name: Some("ann".to_owned()),
        };
        refused(&server, root, &call, (404, "NoSuchEntity", &text)).await;
    }
    refused(
        &server,
        root,
        &phone.resync(&server, "ann", (0, 30)),
        INVALID_FOR_USER,
    )
    .await;
    assert_eq!(
        server
            .call(root, &iam::ListMFADevices::default())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_device_out_of_step_is_resynchronized() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    ok(&server, root, &phone.enable(&server, "ann", (0, 30))).await;
    for moments in [(0, 30), (30, 60), (60, 120)] {
        refused(
            &server,
            root,
            &phone.resync(&server, "ann", moments),
            INVALID_CODE,
        )
        .await;
    }
    // Seven hours ahead: a clock in another time zone.
    let hours = 7 * 3_600;
    ok(
        &server,
        root,
        &phone.resync(&server, "ann", (hours, hours + 30)),
    )
    .await;
    let again = phone.resync(&server, "ann", (hours, hours + 30));
    refused(&server, root, &again, INVALID_CODE).await;
    let days = 86_400;
    let beyond = phone.resync(&server, "ann", (days, days + 30));
    refused(&server, root, &beyond, INVALID_CODE).await;
}

#[tokio::test]
async fn a_user_has_eight_devices_at_most() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let mut devices = Vec::new();
    for number in 0..9 {
        devices.push(Device::create(&server, root, &format!("d{number}")).await);
    }
    for device in &devices[..8] {
        ok(&server, root, &device.enable(&server, "ann", (0, 30))).await;
    }
    let ninth = devices[8].enable(&server, "ann", (0, 30));
    let limit = "Cannot exceed quota for MFADevicesPerUser: 8";
    refused(&server, root, &ninth, (409, "LimitExceeded", limit)).await;
    let first = iam::ListMFADevices {
        max_items: Some(5),
        ..list("ann")
    };
    let first = ok(&server, root, &first).await;
    assert_eq!(elements(&first, "SerialNumber").len(), 5);
    assert_eq!(first.element("IsTruncated"), Some("true"));
    let second = iam::ListMFADevices {
        marker: first.element("Marker").map(str::to_owned),
        ..list("ann")
    };
    let second = ok(&server, root, &second).await;
    let expected: Vec<String> = (5..8)
        .map(|number| format!("arn:aws:iam::{ACCOUNT}:mfa/d{number}"))
        .collect();
    assert_eq!(elements(&second, "SerialNumber"), expected);
    ok(&server, root, &devices[0].deactivate(Some("ann"))).await;
    ok(&server, root, &ninth).await;
}

#[tokio::test]
async fn an_assigned_device_is_listed_with_its_user() {
    let server = start().await;
    user(&server, "ann", "").await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    Device::create(&server, root, "spare").await;
    server.clock.advance(60);
    ok(&server, root, &phone.enable(&server, "ann", (0, 30))).await;
    let listed = |status| iam::ListVirtualMFADevices {
        assignment_status: Some(status),
        ..iam::ListVirtualMFADevices::default()
    };
    let rename = iam::UpdateUser {
        user_name: "ann".to_owned(),
        new_user_name: Some("anna".to_owned()),
        new_path: Some("/p/".to_owned()),
    };
    ok(&server, root, &rename).await;
    let assigned = ok(&server, root, &listed(iam::AssignmentStatusType::Assigned)).await;
    assert_eq!(
        elements(&assigned, "SerialNumber"),
        [phone.serial_number.as_str()]
    );
    for (name, value) in [
        ("UserName", "anna".to_owned()),
        ("Path", "/p/".to_owned()),
        ("Arn", format!("arn:aws:iam::{ACCOUNT}:user/p/anna")),
        ("CreateDate", "2026-01-02T03:04:05Z".to_owned()),
        ("EnableDate", "2026-01-02T03:05:05Z".to_owned()),
    ] {
        assert_eq!(assigned.element(name), Some(value.as_str()), "{name}");
    }
    let spare = ok(
        &server,
        root,
        &listed(iam::AssignmentStatusType::Unassigned),
    )
    .await;
    let spare_arn = format!("arn:aws:iam::{ACCOUNT}:mfa/spare");
    assert_eq!(elements(&spare, "SerialNumber"), [spare_arn]);
    assert!(!spare.body.contains("<User>") && !spare.body.contains("EnableDate"));
    let delete = iam::DeleteUser {
        user_name: "anna".to_owned(),
    };
    let keys = iam::ListAccessKeys {
        user_name: Some("anna".to_owned()),
        ..iam::ListAccessKeys::default()
    };
    let key = iam::DeleteAccessKey {
        user_name: Some("anna".to_owned()),
        access_key_id: ok(&server, root, &keys)
            .await
            .element("AccessKeyId")
            .unwrap()
            .to_owned(),
    };
    ok(&server, root, &key).await;
    let blocked = "Cannot delete entity, must delete MFA device first.";
    refused(&server, root, &delete, (409, "DeleteConflict", blocked)).await;
    ok(&server, root, &phone.deactivate(Some("anna"))).await;
    ok(&server, root, &delete).await;
}

#[tokio::test]
async fn devices_are_tagged() {
    let server = start().await;
    let root = &server.root;
    let phone = Device::create(&server, root, "phone").await;
    let tag = |pairs: &[(&str, &str)]| iam::TagMFADevice {
        serial_number: phone.serial_number.clone(),
        tags: pairs
            .iter()
            .map(|(key, value)| iam::Tag {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            })
            .collect(),
    };
    let list = iam::ListMFADeviceTags {
        serial_number: phone.serial_number.clone(),
        ..iam::ListMFADeviceTags::default()
    };
    ok(&server, root, &tag(&[("b", "1"), ("A", "2")])).await;
    ok(&server, root, &tag(&[("b", "3"), ("c", "4")])).await;
    let listed = ok(&server, root, &list).await;
    assert_eq!(elements(&listed, "Key"), ["A", "b", "c"]);
    assert_eq!(elements(&listed, "Value"), ["2", "3", "4"]);
    let first = iam::ListMFADeviceTags {
        max_items: Some(2),
        ..list.clone()
    };
    let first = ok(&server, root, &first).await;
    let second = iam::ListMFADeviceTags {
        marker: first.element("Marker").map(str::to_owned),
        ..list.clone()
    };
    assert_eq!(elements(&ok(&server, root, &second).await, "Key"), ["c"]);
    let twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    refused(
        &server,
        root,
        &tag(&[("x", ""), ("x", "")]),
        (400, "InvalidInput", twice),
    )
    .await;
    let many: Vec<String> = (0..48).map(|number| format!("k{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    let limit = (
        409,
        "LimitExceeded",
        "Cannot exceed quota for TagsPerMFADevice: 50",
    );
    refused(&server, root, &tag(&many), limit).await;
    let untag = iam::UntagMFADevice {
        serial_number: phone.serial_number.clone(),
        tag_keys: vec!["A".to_owned(), "B".to_owned(), "absent".to_owned()],
    };
    ok(&server, root, &untag).await;
    let listed = ok(&server, root, &list).await;
    assert_eq!(elements(&listed, "Key"), ["b", "c"]);
    // A list of devices shows no tags.
    let all = ok(&server, root, &iam::ListVirtualMFADevices::default()).await;
    assert!(!all.body.contains("<Tags>"));
}

#[tokio::test]
async fn policies_decide_by_user_device_and_tags() {
    let server = start().await;
    let ann = user(
        &server,
        "ann",
        r#"{"Effect":"Allow","Action":["iam:EnableMFADevice","iam:DeactivateMFADevice"],
            "Resource":"arn:aws:iam::*:user/${aws:username}"},
           {"Effect":"Allow","Action":"iam:TagMFADevice","Resource":"arn:aws:iam::*:mfa/*",
            "Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]},
                         "StringEquals":{"aws:RequestTag/Team":"red"}}},
           {"Effect":"Allow","Action":"iam:UntagMFADevice","Resource":"arn:aws:iam::*:mfa/*",
            "Condition":{"StringEquals":{"iam:ResourceTag/Team":"red"}}}"#,
    )
    .await;
    user(&server, "bob", "").await;
    let phone = Device::create(&server, &server.root, "phone").await;
    let text = not_allowed("ann", "iam:EnableMFADevice", "user bob");
    let bob = phone.enable(&server, "bob", (0, 30));
    refused(&server, &ann, &bob, (403, "AccessDenied", &text)).await;
    ok(&server, &ann, &phone.enable(&server, "ann", (0, 30))).await;
    let text = not_allowed("ann", "iam:ResyncMFADevice", "user ann");
    let resync = phone.resync(&server, "ann", (60, 90));
    refused(&server, &ann, &resync, (403, "AccessDenied", &text)).await;
    ok(&server, &ann, &phone.deactivate(None)).await;
    let tag = |value: &str| iam::TagMFADevice {
        serial_number: phone.serial_number.clone(),
        tags: vec![iam::Tag {
            key: "Team".to_owned(),
            value: value.to_owned(),
        }],
    };
    let untag = iam::UntagMFADevice {
        serial_number: phone.serial_number.clone(),
        tag_keys: vec!["Team".to_owned()],
    };
    for action in ["iam:TagMFADevice", "iam:UntagMFADevice"] {
        let text = not_allowed("ann", action, &phone.serial_number);
        let denied = (403, "AccessDenied", text.as_str());
        match action {
            "iam:TagMFADevice" => refused(&server, &ann, &tag("blue"), denied).await,
            _ => refused(&server, &ann, &untag, denied).await,
        }
    }
    ok(&server, &ann, &tag("red")).await;
    ok(&server, &ann, &untag).await;
}

#[tokio::test]
async fn codes_stay_out_of_the_audit_trail() {
    let server = start().await;
    user(&server, "ann", "").await;
    let phone = Device::create(&server, &server.root, "phone").await;
    drop(server.audit.take());
    let call = phone.enable(&server, "nobody", (0, 30));
    server.call(&server.root, &call).await;
    let trail = server.audit.take().concat();
    assert!(trail.contains(r#""authenticationCode1":"HIDDEN_DUE_TO_SECURITY_REASONS""#));
    assert!(!trail.contains(&call.authentication_code1));
    assert!(!trail.contains(&call.authentication_code2));
}
