//! Tags of server certificates and of identity providers: one set of rules, three families of operations.

use keyward_directory::{OidcProvider, Quota, SamlProvider, ServerCertificate, Tags};
use keyward_records::{Cell, Record};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};

use super::user::{sent_tags, wire_tags};
use super::{Done, Operate, oidc_provider, saml_provider, server_certificate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// A resource that has tags, named by one parameter.
pub(super) trait Taggable: Record + Send {
    const QUOTA: Quota;

    /// Asks about the resource that the parameter names.
    fn existing(named: &str, caller: &Caller) -> Question;

    /// Returns where the resource that the parameter names stands.
    fn place(named: &str, caller: &Caller) -> Result<Cell, ServiceError>;

    /// Says that there is no resource of the name.
    fn missing(named: &str) -> ServiceError;

    /// Returns whether this is what the parameter names: names that differ in case share a place.
    fn is(&self, named: &str, caller: &Caller) -> bool;

    fn tags(&mut self) -> &mut Tags;
}

impl Taggable for OidcProvider {
    const QUOTA: Quota = Quota::TagsPerOpenIdConnectProvider;

    fn existing(named: &str, caller: &Caller) -> Question {
        oidc_provider::existing(named, caller)
    }

    fn place(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        oidc_provider::place(named, caller)
    }

    fn missing(named: &str) -> ServiceError {
        oidc_provider::missing(named)
    }

    fn is(&self, _named: &str, _caller: &Caller) -> bool {
        true
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Taggable for SamlProvider {
    const QUOTA: Quota = Quota::TagsPerSamlProvider;

    fn existing(named: &str, caller: &Caller) -> Question {
        saml_provider::existing(named, caller)
    }

    fn place(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        saml_provider::place(named, caller)
    }

    fn missing(named: &str) -> ServiceError {
        saml_provider::missing(named)
    }

    fn is(&self, named: &str, caller: &Caller) -> bool {
        saml_provider::arn(self, caller) == named
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Taggable for ServerCertificate {
    const QUOTA: Quota = Quota::TagsPerServerCertificate;

    fn existing(named: &str, caller: &Caller) -> Question {
        server_certificate::existing(named, caller)
    }

    fn place(named: &str, _caller: &Caller) -> Result<Cell, ServiceError> {
        server_certificate::place(named)
    }

    fn missing(named: &str) -> ServiceError {
        server_certificate::missing(named)
    }

    fn is(&self, _named: &str, _caller: &Caller) -> bool {
        true
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// Changes the resource that a parameter names.
pub(super) async fn change<R: Taggable>(
    service: &Service,
    caller: &Caller,
    named: &str,
    mut edit: impl FnMut(&mut R) -> Result<(), ServiceError> + Send,
) -> Result<Done<NoOutput>, ServiceError> {
    let place = R::place(named, caller)?;
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
        let tags = resource.tags();
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
        let tags = resource.tags();
        *tags = tags.without(keys);
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
    let place = R::place(named, caller)?;
    let reader = service.reader(caller).await?;
    let found = reader.get::<R>(place).await?;
    let found = found.filter(|found| found.is(named, caller));
    let mut resource = found.ok_or_else(|| R::missing(named))?;
    let after = page.after.as_deref().map(str::to_lowercase);
    let mut tags = wire_tags(resource.tags());
    tags.retain(|tag| {
        let after = after.as_ref();
        after.is_none_or(|after| tag.key.to_lowercase() > *after)
    });
    let marker = page.cut(&mut tags, |tag| tag.key.clone());
    Ok((tags, marker, reader.revision()))
}

/// The three operations of one kind of resource differ in names only.
macro_rules! tag_operations {
    ($resource:ident, $named:ident, $tag:ident, $untag:ident, $list:ident -> $listed:ident) => {
        impl Operate for iam::$tag {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                let existing = $resource::existing(&self.$named, caller);
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
                let existing = $resource::existing(&self.$named, caller);
                Ok(existing.tag_keys(&self.tag_keys))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<NoOutput>, ServiceError> {
                untag::<$resource>(service, call.caller(), &call.$named, &call.tag_keys).await
            }
        }

        impl Operate for iam::$list {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok($resource::existing(&self.$named, caller))
            }

            async fn apply(
                service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<iam::$listed>, ServiceError> {
                let page = Page::read(call.max_items, call.marker.as_deref())?;
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
}

tag_operations!(
    OidcProvider, open_id_connect_provider_arn, TagOpenIDConnectProvider,
    UntagOpenIDConnectProvider, ListOpenIDConnectProviderTags -> ListOpenIDConnectProviderTagsOutput
);
tag_operations!(
    SamlProvider, saml_provider_arn, TagSAMLProvider,
    UntagSAMLProvider, ListSAMLProviderTags -> ListSAMLProviderTagsOutput
);
tag_operations!(
    ServerCertificate, server_certificate_name, TagServerCertificate,
    UntagServerCertificate, ListServerCertificateTags -> ListServerCertificateTagsOutput
);
