//! Settings of the account as a whole: its alias, properties, STS tokens, outbound web identity federation.

use keyward_directory::{AccountAlias, AccountSettings, Refusal, TokenVersion};
use keyward_records::{Cell, RecordKey};
use keyward_store::Revision;
use keyward_wire::{NoOutput, iam};

use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::exchange::RequestId;
use crate::page::Page;
use crate::ports::draw;
use crate::{Service, ServiceError};

pub(super) fn whole_account() -> Question {
    Question::about("*".to_owned())
}

/// Changes the caller's account's settings.
pub(super) async fn change<T: Send>(
    service: &Service,
    caller: &Caller,
    mut edit: impl FnMut(&mut AccountSettings) -> Result<T, Refusal> + Send,
) -> Result<(T, Revision), ServiceError> {
    let wanted = [Cell::Settings.of(caller.account())];
    service
        .transact(caller, &wanted, |transaction| {
            let mut settings = transaction.settings()?;
            let made = edit(&mut settings)?;
            transaction.put(&settings)?;
            Ok(made)
        })
        .await
}

/// Reads an alias, which the model's pattern has passed.
fn sent_alias(text: &str) -> Result<AccountAlias, ServiceError> {
    AccountAlias::parse(text).map_err(|error| ServiceError::validation(error.to_string()))
}

impl Operate for iam::CreateAccountAlias {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    /// Gives the account its one alias, in the place of the one before.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let alias = sent_alias(&call.account_alias)?;
        let account = call.caller().account();
        let wanted = [Cell::Settings.of(account), RecordKey::Alias(alias.clone())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut settings = transaction.settings()?;
                if transaction.alias_owner(&alias)?.is_some() {
                    return Err(Refusal::already_exists_text(format!(
                        "The account alias {alias} already exists."
                    ))
                    .into());
                }
                if let Some(before) = settings.alias.replace(alias.clone()) {
                    transaction.delete_alias(&before);
                }
                transaction.put_alias(&alias)?;
                transaction.put(&settings)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteAccountAlias {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let text = &call.account_alias;
        let wanted = [Cell::Settings.of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut settings = transaction.settings()?;
                let named = |alias: &AccountAlias| alias.as_str() == text;
                let Some(alias) = settings.alias.take_if(|alias| named(alias)) else {
                    return Err(Refusal::not_found_text(format!(
                        "The Account Alias with name {text} cannot be found."
                    ))
                    .into());
                };
                transaction.delete_alias(&alias);
                transaction.put(&settings)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ListAccountAliases {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListAccountAliasesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let alias = reader.settings().await?.alias;
        let alias = alias.filter(|alias| {
            let after = page.after.as_deref();
            after.is_none_or(|after| alias.as_str() > after)
        });
        let output = iam::ListAccountAliasesOutput {
            account_aliases: alias.iter().map(AccountAlias::to_string).collect(),
            is_truncated: Some(false),
            marker: None,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::PutAccountProperties {
    /// Asks with `iam:AccountPropertyNamespaces`: that of the properties, which are all of one.
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        let first = self.properties.keys().next();
        let namespace = first.and_then(|key| Some(key.split_once('/')?.0));
        Ok(whole_account().key("iam:AccountPropertyNamespaces", namespace))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::PutAccountPropertiesOutput>, ServiceError> {
        let ((), revision) = change(service, call.caller(), |settings| {
            settings.put_properties(&call.properties)
        })
        .await?;
        Ok(Done::at(revision, iam::PutAccountPropertiesOutput {}))
    }
}

impl Operate for iam::GetAccountProperties {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccountPropertiesOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let output = iam::GetAccountPropertiesOutput {
            properties: Some(reader.settings().await?.properties),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::SetSecurityTokenServicePreferences {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let version = match call.global_endpoint_token_version {
            iam::GlobalEndpointTokenVersion::V1Token => TokenVersion::V1,
            iam::GlobalEndpointTokenVersion::V2Token => TokenVersion::V2,
        };
        let ((), revision) = change(service, call.caller(), |settings| {
            settings.token_version = version;
            Ok(())
        })
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::EnableOutboundWebIdentityFederation {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::EnableOutboundWebIdentityFederationOutput>, ServiceError> {
        // SOURCE: spec/iam-entities.md §6. DIFFERS: AWS's issuers are https://<uuid>.tokens.sts.global.api.aws; ours must
        // be reached where this server is.
        let drawn = RequestId::from_random(draw(service.entropy()));
        let wanted = [Cell::Settings.of(call.caller().account())];
        let (id, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut settings = transaction.settings()?;
                let id = settings
                    .enable_outbound_federation(drawn.as_str().to_owned())?
                    .to_owned();
                transaction.put_issuer(&id)?;
                transaction.put(&settings)?;
                Ok(id)
            })
            .await?;
        // Verifiers that look at once find keys.
        service.make_identity_keys(call.caller()).await?;
        let output = iam::EnableOutboundWebIdentityFederationOutput {
            issuer_identifier: Some(service.issuer_url(&id)),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::DisableOutboundWebIdentityFederation {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let ((), revision) = change(service, call.caller(), |settings| {
            settings.enabled_federation()?.enabled = false;
            Ok(())
        })
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::GetOutboundWebIdentityFederationInfo {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(whole_account())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetOutboundWebIdentityFederationInfoOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let mut settings = reader.settings().await?;
        let federation = settings.enabled_federation()?;
        let output = iam::GetOutboundWebIdentityFederationInfoOutput {
            issuer_identifier: Some(service.issuer_url(&federation.id)),
            jwt_vending_enabled: Some(federation.enabled),
        };
        Ok(Done::at(reader.revision(), output))
    }
}
