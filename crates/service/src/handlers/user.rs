//! Users: create, get, list, rename, delete, tags.

use keyward_arn::Path;
use keyward_directory::{
    Entity, Holder, NewUser, PolicyUsage, Quota, Refusal, Renaming, Tags, User, UserCredentials,
    UserName,
};
use keyward_records::{Cell, Counter, Kind, Link, Record, RecordKey};
use keyward_wire::{NoOutput, iam};

use super::managed::shown_boundary;
use super::tags::{Taggable, sent_tags, some_tags, tagging_new};
use super::target::{Renamed, Subject, existing_user, user_arn, user_name, users_arn};
use super::{Done, Operate, managed, time};
use crate::authenticate::{Caller, root_arn};
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// Shows a user.
pub(crate) fn shown(user: &User, caller: &Caller, tags: Showing) -> iam::User {
    iam::User {
        path: Some(user.path.to_string()),
        user_name: Some(user.name.to_string()),
        user_id: user.id.to_string(),
        arn: user.arn(keyward_arn::Partition::default(), caller.account()),
        create_date: time(user.created),
        password_last_used: user
            .login_profile
            .as_ref()
            .and_then(|profile| profile.last_used)
            .map(time),
        tags: match tags {
            Showing::WithTags => some_tags(&user.tags),
            Showing::WithoutTags => None,
        },
        permissions_boundary: match tags {
            Showing::WithTags => user.permissions_boundary.as_ref().map(shown_boundary),
            Showing::WithoutTags => None,
        },
    }
}

/// Whether an answer shows tags and the permissions boundary: lists do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Showing {
    WithTags,
    WithoutTags,
}

/// Takes a path of a request, which the model's pattern has passed.
pub(crate) fn sent_path(path: Option<&str>) -> Result<Path, ServiceError> {
    let path = path
        .map(|path| Path::parse(path).map_err(|error| ServiceError::validation(error.to_string())));
    Ok(path.transpose()?.unwrap_or_default())
}

/// Takes the name of a user to be.
fn new_name(name: &str) -> Result<UserName, ServiceError> {
    UserName::parse(name).map_err(|error| ServiceError::validation(error.to_string()))
}

fn missing(name: &UserName) -> ServiceError {
    Refusal::not_found(Entity::User, name).into()
}

impl Taggable for User {
    const QUOTA: Quota = Quota::TagsPerUser;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(named, caller))
    }

    fn place_of(named: &str, _caller: &Caller) -> Result<Cell, ServiceError> {
        Ok(Cell::user(&user_name(named)?))
    }

    fn missing(named: &str) -> ServiceError {
        Refusal::not_found(Entity::User, named).into()
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::CreateUser {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        Ok(
            Question::about(user_arn(caller.account(), &path, &self.user_name))
                .request_tags(&sent_tags(self.tags.as_ref()))
                .key(
                    "iam:PermissionsBoundary",
                    self.permissions_boundary.as_deref(),
                ),
        )
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagUser", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateUserOutput>, ServiceError> {
        let request = NewUser {
            name: new_name(&call.user_name)?,
            path: sent_path(call.path.as_deref())?,
            tags: sent_tags(call.tags.as_ref()),
            permissions_boundary: managed::sent_boundary(call.permissions_boundary.as_deref())?,
        };
        let random = draw(service.entropy());
        let now = service.now().timestamp();
        let account = call.caller().account();
        let boundary = request.permissions_boundary.as_ref();
        let mut wanted = managed::wanted(account, boundary);
        wanted.push(Cell::user(&request.name).of(account));
        let (user, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let existing = transaction.get::<User>(Cell::user(&request.name))?;
                let user = User::create(account, existing.as_ref(), request.clone(), random, now)?;
                if let Some(boundary) = boundary {
                    managed::check_boundary(transaction, account, boundary)?;
                    managed::link(transaction, boundary, PolicyUsage::Boundary, &user)?;
                }
                transaction.count_in(Counter::Users);
                transaction.put(&user)?;
                Ok(user)
            })
            .await?;
        let user = Some(shown(&user, call.caller(), Showing::WithTags));
        Ok(Done::at(revision, iam::CreateUserOutput { user }))
    }
}

impl Operate for iam::GetUser {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Subject::read(self.user_name.as_deref(), caller)?.question(caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetUserOutput>, ServiceError> {
        let caller = call.caller();
        let reader = service.reader(caller).await?;
        let user = match Subject::read(call.user_name.as_deref(), caller)? {
            Subject::Root => root_user(&reader.account(service.view().master()).await?.account),
            Subject::User(name) => {
                let user = reader.get::<User>(Cell::user(&name)).await?;
                let user = user.ok_or_else(|| missing(&name))?;
                shown(&user, caller, Showing::WithTags)
            }
        };
        Ok(Done::at(reader.revision(), iam::GetUserOutput { user }))
    }
}

/// Shows the root user, which has neither path nor name.
// SOURCE: spec/iam-entities.md §6.
pub(super) fn root_user(account: &keyward_directory::Account) -> iam::User {
    iam::User {
        user_id: account.id.to_string(),
        arn: root_arn(account.id),
        create_date: time(account.created),
        ..iam::User::default()
    }
}

impl Operate for iam::ListUsers {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about(users_arn(
            caller.account(),
            self.path_prefix.as_deref().unwrap_or("/"),
        )))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListUsersOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let below = |user: &User| user.path.as_str().starts_with(prefix);
        let (users, marker) = reader.page::<User>(&Kind::Users, &page, below).await?;
        let shown = users
            .iter()
            .map(|user| shown(user, call.caller(), Showing::WithoutTags));
        let output = iam::ListUsersOutput {
            users: shown.collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateUser {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        if self.new_user_name.is_none() && self.new_path.is_none() {
            return Ok(Vec::new());
        }
        let before = UserName::parse(&self.user_name)
            .ok()
            .and_then(|name| caller.cell().user(&name).cloned());
        let renamed = Renamed {
            kind: "user",
            name: self.new_user_name.as_deref().unwrap_or(&self.user_name),
            path: self.new_path.as_deref(),
        };
        let before = before.as_ref().map(|user| (user.arn.as_str(), &user.tags));
        Ok(vec![renamed.question(before, caller)?])
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let before = user_name(&call.user_name)?;
        let renaming = Renaming {
            name: call.new_user_name.as_deref().map(new_name).transpose()?,
            path: call
                .new_path
                .as_deref()
                .map(|path| sent_path(Some(path)))
                .transpose()?,
        };
        let names = std::iter::once(&before).chain(&renaming.name);
        let wanted: Vec<RecordKey> = names
            .map(|name| Cell::user(name).of(call.caller().account()))
            .collect();
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let user = transaction.get::<User>(Cell::user(&before))?;
                let user = user.ok_or_else(|| missing(&before))?;
                let taken = match &renaming.name {
                    Some(name) => transaction.get::<User>(Cell::user(name))?,
                    None => None,
                };
                let old = user.clone();
                let renamed = user.rename(renaming.clone(), taken.as_ref())?;
                managed::move_links(transaction, &old, &renamed)?;
                move_memberships(transaction, &old, &renamed)?;
                transaction.rename(&old.cell(), &renamed)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

/// Moves the memberships of a renamed user to its new name.
fn move_memberships(
    transaction: &mut Transaction,
    before: &User,
    after: &User,
) -> Result<(), ServiceError> {
    let link = Link {
        name: after.name.to_string(),
        id: after.id.clone(),
        path: after.path.to_string(),
    };
    for group in &after.groups {
        transaction.delete(Cell::Member(group.clone(), before.name.folded()));
        transaction.put_link(Cell::Member(group.clone(), after.name.folded()), &link)?;
    }
    Ok(())
}

impl Operate for iam::DeleteUser {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = user_name(&call.user_name)?;
        let account = call.caller().account();
        let ((), revision) = service
            .transact_further(
                call.caller(),
                &[Cell::user(&name).of(account)],
                &|transaction| {
                    let user = transaction.get::<User>(Cell::user(&name))?;
                    let cell = user.map(|user| Cell::UserCredentials(Holder::User(user.id)));
                    Ok(cell.map(|cell| cell.of(account)).into_iter().collect())
                },
                |transaction| {
                    let user = transaction.get::<User>(Cell::user(&name))?;
                    let user = user.ok_or_else(|| missing(&name))?;
                    user.check_deletion()?;
                    let cell = Cell::UserCredentials(Holder::User(user.id.clone()));
                    if let Some(credentials) = transaction.get::<UserCredentials>(cell)? {
                        credentials.check_deletion()?;
                    }
                    if let Some(boundary) = &user.permissions_boundary {
                        managed::unlink(transaction, boundary, PolicyUsage::Boundary, &user);
                    }
                    transaction.delete(Cell::Accesses(user.id.clone()));
                    transaction.delete(user.cell());
                    transaction.count_out(Counter::Users);
                    Ok(())
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
