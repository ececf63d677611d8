//! A key by which tokens are signed.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pkcs1::RsaPublicKeyRef;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// An algorithm by which a token may be asked for.
// SOURCE: spec/sts.md §8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningAlgorithm {
    /// `ES384`.
    Es384,
    /// `RS256`.
    Rs256,
}

/// The cryptographic library refused, which it does for lack of memory or a damaged key only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key can't be used")]
pub struct CannotSign;

/// A private key and what is published of it.
pub struct SigningKey {
    id: String,
    jwk: Value,
    pair: Pair,
}

enum Pair {
    Es384(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

impl SigningAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es384];

    /// Reads a name, `RS256` or `ES384`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
        }
    }
}

impl SigningKey {
    /// Makes a new key: P-384, or RSA of 2048 bits, which takes up to some seconds.
    ///
    /// # Errors
    /// [`CannotSign`].
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, CannotSign> {
        let pair = match algorithm {
            SigningAlgorithm::Es384 => Pair::Es384(
                EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(|_| CannotSign)?,
            ),
            SigningAlgorithm::Rs256 => {
                Pair::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| CannotSign)?)
            }
        };
        Self::new(pair)
    }

    /// Reads a key that [`to_pkcs8`](Self::to_pkcs8) wrote.
    ///
    /// # Errors
    /// [`CannotSign`] for anything else.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, CannotSign> {
        let pair = match algorithm {
            SigningAlgorithm::Es384 => Pair::Es384(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der)
                    .map_err(|_| CannotSign)?,
            ),
            SigningAlgorithm::Rs256 => {
                Pair::Rs256(RsaKeyPair::from_pkcs8(der).map_err(|_| CannotSign)?)
            }
        };
        Self::new(pair)
    }

    fn new(pair: Pair) -> Result<Self, CannotSign> {
        let (thumbprint_of, mut jwk) = match &pair {
            Pair::Es384(key) => curve_members(key.public_key().as_ref())?,
            Pair::Rs256(key) => rsa_members(key.public_key().as_ref())?,
        };
        // RFC 7638: the digest of the members that make the key, in the order of their names.
        let id = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(thumbprint_of.as_bytes()));
        let algorithm = algorithm_of(&pair);
        for (name, value) in [
            ("kid", id.as_str()),
            ("alg", algorithm.as_str()),
            ("use", "sig"),
        ] {
            if let Some(members) = jwk.as_object_mut() {
                members.insert(name.to_owned(), value.into());
            }
        }
        Ok(Self { id, jwk, pair })
    }

    /// Writes the private key, PKCS #8 in DER.
    ///
    /// # Errors
    /// [`CannotSign`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, CannotSign> {
        let der = match &self.pair {
            Pair::Es384(key) => key.to_pkcs8v1().map_err(|_| CannotSign)?.as_ref().to_vec(),
            Pair::Rs256(key) => key.as_der().map_err(|_| CannotSign)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(der))
    }

    /// Returns the id, which is the key's thumbprint (RFC 7638).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        algorithm_of(&self.pair)
    }

    /// Returns the public half as a JWK.
    pub(crate) fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// Makes a token of claims.
    ///
    /// # Errors
    /// [`CannotSign`].
    pub fn sign(&self, payload: &str) -> Result<String, CannotSign> {
        let header = json!({"alg": self.algorithm().as_str(), "kid": self.id, "typ": "JWT"});
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Es384(key) => key
                .sign(&random, token.as_bytes())
                .map_err(|_| CannotSign)?
                .as_ref()
                .to_vec(),
            Pair::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
                    .map_err(|_| CannotSign)?;
                signature
            }
        };
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

fn algorithm_of(pair: &Pair) -> SigningAlgorithm {
    match pair {
        Pair::Es384(_) => SigningAlgorithm::Es384,
        Pair::Rs256(_) => SigningAlgorithm::Rs256,
    }
}

/// Returns what the thumbprint is made of, and the members.
fn curve_members(point: &[u8]) -> Result<(String, Value), CannotSign> {
    let half = 48;
    // An uncompressed point: 4, x, y.
    let coordinates = point.strip_prefix(&[4]).ok_or(CannotSign)?;
    let (x, y) = coordinates.split_at_checked(half).ok_or(CannotSign)?;
    let (x, y) = (
        BASE64_URL_SAFE_NO_PAD.encode(x),
        BASE64_URL_SAFE_NO_PAD.encode(y),
    );
    let hashed = format!(r#"{{"crv":"P-384","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Ok((hashed, json!({"kty": "EC", "crv": "P-384", "x": x, "y": y})))
}

fn rsa_members(der: &[u8]) -> Result<(String, Value), CannotSign> {
    let key = RsaPublicKeyRef::try_from(der).map_err(|_| CannotSign)?;
    let n = BASE64_URL_SAFE_NO_PAD.encode(key.modulus.as_bytes());
    let e = BASE64_URL_SAFE_NO_PAD.encode(key.public_exponent.as_bytes());
    let hashed = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    Ok((hashed, json!({"kty": "RSA", "n": n, "e": e})))
}
