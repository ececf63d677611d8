//! A token on its way from text to claims that can be relied on.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::claims::Claims;
use crate::json::{Json, Object, read_object};
use crate::limits;
use crate::{Algorithm, KeySet, WebIdentityError};

/// The one issuer whose tokens leave the scheme out.
// SOURCE: Google's documentation, "Verify the Google ID token": `iss` is `accounts.google.com` or `https://accounts.google.com`.
const GOOGLE: &str = "accounts.google.com";
const SCHEME: &str = "https://";

/// A JSON Web Token of which nothing is proven.
#[derive(Clone, Debug)]
pub struct UnverifiedToken<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    claims: Claims,
    /// What is signed: header, point, claims.
    message: &'a str,
    signature: Vec<u8>,
}

/// The audiences that a provider takes.
#[derive(Clone, Copy, Debug)]
pub enum ClientIds<'a> {
    /// Every one, as for the built-in providers: the role's trust policy says which.
    Any,
    /// The provider's client ids.
    Listed(&'a [String]),
}

/// A token for an audience of the provider that its issuer names; the signature is not proven yet.
#[derive(Clone, Debug)]
pub struct AddressedToken<'a> {
    token: UnverifiedToken<'a>,
    audience: String,
}

/// Proof that an issuer signed a token, for an audience of the provider, and that it is within its time.
///
/// The one constructor is [`AddressedToken::verify`].
#[derive(Debug)]
pub struct VerifiedToken {
    pub(crate) claims: Claims,
    pub(crate) audience: String,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart: three parts in base64url without padding, header and claims JSON objects.
    ///
    /// `jku`, `x5u`, `jwk` and `x5c` of the header are never read: a token does not say by which key it is verified.
    ///
    /// # Errors
    /// [`NotAJwt`](WebIdentityError::NotAJwt): of another form, signed by another algorithm than [`Algorithm`] has, or
    /// with a header `crit`, as no extension is understood. [`MissingClaim`](WebIdentityError::MissingClaim): the first
    /// of `iss`, `sub`, `aud`, `iat`, `exp` that is absent or of another type.
    // SOURCE: spec/sts.md §5 rows 2 and 3.
    pub fn parse(token: &'a str) -> Result<Self, WebIdentityError> {
        if !(limits::TOKEN_LENGTH_MIN..=limits::TOKEN_LENGTH_MAX).contains(&token.len()) {
            return Err(WebIdentityError::NotAJwt);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(WebIdentityError::NotAJwt)?;
        let (header, claims) = message.split_once('.').ok_or(WebIdentityError::NotAJwt)?;
        let header = object(header)?;
        let claims = object(claims)?;
        let signature = bytes(signature)?;
        if signature.is_empty() || header.contains_key("crit") {
            return Err(WebIdentityError::NotAJwt);
        }
        let algorithm = header
            .get("alg")
            .and_then(Json::as_str)
            .and_then(Algorithm::parse)
            .ok_or(WebIdentityError::NotAJwt)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(id) => {
                let id = id.as_str().ok_or(WebIdentityError::NotAJwt)?;
                Some(id.to_owned())
            }
        };
        Ok(Self {
            algorithm,
            key_id,
            claims: Claims::read(claims)?,
            message,
            signature,
        })
    }

    /// Returns `iss`, as it is in the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.issuer
    }

    /// Returns the URL, without `https://`, that the provider of this token must have.
    ///
    /// # Errors
    /// [`ProviderNotFound`](WebIdentityError::ProviderNotFound) for an issuer that is no `https` URL: no provider can
    /// have it.
    pub fn provider_url(&self) -> Result<&str, WebIdentityError> {
        self.claims
            .provider_url()
            .ok_or_else(|| self.provider_not_found())
    }

    /// Says that the account has no provider for this token.
    #[must_use]
    pub fn provider_not_found(&self) -> WebIdentityError {
        WebIdentityError::ProviderNotFound {
            issuer: self.claims.issuer.clone(),
        }
    }

    /// Goes on with a token that is for one of the client ids: by `azp` where it is set, else by each `aud`.
    ///
    /// # Errors
    /// [`IncorrectAudience`](WebIdentityError::IncorrectAudience).
    // SOURCE: spec/sts.md §5 row 5.
    pub fn addressed_to(
        self,
        client_ids: ClientIds<'_>,
    ) -> Result<AddressedToken<'a>, WebIdentityError> {
        let taken = |audience: &&String| match client_ids {
            ClientIds::Any => true,
            ClientIds::Listed(ids) => ids.contains(audience),
        };
        let audience = match &self.claims.authorized_party {
            Some(party) => Some(party).filter(taken),
            None => self.claims.audiences.iter().find(taken),
        };
        let audience = audience.ok_or(WebIdentityError::IncorrectAudience)?.clone();
        Ok(AddressedToken {
            token: self,
            audience,
        })
    }
}

impl AddressedToken<'_> {
    /// Returns the id of the key that signed, where the token names one. Without one, nothing can be verified.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.token.key_id.as_deref()
    }

    /// Verifies signature and time; `now` in seconds since 1970.
    ///
    /// # Errors
    /// [`VerificationKeyUnavailable`](WebIdentityError::VerificationKeyUnavailable) where no key of the token's id is
    /// made for its algorithm, or the signature is not by it; then [`Expired`](WebIdentityError::Expired),
    /// [`NotYetValid`](WebIdentityError::NotYetValid) and [`TooOld`](WebIdentityError::TooOld).
    // SOURCE: spec/sts.md §5 rows 6 to 8.
    pub fn verify(self, keys: &KeySet, now: i64) -> Result<VerifiedToken, WebIdentityError> {
        let token = self.token;
        let signed = token.key_id.as_deref().is_some_and(|id| {
            keys.verifies(
                id,
                token.algorithm,
                token.message.as_bytes(),
                &token.signature,
            )
        });
        if !signed {
            return Err(WebIdentityError::VerificationKeyUnavailable);
        }
        token.claims.check_time(now)?;
        Ok(VerifiedToken {
            claims: token.claims,
            audience: self.audience,
        })
    }
}

impl VerifiedToken {
    /// Returns `iss`, as it is in the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.issuer
    }

    /// Returns `sub`, of 1 to 255 characters.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }

    /// Returns the audience that the provider takes: `azp`, else the first such of `aud`.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }
}

/// Returns an issuer's URL without its scheme.
pub(crate) fn without_scheme(issuer: &str) -> Option<&str> {
    match issuer.strip_prefix(SCHEME) {
        Some(rest) => Some(rest).filter(|rest| !rest.is_empty()),
        None => (issuer == GOOGLE).then_some(issuer),
    }
}

fn bytes(part: &str) -> Result<Vec<u8>, WebIdentityError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| WebIdentityError::NotAJwt)
}

fn object(part: &str) -> Result<Object, WebIdentityError> {
    read_object(&bytes(part)?).map_err(|_| WebIdentityError::NotAJwt)
}
