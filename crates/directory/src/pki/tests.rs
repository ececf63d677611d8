//! Keys and certificates of every form that is taken, and of those that are not.

use proptest::prelude::*;

use super::fixtures::{
    EC_KEY, INTERMEDIATE, LEAF, LEAF_KEY, NOW, ROOT, RSA_512_KEY, SSH_KEYS, SSH_PEM,
};
use super::{Certificate, KeyPair, ParsePublicKeyError, RsaPublicKey, bits};
use crate::Timestamp;

fn fits(key: &str, certificate: &str) -> Option<bool> {
    let certificate = Certificate::parse(certificate)?;
    KeyPair::parse(key).ok().map(|key| key.fits(&certificate))
}

#[test]
fn each_key_fits_its_own_certificate_only() {
    let pairs = [
        (LEAF, LEAF_KEY),
        (LEAF, include_str!("fixtures/leaf.pkcs8.pem")),
        (include_str!("fixtures/ec.pem"), EC_KEY),
        (
            include_str!("fixtures/ec.pem"),
            include_str!("fixtures/ec.pkcs8.pem"),
        ),
        (
            include_str!("fixtures/ec.pem"),
            include_str!("fixtures/ec-without-public.key.pem"),
        ),
        (
            include_str!("fixtures/ec521.pem"),
            include_str!("fixtures/ec521.key.pem"),
        ),
        (
            include_str!("fixtures/rsa1024.pem"),
            include_str!("fixtures/rsa1024.key.pem"),
        ),
        (include_str!("fixtures/rsa512.pem"), RSA_512_KEY),
    ];
    for (row, (certificate, _)) in pairs.iter().enumerate() {
        for (column, (same, key)) in pairs.iter().enumerate() {
            let wanted = Some(certificate == same);
            assert_eq!(fits(key, certificate), wanted, "{row} {column}");
        }
    }
    let key = include_str!("fixtures/ec-parameters.key.pem");
    assert_eq!(fits(key, include_str!("fixtures/ec.pem")), Some(false));
}

#[test]
fn keys_that_are_encrypted_or_of_another_kind_are_refused() {
    let twice = format!("{LEAF_KEY}{LEAF_KEY}");
    let before = format!("text\n{LEAF_KEY}");
    let cut = LEAF_KEY.replace("-----END RSA PRIVATE KEY-----", "");
    let renamed = LEAF_KEY.replace("END RSA", "END EC");
    let damaged = LEAF_KEY.replacen("MII", "MIJ", 1);
    for text in [
        include_str!("fixtures/leaf.encrypted.pem"),
        include_str!("fixtures/leaf.encrypted-traditional.pem"),
        include_str!("fixtures/ed25519.key.pem"),
        LEAF,
        "",
        "\n",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----",
        &twice,
        &before,
        &cut,
        &renamed,
        &damaged,
    ] {
        assert!(KeyPair::parse(text).is_err(), "{text}");
    }
    let pair = KeyPair::parse(LEAF_KEY).unwrap();
    assert!(!format!("{pair:?}{:?}", pair.clone().into_private_key()).contains("MII"));
    assert_eq!(pair.into_private_key().expose(), LEAF_KEY);
}

#[test]
fn certificates_show_their_time_and_kind() {
    let leaf = Certificate::parse(LEAF).unwrap();
    assert_eq!(
        leaf.not_before(),
        Timestamp::from_unix_seconds(1_735_689_600)
    );
    assert_eq!(
        leaf.not_after(),
        Timestamp::from_unix_seconds(4_891_363_200)
    );
    assert!(leaf.is_valid_at(NOW) && leaf.is_valid_at(leaf.not_after()));
    assert!(!leaf.is_valid_at(Timestamp::from_unix_seconds(1_735_689_599)));
    assert_eq!(
        (leaf.rsa_bits(), leaf.fingerprint().len()),
        (Some(2048), 64)
    );
    let curve = Certificate::parse(include_str!("fixtures/ed25519.pem")).unwrap();
    assert_eq!(curve.rsa_bits(), None);
    let crlf = LEAF.replace('\n', "\r\n");
    assert!(Certificate::parse(&crlf).is_some());
    assert!(Certificate::parse(&format!("{LEAF}{ROOT}")).is_none());
    assert!(Certificate::parse(&format!("Certificate:\n  Data:\n{LEAF}")).is_none());
    let longer = format!("{}AAAA", super::fixtures::base64_of(LEAF));
    let trailing = format!("-----BEGIN CERTIFICATE-----\n{longer}\n-----END CERTIFICATE-----");
    assert!(Certificate::parse(&trailing).is_none());
}

#[test]
fn chains_lead_from_issuer_to_issuer() {
    let all = |texts: &[&str]| Certificate::parse_all(&texts.concat()).unwrap();
    let leaf = Certificate::parse(LEAF).unwrap();
    let index = |chain: &[Certificate], now| leaf.check_chain(chain, now).map_err(|e| e.index);
    assert_eq!(index(&all(&[INTERMEDIATE, ROOT]), NOW), Ok(()));
    assert_eq!(index(&all(&[INTERMEDIATE]), NOW), Ok(()));
    assert_eq!(index(&all(&[ROOT]), NOW), Err(-1));
    assert_eq!(index(&all(&[INTERMEDIATE, INTERMEDIATE]), NOW), Err(-1));
    assert_eq!(index(&all(&[INTERMEDIATE, ROOT, ROOT]), NOW), Ok(()));
    let early = Timestamp::from_unix_seconds(0);
    assert_eq!(index(&all(&[INTERMEDIATE]), early), Err(0));
    let root = Certificate::parse(ROOT).unwrap();
    assert_eq!(root.check_chain(&all(&[ROOT]), NOW), Ok(()));
    for other in ["ec", "ec521", "ed25519", "rsa1024"] {
        let path = format!(
            "{}/src/pki/fixtures/{other}.pem",
            env!("CARGO_MANIFEST_DIR")
        );
        let own = Certificate::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(
            own.check_chain(std::slice::from_ref(&own), NOW),
            Ok(()),
            "{other}"
        );
    }
}

#[test]
fn a_changed_certificate_is_signed_by_nobody() {
    let mut der = Certificate::parse(LEAF).unwrap().der().to_vec();
    let at = der.windows(4).position(|bytes| bytes == b"leaf").unwrap();
    der[at] = b'L';
    let forged = Certificate::from_der(&der).unwrap();
    let chain = Certificate::parse_all(INTERMEDIATE).unwrap();
    assert_eq!(forged.check_chain(&chain, NOW).unwrap_err().index, 0);
}

#[test]
fn ssh_keys_convert_both_ways() {
    let line = SSH_KEYS[0];
    let key = RsaPublicKey::parse(line).unwrap();
    assert_eq!(line, format!("{} user@example", key.to_ssh()));
    assert_eq!(key.to_pem().as_deref(), Some(SSH_PEM[0]));
    for pem in SSH_PEM {
        assert_eq!(RsaPublicKey::parse(pem).as_ref(), Ok(&key));
    }
    // What `ssh-keygen -l -E md5` shows.
    let fingerprint = "7a:5a:08:51:97:8f:2e:09:66:cf:c4:f9:52:ca:22:87";
    assert_eq!(key.fingerprint(), fingerprint);
    for line in SSH_KEYS.iter() {
        let key = RsaPublicKey::parse(line).unwrap();
        assert_eq!(RsaPublicKey::parse(&key.to_pem().unwrap()), Ok(key));
    }
}

#[test]
fn other_ssh_keys_are_told_apart() {
    let good = RsaPublicKey::parse(SSH_KEYS[0]).unwrap().to_ssh();
    let cut = good.get(..good.len() - 8).unwrap();
    for (text, error) in [
        ("", ParsePublicKeyError::Unrecognized),
        ("alice", ParsePublicKeyError::Unrecognized),
        (
            include_str!("fixtures/ssh-ed25519.txt"),
            ParsePublicKeyError::Unrecognized,
        ),
        (
            include_str!("fixtures/ssh-ecdsa.txt"),
            ParsePublicKeyError::Unrecognized,
        ),
        (LEAF, ParsePublicKeyError::Unrecognized),
        ("ssh-rsa", ParsePublicKeyError::Invalid),
        ("ssh-rsa !", ParsePublicKeyError::Invalid),
        ("ssh-rsa AAAA", ParsePublicKeyError::Invalid),
        (cut, ParsePublicKeyError::Invalid),
        (
            include_str!("fixtures/ssh1024.txt"),
            ParsePublicKeyError::Invalid,
        ),
        ("-----BEGIN PUBLIC KEY-----", ParsePublicKeyError::Invalid),
    ] {
        assert_eq!(RsaPublicKey::parse(text), Err(error), "{text}");
    }
}

#[test]
fn bits_are_counted_without_leading_zeros() {
    for (number, wanted) in [
        (&[][..], 0),
        (&[0, 0], 0),
        (&[1], 1),
        (&[0, 0x80, 0], 16),
        (&[0x7f, 0xff], 15),
    ] {
        assert_eq!(bits(number), wanted, "{number:?}");
    }
}

/// Every parser, for whatever text; only that it returns counts.
fn parse_everything(text: &str) {
    let certificate = Certificate::parse(text);
    let key = KeyPair::parse(text);
    if let (Some(certificate), Ok(key)) = (&certificate, &key) {
        let _ = key.fits(certificate);
    }
    if let Some(chain) = Certificate::parse_all(text) {
        let _ = Certificate::parse(LEAF).unwrap().check_chain(&chain, NOW);
        for certificate in &chain {
            let _ = certificate.check_chain(&chain, NOW);
        }
    }
    if let Ok(key) = RsaPublicKey::parse(text) {
        assert_eq!(RsaPublicKey::parse(&key.to_ssh()), Ok(key.clone()));
        assert_eq!(RsaPublicKey::parse(&key.to_pem().unwrap()), Ok(key));
    }
}

/// Encodes bytes under each label that a parser knows.
fn wrapped(bytes: &[u8]) -> Vec<String> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    let labels = [
        "CERTIFICATE",
        "PUBLIC KEY",
        "RSA PUBLIC KEY",
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
    ];
    let mut texts: Vec<String> = labels
        .iter()
        .map(|label| format!("-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n"))
        .collect();
    texts.push(format!("ssh-rsa {encoded}"));
    texts
}

fn samples() -> Vec<Vec<u8>> {
    let certificate = |text| Certificate::parse(text).unwrap().der().to_vec();
    let block = |text| super::pem::only_block(text).unwrap().bytes.to_vec();
    vec![
        certificate(LEAF),
        certificate(ROOT),
        block(LEAF_KEY),
        block(EC_KEY),
        block(include_str!("fixtures/leaf.pkcs8.pem")),
        block(SSH_PEM[0]),
        block(SSH_PEM[1]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        parse_everything(&text);
    }

    #[test]
    fn any_bytes_in_pem_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        wrapped(&bytes).iter().for_each(|text| parse_everything(text));
    }

    #[test]
    fn damaged_keys_and_certificates_are_answered(
        sample in 0_usize..7,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = samples()[sample].clone();
        let length = bytes.len();
        bytes[at.index(length)] = byte;
        wrapped(&bytes).iter().for_each(|text| parse_everything(text));
        bytes.truncate(cut.index(length));
        wrapped(&bytes).iter().for_each(|text| parse_everything(text));
    }
}
