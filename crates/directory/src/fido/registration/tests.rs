//! Registrations that are taken, and every way in which one is not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::pki::credential_key_tests::{EC, ED25519, RSA, bytes};

const ID: &[u8] = &[9; 32];
/// Where the flags stand in authenticator data.
const FLAGS: usize = 32;

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn key(algorithm: CoseAlgorithm) -> CredentialKey {
    let text = match algorithm {
        CoseAlgorithm::EdDsa => ED25519,
        CoseAlgorithm::Es256 => EC,
        CoseAlgorithm::Rs256 => RSA,
    };
    CredentialKey::parse(algorithm, &bytes(text)).unwrap()
}

fn data(flags: u8, id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [
        &[1; 32][..],
        &[flags],
        &[0, 0, 1, 2],
        &[3; 16],
        &length,
        id,
        key,
    ]
    .concat()
}

fn registration(id: &[u8], key: &CredentialKey, data: &[u8]) -> Value {
    let client_data = br#"{"type":"webauthn.create","challenge":"AA","origin":"https://keyward.example","crossOrigin":false}"#;
    json!({
        "id": encoded(id),
        "rawId": encoded(id),
        "type": "public-key",
        "authenticatorAttachment": "cross-platform",
        "clientExtensionResults": {"credProps": {"rk": false}},
        "response": {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "transports": ["nfc", "usb"],
            "publicKey": encoded(key.spki()),
            "publicKeyAlgorithm": key.algorithm().number(),
            "attestationObject": "oA",
        },
    })
}

fn valid() -> Value {
    let key = key(CoseAlgorithm::Es256);
    registration(ID, &key, &data(0x45, ID, key.cose()))
}

fn error(value: &Value) -> Error {
    parse(&value.to_string()).unwrap_err()
}

/// Returns what is said of one that differs from a valid one in one place.
fn with(pointer: &str, changed: Value) -> Error {
    let mut value = valid();
    *value.pointer_mut(pointer).unwrap() = changed;
    error(&value)
}

fn with_data(data: &[u8]) -> Error {
    with("/response/authenticatorData", encoded(data).into())
}

#[test]
fn registrations_of_each_algorithm_are_read() {
    for algorithm in [
        CoseAlgorithm::EdDsa,
        CoseAlgorithm::Es256,
        CoseAlgorithm::Rs256,
    ] {
        let key = key(algorithm);
        let value = registration(ID, &key, &data(0x5d, ID, key.cose()));
        let read = parse(&value.to_string()).unwrap();
        let expected = FidoCredential {
            id: ID.to_vec(),
            key,
            aaguid: [3; 16],
            sign_count: 0x0102,
            rp_id_hash: [1; 32],
            transports: vec!["nfc".to_owned(), "usb".to_owned()],
            user_verified: true,
            backup: KeyBackup::BackedUp,
        };
        assert_eq!(read, expected);
    }
}

#[test]
fn flags_are_told() {
    let key = key(CoseAlgorithm::Es256);
    for (flags, verified, backup) in [
        (0x41, false, KeyBackup::Never),
        (0x45, true, KeyBackup::Never),
        (0x49, false, KeyBackup::Eligible),
        (0x59, false, KeyBackup::BackedUp),
    ] {
        let value = registration(ID, &key, &data(flags, ID, key.cose()));
        let read = parse(&value.to_string()).unwrap();
        assert_eq!((read.user_verified, read.backup), (verified, backup));
    }
    for (flags, refused) in [
        (0x44, Error::UserNotPresent),
        (0x05, Error::NoCredential),
        (0x51, Error::Backup),
        // Extensions are announced and missing.
        (0xc5, Error::AuthenticatorData),
    ] {
        assert_eq!(with_data(&data(flags, ID, key.cose())), refused);
    }
}

#[test]
fn ids_have_a_length_and_are_the_same_everywhere() {
    let key = key(CoseAlgorithm::Es256);
    let of_length = |length: usize| {
        let id = vec![7; length];
        parse(&registration(&id, &key, &data(0x41, &id, key.cose())).to_string())
    };
    assert_eq!(of_length(1).unwrap().id, [7]);
    assert_eq!(of_length(1_023).unwrap().id.len(), 1_023);
    for length in [0, 1_024, 2_000] {
        assert_eq!(of_length(length), Err(Error::CredentialId));
    }
    assert_eq!(with("/id", encoded(&[8; 32]).into()), Error::CredentialId);
    assert_eq!(
        with("/rawId", encoded(&[8; 32]).into()),
        Error::CredentialId
    );
    let other = data(0x45, &[8; 32], key.cose());
    assert_eq!(with_data(&other), Error::CredentialId);
}

#[test]
fn every_member_is_checked() {
    let ed25519 = encoded(key(CoseAlgorithm::EdDsa).spki());
    let mut other = key(CoseAlgorithm::Es256).cose().to_vec();
    *other.last_mut().unwrap() ^= 1;
    let client_data = |text: &str| Value::from(encoded(text.as_bytes()));
    for (pointer, changed, refused) in [
        ("/type", json!("password"), Error::Type),
        ("/rawId", json!("CQk="), Error::Base64("rawId")),
        (
            "/response/clientDataJSON",
            json!("!"),
            Error::Base64("clientDataJSON"),
        ),
        (
            "/response/clientDataJSON",
            client_data("{"),
            Error::ClientData,
        ),
        (
            "/response/clientDataJSON",
            client_data("{}"),
            Error::ClientData,
        ),
        (
            "/response/clientDataJSON",
            client_data(r#"{"type":"webauthn.get"}"#),
            Error::ClientData,
        ),
        (
            "/response/authenticatorData",
            json!("+/+/"),
            Error::Base64("authenticatorData"),
        ),
        (
            "/response/publicKey",
            json!("A"),
            Error::Base64("publicKey"),
        ),
        ("/response/publicKey", json!(""), Error::Key("ES256")),
        ("/response/publicKey", json!(ed25519), Error::Key("ES256")),
        (
            "/response/publicKeyAlgorithm",
            json!(-8),
            Error::Key("EdDSA"),
        ),
        (
            "/response/publicKeyAlgorithm",
            json!(-35),
            Error::Algorithm(-35),
        ),
        ("/response/transports", json!(["USB"]), Error::Transports),
        ("/response/transports", json!([""]), Error::Transports),
        (
            "/response/transports",
            json!(vec!["usb"; 17]),
            Error::Transports,
        ),
        (
            "/response/transports",
            json!(["u".repeat(33)]),
            Error::Transports,
        ),
    ] {
        assert_eq!(with(pointer, changed), refused, "{pointer}");
    }
    assert_eq!(with_data(&data(0x45, ID, &other)), Error::OtherKey);
    let long = valid().to_string() + &" ".repeat(FIDO_REGISTRATION_BYTES);
    assert_eq!(parse(&long), Err(Error::TooLong));
}

#[test]
fn members_are_there_once_and_of_their_kind() {
    for pointer in [
        "/id",
        "/rawId",
        "/type",
        "/response",
        "/response/clientDataJSON",
        "/response/authenticatorData",
        "/response/publicKey",
        "/response/publicKeyAlgorithm",
    ] {
        assert!(
            matches!(with(pointer, Value::Null), Error::NotRegistration(_)),
            "{pointer}"
        );
        let mut value = valid();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        value
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name);
        let text = error(&value).to_string();
        assert!(text.contains(&format!("missing field `{name}`")), "{text}");
    }
    let twice = valid()
        .to_string()
        .replacen('{', r#"{"type":"public-key","#, 1);
    assert!(
        parse(&twice)
            .unwrap_err()
            .to_string()
            .contains("duplicate field `type`")
    );
    // A text of another's may be long: it is not shown as a whole.
    let long = with("/response/publicKeyAlgorithm", "x".repeat(9_000).into()).to_string();
    assert!(long.len() < 300, "{long}");
    // Old browsers name no transports.
    let mut value = valid();
    value["response"]
        .as_object_mut()
        .unwrap()
        .remove("transports");
    assert_eq!(parse(&value.to_string()).unwrap().transports, [""; 0]);
}

#[test]
fn a_registration_that_is_cut_anywhere_is_none() {
    for algorithm in [
        CoseAlgorithm::EdDsa,
        CoseAlgorithm::Es256,
        CoseAlgorithm::Rs256,
    ] {
        let key = key(algorithm);
        let whole = data(0x45, ID, key.cose());
        let cut = |data: &[u8]| parse(&registration(ID, &key, data).to_string());
        for length in 0..whole.len() {
            assert!(cut(&whole[..length]).is_err(), "{length}");
        }
        let longer = [whole.as_slice(), &[0]].concat();
        assert_eq!(cut(&longer), Err(Error::AuthenticatorData));
        // The same with extensions is what they may be.
        let mut extended = longer;
        extended[FLAGS] |= EXTENSIONS;
        assert!(cut(&extended).is_ok());
    }
    let text = valid().to_string();
    for length in 0..text.len() {
        assert!(parse(text.get(..length).unwrap()).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn no_data_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), flags: u8) {
        let mut bytes = bytes;
        if let Some(place) = bytes.get_mut(FLAGS) {
            *place = flags;
        }
        let key = key(CoseAlgorithm::Es256);
        prop_assert!(parse(&registration(ID, &key, &bytes).to_string()).is_err());
    }

    #[test]
    fn a_changed_byte_of_the_key_is_seen(place in 0..77_usize, change in 1..=255_u8) {
        let key = key(CoseAlgorithm::Es256);
        let mut cose = key.cose().to_vec();
        cose[place] ^= change;
        prop_assert_eq!(with_data(&data(0x45, ID, &cose)), Error::OtherKey);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        prop_assert!(parse(&text).is_err());
    }
}
