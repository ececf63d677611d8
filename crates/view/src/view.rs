//! All accounts, and how far the picture has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use keyward_arn::{AccessKeyId, AccountId, UniqueId};
use keyward_directory::{PolicyArn, Timestamp};
use keyward_engine::{AttachedPolicy, CompiledPolicy};
use keyward_records::MasterKey;
use keyward_store::Revision;
use keyward_sts::Session;
use papaya::HashMap;

use crate::progress::Progress;
use crate::sessions::Sessions;
use crate::{Cell, Documents, FoundSession, Key};

/// The picture of all accounts that this node holds.
#[derive(Debug)]
pub struct View {
    cells: HashMap<AccountId, Arc<ArcSwap<Cell>>>,
    /// Keys whose id does not carry their account: an operator chose it.
    strays: HashMap<AccessKeyId, AccountId>,
    documents: Documents,
    sessions: Sessions,
    master: MasterKey,
    progress: Progress,
    followed: AtomicBool,
}

/// An access key and the account that it was found in, both at one revision.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The account.
    pub cell: Arc<Cell>,
    /// The key.
    pub key: Arc<Key>,
}

impl View {
    /// Makes an empty picture at revision 0.
    #[must_use]
    pub fn new(master: MasterKey) -> Self {
        Self {
            cells: HashMap::new(),
            strays: HashMap::new(),
            documents: Documents::default(),
            sessions: Sessions::default(),
            master,
            progress: Progress::default(),
            followed: AtomicBool::new(false),
        }
    }

    /// Finds an access key by its id.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<Lookup> {
        let inside = AccessKeyId::account_in(id).and_then(|account| self.key_in(account, id));
        inside.or_else(|| self.key_in(*self.strays.pin().get(id)?, id))
    }

    /// Opens the session of an access key by its token; `None` where it does not open or there is no such account.
    ///
    /// Whether it has expired, was revoked or belongs to somebody who is still there, the caller asks.
    #[must_use]
    pub fn session(
        &self,
        access_key_id: &str,
        token: &str,
        now: Timestamp,
    ) -> Option<FoundSession> {
        let cell = self.cell(AccessKeyId::account_in(access_key_id)?)?;
        let session = self.sessions.open(&cell, access_key_id, token, now)?;
        Some(FoundSession { cell, session })
    }

    /// Returns the managed policies that limit a session, as they are now; one that is gone refuses everything.
    #[must_use]
    pub fn session_policies(&self, cell: &Cell, session: &Session) -> Vec<AttachedPolicy> {
        let managed = session.policies.managed.iter();
        managed
            .map(|arn| cell.session_policy(arn, &self.documents))
            .collect()
    }

    fn key_in(&self, account: AccountId, id: &str) -> Option<Lookup> {
        let cell = self.cell(account)?;
        let key = Arc::clone(cell.key(id)?);
        Some(Lookup { cell, key })
    }

    /// Returns an account's part of the picture.
    #[must_use]
    pub fn cell(&self, account: AccountId) -> Option<Arc<Cell>> {
        self.cells.pin().get(&account).map(|cell| cell.load_full())
    }

    /// Returns the ARN that the user or role of a unique id has now, in whatever account; `None` where it is gone.
    #[must_use]
    pub fn arn_of(&self, id: &str) -> Option<String> {
        // Every id made here carries its account, so one that carries none belongs to nobody.
        let cell = self.cell(UniqueId::account_in(id)?)?;
        let user = cell.user_by_id(id).map(|user| user.arn.clone());
        user.or_else(|| cell.role_by_id(id).map(|role| role.arn.clone()))
    }

    /// Returns all accounts, in no order.
    #[must_use]
    pub fn cells(&self) -> Vec<Arc<Cell>> {
        self.cells
            .pin()
            .values()
            .map(|cell| cell.load_full())
            .collect()
    }

    /// Returns the key that opens accounts' vaults.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Returns the revision that the picture shows.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.progress.revision()
    }

    /// Returns whether the store's change feed is being followed; while it is not, nothing may be decided.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    /// Waits until the picture shows a revision, but no longer than `patience`; returns whether it does.
    pub async fn wait_for(&self, revision: Revision, patience: Duration) -> bool {
        self.progress.wait_for(revision, patience).await
    }

    /// Returns a policy that AWS manages; `None` where there is none of that ARN.
    #[must_use]
    pub fn aws_managed(&self, arn: &PolicyArn) -> Option<Arc<CompiledPolicy>> {
        self.documents.aws_managed(arn)
    }

    pub(crate) fn documents(&self) -> &Documents {
        &self.documents
    }

    pub(crate) fn set_followed(&self, followed: bool) {
        self.followed.store(followed, Ordering::Release);
    }

    /// Shows a revision; the last step of taking in a commit.
    pub(crate) fn advance(&self, revision: Revision) {
        self.progress.advance(revision);
    }

    /// Replaces an account's part, and keeps the list of stray keys.
    pub(crate) fn put(&self, cell: Cell) {
        let account = cell.account();
        let before = self.cell(account);
        if before
            .as_ref()
            .is_none_or(|before| !Arc::ptr_eq(before.strays(), cell.strays()))
        {
            self.forget_strays(before.as_deref());
            let strays = self.strays.pin();
            for id in cell.strays().iter() {
                strays.insert(id.clone(), account);
            }
        }
        let cells = self.cells.pin();
        match cells.get(&account) {
            Some(place) => place.store(Arc::new(cell)),
            None => drop(cells.insert(account, Arc::new(ArcSwap::from_pointee(cell)))),
        }
    }

    /// Forgets an account.
    pub(crate) fn remove(&self, account: AccountId) {
        self.forget_strays(self.cell(account).as_deref());
        self.cells.pin().remove(&account);
    }

    fn forget_strays(&self, cell: Option<&Cell>) {
        let strays = self.strays.pin();
        for id in cell.iter().flat_map(|cell| cell.strays().iter()) {
            strays.remove(id);
        }
    }
}
