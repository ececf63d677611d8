//! Inline policies of users.

use keyward_directory::{Entity, InlinePolicyDocument, PolicyName, Refusal, User, UserName};
use keyward_records::RecordKey;
use keyward_wire::{NoOutput, PolicyDocument, iam};

use super::target::{existing_user, user_name};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::transaction::{Reader, Transaction};
use crate::{Service, ServiceError};

fn policy_name(name: &str) -> Result<PolicyName, Refusal> {
    PolicyName::parse(name).map_err(|_| Refusal::not_found(Entity::UserPolicy, name))
}

fn user_to_change(transaction: &Transaction, name: &UserName) -> Result<User, ServiceError> {
    let user = transaction.user(name)?;
    Ok(user.ok_or_else(|| Refusal::not_found(Entity::User, name))?)
}

async fn user_to_read(reader: &Reader, name: &UserName) -> Result<User, ServiceError> {
    let user = reader.user(name).await?;
    Ok(user.ok_or_else(|| Refusal::not_found(Entity::User, name))?)
}

impl Operate for iam::PutUserPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (user, name) = (user_name(&call.user_name)?, policy_name(&call.policy_name)?);
        let document = InlinePolicyDocument::check(&call.policy_document)?;
        let ((), revision) = service
            .transact(
                call.caller(),
                &[RecordKey::user(call.caller().account(), &user)],
                |transaction| {
                    let mut user = user_to_change(transaction, &user)?;
                    let owner = user.name.clone();
                    user.inline_policies.put(&owner, &name, &document)?;
                    transaction.put_user_policy(&user, &name, &document)
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::GetUserPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetUserPolicyOutput>, ServiceError> {
        let (user, name) = (user_name(&call.user_name)?, policy_name(&call.policy_name)?);
        let reader = service.reader(call.caller()).await?;
        let user = user_to_read(&reader, &user).await?;
        let document = reader.user_policy(&user.id, &name).await?;
        let document = document.ok_or_else(|| Refusal::not_found(Entity::UserPolicy, &name))?;
        let output = iam::GetUserPolicyOutput {
            user_name: user.name.to_string(),
            policy_name: name.to_string(),
            policy_document: PolicyDocument(document),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::ListUserPolicies {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListUserPoliciesOutput>, ServiceError> {
        let page = Page::read(call.max_items, call.marker.as_deref())?;
        let name = user_name(&call.user_name)?;
        let reader = service.reader(call.caller()).await?;
        let user = user_to_read(&reader, &name).await?;
        let names = user
            .inline_policies
            .iter()
            .map(|(name, _)| name.to_string());
        let fits = |name: &String| page.after.as_ref().is_none_or(|after| name > after);
        let mut policy_names: Vec<String> = names.filter(fits).collect();
        let marker = page.cut(&mut policy_names, String::clone);
        let output = iam::ListUserPoliciesOutput {
            policy_names,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeleteUserPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (user, name) = (user_name(&call.user_name)?, policy_name(&call.policy_name)?);
        let ((), revision) = service
            .transact(
                call.caller(),
                &[RecordKey::user(call.caller().account(), &user)],
                |transaction| {
                    let mut user = user_to_change(transaction, &user)?;
                    user.inline_policies.remove(&name)?;
                    transaction.delete_user_policy(&user, &name)
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
