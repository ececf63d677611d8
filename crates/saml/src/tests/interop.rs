//! Responses that other libraries signed and encrypted; `fixtures/make.py` made them.

use super::idp::{ENTITY, Known};
use crate::AssertionError;

const KEYS: &[&str] = &[include_str!("fixtures/provider.key.pem")];

fn check(certificate: &str, keys: &[&str], xml: &str) {
    let assertion = Known::new(&[certificate], keys).check(xml).unwrap();
    assert_eq!(assertion.subject, "alice");
    assert_eq!(assertion.subject_type, "persistent");
    assert_eq!(assertion.issuer, ENTITY);
    assert_eq!(assertion.audience, "https://signin.aws.amazon.com/saml");
    assert_eq!(assertion.session_name, "alice@idp.example");
    let tag = ("Team".to_owned(), "blue green".to_owned());
    assert_eq!(assertion.principal_tags, [tag]);
    let end = assertion.session_not_on_or_after.unwrap().unix_seconds();
    assert_eq!(end, 1_767_351_780);
    // One letter changed, and another key.
    let changed = xml
        .replace("alice", "alicf")
        .replace("<xenc:CipherValue>", "<xenc:CipherValue>AAAA");
    assert_ne!(changed, xml);
    let refused =
        |known: &Known, xml| assert_eq!(known.check(xml).unwrap_err(), AssertionError::Signature);
    refused(&Known::new(&[certificate], keys), &changed);
    refused(
        &Known::new(&[include_str!("fixtures/other.pem")], keys),
        xml,
    );
    // Any of the certificates may have signed.
    Known::new(&[include_str!("fixtures/other.pem"), certificate], keys)
        .check(xml)
        .unwrap();
}

#[test]
fn signxml() {
    let idp = include_str!("fixtures/idp.pem");
    check(idp, &[], include_str!("fixtures/signxml-rsa-sha256.xml"));
    check(idp, &[], include_str!("fixtures/signxml-rsa-sha384.xml"));
    check(
        include_str!("fixtures/ec256.pem"),
        &[],
        include_str!("fixtures/signxml-ecdsa-sha256.xml"),
    );
    check(
        include_str!("fixtures/ec384.pem"),
        &[],
        include_str!("fixtures/signxml-ecdsa-sha384.xml"),
    );
    check(
        include_str!("fixtures/ec521.pem"),
        &[],
        include_str!("fixtures/signxml-ecdsa-sha512.xml"),
    );
    check(
        include_str!("fixtures/short.pem"),
        &[],
        include_str!("fixtures/signxml-short-key.xml"),
    );
}

#[test]
fn xmlsec() {
    let idp = include_str!("fixtures/idp.pem");
    check(idp, &[], include_str!("fixtures/xmlsec-assertion.xml"));
    check(idp, &[], include_str!("fixtures/xmlsec-response.xml"));
    for keys in [
        KEYS,
        &[
            include_str!("fixtures/other.key.pem"),
            include_str!("fixtures/provider.pkcs1.pem"),
        ],
    ] {
        check(idp, keys, include_str!("fixtures/xmlsec-aes128-cbc.xml"));
        check(idp, keys, include_str!("fixtures/xmlsec-aes256-cbc.xml"));
        check(idp, keys, include_str!("fixtures/aes256-gcm.xml"));
        check(
            idp,
            keys,
            include_str!("fixtures/sign-around-encrypted.xml"),
        );
    }
}

#[test]
fn sha1_is_refused() {
    let known = Known::new(&[include_str!("fixtures/idp.pem")], &[]);
    let refused = known
        .check(include_str!("fixtures/xmlsec-sha1.xml"))
        .unwrap_err();
    assert_eq!(refused, AssertionError::Signature);
}
