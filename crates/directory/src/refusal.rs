//! Why a rule refused a change, in AWS's words.

use std::borrow::Cow;
use std::fmt;

use crate::EntityKind;

/// A kind of entity, as AWS's messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// An access key.
    AccessKey,
    /// A group.
    Group,
    /// An inline policy of a group, a role or a user.
    InlinePolicy(EntityKind),
    /// An instance profile.
    InstanceProfile,
    /// A login profile; the name is the user's.
    LoginProfile,
    /// A customer managed policy.
    ManagedPolicy,
    /// An OIDC provider; the name is its URL where it exists and its ARN where it does not.
    OpenIdConnectProvider,
    /// A role.
    Role,
    /// A SAML provider; the name is its ARN where it does not exist.
    SamlProvider,
    /// A server certificate.
    ServerCertificate,
    /// A service-specific credential.
    ServiceSpecificCredential,
    /// A signing certificate.
    SigningCertificate,
    /// An SSH public key.
    SshPublicKey,
    /// A user.
    User,
    /// A virtual MFA device.
    VirtualMfaDevice,
}

/// A quota that can be reached, by the name that AWS's messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quota {
    /// Two access keys for a user.
    AccessKeysPerUser,
    /// Audiences of an OIDC provider.
    ClientIdsPerOpenIdConnectProvider,
    /// Groups of the account.
    GroupsPerAccount,
    /// Ten groups for a user.
    GroupsPerUser,
    /// One role for an instance profile.
    InstanceSessionsPerInstanceProfile,
    /// Instance profiles of the account.
    InstanceProfilesPerAccount,
    /// Eight MFA devices for a user.
    MfaDevicesPerUser,
    /// OIDC providers of the account.
    OpenIdConnectProvidersPerAccount,
    /// Customer managed policies of the account.
    PoliciesPerAccount,
    /// Ten managed policies for a group.
    PoliciesPerGroup,
    /// Ten managed policies for a role.
    PoliciesPerRole,
    /// Ten managed policies for a user.
    PoliciesPerUser,
    /// Characters of a managed policy.
    PolicySize,
    /// Versions of all customer managed policies of the account.
    PolicyVersionsInUse,
    /// Roles of the account.
    RolesPerAccount,
    /// SAML providers of the account.
    SamlProvidersPerAccount,
    /// Server certificates of the account.
    ServerCertificatesPerAccount,
    /// Credentials of a user for one service.
    ServiceSpecificCredentialsPerUser,
    /// Two signing certificates for a user.
    SigningCertificatesPerUser,
    /// Five SSH public keys for a user.
    SshPublicKeysPerUser,
    /// Fifty tags for an instance profile.
    TagsPerInstanceProfile,
    /// Fifty tags for an OIDC provider.
    TagsPerOpenIdConnectProvider,
    /// Fifty tags for a managed policy.
    TagsPerPolicy,
    /// Fifty tags for a role.
    TagsPerRole,
    /// Fifty tags for a SAML provider.
    TagsPerSamlProvider,
    /// Fifty tags for a server certificate.
    TagsPerServerCertificate,
    /// Fifty tags for a user.
    TagsPerUser,
    /// Fifty tags for a virtual MFA device.
    TagsPerVirtualMfaDevice,
    /// Characters of a trust policy.
    TrustPolicySize,
    /// Users of the account.
    UsersPerAccount,
    /// Virtual MFA devices of the account.
    VirtualMfaDevicesPerAccount,
}

/// A refusal of a kind that few operations have, named as in the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RefusalKind {
    /// `ConcurrentModification`.
    ConcurrentModification,
    /// `DuplicateCertificate`.
    DuplicateCertificate,
    /// `DuplicateSSHPublicKey`.
    DuplicateSshPublicKey,
    /// `EntityTemporarilyUnmodifiable`.
    EntityTemporarilyUnmodifiable,
    /// `FeatureDisabled`.
    FeatureDisabled,
    /// `FeatureEnabled`.
    FeatureEnabled,
    /// `InvalidAuthenticationCode`.
    InvalidAuthenticationCode,
    /// `InvalidCertificate`.
    InvalidCertificate,
    /// `InvalidPublicKey`.
    InvalidPublicKey,
    /// `InvalidUserType`.
    InvalidUserType,
    /// `KeyPairMismatch`.
    KeyPairMismatch,
    /// `MalformedCertificate`.
    MalformedCertificate,
    /// `PasswordPolicyViolation`.
    PasswordPolicyViolation,
    /// `PolicyNotAttachable`.
    PolicyNotAttachable,
    /// `UnmodifiableEntity`.
    UnmodifiableEntity,
    /// `UnrecognizedPublicKeyEncoding`.
    UnrecognizedPublicKeyEncoding,
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
    /// Something is there, where AWS has a text of its own.
    #[error("{message}")]
    AlreadyExistsText {
        /// What is there, as AWS says it.
        message: Cow<'static, str>,
    },
    /// Something must be deleted first.
    #[error("{message}")]
    DeleteConflict {
        /// What blocks, as AWS says it.
        message: &'static str,
    },
    /// The sum of the inline policies would be too large.
    #[error("Maximum policy size of {limit} bytes exceeded for {} {owner}", kind.as_str())]
    InlinePolicySize {
        /// The bound, in characters without white space.
        limit: usize,
        /// What the policies belong to.
        kind: EntityKind,
        /// Its name.
        owner: String,
    },
    /// A parameter that the model lets through but the rules do not.
    #[error("{message}")]
    InvalidInput {
        /// What is wrong, as AWS says it.
        message: Cow<'static, str>,
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
    /// No such entity, where AWS has a text of its own.
    #[error("{message}")]
    NotFoundText {
        /// What is not there, as AWS says it.
        message: Cow<'static, str>,
    },
    /// A refusal of a rarer kind.
    #[error("{message}")]
    Other {
        /// Its kind.
        kind: RefusalKind,
        /// What is wrong, as AWS says it.
        message: Cow<'static, str>,
    },
    /// A quota is used up.
    #[error("Cannot exceed quota for {quota}: {limit}")]
    QuotaExceeded {
        /// Which one.
        quota: Quota,
        /// Its value.
        limit: u64,
    },
    /// A limit is reached that AWS words in its own way.
    #[error("{message}")]
    QuotaExceededText {
        /// What can't be exceeded, as AWS says it.
        message: &'static str,
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

    /// Says in AWS's own words that something is not there.
    #[must_use]
    pub fn not_found_text(message: impl Into<Cow<'static, str>>) -> Self {
        Self::NotFoundText {
            message: message.into(),
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

    /// Says in AWS's own words that something is there.
    #[must_use]
    pub fn already_exists_text(message: impl Into<Cow<'static, str>>) -> Self {
        Self::AlreadyExistsText {
            message: message.into(),
        }
    }

    /// Says what is wrong with a parameter.
    #[must_use]
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidInput {
            message: message.into(),
        }
    }

    /// Makes a refusal of a rarer kind.
    #[must_use]
    pub fn other(kind: RefusalKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Other {
            kind,
            message: message.into(),
        }
    }
}

fn exists(entity: Entity, name: &str) -> String {
    match entity {
        Entity::AccessKey => format!("Access Key with id {name} already exists."),
        Entity::Group => format!("Group with name {name} already exists."),
        Entity::InlinePolicy(kind) => {
            format!(
                "The {} policy with name {name} already exists.",
                kind.as_str()
            )
        }
        Entity::InstanceProfile => format!("Instance Profile {name} already exists."),
        Entity::LoginProfile => format!("Login Profile for user {name} already exists."),
        Entity::ManagedPolicy => {
            format!("A policy called {name} already exists. Duplicate names are not allowed.")
        }
        Entity::OpenIdConnectProvider => format!("Provider with url {name} already exists."),
        Entity::Role => format!("Role with name {name} already exists."),
        Entity::SamlProvider => format!("SAML Provider with name {name} already exists."),
        Entity::ServerCertificate => {
            format!("The Server Certificate with name {name} already exists.")
        }
        Entity::ServiceSpecificCredential => format!("Credential {name} already exists."),
        Entity::SigningCertificate => format!("The Certificate with id {name} already exists."),
        Entity::SshPublicKey => format!("The SSH Public Key with id {name} already exists."),
        Entity::User => format!("User with name {name} already exists."),
        Entity::VirtualMfaDevice => {
            "MFADevice entity at the same path and name already exists.".to_owned()
        }
    }
}

fn missing(entity: Entity, name: &str) -> String {
    match entity {
        Entity::AccessKey => format!("The Access Key with id {name} cannot be found."),
        Entity::Group => format!("The group with name {name} cannot be found."),
        Entity::InlinePolicy(kind) => {
            format!(
                "The {} policy with name {name} cannot be found.",
                kind.as_str()
            )
        }
        Entity::InstanceProfile => format!("Instance Profile {name} cannot be found."),
        Entity::LoginProfile => format!("Login Profile for User {name} cannot be found."),
        Entity::ManagedPolicy => format!("Policy {name} was not found."),
        Entity::OpenIdConnectProvider => {
            format!("OpenIDConnect Provider not found for arn {name}")
        }
        Entity::Role => format!("The role with name {name} cannot be found."),
        Entity::SamlProvider => format!("Manifest not found for arn {name}"),
        Entity::ServerCertificate => {
            format!("The Server Certificate with name {name} cannot be found.")
        }
        Entity::ServiceSpecificCredential => format!("No such credential {name} exists"),
        Entity::SigningCertificate => format!("The Certificate with id {name} cannot be found."),
        Entity::SshPublicKey => format!("The SSH Public Key with id {name} cannot be found"),
        Entity::User => format!("The user with name {name} cannot be found."),
        Entity::VirtualMfaDevice => {
            format!("VirtualMFADevice with serial number {name} doesn't exist.")
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKeysPerUser => "AccessKeysPerUser",
            Self::ClientIdsPerOpenIdConnectProvider => "ClientIdsPerOpenIdConnectProvider",
            Self::GroupsPerAccount => "GroupsPerAccount",
            Self::GroupsPerUser => "GroupsPerUser",
            Self::InstanceProfilesPerAccount => "InstanceProfilesPerAccount",
            Self::InstanceSessionsPerInstanceProfile => "InstanceSessionsPerInstanceProfile",
            Self::MfaDevicesPerUser => "MFADevicesPerUser",
            Self::OpenIdConnectProvidersPerAccount => "OpenIdConnectProvidersPerAccount",
            Self::PoliciesPerAccount => "PoliciesPerAccount",
            Self::PoliciesPerGroup => "PoliciesPerGroup",
            Self::PoliciesPerRole => "PoliciesPerRole",
            Self::PoliciesPerUser => "PoliciesPerUser",
            Self::PolicySize => "PolicySize",
            Self::PolicyVersionsInUse => "PolicyVersionsInUse",
            Self::RolesPerAccount => "RolesPerAccount",
            Self::SamlProvidersPerAccount => "SAMLProvidersPerAccount",
            Self::ServerCertificatesPerAccount => "ServerCertificatesPerAccount",
            Self::ServiceSpecificCredentialsPerUser => "ServiceSpecificCredentialsPerUser",
            Self::SigningCertificatesPerUser => "CertificatesPerUser",
            Self::SshPublicKeysPerUser => "SSHPublicKeysPerUser",
            Self::TagsPerInstanceProfile => "TagsPerInstanceProfile",
            Self::TagsPerOpenIdConnectProvider => "TagsPerOpenIdConnectProvider",
            Self::TagsPerPolicy => "TagsPerPolicy",
            Self::TagsPerRole => "TagsPerRole",
            Self::TagsPerSamlProvider => "TagsPerSAMLProvider",
            Self::TagsPerServerCertificate => "TagsPerServerCertificate",
            Self::TagsPerUser => "TagsPerUser",
            Self::TagsPerVirtualMfaDevice => "TagsPerMFADevice",
            Self::TrustPolicySize => "ACLSizePerRole",
            Self::UsersPerAccount => "UsersPerAccount",
            Self::VirtualMfaDevicesPerAccount => "VirtualMFADevicesPerAccount",
        })
    }
}
