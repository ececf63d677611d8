//! A provider's discovery document (OpenID Connect Discovery 1.0 §4).

use crate::json::{Json, read_object};
use crate::limits;

/// What a discovery document says that matters for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    jwks_uri: String,
}

/// The document can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadDiscoveryError {
    /// Not a JSON object with the text `jwks_uri`, or one that has a member twice or nests too deeply.
    #[error("not a discovery document")]
    NotADocument,
    /// `issuer` is another one.
    #[error("the document is about another issuer")]
    OtherIssuer,
    /// More than [`limits::DISCOVERY_BYTES`].
    #[error("larger than {} bytes", limits::DISCOVERY_BYTES)]
    TooLarge,
}

impl Discovery {
    /// Reads the document of an issuer (its URL, as in `iss`).
    ///
    /// # Errors
    /// [`ReadDiscoveryError`]; `issuer` must be the same URL, character by character (§4.3 of the standard).
    pub fn read(text: &[u8], issuer: &str) -> Result<Self, ReadDiscoveryError> {
        if text.len() > limits::DISCOVERY_BYTES {
            return Err(ReadDiscoveryError::TooLarge);
        }
        let document = read_object(text).map_err(|_| ReadDiscoveryError::NotADocument)?;
        let member = |name| {
            document
                .get(name)
                .and_then(Json::as_str)
                .ok_or(ReadDiscoveryError::NotADocument)
        };
        if member("issuer")? != issuer {
            return Err(ReadDiscoveryError::OtherIssuer);
        }
        Ok(Self {
            jwks_uri: member("jwks_uri")?.to_owned(),
        })
    }

    /// Returns the URL of the key set; nothing about it was checked.
    #[must_use]
    pub fn jwks_uri(&self) -> &str {
        &self.jwks_uri
    }
}
