//! Access keys as authentication reads them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use arc_swap::ArcSwapOption;
use keyward_arn::AccessKeyId;
use keyward_directory::{AccessKey, AccessKeyStatus, LastUsed, Timestamp};
use keyward_sigv4::{SecretKey, SigningKey};

use crate::UserPrincipal;

/// How many derived signing keys are kept for one access key: one for each service.
const KEPT: usize = 2;

/// An access key with its owner.
#[derive(Debug)]
pub struct Key {
    /// The key's id.
    pub id: AccessKeyId,
    /// Whether it may be used.
    pub status: AccessKeyStatus,
    /// Whose key it is.
    pub owner: KeyOwner,
    secret: SecretKey,
    runtime: Arc<Runtime>,
}

/// Whose key it is.
#[derive(Clone, Debug)]
pub enum KeyOwner {
    /// The account's root user.
    Root,
    /// A user.
    User(Arc<UserPrincipal>),
}

/// What stays with a key while records around it change.
#[derive(Debug, Default)]
struct Runtime {
    derived: DerivedKeys,
    used: KeyUse,
}

/// Signing keys of one secret, so that each is derived once a day for each service.
#[derive(Debug, Default)]
pub(crate) struct DerivedKeys([ArcSwapOption<Derived>; KEPT]);

#[derive(Debug)]
struct Derived {
    date: String,
    region: String,
    service: String,
    key: SigningKey,
}

impl Key {
    /// Takes a key of a record; what is known of `before`, the same key, is kept.
    #[must_use]
    pub(crate) fn new(key: &AccessKey, owner: KeyOwner, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.secret == key.secret);
        Self {
            id: key.id.clone(),
            status: key.status,
            owner,
            secret: key.secret.clone(),
            runtime: same.map_or_else(Arc::default, |before| Arc::clone(&before.runtime)),
        }
    }

    /// Returns the same key for another picture of its owner.
    #[must_use]
    pub(crate) fn owned_by(&self, owner: KeyOwner) -> Self {
        Self {
            id: self.id.clone(),
            status: self.status,
            owner,
            secret: self.secret.clone(),
            runtime: Arc::clone(&self.runtime),
        }
    }

    /// Returns the signing key of a scope, derived once a day for each service.
    #[must_use]
    pub fn signing_key(&self, date: &str, region: &str, service: &str) -> SigningKey {
        let derived = &self.runtime.derived;
        derived.signing_key(&self.secret, date, region, service)
    }

    /// Returns the key's use.
    #[must_use]
    pub fn used(&self) -> &KeyUse {
        &self.runtime.used
    }
}

impl DerivedKeys {
    /// Returns the signing key of a scope, derived anew only where it is another than the last of its service.
    pub(crate) fn signing_key(
        &self,
        secret: &SecretKey,
        date: &str,
        region: &str,
        service: &str,
    ) -> SigningKey {
        let place = self.0.get(usize::from(service == "sts"));
        let kept = place.and_then(ArcSwapOption::load_full);
        let fits = |derived: &Arc<Derived>| {
            derived.date == date && derived.region == region && derived.service == service
        };
        if let Some(kept) = kept.filter(fits) {
            return kept.key.clone();
        }
        let key = SigningKey::derive(secret, date, region, service);
        if let Some(place) = place {
            let (date, region, service) = (date.to_owned(), region.to_owned(), service.to_owned());
            place.store(Some(Arc::new(Derived {
                date,
                region,
                service,
                key: key.clone(),
            })));
        }
        key
    }
}

/// The last use of a key since this process started; noting one costs a few atomic stores.
#[derive(Debug, Default)]
pub struct KeyUse {
    /// Seconds since the Unix epoch; 0: not used.
    at: AtomicI64,
    /// 1: the newest use is not in the store yet.
    unsaved: AtomicU8,
    scope: ArcSwapOption<Scope>,
}

#[derive(Debug, PartialEq, Eq)]
struct Scope {
    service: String,
    region: String,
}

impl KeyUse {
    /// Notes that a request was signed with the key.
    pub fn note(&self, at: Timestamp, service: &str, region: &str) {
        let same = self
            .scope
            .load()
            .as_ref()
            .is_some_and(|scope| scope.service == service && scope.region == region);
        if same && self.at.load(Ordering::Relaxed) == at.unix_seconds() {
            return;
        }
        if !same {
            let scope = Arc::new(Scope {
                service: service.to_owned(),
                region: region.to_owned(),
            });
            self.scope.store(Some(scope));
        }
        self.at.fetch_max(at.unix_seconds(), Ordering::Relaxed);
        self.unsaved.store(1, Ordering::Release);
    }

    /// Returns the newest use that this process has seen.
    #[must_use]
    pub fn latest(&self) -> Option<LastUsed> {
        let scope = self.scope.load_full()?;
        let at = Timestamp::from_unix_seconds(self.at.load(Ordering::Relaxed));
        Some(LastUsed {
            at,
            service: scope.service.clone(),
            region: scope.region.clone(),
        })
    }

    /// Returns the newest use where it was not taken before, to save it.
    #[must_use]
    pub fn take_unsaved(&self) -> Option<LastUsed> {
        if self.unsaved.swap(0, Ordering::Acquire) == 0 {
            return None;
        }
        self.latest()
    }
}
