//! A user's other credentials, read and changed as one record.

use keyward_directory::{CredentialStatus, Entity, Holder, Refusal, User, UserCredentials};
use keyward_records::{Cell, RecordKey};
use keyward_store::Revision;
use keyward_wire::iam;

use super::target::Subject;
use crate::authenticate::Caller;
use crate::page::Page;
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// Whose credentials a call is about, as the store knows it.
pub(super) struct Owner {
    /// Where they stand.
    pub(super) holder: Holder,
    /// The name that answers show: none for the root user.
    pub(super) name: String,
}

impl Owner {
    fn new(subject: &Subject, user: Option<User>) -> Result<Self, ServiceError> {
        Ok(match (subject, user) {
            (Subject::Root, _) => Self {
                holder: Holder::Root,
                name: String::new(),
            },
            (Subject::User(_), Some(user)) => Self {
                holder: Holder::User(user.id),
                name: user.name.to_string(),
            },
            (Subject::User(name), None) => {
                return Err(Refusal::not_found(Entity::User, name).into());
            }
        })
    }

    /// Finds the owner in a transaction that has read the user's record.
    fn find(transaction: &Transaction, subject: &Subject) -> Result<Self, ServiceError> {
        let user = match subject {
            Subject::Root => None,
            Subject::User(name) => transaction.get::<User>(Cell::user(name))?,
        };
        Self::new(subject, user)
    }

    fn cell(&self) -> Cell {
        Cell::UserCredentials(self.holder.clone())
    }
}

/// Takes the `UserName` parameter of an operation that the root user has nothing for.
// SOURCE: spec/iam-entities.md §6.
pub(super) fn user_only(name: Option<&str>, caller: &Caller) -> Result<Subject, ServiceError> {
    match Subject::read(name, caller)? {
        Subject::Root => Err(ServiceError::validation(
            "Must specify userName when calling with non-User credentials",
        )),
        subject @ Subject::User(_) => Ok(subject),
    }
}

/// Changes the credentials of a user or of the root user; `also` is read too.
pub(super) async fn change<T: Send>(
    service: &Service,
    caller: &Caller,
    subject: &Subject,
    also: &[Cell],
    mut edit: impl FnMut(&mut Transaction, &Owner, &mut UserCredentials) -> Result<T, ServiceError>
    + Send,
) -> Result<(T, Revision), ServiceError> {
    let account = caller.account();
    let user = match subject {
        Subject::Root => None,
        Subject::User(name) => Some(Cell::user(name)),
    };
    let wanted = user.into_iter().chain(also.iter().cloned());
    let wanted: Vec<RecordKey> = wanted.map(|cell| cell.of(account)).collect();
    service
        .transact_further(
            caller,
            &wanted,
            &|transaction| Ok(vec![Owner::find(transaction, subject)?.cell().of(account)]),
            |transaction| {
                let owner = Owner::find(transaction, subject)?;
                let found = transaction.get::<UserCredentials>(owner.cell())?;
                let mut credentials =
                    found.unwrap_or_else(|| UserCredentials::none(owner.holder.clone()));
                let made = edit(transaction, &owner, &mut credentials)?;
                if credentials.is_empty() {
                    transaction.delete(owner.cell());
                } else {
                    transaction.put(&credentials)?;
                }
                Ok(made)
            },
        )
        .await
}

/// Reads the credentials of a user or of the root user.
pub(super) async fn read(
    reader: &Reader,
    subject: &Subject,
) -> Result<(Owner, UserCredentials), ServiceError> {
    let user = match subject {
        Subject::Root => None,
        Subject::User(name) => reader.get::<User>(Cell::user(name)).await?,
    };
    let owner = Owner::new(subject, user)?;
    let found = reader.get::<UserCredentials>(owner.cell()).await?;
    let credentials = found.unwrap_or_else(|| UserCredentials::none(owner.holder.clone()));
    Ok((owner, credentials))
}

/// Cuts a short list to a page, and makes the marker of the next one, which names the last item shown.
pub(super) fn cut<T>(
    page: &Page,
    items: Vec<T>,
    id: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let last = page.after.as_ref();
    let last = last.and_then(|after| items.iter().position(|item| id(item) == *after));
    let rest = items.into_iter().skip(last.map_or(0, |last| last + 1));
    let mut rest: Vec<T> = rest.collect();
    let marker = page.cut(&mut rest, id);
    (rest, marker)
}

/// Takes the status that a credential is to have.
pub(super) fn sent_status(status: iam::StatusType) -> Result<CredentialStatus, Refusal> {
    match status {
        iam::StatusType::Active => Ok(CredentialStatus::Active),
        iam::StatusType::Inactive => Ok(CredentialStatus::Inactive),
        iam::StatusType::Expired => Err(Refusal::invalid_input(
            "Expired is not a status that a credential can be given.",
        )),
    }
}

/// Shows the status of a credential.
pub(super) fn status(status: CredentialStatus) -> iam::StatusType {
    match status {
        CredentialStatus::Active => iam::StatusType::Active,
        CredentialStatus::Inactive => iam::StatusType::Inactive,
    }
}
