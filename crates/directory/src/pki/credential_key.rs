//! Public keys of WebAuthn credentials: as a `SubjectPublicKeyInfo`, and as the COSE key that authenticators write.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;

use super::RsaPublicKey;
use super::certificate::ELLIPTIC_CURVE;
use super::chain::P256;
use crate::limits::CREDENTIAL_RSA_BITS;

/// SOURCE: RFC 8410 §3.
const EDWARDS_25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// How a credential signs.
// SOURCE: the IANA registry of COSE algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoseAlgorithm {
    /// EdDSA with Ed25519, −8.
    EdDsa,
    /// ECDSA with P-256 and SHA-256, −7.
    Es256,
    /// RSA of PKCS#1 1.5 with SHA-256, −257; keys of 2,048 to 8,192 bits.
    Rs256,
}

impl CoseAlgorithm {
    /// Finds an algorithm by its number; `None` for one that is not taken.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::EdDsa, Self::Es256, Self::Rs256]
            .into_iter()
            .find(|it| it.number() == number)
    }

    /// Returns its number.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Rs256 => -257,
        }
    }

    /// Returns its name: `EdDSA`, `ES256` or `RS256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// The public key of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialKey {
    algorithm: CoseAlgorithm,
    spki: Vec<u8>,
    cose: Vec<u8>,
}

impl CredentialKey {
    /// Reads a `SubjectPublicKeyInfo` in DER; `None` where it holds no key of the algorithm, or one that the cryptographic
    /// library would not verify by.
    #[must_use]
    pub fn parse(algorithm: CoseAlgorithm, spki: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
        let named = info.algorithm.oid;
        let bits = info.subject_public_key.as_bytes()?;
        let cose = match algorithm {
            CoseAlgorithm::EdDsa => {
                let fits = named == EDWARDS_25519 && info.algorithm.parameters.is_none();
                let point: &[u8; 32] = bits.try_into().ok().filter(|_| fits)?;
                ParsedPublicKey::new(&ED25519, point).ok()?;
                edwards_key(point)
            }
            CoseAlgorithm::Es256 => {
                let curve = info.algorithm.parameters_oid().ok();
                let fits = named == ELLIPTIC_CURVE && curve == Some(P256);
                // Uncompressed, as browsers write it.
                let (4, point) = bits.split_first()? else {
                    return None;
                };
                let (x, y) = point.split_first_chunk::<32>().filter(|_| fits)?;
                let y: &[u8; 32] = y.try_into().ok()?;
                ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bits).ok()?;
                curve_key(x, y)
            }
            CoseAlgorithm::Rs256 => {
                let key = RsaPublicKey::from_spki(spki)?;
                if !CREDENTIAL_RSA_BITS.contains(&key.bits()) {
                    return None;
                }
                ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki).ok()?;
                rsa_key(&key)?
            }
        };
        Some(Self {
            algorithm,
            spki: spki.to_vec(),
            cose,
        })
    }

    /// Returns how the credential signs.
    #[must_use]
    pub fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }

    /// Returns the key as a `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the key as authenticators write it: a COSE key has one encoding in them.
    // SOURCE: WebAuthn Level 3, §6.5.1: "in the CTAP2 canonical CBOR encoding form".
    #[must_use]
    pub(crate) fn cose(&self) -> &[u8] {
        &self.cose
    }
}

// In these, `01` is the kind of key, `03` the algorithm, `20` the curve or the modulus, `21` and `22` the numbers.
// SOURCE: RFC 9053 §7, RFC 8230 §4, RFC 8949 §3.1.

fn edwards_key(point: &[u8; 32]) -> Vec<u8> {
    let begin: &[u8] = &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
    [begin, point].concat()
}

fn curve_key(x: &[u8; 32], y: &[u8; 32]) -> Vec<u8> {
    let begin: &[u8] = &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    [begin, x, &[0x22, 0x58, 0x20], y].concat()
}

fn rsa_key(key: &RsaPublicKey) -> Option<Vec<u8>> {
    let begin: &[u8] = &[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
    let modulus = byte_string(key.modulus())?;
    let exponent = byte_string(key.exponent())?;
    Some([begin, &modulus, &[0x21], &exponent].concat())
}

/// Writes a byte string of CBOR; `None` for one that is longer than any number of a key.
fn byte_string(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = match bytes.len() {
        short @ 0..=23 => vec![0x40 | u8::try_from(short).ok()?],
        byte @ 24..=255 => vec![0x58, u8::try_from(byte).ok()?],
        longer => {
            let [high, low] = u16::try_from(longer).ok()?.to_be_bytes();
            vec![0x59, high, low]
        }
    };
    Some([head.as_slice(), bytes].concat())
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    pub(crate) const EC: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEen30TYk/x5Z1R+2OcyI/BKsvn3hxTm9J9uZBwbKjkSpS+vvkCzoFA/s6DaQZYha6FKzfO4y4nOOHznepYuoTnw==";
    pub(crate) const ED25519: &str = "MCowBQYDK2VwAyEAGwYgRX05RcVWziNYAsTZoh4V/v/XurE7KQQcRCSHDrs=";
    pub(crate) const RSA: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxW4Pei1+R4HKqh0qCnwMVy5HEhiX6S3xCMvxsh6Fa0zzkip+CIUgWNTZelzgjDQineR8Bw7Jyu9nwbv3/KWpjy/XD27GhtVNM3mTlY3aOWgslAZ+AgXIpQzrgtQ3cWf/BP296FU9y+uSr3dW0ZOIJmFVZUp7Z3ZYnn16jgn1Z2ES3BU4ck+JV5enafH6iy4yzZJvqVLiGjCXcw3+LAGuRkI+Vr3XA1L+gtFxFzhF82Dzc+ZLgiIINzz33jf88QvthNeBtFmAqqFnIeIDkF6y3r8jjmKxzY97QSbY5/ZHzqBP1Oa6IlrOC5d8cC5C7A0q7uNHJLqfTMPctE3V/qz8awIDAQAB";
    const RSA_1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDKEOR/1HqCrwokxSEOlvxMiPgRWXa+hMeQWtH0ers1siOg50xnX85HVtcSYcWiEOa9k7uBTgHtreGyu7JH5A8WxnzK9SjqhJ40uoorXVKt5rtI9a7hH2iIrz33nfAVXgHbvgLr5qxYMyS0ObF9SPx0EGjg48v61mFjTeClegUcOQIDAQAB";
    const P521: &str = "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAXVATqlq0IyPJLeWUCkhGDqEBGsgqSZiKwimukFYk2kruVXxqKJw0qXhPV/6XTfd2+DvBZL+z9MLUXCpowVusovQAEp50pKkwtu1SvGqT1gg7RtcLm7iq8x/k4MgVT9rVqsgE1sUfGa2Aw1hqD9yVwx//IH2At0wPilwkEAFF9H2gSpw=";

    pub(crate) fn bytes(spki: &str) -> Vec<u8> {
        STANDARD.decode(spki).unwrap()
    }

    #[test]
    fn a_key_is_one_of_its_algorithm() {
        use CoseAlgorithm::{EdDsa, Es256, Rs256};
        let keys = [
            (EC, Some(Es256)),
            (ED25519, Some(EdDsa)),
            (RSA, Some(Rs256)),
            (RSA_1024, None),
            (P521, None),
        ];
        for (text, own) in keys {
            for algorithm in [EdDsa, Es256, Rs256] {
                let key = CredentialKey::parse(algorithm, &bytes(text));
                assert_eq!(
                    key.is_some(),
                    own == Some(algorithm),
                    "{algorithm:?}: {text}"
                );
                assert_eq!(
                    CoseAlgorithm::from_number(algorithm.number()),
                    Some(algorithm)
                );
            }
        }
        for number in [0, 7, -37, -35, i64::MIN] {
            assert_eq!(CoseAlgorithm::from_number(number), None);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (text, algorithm) in [
            (EC, CoseAlgorithm::Es256),
            (ED25519, CoseAlgorithm::EdDsa),
            (RSA, CoseAlgorithm::Rs256),
        ] {
            let key = bytes(text);
            for length in 0..key.len() {
                assert_eq!(CredentialKey::parse(algorithm, &key[..length]), None);
            }
            let longer = [key.as_slice(), &[0]].concat();
            assert_eq!(CredentialKey::parse(algorithm, &longer), None);
        }
        // A point beside the curve.
        let mut beside = bytes(EC);
        *beside.last_mut().unwrap() ^= 1;
        assert_eq!(CredentialKey::parse(CoseAlgorithm::Es256, &beside), None);
    }

    #[test]
    fn keys_are_written_as_authenticators_do() {
        let key = |text, algorithm| CredentialKey::parse(algorithm, &bytes(text)).unwrap();
        let cose = key(EC, CoseAlgorithm::Es256).cose().to_vec();
        assert_eq!(
            (cose.len(), &cose[..10]),
            (77, &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20][..])
        );
        let cose = key(ED25519, CoseAlgorithm::EdDsa).cose().to_vec();
        assert_eq!((cose.len(), &cose[..2]), (42, &[0xa4, 1][..]));
        let cose = key(RSA, CoseAlgorithm::Rs256).cose().to_vec();
        assert_eq!(
            &cose[..12],
            &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0, 0xc5]
        );
        assert_eq!(&cose[8 + 3 + 256..], &[0x21, 0x43, 1, 0, 1]);
        assert_eq!(byte_string(&[7; 23]).unwrap()[0], 0x57);
        assert_eq!(byte_string(&[7; 24]).unwrap()[..2], [0x58, 24]);
        assert_eq!(byte_string(&[7; 255]).unwrap()[..2], [0x58, 255]);
        assert_eq!(byte_string(&[7; 256]).unwrap()[..3], [0x59, 1, 0]);
        assert_eq!(byte_string(&[7; 65_536]), None);
    }
}
