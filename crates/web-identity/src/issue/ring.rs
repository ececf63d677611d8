//! The keys of an issuer over time.

use std::sync::Arc;

use super::{SigningAlgorithm, SigningKey};
use crate::limits;

/// The keys by which an issuer signs and signed, oldest first.
///
/// The newest key of an algorithm signs. A key that another took over from is published until the last token that it
/// signed has expired, and leaves then.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<RingKey>);

/// A key in its time; all times in seconds since 1970.
#[derive(Clone, Debug)]
pub struct RingKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// When it began to sign.
    pub created: i64,
    /// When another took over.
    pub retired: Option<i64>,
}

impl RingKey {
    /// Says whether tokens of this key may still be good.
    ///
    /// The clocks of nodes differ, so that a key may sign a moment longer than it should.
    fn is_published(&self, now: i64) -> bool {
        let longest = limits::ISSUED_TOKEN_SECONDS.saturating_add(limits::CLOCK_SKEW_SECONDS);
        self.retired
            .is_none_or(|retired| now < retired.saturating_add(longest))
    }
}

impl KeyRing {
    /// Takes keys as they were stored.
    #[must_use]
    pub fn new(mut keys: Vec<RingKey>) -> Self {
        keys.sort_by_key(|key| key.created);
        Self(keys)
    }

    /// Returns the key that signs by an algorithm.
    #[must_use]
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Option<&Arc<SigningKey>> {
        let of_algorithm = |key: &&RingKey| key.key.algorithm() == algorithm;
        self.0
            .iter()
            .rev()
            .filter(of_algorithm)
            .find(|key| key.retired.is_none())
            .map(|key| &key.key)
    }

    /// Puts a key into the place of the one that signs by its algorithm, and drops those that no good token needs.
    pub fn rotate(&mut self, key: impl Into<Arc<SigningKey>>, now: i64) {
        let key = key.into();
        for old in &mut self.0 {
            if old.key.algorithm() == key.algorithm() && old.retired.is_none() {
                old.retired = Some(now);
            }
        }
        self.0.retain(|key| key.is_published(now));
        self.0.push(RingKey {
            key,
            created: now,
            retired: None,
        });
    }

    /// Returns the keys that verifiers need.
    pub fn published(&self, now: i64) -> impl Iterator<Item = &RingKey> {
        self.0.iter().filter(move |key| key.is_published(now))
    }

    /// Returns every key, oldest first.
    #[must_use]
    pub fn keys(&self) -> &[RingKey] {
        &self.0
    }
}
