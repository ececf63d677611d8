//! The records of accounts, users, keys, policies and devices, and their rules.
//!
//! Every rule is a pure function: from what a transaction read, the request, the time and random bytes to the
//! changed record or a [`Refusal`]. Nothing here stores, authorizes or speaks a protocol. A record is the whole of
//! what must change together: a user holds its keys, tags and the list of its inline policies, so that a race for
//! any of them is a conflict on one record. Start at [`User`].

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod access;
mod access_key;
mod account;
mod attachment;
mod credential_report;
mod date_time;
mod fido;
mod group;
mod inline_policy;
mod instance_profile;
pub mod limits;
mod login_profile;
mod managed_policy;
mod mfa;
mod name;
mod oidc_provider;
mod one_time;
mod password_policy;
mod pki;
mod refusal;
mod role;
mod saml_metadata;
mod saml_provider;
mod server_certificate;
mod service_credential;
mod service_linked_role;
mod settings;
mod tag;
mod time;
mod trust_policy;
mod user;
mod user_credentials;

pub use access::{Access, AccessJob, Accesses, Granularity, Reported};
pub use access_key::{AccessKey, AccessKeyStatus, LastUsed};
pub use account::{
    Account, AccountStatus, Email, ParseEmailError, PasswordHash, RootUser, SessionKeyRing,
};
pub use attachment::{
    AttachedPolicies, Changed, EntityKind, ParsePolicyArnError, PolicyArn, PolicyOwner, PolicyUsage,
};
pub use credential_report::{
    CertificateColumns, CredentialReport, CredentialRow, KeyColumns, PasswordColumns, report_lines,
};
pub use fido::{
    Certifications, FidoCredential, FidoDevice, FidoSerial, KeyBackup, ParseCertificationError,
    ParseRegistrationError,
};
pub use group::{Group, GroupRenaming};
pub use inline_policy::{InlinePolicies, InlinePolicyDocument};
pub use instance_profile::{InstanceProfile, NewInstanceProfile};
pub use login_profile::{LoginProfile, PasswordReset};
pub use managed_policy::{
    InForce, ManagedPolicy, ManagedPolicyDocument, NewManagedPolicy, PolicyVersion, missing_version,
};
pub use mfa::{Assignment, Holder, OneTimeSeed, VirtualMfaDevice, check_mfa_devices};
pub use name::{
    DeviceName, FidoDeviceName, GroupName, InstanceProfileName, ManagedPolicyName, ParseNameError,
    PolicyName, RoleName, SamlProviderName, ServerCertificateName, UserName,
};
pub use oidc_provider::{OidcProvider, ParseProviderUrlError, ProviderUrl};
pub use one_time::{CodePair, DeviceClock, OneTimeCode, Window};
pub use password_policy::{PasswordPolicy, check_password};
pub use pki::{
    Certificate, ChainError, CoseAlgorithm, CredentialKey, KeyPair, Oaep, ParsePrivateKeyError,
    ParsePublicKeyError, PrivateKey, RsaPublicKey, SignatureAlgorithm,
};
pub use refusal::{Entity, Quota, Refusal, RefusalKind};
pub use role::{NewRole, Role};
pub use saml_metadata::{ParseMetadataError, SamlMetadata};
pub use saml_provider::{AssertionEncryption, SamlChange, SamlPrivateKey, SamlProvider};
pub use server_certificate::{NewServerCertificate, ServerCertificate};
pub use service_credential::{CredentialService, NewSecret, ServiceCredential};
pub use service_linked_role::{DeletionTaskId, RoleDeletion, check_role_path, service_linked_path};
pub use settings::{
    AccountAlias, AccountSettings, OutboundFederation, ParseAliasError, TokenVersion,
};
pub use tag::{Tag, Tags, tag_order};
pub use time::Timestamp;
pub use trust_policy::{Known, SentTrustPolicy, TrustPolicy, Trusted};
pub use user::{NewUser, Renaming, User};
pub use user_credentials::{CredentialStatus, SigningCertificate, SshPublicKey, UserCredentials};
