//! Tokens of our own: they verify by what we publish, and keys rotate without breaking them.

use serde_json::{Value, json};

use crate::{
    ClientIds, IdentityToken, KeyRing, KeySet, SigningAlgorithm, SigningKey, UnverifiedToken,
    discovery_document, limits,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://keyward.example/oidc/3f1c";

fn token<'a>(audience: &'a [String]) -> IdentityToken<'a> {
    IdentityToken {
        issuer: ISSUER,
        audience,
        subject: "arn:aws:iam::111122223333:role/Deploy",
        issued_at: NOW,
        expires: NOW + 300,
        id: "8c1f",
        account: "111122223333",
        region: "eu-west-1",
        ..IdentityToken::default()
    }
}

fn verifies(token: &str, ring: &KeyRing, now: i64) -> bool {
    let keys = KeySet::read(ring.document(now).as_bytes()).unwrap();
    UnverifiedToken::parse(token)
        .unwrap()
        .addressed_to(ClientIds::Any)
        .unwrap()
        .verify(&keys, now)
        .is_ok()
}

#[test]
fn claims_are_aws_s() {
    let one = ["https://api.example".to_owned()];
    let payload: Value = serde_json::from_str(&token(&one).payload().unwrap()).unwrap();
    assert_eq!(
        payload,
        json!({
            "iss": ISSUER, "aud": "https://api.example", "sub": "arn:aws:iam::111122223333:role/Deploy",
            "iat": NOW, "exp": NOW + 300, "jti": "8c1f",
            "https://sts.amazonaws.com/": {
                "aws_account": "111122223333", "source_region": "eu-west-1",
                "principal_id": "arn:aws:iam::111122223333:role/Deploy",
            },
        })
    );
    let two = ["a".to_owned(), "b\"\n".to_owned()];
    let pairs = [("k\"".to_owned(), "v\\".to_owned())];
    let all = IdentityToken {
        organization_id: Some("o-1"),
        organization_path: Some("o-1/r-1/ou-1/"),
        principal_tags: &pairs,
        request_tags: &pairs,
        source_identity: Some("diego"),
        federated_provider: Some("arn:aws:iam::111122223333:oidc-provider/x"),
        session_expires: Some("2026-01-02T03:04:05Z"),
        ..token(&two)
    };
    let payload: Value = serde_json::from_str(&all.payload().unwrap()).unwrap();
    assert_eq!(payload["aud"], json!(two));
    assert_eq!(
        payload["https://sts.amazonaws.com/"],
        json!({
            "aws_account": "111122223333", "source_region": "eu-west-1",
            "principal_id": "arn:aws:iam::111122223333:role/Deploy", "org_id": "o-1", "ou_path": ["o-1/r-1/ou-1/"],
            "principal_tags": {"k\"": "v\\"}, "request_tags": {"k\"": "v\\"}, "source_identity": "diego",
            "federated_provider": "arn:aws:iam::111122223333:oidc-provider/x",
            "original_session_exp": "2026-01-02T03:04:05Z",
        })
    );
}

#[test]
fn a_payload_is_bounded() {
    let longest = vec!["x".repeat(1_000); 10];
    let size = token(&longest).payload().unwrap().len();
    let fill = |bytes: usize| [("k".to_owned(), "v".repeat(bytes))];
    // The member itself has 25 characters more: `,"request_tags":{"k":""}`, and one comma moves.
    let room = limits::PAYLOAD_BYTES - size - 24;
    let fits = fill(room);
    let full = IdentityToken {
        request_tags: &fits,
        ..token(&longest)
    };
    assert_eq!(full.payload().unwrap().len(), limits::PAYLOAD_BYTES);
    let over = fill(room + 1);
    let error = IdentityToken {
        request_tags: &over,
        ..token(&longest)
    }
    .payload()
    .unwrap_err();
    assert_eq!(error.size, limits::PAYLOAD_BYTES + 1);
    // A token of the largest payload is one that we would read.
    let key = SigningKey::generate(SigningAlgorithm::Rs256).unwrap();
    let signed = key.sign(&full.payload().unwrap()).unwrap();
    assert!(signed.len() < 16 << 10);
    assert!(UnverifiedToken::parse(&signed).is_ok());
}

#[test]
fn a_key_survives_being_stored() {
    for algorithm in SigningAlgorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let same = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!((same.id(), same.jwk()), (key.id(), key.jwk()));
        assert_eq!(same.algorithm(), algorithm);
        assert_eq!(format!("{same:?}"), format!("SigningKey({})", key.id()));
        assert!(SigningKey::from_pkcs8(algorithm, b"damaged").is_err());
    }
    let curve = SigningKey::generate(SigningAlgorithm::Es384).unwrap();
    assert!(SigningKey::from_pkcs8(SigningAlgorithm::Rs256, &curve.to_pkcs8().unwrap()).is_err());
    assert_eq!(
        SigningAlgorithm::parse("ES384"),
        Some(SigningAlgorithm::Es384)
    );
    assert_eq!(SigningAlgorithm::parse("HS256"), None);
}

#[test]
fn what_is_published_has_no_private_part() {
    let mut ring = KeyRing::default();
    for algorithm in SigningAlgorithm::ALL {
        ring.rotate(SigningKey::generate(algorithm).unwrap(), NOW);
    }
    let document: Value = serde_json::from_str(&ring.document(NOW)).unwrap();
    let members: Vec<Vec<&String>> = document["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_object().unwrap().keys().collect())
        .collect();
    assert_eq!(
        members,
        [
            vec!["alg", "e", "kid", "kty", "n", "use"],
            vec!["alg", "crv", "kid", "kty", "use", "x", "y"]
        ]
    );
    let discovery: Value = serde_json::from_str(&discovery_document(ISSUER)).unwrap();
    assert_eq!(
        discovery["jwks_uri"],
        format!("{ISSUER}/.well-known/jwks.json")
    );
    let read = crate::Discovery::read(discovery.to_string().as_bytes(), ISSUER).unwrap();
    assert_eq!(read.jwks_uri(), discovery["jwks_uri"]);
}

#[test]
fn the_thumbprint_is_that_of_the_standard() {
    // RFC 7638 §3.1 hashes this key; its thumbprint is known.
    use base64::Engine as _;
    use sha2::Digest as _;
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let hashed = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#);
    let digest = sha2::Sha256::digest(hashed.as_bytes());
    assert_eq!(
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(digest),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn rotation_keeps_old_tokens_good_until_they_expire() {
    let audience = ["a".to_owned()];
    let longest = IdentityToken {
        expires: NOW + limits::ISSUED_TOKEN_SECONDS,
        ..token(&audience)
    };
    for algorithm in SigningAlgorithm::ALL {
        let mut ring = KeyRing::default();
        assert!(ring.signer(algorithm).is_none());
        ring.rotate(SigningKey::generate(algorithm).unwrap(), NOW - 10);
        let first = ring.signer(algorithm).unwrap().id().to_owned();
        let old = ring
            .signer(algorithm)
            .unwrap()
            .sign(&longest.payload().unwrap())
            .unwrap();
        assert!(verifies(&old, &ring, NOW));
        // The last moment at which the old key signed is the one of its retirement.
        ring.rotate(SigningKey::generate(algorithm).unwrap(), NOW);
        assert_ne!(ring.signer(algorithm).unwrap().id(), first);
        let new = ring
            .signer(algorithm)
            .unwrap()
            .sign(&longest.payload().unwrap())
            .unwrap();
        assert!(verifies(&old, &ring, NOW + 3_599) && verifies(&new, &ring, NOW + 3_599));
        assert_eq!(ring.published(NOW + 3_600 + 299).count(), 2);
        assert_eq!(ring.published(NOW + 3_600 + 300).count(), 1);
        // Stored and read again, in whatever order.
        let mut keys = ring.keys().to_vec();
        keys.reverse();
        let again = KeyRing::new(keys);
        assert_eq!(
            again.signer(algorithm).unwrap().id(),
            ring.signer(algorithm).unwrap().id()
        );
        // The next rotation drops what nobody needs any more.
        ring.rotate(SigningKey::generate(algorithm).unwrap(), NOW + 10_000);
        assert_eq!(ring.keys().len(), 2);
    }
}

#[test]
fn rotating_one_algorithm_leaves_the_other() {
    let mut ring = KeyRing::default();
    ring.rotate(SigningKey::generate(SigningAlgorithm::Rs256).unwrap(), NOW);
    let rsa = ring
        .signer(SigningAlgorithm::Rs256)
        .unwrap()
        .id()
        .to_owned();
    ring.rotate(SigningKey::generate(SigningAlgorithm::Es384).unwrap(), NOW);
    ring.rotate(
        SigningKey::generate(SigningAlgorithm::Es384).unwrap(),
        NOW + 1,
    );
    assert_eq!(ring.signer(SigningAlgorithm::Rs256).unwrap().id(), rsa);
    assert_eq!(ring.published(NOW + 1).count(), 3);
}
