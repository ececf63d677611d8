//! Signature algorithms of tokens.

use std::fmt;

/// An algorithm by which a token may be signed (RFC 7518 §3.1, RFC 8037).
///
/// What is not here can't be asked for: `none`, the HMAC family, whose "public key" would be the secret, and RSASSA-PSS,
/// which AWS does not take.
// SOURCE: spec/sts.md §5 row 2; DIFFERS: EdDSA is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `EdDSA` with Ed25519.
    EdDsa,
    /// `ES256`: P-256.
    Es256,
    /// `ES384`: P-384.
    Es384,
    /// `ES512`: P-521.
    Es512,
    /// `RS256`: PKCS #1 v1.5.
    Rs256,
    /// `RS384`.
    Rs384,
    /// `RS512`.
    Rs512,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 7] = [
        Self::EdDsa,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// Reads a name, letter by letter as the standard writes it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
