//! The account as an issuer of web identity tokens: its URL, its keys, its documents.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyward_arn::AccountId;
use keyward_directory::AccountStatus;
use keyward_records::{Cell as CellKey, Record as _, RecordKey, Vault, decode_alias_owner};
use keyward_store::Revision;
use keyward_web_identity::{KeyRing, SigningAlgorithm, SigningKey, discovery_document};

use crate::authenticate::Caller;
use crate::transaction::transact;
use crate::{PATIENCE, Service, ServiceError};

/// The path below the server's URL at which issuers are.
const PATH: &str = "/oidc/";

/// Accounts whose keys are kept as they were parsed; further ones take the place of all.
const KEPT: usize = 1_000;

/// The keys of accounts as they were parsed, each with the version of its record: to parse an RSA key takes longer than
/// to sign by it.
#[derive(Default)]
pub(crate) struct ParsedRings(Mutex<BTreeMap<AccountId, (Revision, Arc<KeyRing>)>>);

impl ParsedRings {
    fn find(&self, account: AccountId, version: Revision) -> Option<Arc<KeyRing>> {
        let rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, ring) = rings.get(&account)?;
        (*of == version).then(|| Arc::clone(ring))
    }

    fn keep(&self, account: AccountId, version: Revision, ring: &Arc<KeyRing>) {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rings.len() >= KEPT && !rings.contains_key(&account) {
            rings.clear();
        }
        rings.insert(account, (version, Arc::clone(ring)));
    }
}

/// What an issuer publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerDocument {
    /// `/.well-known/openid-configuration`.
    Discovery,
    /// `/.well-known/jwks.json`.
    KeySet,
}

impl IssuerDocument {
    /// Reads the path of a document, `/oidc/<id>/.well-known/…`, and returns the issuer's id with it.
    #[must_use]
    pub fn of_path(path: &str) -> Option<(&str, Self)> {
        let (id, document) = path.strip_prefix(PATH)?.split_once('/')?;
        match document {
            ".well-known/jwks.json" => Some((id, Self::KeySet)),
            ".well-known/openid-configuration" => Some((id, Self::Discovery)),
            _ => None,
        }
    }
}

impl Service {
    /// Returns the URL of an issuer: `https://keyward.example/oidc/<id>`.
    pub(crate) fn issuer_url(&self, id: &str) -> String {
        format!("{}{PATH}{id}", self.public_url())
    }

    /// Says whether a URL is that of an issuer of this server.
    pub(crate) fn is_own_issuer(&self, url: &str) -> bool {
        url.strip_prefix(self.public_url())
            .is_some_and(|rest| rest.starts_with(PATH))
    }

    /// Returns a document of an issuer of this server; `None` where there is no such issuer.
    ///
    /// An account that no longer gives tokens publishes on, as those that it gave are still good.
    ///
    /// # Errors
    /// [`ServiceError`] where the store can't be read.
    pub async fn issuer_document(
        &self,
        id: &str,
        document: IssuerDocument,
    ) -> Result<Option<String>, ServiceError> {
        let key = RecordKey::Issuer(id.to_owned()).encode();
        let Some(found) = self.store.snapshot().await?.get(&key).await? else {
            return Ok(None);
        };
        let account = decode_alias_owner(&found.value)?;
        let cell = self.view.cell(account);
        let Some(cell) = cell.filter(|cell| cell.status() == AccountStatus::Active) else {
            return Ok(None);
        };
        match document {
            IssuerDocument::Discovery => Ok(Some(discovery_document(&self.issuer_url(id)))),
            IssuerDocument::KeySet => {
                let ring = self.key_ring(account, cell.vault()).await?;
                Ok(Some(ring.document(self.now().unix_seconds())))
            }
        }
    }

    /// Returns the key by which the caller's account signs tokens; makes one where there is none.
    pub(crate) async fn identity_key(
        &self,
        caller: &Caller,
        algorithm: SigningAlgorithm,
    ) -> Result<Arc<SigningKey>, ServiceError> {
        let ring = self
            .key_ring(caller.account(), caller.cell().vault())
            .await?;
        if let Some(key) = ring.signer(algorithm) {
            return Ok(Arc::clone(key));
        }
        self.make_identity_keys(caller).await?;
        let ring = self
            .key_ring(caller.account(), caller.cell().vault())
            .await?;
        let key = ring.signer(algorithm).cloned();
        key.ok_or_else(|| ServiceError::internal("a key that was made is not there"))
    }

    /// Makes the keys that the caller's account does not have yet.
    pub(crate) async fn make_identity_keys(&self, caller: &Caller) -> Result<(), ServiceError> {
        let (account, vault) = (caller.account(), caller.cell().vault());
        let ring = self.key_ring(account, vault).await?;
        let missing = SigningAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| ring.signer(*algorithm).is_none());
        let keys = generate(missing.collect()).await?;
        self.put_keys(account, vault, keys, Replace::Missing)
            .await?;
        Ok(())
    }

    /// Puts new keys into the place of those by which an account signs; one that never signed gets none.
    pub(crate) async fn rotate_identity_keys(
        &self,
        account: AccountId,
        vault: &Arc<Vault>,
    ) -> Result<(), ServiceError> {
        let ring = self.key_ring(account, vault).await?;
        let present = SigningAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| ring.signer(*algorithm).is_some());
        let keys = generate(present.collect()).await?;
        if keys.is_empty() {
            return Ok(());
        }
        let revision = self.put_keys(account, vault, keys, Replace::All).await?;
        self.view.wait_for(revision, PATIENCE).await;
        Ok(())
    }

    async fn put_keys(
        &self,
        account: AccountId,
        vault: &Arc<Vault>,
        keys: Vec<Arc<SigningKey>>,
        replace: Replace,
    ) -> Result<Revision, ServiceError> {
        let now = self.now().unix_seconds();
        let (wanted, none) = ([CellKey::IdentityKeys.of(account)], &|_: &_| Ok(Vec::new()));
        let ((), revision) = transact(&*self.store, account, vault, &wanted, none, |transaction| {
            let mut ring: KeyRing = transaction.get(CellKey::IdentityKeys)?.unwrap_or_default();
            let before = ring.keys().len();
            for key in &keys {
                let is_there = ring.signer(key.algorithm()).is_some();
                if replace == Replace::All || !is_there {
                    ring.rotate(Arc::clone(key), now);
                }
            }
            // Another request may have made them meanwhile.
            if replace == Replace::Missing && ring.keys().len() == before {
                return Ok(());
            }
            transaction.put(&ring)
        })
        .await?;
        Ok(revision)
    }

    async fn key_ring(
        &self,
        account: AccountId,
        vault: &Arc<Vault>,
    ) -> Result<Arc<KeyRing>, ServiceError> {
        let key = CellKey::IdentityKeys.of(account).encode();
        let Some(found) = self.store.snapshot().await?.get(&key).await? else {
            return Ok(Arc::default());
        };
        if let Some(ring) = self.rings.find(account, found.version) {
            return Ok(ring);
        }
        let ring = Arc::new(KeyRing::decode(&found.value, vault)?);
        self.rings.keep(account, found.version, &ring);
        Ok(ring)
    }
}

/// Which keys new ones take the place of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replace {
    All,
    /// Of none: only what is not there is added.
    Missing,
}

/// Makes keys, away from the threads that answer requests: one of RSA takes up to some seconds.
async fn generate(algorithms: Vec<SigningAlgorithm>) -> Result<Vec<Arc<SigningKey>>, ServiceError> {
    let work = move || {
        let keys = algorithms
            .into_iter()
            .map(|algorithm| SigningKey::generate(algorithm).map(Arc::new));
        keys.collect::<Result<Vec<_>, _>>()
    };
    let made = tokio::task::spawn_blocking(work).await;
    made.map_err(ServiceError::internal)?
        .map_err(ServiceError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ring_of_this_very_version_is_found() {
        let rings = ParsedRings::default();
        let account = |number: u32| AccountId::parse(&format!("{number:012}")).unwrap();
        let ring = Arc::new(KeyRing::default());
        let (first, second) = (Revision::new(1), Revision::new(2));
        rings.keep(account(1), first, &ring);
        assert!(rings.find(account(1), first).is_some());
        assert!(rings.find(account(1), second).is_none());
        assert!(rings.find(account(2), first).is_none());
        rings.keep(account(1), second, &ring);
        assert!(rings.find(account(1), first).is_none());
        for number in 2..=u32::try_from(KEPT).unwrap() + 1 {
            rings.keep(account(number), first, &ring);
        }
        assert!(rings.find(account(1), second).is_none());
        assert!(rings.0.lock().unwrap().len() <= KEPT);
    }
}
