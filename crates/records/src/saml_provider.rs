//! The record of a SAML provider; its metadata document is a text of its own.

use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{
    AssertionEncryption, PrivateKey, SamlPrivateKey, SamlProvider, SamlProviderName, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawTags, open_private_key, parsed, raw_tags, seal_private_key, tags};
use crate::{DecodeError, EncodeError, Vault};

const RECORD: &str = "SAML provider";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawSamlProvider {
    id: String,
    name: String,
    created: i64,
    valid_until: i64,
    tags: RawTags,
    /// `None`: nothing was said.
    encryption_required: Option<bool>,
    private_keys: Vec<RawPrivateKey>,
    metadata_parts: u32,
}

#[derive(Serialize, Deserialize)]
struct RawPrivateKey {
    id: String,
    sealed: String,
    added: i64,
}

pub(crate) fn encode(provider: &SamlProvider, vault: &Vault) -> Result<Bytes, EncodeError> {
    let key = |key: &SamlPrivateKey| {
        Ok::<_, EncodeError>(RawPrivateKey {
            id: key.id.clone(),
            sealed: seal_private_key(vault, &place(&key.id), &key.key)?,
            added: key.added.unix_seconds(),
        })
    };
    let keys: Result<Vec<_>, _> = provider.private_keys.iter().map(key).collect();
    write(
        VERSION,
        &RawSamlProvider {
            id: provider.id.to_string(),
            name: provider.name.to_string(),
            created: provider.created.unix_seconds(),
            valid_until: provider.valid_until.unix_seconds(),
            tags: raw_tags(&provider.tags),
            encryption_required: provider.encryption.map(|encryption| match encryption {
                AssertionEncryption::Allowed => false,
                AssertionEncryption::Required => true,
            }),
            private_keys: keys?,
            metadata_parts: provider.metadata_parts,
        },
    )
}

pub(crate) fn decode(bytes: &[u8], vault: &Vault) -> Result<SamlProvider, DecodeError> {
    let raw: RawSamlProvider = read(RECORD, VERSION, bytes)?;
    let key = |raw: RawPrivateKey| {
        let key: PrivateKey = open_private_key(RECORD, vault, &place(&raw.id), &raw.sealed)?;
        Ok::<_, DecodeError>(SamlPrivateKey {
            id: raw.id,
            key,
            added: Timestamp::from_unix_seconds(raw.added),
        })
    };
    let keys: Result<Vec<_>, _> = raw.private_keys.into_iter().map(key).collect();
    Ok(SamlProvider {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, SamlProviderName::parse(&raw.name))?,
        created: Timestamp::from_unix_seconds(raw.created),
        valid_until: Timestamp::from_unix_seconds(raw.valid_until),
        tags: tags(raw.tags),
        encryption: raw.encryption_required.map(|required| {
            if required {
                AssertionEncryption::Required
            } else {
                AssertionEncryption::Allowed
            }
        }),
        private_keys: keys?,
        metadata_parts: raw.metadata_parts,
    })
}

fn place(id: &str) -> String {
    format!("saml-private-key/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_certificate::tests::{KEY, vault};

    #[test]
    fn reads_back() {
        let vault = vault();
        for encryption in [
            None,
            Some(AssertionEncryption::Allowed),
            Some(AssertionEncryption::Required),
        ] {
            let provider = SamlProvider {
                id: UniqueId::parse("SAMLSPABCDEFGHIJKLMNOP").unwrap(),
                name: SamlProviderName::parse("Idp").unwrap(),
                created: Timestamp::from_unix_seconds(1),
                valid_until: Timestamp::from_unix_seconds(2),
                tags: Default::default(),
                encryption,
                private_keys: vec![SamlPrivateKey {
                    id: "K".repeat(32),
                    key: PrivateKey::from_stored(KEY.to_owned()),
                    added: Timestamp::from_unix_seconds(3),
                }],
                metadata_parts: 2,
            };
            let bytes = encode(&provider, &vault).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("BEGIN"));
            let back = decode(&bytes, &vault).unwrap();
            assert_eq!(format!("{back:?}"), format!("{provider:?}"));
            assert_eq!(back.private_keys[0].key.expose(), KEY);
        }
    }

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"id":"SAMLSPABCDEFGHIJKLMNOP","name":"Idp","created":1767225600,"valid_until":4920825600,"#,
            r#""tags":[["Team","x"]],"encryption_required":null,"private_keys":[],"metadata_parts":1}"#
        );
        let provider = decode(text.as_bytes(), &vault()).unwrap();
        assert_eq!((provider.name.as_str(), provider.encryption), ("Idp", None));
        assert_eq!(encode(&provider, &vault()).unwrap(), text.as_bytes());
    }
}
