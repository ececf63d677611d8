//! Encrypted assertions that are refused; those that are taken are in `interop`.

use keyward_directory::AssertionEncryption;

use super::idp::{Known, assertion, signed};
use crate::AssertionError;

const IDP: &str = include_str!("fixtures/idp.pem");
const KEY: &str = include_str!("fixtures/provider.key.pem");
const GCM: &str = include_str!("fixtures/aes256-gcm.xml");
const CBC: &str = include_str!("fixtures/xmlsec-aes128-cbc.xml");

fn check(keys: &[&str], xml: &str, expected: AssertionError) {
    assert_eq!(Known::new(&[IDP], keys).check(xml).unwrap_err(), expected);
}

#[test]
fn needs_a_key_of_the_provider() {
    check(&[], GCM, AssertionError::NoPrivateKey);
    check(
        &[include_str!("fixtures/other.key.pem")],
        GCM,
        AssertionError::Signature,
    );
    check(
        &[include_str!("fixtures/ec256.key.pem")],
        GCM,
        AssertionError::Signature,
    );
    check(
        &[include_str!("fixtures/short.key.pem")],
        GCM,
        AssertionError::Signature,
    );
}

#[test]
fn required_means_required() {
    let mut known = Known::new(&[IDP], &[KEY]);
    let plain = signed(&assertion());
    assert!(known.check(&plain).is_ok() && known.check(GCM).is_ok());
    known.record.encryption = Some(AssertionEncryption::Required);
    assert_eq!(
        known.check(&plain).unwrap_err(),
        AssertionError::EncryptionRequired
    );
    assert!(known.check(GCM).is_ok());
}

#[test]
fn encryption_is_no_signature() {
    check(
        &[KEY],
        include_str!("fixtures/unsigned-encrypted.xml"),
        AssertionError::Signature,
    );
    // The signature of the response, and with it the only one, taken away.
    let whole = include_str!("fixtures/sign-around-encrypted.xml");
    let (before, rest) = whole.split_once("<ds:Signature ").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    check(
        &[KEY],
        &format!("{before}{after}"),
        AssertionError::Signature,
    );
}

#[test]
fn what_fails_has_one_answer() {
    let changes = [
        ("aes256-gcm", "aes128-gcm"),
        ("aes256-gcm", "tripledes-cbc"),
        ("2009/xmlenc11#rsa-oaep", "2001/04/xmlenc#rsa-1_5"),
        ("2009/xmlenc11#rsa-oaep", "2001/04/xmlenc#rsa-oaep-mgf1p"),
        ("mgf1sha256", "mgf1sha1"),
        ("xmlenc#sha256", "xmlenc#sha512"),
        ("<xenc:CipherValue>", "<xenc:CipherValue>AAAA"),
        ("<xenc:CipherValue>", "<xenc:CipherValue>!"),
        ("xenc:EncryptedKey", "xenc:EncryptedKez"),
        ("xenc:EncryptedData", "xenc:EncryptedDate"),
        ("CipherValue", "CipherReference"),
        ("xenc:EncryptionMethod", "xenc:Other"),
    ];
    for (from, to) in changes {
        assert!(GCM.contains(from), "{from}");
        check(&[KEY], &GCM.replace(from, to), AssertionError::Signature);
    }
    // Every byte of the content matters, also where nothing authenticates it but the signature inside.
    for document in [GCM, CBC] {
        let start = document.rfind("CipherValue>").unwrap();
        let first = document.find("CipherValue>").unwrap();
        let mut answers = 0;
        for at in (first + 13..start - 20).step_by(37) {
            let mut changed = document.as_bytes().to_vec();
            if !changed[at].is_ascii_alphanumeric() {
                continue;
            }
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let refused = Known::new(&[IDP], &[KEY]).check(&changed).unwrap_err();
            let structure = matches!(refused, AssertionError::Malformed);
            assert!(
                structure || refused == AssertionError::Signature,
                "{refused:?} at {at}"
            );
            answers += usize::from(!structure);
        }
        assert!(answers > 50, "{answers}");
    }
}
