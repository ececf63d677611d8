//! Access keys of users and of the root user.

use std::sync::Arc;

use keyward_arn::AccessKeyId;
use keyward_directory::{AccessKey, AccessKeyStatus, Entity, LastUsed, Refusal, User};
use keyward_records::{Cell, RecordKey};
use keyward_view::{Key, KeyOwner};
use keyward_wire::{NoOutput, Sensitive, iam};

use super::credentials::cut;
use super::target::{Subject, about_user};
use super::{Done, Operate, Shown, time};
use crate::authenticate::{Caller, root_arn};
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// Asks about the user that the `UserName` parameter names, or about the caller.
pub(super) fn subject_question(
    name: Option<&str>,
    caller: &Caller,
) -> Result<Question, ServiceError> {
    match Subject::read(name, caller) {
        Ok(subject) => Ok(subject.question(caller)),
        Err(error) => match name {
            // A name that no user can have: asked about as it was sent, and refused after the decision.
            Some(name) => Ok(super::target::existing_user(name, caller)),
            None => Err(error),
        },
    }
}

/// Edits the keys of a user or of the root user within a transaction.
fn edit_keys(
    service: &Service,
    transaction: &mut Transaction,
    subject: &Subject,
    edit: impl FnOnce(&mut Vec<AccessKey>) -> Result<(), Refusal>,
) -> Result<(), ServiceError> {
    match subject {
        Subject::Root => {
            let mut record = transaction.account(service.view().master())?;
            edit(&mut record.account.root.access_keys)?;
            transaction.put_account(&record)
        }
        Subject::User(name) => {
            let user = transaction.get::<User>(Cell::user(name))?;
            let mut user = user.ok_or_else(|| Refusal::not_found(Entity::User, name))?;
            edit(&mut user.access_keys)?;
            transaction.put(&user)
        }
    }
}

/// Returns the key of the record that holds the keys.
fn record(subject: &Subject, caller: &Caller) -> RecordKey {
    match subject {
        Subject::Root => RecordKey::Account(caller.account()),
        Subject::User(name) => Cell::user(name).of(caller.account()),
    }
}

/// Returns the name that answers give the owner of keys: none for the root user.
fn owner_name(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Root => None,
        Subject::User(name) => Some(name.to_string()),
    }
}

fn status(status: AccessKeyStatus) -> iam::StatusType {
    match status {
        AccessKeyStatus::Active => iam::StatusType::Active,
        AccessKeyStatus::Inactive => iam::StatusType::Inactive,
    }
}

fn key_id(id: &str) -> Result<AccessKeyId, ServiceError> {
    AccessKeyId::parse(id).map_err(|_| Refusal::not_found(Entity::AccessKey, id).into())
}

impl Operate for iam::CreateAccessKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateAccessKeyOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let key = AccessKey::mint(
            call.caller().account(),
            draw(service.entropy()),
            draw(service.entropy()),
            service.now().timestamp(),
        );
        let ((), revision) = service
            .transact(
                call.caller(),
                &[record(&subject, call.caller())],
                |transaction| {
                    edit_keys(service, transaction, &subject, |keys| {
                        AccessKey::add(keys, key.clone())
                    })
                },
            )
            .await?;
        let access_key = iam::AccessKey {
            user_name: owner_name(&subject).unwrap_or_default(),
            access_key_id: key.id.to_string(),
            status: status(key.status),
            secret_access_key: Sensitive::new(key.secret.expose().to_owned()),
            create_date: Some(time(key.created)),
        };
        Ok(Done::at(
            revision,
            iam::CreateAccessKeyOutput { access_key },
        ))
    }
}

impl Operate for iam::ListAccessKeys {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListAccessKeysOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let keys = match &subject {
            Subject::Root => {
                reader
                    .account(service.view().master())
                    .await?
                    .account
                    .root
                    .access_keys
            }
            Subject::User(name) => {
                let user = reader.get::<User>(Cell::user(name)).await?;
                user.ok_or_else(|| Refusal::not_found(Entity::User, name))?
                    .access_keys
            }
        };
        // In the order in which they were made.
        let (keys, marker) = cut(&page, keys, |key| key.id.to_string());
        let shown = keys.iter().map(|key| iam::AccessKeyMetadata {
            user_name: owner_name(&subject),
            access_key_id: Some(key.id.to_string()),
            status: Some(status(key.status)),
            create_date: Some(time(key.created)),
        });
        let output = iam::ListAccessKeysOutput {
            access_key_metadata: shown.collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateAccessKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let wanted = match call.status {
            iam::StatusType::Active => AccessKeyStatus::Active,
            iam::StatusType::Inactive => AccessKeyStatus::Inactive,
            iam::StatusType::Expired => {
                let message = "Expired is not a status that an access key can be given.";
                return Err(Refusal::invalid_input(message).into());
            }
        };
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let id = key_id(&call.access_key_id)?;
        let ((), revision) = service
            .transact(
                call.caller(),
                &[record(&subject, call.caller())],
                |transaction| {
                    edit_keys(service, transaction, &subject, |keys| {
                        AccessKey::set_status(keys, &id, wanted)
                    })
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteAccessKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let id = key_id(&call.access_key_id)?;
        let ((), revision) = service
            .transact(
                call.caller(),
                &[record(&subject, call.caller())],
                |transaction| {
                    transaction.delete_last_used(&id);
                    edit_keys(service, transaction, &subject, |keys| {
                        AccessKey::remove(keys, &id)
                    })
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

/// Finds a key of the caller's account.
fn own_key(caller: &Caller, id: &str) -> Option<Arc<Key>> {
    caller.cell().key(id).cloned()
}

impl Operate for iam::GetAccessKeyLastUsed {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let question = match own_key(caller, &self.access_key_id)
            .as_ref()
            .map(|key| &key.owner)
        {
            Some(KeyOwner::User(user)) => about_user(user),
            Some(KeyOwner::Root) => Question::about(root_arn(caller.account())),
            None => Question::about("*".to_owned()),
        };
        Ok(question.shown(Shown::Text(format!("access key {}", self.access_key_id))))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccessKeyLastUsedOutput>, ServiceError> {
        let missing = || Refusal::not_found(Entity::AccessKey, &call.access_key_id);
        let key = own_key(call.caller(), &call.access_key_id).ok_or_else(missing)?;
        let reader = service.reader(call.caller()).await?;
        let stored = reader.last_used(&key.id).await?;
        let used = key
            .used()
            .latest()
            .into_iter()
            .chain(stored)
            .max_by_key(|used| used.at);
        let user_name = match &key.owner {
            KeyOwner::Root => None,
            KeyOwner::User(user) => Some(user.name.to_string()),
        };
        let output = iam::GetAccessKeyLastUsedOutput {
            user_name,
            access_key_last_used: Some(shown_use(used)),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

// SOURCE: spec/iam-entities.md §6.
fn shown_use(used: Option<LastUsed>) -> iam::AccessKeyLastUsed {
    match used {
        Some(used) => iam::AccessKeyLastUsed {
            last_used_date: Some(time(used.at)),
            service_name: used.service,
            region: used.region,
        },
        None => iam::AccessKeyLastUsed {
            last_used_date: None,
            service_name: "N/A".to_owned(),
            region: "N/A".to_owned(),
        },
    }
}
