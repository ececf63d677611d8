//! Quotas and sizes of IAM entities. SOURCE of all: spec/iam-entities.md §2 and §3.

/// Users in an account.
pub const USERS_PER_ACCOUNT: u64 = 5_000;
/// Access keys of a user or of the root user.
pub const ACCESS_KEYS_PER_USER: usize = 2;
/// Tags of an entity.
pub const TAGS_PER_ENTITY: usize = 50;
/// Characters, white space not counted, of all inline policies of a user together.
pub const USER_INLINE_POLICY_SIZE: usize = keyward_policy::limits::USER_INLINE_POLICIES;
/// Characters of a user name.
pub const USER_NAME_LENGTH: usize = 64;
/// Characters of the name of an inline policy.
pub const POLICY_NAME_LENGTH: usize = 128;
/// Characters of the name of a virtual MFA device. The model gives none; other names of this kind have 128.
pub const DEVICE_NAME_LENGTH: usize = 226;
/// Virtual MFA devices of an account, assigned or not: as many as users.
pub const VIRTUAL_MFA_DEVICES_PER_ACCOUNT: u64 = USERS_PER_ACCOUNT;
/// Random bytes of a one-time password seed: 64 base32 characters.
pub const SEED_LENGTH: usize = 40;
/// Characters of an e-mail address.
pub const EMAIL_LENGTH: usize = 64;
