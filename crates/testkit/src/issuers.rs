//! OpenID Connect issuers whose keys need no network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use keyward_issuers::{Found, KeySource, Provider, VerificationMethod};
use keyward_web_identity::{KeyRing, KeySet, SigningAlgorithm, SigningKey, WebIdentityError};

/// What an issuer answers.
type Answer = Result<Arc<KeySet>, WebIdentityError>;

/// Issuers by their URL; one that is not here has no keys.
#[derive(Debug, Default)]
pub struct FakeIssuers(Mutex<BTreeMap<String, Answer>>);

impl FakeIssuers {
    /// Sets what an issuer answers.
    pub fn answer(&self, issuer: &str, answer: Result<KeySet, WebIdentityError>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(issuer.to_owned(), answer.map(Arc::new));
    }

    /// Makes an issuer with a new key, and returns the key.
    ///
    /// # Errors
    /// Whatever stands in the way, as text.
    pub fn make(&self, issuer: &str) -> Result<Arc<SigningKey>, String> {
        let key =
            SigningKey::generate(SigningAlgorithm::Es384).map_err(|error| error.to_string())?;
        let key = Arc::new(key);
        let mut ring = KeyRing::default();
        ring.rotate(Arc::clone(&key), 0);
        let keys = KeySet::read(ring.document(0).as_bytes()).map_err(|error| error.to_string())?;
        self.answer(issuer, Ok(keys));
        Ok(key)
    }
}

#[async_trait]
impl KeySource for FakeIssuers {
    async fn keys(
        &self,
        provider: Provider<'_>,
        _key_id: Option<&str>,
    ) -> Result<Found, WebIdentityError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = all.get(provider.issuer).cloned();
        Ok(Found {
            keys: answer.unwrap_or(Err(WebIdentityError::VerificationKeyUnavailable))?,
            verified_by: VerificationMethod::TrustStore,
        })
    }
}
