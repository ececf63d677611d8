//! What the operator does about sessions: ends one, and changes the key that seals them.

use keyward_arn::{AccessKeyId, AccessKeyKind, AccountId};
use keyward_directory::Timestamp;
use keyward_directory::limits::LONGEST_SESSION_SECONDS;
use keyward_records::{Cell, Kind, RecordKey, decode_revoked_session, encode_revoked_session};
use keyward_store::{Revision, scan_all};

use crate::transaction::transact;
use crate::{PATIENCE, Service, ServiceError};

/// Old revocations that are forgotten together with a new one, below the store's bound on writes.
const FORGOTTEN: usize = 50;

/// Why a session was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeSessionError {
    /// The id is not one that sessions have.
    #[error(
        "{0} is not the access key id of a session: it begins with ASIA and carries its account"
    )]
    NotASession(String),
    /// There is no such account.
    #[error("the access key id is of account {0}, which is not here")]
    NoAccount(AccountId),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Service {
    /// Ends the session of an access key id: every node that follows the store refuses it from then on.
    ///
    /// Sessions are stored nowhere, so whether there is such a session is not known. A revocation is remembered as long
    /// as the longest session lives.
    ///
    /// # Errors
    /// [`RevokeSessionError`].
    pub async fn revoke_session(
        &self,
        access_key_id: &str,
    ) -> Result<Revision, RevokeSessionError> {
        let done = self.try_revoke(access_key_id).await;
        let (account, error) = match &done {
            Ok((account, _)) => (Some(*account), None),
            Err(error) => (None, Some(error.to_string())),
        };
        self.leave_operator_event("RevokeSession", account, error.as_deref());
        done.map(|(_, revision)| revision)
    }

    async fn try_revoke(&self, id: &str) -> Result<(AccountId, Revision), RevokeSessionError> {
        let not_a_session = || RevokeSessionError::NotASession(id.to_owned());
        let parsed = AccessKeyId::parse(id).map_err(|_| not_a_session())?;
        let account = parsed
            .account()
            .filter(|_| parsed.kind() == AccessKeyKind::Temporary)
            .ok_or_else(not_a_session)?;
        let cell = self
            .view
            .cell(account)
            .ok_or(RevokeSessionError::NoAccount(account))?;
        let now = self.now().timestamp().unix_seconds();
        let until = Timestamp::from_unix_seconds(now.saturating_add(LONGEST_SESSION_SECONDS));
        let value = encode_revoked_session(until).map_err(ServiceError::from)?;
        let ended = self.ended_revocations(account).await?;
        let (vault, none) = (cell.vault(), &|_: &_| Ok(Vec::new()));
        let ((), revision) = transact(&*self.store, account, vault, &[], none, |transaction| {
            for id in &ended {
                transaction.delete(Cell::RevokedSession(id.clone()));
            }
            transaction.put_bytes(Cell::RevokedSession(parsed.clone()), value.clone());
            Ok(())
        })
        .await?;
        self.view.wait_for(revision, PATIENCE).await;
        Ok((account, revision))
    }

    /// Returns revocations of sessions that have ended by themselves.
    async fn ended_revocations(
        &self,
        account: AccountId,
    ) -> Result<Vec<AccessKeyId>, ServiceError> {
        let now = self.now().timestamp();
        let snapshot = self.store.snapshot().await?;
        let prefix = Kind::RevokedSessions.prefix(account);
        let found = scan_all(&*snapshot, &prefix, 1000).await?;
        let mut ended = Vec::new();
        for (key, found) in &found {
            if let Some(RecordKey::Cell(_, Cell::RevokedSession(id))) = RecordKey::decode(key)
                && decode_revoked_session(&found.value)? <= now
                && ended.len() < FORGOTTEN
            {
                ended.push(id);
            }
        }
        Ok(ended)
    }

    /// Makes a new key that seals the sessions of every account, and new keys by which accounts sign web identity tokens;
    /// sessions that live stay good, and so do tokens that were signed.
    ///
    /// Returns for how many accounts.
    ///
    /// # Errors
    /// [`ServiceError`] where the store fails; some accounts may have a new key then, which does no harm.
    pub async fn rotate_session_keys(&self) -> Result<usize, ServiceError> {
        let done = self.try_rotate().await;
        let error = done.as_ref().err().map(ToString::to_string);
        self.leave_operator_event("RotateSessionKeys", None, error.as_deref());
        done
    }

    async fn try_rotate(&self) -> Result<usize, ServiceError> {
        let cells = self.view.cells();
        let now = self.now().timestamp();
        for cell in &cells {
            let account = cell.account();
            let (wanted, none) = ([RecordKey::Account(account)], &|_: &_| Ok(Vec::new()));
            let store = &*self.store;
            let ((), revision) =
                transact(store, account, cell.vault(), &wanted, none, |transaction| {
                    let mut record = transaction.account(self.view.master())?;
                    record.account.session_keys = record.account.session_keys.rotated(now);
                    transaction.put_account(&record)
                })
                .await?;
            self.view.wait_for(revision, PATIENCE).await;
            self.rotate_identity_keys(account, cell.vault()).await?;
        }
        Ok(cells.len())
    }
}
