//! The account as an issuer of web identity tokens: its URL, its keys, its documents.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_directory::AccountStatus;
use keyward_records::{Cell as CellKey, RecordKey, Vault, decode_alias_owner};
use keyward_store::Revision;
use keyward_web_identity::{KeyRing, SigningAlgorithm, SigningKey, discovery_document};

use crate::authenticate::Caller;
use crate::reader::Reader;
use crate::transaction::transact;
use crate::{PATIENCE, Service, ServiceError};

/// The path below the server's URL at which issuers are.
const PATH: &str = "/oidc/";

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
    ) -> Result<KeyRing, ServiceError> {
        let reader = Reader::open(&*self.store, account, vault).await?;
        Ok(reader.get(CellKey::IdentityKeys).await?.unwrap_or_default())
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
