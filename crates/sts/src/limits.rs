//! The limits of sessions, each with its source.

/// The shortest session, in seconds. SOURCE: spec/sts.md §1.
pub const SHORTEST_SECONDS: u32 = 900;
/// How long a role session lasts where the caller does not say. SOURCE: spec/sts.md §1.
pub const ROLE_DEFAULT_SECONDS: u32 = 3_600;
/// The longest session of a role that a session assumes. SOURCE: spec/sts.md §2, role chaining.
pub const CHAINED_SECONDS: u32 = 3_600;
/// The longest session of `GetSessionToken` and `GetFederationToken`. SOURCE: spec/sts.md §1.
pub const LONGEST_SECONDS: u32 = 129_600;
/// How long such a session lasts where the caller does not say. SOURCE: spec/sts.md §1.
pub const FEDERATION_DEFAULT_SECONDS: u32 = 43_200;
/// The longest session of a root user; longer ones are cut to it. SOURCE: spec/sts.md §1.
pub const ROOT_SECONDS: u32 = 3_600;
/// How long the session of a virtual machine lasts: about what EC2 gives. The role's own maximum does not bind what a
/// service assumes.
pub const INSTANCE_SECONDS: u32 = 21_600;
/// Characters of an inline session policy together with the ARNs of managed ones. SOURCE: spec/sts.md §1.
pub const SESSION_POLICY_CHARACTERS: usize = 2_048;
/// Managed policies of a session. SOURCE: spec/sts.md §2.
pub const SESSION_POLICY_ARNS: usize = 10;
/// Tags of a session. SOURCE: spec/sts.md §1.
pub const SESSION_TAGS: usize = 50;
/// Bytes that policies and tags may take when packed: our own bound, since AWS's is secret.
pub const PACKED_BYTES: usize = 2_048;
/// Characters of a token that is looked at at all: what the largest session with the most padding takes.
pub const TOKEN_CHARACTERS: usize = 16_384;
/// Bytes that a packed part may unpack to: 50 tags of 384 characters, the policies, the claims of an identity provider.
pub const UNPACKED_BYTES: u64 = 262_144;
/// Characters of an encoded authorization message. SOURCE: the service model.
pub const MESSAGE_CHARACTERS: usize = 10_240;
