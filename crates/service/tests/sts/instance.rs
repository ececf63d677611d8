//! What a virtual machine is handed, and what its trust policy decides.

use std::sync::Arc;

use keyward_service::{Instance, InstanceCredentials, InstanceError};
use keyward_sigv4::Credentials;
use keyward_testkit::{ACCOUNT, InProcess, SeededEntropy};
use keyward_wire::iam;

use crate::shared::{ok, start};
use crate::world::{allow, delete_role, document, identity, role, role_arn};

const TRUST: &str =
    r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
const LATER: i64 = 6 * 3600 - 1800;

fn instance() -> Instance {
    let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/web/Web");
    Instance::new(&arn, &SeededEntropy::default()).unwrap()
}

/// Makes the profile, with a role inside that a trust statement lets be assumed.
async fn profile(server: &InProcess, trust: &str) {
    role(server, "Machine", trust, &allow("iam:GetUser")).await;
    let call = iam::CreateInstanceProfile {
        instance_profile_name: "Web".to_owned(),
        path: Some("/web/".to_owned()),
        ..iam::CreateInstanceProfile::default()
    };
    ok(server, &server.root, &call).await;
    put_role(server, "Machine").await;
}

async fn put_role(server: &InProcess, name: &str) {
    let call = iam::AddRoleToInstanceProfile {
        instance_profile_name: "Web".to_owned(),
        role_name: name.to_owned(),
    };
    ok(server, &server.root, &call).await;
}

async fn take_role(server: &InProcess, name: &str) {
    let call = iam::RemoveRoleFromInstanceProfile {
        instance_profile_name: "Web".to_owned(),
        role_name: name.to_owned(),
    };
    ok(server, &server.root, &call).await;
}

async fn update_trust(server: &InProcess, trust: &str) {
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "Machine".to_owned(),
        policy_document: document(trust).into(),
    };
    ok(server, &server.root, &call).await;
}

type Asked = Result<Arc<InstanceCredentials>, InstanceError>;

async fn ask(server: &InProcess, held: Option<&Arc<InstanceCredentials>>) -> Asked {
    let held = held.cloned();
    let service = &server.service;
    service
        .instance_credentials(&instance(), "Machine", held)
        .await
}

fn credentials(found: &InstanceCredentials) -> Credentials {
    Credentials {
        access_key_id: found.access_key_id.clone(),
        secret: found.secret_access_key.clone(),
        session_token: Some(found.session_token.expose().clone()),
    }
}

#[tokio::test]
async fn a_machine_has_a_session_of_its_role() {
    let server = start().await;
    let machine = instance();
    assert!(machine.id().starts_with("i-") && machine.id().len() == 19);
    let none = server.service.instance_profile(&machine).await.unwrap();
    assert_eq!(none, None);
    profile(&server, TRUST).await;
    let found = server.service.instance_profile(&machine).await.unwrap();
    let found = found.unwrap();
    assert_eq!(
        (found.arn.as_str(), found.role.as_deref()),
        (machine.profile_arn(), Some("Machine"))
    );
    drop(server.audit.take());
    let made = ask(&server, None).await.unwrap();
    assert_eq!(
        (made.issued.as_str(), made.expires.as_str()),
        ("2026-01-02T03:04:05Z", "2026-01-02T09:04:05Z")
    );
    let lines = server.audit.take();
    assert_eq!(lines.len(), 1);
    let (role, name) = (role_arn("Machine"), machine.id());
    for part in [
        r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"#.to_owned(),
        r#""eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","#.to_owned(),
        r#""sourceIPAddress":"ec2.amazonaws.com","userAgent":"ec2.amazonaws.com","#.to_owned(),
        format!(r#""requestParameters":{{"roleArn":"{role}","roleSessionName":"{name}"}},"#),
        format!(r#""responseElements":{{"credentials":{{"accessKeyId":"{}","#, made.access_key_id),
        format!(r#""resources":[{{"accountId":"{ACCOUNT}","type":"AWS::IAM::Role","ARN":"{role}"}}],"#),
        format!(r#""recipientAccountId":"{ACCOUNT}","eventCategory":"Management"}}"#),
    ] {
        assert!(lines[0].contains(&part), "{part} is not in {}", lines[0]);
    }
    for secret in [
        made.secret_access_key.expose(),
        made.session_token.expose().as_str(),
    ] {
        assert!(!lines[0].contains(secret));
    }
    let (arn, id) = identity(&server, &credentials(&made)).await;
    assert_eq!(
        arn,
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/Machine/{name}")
    );
    assert!(id.starts_with("AROA") && id.ends_with(&format!(":{name}")));
    server.clock.advance(6 * 3600);
    let answer = server
        .call(
            &credentials(&made),
            &keyward_wire::sts::GetCallerIdentity {},
        )
        .await;
    assert_eq!(answer.code(), "ExpiredToken");
}

#[tokio::test]
async fn its_requests_say_which_machine_and_how_it_got_the_role() {
    let server = start().await;
    profile(&server, TRUST).await;
    let made = ask(&server, None).await.unwrap();
    let arn = format!(
        "arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{}",
        instance().id()
    );
    let other = arn.replace("i-", "i-0");
    for (operator, key, value, allowed) in [
        ("NumericGreaterThanEquals", "ec2:RoleDelivery", "2.0", true),
        ("NumericLessThan", "ec2:RoleDelivery", "2.0", false),
        ("ArnEquals", "ec2:SourceInstanceArn", arn.as_str(), true),
        ("ArnEquals", "ec2:SourceInstanceArn", other.as_str(), false),
        ("Null", "aws:FederatedProvider", "true", true),
    ] {
        let call = iam::PutRolePolicy {
            role_name: "Machine".to_owned(),
            policy_name: "p".to_owned(),
            policy_document: document(&format!(
                r#"{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}"#
            ))
            .into(),
        };
        ok(&server, &server.root, &call).await;
        drop(server.audit.take());
        let answer = server
            .call(&credentials(&made), &iam::ListUsers::default())
            .await;
        assert_eq!(answer.status == 200, allowed, "{operator} {key} {value}");
        assert!(server.audit.take()[0].contains(r#","ec2RoleDelivery":"2.0"}"#));
    }
}

#[tokio::test]
async fn only_who_trusts_the_service_hands_it_a_role() {
    let server = start().await;
    profile(&server, TRUST).await;
    let deny = TRUST.replace("Allow", "Deny");
    let with = |condition: &str| {
        let condition = format!(r#""Action":"sts:AssumeRole","Condition":{condition}}}"#);
        TRUST.replace(r#""Action":"sts:AssumeRole"}"#, &condition)
    };
    let name = instance().id().to_owned();
    for allows in [
        with(&format!(
            r#"{{"StringEquals":{{"sts:RoleSessionName":"{name}"}}}}"#
        )),
        with(r#"{"Bool":{"aws:PrincipalIsAWSService":"true","aws:SecureTransport":"true"}}"#),
        with(r#"{"StringEquals":{"aws:PrincipalServiceName":"ec2.amazonaws.com"}}"#),
    ] {
        update_trust(&server, &allows).await;
        ask(&server, None).await.unwrap();
    }
    let held = ask(&server, None).await.unwrap();
    for refuses in [
        TRUST.replace("ec2.", "lambda."),
        TRUST.replace("sts:AssumeRole", "sts:TagSession"),
        TRUST.replace(
            r#"{"Service":"ec2.amazonaws.com"}"#,
            &format!(r#"{{"AWS":"{ACCOUNT}"}}"#),
        ),
        format!("{TRUST},{deny}"),
        format!("{deny},{TRUST}"),
        with(r#"{"StringEquals":{"sts:ExternalId":"x"}}"#),
        with(&format!(
            r#"{{"StringEquals":{{"aws:SourceAccount":"{ACCOUNT}"}}}}"#
        )),
        with(r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#),
    ] {
        update_trust(&server, &refuses).await;
        drop(server.audit.take());
        // Not even what was made before is handed out.
        for held in [None, Some(&held)] {
            let error = ask(&server, held).await.unwrap_err();
            let InstanceError::Refused(text) = error else {
                panic!("{error:?} for {refuses}");
            };
            assert_eq!(
                text,
                format!(
                    "User: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {}",
                    role_arn("Machine")
                )
            );
        }
        let lines = server.audit.take();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains(r#""errorCode":"AccessDenied""#) && !lines[0].contains("ASIA"));
    }
}

#[tokio::test]
async fn what_is_held_stays_while_it_is_good() {
    let server = start().await;
    profile(&server, TRUST).await;
    let first = ask(&server, None).await.unwrap();
    let same = |left: &InstanceCredentials, right: &InstanceCredentials| {
        left.access_key_id == right.access_key_id
    };
    server.clock.advance(LATER - 1);
    assert!(same(&first, &ask(&server, Some(&first)).await.unwrap()));
    server.clock.advance(1);
    let second = ask(&server, Some(&first)).await.unwrap();
    assert!(!same(&first, &second));
    // The first is good to its end.
    identity(&server, &credentials(&first)).await;
    server
        .service
        .revoke_session(&second.access_key_id)
        .await
        .unwrap();
    let third = ask(&server, Some(&second)).await.unwrap();
    assert!(!same(&second, &third));
    // A role made anew under the old name is another.
    take_role(&server, "Machine").await;
    let error = ask(&server, Some(&third)).await.unwrap_err();
    assert!(matches!(error, InstanceError::NoRole(..)), "{error}");
    delete_role(&server, "Machine").await;
    role(&server, "Machine", TRUST, "").await;
    put_role(&server, "Machine").await;
    let fourth = ask(&server, Some(&third)).await.unwrap();
    assert!(!same(&third, &fourth));
    let gone = server
        .call(
            &credentials(&third),
            &keyward_wire::sts::GetCallerIdentity {},
        )
        .await;
    assert_eq!(gone.code(), "InvalidClientTokenId");
}

#[tokio::test]
async fn only_the_role_inside_of_exactly_this_profile() {
    let server = start().await;
    profile(&server, TRUST).await;
    role(&server, "Other", TRUST, "").await;
    let service = &server.service;
    for name in ["Other", "machine", "", "Machine/"] {
        let error = service.instance_credentials(&instance(), name, None).await;
        assert!(
            matches!(error, Err(InstanceError::NoRole(..))),
            "{name}: {error:?}"
        );
    }
    for arn in [
        format!("arn:aws:iam::{ACCOUNT}:instance-profile/Web"),
        format!("arn:aws:iam::{ACCOUNT}:instance-profile/web/web"),
        "arn:aws:iam::999999999999:instance-profile/web/Web".to_owned(),
    ] {
        let other = Instance::new(&arn, &SeededEntropy::default()).unwrap();
        assert_eq!(service.instance_profile(&other).await.unwrap(), None);
        let error = service.instance_credentials(&other, "Machine", None).await;
        assert!(matches!(error, Err(InstanceError::NoRole(..))), "{arn}");
    }
}
