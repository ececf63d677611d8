//! Inline policies of groups, roles and users: one set of rules, three families of operations.

use keyward_arn::UniqueId;
use keyward_directory::{
    Entity, EntityKind, Group, GroupName, InlinePolicies, InlinePolicyDocument, PolicyName,
    Refusal, Role, RoleName, User, UserName,
};
use keyward_records::{Cell, Record};
use keyward_store::Revision;
use keyward_wire::{NoOutput, PolicyDocument, iam};

use super::target::{existing_group, existing_role, existing_user, role_to_change};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// An entity that has inline policies.
pub(crate) trait Owner: Record + Send {
    const KIND: EntityKind;

    /// Returns where the entity of a name stands.
    fn place(name: &str) -> Result<Cell, Refusal>;

    /// Returns the entity's name, id and inline policies.
    fn parts(&mut self) -> (String, UniqueId, &mut InlinePolicies);

    /// Checks that the entity's policies may be changed.
    fn check_change(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Owner for Group {
    const KIND: EntityKind = EntityKind::Group;

    fn place(name: &str) -> Result<Cell, Refusal> {
        let name = GroupName::parse(name).map_err(|_| Refusal::not_found(Entity::Group, name))?;
        Ok(Cell::group(&name))
    }

    fn parts(&mut self) -> (String, UniqueId, &mut InlinePolicies) {
        (
            self.name.to_string(),
            self.id.clone(),
            &mut self.inline_policies,
        )
    }
}

impl Owner for Role {
    const KIND: EntityKind = EntityKind::Role;

    fn place(name: &str) -> Result<Cell, Refusal> {
        let name = RoleName::parse(name).map_err(|_| Refusal::not_found(Entity::Role, name))?;
        Ok(Cell::role(&name))
    }

    fn parts(&mut self) -> (String, UniqueId, &mut InlinePolicies) {
        (
            self.name.to_string(),
            self.id.clone(),
            &mut self.inline_policies,
        )
    }

    fn check_change(&self) -> Result<(), Refusal> {
        role_to_change(self)
    }
}

impl Owner for User {
    const KIND: EntityKind = EntityKind::User;

    fn place(name: &str) -> Result<Cell, Refusal> {
        let name = UserName::parse(name).map_err(|_| Refusal::not_found(Entity::User, name))?;
        Ok(Cell::user(&name))
    }

    fn parts(&mut self) -> (String, UniqueId, &mut InlinePolicies) {
        (
            self.name.to_string(),
            self.id.clone(),
            &mut self.inline_policies,
        )
    }
}

/// Says that an entity of a kind is not there.
pub(crate) fn missing(kind: EntityKind, name: &str) -> ServiceError {
    let entity = match kind {
        EntityKind::Group => Entity::Group,
        EntityKind::Role => Entity::Role,
        EntityKind::User => Entity::User,
    };
    Refusal::not_found(entity, name).into()
}

fn policy_name(kind: EntityKind, name: &str) -> Result<PolicyName, Refusal> {
    PolicyName::parse(name).map_err(|_| Refusal::not_found(Entity::InlinePolicy(kind), name))
}

async fn put<O: Owner>(
    service: &Service,
    caller: &Caller,
    owner: &str,
    name: &str,
    document: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, name) = (O::place(owner)?, policy_name(O::KIND, name)?);
    let document = InlinePolicyDocument::check(document)?;
    let wanted = [place.clone().of(caller.account())];
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<O>(place.clone())?;
            let mut entity = found.ok_or_else(|| missing(O::KIND, owner))?;
            entity.check_change()?;
            let (owner, id, policies) = entity.parts();
            policies.put(O::KIND, &owner, &name, &document)?;
            transaction.put_inline_policy(O::KIND, &id, &name, document.as_str());
            transaction.put(&entity)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

async fn delete<O: Owner>(
    service: &Service,
    caller: &Caller,
    owner: &str,
    name: &str,
) -> Result<Done<NoOutput>, ServiceError> {
    let (place, name) = (O::place(owner)?, policy_name(O::KIND, name)?);
    let wanted = [place.clone().of(caller.account())];
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<O>(place.clone())?;
            let mut entity = found.ok_or_else(|| missing(O::KIND, owner))?;
            entity.check_change()?;
            let (_, id, policies) = entity.parts();
            policies.remove(O::KIND, &name)?;
            transaction.delete_inline_policy(O::KIND, &id, &name);
            transaction.put(&entity)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

/// A policy as the `Get…Policy` operations show it.
struct Shown {
    owner: String,
    name: String,
    document: PolicyDocument,
}

async fn get<O: Owner>(
    service: &Service,
    caller: &Caller,
    owner: &str,
    name: &str,
) -> Result<(Shown, Revision), ServiceError> {
    let (place, name) = (O::place(owner)?, policy_name(O::KIND, name)?);
    let reader = service.reader(caller).await?;
    let found = reader.get::<O>(place).await?;
    let mut entity = found.ok_or_else(|| missing(O::KIND, owner))?;
    let (owner, id, _) = entity.parts();
    let document = reader.inline_policy(O::KIND, &id, &name).await?;
    let document =
        document.ok_or_else(|| Refusal::not_found(Entity::InlinePolicy(O::KIND), &name))?;
    let shown = Shown {
        owner,
        name: name.to_string(),
        document: PolicyDocument(document),
    };
    Ok((shown, reader.revision()))
}

/// Returns the names on a page, the marker of the next one, and the revision.
async fn list<O: Owner>(
    service: &Service,
    caller: &Caller,
    owner: &str,
    page: &Page,
) -> Result<(Vec<String>, Option<String>, Revision), ServiceError> {
    let place = O::place(owner)?;
    let reader = service.reader(caller).await?;
    let found = reader.get::<O>(place).await?;
    let mut entity = found.ok_or_else(|| missing(O::KIND, owner))?;
    let (_, _, policies) = entity.parts();
    let names = policies.iter().map(|(name, _)| name.to_string());
    let fits = |name: &String| page.after.as_ref().is_none_or(|after| name > after);
    let mut names: Vec<String> = names.filter(fits).collect();
    let marker = page.cut(&mut names, String::clone);
    Ok((names, marker, reader.revision()))
}

/// The four operations of one kind of entity differ in names only.
macro_rules! inline_policy_operations {
    ($owner:ident, $name:ident, $existing:ident, $put:ident, $get:ident -> $got:ident, $list:ident -> $listed:ident, $delete:ident) => {
        impl Operate for iam::$put {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller).its_boundary())
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                let document = &call.policy_document;
                put::<$owner>(
                    service,
                    call.caller(),
                    &call.$name,
                    &call.policy_name,
                    document,
                )
                .await
            }
        }

        impl Operate for iam::$get {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<iam::$got>, ServiceError> {
                let (shown, revision) =
                    get::<$owner>(service, call.caller(), &call.$name, &call.policy_name).await?;
                let output = iam::$got {
                    $name: shown.owner,
                    policy_name: shown.name,
                    policy_document: shown.document,
                };
                Ok(Done::at(revision, output))
            }
        }

        impl Operate for iam::$list {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<iam::$listed>, ServiceError> {
                let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
                let (policy_names, marker, revision) =
                    list::<$owner>(service, call.caller(), &call.$name, &page).await?;
                let output = iam::$listed {
                    policy_names,
                    is_truncated: Some(marker.is_some()),
                    marker,
                };
                Ok(Done::at(revision, output))
            }
        }

        impl Operate for iam::$delete {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller).its_boundary())
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                delete::<$owner>(service, call.caller(), &call.$name, &call.policy_name).await
            }
        }
    };
}

inline_policy_operations!(
    Group, group_name, existing_group,
    PutGroupPolicy, GetGroupPolicy -> GetGroupPolicyOutput,
    ListGroupPolicies -> ListGroupPoliciesOutput, DeleteGroupPolicy
);
inline_policy_operations!(
    Role, role_name, existing_role,
    PutRolePolicy, GetRolePolicy -> GetRolePolicyOutput,
    ListRolePolicies -> ListRolePoliciesOutput, DeleteRolePolicy
);
inline_policy_operations!(
    User, user_name, existing_user,
    PutUserPolicy, GetUserPolicy -> GetUserPolicyOutput,
    ListUserPolicies -> ListUserPoliciesOutput, DeleteUserPolicy
);
