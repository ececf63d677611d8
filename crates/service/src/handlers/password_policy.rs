//! The account's password policy.

use keyward_directory::{PasswordPolicy, Refusal};
use keyward_wire::{NoOutput, iam};

use super::settings::{change, whole_account};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

// SOURCE: spec/iam-entities.md §5; what stands for the domain is the account's number.
fn missing(caller: &Caller) -> Refusal {
    let account = caller.account();
    Refusal::not_found_text(format!(
        "The Password Policy with domain name {account} cannot be found."
    ))
}

/// Takes a number that the model bounds.
fn number<T: TryFrom<i32>>(sent: i32) -> Result<T, ServiceError> {
    T::try_from(sent).map_err(|_| ServiceError::validation("A number is out of its range."))
}

/// Reads the policy of a request: what is not said is as in a policy that says nothing, whatever was before.
fn sent(call: &iam::UpdateAccountPasswordPolicy) -> Result<PasswordPolicy, ServiceError> {
    let unset = PasswordPolicy::default();
    let length = call.minimum_password_length.map(number).transpose()?;
    Ok(PasswordPolicy {
        minimum_length: length.unwrap_or(unset.minimum_length),
        require_symbols: call.require_symbols.unwrap_or(false),
        require_numbers: call.require_numbers.unwrap_or(false),
        require_uppercase: call.require_uppercase_characters.unwrap_or(false),
        require_lowercase: call.require_lowercase_characters.unwrap_or(false),
        allow_users_to_change: call.allow_users_to_change_password.unwrap_or(false),
        max_age_days: call.max_password_age.map(number).transpose()?,
        reuse_prevention: call.password_reuse_prevention.map(number).transpose()?,
        hard_expiry: call.hard_expiry,
    })
}

fn shown(policy: &PasswordPolicy) -> iam::PasswordPolicy {
    iam::PasswordPolicy {
        minimum_password_length: i32::try_from(policy.minimum_length).ok(),
        require_symbols: Some(policy.require_symbols),
        require_numbers: Some(policy.require_numbers),
        require_uppercase_characters: Some(policy.require_uppercase),
        require_lowercase_characters: Some(policy.require_lowercase),
        allow_users_to_change_password: Some(policy.allow_users_to_change),
        expire_passwords: Some(policy.max_age_days.is_some()),
        max_password_age: policy.max_age_days.map(i32::from),
        password_reuse_prevention: policy.reuse_prevention.map(i32::from),
        hard_expiry: policy.hard_expiry,
    }
}

impl Operate for iam::UpdateAccountPasswordPolicy {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let policy = sent(&call)?;
        let ((), revision) = change(service, call.caller(), |settings| {
            settings.password_policy = Some(policy.clone());
            Ok(())
        })
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::GetAccountPasswordPolicy {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccountPasswordPolicyOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let policy = reader.settings().await?.password_policy;
        let policy = policy.ok_or_else(|| missing(call.caller()))?;
        let output = iam::GetAccountPasswordPolicyOutput {
            password_policy: shown(&policy),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeleteAccountPasswordPolicy {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let caller = call.caller();
        let ((), revision) = change(service, caller, |settings| {
            let policy = settings.password_policy.take();
            policy.map(drop).ok_or_else(|| missing(caller))
        })
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
