//! Every limit on policies, with its source.
//!
//! Sizes of policies that IAM stores are counted by [`size_without_whitespace`](crate::size_without_whitespace);
//! sizes of SCPs and RCPs are those of the text as it is sent.

/// The most characters of a document on the wire, whitespace included.
// SOURCE: spec/policy-language.md §1 (`policyDocumentType` of the IAM model).
pub const DOCUMENT_CHARACTERS: usize = 131_072;

/// The most characters of a document that is read and not written, whitespace included.
///
/// AWS's own managed policies keep to no quota: `AWSSupportServiceRolePolicy` has 154,884 characters without whitespace,
/// and three times that the way a tool prints it.
// DIFFERS: AWS names no figure; this one bounds the work.
pub const READ_CHARACTERS: usize = 1_048_576;

/// The most objects and lists inside one another. A policy that means something has six.
// DIFFERS: AWS names no figure; this one keeps the reader's stack small.
pub const NESTING: usize = 32;

/// The most characters of one version of a managed policy.
// SOURCE: spec/policy-language.md §8, as all that follow.
pub const MANAGED_POLICY: usize = 6_144;

/// The most characters of all inline policies of one user together.
pub const USER_INLINE_POLICIES: usize = 2_048;

/// The most characters of all inline policies of one role together.
pub const ROLE_INLINE_POLICIES: usize = 10_240;

/// The most characters of all inline policies of one group together.
pub const GROUP_INLINE_POLICIES: usize = 5_120;

/// The most characters of a role's trust policy where the quota has not been raised.
pub const TRUST_POLICY: usize = 2_048;

/// The highest figure that the quota of a role's trust policy can be raised to.
pub const TRUST_POLICY_RAISED: usize = 8_192;

/// The most characters of an inline session policy and the ARNs of the managed ones together.
pub const SESSION_POLICY: usize = 2_048;

/// The most characters of an SCP, whitespace included.
pub const SERVICE_CONTROL_POLICY: usize = 5_120;

/// The most characters of an RCP, whitespace included.
pub const RESOURCE_CONTROL_POLICY: usize = 5_120;

/// The most bytes of a bucket policy.
pub const BUCKET_POLICY_BYTES: usize = 20_480;

/// The most bytes of all attributes of a queue that hold policies.
pub const QUEUE_POLICY_BYTES: usize = 262_144;

/// The most bytes of a topic policy.
pub const TOPIC_POLICY_BYTES: usize = 30_720;

/// The most bytes of a KMS key policy.
pub const KEY_POLICY_BYTES: usize = 32_768;

/// The most bytes of a secret's policy.
pub const SECRET_POLICY_BYTES: usize = 20_480;

/// The most bytes of a VPC endpoint policy.
pub const VPC_ENDPOINT_POLICY_BYTES: usize = 20_480;
