//! What the policies ask about that is no principal and no policy: certificates, identity providers, credentials.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccountId, Partition, UniqueId};
use keyward_directory::{
    CredentialService, Holder, OidcProvider, ProviderUrl, SamlProvider, SamlProviderName,
    ServerCertificate, ServerCertificateName, Tags, UserCredentials,
};
use keyward_records::{Cell as CellKey, DecodeError, Record, Vault};
use rpds::HashTrieMapSync;

/// A resource as decisions know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Tags,
}

/// The service of each service-specific credential of a user.
type Services = Arc<[(UniqueId, CredentialService)]>;

/// The resources of an account; the maps are persistent, and names are in the form that uniqueness goes by.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    oidc_providers: HashTrieMapSync<String, Arc<Tagged>>,
    saml_providers: HashTrieMapSync<String, Arc<Tagged>>,
    server_certificates: HashTrieMapSync<String, Arc<Tagged>>,
    services: HashTrieMapSync<UniqueId, Services>,
}

impl Resources {
    /// Makes those of an account that has none.
    pub(crate) fn new() -> Self {
        Self {
            oidc_providers: HashTrieMapSync::new_sync(),
            saml_providers: HashTrieMapSync::new_sync(),
            server_certificates: HashTrieMapSync::new_sync(),
            services: HashTrieMapSync::new_sync(),
        }
    }

    pub(crate) fn oidc_provider(&self, url: &ProviderUrl) -> Option<&Arc<Tagged>> {
        self.oidc_providers.get(url.as_str())
    }

    pub(crate) fn saml_provider(&self, name: &SamlProviderName) -> Option<&Arc<Tagged>> {
        self.saml_providers.get(&name.folded())
    }

    pub(crate) fn server_certificate(&self, name: &ServerCertificateName) -> Option<&Arc<Tagged>> {
        self.server_certificates.get(&name.folded())
    }

    pub(crate) fn credential_service(
        &self,
        user: &UniqueId,
        id: &str,
    ) -> Option<CredentialService> {
        let of_user = self.services.get(user)?;
        let mut found = of_user.iter().filter(|(own, _)| own.as_str() == id);
        found.next().map(|(_, service)| *service)
    }

    pub(crate) fn put_oidc_provider(
        &mut self,
        account: AccountId,
        url: &ProviderUrl,
        value: &Bytes,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        let provider = OidcProvider::decode(value, vault)?;
        let arn = provider.arn(Partition::default(), account);
        let tagged = tagged(arn, provider.tags);
        self.oidc_providers.insert_mut(url.to_string(), tagged);
        Ok(())
    }

    pub(crate) fn put_saml_provider(
        &mut self,
        account: AccountId,
        name: &str,
        value: &Bytes,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        let provider = SamlProvider::decode(value, vault)?;
        let arn = provider.arn(Partition::default(), account);
        let tagged = tagged(arn, provider.tags);
        self.saml_providers.insert_mut(name.to_owned(), tagged);
        Ok(())
    }

    pub(crate) fn put_server_certificate(
        &mut self,
        account: AccountId,
        name: &str,
        value: &Bytes,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        let certificate = ServerCertificate::decode(value, vault)?;
        let arn = certificate.arn(Partition::default(), account);
        let tagged = tagged(arn, certificate.tags);
        self.server_certificates.insert_mut(name.to_owned(), tagged);
        Ok(())
    }

    /// Takes in a user's credentials; the root user can have none for single services.
    pub(crate) fn put_credentials(
        &mut self,
        owner: &Holder,
        value: &Bytes,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        if let Holder::User(id) = owner {
            let credentials = UserCredentials::decode(value, vault)?.service_credentials;
            let services = credentials.into_iter();
            let services = services.map(|credential| (credential.id, credential.service));
            self.services.insert_mut(id.clone(), services.collect());
        }
        Ok(())
    }

    /// Forgets what is gone; other keys are not looked at.
    pub(crate) fn remove(&mut self, key: &CellKey) {
        if let CellKey::OidcProvider(url) = key {
            self.oidc_providers.remove_mut(url.as_str());
        } else if let CellKey::SamlProvider(name) = key {
            self.saml_providers.remove_mut(name);
        } else if let CellKey::ServerCertificate(name) = key {
            self.server_certificates.remove_mut(name);
        } else if let CellKey::UserCredentials(Holder::User(id)) = key {
            self.services.remove_mut(id);
        }
    }
}

fn tagged(arn: String, tags: Tags) -> Arc<Tagged> {
    Arc::new(Tagged { arn, tags })
}
