//! Quotas and sizes of IAM entities. SOURCE of all: spec/iam-entities.md §2 and §3.

/// Users in an account.
pub const USERS_PER_ACCOUNT: u64 = 5_000;
/// Groups in an account.
pub const GROUPS_PER_ACCOUNT: u64 = 300;
/// Roles in an account.
pub const ROLES_PER_ACCOUNT: u64 = 1_000;
/// Instance profiles in an account.
pub const INSTANCE_PROFILES_PER_ACCOUNT: u64 = 1_000;
/// Roles inside an instance profile.
pub const ROLES_PER_INSTANCE_PROFILE: u64 = 1;
/// Customer managed policies in an account.
pub const POLICIES_PER_ACCOUNT: u64 = 1_500;
/// Versions of all customer managed policies of an account together.
pub const POLICY_VERSIONS_PER_ACCOUNT: u64 = 10_000;
/// Versions of a customer managed policy.
pub const VERSIONS_PER_POLICY: usize = 5;
/// Groups that a user is in.
pub const GROUPS_PER_USER: usize = 10;
/// Managed policies attached to a group, a role or a user.
pub const ATTACHED_POLICIES_PER_ENTITY: usize = 10;
/// Characters, white space not counted, of the document of a managed policy.
pub const MANAGED_POLICY_SIZE: usize = keyward_policy::limits::MANAGED_POLICY;
/// Characters, white space not counted, of all inline policies of a group together.
pub const GROUP_INLINE_POLICY_SIZE: usize = keyward_policy::limits::GROUP_INLINE_POLICIES;
/// Characters, white space not counted, of all inline policies of a role together.
pub const ROLE_INLINE_POLICY_SIZE: usize = keyward_policy::limits::ROLE_INLINE_POLICIES;
/// Characters, white space not counted, of a role's trust policy.
pub const TRUST_POLICY_SIZE: usize = keyward_policy::limits::TRUST_POLICY;
/// Seconds of a role's longest session, where the role does not say.
pub const MAX_SESSION_DURATION_SECONDS_DEFAULT: u32 = 3_600;
/// Access keys of a user or of the root user.
pub const ACCESS_KEYS_PER_USER: usize = 2;
/// Tags of an entity.
pub const TAGS_PER_ENTITY: usize = 50;
/// Characters, white space not counted, of all inline policies of a user together.
pub const USER_INLINE_POLICY_SIZE: usize = keyward_policy::limits::USER_INLINE_POLICIES;
/// Characters of a user name.
pub const USER_NAME_LENGTH: usize = 64;
/// Characters of a group name.
pub const GROUP_NAME_LENGTH: usize = 128;
/// Characters of a role name.
pub const ROLE_NAME_LENGTH: usize = 64;
/// Characters of the name of an instance profile.
pub const INSTANCE_PROFILE_NAME_LENGTH: usize = 128;
/// Characters of the name of a server certificate.
pub const SERVER_CERTIFICATE_NAME_LENGTH: usize = 128;
/// Characters of the name of a policy, inline or managed.
pub const POLICY_NAME_LENGTH: usize = 128;
/// Characters of the name of a virtual MFA device. The model gives none; other names of this kind have 128.
pub const DEVICE_NAME_LENGTH: usize = 226;
/// Virtual MFA devices of an account, assigned or not: as many as users.
pub const VIRTUAL_MFA_DEVICES_PER_ACCOUNT: u64 = USERS_PER_ACCOUNT;
/// Random bytes of a one-time password seed: 64 base32 characters.
pub const SEED_LENGTH: usize = 40;
/// Characters of an e-mail address.
pub const EMAIL_LENGTH: usize = 64;
/// MFA devices of a user or of the root user, of any kind.
pub const MFA_DEVICES_PER_USER: usize = 8;
/// The same for the root user, which counts them elsewhere.
pub const MFA_DEVICES_OF_ROOT: u64 = 8;
/// Characters of the name of a FIDO device: the serial number then has at most the 256 that the model allows.
pub const FIDO_DEVICE_NAME_LENGTH: usize = 128;
/// Random bytes in the serial number of a FIDO device: 26 base32 characters behind the name, as in AWS's.
pub const FIDO_SERIAL_RANDOM: usize = 16;
/// Bytes of what a browser tells of a new credential. Own choice: a few thousand with a chain of certificates.
pub const FIDO_REGISTRATION_BYTES: usize = 32 * 1024;
/// Bytes of a credential id. SOURCE: WebAuthn Level 3, §4 and §7.1.
pub const CREDENTIAL_ID_BYTES: std::ops::RangeInclusive<usize> = 1..=1_023;
/// Ways to reach an authenticator that a registration names. Own choice: six are known.
pub const FIDO_TRANSPORTS: usize = 16;
/// Characters of the name of a way to reach an authenticator. Own choice.
pub const FIDO_TRANSPORT_LENGTH: usize = 32;
/// Bits of the modulus of the RSA key of a credential: what the cryptographic library verifies by.
pub const CREDENTIAL_RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// Seconds that a one-time password is shown for. SOURCE: spec/signin-recovery.md §1.
pub const CODE_SECONDS: i64 = 30;
/// Steps either side of now that the first code of a device to be enabled may be of: ten minutes. Own choice; AWS says
/// that codes must be sent at once.
pub const ENABLE_STEPS: i64 = 20;
/// Steps either side of now at which a device's clock is looked for: twelve hours. Own choice.
pub const RESYNC_STEPS: i64 = 12 * 120;
/// Characters of a password. SOURCE of this and the next three: spec/signin-recovery.md §3.
pub const PASSWORD_LENGTH: usize = 128;
/// Characters that a password has at least in an account without a password policy.
pub const DEFAULT_PASSWORD_LENGTH: usize = 8;
/// Kinds of character, of four, that a password has at least in an account without a password policy.
pub const DEFAULT_PASSWORD_KINDS: usize = 3;
/// Characters that a password has at least under a password policy that does not say.
pub const PASSWORD_LENGTH_UNSET: usize = 6;
/// Passwords of a user, the present one included, that a password policy can forbid to be set again.
pub const PASSWORDS_REMEMBERED: usize = 24;
/// Seconds of a day.
pub const SECONDS_PER_DAY: i64 = 86_400;
/// Characters of an account alias, at least and at most.
pub const ACCOUNT_ALIAS_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;
/// Properties of an account. Own choice: bounded work; the model bounds keys and values only.
pub const ACCOUNT_PROPERTIES: usize = 100;
/// Seconds for which a credential report is good. SOURCE: spec/iam-entities.md §6.
pub const CREDENTIAL_REPORT_SECONDS: i64 = 4 * 3_600;
/// Seconds after which a credential report that is still being made counts as given up. Own choice.
pub const CREDENTIAL_REPORT_PATIENCE_SECONDS: i64 = 60;
/// Days for which it is known what a principal used. SOURCE: spec/iam-entities.md §6.
pub const ACCESS_TRACKED_DAYS: i64 = 400;
/// Days for which the answer of a last-accessed job can be read.
pub const ACCESS_JOB_DAYS: i64 = 7;
/// SSH public keys of a user.
pub const SSH_PUBLIC_KEYS_PER_USER: usize = 5;
/// Bits of the modulus of an SSH public key, at least. SOURCE: AWS, `UploadSSHPublicKey`.
pub const SSH_PUBLIC_KEY_BITS: usize = 2_048;
/// Signing certificates of a user or of the root user.
pub const SIGNING_CERTIFICATES_PER_USER: usize = 2;
/// Credentials of a user for one service.
pub const CREDENTIALS_PER_SERVICE: usize = 2;
/// Server certificates of an account.
pub const SERVER_CERTIFICATES_PER_ACCOUNT: u64 = 20;
/// OIDC providers of an account.
pub const OPEN_ID_CONNECT_PROVIDERS_PER_ACCOUNT: u64 = 100;
/// Audiences of an OIDC provider.
pub const CLIENT_IDS_PER_OPEN_ID_CONNECT_PROVIDER: usize = 100;
/// Thumbprints of an OIDC provider.
pub const THUMBPRINTS_PER_OPEN_ID_CONNECT_PROVIDER: usize = 5;
/// Hexadecimal digits of a thumbprint: a SHA-1 digest.
pub const THUMBPRINT_LENGTH: usize = 40;
/// Characters of the URL of an OIDC provider, with `https://`.
pub const OPEN_ID_CONNECT_PROVIDER_URL_LENGTH: usize = 255;
/// SAML providers of an account.
pub const SAML_PROVIDERS_PER_ACCOUNT: u64 = 100;
/// Characters of the name of a SAML provider.
pub const SAML_PROVIDER_NAME_LENGTH: usize = 128;
/// Certificates and keys for signatures in the metadata of a SAML provider.
pub const KEYS_PER_SAML_PROVIDER: usize = 10;
/// Private keys of a SAML provider.
pub const PRIVATE_KEYS_PER_SAML_PROVIDER: usize = 2;
/// Bits of the modulus of an RSA key of a SAML provider, at least.
pub const SAML_RSA_KEY_BITS: usize = 1_024;
/// Elements, attributes and texts of a metadata document, at most: a hundred times what identity providers write.
pub const SAML_METADATA_NODES: u32 = 100_000;
/// Attributes of an element of a metadata document, at most: the parser compares each with each.
pub const SAML_METADATA_ATTRIBUTES: usize = 256;
/// Declarations of XML namespaces in a metadata document, at most: the parser compares each with each.
pub const SAML_METADATA_NAMESPACES: usize = 1_000;
/// Seconds that a SAML provider is valid for where its metadata do not say: 100 years of 365 days.
pub const SAML_VALIDITY_SECONDS: i64 = 100 * 365 * 86_400;
/// Seconds that the longest session lasts: `GetSessionToken` and `GetFederationToken`. SOURCE: spec/sts.md §1.
pub const LONGEST_SESSION_SECONDS: i64 = 129_600;
