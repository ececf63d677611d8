//! Passwords of users: login profiles, and a user's change of its own.

use keyward_directory::{
    Account, AccountSettings, Entity, LoginProfile, PasswordHash, PasswordReset, Refusal,
    RefusalKind, User, UserName, check_password,
};
use keyward_records::{Cell, RecordKey};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};
use zeroize::Zeroizing;

use super::access_key::subject_question;
use super::target::{Subject, existing_user, user_name};
use super::{Done, Operate, time};
use crate::authenticate::{Caller, root_arn};
use crate::authorize::{Authorized, Question};
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// How often a new password is checked again because the user's password changed meanwhile.
const MOST_TRIES: usize = 5;

/// What a new password is checked against, at one revision.
struct Known {
    user: User,
    settings: AccountSettings,
    account: Account,
}

impl Known {
    async fn read(
        service: &Service,
        caller: &Caller,
        name: &UserName,
    ) -> Result<Self, ServiceError> {
        let reader = service.reader(caller).await?;
        let user = reader.get::<User>(Cell::user(name)).await?;
        Ok(Self {
            user: user.ok_or_else(|| missing_user(name))?,
            settings: reader.settings().await?,
            account: reader.account(service.view().master()).await?.account,
        })
    }

    fn profile(&self, name: &UserName) -> Result<&LoginProfile, Refusal> {
        let profile = self.user.login_profile.as_ref();
        profile.ok_or_else(|| missing_profile(name))
    }

    /// Checks a new password by the account's policy, all but whether it was set before.
    fn check(&self, password: &str) -> Result<(), Refusal> {
        let account = [self.account.name.as_str(), self.account.root.email.as_str()];
        check_password(self.settings.password_policy.as_ref(), password, &account)
    }

    /// Checks whether the password was set before, and hashes it.
    async fn accept(
        &self,
        service: &Service,
        name: &UserName,
        password: &Zeroizing<String>,
    ) -> Result<PasswordHash, ServiceError> {
        self.check(password)?;
        let policy = self.settings.password_policy.as_ref();
        let forbidden = self.profile(name)?.forbidden(policy).cloned().collect();
        if service.passwords().is_one_of(password, forbidden).await? {
            return Err(Refusal::password_reused().into());
        }
        service.passwords().hash(password, service.entropy()).await
    }

    /// Returns whether what the password was checked against is still so.
    fn holds(&self, user: &User, settings: &AccountSettings) -> bool {
        self.user.id == user.id
            && self.user.login_profile == user.login_profile
            && self.settings.password_policy == settings.password_policy
    }
}

fn missing_user(name: &UserName) -> Refusal {
    Refusal::not_found(Entity::User, name)
}

fn missing_profile(name: &UserName) -> Refusal {
    Refusal::not_found(Entity::LoginProfile, name)
}

/// Takes the user that a call is about; the root user has no login profile.
// SOURCE: spec/iam-entities.md §6 (the text); only a session that assumed the root user of a member account leaves the
// name out and means that root user.
fn subject(name: Option<&str>, caller: &Caller) -> Result<UserName, ServiceError> {
    match Subject::read(name, caller)? {
        Subject::User(name) => Ok(name),
        Subject::Root => Err(ServiceError::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// Names the records that a change of a password depends on.
fn wanted(caller: &Caller, name: &UserName) -> [RecordKey; 2] {
    let account = caller.account();
    [Cell::user(name).of(account), Cell::Settings.of(account)]
}

fn user_in(transaction: &Transaction, name: &UserName) -> Result<User, ServiceError> {
    let user = transaction.get::<User>(Cell::user(name))?;
    Ok(user.ok_or_else(|| missing_user(name))?)
}

fn secret(sent: &keyward_wire::Sensitive<String>) -> Zeroizing<String> {
    Zeroizing::new(sent.expose().clone())
}

fn shown(user: &User, profile: &LoginProfile) -> iam::LoginProfile {
    iam::LoginProfile {
        user_name: user.name.to_string(),
        create_date: time(profile.created),
        password_reset_required: Some(profile.reset == PasswordReset::Required),
    }
}

impl Operate for iam::CreateLoginProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateLoginProfileOutput>, ServiceError> {
        let caller = call.caller();
        let name = subject(call.user_name.as_deref(), caller)?;
        let Some(password) = call.password.as_ref().map(secret) else {
            return Err(ServiceError::validation(
                "1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not \
                 be null",
            ));
        };
        let reset = PasswordReset::from_parameter(call.password_reset_required.unwrap_or(false));
        let exists = || Refusal::already_exists(Entity::LoginProfile, &name);
        let now = service.now().timestamp();
        for _ in 0..MOST_TRIES {
            let known = Known::read(service, caller, &name).await?;
            if known.user.login_profile.is_some() {
                return Err(exists().into());
            }
            known.check(&password)?;
            let hash = service
                .passwords()
                .hash(&password, service.entropy())
                .await?;
            let profile = LoginProfile::new(hash, reset, now);
            let (user, revision) = service
                .transact(caller, &wanted(caller, &name), |transaction| {
                    let mut user = user_in(transaction, &name)?;
                    if user.login_profile.is_some() {
                        return Err(exists().into());
                    }
                    if !known.holds(&user, &transaction.settings()?) {
                        return Ok(None);
                    }
                    user.login_profile = Some(profile.clone());
                    transaction.put(&user)?;
                    Ok(Some(user))
                })
                .await?;
            if let Some(user) = user {
                let login_profile = shown(&user, &profile);
                let output = iam::CreateLoginProfileOutput { login_profile };
                return Ok(Done::at(revision, output));
            }
        }
        Err(ServiceError::Busy)
    }
}

impl Operate for iam::GetLoginProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetLoginProfileOutput>, ServiceError> {
        let name = subject(call.user_name.as_deref(), call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let user = reader.get::<User>(Cell::user(&name)).await?;
        let user = user.ok_or_else(|| missing_user(&name))?;
        let profile = user.login_profile.as_ref();
        let profile = profile.ok_or_else(|| missing_profile(&name))?;
        let login_profile = shown(&user, profile);
        let output = iam::GetLoginProfileOutput { login_profile };
        Ok(Done::at(reader.revision(), output))
    }
}

/// Puts a new password in the place of a user's, checked against what is known, until that is still so at the commit.
///
/// `old` is what the caller must know of the present one; `reset`, whether the user must set another when it signs in.
async fn replace(
    service: &Service,
    caller: &Caller,
    name: &UserName,
    old: Option<&Zeroizing<String>>,
    new: Option<&Zeroizing<String>>,
    reset: Option<PasswordReset>,
) -> Result<Revision, ServiceError> {
    let now = service.now().timestamp();
    for _ in 0..MOST_TRIES {
        let known = Known::read(service, caller, name).await?;
        let present = vec![known.profile(name)?.password.clone()];
        if let Some(old) = old
            && !service.passwords().is_one_of(old, present).await?
        {
            // SOURCE: spec/iam-entities.md §5.
            let message = "The old password was incorrect.";
            return Err(ServiceError::AccessDenied(message.to_owned()));
        }
        let hash = match new {
            None => None,
            Some(password) => Some(known.accept(service, name, password).await?),
        };
        let (done, revision) = service
            .transact(caller, &wanted(caller, name), |transaction| {
                let mut user = user_in(transaction, name)?;
                if !known.holds(&user, &transaction.settings()?) {
                    return Ok(false);
                }
                let profile = user.login_profile.as_mut();
                let profile = profile.ok_or_else(|| missing_profile(name))?;
                if let Some(hash) = &hash {
                    profile.replace_password(hash.clone(), now);
                }
                profile.reset = reset.unwrap_or(profile.reset);
                transaction.put(&user)?;
                Ok(true)
            })
            .await?;
        if done {
            return Ok(revision);
        }
    }
    Err(ServiceError::Busy)
}

impl Operate for iam::UpdateLoginProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = user_name(&call.user_name)?;
        let password = call.password.as_ref().map(secret);
        let reset = call
            .password_reset_required
            .map(PasswordReset::from_parameter);
        let caller = call.caller();
        let revision = replace(service, caller, &name, None, password.as_ref(), reset).await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteLoginProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let caller = call.caller();
        let name = subject(call.user_name.as_deref(), caller)?;
        let wanted = [Cell::user(&name).of(caller.account())];
        let ((), revision) = service
            .transact(caller, &wanted, |transaction| {
                let mut user = user_in(transaction, &name)?;
                let profile = user.login_profile.take();
                profile.ok_or_else(|| missing_profile(&name))?;
                transaction.put(&user)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ChangePassword {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(match caller.user() {
            Some(user) => existing_user(user.name.as_str(), caller),
            None if caller.is_root() => Question::about(root_arn(caller.account())),
            None => Question::about(caller.arn().to_owned()),
        })
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let caller = call.caller();
        let Some(user) = caller.user() else {
            return Err(Refusal::other(
                RefusalKind::InvalidUserType,
                "Only IAM Users can change their own password.",
            )
            .into());
        };
        let (old, new) = (secret(&call.old_password), secret(&call.new_password));
        let reset = Some(PasswordReset::NotRequired);
        let revision = replace(service, caller, &user.name, Some(&old), Some(&new), reset).await?;
        Ok(Done::at(revision, NoOutput))
    }
}
