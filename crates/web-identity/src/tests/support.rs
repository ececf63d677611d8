//! An issuer with a key of every kind.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pkcs1::RsaPublicKeyRef;
use serde_json::{Value, json};

use crate::{Algorithm, ClientIds, KeySet, UnverifiedToken, VerifiedToken, WebIdentityError};

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const CLIENT: &str = "sts.amazonaws.com";

pub(crate) struct Issuer {
    ed25519: Ed25519KeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

/// The one issuer of all tests, as an RSA key takes long to make.
pub(crate) fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(|| Issuer {
        ed25519: Ed25519KeyPair::generate().unwrap(),
        p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
        p521: EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap(),
        rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
    })
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let curve = |key: &EcdsaKeyPair| key.sign(&random, message).unwrap().as_ref().to_vec();
        let rsa = |padding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa
                .sign(padding, &random, message, &mut signature)
                .unwrap();
            signature
        };
        match algorithm {
            Algorithm::EdDsa => self.ed25519.sign(message).as_ref().to_vec(),
            Algorithm::Es256 => curve(&self.p256),
            Algorithm::Es384 => curve(&self.p384),
            Algorithm::Es512 => curve(&self.p521),
            Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256),
            Algorithm::Rs384 => rsa(&RSA_PKCS1_SHA384),
            Algorithm::Rs512 => rsa(&RSA_PKCS1_SHA512),
        }
    }

    /// Returns the members of a key: `rsa`, `p256`, `p384`, `p521` or `ed25519`.
    pub(crate) fn jwk(&self, id: &str) -> Value {
        let curve = |key: &EcdsaKeyPair, name: &str| {
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "crv": name, "x": base64(x), "y": base64(y)})
        };
        let mut jwk = match id {
            "ed25519" => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64(self.ed25519.public_key().as_ref())})
            }
            "p256" => curve(&self.p256, "P-256"),
            "p384" => curve(&self.p384, "P-384"),
            "p521" => curve(&self.p521, "P-521"),
            _ => {
                let key = RsaPublicKeyRef::try_from(self.rsa.public_key().as_ref()).unwrap();
                json!({"kty": "RSA", "n": base64(key.modulus.as_bytes()), "e": base64(key.public_exponent.as_bytes())})
            }
        };
        jwk["kid"] = id.into();
        jwk
    }

    pub(crate) fn keys(&self) -> KeySet {
        let keys = ["rsa", "p256", "p384", "p521", "ed25519"].map(|id| self.jwk(id));
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    /// Makes a token of any header and claims, signed as `algorithm` says.
    pub(crate) fn token(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        let message = format!(
            "{}.{}",
            base64(header.to_string()),
            base64(claims.to_string())
        );
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", base64(signature))
    }
}

/// Returns the claims of a good token, changed by `change`; null takes a claim away.
pub(crate) fn claims(change: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "subject", "aud": CLIENT, "iat": NOW - 60, "exp": NOW + 600,
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

/// Verifies a token for the usual client at the usual time.
pub(crate) fn verify(token: &str, keys: &KeySet) -> Result<VerifiedToken, WebIdentityError> {
    let ids = [CLIENT.to_owned(), "other".to_owned()];
    UnverifiedToken::parse(token)?
        .addressed_to(ClientIds::Listed(&ids))?
        .verify(keys, NOW)
}

/// Signs claims by P-256 and verifies them.
pub(crate) fn verified(change: &Value) -> Result<VerifiedToken, WebIdentityError> {
    let header = json!({"alg": "ES256", "kid": "p256"});
    let token = issuer().token(Algorithm::Es256, &header, &claims(change));
    verify(&token, &issuer().keys())
}
