//! What the operator of the installation does: makes accounts and looks at the whole.

mod account_state;
mod fido_devices;
mod mfa_devices;
mod recovery;
mod sessions;

use std::sync::Arc;

use keyward_arn::{AccessKeyId, AccountId};
use keyward_directory::{
    AccessKey, AccessKeyStatus, Account, AccountStatus, Email, PasswordHash, RootUser,
    SessionKeyRing, Timestamp,
};
use keyward_records::{AccountRecord, RecordKey, decode_account, encode_account};
use keyward_sigv4::SecretKey;
use keyward_store::{Commit, CommitError, Revision, scan_all};
use keyward_wire::Timestamp as Shown;
use zeroize::Zeroizing;

use crate::event::operator_event;
use crate::exchange::RequestId;
use crate::passwords::Passwords;
use crate::ports::{Entropy, draw};
use crate::{Service, ServiceError};

pub use account_state::{AccountState, KeyState, PasswordState, RootState, UserState};
pub use fido_devices::{NewFidoDevice, RegisterFidoDeviceError, RegisteredFidoDevice};
pub use mfa_devices::OrphanedMfaDevice;
pub use recovery::{RecoverAccountError, RecoveredAccount, Recovery};
pub use sessions::RevokeSessionError;

/// Accounts read at a time.
const PAGE: usize = 1000;
/// The alphabet of generated passwords, without characters that are mistaken for others.
const PASSWORD_ALPHABET: &[u8; 64] =
    b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_+=.:@";
/// Characters of a generated password: 144 bits.
const PASSWORD_LENGTH: usize = 24;

/// An account to be made; what is `None` is made at random.
#[derive(Debug, Default)]
pub struct NewAccount {
    /// The root user's address.
    pub email: String,
    /// What the operator calls the account.
    pub name: String,
    /// Twelve digits.
    pub id: Option<AccountId>,
    /// The root user's password.
    pub password: Option<Zeroizing<String>>,
    /// The root user's access key id.
    pub access_key_id: Option<String>,
    /// The root user's secret access key.
    pub secret_access_key: Option<SecretKey>,
}

/// A root user's password with its hash, which takes tens of milliseconds to make: a first start makes it while it
/// waits for the disk.
#[derive(Debug)]
pub struct HashedPassword {
    password: Zeroizing<String>,
    hash: PasswordHash,
}

impl HashedPassword {
    /// Hashes a password, or one made at random, away from the threads that answer requests.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] where it can't be hashed.
    pub async fn make(
        password: Option<Zeroizing<String>>,
        entropy: &dyn Entropy,
    ) -> Result<Self, ServiceError> {
        Self::make_by(&Passwords::default(), password, entropy).await
    }

    async fn make_by(
        passwords: &Passwords,
        password: Option<Zeroizing<String>>,
        entropy: &dyn Entropy,
    ) -> Result<Self, ServiceError> {
        let password = password.unwrap_or_else(|| random_password(entropy));
        let hash = passwords.hash(&password, entropy).await?;
        Ok(Self { password, hash })
    }
}

/// A new account with its secrets, which are shown this once.
#[derive(Debug)]
pub struct CreatedAccount {
    /// The account's id.
    pub id: AccountId,
    /// The root user's address.
    pub email: String,
    /// The root user's access key id.
    pub access_key_id: AccessKeyId,
    /// The root user's secret access key.
    pub secret_access_key: SecretKey,
    /// The root user's password.
    pub password: Zeroizing<String>,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// The access key id belongs to another account or is malformed.
    #[error("the access key id {0} is in use or is not 16 to 128 letters, digits and underscores")]
    AccessKeyId(String),
    /// The address is not one.
    #[error("{0}")]
    Email(#[from] keyward_directory::ParseEmailError),
    /// There is such an account.
    #[error("account {0} already exists")]
    Exists(AccountId),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Why the operator is not told of an account.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// Nothing goes by that name.
    #[error("{0} is no account of this installation, nor an alias or a root user's address")]
    Named(String),
    /// There is no such account.
    #[error("account {0} is not here")]
    NotHere(AccountId),
    /// Several accounts have the address.
    #[error(
        "{0} is the root user's address of several accounts, such as {1} and {2}: name one by its id"
    )]
    Several(String, AccountId, AccountId),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What a list of accounts shows of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account's id.
    pub id: AccountId,
    /// What the operator calls it.
    pub name: String,
    /// The root user's address.
    pub email: String,
    /// Whether it is in use.
    pub status: AccountStatus,
    /// When it was made, such as `2026-01-01T00:00:00Z`.
    pub created: String,
}

/// The state of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many accounts there are.
    pub accounts: usize,
    /// How many users there are in all of them.
    pub users: usize,
    /// The store's newest revision.
    pub store_revision: Revision,
    /// The revision that decisions are made at.
    pub view_revision: Revision,
    /// Whether requests are answered.
    pub ready: bool,
}

impl Service {
    /// Makes an account with its root user, and leaves an event of it.
    ///
    /// # Errors
    /// [`CreateAccountError`]; nothing was made then.
    pub async fn create_account(
        &self,
        new: NewAccount,
    ) -> Result<CreatedAccount, CreateAccountError> {
        self.record_creation(self.make_account(new, None).await)
    }

    /// Makes an account as [`create_account`](Self::create_account) does, with a password that was hashed before.
    ///
    /// # Errors
    /// [`CreateAccountError`]; nothing was made then.
    pub async fn create_account_with(
        &self,
        new: NewAccount,
        password: HashedPassword,
    ) -> Result<CreatedAccount, CreateAccountError> {
        self.record_creation(self.make_account(new, Some(password)).await)
    }

    fn record_creation(
        &self,
        made: Result<CreatedAccount, CreateAccountError>,
    ) -> Result<CreatedAccount, CreateAccountError> {
        match &made {
            Ok(created) => self.leave_operator_event("CreateAccount", Some(created.id), None),
            Err(error) => {
                self.leave_operator_event("CreateAccount", None, Some(&error.to_string()));
            }
        }
        made
    }

    pub(crate) fn leave_operator_event(
        &self,
        name: &str,
        account: Option<AccountId>,
        error: Option<&str>,
    ) {
        self.leave_operator_event_about(name, account, &[], error);
    }

    /// Leaves an event that names what it was about.
    pub(crate) fn leave_operator_event_about(
        &self,
        name: &str,
        account: Option<AccountId>,
        parameters: &[(&str, &str)],
        error: Option<&str>,
    ) {
        let event_id = RequestId::from_random(draw(self.entropy()));
        let line = operator_event(self.now(), &event_id, name, account, parameters, error);
        self.audit().record(line.as_bytes());
    }

    async fn make_account(
        &self,
        new: NewAccount,
        password: Option<HashedPassword>,
    ) -> Result<CreatedAccount, CreateAccountError> {
        let email = Email::parse(&new.email)?;
        let id = new
            .id
            .unwrap_or_else(|| AccountId::from_random(draw(self.entropy())));
        let created = self.now().timestamp();
        let key = self.root_key(&new, id, created)?;
        let HashedPassword { password, hash } = match password {
            Some(password) => password,
            None => HashedPassword::make_by(&self.passwords, new.password, self.entropy()).await?,
        };
        let account = Account {
            id,
            name: new.name,
            status: AccountStatus::Active,
            created,
            root: RootUser {
                email,
                password: hash,
                access_keys: vec![key.clone()],
            },
            session_keys: SessionKeyRing::default(),
        };
        let vault = self.view.master().create_vault(id, draw(self.entropy()));
        let vault = Arc::new(vault.map_err(ServiceError::internal)?);
        let value =
            encode_account(&AccountRecord { account, vault }).map_err(ServiceError::from)?;
        let place = RecordKey::Account(id).encode();
        match self
            .store
            .commit(Commit::new().if_absent(place.clone()).put(place, value))
            .await
        {
            Ok(revision) => {
                self.view.wait_for(revision, crate::PATIENCE).await;
            }
            Err(CommitError::Conflict { .. }) => return Err(CreateAccountError::Exists(id)),
            Err(error) => return Err(ServiceError::from(error).into()),
        }
        Ok(CreatedAccount {
            id,
            email: new.email,
            access_key_id: key.id,
            secret_access_key: key.secret,
            password,
        })
    }

    fn root_key(
        &self,
        new: &NewAccount,
        id: AccountId,
        now: Timestamp,
    ) -> Result<AccessKey, CreateAccountError> {
        let mut key = AccessKey::mint(id, draw(self.entropy()), draw(self.entropy()), now);
        if let Some(wanted) = &new.access_key_id {
            let refused = || CreateAccountError::AccessKeyId(wanted.clone());
            key.id = AccessKeyId::parse(wanted).map_err(|_| refused())?;
            if self.view.key(wanted).is_some() {
                return Err(refused());
            }
        }
        if let Some(secret) = &new.secret_access_key {
            key.secret = secret.clone();
        }
        key.status = AccessKeyStatus::Active;
        Ok(key)
    }

    /// Returns all accounts in the order of their ids.
    ///
    /// # Errors
    /// [`ServiceError`] where the store can't be read.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>, ServiceError> {
        let snapshot = self.store.snapshot().await?;
        let found = scan_all(&*snapshot, &RecordKey::accounts(), PAGE).await?;
        let summaries = found.iter().map(|(_, found)| {
            let account = decode_account(self.view.master(), &found.value)?.account;
            Ok(AccountSummary {
                id: account.id,
                name: account.name,
                email: account.root.email.as_str().to_owned(),
                status: account.status,
                created: Shown(account.created.unix_seconds()).to_string(),
            })
        });
        summaries.collect()
    }

    /// Returns the state of the installation.
    ///
    /// # Errors
    /// [`ServiceError`] where the store can't be read.
    pub async fn status(&self) -> Result<Status, ServiceError> {
        let cells = self.view.cells();
        Ok(Status {
            accounts: cells.len(),
            users: cells.iter().map(|cell| cell.user_count()).sum(),
            store_revision: self.store_revision().await?,
            view_revision: self.view.revision(),
            ready: self.readiness().is_ok(),
        })
    }
}

fn random_password(entropy: &dyn Entropy) -> Zeroizing<String> {
    let random: [u8; PASSWORD_LENGTH] = draw(entropy);
    let character = |byte: &u8| {
        PASSWORD_ALPHABET
            .get(usize::from(byte & 63))
            .map_or('x', |found| char::from(*found))
    };
    Zeroizing::new(random.iter().map(character).collect())
}
