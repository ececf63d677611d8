//! Signing in by SAML, with responses that signxml and xmlsec1 signed.

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Sensitive, iam, sts};

use crate::{all, ok, refused, tag};

const IDP: &str = include_str!("../../../saml/src/tests/fixtures/idp.pem");
const OTHER: &str = include_str!("../../../saml/src/tests/fixtures/other.pem");
const KEY: &str = include_str!("../../../saml/src/tests/fixtures/provider.key.pem");
const TAGGED: &str = include_str!("../../../saml/src/tests/fixtures/signxml-rsa-sha256.xml");
const PLAIN: &str = include_str!("../../../saml/src/tests/fixtures/signxml-no-tags.xml");
const MORE: &str = include_str!("../../../saml/src/tests/fixtures/signxml-more.xml");
const ENCRYPTED: &str = include_str!("../../../saml/src/tests/fixtures/aes256-gcm.xml");
const ROLE: &str = "arn:aws:iam::111122223333:role/Reader";
const PROVIDER: &str = "arn:aws:iam::111122223333:saml-provider/Idp";
const REFUSED: &str = "403 AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML";

fn metadata(certificate: &str) -> String {
    let lines = certificate.lines().filter(|line| !line.starts_with('-'));
    let certificate: String = lines.collect();
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>{}"#,
        " ".repeat(1000)
    )
}

/// A trust policy that lets the provider's people in by these actions, under these conditions.
fn trust(actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":[{actions}],"Condition":{{{condition}}}}}]}}"#
    )
}

fn all_actions() -> String {
    trust(
        r#""sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity""#,
        "",
    )
}

fn create_role(name: &str, trust: &str) -> iam::CreateRole {
    iam::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: trust.into(),
        ..iam::CreateRole::default()
    }
}

/// Starts a server with the provider, and the role with this trust policy.
async fn server(trust: &str) -> InProcess {
    let server = InProcess::start().await.unwrap();
    let provider = iam::CreateSAMLProvider {
        saml_metadata_document: metadata(IDP),
        name: "Idp".to_owned(),
        ..iam::CreateSAMLProvider::default()
    };
    ok(&server, &server.root, &provider).await;
    let role = iam::CreateRole {
        tags: Some(vec![tag("Team", "none"), tag("Site", "x")]),
        ..create_role("Reader", trust)
    };
    ok(&server, &server.root, &role).await;
    server
}

fn sign_in(xml: &str) -> sts::AssumeRoleWithSAML {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(xml);
    sts::AssumeRoleWithSAML {
        role_arn: ROLE.to_owned(),
        principal_arn: PROVIDER.to_owned(),
        saml_assertion: Sensitive::new(encoded),
        ..sts::AssumeRoleWithSAML::default()
    }
}

async fn trust_now(server: &InProcess, trust: &str) {
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "Reader".to_owned(),
        policy_document: trust.into(),
    };
    ok(server, &server.root, &call).await;
}

fn session(answer: &Answer) -> Credentials {
    let element = |name| answer.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: element("AccessKeyId"),
        secret: SecretKey::new(element("SecretAccessKey")),
        session_token: Some(element("SessionToken")),
    }
}

async fn check(server: &InProcess, call: &sts::AssumeRoleWithSAML, expected: &str) {
    // The signature is not looked at.
    assert_eq!(refused(server, &server.root, call).await, expected);
}

#[tokio::test]
async fn signs_in() {
    let server = server(&all_actions()).await;
    let answer = ok(&server, &server.root, &sign_in(TAGGED)).await;
    let element = |name| answer.element(name).unwrap_or_default();
    assert_eq!(element("Subject"), "alice");
    assert_eq!(element("SubjectType"), "persistent");
    assert_eq!(element("Issuer"), "https://idp.example/saml");
    assert_eq!(element("Audience"), "https://signin.aws.amazon.com/saml");
    assert_eq!(element("NameQualifier"), "DC3NR0lRPVMJ+v05oxQzuQ2MRUE=");
    let arn = "arn:aws:sts::111122223333:assumed-role/Reader/alice@idp.example";
    assert_eq!(element("Arn"), arn);
    assert!(element("AssumedRoleId").ends_with(":alice@idp.example"));
    assert_eq!(element("Expiration"), "2026-01-02T04:04:05Z");
    assert_eq!(answer.element("SourceIdentity"), None);
    let session = session(&answer);
    let who = ok(&server, &session, &sts::GetCallerIdentity {}).await;
    assert_eq!(who.element("Arn"), Some(arn));
    let lines = server.audit.take().join("\n");
    assert!(lines.contains(r#""type":"SAMLUser""#), "{lines}");
    let identity = r#""principalId":"DC3NR0lRPVMJ+v05oxQzuQ2MRUE=:alice","userName":"alice","identityProvider":"DC3NR0lRPVMJ+v05oxQzuQ2MRUE=""#;
    assert!(lines.contains(identity), "{lines}");
    assert!(!lines.contains(sign_in(TAGGED).saml_assertion.expose().as_str()));
}

#[tokio::test]
async fn the_session_has_what_the_provider_said() {
    let server = server(&all_actions()).await;
    let policy = |condition: &str| {
        iam::PutRolePolicy {
        role_name: "Reader".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{{{condition}}}}}]}}"#
        )
        .as_str()
        .into(),
    }
    };
    let answer = ok(&server, &server.root, &sign_in(MORE)).await;
    assert_eq!(answer.element("SourceIdentity"), Some("alice"));
    // The attribute shortens it.
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T03:34:05Z"));
    let session = session(&answer);
    let list = iam::ListUsers::default();
    for (condition, allowed) in [
        (r#""StringEquals":{"saml:sub":"alice"}"#, true),
        (r#""StringEquals":{"saml:sub_type":"persistent"}"#, true),
        (
            r#""StringEquals":{"saml:namequalifier":"DC3NR0lRPVMJ+v05oxQzuQ2MRUE="}"#,
            true,
        ),
        (r#""StringEquals":{"saml:sub":"${saml:sub}"}"#, true),
        (r#""StringEquals":{"aws:SourceIdentity":"alice"}"#, true),
        (
            r#""StringEquals":{"aws:PrincipalTag/Team":"blue green","aws:PrincipalTag/Site":"x"}"#,
            true,
        ),
        (
            r#""ArnEquals":{"aws:FederatedProvider":"arn:aws:iam::111122223333:saml-provider/Idp"}"#,
            true,
        ),
        (r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#, true),
        (r#""StringEquals":{"saml:sub":"bob"}"#, false),
        (
            r#""StringEquals":{"saml:iss":"https://idp.example/saml"}"#,
            false,
        ),
        (
            r#""ForAnyValue:StringEquals":{"saml:eduPersonAffiliation":"staff"}"#,
            false,
        ),
    ] {
        ok(&server, &server.root, &policy(condition)).await;
        let code = server.call(&session, &list).await;
        assert_eq!(code.code() == "OK", allowed, "{condition}: {}", code.body);
    }
}

#[tokio::test]
async fn the_trust_policy_sees_the_assertion() {
    let server = server(&all_actions()).await;
    let actions = r#""sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity""#;
    for (condition, allowed) in [
        (
            r#""StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml"}"#,
            true,
        ),
        (
            r#""StringEquals":{"saml:iss":"https://idp.example/saml"}"#,
            true,
        ),
        (r#""StringEquals":{"saml:doc":"111122223333/Idp"}"#, true),
        (
            r#""StringEquals":{"saml:sub":"alice","saml:sub_type":"persistent"}"#,
            true,
        ),
        (
            r#""ForAnyValue:StringEquals":{"saml:edupersonaffiliation":["staff","x"]}"#,
            true,
        ),
        (
            r#""StringEquals":{"sts:RoleSessionName":"alice@idp.example","sts:SourceIdentity":"alice"}"#,
            true,
        ),
        (
            r#""StringEquals":{"aws:RequestTag/Team":"blue green","aws:ResourceTag/Site":"x"}"#,
            true,
        ),
        (
            r#""ForAllValues:StringEquals":{"sts:TransitiveTagKeys":"Team","aws:TagKeys":"Team"}"#,
            true,
        ),
        (
            r#""StringEquals":{"saml:aud":"https://other.example/saml"}"#,
            false,
        ),
        (r#""StringEquals":{"saml:sub":"bob"}"#, false),
        (
            r#""ForAnyValue:StringEquals":{"saml:edupersonaffiliation":"student"}"#,
            false,
        ),
        (r#""StringEquals":{"aws:PrincipalArn":"x"}"#, false),
    ] {
        trust_now(&server, &trust(actions, condition)).await;
        let answer = server.call(&server.root, &sign_in(MORE)).await;
        assert_eq!(
            answer.code() == "OK",
            allowed,
            "{condition}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn what_is_refused_looks_the_same() {
    let server = server(&trust(r#""sts:AssumeRoleWithSAML""#, "")).await;
    ok(&server, &server.root, &sign_in(PLAIN)).await;
    // Tags and the source identity are permissions of their own.
    check(&server, &sign_in(TAGGED), REFUSED).await;
    check(&server, &sign_in(MORE), REFUSED).await;
    trust_now(
        &server,
        &trust(r#""sts:AssumeRoleWithSAML","sts:TagSession""#, ""),
    )
    .await;
    ok(&server, &server.root, &sign_in(TAGGED)).await;
    check(&server, &sign_in(MORE), REFUSED).await;
    trust_now(
        &server,
        &trust(r#""sts:AssumeRole","sts:AssumeRoleWithWebIdentity""#, ""),
    )
    .await;
    check(&server, &sign_in(PLAIN), REFUSED).await;
    for principal in [
        r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/Other"}"#,
        r#"{"AWS":"111122223333"}"#,
    ] {
        trust_now(
            &server,
            &all_actions().replace(&format!(r#"{{"Federated":"{PROVIDER}"}}"#), principal),
        )
        .await;
        check(&server, &sign_in(PLAIN), REFUSED).await;
    }
    let deny = format!(
        r#""Statement":[{{"Effect":"Deny","Principal":{{"Federated":"{PROVIDER}"}},"Action":"sts:TagSession"}},"#
    );
    let deny = all_actions().replace(r#""Statement":["#, &deny);
    trust_now(&server, &deny).await;
    ok(&server, &server.root, &sign_in(PLAIN)).await;
    check(&server, &sign_in(TAGGED), REFUSED).await;
    let delete = iam::DeleteRole {
        role_name: "Reader".to_owned(),
    };
    ok(&server, &server.root, &delete).await;
    check(&server, &sign_in(PLAIN), REFUSED).await;
    for role in [
        "arn:aws:iam::111122223333:role/Writer",
        "arn:aws:iam::111122223333:role/aws-reserved/AWSReservedSSO_Reader_1",
        "arn:aws:iam::999999999999:role/Reader",
    ] {
        let call = sts::AssumeRoleWithSAML {
            role_arn: role.to_owned(),
            ..sign_in(PLAIN)
        };
        check(&server, &call, REFUSED).await;
    }
    let malformed = sts::AssumeRoleWithSAML {
        role_arn: "arn:aws:iam::111122223333:user/Reader".to_owned(),
        ..sign_in(PLAIN)
    };
    let text = "400 ValidationError: arn:aws:iam::111122223333:user/Reader is invalid";
    check(&server, &malformed, text).await;
}

#[tokio::test]
async fn providers_come_and_go() {
    let server = server(&all_actions()).await;
    let missing = "400 InvalidIdentityToken: Specified provider doesn't exist.";
    for arn in [
        "arn:aws:iam::111122223333:saml-provider/Other",
        "arn:aws:iam::111122223333:saml-provider/idp",
        "arn:aws:iam::999999999999:saml-provider/Idp",
        "arn:aws:iam::111122223333:role/Reader",
        "arn:aws:iam::111122223333:oidc-provider/x",
        "xxxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        let call = sts::AssumeRoleWithSAML {
            principal_arn: arn.to_owned(),
            ..sign_in(PLAIN)
        };
        check(&server, &call, missing).await;
    }
    let update = |certificate: Option<&str>, key: Option<&str>| iam::UpdateSAMLProvider {
        saml_provider_arn: PROVIDER.to_owned(),
        saml_metadata_document: certificate.map(metadata),
        add_private_key: key.map(|key| Sensitive::new(key.to_owned())),
        ..iam::UpdateSAMLProvider::default()
    };
    // Another certificate in the metadata.
    ok(&server, &server.root, &update(Some(OTHER), None)).await;
    let invalid = "400 InvalidIdentityToken: Response signature invalid";
    check(&server, &sign_in(PLAIN), invalid).await;
    ok(&server, &server.root, &update(Some(IDP), None)).await;
    ok(&server, &server.root, &sign_in(PLAIN)).await;
    // A key, and the metadata as they were.
    let no_key = "400 InvalidIdentityToken: The specified provider has no private key to decrypt the assertion";
    check(&server, &sign_in(ENCRYPTED), no_key).await;
    ok(&server, &server.root, &update(None, Some(KEY))).await;
    ok(&server, &server.root, &sign_in(ENCRYPTED)).await;
    ok(&server, &server.root, &sign_in(PLAIN)).await;
    let required = iam::UpdateSAMLProvider {
        assertion_encryption_mode: Some(iam::AssertionEncryptionModeType::Required),
        ..update(None, None)
    };
    ok(&server, &server.root, &required).await;
    let plain = "400 InvalidIdentityToken: The specified provider requires an encrypted assertion";
    check(&server, &sign_in(PLAIN), plain).await;
    ok(&server, &server.root, &sign_in(ENCRYPTED)).await;
    let tags = iam::TagSAMLProvider {
        saml_provider_arn: PROVIDER.to_owned(),
        tags: vec![tag("a", "b")],
    };
    ok(&server, &server.root, &tags).await;
    let session = session(&ok(&server, &server.root, &sign_in(ENCRYPTED)).await);
    let delete = iam::DeleteSAMLProvider {
        saml_provider_arn: PROVIDER.to_owned(),
    };
    ok(&server, &server.root, &delete).await;
    check(&server, &sign_in(PLAIN), missing).await;
    // Sessions of the provider go on.
    ok(&server, &session, &sts::GetCallerIdentity {}).await;
}

#[tokio::test]
async fn durations_and_policies() {
    let server = server(&all_actions()).await;
    let lasting = |seconds| sts::AssumeRoleWithSAML {
        duration_seconds: Some(seconds),
        ..sign_in(PLAIN)
    };
    let answer = ok(&server, &server.root, &lasting(900)).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T03:19:05Z"));
    let too_long = "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    check(&server, &lasting(3601), too_long).await;
    let longer = iam::UpdateRole {
        role_name: "Reader".to_owned(),
        max_session_duration: Some(43_200),
        ..iam::UpdateRole::default()
    };
    ok(&server, &server.root, &longer).await;
    // The identity provider's own session ends at 11:03.
    let answer = ok(&server, &server.root, &lasting(43_200)).await;
    assert_eq!(answer.element("Expiration"), Some("2026-01-02T11:03:00Z"));
    let refused = refused(&server, &server.root, &lasting(899)).await;
    assert!(
        refused.starts_with("400 ValidationError: 1 validation error"),
        "{refused}"
    );
    let policy = |text: &str| sts::AssumeRoleWithSAML {
        policy: Some(text.to_owned()),
        ..sign_in(PLAIN)
    };
    let refused = crate::refused(&server, &server.root, &policy("{")).await;
    assert!(
        refused.starts_with("400 MalformedPolicyDocument: "),
        "{refused}"
    );
    let all_iam = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    let role_policy = iam::PutRolePolicy {
        role_name: "Reader".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: all_iam.into(),
    };
    ok(&server, &server.root, &role_policy).await;
    let only_users = all_iam.replace("iam:*", "iam:ListUsers");
    let session = session(&ok(&server, &server.root, &policy(&only_users)).await);
    ok(&server, &session, &iam::ListUsers::default()).await;
    let answer = server.call(&session, &iam::ListRoles::default()).await;
    assert_eq!(answer.code(), "AccessDenied");
    assert!(
        all(&answer, "Message")[0].contains("no session policy allows"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn bad_responses() {
    let server = server(&all_actions()).await;
    check(
        &server,
        &sign_in("x"),
        "400 InvalidIdentityToken: Could not parse the SAML response",
    )
    .await;
    let not_base64 = sts::AssumeRoleWithSAML {
        saml_assertion: Sensitive::new("!!!!".to_owned()),
        ..sign_in(PLAIN)
    };
    check(
        &server,
        &not_base64,
        "400 InvalidIdentityToken: Invalid base64 SAMLResponse",
    )
    .await;
    let other = PLAIN.replace("idp.example/saml<", "other.example/saml<");
    let issuer = "400 InvalidIdentityToken: Issuer not present in specified provider";
    check(&server, &sign_in(&other), issuer).await;
    let forged = PLAIN.replace("alice", "admin");
    check(
        &server,
        &sign_in(&forged),
        "400 InvalidIdentityToken: Response signature invalid",
    )
    .await;
    let failed = PLAIN.replace("status:Success", "status:Responder");
    let rejected =
        "403 IDPRejectedClaim: The identity provider reported that authentication failed";
    check(&server, &sign_in(&failed), rejected).await;
    server.clock.advance(240);
    let expired = "400 ExpiredTokenException: Response has expired";
    check(&server, &sign_in(PLAIN), expired).await;
}
