//! RSA public keys.

use pkcs1::RsaPublicKeyRef;
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::der::asn1::{AnyRef, BitStringRef, UintRef};
use x509_cert::der::{Decode as _, Encode as _};

use super::bits;

/// An RSA public key: the modulus and the exponent, big-endian, without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// Takes the numbers of a key; `None` where they can't be those of one.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| -> Vec<u8> {
            bytes
                .iter()
                .copied()
                .skip_while(|byte| *byte == 0)
                .collect()
        };
        let key = Self {
            modulus: number(modulus),
            exponent: number(exponent),
        };
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let sound = odd(&key.modulus)
            && odd(&key.exponent)
            && key.exponent != [1]
            && bits(&key.exponent) < bits(&key.modulus);
        sound.then_some(key)
    }

    /// Reads an `RSAPublicKey` of PKCS#1.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let key = RsaPublicKeyRef::from_der(der).ok()?;
        Self::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    /// Reads a `SubjectPublicKeyInfo` with an RSA key.
    pub(super) fn from_spki(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        if info.algorithm.oid != pkcs1::ALGORITHM_OID {
            return None;
        }
        Self::from_pkcs1(info.subject_public_key.as_bytes()?)
    }

    /// Returns the key as a `SubjectPublicKeyInfo`; `None` where it is too long for one.
    pub(super) fn to_spki(&self) -> Option<Vec<u8>> {
        let key = RsaPublicKeyRef {
            modulus: UintRef::new(&self.modulus).ok()?,
            public_exponent: UintRef::new(&self.exponent).ok()?,
        };
        let key = key.to_der().ok()?;
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef {
                oid: pkcs1::ALGORITHM_OID,
                parameters: Some(AnyRef::NULL),
            },
            subject_public_key: BitStringRef::from_bytes(&key).ok()?,
        };
        info.to_der().ok()
    }

    /// Returns the modulus.
    pub(super) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Returns the exponent.
    pub(super) fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// Returns how many bits the modulus has.
    #[must_use]
    pub fn bits(&self) -> usize {
        bits(&self.modulus)
    }
}
