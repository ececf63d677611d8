//! Certificate chains: each certificate signed by the next.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::der::asn1::ObjectIdentifier;

use super::Certificate;
use super::certificate::PublicKey;
use crate::Timestamp;

/// A chain does not lead from the certificate to its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainError {
    /// The first wrong certificate, seen from the end of the chain: 0 is the server's own, and -1 says that nothing
    /// leads to the last one.
    pub index: i64,
}

const SHA1_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
pub(super) const SHA256_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
pub(super) const SHA384_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
pub(super) const SHA512_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
pub(super) const SHA256_ECDSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
pub(super) const SHA384_ECDSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
pub(super) const SHA512_ECDSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(super) const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const CURVE_25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

impl Certificate {
    /// Checks that a chain begins with the certificate that signed this one and goes on in order; the last one, the
    /// root or an intermediate, is taken as given.
    ///
    /// # Errors
    /// [`ChainError`], with the index that AWS's message names.
    pub fn check_chain(&self, chain: &[Self], now: Timestamp) -> Result<(), ChainError> {
        let Some((last, between)) = chain.split_last() else {
            return Ok(());
        };
        let path: Vec<&Self> = std::iter::once(self).chain(between).collect();
        // What does not name the last one as its issuer has no way to it at all.
        if !path
            .last()
            .is_some_and(|nearest| nearest.is_issued_in_the_name_of(last))
        {
            return Err(ChainError { index: -1 });
        }
        let mut issuer = last;
        for (index, certificate) in path.iter().enumerate().rev() {
            let sound = certificate.is_issued_in_the_name_of(issuer)
                && certificate.is_signed_by(issuer)
                && certificate.is_valid_at(now)
                && (index == 0 || certificate.is_authority());
            if !sound {
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                return Err(ChainError { index });
            }
            issuer = certificate;
        }
        Ok(())
    }

    /// Returns whether the signature is that of another certificate's key; an algorithm that is not known counts as no.
    fn is_signed_by(&self, issuer: &Self) -> bool {
        let verified = || {
            let (algorithm, signature) = self.signature()?;
            let verification = verification(algorithm, &issuer.public_key()?)?;
            let key = UnparsedPublicKey::new(verification, issuer.public_key_bits()?);
            key.verify(self.signed_part()?, signature).ok()
        };
        verified().is_some()
    }
}

/// Returns how a signature of an algorithm by a key is checked.
pub(super) fn verification(
    algorithm: ObjectIdentifier,
    key: &PublicKey<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (key, algorithm) {
        (PublicKey::Rsa(_), SHA1_RSA) => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (PublicKey::Rsa(_), SHA256_RSA) => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (PublicKey::Rsa(_), SHA384_RSA) => &RSA_PKCS1_2048_8192_SHA384,
        (PublicKey::Rsa(_), SHA512_RSA) => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (PublicKey::Curve(P256, _), SHA256_ECDSA) => &ECDSA_P256_SHA256_ASN1,
        (PublicKey::Curve(P256, _), SHA384_ECDSA) => &ECDSA_P256_SHA384_ASN1,
        (PublicKey::Curve(P256, _), SHA512_ECDSA) => &ECDSA_P256_SHA512_ASN1,
        (PublicKey::Curve(P384, _), SHA256_ECDSA) => &ECDSA_P384_SHA256_ASN1,
        (PublicKey::Curve(P384, _), SHA384_ECDSA) => &ECDSA_P384_SHA384_ASN1,
        (PublicKey::Curve(P384, _), SHA512_ECDSA) => &ECDSA_P384_SHA512_ASN1,
        (PublicKey::Curve(P521, _), SHA256_ECDSA) => &ECDSA_P521_SHA256_ASN1,
        (PublicKey::Curve(P521, _), SHA384_ECDSA) => &ECDSA_P521_SHA384_ASN1,
        (PublicKey::Curve(P521, _), SHA512_ECDSA) => &ECDSA_P521_SHA512_ASN1,
        (PublicKey::Other(CURVE_25519, _), CURVE_25519) => &ED25519,
        _ => return None,
    })
}
