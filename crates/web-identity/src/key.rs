//! An issuer's public keys: a JWK Set (RFC 7517).

use std::fmt;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::Algorithm;
use crate::json::{Json, Object, read_object};
use crate::limits;

/// The keys by which an issuer signs, those that can be used.
///
/// A key stands here only if it could verify a token: it has an id, is for signatures, is of a kind, curve and size that
/// tokens are signed by, and shows no private part. Others are passed over, as issuers publish keys for encryption beside
/// them. Never empty of meaning: a set without keys verifies nothing.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    /// The one algorithm that the issuer allows, where it names one.
    only: Option<Algorithm>,
    public: PublicKey,
}

#[derive(Clone)]
enum PublicKey {
    Ed25519(Vec<u8>),
    /// An uncompressed point.
    P256(Vec<u8>),
    P384(Vec<u8>),
    P521(Vec<u8>),
    Rsa(PublicKeyComponents<Vec<u8>>),
}

/// The text is not a key set within the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadKeySetError {
    /// Not a JSON object with a list `keys` of objects, or one that has a member twice or nests too deeply.
    #[error("not a JSON Web Key Set")]
    NotAKeySet,
    /// More than [`limits::KEY_SET_BYTES`].
    #[error("larger than {} bytes", limits::KEY_SET_BYTES)]
    TooLarge,
    /// More than [`limits::KEYS_OF_A_KIND`] keys of one kind.
    #[error("more than {} keys of one kind", limits::KEYS_OF_A_KIND)]
    TooManyKeys,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// [`ReadKeySetError`]. A single key that can't be used is no error.
    pub fn read(text: &[u8]) -> Result<Self, ReadKeySetError> {
        if text.len() > limits::KEY_SET_BYTES {
            return Err(ReadKeySetError::TooLarge);
        }
        let set = read_object(text).map_err(|_| ReadKeySetError::NotAKeySet)?;
        let listed = set
            .get("keys")
            .and_then(Json::as_array)
            .ok_or(ReadKeySetError::NotAKeySet)?;
        let objects: Option<Vec<&Object>> = listed.iter().map(Json::as_object).collect();
        let objects = objects.ok_or(ReadKeySetError::NotAKeySet)?;
        for kind in ["RSA", "EC", "OKP"] {
            let of_kind = objects
                .iter()
                .filter(|key| text_of(key, "kty") == Some(kind));
            if of_kind.count() > limits::KEYS_OF_A_KIND {
                return Err(ReadKeySetError::TooManyKeys);
            }
        }
        Ok(Self(objects.into_iter().filter_map(read_key).collect()))
    }

    /// Says whether a key has this id, character by character.
    #[must_use]
    pub fn contains(&self, key_id: &str) -> bool {
        self.0.iter().any(|key| key.id == key_id)
    }

    /// Returns how many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether a key of this id that is made for the algorithm signed the message.
    ///
    /// Keys of different kinds may share an id (RFC 7517 §4.5), so more than one may be tried.
    pub(crate) fn verifies(
        &self,
        key_id: &str,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.0
            .iter()
            .filter(|key| key.id == key_id)
            .filter(|key| key.only.is_none_or(|only| only == algorithm))
            .any(|key| key.public.verifies(algorithm, message, signature))
    }
}

impl PublicKey {
    /// The one place where an algorithm and a key meet: a pair that does not belong together verifies nothing.
    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let rsa = |parameters| match self {
            Self::Rsa(key) => key.verify(parameters, message, signature).is_ok(),
            Self::Ed25519(_) | Self::P256(_) | Self::P384(_) | Self::P521(_) => false,
        };
        match (algorithm, self) {
            (Algorithm::EdDsa, Self::Ed25519(key)) => UnparsedPublicKey::new(&ED25519, key)
                .verify(message, signature)
                .is_ok(),
            (Algorithm::Es256, Self::P256(key)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
                    .verify(message, signature)
                    .is_ok()
            }
            (Algorithm::Es384, Self::P384(key)) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key)
                    .verify(message, signature)
                    .is_ok()
            }
            (Algorithm::Es512, Self::P521(key)) => {
                UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, key)
                    .verify(message, signature)
                    .is_ok()
            }
            (Algorithm::Rs256, Self::Rsa(_)) => rsa(&RSA_PKCS1_2048_8192_SHA256),
            (Algorithm::Rs384, Self::Rsa(_)) => rsa(&RSA_PKCS1_2048_8192_SHA384),
            (Algorithm::Rs512, Self::Rsa(_)) => rsa(&RSA_PKCS1_2048_8192_SHA512),
            (
                Algorithm::EdDsa
                | Algorithm::Es256
                | Algorithm::Es384
                | Algorithm::Es512
                | Algorithm::Rs256
                | Algorithm::Rs384
                | Algorithm::Rs512,
                Self::Ed25519(_) | Self::P256(_) | Self::P384(_) | Self::P521(_) | Self::Rsa(_),
            ) => false,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.id)
    }
}

/// Reads one key; `None` for one that can't verify tokens.
fn read_key(key: &Object) -> Option<Key> {
    let id = text_of(key, "kid").filter(|id| (1..=limits::KEY_ID_LENGTH).contains(&id.len()))?;
    let signs = match key.get("use") {
        None => true,
        Some(purpose) => purpose.as_str() == Some("sig"),
    };
    let verifies = match key.get("key_ops") {
        None => true,
        Some(operations) => operations
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify"))),
    };
    // Whoever publishes the private half has no key any more.
    let is_public = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
        .iter()
        .all(|part| !key.contains_key(*part));
    if !(signs && verifies && is_public) {
        return None;
    }
    let only = match key.get("alg") {
        None => None,
        Some(name) => Some(Algorithm::parse(name.as_str()?)?),
    };
    let public = match text_of(key, "kty")? {
        "EC" => read_curve(key)?,
        "OKP" => {
            let point = bytes_of(key, "x").filter(|point| point.len() == 32)?;
            (text_of(key, "crv")? == "Ed25519").then_some(PublicKey::Ed25519(point))?
        }
        "RSA" => read_rsa(key)?,
        _ => return None,
    };
    Some(Key {
        id: id.to_owned(),
        only,
        public,
    })
}

fn read_curve(key: &Object) -> Option<PublicKey> {
    let (length, wrap): (usize, fn(Vec<u8>) -> PublicKey) = match text_of(key, "crv")? {
        "P-256" => (32, PublicKey::P256),
        "P-384" => (48, PublicKey::P384),
        "P-521" => (66, PublicKey::P521),
        _ => return None,
    };
    // Coordinates have the full length of the field (RFC 7518 §6.2.1.2).
    let coordinate = |name| bytes_of(key, name).filter(|bytes| bytes.len() == length);
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    Some(wrap([&[4], x.as_slice(), y.as_slice()].concat()))
}

fn read_rsa(key: &Object) -> Option<PublicKey> {
    let without_zeros = |bytes: Vec<u8>| {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes.into_iter().skip(zeros).collect::<Vec<u8>>()
    };
    let modulus = without_zeros(bytes_of(key, "n")?);
    let exponent = without_zeros(bytes_of(key, "e")?);
    let first = modulus.first()?;
    let unused = usize::try_from(first.leading_zeros()).ok()?;
    let bits = modulus.len().checked_mul(8)?.checked_sub(unused)?;
    // A long exponent makes each verification slow; an even one, or 1, makes a signature that anybody can forge.
    let short = exponent.len() <= 4;
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    let fits = limits::RSA_BITS.contains(&bits) && short && odd && exponent.as_slice() != [1];
    fits.then_some(PublicKey::Rsa(PublicKeyComponents {
        n: modulus,
        e: exponent,
    }))
}

fn text_of<'a>(key: &'a Object, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Json::as_str)
}

fn bytes_of(key: &Object, name: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text_of(key, name)?).ok()
}
