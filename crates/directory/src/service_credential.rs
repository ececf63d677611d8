//! Service-specific credentials: a user name and a password, or an API key, for one service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::{AccountId, IdPrefix, UniqueId};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::limits::CREDENTIALS_PER_SERVICE;
use crate::user_credentials::within;
use crate::{CredentialStatus, Quota, Refusal, Timestamp, UserName};

const SECONDS_PER_DAY: i64 = 86_400;

/// A service that such credentials are made for.
// SOURCE: spec/iam-entities.md §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialService {
    /// `bedrock.amazonaws.com`: API keys.
    Bedrock,
    /// `cassandra.amazonaws.com`: user names and passwords.
    Cassandra,
    /// `codecommit.amazonaws.com`: user names and passwords.
    CodeCommit,
    /// `logs.amazonaws.com`: API keys.
    Logs,
}

/// A credential for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCredential {
    /// Such as `ACCA…`.
    pub id: UniqueId,
    /// What it is for.
    pub service: CredentialService,
    /// The user name, or the public part of the API key: `alice-at-111122223333`. It stays when the user is renamed.
    pub alias: String,
    /// The SHA-256 digest of the secret, in hexadecimal. The secret has 256 random bits, so that a slow hash would
    /// protect nothing more.
    pub digest: String,
    /// Active when it is made.
    pub status: CredentialStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When an API key stops to be valid; `None`: never.
    pub expires: Option<Timestamp>,
}

/// The secret of a credential, which is shown once and not kept.
#[derive(Clone)]
pub struct NewSecret(Zeroizing<String>);

impl CredentialService {
    /// Reads a service's name.
    ///
    /// # Errors
    /// `NoSuchEntity`, as AWS answers, for any other service.
    // SOURCE: spec/iam-entities.md §5.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        Ok(match name {
            "bedrock.amazonaws.com" => Self::Bedrock,
            "cassandra.amazonaws.com" => Self::Cassandra,
            "codecommit.amazonaws.com" => Self::CodeCommit,
            "logs.amazonaws.com" => Self::Logs,
            _ => {
                let message =
                    format!("No such service {name} is supported for Service Specific Credentials");
                return Err(Refusal::not_found_text(message));
            }
        })
    }

    /// Returns the service's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bedrock => "bedrock.amazonaws.com",
            Self::Cassandra => "cassandra.amazonaws.com",
            Self::CodeCommit => "codecommit.amazonaws.com",
            Self::Logs => "logs.amazonaws.com",
        }
    }

    /// Returns what the service's API keys begin with; `None` where it has user names and passwords.
    #[must_use]
    pub fn api_key_prefix(self) -> Option<&'static str> {
        match self {
            Self::Bedrock => Some("ABSK"),
            Self::Cassandra | Self::CodeCommit => None,
            Self::Logs => Some("ACWL"),
        }
    }
}

impl ServiceCredential {
    /// Makes a credential beside those that the user has, from 8 random bytes for its id and 32 for its secret.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] where there are two for the service, [`Refusal::InvalidInput`] for an age where the
    /// service has no API keys.
    pub fn create(
        existing: &mut Vec<Self>,
        account: AccountId,
        user: &UserName,
        service: CredentialService,
        age_days: Option<u32>,
        random: ([u8; 8], [u8; 32]),
        now: Timestamp,
    ) -> Result<(Self, NewSecret), Refusal> {
        let of_service = || existing.iter().filter(|other| other.service == service);
        within(
            of_service().count(),
            CREDENTIALS_PER_SERVICE,
            Quota::ServiceSpecificCredentialsPerUser,
        )?;
        let expires = match (age_days, service.api_key_prefix()) {
            (None, _) => None,
            (Some(days), Some(_)) => Some(after_days(now, days)),
            (Some(_), None) => {
                let service = service.as_str();
                let message = format!("CredentialAgeDays is not supported for service {service}.");
                return Err(Refusal::invalid_input(message));
            }
        };
        let taken = |alias: &String| of_service().any(|other| other.alias == *alias);
        let numbered = (1_u32..).map(|number| format!("{user}+{number}-at-{account}"));
        let alias = std::iter::once(format!("{user}-at-{account}"))
            .chain(numbered)
            .find(|alias| !taken(alias))
            .unwrap_or_default();
        let secret = NewSecret::make(service, &alias, &random.1);
        let credential = Self {
            id: UniqueId::mint(IdPrefix::ServiceSpecificCredential, account, random.0),
            service,
            alias,
            digest: secret.digest(),
            status: CredentialStatus::Active,
            created: now,
            expires,
        };
        existing.push(credential.clone());
        Ok((credential, secret))
    }

    /// Gives the credential another secret from 32 random bytes; the one before is worth nothing from now on.
    pub fn reset(&mut self, random: &[u8; 32]) -> NewSecret {
        let secret = NewSecret::make(self.service, &self.alias, random);
        self.digest = secret.digest();
        secret
    }

    /// Returns whether an API key is past its time.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl NewSecret {
    /// A password is base64 of 32 bytes; an API key is a prefix and base64 of the alias with such a password.
    fn make(service: CredentialService, alias: &str, random: &[u8; 32]) -> Self {
        let password = Zeroizing::new(STANDARD.encode(random));
        Self(match service.api_key_prefix() {
            None => password,
            Some(prefix) => {
                let pair = Zeroizing::new(format!("{alias}:{}", *password));
                let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                Zeroizing::new(format!("{prefix}{}", *encoded))
            }
        })
    }

    /// Returns the secret, to be shown to the caller.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSecret(…)")
    }
}

fn after_days(now: Timestamp, days: u32) -> Timestamp {
    let seconds = i64::from(days).saturating_mul(SECONDS_PER_DAY);
    Timestamp::from_unix_seconds(now.unix_seconds().saturating_add(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600;

    fn create(
        existing: &mut Vec<ServiceCredential>,
        service: CredentialService,
        age_days: Option<u32>,
    ) -> Result<(ServiceCredential, NewSecret), Refusal> {
        let byte = u8::try_from(existing.len()).unwrap();
        ServiceCredential::create(
            existing,
            AccountId::parse("111122223333").unwrap(),
            &UserName::parse("alice").unwrap(),
            service,
            age_days,
            ([byte; 8], [byte; 32]),
            Timestamp::from_unix_seconds(NOW),
        )
    }

    #[test]
    fn two_a_service_with_names_of_their_own() {
        let mut all = Vec::new();
        let service = CredentialService::CodeCommit;
        let (first, secret) = create(&mut all, service, None).unwrap();
        assert_eq!(first.alias, "alice-at-111122223333");
        assert_eq!(secret.expose().len(), 44);
        assert!(!format!("{first:?} {secret:?}").contains(secret.expose()));
        let (second, _) = create(&mut all, service, None).unwrap();
        assert_eq!(second.alias, "alice+1-at-111122223333");
        let third = create(&mut all, service, None).unwrap_err().to_string();
        assert_eq!(
            third,
            "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"
        );
        create(&mut all, CredentialService::Cassandra, None).unwrap();
    }

    #[test]
    fn an_api_key_holds_its_alias_and_ends() {
        let mut all = Vec::new();
        let service = CredentialService::Bedrock;
        let (mut key, secret) = create(&mut all, service, Some(30)).unwrap();
        let encoded = secret.expose().strip_prefix("ABSK").unwrap();
        let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        assert!(pair.starts_with("alice-at-111122223333:"), "{pair}");
        let end = NOW + 30 * 86_400;
        assert!(!key.is_expired(Timestamp::from_unix_seconds(end - 1)));
        assert!(key.is_expired(Timestamp::from_unix_seconds(end)));
        let before = key.digest.clone();
        assert_ne!(key.reset(&[9; 32]).expose(), secret.expose());
        assert_ne!(key.digest, before);
    }

    #[test]
    fn a_password_has_no_age() {
        let refused = create(&mut Vec::new(), CredentialService::CodeCommit, Some(1));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "CredentialAgeDays is not supported for service codecommit.amazonaws.com."
        );
    }

    #[test]
    fn services_read_back() {
        for name in ["bedrock", "cassandra", "codecommit", "logs"] {
            let name = format!("{name}.amazonaws.com");
            assert_eq!(CredentialService::parse(&name).unwrap().as_str(), name);
        }
        assert_eq!(
            CredentialService::parse("s3.amazonaws.com")
                .unwrap_err()
                .to_string(),
            "No such service s3.amazonaws.com is supported for Service Specific Credentials"
        );
    }
}
