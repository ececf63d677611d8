//! What the operator is told of an account whose owner does not get in: its state, and never a secret.

use keyward_arn::{AccountId, Partition};
use keyward_directory::{
    AccessKey, AccessKeyStatus, AccountAlias, Role, RoleName, Timestamp, User, UserName,
    VirtualMfaDevice,
};
use keyward_records::{Cell, Kind, RecordKey, decode_alias_owner};
use keyward_store::Store;
use keyward_wire::Timestamp as Shown;

use super::{AccountSummary, NoAccount};
use crate::handlers::root_devices;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// User names that are looked through for one that is like what was typed.
const NAMES: usize = 10_000;

/// The state of an account. Times are such as `2026-01-01T00:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// As lists show it.
    pub summary: AccountSummary,
    /// Its alias.
    pub alias: Option<String>,
    /// Days for which passwords of users are good.
    pub max_age_days: Option<u16>,
    /// Whether users can't change a password that has expired.
    pub hard_expiry: bool,
    /// The root user.
    pub root: RootState,
    /// How many users there are.
    pub users: usize,
    /// How many of them have a password.
    pub users_with_password: usize,
    /// How many access keys of users are active.
    pub active_keys: usize,
    /// When a user's password or access key was last used.
    pub last_activity: Option<String>,
    /// The user that was asked for.
    pub user: Option<UserState>,
    /// Where there is no such user, the names that there are.
    pub names: Vec<String>,
    /// Whether a role has the name that was asked for.
    pub is_role: bool,
}

/// The root user of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootState {
    /// The serial numbers of its MFA devices.
    pub mfa_devices: Vec<String>,
    /// Its access keys.
    pub access_keys: Vec<KeyState>,
}

/// An access key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// Such as `AKIA…`.
    pub id: String,
    /// Whether it authenticates.
    pub is_active: bool,
    /// When it was made.
    pub created: String,
    /// When it was last used.
    pub last_used: Option<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserState {
    /// Its name as it is written.
    pub name: String,
    /// Its password; `None` where it has none.
    pub password: Option<PasswordState>,
    /// The serial numbers of its MFA devices.
    pub mfa_devices: Vec<String>,
    /// Virtual MFA devices of its name that were made and never enabled.
    pub orphans: Vec<String>,
}

/// A password, without anything that it could be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordState {
    /// When it was last set.
    pub changed: String,
    /// When it was last used.
    pub last_used: Option<String>,
    /// Whether a new one must be set at the next sign-in.
    pub must_change: bool,
}

impl Service {
    /// Returns the state of an account that is named by its id, its alias or its root user's address, and of a user in it.
    /// Leaves an event: what is told proves who somebody is.
    ///
    /// # Errors
    /// [`NoAccount`].
    pub async fn account_state(
        &self,
        named: &str,
        user: Option<&str>,
    ) -> Result<AccountState, NoAccount> {
        let found = self.find_state(named, user).await;
        let (account, error) = match &found {
            Ok(state) => (Some(state.summary.id), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let parameters: Vec<(&str, &str)> = std::iter::once(("account", named))
            .chain(user.map(|user| ("userName", user)))
            .collect();
        let name = "GetAccountState";
        self.leave_operator_event_about(name, account, &parameters, error.as_deref());
        found
    }

    async fn find_state(&self, named: &str, user: Option<&str>) -> Result<AccountState, NoAccount> {
        let id = self.find_account(named).await?;
        let missing = || NoAccount::NotHere(id);
        let cell = self.view.cell(id).ok_or_else(missing)?;
        let reader = Reader::open(&*self.store, id, cell.vault()).await?;
        let account = reader.account(self.view.master()).await?.account;
        let settings = reader.settings().await?;
        let users = reader.all::<User>(&Kind::Users).await?;
        let devices = reader
            .all::<VirtualMfaDevice>(&Kind::VirtualMfaDevices)
            .await?;
        let serial = |device: &VirtualMfaDevice| device.serial_number(Partition::default(), id);
        let root_devices = root_devices(&reader).await?.into_iter();
        let root = RootState {
            mfa_devices: root_devices
                .map(|(_, serial_number)| serial_number)
                .collect(),
            access_keys: keys(&reader, &account.root.access_keys).await?,
        };
        let asked = user.and_then(|name| UserName::parse(name).ok());
        let found = match &asked {
            None => None,
            Some(name) => reader.get::<User>(Cell::user(name)).await?,
        };
        let role = user.and_then(|name| RoleName::parse(name).ok());
        let is_role = match &role {
            Some(name) if found.is_none() => reader.get::<Role>(Cell::role(name)).await?.is_some(),
            Some(_) | None => false,
        };
        let names = match (user, &found) {
            (Some(_), None) => users
                .iter()
                .take(NAMES)
                .map(|it| it.name.to_string())
                .collect(),
            (None, _) | (Some(_), Some(_)) => Vec::new(),
        };
        let policy = settings.password_policy.as_ref();
        Ok(AccountState {
            alias: settings.alias.as_ref().map(ToString::to_string),
            max_age_days: policy.and_then(|policy| policy.max_age_days),
            hard_expiry: policy.and_then(|policy| policy.hard_expiry) == Some(true),
            root,
            users_with_password: users.iter().filter(|it| it.login_profile.is_some()).count(),
            active_keys: users.iter().map(active_keys).sum(),
            last_activity: last_activity(&reader, &users).await?,
            users: users.len(),
            user: found.map(|it| user_state(&it, &devices, serial)),
            names,
            is_role,
            summary: AccountSummary {
                id,
                name: account.name,
                email: account.root.email.as_str().to_owned(),
                status: account.status,
                created: shown(account.created),
            },
        })
    }

    /// Finds an account by its id, with hyphens or without, its alias, or its root user's address.
    async fn find_account(&self, named: &str) -> Result<AccountId, NoAccount> {
        if let Ok(id) = AccountId::parse(&named.replace('-', "")) {
            return Ok(id);
        }
        if let Ok(alias) = AccountAlias::parse(named)
            && let Some(id) = alias_owner(&*self.store, alias).await?
        {
            return Ok(id);
        }
        let accounts = self.accounts().await?;
        let mut fitting = accounts
            .iter()
            .filter(|account| account.email.eq_ignore_ascii_case(named));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one.id),
            (None, _) => Err(NoAccount::Named(named.to_owned())),
            (Some(one), Some(other)) => Err(NoAccount::Several(named.to_owned(), one.id, other.id)),
        }
    }
}

async fn alias_owner(
    store: &dyn Store,
    alias: AccountAlias,
) -> Result<Option<AccountId>, ServiceError> {
    let snapshot = store.snapshot().await?;
    let found = snapshot.get(&RecordKey::Alias(alias).encode()).await?;
    let owner = found.map(|found| decode_alias_owner(&found.value));
    Ok(owner.transpose()?)
}

fn shown(time: Timestamp) -> String {
    Shown(time.unix_seconds()).to_string()
}

fn active_keys(user: &User) -> usize {
    let is_active = |key: &&AccessKey| key.status == AccessKeyStatus::Active;
    user.access_keys.iter().filter(is_active).count()
}

async fn keys(reader: &Reader, keys: &[AccessKey]) -> Result<Vec<KeyState>, ServiceError> {
    let mut states = Vec::new();
    for key in keys {
        states.push(KeyState {
            id: key.id.to_string(),
            is_active: key.status == AccessKeyStatus::Active,
            created: shown(key.created),
            last_used: reader.last_used(&key.id).await?.map(|used| shown(used.at)),
        });
    }
    Ok(states)
}

/// Returns when a user last did anything.
async fn last_activity(reader: &Reader, users: &[User]) -> Result<Option<String>, ServiceError> {
    let mut last: Option<Timestamp> = None;
    for user in users {
        let password = user.login_profile.as_ref();
        last = last.max(password.and_then(|password| password.last_used));
        for key in &user.access_keys {
            last = last.max(reader.last_used(&key.id).await?.map(|used| used.at));
        }
    }
    Ok(last.map(shown))
}

fn user_state(
    user: &User,
    devices: &[VirtualMfaDevice],
    serial: impl Fn(&VirtualMfaDevice) -> String,
) -> UserState {
    // The console's wizard calls the device as its user.
    let is_of_name = |device: &&VirtualMfaDevice| {
        device.is_orphan()
            && device
                .name
                .as_str()
                .eq_ignore_ascii_case(user.name.as_str())
    };
    UserState {
        name: user.name.to_string(),
        password: user.login_profile.as_ref().map(|profile| PasswordState {
            changed: shown(profile.changed),
            last_used: profile.last_used.map(shown),
            must_change: profile.reset == keyward_directory::PasswordReset::Required,
        }),
        mfa_devices: user.mfa_devices.clone(),
        orphans: devices.iter().filter(is_of_name).map(serial).collect(),
    }
}
