//! Key sets by issuer: kept, fetched, refreshed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyward_web_identity::{KeySet, WebIdentityError};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::allow::AllowList;
use crate::cache::{Judgement, Kept, Slot};
use crate::fetch::Fetcher;
use crate::{AllowedIssuer, FetchError, Resolve, SystemResolver, VerificationMethod, limits};

/// Tells the time in seconds since 1970.
pub(crate) type Seconds = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the operator decides, and what tests put in the place of the world.
pub struct Config {
    /// Issuers that may have private addresses.
    pub allowed: Vec<AllowedIssuer>,
    /// Certificates that vouch for the servers of allowed issuers, besides the system's trust store.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Whether the system's trust store is read.
    pub system_trust_store: bool,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolve>,
    /// How long a fetch may take.
    pub time: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            authorities: Vec::new(),
            system_trust_store: true,
            resolver: Arc::new(SystemResolver),
            time: limits::FETCH_TIME,
        }
    }
}

/// The options can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A certificate of the operator is none of an authority.
    #[error("a certificate for issuers can't be used: {0}")]
    Authority(String),
    /// More issuers than [`limits::ALLOWED`].
    #[error("more than {} allowed issuers", limits::ALLOWED)]
    TooManyAllowed,
}

/// A provider whose keys are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    /// Its URL with `https://`.
    pub issuer: &'a str,
    /// SHA-1 digests of certificates, in hexadecimal, by which it is known where the trust store does not know it.
    pub thumbprints: &'a [String],
}

/// An issuer's keys.
#[derive(Clone, Debug)]
pub struct Found {
    /// The keys.
    pub keys: Arc<KeySet>,
    /// What vouched for the server that they came from.
    pub verified_by: VerificationMethod,
}

/// The key sets of issuers; cheap to clone.
#[derive(Clone)]
pub struct Issuers(Arc<Inner>);

struct Inner {
    fetcher: Fetcher,
    slots: Mutex<HashMap<Key, Entry>>,
    fetches: Semaphore,
}

/// The list of thumbprints belongs to the key: keys that one provider's list vouches for say nothing to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    issuer: String,
    thumbprints: Vec<String>,
}

#[derive(Default)]
struct Entry {
    slot: Slot,
    used: i64,
    /// Held by the one fetch that is under way.
    gate: Arc<AsyncMutex<()>>,
}

/// Gives the key sets of issuers: [`Issuers`], and what tests put in its place.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Returns the keys of a provider's issuer, for a token that names the key `key_id`.
    ///
    /// # Errors
    /// [`WebIdentityError`] as AWS says it.
    async fn keys(
        &self,
        provider: Provider<'_>,
        key_id: Option<&str>,
    ) -> Result<Found, WebIdentityError>;
}

#[async_trait]
impl KeySource for Issuers {
    async fn keys(
        &self,
        provider: Provider<'_>,
        key_id: Option<&str>,
    ) -> Result<Found, WebIdentityError> {
        Issuers::keys(self, provider, key_id).await
    }
}

impl Issuers {
    /// Puts options together; `clock` tells seconds since 1970.
    ///
    /// A trust store that can't be read is an empty one: then only thumbprints vouch.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(
        config: Config,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        if config.allowed.len() > limits::ALLOWED {
            return Err(StartError::TooManyAllowed);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        if config.system_trust_store {
            let found = rustls_native_certs::load_native_certs();
            let (_, ignored) = roots.add_parsable_certificates(found.certs);
            if ignored > 0 || !found.errors.is_empty() {
                tracing::warn!(ignored, errors = ?found.errors, "parts of the system's trust store can't be read");
            }
        }
        let system = verifier(roots.clone(), &provider);
        for certificate in config.authorities {
            roots
                .add(certificate)
                .map_err(|error| StartError::Authority(error.to_string()))?;
        }
        let fetcher = Fetcher {
            allowed: AllowList::new(config.allowed),
            resolver: config.resolver,
            clock: Arc::new(clock),
            operator: verifier(roots, &provider),
            system,
            provider,
            time: config.time,
        };
        Ok(Self(Arc::new(Inner {
            fetcher,
            slots: Mutex::new(HashMap::new()),
            fetches: Semaphore::new(limits::FETCHES),
        })))
    }

    /// Returns the keys of a provider's issuer, for a token that names the key `key_id`.
    ///
    /// Keys that are kept are returned at once. A set that is due, or has no such key, is fetched first, one fetch at a
    /// time; keys that can't be fetched are stood in for by old ones, for an hour. That a set is returned does not mean
    /// that it has the key.
    ///
    /// # Errors
    /// [`WebIdentityError`] as AWS says it; the log says more.
    pub async fn keys(
        &self,
        provider: Provider<'_>,
        key_id: Option<&str>,
    ) -> Result<Found, WebIdentityError> {
        self.find(Key::new(provider), key_id)
            .await
            .map(|kept| Found {
                keys: kept.keys,
                verified_by: kept.verified_by,
            })
            .map_err(|error| WebIdentityError::from(&error))
    }

    async fn find(&self, key: Key, key_id: Option<&str>) -> Result<Kept, FetchError> {
        let (judgement, gate) = self.look(&key, key_id);
        match judgement {
            Judgement::Fail(error) => return Err(error),
            Judgement::Use(kept) => return Ok(kept),
            Judgement::UseAndRefresh(kept) => {
                // Whoever holds the gate is fetching already.
                if let Ok(held) = gate.try_lock_owned() {
                    let (this, key) = (self.clone(), key);
                    tokio::spawn(async move {
                        let _held = held;
                        let _ = this.fetch(&key).await;
                    });
                }
                return Ok(kept);
            }
            Judgement::Fetch => {}
        }
        let (this, key_id) = (self.clone(), key_id.map(str::to_owned));
        // A task of its own: a caller who goes away leaves what others wait for.
        let fetching = tokio::spawn(async move {
            let _held = gate.lock_owned().await;
            // Another fetch may have ended while this one waited for its turn.
            match this.look(&key, key_id.as_deref()).0 {
                Judgement::Fail(error) => Err(error),
                Judgement::Use(kept) | Judgement::UseAndRefresh(kept) => Ok(kept),
                Judgement::Fetch => this.fetch(&key).await,
            }
        });
        fetching
            .await
            .unwrap_or_else(|error| Err(FetchError::Connection(error.to_string())))
    }

    /// Looks at what is kept of a provider.
    fn look(&self, key: &Key, key_id: Option<&str>) -> (Judgement, Arc<AsyncMutex<()>>) {
        let now = (self.0.fetcher.clock)();
        let mut slots = self.slots();
        if !slots.contains_key(key) {
            make_room(&mut slots);
        }
        let entry = slots.entry(key.clone()).or_default();
        entry.used = now;
        (entry.slot.judge(key_id, now), Arc::clone(&entry.gate))
    }

    /// Fetches and keeps; the caller holds the gate.
    async fn fetch(&self, key: &Key) -> Result<Kept, FetchError> {
        // Who waits for a turn behind issuers that hang waits no longer than for the issuer itself.
        let turn = tokio::time::timeout(self.0.fetcher.time, self.0.fetches.acquire()).await;
        let fetched = match turn {
            Ok(Ok(_permit)) => self.0.fetcher.fetch(&key.issuer, &key.thumbprints).await,
            Ok(Err(_)) | Err(_) => Err(FetchError::Timeout),
        };
        let now = (self.0.fetcher.clock)();
        let mut slots = self.slots();
        let entry = slots.entry(key.clone()).or_default();
        match fetched {
            Ok(fetched) => {
                let kept = Kept::new(fetched.keys, fetched.verified_by, fetched.max_age, now);
                tracing::debug!(issuer = %key.issuer, keys = kept.keys.len(), "fetched an issuer's keys");
                entry.slot.keep(kept.clone());
                Ok(kept)
            }
            Err(error) => {
                tracing::warn!(issuer = %key.issuer, %error, "an issuer's keys can't be fetched");
                entry.slot.fail(error, now)
            }
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn new(provider: Provider<'_>) -> Self {
        let mut thumbprints: Vec<String> = provider
            .thumbprints
            .iter()
            .map(|text| text.to_ascii_lowercase())
            .collect();
        thumbprints.sort_unstable();
        thumbprints.dedup();
        Self {
            issuer: provider.issuer.to_owned(),
            thumbprints,
        }
    }
}

/// Drops what was used least recently, where the bound is reached. What is being fetched stays, so that there is never a
/// second fetch beside it.
fn make_room(slots: &mut HashMap<Key, Entry>) {
    while slots.len() >= limits::KEPT {
        let idle = |entry: &&(&Key, &Entry)| Arc::strong_count(&entry.1.gate) == 1;
        let oldest = slots
            .iter()
            .collect::<Vec<_>>()
            .iter()
            .filter(idle)
            .min_by_key(|(_, entry)| entry.used)
            .map(|(key, _)| (*key).clone());
        let Some(oldest) = oldest else { return };
        slots.remove(&oldest);
    }
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    if roots.is_empty() {
        return None;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .ok()
}
