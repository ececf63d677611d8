//! Private keys in PEM: RSA and elliptic curves.

use std::fmt;

use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use super::certificate::PublicKey;
use super::{Certificate, RsaPublicKey, pem};

/// The shortest RSA key that the cryptographic library checks as a whole; of shorter ones the public half is read.
const CHECKED_BITS: usize = 2048;
/// The longest RSA key that is taken.
const LONGEST_BITS: usize = 8192;
const CURVES: [&EcdsaSigningAlgorithm; 3] = [
    &ECDSA_P256_SHA256_ASN1_SIGNING,
    &ECDSA_P384_SHA384_ASN1_SIGNING,
    &ECDSA_P521_SHA512_ASN1_SIGNING,
];

/// A private key in PEM, as it was uploaded.
#[derive(Clone)]
pub struct PrivateKey(Zeroizing<String>);

/// A private key that was read, and the public half that was found in it.
#[derive(Clone)]
pub struct KeyPair {
    private: PrivateKey,
    public: PublicHalf,
}

#[derive(Clone)]
enum PublicHalf {
    /// An uncompressed point.
    Curve(Vec<u8>),
    Rsa(RsaPublicKey),
}

/// The text is not one unencrypted RSA or elliptic curve key in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an unencrypted RSA or elliptic curve key in PEM")]
pub struct ParsePrivateKeyError;

impl PrivateKey {
    /// Takes a key as it was stored; it was read before.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the key's text as it was uploaded.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl KeyPair {
    /// Reads a key: `RSA PRIVATE KEY`, `EC PRIVATE KEY` (after `EC PARAMETERS`, as OpenSSL writes them) or
    /// `PRIVATE KEY`.
    ///
    /// # Errors
    /// [`ParsePrivateKeyError`], also for an encrypted key.
    pub fn parse(text: &str) -> Result<Self, ParsePrivateKeyError> {
        let blocks = pem::blocks(text).map_err(|pem::PemError| ParsePrivateKeyError)?;
        let block = match blocks.as_slice() {
            [block] => block,
            [parameters, block]
                if parameters.label == "EC PARAMETERS" && block.label == "EC PRIVATE KEY" =>
            {
                block
            }
            _ => return Err(ParsePrivateKeyError),
        };
        let public = match block.label {
            "RSA PRIVATE KEY" => rsa(&block.bytes),
            "EC PRIVATE KEY" => curve(&block.bytes),
            "PRIVATE KEY" => pkcs8(&block.bytes),
            _ => None,
        };
        Ok(Self {
            private: PrivateKey::from_stored(text.to_owned()),
            public: public.ok_or(ParsePrivateKeyError)?,
        })
    }

    /// Returns the private key.
    #[must_use]
    pub fn into_private_key(self) -> PrivateKey {
        self.private
    }

    /// Returns whether a certificate is for this key.
    #[must_use]
    pub fn fits(&self, certificate: &Certificate) -> bool {
        match (&self.public, certificate.public_key()) {
            (PublicHalf::Curve(point), Some(PublicKey::Curve(_, certified))) => point == certified,
            (PublicHalf::Rsa(key), Some(PublicKey::Rsa(certified))) => *key == certified,
            (PublicHalf::Curve(_) | PublicHalf::Rsa(_), _) => false,
        }
    }

    /// Returns how many bits the modulus of an RSA key has; `None` for a key of another kind.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        match &self.public {
            PublicHalf::Curve(_) => None,
            PublicHalf::Rsa(key) => Some(key.bits()),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(…)")
    }
}

fn rsa(der: &[u8]) -> Option<PublicHalf> {
    let key = RsaPrivateKeyRef::from_der(der).ok()?;
    let public = RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
    if public.bits() > LONGEST_BITS {
        return None;
    }
    if public.bits() >= CHECKED_BITS {
        RsaKeyPair::from_der(der).ok()?;
    }
    Some(PublicHalf::Rsa(public))
}

fn curve(der: &[u8]) -> Option<PublicHalf> {
    let pair = |curve| EcdsaKeyPair::from_private_key_der(curve, der).ok();
    let pair = CURVES.into_iter().find_map(pair)?;
    Some(PublicHalf::Curve(pair.public_key().as_ref().to_vec()))
}

fn pkcs8(der: &[u8]) -> Option<PublicHalf> {
    let info = PrivateKeyInfoRef::from_der(der).ok()?;
    if info.algorithm.oid == pkcs1::ALGORITHM_OID {
        rsa(info.private_key.as_bytes())
    } else {
        curve(der)
    }
}
