//! Why a response is refused.

use crate::limits::REDEEM_SECONDS;

/// The error code that a refusal is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// `AccessDenied`, 403.
    AccessDenied,
    /// `ExpiredTokenException`, 400.
    ExpiredToken,
    /// `IDPRejectedClaim`, 403.
    IdpRejectedClaim,
    /// `InvalidIdentityToken`, 400.
    InvalidIdentityToken,
}

/// A response is not taken. The text is the message that callers see; none repeats anything of the response.
// SOURCE: spec/sts.md §6; texts of our own where it says `UNSURE:` or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AssertionError {
    /// No endpoint of ours is the recipient, or the audience is another.
    #[error("Response does not contain the required audience.")]
    Audience,
    /// An attribute that says what the session may do can't be read, or has several values where one is meant.
    #[error("The attributes of the assertion are not valid")]
    Attributes,
    /// Not base64.
    #[error("Invalid base64 SAMLResponse")]
    Base64,
    /// The provider wants encrypted assertions and this one is not.
    #[error("The specified provider requires an encrypted assertion")]
    EncryptionRequired,
    /// A moment until which the assertion holds has passed.
    #[error("Response has expired")]
    Expired,
    /// The issuer is not the one of the metadata.
    #[error("Issuer not present in specified provider")]
    Issuer,
    /// Not the XML of a SAML 2.0 response, or more of it than is read.
    #[error("Could not parse the SAML response")]
    Malformed,
    /// The metadata of the provider say that they don't hold any more.
    #[error("The metadata of the specified provider has expired")]
    MetadataExpired,
    /// The assertion is encrypted and the provider has no key.
    #[error("The specified provider has no private key to decrypt the assertion")]
    NoPrivateKey,
    /// The assertion does not name the role together with the provider, or nobody at all.
    #[error("Not authorized to perform sts:AssumeRoleWithSAML")]
    NotAuthorized,
    /// From a moment that is still to come.
    #[error("Response is not valid yet")]
    NotYetValid,
    /// The identity provider reports that it did not authenticate anybody.
    #[error("The identity provider reported that authentication failed")]
    Rejected,
    /// The session's name is missing.
    #[error("RoleSessionName is required in AuthnResponse")]
    SessionName,
    /// The session's name has other characters, or another length.
    #[error("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{{2,64}}")]
    SessionNameForm,
    /// No signature of the provider covers the assertion, or what is encrypted can't be opened.
    #[error("Response signature invalid")]
    Signature,
    /// The source identity has other characters, or another length, or begins as AWS's own.
    #[error("Source Identity must match [a-zA-Z_0-9+=,.@-]{{2,64}} and not begin with \"aws:\"")]
    SourceIdentity,
    /// Issued too long ago.
    #[error("Token must be redeemed within {} minutes of issuance", REDEEM_SECONDS / 60)]
    TooOld,
}

impl AssertionError {
    /// Returns the error code that goes with the text.
    #[must_use]
    pub fn code(self) -> RefusalCode {
        match self {
            Self::NotAuthorized => RefusalCode::AccessDenied,
            Self::Expired | Self::TooOld => RefusalCode::ExpiredToken,
            Self::Rejected => RefusalCode::IdpRejectedClaim,
            Self::Attributes
            | Self::Audience
            | Self::Base64
            | Self::EncryptionRequired
            | Self::Issuer
            | Self::Malformed
            | Self::MetadataExpired
            | Self::NoPrivateKey
            | Self::NotYetValid
            | Self::SessionName
            | Self::SessionNameForm
            | Self::Signature
            | Self::SourceIdentity => RefusalCode::InvalidIdentityToken,
        }
    }
}
