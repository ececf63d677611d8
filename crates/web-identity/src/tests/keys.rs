//! Key sets: what is read, what is passed over, what is refused.

use serde_json::{Value, json};

use super::support::{base64, issuer};
use crate::{KeySet, ReadKeySetError};

fn read(key: &Value) -> usize {
    let set = json!({"keys": [key]}).to_string();
    KeySet::read(set.as_bytes()).unwrap().len()
}

#[test]
fn keys_that_can_t_verify_are_passed_over() {
    let with = |id: &str, name: &str, value: Value| {
        let mut key = issuer().jwk(id);
        key[name] = value;
        key
    };
    let without = |id: &str, name: &str| {
        let mut key = issuer().jwk(id);
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let short_modulus = base64([0xff; 255]);
    for (key, used) in [
        (issuer().jwk("rsa"), 1),
        (issuer().jwk("p521"), 1),
        (issuer().jwk("ed25519"), 1),
        (with("rsa", "use", json!("sig")), 1),
        (with("rsa", "use", json!("enc")), 0),
        (with("rsa", "use", json!(["sig"])), 0),
        (with("rsa", "alg", json!("RS512")), 1),
        (with("rsa", "alg", json!("RSA-OAEP")), 0),
        (with("rsa", "alg", json!("none")), 0),
        (with("rsa", "alg", json!(1)), 0),
        (with("rsa", "key_ops", json!(["verify"])), 1),
        (with("rsa", "key_ops", json!(["encrypt"])), 0),
        (with("rsa", "key_ops", json!("verify")), 0),
        (with("rsa", "d", json!("AA")), 0),
        (with("p256", "d", json!("AA")), 0),
        (with("rsa", "kty", json!("EC")), 0),
        (with("rsa", "kty", json!("oct")), 0),
        (with("rsa", "n", json!(short_modulus)), 0),
        (with("rsa", "n", json!(base64([0xff; 1025]))), 0),
        // 2,048 bits are counted from the first that is set.
        (
            with(
                "rsa",
                "n",
                json!(base64([&[0, 0x7f][..], &[1; 255]].concat())),
            ),
            0,
        ),
        (with("rsa", "e", json!("AQ")), 0),
        (with("rsa", "e", json!("Ag")), 0),
        (with("rsa", "e", json!("")), 0),
        (with("rsa", "e", json!("AQAAAAAB")), 0),
        (with("rsa", "e", json!("AAEAAQ")), 1),
        (with("rsa", "e", json!("AQAB=")), 0),
        (with("rsa", "e", json!(65537)), 0),
        (without("rsa", "n"), 0),
        (without("rsa", "kid"), 0),
        (without("rsa", "kty"), 0),
        (with("rsa", "kid", json!("")), 0),
        (with("rsa", "kid", json!(7)), 0),
        (with("rsa", "kid", json!("x".repeat(1025))), 0),
        (with("p256", "crv", json!("P-384")), 0),
        (with("p256", "crv", json!("secp256k1")), 0),
        (with("p256", "x", json!(base64([1; 31]))), 0),
        (with("p256", "x", json!(base64([1; 33]))), 0),
        (with("ed25519", "crv", json!("X25519")), 0),
        (with("ed25519", "x", json!(base64([1; 31]))), 0),
        (json!({}), 0),
    ] {
        assert_eq!(read(&key), used, "{key}");
    }
}

#[test]
fn a_key_s_own_algorithm_binds_it() {
    let mut key = issuer().jwk("rsa");
    key["alg"] = json!("RS512");
    let set = KeySet::read(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    for (algorithm, good) in [
        (crate::Algorithm::Rs256, false),
        (crate::Algorithm::Rs384, false),
        (crate::Algorithm::Rs512, true),
    ] {
        let signature = issuer().sign(algorithm, b"message");
        assert_eq!(set.verifies("rsa", algorithm, b"message", &signature), good);
    }
}

#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let mut key = issuer().jwk("p256");
    key["y"] = key["x"].clone();
    let set = KeySet::read(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    let signature = issuer().sign(crate::Algorithm::Es256, b"message");
    assert!(!set.verifies("p256", crate::Algorithm::Es256, b"message", &signature));
}

#[test]
fn two_keys_may_share_an_id() {
    let mut other = issuer().jwk("p256");
    other["kid"] = json!("rsa");
    let set = json!({"keys": [other, issuer().jwk("rsa")]}).to_string();
    let set = KeySet::read(set.as_bytes()).unwrap();
    for algorithm in [crate::Algorithm::Es256, crate::Algorithm::Rs256] {
        let signature = issuer().sign(algorithm, b"message");
        assert!(set.verifies("rsa", algorithm, b"message", &signature));
    }
    assert!(set.contains("rsa") && !set.contains("p256"));
}

#[test]
fn a_set_that_is_odd_is_refused_whole() {
    let many = |count: usize, kind: &str| {
        let keys = vec![json!({"kty": kind}); count];
        json!({ "keys": keys }).to_string()
    };
    for (text, expected) in [
        (String::new(), Err(ReadKeySetError::NotAKeySet)),
        ("[]".to_owned(), Err(ReadKeySetError::NotAKeySet)),
        ("{}".to_owned(), Err(ReadKeySetError::NotAKeySet)),
        (
            r#"{"keys":{}}"#.to_owned(),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (
            r#"{"keys":["x"]}"#.to_owned(),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (
            r#"{"keys":[],"keys":[]}"#.to_owned(),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (
            r#"{"keys":[{"kid":"a","kid":"b"}]}"#.to_owned(),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (
            format!(r#"{{"keys":[{}]}}"#, vec!["0"; 30_000].join(",")),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (
            format!(r#"{{"keys":{}"#, "[".repeat(100_000)),
            Err(ReadKeySetError::NotAKeySet),
        ),
        (" ".repeat((1 << 20) + 1), Err(ReadKeySetError::TooLarge)),
        (many(100, "RSA"), Ok(0)),
        (many(101, "RSA"), Err(ReadKeySetError::TooManyKeys)),
        (many(101, "EC"), Err(ReadKeySetError::TooManyKeys)),
        (many(101, "oct"), Ok(0)),
        (r#"{"keys":[]}"#.to_owned(), Ok(0)),
    ] {
        let read = KeySet::read(text.as_bytes()).map(|set| set.len());
        assert_eq!(
            read,
            expected,
            "{}",
            text.chars().take(60).collect::<String>()
        );
    }
}
