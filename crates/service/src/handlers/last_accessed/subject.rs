//! What a last-accessed job is about: the policies that count, and the principals whose calls are told.

use std::sync::Arc;

use keyward_arn::{Arn, Path, UniqueId};
use keyward_directory::{
    Access, Accesses, Entity, EntityKind, GroupName, PolicyArn, PolicyOwner, PolicyUsage, Refusal,
    Reported, RoleName, UserName,
};
use keyward_engine::{AttachedPolicy, CompiledPolicy};
use keyward_records::{Cell, Kind, Link, decode_accesses};

use super::super::target::entity_arn;
use crate::authenticate::Caller;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// Finds the entity or policy of an ARN.
pub(super) fn named(
    service: &Service,
    caller: &Caller,
    arn: &str,
) -> Result<Reported, ServiceError> {
    // SOURCE: spec/iam-entities.md §5 (the text, two spaces).
    let unreadable = || ServiceError::validation("Invalid ARN:  Could not be parsed!");
    let parsed = Arn::parse(arn).ok_or_else(unreadable)?;
    let (kind, rest) = parsed.resource.split_once('/').unwrap_or_default();
    let name = rest.rsplit('/').next().unwrap_or_default();
    let cell = caller.cell();
    let invalid = || Refusal::invalid_input(format!("ARN {arn} is not valid.")).into();
    let missing = |entity: Entity| ServiceError::from(Refusal::not_found(entity, name));
    match kind {
        _ if parsed.service != "iam" => Err(invalid()),
        "group" => {
            let found = GroupName::parse(name).ok();
            let found = found.and_then(|name| cell.group(&name).cloned());
            let found = found.filter(|found| found.arn == arn);
            let found = found.ok_or_else(|| missing(Entity::Group))?;
            Ok(Reported::Entity(EntityKind::Group, found.id.clone()))
        }
        "role" => {
            let found = RoleName::parse(name).ok();
            let found = found.and_then(|name| cell.role(&name).cloned());
            let found = found.filter(|found| found.arn == arn);
            let found = found.ok_or_else(|| missing(Entity::Role))?;
            Ok(Reported::Entity(EntityKind::Role, found.id.clone()))
        }
        "user" => {
            let found = UserName::parse(name).ok();
            let found = found.and_then(|name| cell.user(&name).cloned());
            let found = found.filter(|found| found.arn == arn);
            let found = found.ok_or_else(|| missing(Entity::User))?;
            Ok(Reported::Entity(EntityKind::User, found.id.clone()))
        }
        "policy" => {
            let policy = PolicyArn::parse(arn).map_err(|_| unreadable())?;
            match document(service, caller, &policy) {
                Some(_) => Ok(Reported::Policy(policy)),
                None => Err(Refusal::not_found(Entity::ManagedPolicy, arn).into()),
            }
        }
        _ => Err(invalid()),
    }
}

/// Returns the default version of a policy that the caller's account can use.
fn document(service: &Service, caller: &Caller, arn: &PolicyArn) -> Option<Arc<CompiledPolicy>> {
    match arn.owner() {
        PolicyOwner::Aws => service.view().aws_managed(arn),
        PolicyOwner::Account(_) => {
            let cell = service.view().cell(caller.account())?;
            Some(Arc::clone(&cell.managed_policy(arn)?.document))
        }
    }
}

/// A user or role that a report is about.
pub(super) struct Principal {
    pub(super) arn: String,
    pub(super) kind: EntityKind,
    pub(super) link: Link,
    pub(super) accesses: Accesses,
}

impl Principal {
    /// Orders principals, and names one in a marker.
    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.link.name.to_lowercase())
    }
}

/// What a job is answered from.
pub(super) struct Subject {
    pub(super) policies: Vec<Arc<CompiledPolicy>>,
    /// In the order of their places.
    pub(super) principals: Vec<Principal>,
}

fn documents<'a>(
    policies: impl IntoIterator<Item = &'a AttachedPolicy>,
) -> Vec<Arc<CompiledPolicy>> {
    let policies = policies.into_iter();
    policies.map(|policy| Arc::clone(policy.policy())).collect()
}

impl Subject {
    /// Gathers what a job is about; `None` where it is no more.
    pub(super) async fn read(
        service: &Service,
        caller: &Caller,
        reader: &Reader,
        about: &Reported,
    ) -> Result<Option<Self>, ServiceError> {
        let Some(cell) = service.view().cell(caller.account()) else {
            return Ok(None);
        };
        let (policies, mut links) = match about {
            Reported::Entity(EntityKind::Group, id) => {
                let Some(group) = cell.group_by_id(id) else {
                    return Ok(None);
                };
                (documents(&group.policies), members(reader, id).await?)
            }
            Reported::Entity(EntityKind::Role, id) => {
                let Some(role) = cell.role_by_id(id.as_str()) else {
                    return Ok(None);
                };
                let link = link(id, role.name.as_str(), &role.arn);
                (documents(&role.policies), vec![(EntityKind::Role, link)])
            }
            Reported::Entity(EntityKind::User, id) => {
                let Some(user) = cell.user_by_id(id.as_str()) else {
                    return Ok(None);
                };
                let groups = user.groups.iter().filter_map(|id| cell.group_by_id(id));
                let of_groups = groups.flat_map(|group| &group.policies);
                let link = link(id, user.name.as_str(), &user.arn);
                (
                    documents(user.policies.iter().chain(of_groups)),
                    vec![(EntityKind::User, link)],
                )
            }
            Reported::Policy(arn) => {
                let Some(document) = document(service, caller, arn) else {
                    return Ok(None);
                };
                (vec![document], users_of(reader, arn).await?)
            }
        };
        links.sort_by_cached_key(|(kind, link)| (*kind, link.id.clone()));
        links.dedup_by(|(_, one), (_, other)| one.id == other.id);
        let mut principals = Vec::with_capacity(links.len());
        for (kind, link) in links {
            principals.push(principal(service, reader, kind, link).await?);
        }
        principals.sort_by_cached_key(Principal::place);
        Ok(Some(Self {
            policies,
            principals,
        }))
    }

    /// Returns the last access that `find` finds, and whose it was.
    pub(super) fn last<'a>(
        &'a self,
        find: impl Fn(&'a Accesses) -> Option<&'a Access>,
    ) -> Option<(&'a Principal, &'a Access)> {
        let principals = self.principals.iter();
        let found =
            principals.filter_map(|principal| Some((principal, find(&principal.accesses)?)));
        found.max_by_key(|(_, access)| access.at)
    }
}

fn link(id: &UniqueId, name: &str, arn: &str) -> Link {
    let after = arn.split_once('/').map_or("", |(_, rest)| rest);
    let path = after.rsplit_once('/');
    Link {
        name: name.to_owned(),
        id: id.clone(),
        path: path.map_or_else(|| "/".to_owned(), |(path, _)| format!("/{path}/")),
    }
}

async fn members(
    reader: &Reader,
    group: &UniqueId,
) -> Result<Vec<(EntityKind, Link)>, ServiceError> {
    let links = reader.links(&Kind::Members(group.clone())).await?;
    let users = links.into_iter().map(|(_, link)| (EntityKind::User, link));
    Ok(users.collect())
}

/// Returns the users and roles that a policy is attached to, and the members of the groups that it is attached to.
async fn users_of(
    reader: &Reader,
    policy: &PolicyArn,
) -> Result<Vec<(EntityKind, Link)>, ServiceError> {
    let mut all = Vec::new();
    for (place, link) in reader.links(&Kind::Attachments(policy.key())).await? {
        let mut parts = place.splitn(3, '/');
        let usage = parts.next().and_then(PolicyUsage::parse);
        let kind = parts.next().and_then(EntityKind::parse);
        match kind.filter(|_| usage == Some(PolicyUsage::Attached)) {
            Some(EntityKind::Group) => all.extend(members(reader, &link.id).await?),
            Some(kind) => all.push((kind, link)),
            None => {}
        }
    }
    Ok(all)
}

async fn principal(
    service: &Service,
    reader: &Reader,
    kind: EntityKind,
    link: Link,
) -> Result<Principal, ServiceError> {
    let stored = reader.bytes(Cell::Accesses(link.id.clone())).await?;
    let stored = stored.map(|value| decode_accesses(&value)).transpose()?;
    let mut accesses = service.accesses().of(&link.id, stored);
    accesses.forget(service.now().timestamp());
    let path = Path::parse(&link.path).map_err(ServiceError::internal)?;
    Ok(Principal {
        arn: entity_arn(reader.account_id(), kind.as_str(), &path, &link.name),
        kind,
        link,
        accesses,
    })
}
