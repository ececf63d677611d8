//! Roles: create, get, list, update, delete.

use keyward_arn::Partition;
use keyward_directory::{
    NewRole, PolicyUsage, Quota, Refusal, Role, RoleName, Tags, check_role_path,
};
use keyward_records::{Cell, Counter, Kind, Record, decode_accesses};
use keyward_store::Revision;
use keyward_wire::{NoOutput, PolicyDocument, iam};

use super::inline_policy::{Owner, missing};
use super::tags::{Taggable, sent_tags, some_tags, tagging_new};
use super::target::{entities_arn, entity_arn, existing_role, role_to_change};
use super::user::sent_path;
use super::{Done, Operate, managed, time, trust};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// Shows what every answer shows of a role.
pub(crate) fn shown(role: &Role, document: PolicyDocument, caller: &Caller) -> iam::Role {
    iam::Role {
        path: role.path.to_string(),
        role_name: role.name.to_string(),
        role_id: role.id.to_string(),
        arn: role.arn(Partition::default(), caller.account()),
        create_date: time(role.created),
        assume_role_policy_document: Some(document),
        ..iam::Role::default()
    }
}

/// Shows a role as lists do.
// SOURCE: spec/iam-entities.md §6: without boundary, last use and tags.
fn listed(role: &Role, service: &Service, caller: &Caller) -> iam::Role {
    iam::Role {
        description: role.description.clone(),
        max_session_duration: i32::try_from(role.max_session_duration).ok(),
        ..shown(role, trust::shown(service, role), caller)
    }
}

/// Takes a description; an empty one is none.
pub(crate) fn sent_description(description: Option<&str>) -> Option<String> {
    description
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn sent_duration(seconds: Option<i32>) -> Result<Option<u32>, ServiceError> {
    let read = |seconds| u32::try_from(seconds).map_err(ServiceError::internal);
    seconds.map(read).transpose()
}

impl Taggable for Role {
    const QUOTA: Quota = Quota::TagsPerRole;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(named, caller))
    }

    fn place_of(named: &str, _caller: &Caller) -> Result<Cell, ServiceError> {
        Ok(Self::place(named)?)
    }

    fn missing(named: &str) -> ServiceError {
        missing(Self::KIND, named)
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::CreateRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        let arn = entity_arn(caller.account(), "role", &path, &self.role_name);
        Ok(Question::about(arn)
            .request_tags(&sent_tags(self.tags.as_ref()))
            .key(
                "iam:PermissionsBoundary",
                self.permissions_boundary.as_deref(),
            ))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagRole", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateRoleOutput>, ServiceError> {
        let request = NewRole {
            name: RoleName::parse(&call.role_name)
                .map_err(|error| ServiceError::validation(error.to_string()))?,
            path: sent_path(call.path.as_deref())?,
            description: sent_description(call.description.as_deref()),
            max_session_duration: sent_duration(call.max_session_duration)?,
            trust_policy: trust::bound(service, &call.assume_role_policy_document)?,
            tags: sent_tags(call.tags.as_ref()),
            permissions_boundary: managed::sent_boundary(call.permissions_boundary.as_deref())?,
        };
        check_role_path(&request.path)?;
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let account = call.caller().account();
        let boundary = request.permissions_boundary.as_ref();
        let mut wanted = managed::wanted(account, boundary);
        wanted.push(Cell::role(&request.name).of(account));
        let (role, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let existing = transaction.get::<Role>(Cell::role(&request.name))?;
                let role = Role::create(account, existing.as_ref(), request.clone(), random, now)?;
                if let Some(boundary) = boundary {
                    managed::check_boundary(transaction, account, boundary)?;
                    managed::link(transaction, boundary, PolicyUsage::Boundary, &role)?;
                }
                transaction.count_in(Counter::Roles);
                transaction.put(&role)?;
                Ok(role)
            })
            .await?;
        // SOURCE: spec/iam-entities.md §6: the document as it was sent, and no MaxSessionDuration.
        let document = call.assume_role_policy_document.clone();
        let role = iam::Role {
            description: role.description.clone(),
            permissions_boundary: role
                .permissions_boundary
                .as_ref()
                .map(managed::shown_boundary),
            tags: some_tags(&role.tags),
            ..shown(&role, document, call.caller())
        };
        Ok(Done::at(revision, iam::CreateRoleOutput { role }))
    }
}

/// Shows when the role's sessions called last.
// SOURCE: spec/iam-entities.md §6: there even where nobody has used the role.
pub(crate) async fn last_used(
    service: &Service,
    reader: &Reader,
    role: &Role,
) -> Result<iam::RoleLastUsed, ServiceError> {
    let stored = reader.bytes(Cell::Accesses(role.id.clone())).await?;
    let stored = stored.map(|bytes| decode_accesses(&bytes)).transpose()?;
    let accesses = service.accesses().of(&role.id, stored);
    let last = accesses.iter().max_by_key(|access| access.at);
    Ok(iam::RoleLastUsed {
        last_used_date: last.map(|access| time(access.at)),
        region: last.map(|access| access.region.clone()),
    })
}

impl Operate for iam::GetRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller).its_boundary())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetRoleOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<Role>(Role::place(&call.role_name)?).await?;
        let role = found.ok_or_else(|| missing(Role::KIND, &call.role_name))?;
        let role = iam::Role {
            permissions_boundary: role
                .permissions_boundary
                .as_ref()
                .map(managed::shown_boundary),
            role_last_used: Some(last_used(service, &reader, &role).await?),
            tags: some_tags(&role.tags),
            ..listed(&role, service, call.caller())
        };
        Ok(Done::at(reader.revision(), iam::GetRoleOutput { role }))
    }
}

impl Operate for iam::ListRoles {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        let arn = entities_arn(caller.account(), "role", prefix);
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListRolesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let below = |role: &Role| role.path.as_str().starts_with(prefix);
        let (roles, marker) = reader.page::<Role>(&Kind::Roles, &page, below).await?;
        let shown = roles
            .iter()
            .map(|role| listed(role, service, call.caller()));
        let output = iam::ListRolesOutput {
            roles: shown.collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

/// Changes a role that is there.
pub(crate) async fn change(
    service: &Service,
    caller: &Caller,
    name: &str,
    change: impl Fn(&mut Role) -> Result<(), Refusal> + Sync,
) -> Result<(Role, Revision), ServiceError> {
    let place = Role::place(name)?;
    let wanted = [place.clone().of(caller.account())];
    service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<Role>(place.clone())?;
            let mut role = found.ok_or_else(|| missing(Role::KIND, name))?;
            change(&mut role)?;
            transaction.put(&role)?;
            Ok(role)
        })
        .await
}

impl Operate for iam::UpdateRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller).its_boundary())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UpdateRoleOutput>, ServiceError> {
        let duration = sent_duration(call.max_session_duration)?;
        let (_, revision) = change(service, call.caller(), &call.role_name, |role| {
            if duration.is_some() {
                role_to_change(role)?;
            }
            describe(role, call.description.as_deref())?;
            role.max_session_duration = duration.unwrap_or(role.max_session_duration);
            Ok(())
        })
        .await?;
        Ok(Done::at(revision, iam::UpdateRoleOutput {}))
    }
}

impl Operate for iam::UpdateRoleDescription {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller).its_boundary())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UpdateRoleDescriptionOutput>, ServiceError> {
        let (role, revision) = change(service, call.caller(), &call.role_name, |role| {
            describe(role, Some(&call.description))
        })
        .await?;
        let role = Some(listed(&role, service, call.caller()));
        Ok(Done::at(
            revision,
            iam::UpdateRoleDescriptionOutput { role },
        ))
    }
}

/// Describes a role anew, where a description is given.
// SOURCE: spec/iam-entities.md §6: of a service-linked role the description alone may be edited.
fn describe(role: &mut Role, description: Option<&str>) -> Result<(), Refusal> {
    if !role.is_service_linked() {
        role_to_change(role)?;
    }
    if description.is_some() {
        role.description = sent_description(description);
    }
    Ok(())
}

impl Operate for iam::UpdateAssumeRolePolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller).its_boundary())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let trust_policy = trust::bound(service, &call.policy_document)?;
        let (_, revision) = change(service, call.caller(), &call.role_name, |role| {
            role_to_change(role)?;
            role.trust_policy = trust_policy.clone();
            Ok(())
        })
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller).its_boundary())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let place = Role::place(&call.role_name)?;
        let wanted = [place.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<Role>(place.clone())?;
                let role = found.ok_or_else(|| missing(Role::KIND, &call.role_name))?;
                role_to_change(&role)?;
                role.check_deletion()?;
                if let Some(boundary) = &role.permissions_boundary {
                    managed::unlink(transaction, boundary, PolicyUsage::Boundary, &role);
                }
                transaction.delete(Cell::Accesses(role.id.clone()));
                transaction.delete(role.cell());
                transaction.count_out(Counter::Roles);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
