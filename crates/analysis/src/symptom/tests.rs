use keyward_diagnose::{Style, diagnosis_text, render_text};
use keyward_export::{CredentialReport, events, read};

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;
const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn account(extra: &[(&str, &str)]) -> Export {
    let own = [("export.json", include_str!("../explain/export.json"))];
    let pieces = own
        .iter()
        .chain(extra)
        .flat_map(|(path, text)| read(path, (*text).to_owned()).unwrap());
    Export::of(pieces).unwrap()
}

fn told(symptom: Result<Symptom, BadQuestion>, export: &Export) -> String {
    match symptom {
        Err(error) => format!("{error}\n"),
        Ok(Symptom::Diagnosis(diagnosis)) => diagnosis_text(&diagnosis, Style::Plain),
        Ok(Symptom::Question(asked)) => match explain_asked(export, &asked, NOW) {
            Ok(report) => render_text(&report, Style::Plain),
            Err(error) => format!("{error}\n"),
        },
    }
}

fn message(text: &str, hints: &Hints) -> String {
    let export = account(&[]);
    told(of_message(&export, text, hints), &export)
}

#[test]
fn an_entity_is_found_by_its_name() {
    let text = message(
        &format!(
            "An error occurred (AccessDenied) when calling the DeleteUser operation: User: {BOB} is not authorized to perform: iam:DeleteUser on resource: user alice because no identity-based policy allows the iam:DeleteUser action"
        ),
        &Hints::default(),
    );
    assert!(
        text.contains("arn:aws:iam::111122223333:user/dev/alice"),
        "{text}"
    );
    assert!(!text.contains("AWS's own words"), "they agree: {text}");
}

#[test]
fn what_the_export_does_not_have() {
    insta::assert_snapshot!(message(
        &format!(
            "An error occurred (AccessDenied) when calling the GetObject operation: User: {BOB} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::home/bob/x\" with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-x/service_control_policy/p-y"
        ),
        &Hints::default(),
    ));
}

#[test]
fn refusals_before_policies() {
    for (text, expected) in [
        (
            "An error occurred (ExpiredToken) when calling the X operation: The security token included in the request is expired",
            "have expired",
        ),
        (
            "An error occurred (InvalidClientTokenId) when calling the X operation: The security token included in the request is invalid.",
            "does not know the access key",
        ),
        (
            "An error occurred (InvalidClientTokenId) when calling the X operation: The security token included in the request is invalid",
            "session token is missing",
        ),
        (
            "An error occurred (SignatureDoesNotMatch) when calling the X operation: Signature expired: 20260101T000000Z is now earlier than 20260101T000001Z (20260101T001501Z - 15 min.)",
            "clock of the machine that signed is behind",
        ),
        (
            "An error occurred (SignatureDoesNotMatch) when calling the X operation: Signature not yet current: 20260101T002000Z is still later than 20260101T001500Z (20260101T000000Z + 15 min.)",
            "is ahead",
        ),
        (
            "An error occurred (SignatureDoesNotMatch) when calling the X operation: Credential should be scoped to a valid region. ",
            "another region or service",
        ),
        (
            "An error occurred (SignatureDoesNotMatch) when calling the X operation: The request signature we calculated does not match the signature you provided.",
            "signature does not fit",
        ),
        (
            "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>",
            "clock of the machine",
        ),
        (
            "<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist in our records.</Message></Error>",
            "does not know the access key",
        ),
        (
            "An error occurred (AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.",
            "root user can never assume",
        ),
        (
            "An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            "one-time code",
        ),
        (
            "{\"__type\":\"UnrecognizedClientException\",\"message\":\"The security token included in the request is invalid.\"}",
            "does not know the access key",
        ),
        (
            "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "refused by the role's trust policy",
        ),
        (
            "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: abc",
            "only the service that sent it can open",
        ),
        (
            "An error occurred (NoSuchBucket) when calling the GetObject operation: The specified bucket does not exist",
            "NoSuchBucket is no refusal",
        ),
        (
            "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
            "add --principal ARN and --resource ARN",
        ),
        (
            &format!("AccessDenied: User: {BOB} is not authorized to perform: iam:GetUser"),
            "add --resource ARN",
        ),
        (
            "AccessDenied: User: arn:aws:iam::444455556666:user/x is not authorized to perform: s3:ListAllMyBuckets",
            "run aws iam get-account-authorization-details in 444455556666",
        ),
    ] {
        let told = message(text, &Hints::default());
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(expected), "{text}: {told}");
    }
}

#[test]
fn a_bare_refusal_of_s3_with_what_is_missing() {
    let hints = Hints {
        principal: Some(BOB.to_owned()),
        resource: Some("arn:aws:s3:::reports/x".to_owned()),
        ..Hints::default()
    };
    let told = message(
        "An error occurred (AccessDenied) when calling the DeleteObject operation: Access Denied",
        &hints,
    );
    assert!(
        told.contains("denies\n        s3:DeleteObject") || told.contains("denies s3:DeleteObject"),
        "{told}"
    );
}

#[test]
fn an_orphaned_device() {
    let deny = r#"{"UserDetailList":[{"UserName":"diego","Arn":"arn:aws:iam::111122223333:user/diego","UserPolicyList":[{"PolicyName":"Mfa","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*VirtualMFADevice","Resource":"arn:aws:iam::*:mfa/${aws:username}"},{"Sid":"NoMfa","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}}]}]}"#;
    let export = account(&[("diego.json", deny)]);
    let text = "User: arn:aws:iam::111122223333:user/diego is not authorized to perform: iam:DeleteVirtualMFADevice on resource: arn:aws:iam::111122223333:mfa/diego with an explicit deny";
    insta::assert_snapshot!(told(of_message(&export, text, &Hints::default()), &export));
    // Where the devices are listed, what is told is known.
    for (device, expected) in [
        (
            r#"{"SerialNumber":"arn:aws:iam::111122223333:mfa/diego"}"#,
            "is assigned to nobody",
        ),
        (
            r#"{"SerialNumber":"arn:aws:iam::111122223333:mfa/diego","EnableDate":"2026-01-01T00:00:00Z"}"#,
            "The MFA device is somebody's",
        ),
        (
            r#"{"SerialNumber":"arn:aws:iam::111122223333:mfa/other"}"#,
            "is not among the account's virtual MFA devices",
        ),
    ] {
        let devices = format!(r#"{{"VirtualMFADevices":[{device}]}}"#);
        let export = account(&[("diego.json", deny), ("devices.json", &devices)]);
        let told = told(of_message(&export, text, &Hints::default()), &export);
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("must not be edited"), "{told}");
        assert!(
            told.contains("$ aws iam delete-virtual-mfa-device") != expected.contains("not among"),
            "{told}"
        );
    }
}

#[test]
fn a_record() {
    let record = |principal_id: &str| {
        format!(
            r#"{{"eventID":"1","eventTime":"2026-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"StopInstances","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","errorCode":"Client.UnauthorizedOperation","userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Deploy/b","principalId":"{principal_id}:b","accountId":"111122223333","accessKeyId":"ASIAX","sessionContext":{{"attributes":{{"mfaAuthenticated":"false","creationDate":"2026-01-02T03:00:00Z"}}}}}},"resources":[{{"ARN":"arn:aws:ec2:us-east-1:111122223333:instance/i-1"}}]}}"#
        )
    };
    let export = account(&[]);
    let events = events("e.json", &record("AROAOLD")).unwrap();
    let text = told(of_event(&export, &events[0], &Hints::default()), &export);
    assert!(text.contains("The role was made anew"), "{text}");
    assert!(
        text.contains("ALLOWED"),
        "the policy allows it today: {text}"
    );
}

#[test]
fn a_lost_key() {
    let report = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_service\n\
bob,arn:aws:iam::111122223333:user/bob,2020-01-01T00:00:00+00:00,false,N/A,false,true,2024-01-02T03:04:05+00:00,2025-12-31T00:00:00+00:00,s3,true,2025-01-01T00:00:00+00:00,N/A,N/A\n";
    let report = CredentialReport::read("report.csv", report).unwrap();
    let export = account(&[]);
    let told = lost_access_key(&export, BOB, Some(&report), NOW).unwrap();
    insta::assert_snapshot!(diagnosis_text(&told, Style::Plain));
    for (principal, expected) in [
        (
            "arn:aws:iam::111122223333:role/ci/Deploy",
            "has no access keys of its own",
        ),
        (
            "arn:aws:iam::111122223333:user/dev/alice",
            "has no line for",
        ),
    ] {
        let error = lost_access_key(&export, principal, Some(&report), NOW)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// SCPs and RCPs, level by level.
#[test]
fn organizations() {
    let organization = r#"{"Organization":{"Id":"o-1","ManagementAccountId":"999999999999","Root":{"Id":"r-1",
        "ServiceControlPolicies":["FullAWSAccess"],"ResourceControlPolicies":["RCPFullAWSAccess"],
        "OrganizationalUnits":[{"Id":"ou-1","Name":"Prod","ServiceControlPolicies":["FullAWSAccess","NoS3"],"ResourceControlPolicies":["RCPFullAWSAccess"],
        "Accounts":[{"Id":"111122223333","ServiceControlPolicies":["FullAWSAccess"],"ResourceControlPolicies":["RCPFullAWSAccess"]}]}]}}}"#;
    let scp = r#"{"Version":"2012-10-17","Statement":{"Sid":"No","Effect":"Deny","Action":"s3:GetObject","Resource":"*"}}"#;
    let export = account(&[("o.json", organization), ("scp/NoS3.json", scp)]);
    let question = Question::new(BOB, "s3:GetObject", "arn:aws:s3:::home/bob/x", &[]).unwrap();
    insta::assert_snapshot!(render_text(
        &explain(&export, &question, NOW).unwrap(),
        Style::Plain
    ));
}
