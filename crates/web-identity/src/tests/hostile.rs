//! What nobody would write but somebody may send. Longer runs of the same are in `fuzz/`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{NOW, base64, claims, issuer, verify};
use crate::{Algorithm, ClientIds, Discovery, KeySet, UnverifiedToken};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9:/._-]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const NAMES: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "iat",
    "exp",
    "nbf",
    "amr",
    "email",
    "google",
    "https://aws.amazon.com/roles",
    "https://aws.amazon.com/tags",
    "https://aws.amazon.com/source_identity",
    "https://aws.amazon.com/tags/principal_tags/x",
];

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn any_text_is_answered(text in "[a-zA-Z0-9_.-]{0,64}|.{0,64}") {
        prop_assert!(UnverifiedToken::parse(&text).is_err());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = KeySet::read(&bytes);
        let _ = Discovery::read(&bytes, "https://issuer.example");
    }

    /// Whatever the members of a key, the set is read and the key verifies nothing that it did not sign.
    #[test]
    fn any_key_is_answered(name in "kty|crv|x|y|n|e|kid|alg|use|key_ops|d", value in json_value(), id in "rsa|p256|p384|p521|ed25519") {
        let mut key = issuer().jwk(&id);
        key[&name] = value;
        let set = json!({"keys": [key]}).to_string();
        if let Ok(set) = KeySet::read(set.as_bytes()) {
            for algorithm in Algorithm::ALL {
                prop_assert!(!set.verifies(&id, algorithm, b"message", &[0; 64]));
            }
        }
    }

    /// A change of any one byte of a token makes it one that is refused.
    #[test]
    fn one_byte_changed_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let header = json!({"alg": "ES256", "kid": "p256"});
        let token = issuer().token(Algorithm::Es256, &header, &claims(&json!({})));
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed, &issuer().keys()).is_err());
        }
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// Claims of any type: every reader answers, and what is accepted has the form that it should.
    #[test]
    fn any_claims_are_answered(name in proptest::sample::select(&NAMES[..]), value in json_value()) {
        let header = json!({"alg": "ES256", "kid": "p256"});
        let mut claims = claims(&json!({}));
        claims[name] = value;
        let token = issuer().token(Algorithm::Es256, &header, &claims);
        let Ok(token) = UnverifiedToken::parse(&token) else { return Ok(()) };
        let _ = token.provider_url();
        let Ok(token) = token.addressed_to(ClientIds::Any) else { return Ok(()) };
        let Ok(token) = token.verify(&issuer().keys(), NOW) else { return Ok(()) };
        prop_assert!(!token.subject().is_empty());
        let _ = (token.check_roles_claim("x"), token.session_tags(), token.source_identity());
        for key in token.condition_keys() {
            prop_assert!(key.name.contains(':') && !key.name.starts_with("aws:"));
        }
    }
}

#[test]
fn a_token_of_a_megabyte_is_not_read() {
    let body = base64("a".repeat(1 << 20));
    assert!(UnverifiedToken::parse(&format!("{body}.{body}.{body}")).is_err());
}
