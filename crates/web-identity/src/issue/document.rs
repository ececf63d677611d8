//! The documents that an issuer publishes.

use serde_json::json;

use super::{KeyRing, SigningAlgorithm};

/// Where the key set is, below the issuer's URL. SOURCE: spec/sts.md §8.
const KEY_SET_PATH: &str = "/.well-known/jwks.json";

/// Returns the discovery document of an issuer, at `<issuer>/.well-known/openid-configuration`.
// SOURCE: spec/sts.md §8; the members are those of AWS's document.
#[must_use]
pub fn discovery_document(issuer: &str) -> String {
    let algorithms: Vec<&str> = SigningAlgorithm::ALL
        .into_iter()
        .map(SigningAlgorithm::as_str)
        .collect();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}{KEY_SET_PATH}"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"],
        "id_token_signing_alg_values_supported": algorithms,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
    })
    .to_string()
}

impl KeyRing {
    /// Returns the key set, at `<issuer>/.well-known/jwks.json`: every key that may have signed a token that is still
    /// good at `now` (seconds since 1970).
    #[must_use]
    pub fn document(&self, now: i64) -> String {
        let keys: Vec<_> = self.published(now).map(|key| key.key.jwk()).collect();
        json!({ "keys": keys }).to_string()
    }
}
