//! Why a rule refused a change, in AWS's words.

use std::fmt;

/// A kind of entity, as AWS's messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// An access key.
    AccessKey,
    /// A user.
    User,
    /// An inline policy of a user.
    UserPolicy,
    /// A virtual MFA device.
    VirtualMfaDevice,
}

/// A quota that can be reached, by the name that AWS's messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quota {
    /// Two access keys for a user.
    AccessKeysPerUser,
    /// Fifty tags for a user.
    TagsPerUser,
    /// Fifty tags for a virtual MFA device.
    TagsPerVirtualMfaDevice,
    /// Users of the account.
    UsersPerAccount,
    /// Virtual MFA devices of the account.
    VirtualMfaDevicesPerAccount,
}

/// A change that a rule of the directory refuses; the text is AWS's message.
// SOURCE: spec/iam-entities.md §4, §5, spec/policy-language.md §8.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An entity of that name is there.
    #[error("{}", exists(*entity, name))]
    AlreadyExists {
        /// Of this kind.
        entity: Entity,
        /// With this name.
        name: String,
    },
    /// Something must be deleted first.
    #[error("{message}")]
    DeleteConflict {
        /// What blocks, as AWS says it.
        message: &'static str,
    },
    /// A parameter that the model lets through but the rules do not.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong, as AWS says it.
        message: &'static str,
    },
    /// The sum of the inline policies would be too large.
    #[error("Maximum policy size of {limit} bytes exceeded for user {user}")]
    InlinePolicySize {
        /// The bound, in characters without white space.
        limit: usize,
        /// The user's name.
        user: String,
    },
    /// A policy document that the write-time checks refuse.
    #[error("{message}")]
    MalformedPolicyDocument {
        /// AWS's message.
        message: String,
    },
    /// No such entity.
    #[error("{}", missing(*entity, name))]
    NotFound {
        /// Of this kind.
        entity: Entity,
        /// By this name, id or serial number.
        name: String,
    },
    /// A quota is used up.
    #[error("Cannot exceed quota for {quota}: {limit}")]
    QuotaExceeded {
        /// Which one.
        quota: Quota,
        /// Its value.
        limit: u64,
    },
}

impl Refusal {
    /// Says that an entity is not there.
    #[must_use]
    pub fn not_found(entity: Entity, name: impl fmt::Display) -> Self {
        Self::NotFound {
            entity,
            name: name.to_string(),
        }
    }

    /// Says that an entity of the name is there.
    #[must_use]
    pub fn already_exists(entity: Entity, name: impl fmt::Display) -> Self {
        Self::AlreadyExists {
            entity,
            name: name.to_string(),
        }
    }
}

fn exists(entity: Entity, name: &str) -> String {
    match entity {
        Entity::AccessKey => format!("Access Key with id {name} already exists."),
        Entity::User => format!("User with name {name} already exists."),
        Entity::UserPolicy => format!("The user policy with name {name} already exists."),
        Entity::VirtualMfaDevice => {
            "MFADevice entity at the same path and name already exists.".to_owned()
        }
    }
}

fn missing(entity: Entity, name: &str) -> String {
    match entity {
        Entity::AccessKey => format!("The Access Key with id {name} cannot be found."),
        Entity::User => format!("The user with name {name} cannot be found."),
        Entity::UserPolicy => format!("The user policy with name {name} cannot be found."),
        Entity::VirtualMfaDevice => {
            format!("VirtualMFADevice with serial number {name} doesn't exist.")
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKeysPerUser => "AccessKeysPerUser",
            Self::TagsPerUser => "TagsPerUser",
            Self::TagsPerVirtualMfaDevice => "TagsPerMFADevice",
            Self::UsersPerAccount => "UsersPerAccount",
            Self::VirtualMfaDevicesPerAccount => "VirtualMFADevicesPerAccount",
        })
    }
}
