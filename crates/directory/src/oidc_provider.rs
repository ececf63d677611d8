//! OpenID Connect identity providers.

use std::fmt;
use std::sync::Arc;

use keyward_arn::{AccountId, Partition};

use crate::limits::{
    CLIENT_IDS_PER_OPEN_ID_CONNECT_PROVIDER, OPEN_ID_CONNECT_PROVIDER_URL_LENGTH,
    THUMBPRINT_LENGTH, THUMBPRINTS_PER_OPEN_ID_CONNECT_PROVIDER,
};
use crate::user_credentials::within;
use crate::{Quota, Refusal, Tag, Tags, Timestamp};

const SCHEME: &str = "https://";

/// The URL of a provider, which its tokens name as their issuer, without `https://`: `host` or `host/path`.
///
/// Letters are not folded and a slash at the end counts: the issuer of a token must be the same, character by
/// character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderUrl(Arc<str>);

/// The text is not the URL of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid Open ID Connect Provider URL")]
pub struct ParseProviderUrlError;

/// An OpenID Connect identity provider that an account trusts.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// Unique in the account.
    pub url: ProviderUrl,
    /// The audiences that tokens may be for, at most 100, in the order in which they were added.
    pub client_ids: Vec<String>,
    /// SHA-1 digests of certificates, in hexadecimal, at most five. A provider whose certificate the trust store
    /// vouches for needs none.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// At most 50.
    pub tags: Tags,
}

impl ProviderUrl {
    /// Reads a URL: `https`, a host name, perhaps a path; no port, user, query or fragment.
    ///
    /// # Errors
    /// [`ParseProviderUrlError`].
    // SOURCE: spec/iam-entities.md §6.
    pub fn parse(url: &str) -> Result<Self, ParseProviderUrlError> {
        let rest = url.strip_prefix(SCHEME).ok_or(ParseProviderUrlError)?;
        if url.len() > OPEN_ID_CONNECT_PROVIDER_URL_LENGTH {
            return Err(ParseProviderUrlError);
        }
        Self::from_arn(rest)
    }

    /// Reads what stands behind `oidc-provider/` in a provider's ARN.
    ///
    /// # Errors
    /// [`ParseProviderUrlError`].
    pub fn from_arn(rest: &str) -> Result<Self, ParseProviderUrlError> {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let label = |label: &str| {
            let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !label.is_empty()
                && label.bytes().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()+,;=:@%".contains(&byte);
        let fits = rest.len().saturating_add(SCHEME.len()) <= OPEN_ID_CONNECT_PROVIDER_URL_LENGTH;
        if fits && host.split('.').all(label) && path.bytes().all(in_path) {
            Ok(Self(rest.into()))
        } else {
            Err(ParseProviderUrlError)
        }
    }

    /// Returns the URL without `https://`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the ARN of the provider of this URL in an account, `arn:aws:iam::111122223333:oidc-provider/host/path`.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:oidc-provider/{self}",
            partition.as_str()
        )
    }
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OidcProvider {
    /// Makes a provider.
    ///
    /// # Errors
    /// Those of [`add_client_id`](Self::add_client_id), [`set_thumbprints`](Self::set_thumbprints) and [`Tags::with`].
    pub fn create(
        url: ProviderUrl,
        client_ids: Vec<String>,
        thumbprints: Vec<String>,
        tags: Vec<Tag>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let mut provider = Self {
            url,
            client_ids: Vec::new(),
            thumbprints: Vec::new(),
            created: now,
            tags: Tags::default().with(tags, Quota::TagsPerOpenIdConnectProvider)?,
        };
        provider.set_thumbprints(thumbprints)?;
        for client_id in client_ids {
            provider.add_client_id(client_id)?;
        }
        Ok(provider)
    }

    /// Adds an audience; one that is there stays as it is.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] above 100.
    pub fn add_client_id(&mut self, client_id: String) -> Result<(), Refusal> {
        if self.client_ids.contains(&client_id) {
            return Ok(());
        }
        within(
            self.client_ids.len(),
            CLIENT_IDS_PER_OPEN_ID_CONNECT_PROVIDER,
            Quota::ClientIdsPerOpenIdConnectProvider,
        )?;
        self.client_ids.push(client_id);
        Ok(())
    }

    /// Takes an audience away; one that is not there is no error.
    pub fn remove_client_id(&mut self, client_id: &str) {
        self.client_ids.retain(|other| other != client_id);
    }

    /// Replaces the thumbprints.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] above five, or for one that is not 40 hexadecimal digits.
    pub fn set_thumbprints(&mut self, thumbprints: Vec<String>) -> Result<(), Refusal> {
        if thumbprints.len() > THUMBPRINTS_PER_OPEN_ID_CONNECT_PROVIDER {
            return Err(Refusal::invalid_input(
                "Thumbprint list must contain fewer than 5 entries.",
            ));
        }
        let hexadecimal = |text: &String| {
            text.len() == THUMBPRINT_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !thumbprints.iter().all(hexadecimal) {
            return Err(Refusal::invalid_input(
                "A thumbprint must be the hex-encoded SHA-1 hash value of a certificate, 40 characters.",
            ));
        }
        self.thumbprints = thumbprints;
        Ok(())
    }

    /// Returns the provider's ARN.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: AccountId) -> String {
        self.url.arn(partition, account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_hosts_and_paths_only() {
        let longest = format!("https://{}.example", "a".repeat(239));
        let too_long = format!("https://{}.example", "a".repeat(240));
        for (url, good) in [
            ("https://accounts.example.com", true),
            ("https://oidc.eks.us-east-1.amazonaws.com/id/ABC", true),
            ("https://tenant.example.com/", true),
            ("https://localhost", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("http://example.com", false),
            ("example.com", false),
            ("https://", false),
            ("https:///path", false),
            ("https://example.com:8443", false),
            ("https://user@example.com", false),
            ("https://example.com?x=1", false),
            ("https://example.com/a?x=1", false),
            ("https://example.com/#a", false),
            ("https://example..com", false),
            ("https://-a.example", false),
            ("https://example.com/*", false),
            ("https://example.com/a b", false),
            ("https://ex\u{e4}mple.com", false),
        ] {
            assert_eq!(ProviderUrl::parse(url).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn audiences_and_thumbprints_are_bounded() {
        let url = ProviderUrl::parse("https://example.com").unwrap();
        let create = |ids: usize, thumbprints: Vec<String>| {
            let ids = (0..ids).map(|id| id.to_string()).collect();
            let now = Timestamp::default();
            OidcProvider::create(url.clone(), ids, thumbprints, Vec::new(), now)
        };
        let mut full = create(100, vec!["aF".repeat(20); 5]).unwrap();
        full.add_client_id("7".to_owned()).unwrap();
        assert_eq!(
            full.add_client_id("new".to_owned())
                .unwrap_err()
                .to_string(),
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
        );
        full.remove_client_id("7");
        full.remove_client_id("absent");
        assert_eq!(full.client_ids.len(), 99);
        assert_eq!(
            create(0, vec!["a".repeat(40); 6]).unwrap_err().to_string(),
            "Thumbprint list must contain fewer than 5 entries."
        );
        assert!(create(0, vec!["g".repeat(40)]).is_err());
        assert!(create(101, Vec::new()).is_err());
    }
}
