//! An identity provider. It writes canonical text to begin with, so that nothing here leans on the code under test.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::{AccountId, UniqueId};
use keyward_directory::{
    AssertionEncryption, Certificate, PrivateKey, SamlMetadata, SamlPrivateKey, SamlProvider,
    SamlProviderName, Timestamp,
};
use sha2::{Digest as _, Sha256};

use crate::{Assertion, AssertionError, Endpoints, Provider, Request, Response};

/// 2026-01-02T03:04:05Z.
pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_767_323_045);
pub(super) const ENTITY: &str = "https://idp.example/saml";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/Reader";
pub(super) const PROVIDER: &str = "arn:aws:iam::111122223333:saml-provider/Idp";

pub(super) fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

/// What an account knows of the identity provider.
pub(super) struct Known {
    pub(super) record: SamlProvider,
    pub(super) metadata: SamlMetadata,
}

impl Known {
    pub(super) fn new(certificates: &[&str], keys: &[&str]) -> Self {
        let key = |text: &&str| SamlPrivateKey {
            id: "K".repeat(32),
            key: PrivateKey::from_stored((*text).to_owned()),
            added: NOW,
        };
        let certificates = certificates
            .iter()
            .map(|text| Certificate::parse(text).unwrap());
        Self {
            record: SamlProvider {
                id: UniqueId::parse("SAMLSPABCDEFGHIJKLMNOP").unwrap(),
                name: SamlProviderName::parse("Idp").unwrap(),
                created: NOW,
                valid_until: Timestamp::from_unix_seconds(NOW.unix_seconds() + 1),
                tags: Default::default(),
                encryption: (!keys.is_empty()).then_some(AssertionEncryption::Allowed),
                private_keys: keys.iter().map(key).collect(),
                metadata_parts: 1,
            },
            metadata: SamlMetadata {
                entity_id: ENTITY.to_owned(),
                valid_until: None,
                signing_certificates: certificates.collect(),
            },
        }
    }

    pub(super) fn check_at(&self, xml: &str, now: Timestamp) -> Result<Assertion, AssertionError> {
        let provider = Provider {
            account: account(),
            record: &self.record,
            metadata: &self.metadata,
        };
        let request = Request {
            role_arn: ROLE,
            provider_arn: PROVIDER,
        };
        let endpoints = Endpoints::new(vec!["https://iam.example/saml".to_owned()]);
        Response::parse(&STANDARD.encode(xml))?.check(&provider, &request, &endpoints, now)
    }

    pub(super) fn check(&self, xml: &str) -> Result<Assertion, AssertionError> {
        self.check_at(xml, NOW)
    }
}

/// The account as most tests have it.
pub(super) static KNOWN: LazyLock<Known> =
    LazyLock::new(|| Known::new(&[include_str!("fixtures/idp.pem")], &[]));

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| key(include_str!("fixtures/idp.key.pem")));
static OTHER_KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| key(include_str!("fixtures/other.key.pem")));

fn key(pem: &str) -> RsaKeyPair {
    let encoded: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(encoded).unwrap()).unwrap()
}

/// An assertion without a signature, in canonical form.
pub(super) fn assertion() -> String {
    [
        r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" IssueInstant="2026-01-02T03:04:00Z" Version="2.0">"#,
        "<saml:Issuer>https://idp.example/saml</saml:Issuer>",
        "<saml:Subject>",
        r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID>"#,
        r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">"#,
        r#"<saml:SubjectConfirmationData NotOnOrAfter="2026-01-02T03:09:00Z" Recipient="https://signin.aws.amazon.com/saml"></saml:SubjectConfirmationData>"#,
        "</saml:SubjectConfirmation></saml:Subject>",
        r#"<saml:Conditions NotBefore="2026-01-02T03:03:00Z" NotOnOrAfter="2026-01-02T03:10:00Z">"#,
        "<saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction>",
        "</saml:Conditions>",
        r#"<saml:AuthnStatement AuthnInstant="2026-01-02T03:03:00Z" SessionNotOnOrAfter="2026-01-02T11:03:00Z"></saml:AuthnStatement>"#,
        "<saml:AttributeStatement>",
        &attribute(
            "https://aws.amazon.com/SAML/Attributes/Role",
            &["arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Idp"],
        ),
        &attribute("https://aws.amazon.com/SAML/Attributes/RoleSessionName", &["alice@idp"]),
        "</saml:AttributeStatement>",
        "</saml:Assertion>",
    ]
    .concat()
}

/// An attribute, in canonical form.
pub(super) fn attribute(name: &str, values: &[&str]) -> String {
    let values: String = values
        .iter()
        .map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>"))
        .collect();
    format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
}

/// A signature as the tests write it; what differs between tests is replaced in its texts before it is signed.
pub(super) struct Signer<'a> {
    pub(super) key: &'a RsaKeyPair,
    /// Replacements in the canonical `SignedInfo`.
    pub(super) replace: Vec<(&'a str, &'a str)>,
}

impl Default for Signer<'_> {
    fn default() -> Self {
        Self {
            key: &KEY,
            replace: Vec::new(),
        }
    }
}

impl Signer<'_> {
    /// A key that nobody trusts.
    pub(super) fn other() -> Self {
        Self {
            key: &OTHER_KEY,
            replace: Vec::new(),
        }
    }

    /// Returns the `Signature` of a canonical text.
    pub(super) fn signature(&self, text: &str) -> String {
        let id = text
            .split_once(" ID=\"")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0;
        let digest = STANDARD.encode(Sha256::digest(text));
        let mut info = [
            r#"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">"#,
            r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>"#,
            r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>"#,
            &format!(r##"<ds:Reference URI="#{id}"><ds:Transforms>"##),
            r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#,
            r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>"#,
            r#"</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>"#,
            &format!("<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"),
        ]
        .concat();
        for (from, to) in &self.replace {
            assert!(info.contains(from), "{from}");
            info = info.replace(from, to);
        }
        let mut value = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                info.as_bytes(),
                &mut value,
            )
            .unwrap();
        let value = STANDARD.encode(value);
        // The prefix is declared around it.
        let info = info.replacen(r#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#, "", 1);
        format!(
            r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"#
        )
    }

    /// Signs a canonical element: its signature stands behind its issuer.
    pub(super) fn sign(&self, text: &str) -> String {
        text.replacen(
            "</saml:Issuer>",
            &format!("</saml:Issuer>{}", self.signature(text)),
            1,
        )
    }
}

/// A response around something, in canonical form.
pub(super) fn response(inside: &str) -> String {
    [
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="https://signin.aws.amazon.com/saml" ID="_r1" IssueInstant="2026-01-02T03:04:00Z" Version="2.0">"#,
        r#"<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example/saml</saml:Issuer>"#,
        r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>"#,
        inside,
        "</samlp:Response>",
    ]
    .concat()
}

/// A response with a signed assertion.
pub(super) fn signed(assertion: &str) -> String {
    response(&Signer::default().sign(assertion))
}

/// Checks a response around a changed and then signed assertion.
pub(super) fn check_changed(from: &str, to: &str) -> Result<Assertion, AssertionError> {
    let original = assertion();
    let changed = original.replace(from, to);
    assert_ne!(original, changed, "{from}");
    KNOWN.check(&signed(&changed))
}
