//! The key that signs the requests of one day, region and service.

use std::fmt;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::SecretKey;

/// The bytes of one SHA-256 block, to which HMAC pads its key.
const BLOCK_BYTES: usize = 64;

/// A signing key, derived from a secret key, a day, a region and a service.
///
/// It holds the HMAC state after its key block, so that a verification hashes only the string to sign. It is good for
/// one UTC day of requests and cheap to keep: about 100 bytes. Wiped on drop; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key for a day (`20260102`), a region (`us-east-1`) and a service (`iam`), at the cost of four HMACs.
    ///
    /// Nothing is checked here: a key for a scope that no request may have verifies no request.
    #[must_use]
    pub fn derive(secret: &SecretKey, date: &str, region: &str, service: &str) -> Self {
        // SOURCE: spec/signing.md §3 "key".
        Self(keyed(&*Self::derive_bytes(secret, date, region, service)))
    }

    /// Returns a key that signs nothing, to spend the same work where the access key is unknown.
    pub(crate) fn unknown() -> &'static Self {
        static UNKNOWN: LazyLock<SigningKey> =
            LazyLock::new(|| SigningKey::derive(&SecretKey::new(String::new()), "", "", ""));
        &UNKNOWN
    }

    pub(crate) fn derive_bytes(
        secret: &SecretKey,
        date: &str,
        region: &str,
        service: &str,
    ) -> Zeroizing<[u8; 32]> {
        let first = Zeroizing::new(["AWS4", secret.expose()].concat());
        let date = one_mac(first.as_bytes(), date);
        let region = one_mac(&*date, region);
        let service = one_mac(&*region, service);
        one_mac(&*service, "aws4_request")
    }

    /// Starts the HMAC of a string to sign.
    pub(crate) fn start(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

fn one_mac(key: &[u8], message: &str) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(key);
    mac.update(message.as_bytes());
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Prepares an HMAC; the padding is done here because the library's own constructor for any length is fallible.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
    let digest: Zeroizing<[u8; 32]>;
    let short = if key.len() > BLOCK_BYTES {
        digest = Zeroizing::new(Sha256::digest(key).into());
        digest.as_slice()
    } else {
        key
    };
    for (slot, byte) in block.iter_mut().zip(short) {
        *slot = *byte;
    }
    Hmac::new((&*block).into())
}
