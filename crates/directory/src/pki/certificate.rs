//! X.509 certificates.

use sha2::{Digest as _, Sha256};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::time::Time;

use super::{RsaPublicKey, pem};
use crate::Timestamp;

/// A certificate whose form is right; nothing is said of who signed it.
#[derive(Clone, Debug)]
pub struct Certificate {
    parsed: x509_cert::Certificate,
    der: Vec<u8>,
}

/// What a certificate's public key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey<'a> {
    /// An elliptic curve's name and a point of it.
    Curve(ObjectIdentifier, &'a [u8]),
    /// A key of another algorithm.
    Other(ObjectIdentifier, &'a [u8]),
    /// An RSA key.
    Rsa(RsaPublicKey),
}

/// SOURCE: RFC 5480 §2.1.1.
pub(super) const ELLIPTIC_CURVE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

impl Certificate {
    /// Reads the one certificate of a PEM text; `None` where it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let block = pem::only_block(text).ok()?;
        (block.label == "CERTIFICATE")
            .then(|| Self::from_der(&block.bytes))
            .flatten()
    }

    /// Reads the certificates of a PEM text, at least one; `None` where it holds anything else.
    #[must_use]
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        let blocks = pem::blocks(text).ok()?;
        let certificate = |block: &pem::Block<'_>| {
            (block.label == "CERTIFICATE")
                .then(|| Self::from_der(&block.bytes))
                .flatten()
        };
        blocks.iter().map(certificate).collect()
    }

    /// Reads a certificate's bytes.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?;
        let certificate = Self {
            parsed,
            der: der.to_vec(),
        };
        // The key is read now, so that one that is malformed is found when the certificate comes in.
        certificate.public_key()?;
        Some(certificate)
    }

    /// Returns the certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns since when the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        timestamp(self.parsed.tbs_certificate().validity().not_before)
    }

    /// Returns until when the certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        timestamp(self.parsed.tbs_certificate().validity().not_after)
    }

    /// Returns whether a moment is within the certificate's time.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before() <= now && now <= self.not_after()
    }

    /// Returns the SHA-256 digest of the certificate in hexadecimal, 64 characters.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.der);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns how many bits the modulus of an RSA key has; `None` for a key of another kind.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        match self.public_key()? {
            PublicKey::Rsa(key) => Some(key.bits()),
            PublicKey::Curve(..) | PublicKey::Other(..) => None,
        }
    }

    /// Returns the public key; `None` where its form is wrong.
    pub(super) fn public_key(&self) -> Option<PublicKey<'_>> {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        let bytes = info.subject_public_key.as_bytes()?;
        let algorithm = info.algorithm.oid;
        if algorithm == pkcs1::ALGORITHM_OID {
            return RsaPublicKey::from_pkcs1(bytes).map(PublicKey::Rsa);
        }
        if algorithm == ELLIPTIC_CURVE {
            let curve = info.algorithm.parameters.as_ref()?.decode_as().ok()?;
            return Some(PublicKey::Curve(curve, bytes));
        }
        Some(PublicKey::Other(algorithm, bytes))
    }

    /// Returns the bits of the public key as they stand in the certificate.
    pub(super) fn public_key_bits(&self) -> Option<&[u8]> {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        info.subject_public_key.as_bytes()
    }

    /// Returns what the certificate's signature is over, byte by byte as it came: encoding it again might differ.
    pub(super) fn signed_part(&self) -> Option<&[u8]> {
        let mut reader = SliceReader::new(&self.der).ok()?;
        reader
            .sequence(|inner| {
                let part = inner.tlv_bytes()?;
                while !inner.is_finished() {
                    inner.tlv_bytes()?;
                }
                Ok::<_, x509_cert::der::Error>(part)
            })
            .ok()
    }

    /// Returns the algorithm and the bits of the certificate's signature, where both places name the same algorithm.
    pub(super) fn signature(&self) -> Option<(ObjectIdentifier, &[u8])> {
        let named = self.parsed.signature_algorithm();
        if named != self.parsed.tbs_certificate().signature() {
            return None;
        }
        Some((named.oid, self.parsed.signature().as_bytes()?))
    }

    /// Returns whether another certificate's subject is this one's issuer.
    pub(super) fn is_issued_in_the_name_of(&self, issuer: &Self) -> bool {
        let (issued, subject) = (
            self.parsed.tbs_certificate().issuer().to_der(),
            issuer.parsed.tbs_certificate().subject().to_der(),
        );
        matches!((issued, subject), (Ok(issued), Ok(subject)) if issued == subject)
    }

    /// Returns whether the certificate says that it may sign others.
    pub(super) fn is_authority(&self) -> bool {
        let constraints = self
            .parsed
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        matches!(constraints, Ok(Some((_, constraints))) if constraints.ca)
    }
}

fn timestamp(time: Time) -> Timestamp {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
