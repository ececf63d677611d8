//! SAML identity providers; their tags are in `tags.rs`.

use bytes::Bytes;
use keyward_arn::{Arn, Partition};
use keyward_directory::{
    AssertionEncryption, Entity, Quota, Refusal, SamlChange, SamlProvider, SamlProviderName, Tags,
};
use keyward_records::{Cell, Counter, Kind, Record, encode_text};
use keyward_wire::{NoOutput, iam};

use super::tags::{Taggable, sent_tags, some_tags, tagging_new};
use super::target::own_resource;
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::ports::draw;
use crate::{Service, ServiceError};

const KIND: &str = "saml-provider/";

/// Asks about a provider, which should exist.
fn existing(arn: &str, caller: &Caller) -> Question {
    let question = Question::about(arn.to_owned());
    let found = name_of(arn, caller).and_then(|name| caller.cell().saml_provider(&name).cloned());
    match found.filter(|found| found.arn == arn) {
        Some(provider) => question.resource_tags(&provider.tags),
        None => question,
    }
}

/// Returns where the provider of an ARN stands.
fn place(arn: &str, caller: &Caller) -> Result<Cell, ServiceError> {
    Arn::parse(arn).ok_or_else(ServiceError::invalid_arn)?;
    let name = name_of(arn, caller).ok_or_else(|| missing(arn))?;
    Ok(Cell::saml_provider(&name))
}

/// Says that a provider is not there.
fn missing(arn: &str) -> ServiceError {
    Refusal::not_found(Entity::SamlProvider, arn).into()
}

/// Returns the ARN of a provider of the caller's account.
fn arn(provider: &SamlProvider, caller: &Caller) -> String {
    provider.arn(Partition::default(), caller.account())
}

/// Reads the ARN of a provider of the caller's account.
fn name_of(arn: &str, caller: &Caller) -> Option<SamlProviderName> {
    let name = own_resource(arn, caller.account())?.strip_prefix(KIND)?;
    SamlProviderName::parse(name).ok()
}

fn new_name(name: &str) -> Result<SamlProviderName, ServiceError> {
    SamlProviderName::parse(name).map_err(|error| ServiceError::validation(error.to_string()))
}

fn sent_encryption(mode: iam::AssertionEncryptionModeType) -> AssertionEncryption {
    match mode {
        iam::AssertionEncryptionModeType::Allowed => AssertionEncryption::Allowed,
        iam::AssertionEncryptionModeType::Required => AssertionEncryption::Required,
    }
}

fn shown_encryption(mode: AssertionEncryption) -> iam::AssertionEncryptionModeType {
    match mode {
        AssertionEncryption::Allowed => iam::AssertionEncryptionModeType::Allowed,
        AssertionEncryption::Required => iam::AssertionEncryptionModeType::Required,
    }
}

/// Compresses a metadata document and cuts it into parts.
fn parts(document: &str) -> Result<Vec<Bytes>, Refusal> {
    encode_text(document).map_err(|error| Refusal::invalid_input(error.to_string()))
}

impl Taggable for SamlProvider {
    const QUOTA: Quota = Quota::TagsPerSamlProvider;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(named, caller))
    }

    fn place_of(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        place(named, caller)
    }

    fn missing(named: &str) -> ServiceError {
        missing(named)
    }

    fn is(&self, named: &str, caller: &Caller) -> bool {
        arn(self, caller) == named
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::CreateSAMLProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let (partition, account) = (Partition::default().as_str(), caller.account());
        let arn = format!("arn:{partition}:iam::{account}:{KIND}{}", self.name);
        Ok(Question::about(arn).request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagSAMLProvider", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateSAMLProviderOutput>, ServiceError> {
        let document = &call.saml_metadata_document;
        let key = call
            .add_private_key
            .as_ref()
            .map(|key| key.expose().as_str());
        let encryption = call.assertion_encryption_mode.map(sent_encryption);
        let change = SamlChange::read(Some(document), encryption, key, None)?;
        let random = (draw(service.entropy()), draw(service.entropy()));
        let (tags, now) = (sent_tags(call.tags.as_ref()), service.now().timestamp());
        let created = SamlProvider::create(new_name(&call.name)?, change, tags, random, now)?;
        let parts = parts(document)?;
        let wanted = [created.cell().of(call.caller().account())];
        let (provider, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut provider = created.clone();
                if transaction.is_there(provider.cell())? {
                    let name = &provider.name;
                    return Err(Refusal::already_exists(Entity::SamlProvider, name).into());
                }
                provider.metadata_parts = transaction.put_text(&provider.id, 0, &parts)?;
                transaction.count_in(Counter::SamlProviders);
                transaction.put(&provider)?;
                Ok(provider)
            })
            .await?;
        let output = iam::CreateSAMLProviderOutput {
            saml_provider_arn: Some(arn(&provider, call.caller())),
            tags: some_tags(&provider.tags),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetSAMLProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.saml_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetSAMLProviderOutput>, ServiceError> {
        let named = &call.saml_provider_arn;
        let place = place(named, call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<SamlProvider>(place).await?;
        let found = found.filter(|found| arn(found, call.caller()) == *named);
        let provider = found.ok_or_else(|| missing(named))?;
        let document = reader.text(&provider.id, provider.metadata_parts).await?;
        let keys = provider.private_keys.iter().map(|key| iam::SAMLPrivateKey {
            key_id: Some(key.id.clone()),
            timestamp: Some(time(key.added)),
        });
        let output = iam::GetSAMLProviderOutput {
            saml_provider_uuid: Some(provider.id.to_string()),
            saml_metadata_document: Some(document),
            create_date: Some(time(provider.created)),
            valid_until: Some(time(provider.valid_until)),
            tags: some_tags(&provider.tags),
            assertion_encryption_mode: provider.encryption.map(shown_encryption),
            private_key_list: (!provider.private_keys.is_empty()).then(|| keys.collect()),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::ListSAMLProviders {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let (partition, account) = (Partition::default().as_str(), caller.account());
        let arn = format!("arn:{partition}:iam::{account}:{KIND}*");
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListSAMLProvidersOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let providers = reader.all::<SamlProvider>(&Kind::SamlProviders).await?;
        let shown = providers.iter().map(|provider| iam::SAMLProviderListEntry {
            arn: Some(arn(provider, call.caller())),
            valid_until: Some(time(provider.valid_until)),
            create_date: Some(time(provider.created)),
        });
        let output = iam::ListSAMLProvidersOutput {
            saml_provider_list: Some(shown.collect()),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateSAMLProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.saml_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UpdateSAMLProviderOutput>, ServiceError> {
        let named = &call.saml_provider_arn;
        let place = place(named, call.caller())?;
        let document = call.saml_metadata_document.as_deref();
        let change = SamlChange::read(
            document,
            call.assertion_encryption_mode.map(sent_encryption),
            call.add_private_key
                .as_ref()
                .map(|key| key.expose().as_str()),
            call.remove_private_key.as_deref(),
        )?;
        let parts = document.map(parts).transpose()?;
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let wanted = [place.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<SamlProvider>(place.clone())?;
                let found = found.filter(|found| arn(found, call.caller()) == *named);
                let mut provider = found.ok_or_else(|| missing(named))?;
                provider.change(change.clone(), random, now)?;
                if let Some(parts) = &parts {
                    let before = provider.metadata_parts;
                    provider.metadata_parts = transaction.put_text(&provider.id, before, parts)?;
                }
                transaction.put(&provider)
            })
            .await?;
        let output = iam::UpdateSAMLProviderOutput {
            saml_provider_arn: Some(named.clone()),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::DeleteSAMLProvider {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.saml_provider_arn, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let named = &call.saml_provider_arn;
        let cell = place(named, call.caller())?;
        let wanted = [cell.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<SamlProvider>(cell.clone())?;
                let found = found.filter(|found| arn(found, call.caller()) == *named);
                let found = found.ok_or_else(|| missing(named))?;
                transaction.put_text(&found.id, found.metadata_parts, &[])?;
                transaction.delete(cell.clone());
                transaction.count_out(Counter::SamlProviders);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
