//! Signatures over messages by the key of a certificate.

use x509_cert::der::Encode as _;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};

use super::Certificate;
use super::certificate::PublicKey;
use super::chain::{
    P256, P384, P521, SHA256_ECDSA, SHA256_RSA, SHA384_ECDSA, SHA384_RSA, SHA512_ECDSA, SHA512_RSA,
    verification,
};

/// How a signature over a message is made; RSA is that of PKCS#1 1.5. There is none with SHA-1 and none with a shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA of a SHA-256 digest.
    EcdsaSha256,
    /// ECDSA of a SHA-384 digest.
    EcdsaSha384,
    /// ECDSA of a SHA-512 digest.
    EcdsaSha512,
    /// RSA of a SHA-256 digest, keys of 1,024 to 8,192 bits.
    RsaSha256,
    /// RSA of a SHA-384 digest, keys of 2,048 to 8,192 bits.
    RsaSha384,
    /// RSA of a SHA-512 digest, keys of 1,024 to 8,192 bits.
    RsaSha512,
}

impl SignatureAlgorithm {
    fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaSha256 => SHA256_ECDSA,
            Self::EcdsaSha384 => SHA384_ECDSA,
            Self::EcdsaSha512 => SHA512_ECDSA,
            Self::RsaSha256 => SHA256_RSA,
            Self::RsaSha384 => SHA384_RSA,
            Self::RsaSha512 => SHA512_RSA,
        }
    }
}

impl Certificate {
    /// Returns whether a signature over a message is that of the certificate's key; nothing is said of the certificate's
    /// own time or issuer. An ECDSA signature is its two numbers one behind the other, each as long as the curve's order,
    /// as XML and JSON signatures have it. An algorithm that is not the key's counts as no.
    // SOURCE: RFC 6931 §2.3.6.
    #[must_use]
    pub fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verified = || {
            let key = self.public_key()?;
            let verification = verification(algorithm.identifier(), &key)?;
            let encoded;
            let signature = match key {
                PublicKey::Curve(curve, _) => {
                    encoded = encode(curve, signature)?;
                    encoded.as_slice()
                }
                PublicKey::Other(..) | PublicKey::Rsa(_) => signature,
            };
            let key =
                aws_lc_rs::signature::UnparsedPublicKey::new(verification, self.public_key_bits()?);
            key.verify(message, signature).ok()
        };
        verified().is_some()
    }
}

/// Writes the two numbers of an ECDSA signature as a certificate has them.
fn encode(curve: ObjectIdentifier, signature: &[u8]) -> Option<Vec<u8>> {
    let length = match curve {
        P256 => 32,
        P384 => 48,
        P521 => 66,
        _ => return None,
    };
    let (r, s) = signature.split_at_checked(length)?;
    if s.len() != length {
        return None;
    }
    [UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_der().ok()
}
