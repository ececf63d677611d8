//! Groups: create, get, list, rename, delete, and who is in them.

use keyward_arn::{AccountId, Partition, UniqueId};
use keyward_directory::{Changed, Entity, Group, GroupName, GroupRenaming, Refusal, Tags, User};
use keyward_records::{Cell, Counter, Kind, Link, RecordKey, decode_link};
use keyward_wire::{NoOutput, iam};

use super::target::{
    Renamed, entity_arn, existing_group, existing_user, user_name as existing_user_name,
};
use super::user::{Showing, sent_path, shown as shown_user};
use super::{Done, Operate, managed, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// Shows a group.
fn shown(group: &Group, account: AccountId) -> iam::Group {
    iam::Group {
        path: group.path.to_string(),
        group_name: group.name.to_string(),
        group_id: group.id.to_string(),
        arn: group.arn(Partition::default(), account),
        create_date: time(group.created),
    }
}

/// Takes the name of a group to be.
fn new_name(name: &str) -> Result<GroupName, ServiceError> {
    GroupName::parse(name).map_err(|error| ServiceError::validation(error.to_string()))
}

/// Reads the name of a group that should exist.
fn group_name(name: &str) -> Result<GroupName, Refusal> {
    GroupName::parse(name).map_err(|_| Refusal::not_found(Entity::Group, name))
}

fn missing(name: &GroupName) -> ServiceError {
    Refusal::not_found(Entity::Group, name).into()
}

/// Returns the group of an id, which a user's record names.
///
/// # Errors
/// [`ServiceError::Internal`] where it is not there: a group that has members is not deleted.
pub(crate) async fn group_by_id(reader: &Reader, id: &UniqueId) -> Result<Group, ServiceError> {
    let absent = || ServiceError::internal("a user is in a group that is not there");
    let link = reader.link(Cell::GroupById(id.clone())).await?;
    let name = GroupName::parse(&link.ok_or_else(absent)?.name).map_err(ServiceError::internal)?;
    reader.get(Cell::group(&name)).await?.ok_or_else(absent)
}

/// Writes a group, and the name that its id leads to.
fn put(transaction: &mut Transaction, group: &Group) -> Result<(), ServiceError> {
    let link = Link {
        name: group.name.to_string(),
        id: group.id.clone(),
        path: group.path.to_string(),
    };
    transaction.put_link(Cell::GroupById(group.id.clone()), &link)?;
    transaction.put(group)
}

impl Operate for iam::CreateGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        let arn = entity_arn(caller.account(), "group", &path, &self.group_name);
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateGroupOutput>, ServiceError> {
        let name = new_name(&call.group_name)?;
        let path = sent_path(call.path.as_deref())?;
        let random = draw(service.entropy());
        let now = service.now().timestamp();
        let account = call.caller().account();
        let wanted = [Cell::group(&name).of(account)];
        let (group, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let existing = transaction.get::<Group>(Cell::group(&name))?;
                let (name, path) = (name.clone(), path.clone());
                let group = Group::create(account, existing.as_ref(), name, path, random, now)?;
                transaction.count_in(Counter::Groups);
                put(transaction, &group)?;
                Ok(group)
            })
            .await?;
        let group = shown(&group, account);
        Ok(Done::at(revision, iam::CreateGroupOutput { group }))
    }
}

impl Operate for iam::GetGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_group(&self.group_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetGroupOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let name = group_name(&call.group_name)?;
        let reader = service.reader(call.caller()).await?;
        let group = reader.get::<Group>(Cell::group(&name)).await?;
        let group = group.ok_or_else(|| missing(&name))?;
        let members = Kind::Members(group.id.clone());
        let (names, marker) = reader
            .page_of_bytes(&members, &page, |_, link| Ok(Some(decode_link(link)?.name)))
            .await?;
        let mut users = Vec::with_capacity(names.len());
        for name in names {
            let user = reader.get::<User>(Cell::user(&existing_user_name(&name)?));
            let user = user
                .await?
                .ok_or_else(|| ServiceError::internal("a group has a member that is not there"))?;
            users.push(shown_user(&user, call.caller(), Showing::WithoutTags));
        }
        let output = iam::GetGroupOutput {
            group: shown(&group, call.caller().account()),
            users,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::ListGroups {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        let partition = Partition::default().as_str();
        let account = caller.account();
        Ok(Question::about(format!(
            "arn:{partition}:iam::{account}:group{prefix}"
        )))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListGroupsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let below = |group: &Group| group.path.as_str().starts_with(prefix);
        let (groups, marker) = reader.page::<Group>(&Kind::Groups, &page, below).await?;
        let account = call.caller().account();
        let output = iam::ListGroupsOutput {
            groups: groups.iter().map(|group| shown(group, account)).collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_group(&self.group_name, caller))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        if self.new_group_name.is_none() && self.new_path.is_none() {
            return Ok(Vec::new());
        }
        let before = GroupName::parse(&self.group_name)
            .ok()
            .and_then(|name| caller.cell().group(&name).cloned());
        let renamed = Renamed {
            kind: "group",
            name: self.new_group_name.as_deref().unwrap_or(&self.group_name),
            path: self.new_path.as_deref(),
        };
        // Groups have no tags.
        let none = Tags::default();
        let before = before.as_ref().map(|group| (group.arn.as_str(), &none));
        Ok(vec![renamed.question(before, caller)?])
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let before = group_name(&call.group_name)?;
        let new_path = call.new_path.as_deref();
        let renaming = GroupRenaming {
            name: call.new_group_name.as_deref().map(new_name).transpose()?,
            path: new_path.map(|path| sent_path(Some(path))).transpose()?,
        };
        let names = std::iter::once(&before).chain(&renaming.name);
        let wanted: Vec<RecordKey> = names
            .map(|name| Cell::group(name).of(call.caller().account()))
            .collect();
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let group = transaction.get::<Group>(Cell::group(&before))?;
                let group = group.ok_or_else(|| missing(&before))?;
                let taken = match &renaming.name {
                    Some(name) => transaction.get::<Group>(Cell::group(name))?,
                    None => None,
                };
                let renamed = group.clone().rename(renaming.clone(), taken.as_ref())?;
                if renamed.name == group.name && renamed.path == group.path {
                    return Ok(());
                }
                managed::move_links(transaction, &group, &renamed)?;
                if Cell::group(&renamed.name) != Cell::group(&group.name) {
                    transaction.delete(Cell::group(&group.name));
                }
                put(transaction, &renamed)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_group(&self.group_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = group_name(&call.group_name)?;
        let account = call.caller().account();
        // The commit depends on the count of members, so that nobody is added meanwhile.
        let members = |transaction: &Transaction| {
            let group = transaction.get::<Group>(Cell::group(&name))?;
            let counter = group.map(|group| Counter::Members(group.id));
            let keys = counter.map(|counter| Cell::Count(counter).of(account));
            Ok(keys.into_iter().collect())
        };
        let wanted = [Cell::group(&name).of(account)];
        let ((), revision) = service
            .transact_further(call.caller(), &wanted, &members, |transaction| {
                let group = transaction.get::<Group>(Cell::group(&name))?;
                let group = group.ok_or_else(|| missing(&name))?;
                let members = Counter::Members(group.id.clone());
                group.check_deletion(transaction.counted(members.clone())?)?;
                transaction.delete(Cell::Count(members));
                transaction.delete(Cell::GroupById(group.id.clone()));
                transaction.delete(Cell::group(&group.name));
                transaction.count_out(Counter::Groups);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

/// Adds or removes a member, where `change` says that the user's record changed.
async fn change_membership(
    service: &Service,
    caller: &Caller,
    group: &str,
    user: &str,
    change: impl Fn(&mut Transaction, &Group, &mut User) -> Result<Changed, ServiceError> + Send + Sync,
) -> Result<Done<NoOutput>, ServiceError> {
    let (group_name, user_name) = (group_name(group)?, existing_user_name(user));
    let account = caller.account();
    let mut wanted = vec![Cell::group(&group_name).of(account)];
    wanted.extend(user_name.iter().map(|name| Cell::user(name).of(account)));
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let group = transaction.get::<Group>(Cell::group(&group_name))?;
            let group = group.ok_or_else(|| missing(&group_name))?;
            let name = user_name.clone()?;
            let user = transaction.get::<User>(Cell::user(&name))?;
            let mut user = user.ok_or_else(|| Refusal::not_found(Entity::User, &name))?;
            match change(transaction, &group, &mut user)? {
                Changed::No => Ok(()),
                Changed::Yes => transaction.put(&user),
            }
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

impl Operate for iam::AddUserToGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_group(&self.group_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (group, user) = (&call.group_name, &call.user_name);
        change_membership(
            service,
            call.caller(),
            group,
            user,
            |transaction, group, user| {
                let changed = user.join(&group.id)?;
                if changed == Changed::Yes {
                    let link = Link {
                        name: user.name.to_string(),
                        id: user.id.clone(),
                        path: user.path.to_string(),
                    };
                    let place = Cell::Member(group.id.clone(), user.name.folded());
                    transaction.put_link(place, &link)?;
                    transaction.count_in(Counter::Members(group.id.clone()));
                }
                Ok(changed)
            },
        )
        .await
    }
}

impl Operate for iam::RemoveUserFromGroup {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_group(&self.group_name, caller))
    }

    // SOURCE: spec/iam-entities.md §9: `NoSuchEntity` for a user that is not in the group; the text is ours.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (group, user) = (&call.group_name, &call.user_name);
        change_membership(
            service,
            call.caller(),
            group,
            user,
            |transaction, group, user| {
                if user.leave(&group.id) == Changed::No {
                    let text =
                        format!("The user {} is not in the group {}.", user.name, group.name);
                    return Err(Refusal::not_found_text(text).into());
                }
                transaction.delete(Cell::Member(group.id.clone(), user.name.folded()));
                transaction.count_out(Counter::Members(group.id.clone()));
                Ok(Changed::Yes)
            },
        )
        .await
    }
}

impl Operate for iam::ListGroupsForUser {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListGroupsForUserOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let name = existing_user_name(&call.user_name)?;
        let reader = service.reader(call.caller()).await?;
        let user = reader.get::<User>(Cell::user(&name)).await?;
        let user = user.ok_or_else(|| Refusal::not_found(Entity::User, &name))?;
        let mut groups = Vec::with_capacity(user.groups.len());
        for id in &user.groups {
            groups.push(group_by_id(&reader, id).await?);
        }
        groups.sort_by_key(|group| group.name.folded());
        let after = page.after.as_ref();
        groups.retain(|group| after.is_none_or(|after| group.name.folded() > *after));
        let marker = page.cut(&mut groups, |group| group.name.folded());
        let account = call.caller().account();
        let output = iam::ListGroupsForUserOutput {
            groups: groups.iter().map(|group| shown(group, account)).collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}
