//! What a session is.

use std::fmt;

use keyward_arn::{AccessKeyId, AccountId, Partition, UniqueId};
use keyward_directory::Timestamp;
use keyward_sigv4::SecretKey;

use crate::{SessionPolicies, SessionTags};

/// Temporary credentials and all that they stand for.
///
/// Entities are held by their unique ids: one that was deleted and made again under its old name does not inherit the
/// sessions of the first.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// `ASIA…`; carries the account.
    pub access_key_id: AccessKeyId,
    /// Signs requests together with the token.
    pub secret: SecretKey,
    /// `aws:TokenIssueTime`.
    pub issued: Timestamp,
    /// From this moment on it is refused.
    pub expires: Timestamp,
    /// When the one who signed in showed a one-time code; `None` without.
    pub mfa: Option<Timestamp>,
    /// Whose session it is.
    pub principal: SessionPrincipal,
    /// What it is limited to.
    pub policies: SessionPolicies,
    /// Tags that were passed or inherited; they stand over those of the role or user.
    pub tags: SessionTags,
    /// Set once, kept along a chain of roles.
    pub source_identity: Option<String>,
    /// Where the bearer was authenticated, where that was not here.
    pub federation: Option<Federation>,
    /// The machine that the session was made for, where it was made for one.
    pub machine: Option<Machine>,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionPrincipal {
    /// `GetFederationToken`.
    FederatedUser {
        /// 2 to 32 characters.
        name: String,
        /// Whose permissions it has.
        by: FederatedBy,
    },
    /// `AssumeRole` and its kin.
    Role {
        /// The role.
        role: UniqueId,
        /// The session's name, 2 to 64 characters.
        name: String,
    },
    /// `GetSessionToken` of a root user.
    Root,
    /// `GetSessionToken` of a user.
    User(UniqueId),
}

/// Who called `GetFederationToken`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FederatedBy {
    /// The root user.
    Root,
    /// A user.
    User(UniqueId),
}

/// What an identity provider said of the bearer, as far as later requests may ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Federation {
    /// `aws:FederatedProvider`: the provider's ARN, or the name of a built-in one.
    pub provider: String,
    /// Condition keys such as `saml:sub`, with their values.
    pub keys: Vec<(String, ClaimValue)>,
}

/// A virtual machine that was handed a session of the role in its instance profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// `ec2:SourceInstanceArn`: `arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0`.
    pub arn: String,
    /// By which version of the instance metadata service.
    pub delivery: RoleDelivery,
}

/// How a machine got the credentials of its role: `ec2:RoleDelivery`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleDelivery {
    /// `1.0`: by a mere GET.
    Version1,
    /// `2.0`: by a GET that showed a token.
    Version2,
}

/// The value of a condition key that an identity provider gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimValue {
    /// Of a key that can have several, such as `saml:edupersonaffiliation`.
    Multiple(Vec<String>),
    /// Of a key that has one, such as `saml:sub`.
    Single(String),
}

impl Session {
    /// Returns whether the session has ended.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}

impl RoleDelivery {
    /// Returns the number that the condition key has.
    // SOURCE: spec/condition-keys.md §1.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Version1 => "1.0",
            Self::Version2 => "2.0",
        }
    }
}

impl SessionPrincipal {
    /// Returns the ARN of a session of a role: `arn:aws:sts::111122223333:assumed-role/Name/session`, without the role's
    /// path.
    // SOURCE: spec/sts.md §3.
    #[must_use]
    pub fn assumed_role_arn(account: AccountId, role: &str, session: &str) -> String {
        let partition = Partition::default();
        format!(
            "arn:{}:sts::{account}:assumed-role/{role}/{session}",
            partition.as_str()
        )
    }

    /// Returns the ARN of a federated user: `arn:aws:sts::111122223333:federated-user/name`.
    // SOURCE: spec/sts.md §3.
    #[must_use]
    pub fn federated_user_arn(account: AccountId, name: &str) -> String {
        let partition = Partition::default();
        format!(
            "arn:{}:sts::{account}:federated-user/{name}",
            partition.as_str()
        )
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("access_key_id", &self.access_key_id)
            .field("principal", &self.principal)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
