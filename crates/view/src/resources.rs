//! What the policies ask about that is no principal and no policy: certificates, credentials, devices, identity
//! providers, instance profiles.

use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::{AccountId, Partition, UniqueId};
use keyward_directory::{
    CredentialService, Holder, InstanceProfile, InstanceProfileName, OidcProvider, ProviderUrl,
    SamlProvider, SamlProviderName, ServerCertificate, ServerCertificateName, Tags,
    UserCredentials, VirtualMfaDevice,
};
use keyward_records::{Cell as CellKey, DecodeError, Record, Vault};
use rpds::HashTrieMapSync;

use crate::saml_provider::{SignInProvider, Texts};

/// What is only ever a resource, as decisions read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// `aws:ResourceTag/…`.
    pub tags: Tags,
}

/// An OIDC provider, as tokens of its issuer are held against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIssuer {
    /// The provider's ARN.
    pub arn: String,
    /// The audiences that tokens may be for.
    pub client_ids: Vec<String>,
    /// SHA-1 digests of certificates, in hexadecimal.
    pub thumbprints: Vec<String>,
}

/// The service of each service-specific credential of a user.
type Services = Arc<[(UniqueId, CredentialService)]>;

/// The resources of an account; the maps are persistent, and names are in the form that uniqueness goes by.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    /// The tags of virtual MFA devices by path and name.
    devices: HashTrieMapSync<String, Tags>,
    instance_profiles: HashTrieMapSync<String, Arc<Tagged>>,
    oidc_providers: HashTrieMapSync<String, Arc<Tagged>>,
    /// The same as those who verify tokens need them.
    token_issuers: HashTrieMapSync<String, Arc<TokenIssuer>>,
    saml_providers: HashTrieMapSync<String, Arc<Tagged>>,
    sign_in_providers: HashTrieMapSync<String, Arc<SignInProvider>>,
    server_certificates: HashTrieMapSync<String, Arc<Tagged>>,
    services: HashTrieMapSync<UniqueId, Services>,
}

impl Resources {
    /// Makes those of an account that has none.
    pub(crate) fn new() -> Self {
        Self {
            devices: HashTrieMapSync::new_sync(),
            instance_profiles: HashTrieMapSync::new_sync(),
            oidc_providers: HashTrieMapSync::new_sync(),
            token_issuers: HashTrieMapSync::new_sync(),
            saml_providers: HashTrieMapSync::new_sync(),
            sign_in_providers: HashTrieMapSync::new_sync(),
            server_certificates: HashTrieMapSync::new_sync(),
            services: HashTrieMapSync::new_sync(),
        }
    }

    pub(crate) fn device_tags(&self, path_and_name: &str) -> Option<&Tags> {
        self.devices.get(path_and_name)
    }

    pub(crate) fn instance_profile(&self, name: &InstanceProfileName) -> Option<&Arc<Tagged>> {
        self.instance_profiles.get(&name.folded())
    }

    pub(crate) fn oidc_provider(&self, url: &ProviderUrl) -> Option<&Arc<Tagged>> {
        self.oidc_providers.get(url.as_str())
    }

    pub(crate) fn token_issuer(&self, url: &str) -> Option<&Arc<TokenIssuer>> {
        self.token_issuers.get(url)
    }

    pub(crate) fn saml_provider(&self, name: &SamlProviderName) -> Option<&Arc<Tagged>> {
        self.saml_providers.get(&name.folded())
    }

    pub(crate) fn sign_in_provider(&self, name: &SamlProviderName) -> Option<&Arc<SignInProvider>> {
        self.sign_in_providers.get(&name.folded())
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

    /// Takes in what was put; other keys are not looked at.
    pub(crate) fn put(
        &mut self,
        account: AccountId,
        key: &CellKey,
        value: &Bytes,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        let partition = Partition::default();
        if let CellKey::InstanceProfile(name) = key {
            let profile = InstanceProfile::decode(value, vault)?;
            let tagged = tagged(profile.arn(partition, account), profile.tags);
            self.instance_profiles.insert_mut(name.clone(), tagged);
        } else if let CellKey::OidcProvider(url) = key {
            let provider = OidcProvider::decode(value, vault)?;
            let arn = provider.arn(partition, account);
            let issuer = TokenIssuer {
                arn: arn.clone(),
                client_ids: provider.client_ids,
                thumbprints: provider.thumbprints,
            };
            self.token_issuers
                .insert_mut(url.to_string(), Arc::new(issuer));
            let tagged = tagged(arn, provider.tags);
            self.oidc_providers.insert_mut(url.to_string(), tagged);
        } else if let CellKey::ServerCertificate(name) = key {
            let certificate = ServerCertificate::decode(value, vault)?;
            let tagged = tagged(certificate.arn(partition, account), certificate.tags);
            self.server_certificates.insert_mut(name.clone(), tagged);
        } else if let CellKey::UserCredentials(Holder::User(id)) = key {
            // The root user can have none for single services.
            let credentials = UserCredentials::decode(value, vault)?.service_credentials;
            let services = credentials.into_iter();
            let services = services.map(|credential| (credential.id, credential.service));
            self.services.insert_mut(id.clone(), services.collect());
        } else if let CellKey::VirtualMfaDevice(path, name) = key {
            let device = VirtualMfaDevice::decode(value, vault)?;
            let place = format!("{path}{name}");
            self.devices.insert_mut(place, device.tags);
        }
        Ok(())
    }

    /// Takes in a SAML provider, and the texts of its commit where they have its metadata.
    pub(crate) fn put_saml_provider(
        &mut self,
        account: AccountId,
        name: &str,
        value: &Bytes,
        texts: &Texts<'_>,
        vault: &Vault,
    ) -> Result<(), DecodeError> {
        let provider = SamlProvider::decode(value, vault)?;
        let arn = provider.arn(Partition::default(), account);
        let before = self.sign_in_providers.get(name).cloned();
        let tags = provider.tags.clone();
        match SignInProvider::new(arn.clone(), provider, texts, before.as_deref())? {
            Some(provider) => {
                let provider = Arc::new(provider);
                self.sign_in_providers.insert_mut(name.to_owned(), provider);
            }
            None => {
                self.sign_in_providers.remove_mut(name);
            }
        }
        self.saml_providers
            .insert_mut(name.to_owned(), tagged(arn, tags));
        Ok(())
    }

    /// Forgets what is gone; other keys are not looked at.
    pub(crate) fn remove(&mut self, key: &CellKey) {
        if let CellKey::InstanceProfile(name) = key {
            self.instance_profiles.remove_mut(name);
        } else if let CellKey::OidcProvider(url) = key {
            self.oidc_providers.remove_mut(url.as_str());
            self.token_issuers.remove_mut(url.as_str());
        } else if let CellKey::SamlProvider(name) = key {
            self.saml_providers.remove_mut(name);
            self.sign_in_providers.remove_mut(name);
        } else if let CellKey::ServerCertificate(name) = key {
            self.server_certificates.remove_mut(name);
        } else if let CellKey::UserCredentials(Holder::User(id)) = key {
            self.services.remove_mut(id);
        } else if let CellKey::VirtualMfaDevice(path, name) = key {
            self.devices.remove_mut(&format!("{path}{name}"));
        }
    }
}

fn tagged(arn: String, tags: Tags) -> Arc<Tagged> {
    Arc::new(Tagged { arn, tags })
}
