//! SAML identity providers.

use keyward_arn::{AccountId, Partition, UniqueId, encode_base32};

use crate::limits::{PRIVATE_KEYS_PER_SAML_PROVIDER, SAML_RSA_KEY_BITS, SAML_VALIDITY_SECONDS};
use crate::{
    KeyPair, ParseMetadataError, ParsePrivateKeyError, PrivateKey, Quota, Refusal, SamlMetadata,
    SamlProviderName, Tag, Tags, Timestamp,
};

/// Whether assertions must be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssertionEncryption {
    /// They may be.
    Allowed,
    /// They must be.
    Required,
}

/// A key that encrypted assertions are opened with.
#[derive(Clone, Debug)]
pub struct SamlPrivateKey {
    /// 32 letters and digits.
    pub id: String,
    /// The key, never shown again.
    pub key: PrivateKey,
    /// When it was added.
    pub added: Timestamp,
}

/// A SAML identity provider that an account trusts. Its metadata document, which may be long, is kept apart.
#[derive(Clone, Debug)]
pub struct SamlProvider {
    /// Such as `SAMLSP…`; part of where its assertions are sent.
    pub id: UniqueId,
    /// Unique in the account without regard to case.
    pub name: SamlProviderName,
    /// When it was made.
    pub created: Timestamp,
    /// Until when its metadata are valid.
    pub valid_until: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// Whether its assertions must be encrypted; `None` where nothing was said and there is no key for it.
    pub encryption: Option<AssertionEncryption>,
    /// At most two, in the order in which they were added.
    pub private_keys: Vec<SamlPrivateKey>,
    /// In how many parts the metadata document is kept.
    pub metadata_parts: u32,
}

/// What a request changes of a provider; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SamlChange {
    /// What the new metadata document says.
    pub metadata: Option<SamlMetadata>,
    /// Whether assertions must be encrypted.
    pub encryption: Option<AssertionEncryption>,
    /// A key to add.
    pub add_private_key: Option<PrivateKey>,
    /// The id of a key to take away.
    pub remove_private_key: Option<String>,
}

impl SamlChange {
    /// Reads the parts of a request that have a form of their own.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] for a document or a key that can't be read, [`Refusal::QuotaExceededText`] for a
    /// document with too many keys.
    pub fn read(
        metadata: Option<&str>,
        encryption: Option<AssertionEncryption>,
        add_private_key: Option<&str>,
        remove_private_key: Option<&str>,
    ) -> Result<Self, Refusal> {
        let metadata = metadata.map(SamlMetadata::parse).transpose();
        Ok(Self {
            metadata: metadata.map_err(refused_metadata)?,
            encryption,
            add_private_key: add_private_key.map(private_key).transpose()?,
            remove_private_key: remove_private_key.map(str::to_owned),
        })
    }
}

impl SamlProvider {
    /// Makes a provider from a change that has metadata, with an id from 10 random bytes.
    ///
    /// # Errors
    /// Those of [`change`](Self::change) and [`Tags::with`].
    pub fn create(
        name: SamlProviderName,
        change: SamlChange,
        tags: Vec<Tag>,
        random: ([u8; 10], [u8; 20]),
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let id = format!("SAMLSP{}", encode_base32(&random.0));
        let mut provider = Self {
            id: UniqueId::parse(&id).map_err(|error| Refusal::invalid_input(error.to_string()))?,
            name,
            created: now,
            valid_until: now,
            tags: Tags::default().with(tags, Quota::TagsPerSamlProvider)?,
            encryption: None,
            private_keys: Vec::new(),
            metadata_parts: 0,
        };
        provider.change(change, random.1, now)?;
        Ok(provider)
    }

    /// Changes the provider; a key that is added gets an id from 20 random bytes.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceededText`] for a third key, `NoSuchEntity` for a key to remove that is not there,
    /// [`Refusal::InvalidInput`] where encryption would be required without a key.
    pub fn change(
        &mut self,
        change: SamlChange,
        random: [u8; 20],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(metadata) = change.metadata {
            // SOURCE: AWS shows a moment a hundred years ahead where the document names none.
            let far = now.unix_seconds().saturating_add(SAML_VALIDITY_SECONDS);
            let far = Timestamp::from_unix_seconds(far);
            self.valid_until = metadata.valid_until.unwrap_or(far);
        }
        if let Some(key) = change.add_private_key {
            if self.private_keys.len() >= PRIVATE_KEYS_PER_SAML_PROVIDER {
                return Err(Refusal::QuotaExceededText {
                    message: "Cannot exceed quota for PrivateKeysPerSAMLProvider: 2",
                });
            }
            self.private_keys.push(SamlPrivateKey {
                id: encode_base32(&random),
                key,
                added: now,
            });
        }
        if let Some(id) = change.remove_private_key {
            let before = self.private_keys.len();
            self.private_keys.retain(|key| key.id != id);
            if self.private_keys.len() == before {
                let message = format!("The private key with id {id} cannot be found.");
                return Err(Refusal::not_found_text(message));
            }
        }
        self.encryption = change.encryption.or(self.encryption);
        match (self.encryption, self.private_keys.is_empty()) {
            (Some(AssertionEncryption::Required), true) => Err(Refusal::invalid_input(
                "Assertion encryption can't be required without a private key.",
            )),
            (None, false) => {
                self.encryption = Some(AssertionEncryption::Allowed);
                Ok(())
            }
            (Some(AssertionEncryption::Allowed | AssertionEncryption::Required) | None, _) => {
                Ok(())
            }
        }
    }

    /// Returns the provider's ARN, `arn:aws:iam::111122223333:saml-provider/name`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:saml-provider/{}",
            partition.as_str(),
            self.name
        )
    }
}

fn refused_metadata(error: ParseMetadataError) -> Refusal {
    match error {
        ParseMetadataError::Malformed => Refusal::invalid_input(error.to_string()),
        ParseMetadataError::TooManyKeys => Refusal::QuotaExceededText {
            message: "Cannot exceed quota for KeysPerSAMLProvider: 10",
        },
    }
}

/// Reads a key of a provider: RSA of at least 1,024 bits.
// SOURCE: spec/iam-entities.md §6.
fn private_key(text: &str) -> Result<PrivateKey, Refusal> {
    let invalid =
        || Refusal::invalid_input("The private key must be an unencrypted RSA key in PEM.");
    let keys = KeyPair::parse(text).map_err(|ParsePrivateKeyError| invalid())?;
    let long_enough = |bits| bits >= SAML_RSA_KEY_BITS;
    if keys.rsa_bits().is_some_and(long_enough) {
        Ok(keys.into_private_key())
    } else {
        Err(invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::fixtures;

    fn create(change: SamlChange) -> Result<SamlProvider, Refusal> {
        let name = SamlProviderName::parse("Idp").unwrap();
        SamlProvider::create(name, change, Vec::new(), ([1; 10], [2; 20]), fixtures::NOW)
    }

    fn read(
        encryption: Option<AssertionEncryption>,
        add: Option<&str>,
        remove: Option<&str>,
    ) -> SamlChange {
        let metadata = fixtures::metadata("");
        SamlChange::read(Some(&metadata), encryption, add, remove).unwrap()
    }

    #[test]
    fn encryption_needs_a_key() {
        let required = Some(AssertionEncryption::Required);
        assert_eq!(
            create(read(required, None, None)).unwrap_err().to_string(),
            "Assertion encryption can't be required without a private key."
        );
        let key = Some(fixtures::LEAF_KEY);
        let mut provider = create(read(required, key, None)).unwrap();
        assert!(create(read(None, None, None)).unwrap().encryption.is_none());
        let id = provider.private_keys[0].id.clone();
        let refused = provider.change(read(None, None, Some(&id)), [3; 20], fixtures::NOW);
        assert!(refused.is_err());
    }

    #[test]
    fn two_keys_fit_and_can_be_rotated() {
        let key = Some(fixtures::LEAF_KEY);
        let mut provider = create(read(None, key, None)).unwrap();
        assert_eq!(provider.encryption, Some(AssertionEncryption::Allowed));
        let old = provider.private_keys[0].id.clone();
        assert_eq!((old.len(), provider.id.as_str().len()), (32, 22));
        provider
            .change(read(None, key, None), [3; 20], fixtures::NOW)
            .unwrap();
        let third = provider
            .clone()
            .change(read(None, key, None), [4; 20], fixtures::NOW);
        assert_eq!(
            third.unwrap_err().to_string(),
            "Cannot exceed quota for PrivateKeysPerSAMLProvider: 2"
        );
        provider
            .change(read(None, None, Some(&old)), [5; 20], fixtures::NOW)
            .unwrap();
        let again = provider.change(read(None, None, Some(&old)), [5; 20], fixtures::NOW);
        let text = format!("The private key with id {old} cannot be found.");
        assert_eq!(again.unwrap_err().to_string(), text);
    }

    #[test]
    fn other_keys_are_refused() {
        for text in [
            "",
            "x",
            fixtures::EC_KEY,
            fixtures::LEAF,
            fixtures::RSA_512_KEY,
        ] {
            let refused = SamlChange::read(None, None, Some(text), None).unwrap_err();
            let message = "The private key must be an unencrypted RSA key in PEM.";
            assert_eq!(refused.to_string(), message);
        }
    }
}
