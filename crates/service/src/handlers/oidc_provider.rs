//! OpenID Connect identity providers; their tags are in `tags.rs`.

use keyward_arn::{Arn, Partition};
use keyward_directory::{Entity, OidcProvider, ProviderUrl, Quota, Refusal, Tags};
use keyward_records::{Cell, Counter, Kind, Record};
use keyward_wire::{NoOutput, iam};

use super::tags::{Taggable, change, sent_tags, some_tags, tagging_new};
use super::target::own_resource;
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

const KIND: &str = "oidc-provider/";

/// Asks about a provider, which should exist.
fn existing(arn: &str, caller: &Caller) -> Question {
    let question = Question::about(arn.to_owned());
    match url_of(arn, caller).and_then(|url| caller.cell().oidc_provider(&url).cloned()) {
        Some(provider) => question.resource_tags(&provider.tags),
        None => question,
    }
}

/// Returns where the provider of an ARN stands.
fn place(arn: &str, caller: &Caller) -> Result<Cell, ServiceError> {
    Arn::parse(arn).ok_or_else(ServiceError::invalid_arn)?;
    let url = url_of(arn, caller).ok_or_else(|| missing(arn))?;
    Ok(Cell::OidcProvider(url))
}

/// Says that a provider is not there.
fn missing(arn: &str) -> ServiceError {
    Refusal::not_found(Entity::OpenIdConnectProvider, arn).into()
}

/// Reads the ARN of a provider of the caller's account.
fn url_of(arn: &str, caller: &Caller) -> Option<ProviderUrl> {
    let url = own_resource(arn, caller.account())?.strip_prefix(KIND)?;
    ProviderUrl::from_arn(url).ok()
}

fn sent_url(url: &str) -> Result<ProviderUrl, ServiceError> {
    ProviderUrl::parse(url).map_err(|error| ServiceError::validation(error.to_string()))
}

impl Taggable for OidcProvider {
    const QUOTA: Quota = Quota::TagsPerOpenIdConnectProvider;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(named, caller))
    }

    fn place_of(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        place(named, caller)
    }

    fn missing(named: &str) -> ServiceError {
        missing(named)
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::CreateOpenIDConnectProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let url = sent_url(&self.url)?;
        let arn = url.arn(Partition::default(), caller.account());
        Ok(Question::about(arn).request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(
            self,
            self.tags.as_ref(),
            "iam:TagOpenIDConnectProvider",
            caller,
        )
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateOpenIDConnectProviderOutput>, ServiceError> {
        // DIFFERS: AWS fetches the thumbprint where none is sent; this server calls nobody.
        let provider = OidcProvider::create(
            sent_url(&call.url)?,
            call.client_id_list.clone().unwrap_or_default(),
            call.thumbprint_list.clone().unwrap_or_default(),
            sent_tags(call.tags.as_ref()),
            service.now().timestamp(),
        )?;
        let account = call.caller().account();
        let wanted = [provider.cell().of(account)];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                if transaction.is_there(provider.cell())? {
                    let url = &call.url;
                    return Err(Refusal::already_exists(Entity::OpenIdConnectProvider, url).into());
                }
                transaction.count_in(Counter::OidcProviders);
                transaction.put(&provider)
            })
            .await?;
        let output = iam::CreateOpenIDConnectProviderOutput {
            open_id_connect_provider_arn: Some(provider.arn(Partition::default(), account)),
            tags: some_tags(&provider.tags),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetOpenIDConnectProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.open_id_connect_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetOpenIDConnectProviderOutput>, ServiceError> {
        let arn = &call.open_id_connect_provider_arn;
        let place = place(arn, call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<OidcProvider>(place).await?;
        let provider = found.ok_or_else(|| missing(arn))?;
        let output = iam::GetOpenIDConnectProviderOutput {
            url: Some(provider.url.to_string()),
            tags: some_tags(&provider.tags),
            client_id_list: Some(provider.client_ids),
            thumbprint_list: Some(provider.thumbprints),
            create_date: Some(time(provider.created)),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::ListOpenIDConnectProviders {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let (partition, account) = (Partition::default().as_str(), caller.account());
        let arn = format!("arn:{partition}:iam::{account}:{KIND}*");
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListOpenIDConnectProvidersOutput>, ServiceError> {
        let account = call.caller().account();
        let reader = service.reader(call.caller()).await?;
        let providers = reader.all::<OidcProvider>(&Kind::OidcProviders).await?;
        let shown = providers
            .iter()
            .map(|provider| iam::OpenIDConnectProviderListEntry {
                arn: Some(provider.arn(Partition::default(), account)),
            });
        let output = iam::ListOpenIDConnectProvidersOutput {
            open_id_connect_provider_list: Some(shown.collect()),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeleteOpenIDConnectProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.open_id_connect_provider_arn, caller))
    }

    /// Deleting a provider that is not there is no error.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = &call.open_id_connect_provider_arn;
        Arn::parse(arn).ok_or_else(ServiceError::invalid_arn)?;
        let Some(url) = url_of(arn, call.caller()) else {
            return Ok(Done::without_store(NoOutput));
        };
        let cell = Cell::OidcProvider(url);
        let wanted = [cell.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                if transaction.is_there(cell.clone())? {
                    transaction.delete(cell.clone());
                    transaction.count_out(Counter::OidcProviders);
                }
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::AddClientIDToOpenIDConnectProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.open_id_connect_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = &call.open_id_connect_provider_arn;
        change::<OidcProvider>(service, call.caller(), arn, |provider| {
            Ok(provider.add_client_id(call.client_id.clone())?)
        })
        .await
    }
}

impl Operate for iam::RemoveClientIDFromOpenIDConnectProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.open_id_connect_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = &call.open_id_connect_provider_arn;
        change::<OidcProvider>(service, call.caller(), arn, |provider| {
            provider.remove_client_id(&call.client_id);
            Ok(())
        })
        .await
    }
}

impl Operate for iam::UpdateOpenIDConnectProviderThumbprint {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.open_id_connect_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = &call.open_id_connect_provider_arn;
        change::<OidcProvider>(service, call.caller(), arn, |provider| {
            Ok(provider.set_thumbprints(call.thumbprint_list.clone())?)
        })
        .await
    }
}
