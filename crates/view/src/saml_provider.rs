//! SAML providers as they sign people in.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{SamlMetadata, SamlProvider};
use keyward_records::{DecodeError, decode_text};

/// The parts of long texts that one commit puts, by whose they are and their number.
pub(crate) type Texts<'a> = BTreeMap<(UniqueId, u32), &'a Bytes>;

/// A SAML provider with what its metadata say: all that checks a response.
#[derive(Clone, Debug)]
pub struct SignInProvider {
    /// Its ARN.
    pub arn: String,
    /// Its record, with the keys that open encrypted assertions.
    pub record: SamlProvider,
    /// Whose responses these are, and the certificates of their signatures.
    pub metadata: Arc<SamlMetadata>,
}

impl SignInProvider {
    /// Makes the picture of a provider from its record and, where its metadata changed, their text; `None` where there is no
    /// text that can be read: such a provider signs nobody in.
    ///
    /// INVARIANT: a commit that changes the metadata of a provider writes all of their parts, and the record.
    pub(crate) fn new(
        arn: String,
        record: SamlProvider,
        texts: &Texts<'_>,
        before: Option<&Self>,
    ) -> Result<Option<Self>, DecodeError> {
        let part = |number| texts.get(&(record.id.clone(), number)).copied().cloned();
        let metadata = if texts.contains_key(&(record.id.clone(), 0)) {
            let parts: Option<Vec<Bytes>> = (0..record.metadata_parts).map(part).collect();
            let text = parts.map(|parts| decode_text(&parts)).transpose()?;
            let parsed = text.and_then(|text| SamlMetadata::parse(&text).ok());
            parsed.map(Arc::new)
        } else {
            let before = before.filter(|before| before.record.id == record.id);
            before.map(|before| Arc::clone(&before.metadata))
        };
        Ok(metadata.map(|metadata| Self {
            arn,
            record,
            metadata,
        }))
    }
}
