//! Opening what was encrypted for an RSA key.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::spki::AlgorithmIdentifierRef;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::{AnyRef, OctetStringRef};
use zeroize::Zeroizing;

use super::{PrivateKey, pem};

/// The digest of RSA-OAEP, also that of its mask; the label is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oaep {
    /// SHA-1, which OAEP does not need to be free of collisions.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Oaep {
    fn algorithm(self) -> &'static OaepAlgorithm {
        match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Self::Sha384 => &OAEP_SHA384_MGF1SHA384,
            Self::Sha512 => &OAEP_SHA512_MGF1SHA512,
        }
    }
}

impl PrivateKey {
    /// Opens what was encrypted by RSA-OAEP for this key, which has 2,048 to 8,192 bits; `None` for another key, and for a
    /// text that was not.
    // DIFFERS: the cryptographic library opens nothing with RSA keys below 2,048 bits.
    #[must_use]
    pub fn open_oaep(&self, oaep: Oaep, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = OaepPrivateDecryptingKey::new(self.decrypting_key()?).ok()?;
        let mut opened = Zeroizing::new(vec![0; key.min_output_size()]);
        let length = key
            .decrypt(oaep.algorithm(), ciphertext, &mut opened, None)
            .ok()?
            .len();
        opened.truncate(length);
        Some(opened)
    }

    fn decrypting_key(&self) -> Option<PrivateDecryptingKey> {
        let block = pem::only_block(self.expose()).ok()?;
        if block.label == "PRIVATE KEY" {
            return PrivateDecryptingKey::from_pkcs8(&block.bytes).ok();
        }
        if block.label != "RSA PRIVATE KEY" {
            return None;
        }
        let algorithm = AlgorithmIdentifierRef {
            oid: pkcs1::ALGORITHM_OID,
            parameters: Some(AnyRef::NULL),
        };
        let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&block.bytes).ok()?);
        let document = Zeroizing::new(info.to_der().ok()?);
        PrivateDecryptingKey::from_pkcs8(&document).ok()
    }
}
