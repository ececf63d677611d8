use std::collections::BTreeMap;

use super::{Format, write_error, write_success};
use crate::{
    Blob, ErrorCode, ErrorShape, NoOutput, PolicyDocument, Sensitive, Service, Timestamp,
    WireError, iam, sts,
};

const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn user() -> iam::User {
    iam::User {
        path: Some("/a/".to_owned()),
        user_name: Some("diego".to_owned()),
        user_id: "AIDA2222222222EXAMPLE".to_owned(),
        arn: "arn:aws:iam::111122223333:user/a/diego".to_owned(),
        create_date: Timestamp(1_767_225_600),
        tags: Some(vec![iam::Tag {
            key: "k<>&".to_owned(),
            value: "\u{1}v\r\"".to_owned(),
        }]),
        ..iam::User::default()
    }
}

#[test]
fn success_xml() {
    let output = iam::CreateUserOutput { user: Some(user()) };
    insta::assert_snapshot!(write_success::<iam::CreateUser>(&output, ID, Format::Xml), @r#"<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateUserResult><User><Path>/a/</Path><UserName>diego</UserName><UserId>AIDA2222222222EXAMPLE</UserId><Arn>arn:aws:iam::111122223333:user/a/diego</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><Tags><member><Key>k&lt;&gt;&amp;</Key><Value>v&#xD;"</Value></member></Tags></User></CreateUserResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></CreateUserResponse>"#);
    insta::assert_snapshot!(
        write_success::<iam::CreateUser>(&iam::CreateUserOutput::default(), ID, Format::Xml),
        @r#"<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateUserResult/><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></CreateUserResponse>"#
    );
    insta::assert_snapshot!(
        write_success::<iam::DeleteUser>(&NoOutput, ID, Format::Xml),
        @r#"<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></DeleteUserResponse>"#
    );
}

#[test]
fn every_kind_of_value() {
    let role = iam::Role {
        assume_role_policy_document: Some(PolicyDocument::from(
            "{\"Version\": \"2012-10-17\", \"Id\": \"é~-._\"}",
        )),
        role_last_used: Some(iam::RoleLastUsed::default()),
        max_session_duration: Some(3600),
        ..iam::Role::default()
    };
    let roles = iam::ListRolesOutput {
        roles: vec![role],
        is_truncated: Some(false),
        marker: None,
    };
    insta::assert_snapshot!(write_success::<iam::ListRoles>(&roles, "r", Format::Xml), @r#"<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult><Roles><member><Path/><RoleName/><RoleId/><Arn/><CreateDate>1970-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Id%22%3A%20%22%C3%A9~-._%22%7D</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration><RoleLastUsed/></member></Roles><IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListRolesResponse>"#);
    let empty = iam::ListRolesOutput::default();
    insta::assert_snapshot!(write_success::<iam::ListRoles>(&empty, "r", Format::Json), @r#"{"ListRolesResponse":{"ListRolesResult":{"Roles":[]},"ResponseMetadata":{"RequestId":"r"}}}"#);
    insta::assert_snapshot!(write_success::<iam::ListRoles>(&empty, "r", Format::Xml), @r#"<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult><Roles/></ListRolesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListRolesResponse>"#);
    let summary = iam::GetAccountSummaryOutput {
        summary_map: Some(BTreeMap::from([
            (iam::SummaryKeyType::UsersQuota, 5000),
            (iam::SummaryKeyType::Users, -1),
        ])),
    };
    insta::assert_snapshot!(write_success::<iam::GetAccountSummary>(&summary, "r", Format::Xml), @r#"<GetAccountSummaryResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetAccountSummaryResult><SummaryMap><entry><key>Users</key><value>-1</value></entry><entry><key>UsersQuota</key><value>5000</value></entry></SummaryMap></GetAccountSummaryResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetAccountSummaryResponse>"#);
    insta::assert_snapshot!(write_success::<iam::GetAccountSummary>(&summary, "r", Format::Json), @r#"{"GetAccountSummaryResponse":{"GetAccountSummaryResult":{"SummaryMap":{"Users":-1,"UsersQuota":5000}},"ResponseMetadata":{"RequestId":"r"}}}"#);
    let device = iam::CreateVirtualMFADeviceOutput {
        virtual_mfa_device: iam::VirtualMFADevice {
            serial_number: "arn:aws:iam::111122223333:mfa/d".to_owned(),
            base32_string_seed: Some(Sensitive::new(Blob(b"seed".to_vec()))),
            ..iam::VirtualMFADevice::default()
        },
    };
    insta::assert_snapshot!(write_success::<iam::CreateVirtualMFADevice>(&device, "r", Format::Xml), @r#"<CreateVirtualMFADeviceResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateVirtualMFADeviceResult><VirtualMFADevice><SerialNumber>arn:aws:iam::111122223333:mfa/d</SerialNumber><Base32StringSeed>c2VlZA==</Base32StringSeed></VirtualMFADevice></CreateVirtualMFADeviceResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></CreateVirtualMFADeviceResponse>"#);
}

#[test]
fn success_json() {
    let identity = sts::GetCallerIdentityOutput {
        user_id: Some("AIDA2222222222EXAMPLE".to_owned()),
        account: Some("111122223333".to_owned()),
        arn: Some("arn:aws:iam::111122223333:user/diego".to_owned()),
    };
    insta::assert_snapshot!(write_success::<sts::GetCallerIdentity>(&identity, ID, Format::Json), @r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"UserId":"AIDA2222222222EXAMPLE","Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/diego"},"ResponseMetadata":{"RequestId":"01234567-89ab-cdef-0123-456789abcdef"}}}"#);
    let output = iam::GetUserOutput { user: user() };
    insta::assert_snapshot!(write_success::<iam::GetUser>(&output, "r", Format::Json), @r#"{"GetUserResponse":{"GetUserResult":{"User":{"Path":"/a/","UserName":"diego","UserId":"AIDA2222222222EXAMPLE","Arn":"arn:aws:iam::111122223333:user/a/diego","CreateDate":1767225600,"Tags":[{"Key":"k<>&","Value":"\u0001v\r\""}]}},"ResponseMetadata":{"RequestId":"r"}}}"#);
    insta::assert_snapshot!(write_success::<iam::DeleteUser>(&NoOutput, "r", Format::Json), @r#"{"DeleteUserResponse":{"ResponseMetadata":{"RequestId":"r"}}}"#);
}

#[test]
fn errors() {
    let denied = WireError::new(
        ErrorCode::ACCESS_DENIED,
        "User: a & b is not authorized\nto do <this>\u{8}",
    );
    insta::assert_snapshot!(write_error(Service::Iam, &denied, ID, Format::Xml), @r#"
    <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <Error>
        <Type>Sender</Type>
        <Code>AccessDenied</Code>
        <Message>User: a &amp; b is not authorized
    to do &lt;this&gt;</Message>
      </Error>
      <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
    </ErrorResponse>
    "#);
    assert!(write_error(Service::Iam, &denied, ID, Format::Xml).ends_with("</ErrorResponse>\n"));
    insta::assert_snapshot!(write_error(Service::Iam, &denied, ID, Format::Json), @r#"{"Error":{"Code":"AccessDenied","Message":"User: a & b is not authorized\nto do <this>\u0008","Type":"Sender"},"RequestId":"01234567-89ab-cdef-0123-456789abcdef"}"#);
    let failure = WireError::new(ErrorShape::ServiceFailure, "");
    insta::assert_snapshot!(write_error(Service::Sts, &failure, ID, Format::Xml), @r#"
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Receiver</Type>
        <Code>ServiceFailure</Code>
        <Message></Message>
      </Error>
      <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
    </ErrorResponse>
    "#);
}

#[test]
fn accept_header() {
    for (accept, expected) in [
        (None, Format::Xml),
        (Some(""), Format::Xml),
        (Some("*/*"), Format::Xml),
        (Some("text/xml"), Format::Xml),
        (Some("application/json"), Format::Json),
        (Some("text/html, Application/JSON;q=0.9"), Format::Json),
        (Some("application/jsonx"), Format::Xml),
    ] {
        assert_eq!(Format::from_accept(accept), expected, "{accept:?}");
    }
}
