//! What the operator does about an account as a whole: closes it, and lets its owner in again.
// SOURCE: spec/signin-recovery.md §2; DESIGN, "The operator".

use std::convert::Infallible;

use keyward_arn::{AccessKeyId, AccountId};
use keyward_directory::{
    AccessKey, AccessKeyStatus, AccountStatus, Email, ParseEmailError, RootUser,
};
use keyward_records::{AccountRecord, RecordKey};
use keyward_sigv4::SecretKey;
use keyward_store::Revision;
use zeroize::Zeroizing;

use super::{HashedPassword, NoAccount};
use crate::ports::draw;
use crate::transaction::{Transaction, transact};
use crate::{PATIENCE, Service, ServiceError};

/// How an account's owner is let in again.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// The root user's address from now on.
    pub email: Option<String>,
    /// The root user's access key that goes, so that there is room for a new one.
    pub replaced_key: Option<String>,
    /// The root user's other access keys are no longer active.
    pub deactivates_keys: bool,
}

/// An account whose owner is let in again; its secrets are shown this once.
#[derive(Debug)]
pub struct RecoveredAccount {
    /// The account's id.
    pub id: AccountId,
    /// The root user's address.
    pub email: String,
    /// The root user's new password.
    pub password: Zeroizing<String>,
    /// The id of the root user's new access key.
    pub access_key_id: AccessKeyId,
    /// The secret of the new key.
    pub secret_access_key: SecretKey,
    /// The root user's other access keys that are still active.
    pub other_keys: Vec<AccessKeyId>,
}

/// Why nobody was let in again.
#[derive(Debug, thiserror::Error)]
pub enum RecoverAccountError {
    /// The address is not one.
    #[error("{0}")]
    Email(#[from] ParseEmailError),
    /// There is no such account.
    #[error(transparent)]
    NoAccount(#[from] NoAccount),
    /// The key that was to go is none of the root user's.
    #[error("{0} is no access key of the root user")]
    NoSuchKey(String),
    /// There is no room for another key.
    #[error(
        "the root user has two access keys, {0} and {1}: say which of them the new one replaces"
    )]
    TwoKeys(AccessKeyId, AccessKeyId),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Service {
    /// Closes an account: from then on nothing of it authenticates, no key and no session. Everything else stays as it is.
    /// Closing a closed account changes nothing.
    ///
    /// # Errors
    /// [`NoAccount`].
    pub async fn close_account(&self, id: AccountId) -> Result<Revision, NoAccount> {
        self.set_status(id, AccountStatus::Closed, "CloseAccount")
            .await
    }

    /// Opens a closed account; what authenticated before does so again. Opening an open one changes nothing.
    ///
    /// # Errors
    /// [`NoAccount`].
    pub async fn reopen_account(&self, id: AccountId) -> Result<Revision, NoAccount> {
        self.set_status(id, AccountStatus::Active, "ReopenAccount")
            .await
    }

    async fn set_status(
        &self,
        id: AccountId,
        status: AccountStatus,
        event: &str,
    ) -> Result<Revision, NoAccount> {
        let set = |record: &mut AccountRecord, _: &mut Transaction| {
            record.account.status = status;
            Ok::<_, Infallible>(())
        };
        let done = self.change_account(id, set).await;
        let error = done.as_ref().err().map(ToString::to_string);
        self.leave_operator_event(event, Some(id), error.as_deref());
        let (Ok(()), revision) = done?;
        Ok(revision)
    }

    /// Lets the owner of an account in again: opens it where it was closed, and gives its root user a new password and a new
    /// access key.
    ///
    /// # Errors
    /// [`RecoverAccountError`]; nothing has changed then.
    pub async fn recover_account(
        &self,
        id: AccountId,
        recovery: &Recovery,
    ) -> Result<RecoveredAccount, RecoverAccountError> {
        let done = self.try_recover(id, recovery).await;
        let error = done.as_ref().err().map(ToString::to_string);
        let made = done.as_ref().map(|done| done.access_key_id.to_string());
        let parameters: Vec<(&str, &str)> = [
            ("email", recovery.email.as_deref()),
            ("replacedAccessKeyId", recovery.replaced_key.as_deref()),
            ("accessKeyId", made.as_deref().ok()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let name = "RecoverAccount";
        self.leave_operator_event_about(name, Some(id), &parameters, error.as_deref());
        done
    }

    async fn try_recover(
        &self,
        id: AccountId,
        recovery: &Recovery,
    ) -> Result<RecoveredAccount, RecoverAccountError> {
        let email = recovery.email.as_deref().map(Email::parse).transpose()?;
        // Before the password, which takes longer to hash than to refuse.
        self.view.cell(id).ok_or(NoAccount::NotHere(id))?;
        let HashedPassword { password, hash } =
            HashedPassword::make_by(&self.passwords, None, self.entropy()).await?;
        let now = self.now().timestamp();
        let key = AccessKey::mint(id, draw(self.entropy()), draw(self.entropy()), now);
        let recover = |record: &mut AccountRecord, transaction: &mut Transaction| {
            let account = &mut record.account;
            let other_keys = give_key(&mut account.root, &key, recovery, transaction)?;
            account.status = AccountStatus::Active;
            account.root.password = hash.clone();
            if let Some(email) = &email {
                account.root.email = email.clone();
            }
            Ok::<_, RecoverAccountError>((account.root.email.as_str().to_owned(), other_keys))
        };
        let (recovered, _) = self.change_account(id, recover).await?;
        let (email, other_keys) = recovered?;
        Ok(RecoveredAccount {
            id,
            email,
            password,
            access_key_id: key.id,
            secret_access_key: key.secret,
            other_keys,
        })
    }

    /// Changes the record of an account, and waits until that is shown; what ends in an error changes nothing.
    async fn change_account<T: Send, E: Send>(
        &self,
        id: AccountId,
        change: impl Fn(&mut AccountRecord, &mut Transaction) -> Result<T, E> + Send + Sync,
    ) -> Result<(Result<T, E>, Revision), NoAccount> {
        let cell = self.view.cell(id).ok_or(NoAccount::NotHere(id))?;
        let (wanted, none) = ([RecordKey::Account(id)], &|_: &_| Ok(Vec::new()));
        let (store, vault) = (&*self.store, cell.vault());
        let done = transact(store, id, vault, &wanted, none, |transaction| {
            let mut record = transaction.account(self.view.master())?;
            let made = change(&mut record, transaction);
            if made.is_ok() {
                transaction.put_account(&record)?;
            }
            Ok(made)
        });
        let (made, revision) = done.await?;
        self.view.wait_for(revision, PATIENCE).await;
        Ok((made, revision))
    }
}

/// Gives the root user a key; returns its other keys that are active. Writes only where it succeeds.
fn give_key(
    root: &mut RootUser,
    key: &AccessKey,
    recovery: &Recovery,
    transaction: &mut Transaction,
) -> Result<Vec<AccessKeyId>, RecoverAccountError> {
    let keys = &mut root.access_keys;
    let replaced = match &recovery.replaced_key {
        None => None,
        Some(id) => {
            let place = keys.iter().position(|key| key.id.as_str() == id);
            let place = place.ok_or_else(|| RecoverAccountError::NoSuchKey(id.clone()))?;
            Some(keys.remove(place))
        }
    };
    if let ([first, second], Err(_)) = (&*keys.clone(), AccessKey::add(keys, key.clone())) {
        let (first, second) = (first.id.clone(), second.id.clone());
        return Err(RecoverAccountError::TwoKeys(first, second));
    }
    if let Some(replaced) = replaced {
        transaction.delete_last_used(&replaced.id);
    }
    let others = keys.iter_mut().filter(|other| other.id != key.id);
    let mut active = Vec::new();
    for other in others {
        if recovery.deactivates_keys {
            other.status = AccessKeyStatus::Inactive;
        }
        if other.status == AccessKeyStatus::Active {
            active.push(other.id.clone());
        }
    }
    Ok(active)
}
