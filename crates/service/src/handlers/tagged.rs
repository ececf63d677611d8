//! Tags of roles and instance profiles: one set of rules, two families of operations.

use keyward_directory::{Entity, InstanceProfile, Quota, Refusal, Role, Tag, Tags};
use keyward_records::{Cell, Record};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};

use super::inline_policy::Owner;
use super::instance_profile::{self, existing_instance_profile};
use super::target::existing_role;
use super::user::{sent_tags, wire_tags};
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// An entity that has tags.
trait Tagged: Record + Send {
    const ENTITY: Entity;
    const QUOTA: Quota;

    /// Returns where the entity of a name stands.
    fn place_of(name: &str) -> Result<Cell, Refusal>;

    fn tags_mut(&mut self) -> &mut Tags;
}

impl Tagged for InstanceProfile {
    const ENTITY: Entity = Entity::InstanceProfile;
    const QUOTA: Quota = Quota::TagsPerInstanceProfile;

    fn place_of(name: &str) -> Result<Cell, Refusal> {
        instance_profile::place(name)
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Tagged for Role {
    const ENTITY: Entity = Entity::Role;
    const QUOTA: Quota = Quota::TagsPerRole;

    fn place_of(name: &str) -> Result<Cell, Refusal> {
        Role::place(name)
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

async fn change<T: Tagged>(
    service: &Service,
    caller: &Caller,
    name: &str,
    change: impl Fn(&Tags) -> Result<Tags, Refusal> + Sync,
) -> Result<Done<NoOutput>, ServiceError> {
    let place = T::place_of(name)?;
    let wanted = [place.clone().of(caller.account())];
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<T>(place.clone())?;
            let mut entity = found.ok_or_else(|| Refusal::not_found(T::ENTITY, name))?;
            let changed = change(entity.tags_mut())?;
            *entity.tags_mut() = changed;
            transaction.put(&entity)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

/// Returns the tags on a page, the marker of the next one, and the revision.
async fn list<T: Tagged>(
    service: &Service,
    caller: &Caller,
    name: &str,
    page: &Page,
) -> Result<(Vec<iam::Tag>, Option<String>, Revision), ServiceError> {
    let place = T::place_of(name)?;
    let reader = service.reader(caller).await?;
    let found = reader.get::<T>(place).await?;
    let mut entity = found.ok_or_else(|| Refusal::not_found(T::ENTITY, name))?;
    let after = page.after.as_deref().map(str::to_lowercase);
    let is_after = |tag: &iam::Tag| {
        after
            .as_ref()
            .is_none_or(|after| tag.key.to_lowercase() > *after)
    };
    let mut tags = wire_tags(entity.tags_mut());
    tags.retain(is_after);
    let marker = page.cut(&mut tags, |tag| tag.key.clone());
    Ok((tags, marker, reader.revision()))
}

/// The three operations of one kind of entity differ in names only.
macro_rules! tag_operations {
    ($entity:ident, $name:ident, $existing:ident, $tag:ident, $untag:ident, $list:ident -> $listed:ident) => {
        impl Operate for iam::$tag {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller).request_tags(&sent_tags(Some(&self.tags))))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                let added: Vec<Tag> = sent_tags(Some(&call.tags));
                change::<$entity>(service, call.caller(), &call.$name, |tags| {
                    tags.with(added.clone(), $entity::QUOTA)
                })
                .await
            }
        }

        impl Operate for iam::$untag {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($existing(&self.$name, caller).tag_keys(&self.tag_keys))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                change::<$entity>(service, call.caller(), &call.$name, |tags| {
                    Ok(tags.without(&call.tag_keys))
                })
                .await
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
                let page = Page::read(call.max_items, call.marker.as_deref())?;
                let (tags, marker, revision) =
                    list::<$entity>(service, call.caller(), &call.$name, &page).await?;
                let output = iam::$listed {
                    tags,
                    is_truncated: Some(marker.is_some()),
                    marker,
                };
                Ok(Done::at(revision, output))
            }
        }
    };
}

tag_operations!(
    InstanceProfile, instance_profile_name, existing_instance_profile,
    TagInstanceProfile, UntagInstanceProfile,
    ListInstanceProfileTags -> ListInstanceProfileTagsOutput
);
tag_operations!(
    Role, role_name, existing_role,
    TagRole, UntagRole, ListRoleTags -> ListRoleTagsOutput
);
