//! Tags: one set of rules for every kind of resource that has them.
//!
//! What differs from kind to kind stands beside the kind, as its [`Taggable`].

use keyward_directory::{
    InstanceProfile, ManagedPolicy, OidcProvider, Quota, Role, SamlProvider, ServerCertificate,
    Tag, Tags, User, VirtualMfaDevice, tag_order,
};
use keyward_records::{Cell, Record};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};

use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// A resource that has tags, named by one parameter.
pub(super) trait Taggable: Record + Send {
    const QUOTA: Quota;

    /// Asks about the resource that the parameter names, which should exist.
    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError>;

    /// Returns where the resource that the parameter names stands.
    fn place_of(named: &str, caller: &Caller) -> Result<Cell, ServiceError>;

    /// Says that there is no resource of the name.
    fn missing(named: &str) -> ServiceError;

    /// Returns whether this is what the parameter names: names that differ in case share a place.
    fn is(&self, _named: &str, _caller: &Caller) -> bool {
        true
    }

    fn tags_mut(&mut self) -> &mut Tags;
}

/// Shows tags.
pub(super) fn wire_tags(tags: &Tags) -> Vec<iam::Tag> {
    let shown = tags.iter().map(|tag| iam::Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
    });
    shown.collect()
}

/// Shows tags where there are any.
pub(super) fn some_tags(tags: &Tags) -> Option<Vec<iam::Tag>> {
    (!tags.is_empty()).then(|| wire_tags(tags))
}

/// Takes tags of a request.
pub(super) fn sent_tags(tags: Option<&Vec<iam::Tag>>) -> Vec<Tag> {
    let sent = tags.into_iter().flatten().map(|tag| Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
    });
    sent.collect()
}

/// Asks for the action that tags, besides the call's own, where a call gives tags to what it makes.
// SOURCE: AWS's refusals of `CreateInstanceProfile`, `CreateOpenIDConnectProvider`, `CreatePolicy` and `CreateRole`
// name the tagging action. DIFFERS: for the other kinds it is chosen, as their documents are silent.
pub(super) fn tagging_new<C: Operate>(
    call: &C,
    tags: Option<&Vec<iam::Tag>>,
    action: &'static str,
    caller: &Caller,
) -> Result<Vec<Question>, ServiceError> {
    if tags.is_none_or(Vec::is_empty) {
        return Ok(Vec::new());
    }
    Ok(vec![call.question(caller)?.action(action)])
}

/// Returns the tags of a page in the order of their keys, and the marker of the next page.
pub(super) fn page_of_tags(tags: &Tags, page: &Page) -> (Vec<iam::Tag>, Option<String>) {
    let after = page.after.as_deref().map(tag_order);
    let mut tags = wire_tags(tags);
    tags.retain(|tag| {
        let after = after.as_ref();
        after.is_none_or(|after| tag_order(&tag.key) > *after)
    });
    let marker = page.cut(&mut tags, |tag| tag.key.clone());
    (tags, marker)
}

/// Changes the resource that a parameter names.
pub(super) async fn change<R: Taggable>(
    service: &Service,
    caller: &Caller,
    named: &str,
    mut edit: impl FnMut(&mut R) -> Result<(), ServiceError> + Send,
) -> Result<Done<NoOutput>, ServiceError> {
    let place = R::place_of(named, caller)?;
    let wanted = [place.clone().of(caller.account())];
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<R>(place.clone())?;
            let found = found.filter(|found| found.is(named, caller));
            let mut resource = found.ok_or_else(|| R::missing(named))?;
            edit(&mut resource)?;
            transaction.put(&resource)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

async fn tag<R: Taggable>(
    service: &Service,
    caller: &Caller,
    named: &str,
    added: &Vec<iam::Tag>,
) -> Result<Done<NoOutput>, ServiceError> {
    change::<R>(service, caller, named, |resource| {
        let tags = resource.tags_mut();
        *tags = tags.with(sent_tags(Some(added)), R::QUOTA)?;
        Ok(())
    })
    .await
}

async fn untag<R: Taggable>(
    service: &Service,
    caller: &Caller,
    named: &str,
    keys: &[String],
) -> Result<Done<NoOutput>, ServiceError> {
    change::<R>(service, caller, named, |resource| {
        let tags = resource.tags_mut();
        *tags = tags.without(keys, R::QUOTA);
        Ok(())
    })
    .await
}

/// Returns the tags on a page, the marker of the next one, and the revision.
async fn list<R: Taggable>(
    service: &Service,
    caller: &Caller,
    named: &str,
    page: &Page,
) -> Result<(Vec<iam::Tag>, Option<String>, Revision), ServiceError> {
    let place = R::place_of(named, caller)?;
    let reader = service.reader(caller).await?;
    let found = reader.get::<R>(place).await?;
    let found = found.filter(|found| found.is(named, caller));
    let mut resource = found.ok_or_else(|| R::missing(named))?;
    let (tags, marker) = page_of_tags(resource.tags_mut(), page);
    Ok((tags, marker, reader.revision()))
}

/// The operations of one kind of resource differ in names only.
macro_rules! tag_operations {
    ($resource:ident, $named:ident, $tag:ident, $untag:ident, $list:ident -> $listed:ident) => {
        tag_operations!($resource, $named, $tag, $untag);

        impl Operate for iam::$list {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                $resource::existing(&self.$named, caller)
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<iam::$listed>, ServiceError> {
                let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
                let (tags, marker, revision) =
                    list::<$resource>(service, call.caller(), &call.$named, &page).await?;
                let output = iam::$listed {
                    tags,
                    is_truncated: Some(marker.is_some()),
                    marker,
                };
                Ok(Done::at(revision, output))
            }
        }
    };
    ($resource:ident, $named:ident, $tag:ident, $untag:ident) => {
        impl Operate for iam::$tag {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let existing = $resource::existing(&self.$named, caller)?;
                Ok(existing.request_tags(&sent_tags(Some(&self.tags))))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                tag::<$resource>(service, call.caller(), &call.$named, &call.tags).await
            }
        }

        impl Operate for iam::$untag {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let existing = $resource::existing(&self.$named, caller)?;
                Ok(existing.tag_keys(&self.tag_keys))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                untag::<$resource>(service, call.caller(), &call.$named, &call.tag_keys).await
            }
        }
    };
}

tag_operations!(
    InstanceProfile, instance_profile_name, TagInstanceProfile,
    UntagInstanceProfile, ListInstanceProfileTags -> ListInstanceProfileTagsOutput
);
// Listing is in `policy.rs`: AWS's policies can be read, and are no records.
tag_operations!(ManagedPolicy, policy_arn, TagPolicy, UntagPolicy);
tag_operations!(
    OidcProvider, open_id_connect_provider_arn, TagOpenIDConnectProvider,
    UntagOpenIDConnectProvider, ListOpenIDConnectProviderTags -> ListOpenIDConnectProviderTagsOutput
);
tag_operations!(
    Role, role_name, TagRole,
    UntagRole, ListRoleTags -> ListRoleTagsOutput
);
tag_operations!(
    SamlProvider, saml_provider_arn, TagSAMLProvider,
    UntagSAMLProvider, ListSAMLProviderTags -> ListSAMLProviderTagsOutput
);
tag_operations!(
    ServerCertificate, server_certificate_name, TagServerCertificate,
    UntagServerCertificate, ListServerCertificateTags -> ListServerCertificateTagsOutput
);
tag_operations!(
    User, user_name, TagUser,
    UntagUser, ListUserTags -> ListUserTagsOutput
);
tag_operations!(
    VirtualMfaDevice, serial_number, TagMFADevice,
    UntagMFADevice, ListMFADeviceTags -> ListMFADeviceTagsOutput
);
