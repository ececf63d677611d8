//! What principals have called since this process started, and saving it.
//!
//! Noting a call costs a look-up and one atomic store; nothing is locked and nothing waits. What is told of a principal
//! is what the store has and what this process has seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use arc_swap::ArcSwap;
use keyward_arn::{AccountId, UniqueId};
use keyward_directory::{Access, Accesses as Stored, Timestamp};
use keyward_records::{Cell, RecordKey, decode_accesses, encode_accesses};
use keyward_store::{Commit, CommitError, Snapshot};
use keyward_wire::Operation;
use papaya::HashMap;
use smol_str::SmolStr;

use crate::authenticate::{Caller, Identity};
use crate::ports::Now;
use crate::{Service, ServiceError};

/// Principals written by one commit, below the store's bound on writes and on conditions.
const BATCH: usize = 45;

/// The calls of all principals that this process has seen.
#[derive(Default)]
pub(crate) struct Accesses(HashMap<UniqueId, Arc<Principal>>);

/// The calls of one principal.
struct Principal {
    account: AccountId,
    /// Few: those that it really makes.
    called: ArcSwap<Vec<Arc<Called>>>,
    /// The newest is not in the store yet.
    unsaved: AtomicBool,
}

/// The last call of one operation.
struct Called {
    operation: Operation,
    /// Seconds since the Unix epoch.
    at: AtomicI64,
    region: ArcSwap<SmolStr>,
}

impl Principal {
    fn new(account: AccountId) -> Self {
        Self {
            account,
            called: ArcSwap::default(),
            unsaved: AtomicBool::new(false),
        }
    }

    fn note(&self, operation: Operation, at: i64, region: &str) {
        let of_operation = |called: &&Arc<Called>| called.operation == operation;
        let known = self.called.load().iter().find(of_operation).cloned();
        let Some(known) = known else {
            let called = Arc::new(Called {
                operation,
                at: AtomicI64::new(at),
                region: ArcSwap::from_pointee(SmolStr::new(region)),
            });
            self.called.rcu(|all| {
                let mut more = Vec::clone(all);
                if !more.iter().any(|called| called.operation == operation) {
                    more.push(Arc::clone(&called));
                }
                more
            });
            self.unsaved.store(true, Ordering::Release);
            return;
        };
        if known.region.load().as_str() != region {
            known.region.store(Arc::new(SmolStr::new(region)));
        } else if known.at.load(Ordering::Relaxed) >= at {
            return;
        }
        known.at.fetch_max(at, Ordering::Relaxed);
        self.unsaved.store(true, Ordering::Release);
    }

    fn seen(&self) -> Vec<Access> {
        let called = self.called.load();
        let accesses = called.iter().map(|called| Access {
            action: action(called.operation),
            at: Timestamp::from_unix_seconds(called.at.load(Ordering::Relaxed)),
            region: called.region.load().to_string(),
        });
        accesses.collect()
    }
}

/// Returns the action that an operation counts as: that of its name.
fn action(operation: Operation) -> String {
    format!(
        "{}:{}",
        operation.service().signing_name(),
        operation.name()
    )
}

impl Accesses {
    /// Notes that a principal called an operation, whatever comes of it: AWS counts attempts too.
    pub(crate) fn note(&self, caller: &Caller, operation: Operation, now: Now) {
        // The root user is no entity that reports are made of; a federated user counts as the one who called for it.
        let id = match caller.identity() {
            Identity::User(user)
            | Identity::FederatedUser {
                issuer: Some(user), ..
            } => &user.id,
            Identity::Role(role) => &role.id,
            Identity::Bearer(_) | Identity::FederatedUser { issuer: None, .. } | Identity::Root => {
                return;
            }
        };
        let principals = self.0.pin();
        let principal = match principals.get(id) {
            Some(principal) => principal,
            None => principals
                .get_or_insert_with(id.clone(), || Arc::new(Principal::new(caller.account()))),
        };
        principal.note(operation, now.unix_seconds(), caller.region());
    }

    /// Returns what a principal has called: what the store knows, and what this process has seen.
    pub(crate) fn of(&self, principal: &UniqueId, stored: Option<Stored>) -> Stored {
        let mut accesses = stored.unwrap_or_default();
        if let Some(seen) = self.0.pin().get(principal) {
            accesses.merge(seen.seen());
        }
        accesses
    }

    /// Returns the principals with something that is not saved, and counts it as saved.
    fn take_unsaved(&self) -> Vec<(UniqueId, Arc<Principal>)> {
        let principals = self.0.pin();
        let unsaved = principals
            .iter()
            .filter(|(_, principal)| principal.unsaved.swap(false, Ordering::Acquire));
        unsaved
            .map(|(id, principal)| (id.clone(), Arc::clone(principal)))
            .collect()
    }

    fn forget(&self, principal: &UniqueId) {
        self.0.pin().remove(principal);
    }
}

impl Service {
    /// Writes to the store what principals have called since this was called last.
    pub(crate) async fn save_accesses(&self) -> Result<usize, ServiceError> {
        let mut unsaved = self.accesses.take_unsaved();
        // What is left of a principal that is no more goes with it.
        unsaved.retain(|(id, principal)| {
            let there = self.view.cell(principal.account).is_some_and(|cell| {
                cell.user_by_id(id.as_str()).is_some() || cell.role_by_id(id.as_str()).is_some()
            });
            if !there {
                self.accesses.forget(id);
            }
            there
        });
        let mut saved = 0;
        for batch in unsaved.chunks(BATCH) {
            match self.save_batch(batch).await {
                Ok(()) => saved += batch.len(),
                Err(error) => {
                    for (_, principal) in batch {
                        principal.unsaved.store(true, Ordering::Release);
                    }
                    // Another node wrote the same principals: the next round has the newest of both.
                    if !matches!(error, SaveError::Conflict) {
                        return Err(error.into());
                    }
                }
            }
        }
        Ok(saved)
    }

    async fn save_batch(&self, batch: &[(UniqueId, Arc<Principal>)]) -> Result<(), SaveError> {
        let now = self.now().timestamp();
        let snapshot = self.store.snapshot().await.map_err(ServiceError::from)?;
        let mut commit = Commit::new();
        for (id, principal) in batch {
            let key = Cell::Accesses(id.clone()).of(principal.account);
            commit = add(commit, &*snapshot, key, principal, now).await?;
        }
        drop(snapshot);
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(SaveError::Conflict),
            Err(error) => Err(ServiceError::from(error).into()),
        }
    }
}

/// Adds what one principal has called to a commit.
async fn add(
    commit: Commit,
    snapshot: &dyn Snapshot,
    key: RecordKey,
    principal: &Principal,
    now: Timestamp,
) -> Result<Commit, ServiceError> {
    let key = key.encode();
    let found = snapshot.get(&key).await?;
    let (commit, mut accesses) = match found {
        None => (commit.if_absent(key.clone()), Stored::default()),
        Some(found) => (
            commit.if_version(key.clone(), found.version),
            decode_accesses(&found.value)?,
        ),
    };
    accesses.merge(principal.seen());
    accesses.forget(now);
    Ok(commit.put(key, encode_accesses(&accesses)?))
}

enum SaveError {
    Conflict,
    Service(ServiceError),
}

impl From<ServiceError> for SaveError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<SaveError> for ServiceError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Conflict => Self::Busy,
            SaveError::Service(error) => error,
        }
    }
}
