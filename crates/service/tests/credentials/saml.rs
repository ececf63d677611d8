use keyward_testkit::InProcess;
use keyward_wire::{Sensitive, iam};

use crate::{EC_KEY, GARBAGE, LEAF, LEAF_KEY, RSA_1024, all, ok, refused, tag, user_with};

const ARN: &str = "arn:aws:iam::111122223333:saml-provider/Idp";
const PARSE: &str = "400 InvalidInput: Could not parse metadata";

fn metadata(certificate: &str, attributes: &str) -> String {
    let certificate: String = certificate
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml" {attributes}><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>"#
    )
}

fn create(name: &str, document: &str) -> iam::CreateSAMLProvider {
    iam::CreateSAMLProvider {
        saml_metadata_document: document.to_owned(),
        name: name.to_owned(),
        tags: None,
        assertion_encryption_mode: None,
        add_private_key: None,
    }
}

fn update() -> iam::UpdateSAMLProvider {
    iam::UpdateSAMLProvider {
        saml_metadata_document: None,
        saml_provider_arn: ARN.to_owned(),
        assertion_encryption_mode: None,
        add_private_key: None,
        remove_private_key: None,
    }
}

fn get(arn: &str) -> iam::GetSAMLProvider {
    iam::GetSAMLProvider {
        saml_provider_arn: arn.to_owned(),
    }
}

fn delete(arn: &str) -> iam::DeleteSAMLProvider {
    iam::DeleteSAMLProvider {
        saml_provider_arn: arn.to_owned(),
    }
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&apos;", "'")
        .replace("&#xD;", "\r")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn a_provider_lives() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let document = metadata(LEAF, "");
    let call = iam::CreateSAMLProvider {
        tags: Some(vec![tag("b", "2"), tag("a", "1")]),
        ..create("Idp", &document)
    };
    let made = ok(&server, root, &call).await;
    assert_eq!(made.element("SAMLProviderArn"), Some(ARN));
    assert_eq!(all(&made, "Key"), ["a", "b"]);
    let got = ok(&server, root, &get(ARN)).await;
    assert_eq!(
        unescaped(got.element("SAMLMetadataDocument").unwrap()),
        document
    );
    assert_eq!(got.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    assert_eq!(got.element("ValidUntil"), Some("2125-12-09T03:04:05Z"));
    let uuid = got.element("SAMLProviderUUID").unwrap();
    assert!(
        uuid.len() >= 22 && uuid.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{uuid}"
    );
    assert_eq!(all(&got, "Key"), ["a", "b"]);
    for absent in ["AssertionEncryptionMode", "PrivateKeyList"] {
        assert_eq!(got.element(absent), None, "{absent}");
    }
    let taken = refused(&server, root, &create("IDP", &document)).await;
    assert_eq!(
        taken,
        "409 EntityAlreadyExists: SAML Provider with name IDP already exists."
    );
    // A longer document takes the place of the first, and a shorter one of that.
    let filler = format!("{document}<!--{}-->", "x".repeat(40_000));
    for document in [
        &filler,
        &metadata(RSA_1024, "validUntil=\"2027-01-01T00:00:00Z\""),
    ] {
        let call = iam::UpdateSAMLProvider {
            saml_metadata_document: Some(document.clone()),
            ..update()
        };
        let answer = ok(&server, root, &call).await;
        assert_eq!(answer.element("SAMLProviderArn"), Some(ARN));
        let got = ok(&server, root, &get(ARN)).await;
        assert!(unescaped(got.element("SAMLMetadataDocument").unwrap()) == **document);
        assert_eq!(got.element("SAMLProviderUUID"), Some(uuid));
    }
    let listed = ok(&server, root, &iam::ListSAMLProviders {}).await;
    assert_eq!(listed.element("Arn"), Some(ARN));
    assert_eq!(listed.element("ValidUntil"), Some("2027-01-01T00:00:00Z"));
    assert_eq!(listed.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    ok(&server, root, &delete(ARN)).await;
    let gone = format!("404 NoSuchEntity: Manifest not found for arn {ARN}");
    assert_eq!(refused(&server, root, &delete(ARN)).await, gone);
    assert_eq!(refused(&server, root, &get(ARN)).await, gone);
    assert_eq!(refused(&server, root, &update()).await, gone);
}

#[tokio::test]
async fn bad_metadata_are_refused() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let good = metadata(LEAF, "");
    for garbage in GARBAGE {
        let long = format!("{garbage}{}", " ".repeat(1_000));
        assert_eq!(
            refused(&server, root, &create("Idp", &long)).await,
            PARSE,
            "{garbage}"
        );
    }
    for (from, to) in [
        ("IDPSSODescriptor", "SPSSODescriptor"),
        ("entityID", "id"),
        ("</EntityDescriptor>", "</EntityDescriptor><x/>"),
        ("<EntityDescriptor", "<!DOCTYPE x><EntityDescriptor"),
    ] {
        let bad = good.replace(from, to);
        assert_eq!(
            refused(&server, root, &create("Idp", &bad)).await,
            PARSE,
            "{from}"
        );
    }
    let short = refused(&server, root, &create("Idp", "<x/>")).await;
    assert!(
        short.starts_with("400 ValidationError: 1 validation error detected: "),
        "{short}"
    );
    ok(&server, root, &create("Idp", &good)).await;
    let bad = iam::UpdateSAMLProvider {
        saml_metadata_document: Some("x".repeat(1_000)),
        ..update()
    };
    assert_eq!(refused(&server, root, &bad).await, PARSE);
    let text = "400 ValidationError: Invalid ARN:  Could not be parsed!";
    assert_eq!(
        refused(&server, root, &get("no-arn-at-all-in-here")).await,
        text
    );
    for arn in [
        "arn:aws:iam::111122223333:saml-provider/idp",
        "arn:aws:iam::999999999999:saml-provider/Idp",
        "arn:aws:iam::111122223333:role/Idp-and-some",
    ] {
        let gone = format!("404 NoSuchEntity: Manifest not found for arn {arn}");
        assert_eq!(refused(&server, root, &get(arn)).await, gone);
        assert_eq!(refused(&server, root, &delete(arn)).await, gone);
    }
}

#[tokio::test]
async fn private_keys_rotate_and_are_never_shown() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let document = metadata(LEAF, "");
    let required = Some(iam::AssertionEncryptionModeType::Required);
    let without = iam::CreateSAMLProvider {
        assertion_encryption_mode: required,
        ..create("Idp", &document)
    };
    assert_eq!(
        refused(&server, root, &without).await,
        "400 InvalidInput: Assertion encryption can't be required without a private key."
    );
    let wrong = iam::CreateSAMLProvider {
        add_private_key: Some(Sensitive::new(EC_KEY.to_owned())),
        ..create("Idp", &document)
    };
    let invalid = "400 InvalidInput: The private key must be an unencrypted RSA key in PEM.";
    assert_eq!(refused(&server, root, &wrong).await, invalid);
    let with = iam::CreateSAMLProvider {
        assertion_encryption_mode: required,
        add_private_key: Some(Sensitive::new(LEAF_KEY.to_owned())),
        ..create("Idp", &document)
    };
    ok(&server, root, &with).await;
    let got = ok(&server, root, &get(ARN)).await;
    assert_eq!(got.element("AssertionEncryptionMode"), Some("Required"));
    assert_eq!(all(&got, "Timestamp"), ["2026-01-02T03:04:05Z"]);
    assert!(!got.body.contains("PRIVATE KEY"));
    let first = got.element("KeyId").unwrap().to_owned();
    let add = iam::UpdateSAMLProvider {
        add_private_key: Some(Sensitive::new(LEAF_KEY.to_owned())),
        ..update()
    };
    ok(&server, root, &add).await;
    assert_eq!(
        refused(&server, root, &add).await,
        "409 LimitExceeded: Cannot exceed quota for PrivateKeysPerSAMLProvider: 2"
    );
    let remove = |id: &str| iam::UpdateSAMLProvider {
        remove_private_key: Some(id.to_owned()),
        ..update()
    };
    ok(&server, root, &remove(&first)).await;
    let again = refused(&server, root, &remove(&first)).await;
    assert!(again.starts_with("404 NoSuchEntity: "), "{again}");
    let got = ok(&server, root, &get(ARN)).await;
    assert_eq!(all(&got, "KeyId").len(), 1);
    let lines = server.audit.take().concat();
    assert!(!lines.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn tags_are_kept_and_decide() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    ok(&server, root, &create("Idp", &metadata(LEAF, ""))).await;
    let statement = r#"{"Effect":"Allow","Action":"iam:*SAMLProvider*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"x"}}}"#;
    let alice = user_with(&server, "alice", statement).await;
    let denied = refused(&server, &alice, &get(ARN)).await;
    assert!(denied.contains(&format!("iam:GetSAMLProvider on resource: {ARN} because")));
    let add = iam::TagSAMLProvider {
        saml_provider_arn: ARN.to_owned(),
        tags: vec![tag("team", "x"), tag("b", "1")],
    };
    ok(&server, root, &add).await;
    ok(&server, &alice, &get(ARN)).await;
    let untag = iam::UntagSAMLProvider {
        saml_provider_arn: ARN.to_owned(),
        tag_keys: vec!["b".to_owned()],
    };
    ok(&server, &alice, &untag).await;
    let tags = iam::ListSAMLProviderTags {
        saml_provider_arn: ARN.to_owned(),
        marker: None,
        max_items: None,
    };
    assert_eq!(all(&ok(&server, &alice, &tags).await, "Key"), ["team"]);
    let other_case = iam::ListSAMLProviderTags {
        saml_provider_arn: ARN.to_lowercase(),
        marker: None,
        max_items: None,
    };
    let answer = refused(&server, root, &other_case).await;
    assert!(answer.starts_with("404 NoSuchEntity: "), "{answer}");
}
