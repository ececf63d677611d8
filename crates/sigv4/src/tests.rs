//! Tests of the crate as a whole.

mod properties;
mod refusals;
mod suite;
mod vectors;

use crate::{Credentials, SecretKey, SignatureError, SignedRequest, SigningKey};

/// The secret of AWS's published examples.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// 2026-01-02T03:04:05Z
const NOW: i64 = 1_767_323_045;

fn secret() -> SecretKey {
    SecretKey::new(SECRET.to_owned())
}

fn credentials(access_key_id: &str, session_token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: access_key_id.to_owned(),
        secret: secret(),
        session_token: session_token.map(str::to_owned),
    }
}

fn verify(signed: &SignedRequest<'_>) -> Result<(), SignatureError> {
    signed.verify(&signed.derive_key(&secret()))
}

fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    crate::encode::hex(sha2::Sha256::digest(bytes).into())
        .map(char::from)
        .iter()
        .collect()
}

#[test]
fn secrets_do_not_show() {
    let key = SigningKey::derive(&secret(), "20260102", "us-east-1", "iam");
    let shown = format!(
        "{:?} {key:?} {:?}",
        secret(),
        credentials("AKIDEXAMPLE", Some("token"))
    );
    assert_eq!(
        shown,
        "SecretKey(…) SigningKey(…) Credentials { access_key_id: \"AKIDEXAMPLE\", .. }"
    );
    assert_eq!(secret(), secret());
    assert_ne!(secret(), SecretKey::new(SECRET.to_lowercase()));
    assert_ne!(secret(), SecretKey::new(String::new()));
    assert_eq!(SecretKey::from_random(&[255; 30]).expose(), "/".repeat(40));
}
