//! Why a web identity is refused, in AWS's words.

use std::borrow::Cow;

/// Why `AssumeRoleWithWebIdentity` refuses a token; the text is what the caller reads.
// SOURCE: spec/sts.md §5.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebIdentityError {
    /// The issuer's keys did not come in time.
    // DIFFERS: AWS's text is not public.
    #[error("Couldn't reach your identity provider in time. Try again.")]
    CommunicationFailed,
    /// `exp` is past.
    #[error(
        "Token expired: current date/time {now} must be before the expiration date/time {expires}"
    )]
    Expired {
        /// Seconds since 1970.
        now: i64,
        /// `exp`.
        expires: i64,
    },
    /// No audience of the token is one of the provider's client ids.
    #[error("Incorrect token audience")]
    IncorrectAudience,
    /// A claim that AWS defines is there and can't be read.
    // DIFFERS: AWS's texts are not public, but for the source identity of SAML.
    #[error("{0}")]
    MalformedClaim(Cow<'static, str>),
    /// A claim that every token has is absent, or of another type than the standard gives it.
    #[error("Missing a required claim: {0}")]
    MissingClaim(&'static str),
    /// The text is no token that could be verified.
    #[error(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )]
    NotAJwt,
    /// `nbf`, or `iat`, is further in the future than clocks differ.
    // DIFFERS: AWS's text is not public.
    #[error("Token not yet valid: current date/time {now} must not be before {valid_from}")]
    NotYetValid {
        /// Seconds since 1970.
        now: i64,
        /// The later of `nbf` and `iat`.
        valid_from: i64,
    },
    /// The role's account has no provider for the token's issuer.
    #[error("No OpenIDConnect provider found in your account for {issuer}")]
    ProviderNotFound {
        /// `iss`, as it is in the token.
        issuer: String,
    },
    /// The claim `https://aws.amazon.com/roles` does not name the role.
    #[error("The target role ARN is not present in the roles claim of the identity token")]
    RoleNotInRolesClaim,
    /// The issuer's certificate is vouched for by nobody.
    #[error("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")]
    ThumbprintMismatch,
    /// `iat` is too long ago.
    #[error("Token too old: {age}")]
    TooOld {
        /// Seconds since `iat`.
        age: i64,
    },
    /// There is no key to verify with, or the signature is not by it.
    #[error(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
    )]
    VerificationKeyUnavailable,
}

impl WebIdentityError {
    /// Returns AWS's code; the status of each is 400.
    // SOURCE: spec/sts.md §5, §9.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CommunicationFailed => "IDPCommunicationError",
            Self::Expired { .. } | Self::TooOld { .. } => "ExpiredTokenException",
            Self::IncorrectAudience
            | Self::MalformedClaim(_)
            | Self::MissingClaim(_)
            | Self::NotAJwt
            | Self::NotYetValid { .. }
            | Self::ProviderNotFound { .. }
            | Self::RoleNotInRolesClaim
            | Self::ThumbprintMismatch
            | Self::VerificationKeyUnavailable => "InvalidIdentityToken",
        }
    }
}
