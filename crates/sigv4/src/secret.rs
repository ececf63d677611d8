//! The secret half of an access key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret access key: 40 characters of the base64 alphabet where AWS or Keyward made it, any text where a client did.
///
/// Its bytes are wiped on drop, `Debug` shows none of them, and equality takes the same time wherever two secrets of
/// one length differ.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a secret as it is; nothing is trimmed or checked.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// Makes a secret of 40 characters from 30 random bytes.
    #[must_use]
    pub fn from_random(random: &[u8; 30]) -> Self {
        Self::new(STANDARD.encode(random))
    }

    /// Shows the secret, to sign with it, to seal it at rest or to answer `CreateAccessKey`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
