//! Bounds of names, each with its source.

/// Characters of an entity's unique id, such as `AIDA…`. SOURCE: spec/iam-entities.md §1.
pub(crate) const UNIQUE_ID_LENGTH: usize = 21;
/// Characters of an access key id as AWS makes it. SOURCE: spec/iam-entities.md §1.
pub(crate) const ACCESS_KEY_ID_LENGTH: usize = 20;
/// The bounds that the service model gives for an access key id. SOURCE: iam service model, `accessKeyIdType`.
pub(crate) const ACCESS_KEY_ID_BOUNDS: std::ops::RangeInclusive<usize> = 16..=128;
/// The longest path of an entity. SOURCE: spec/iam-entities.md §2.
pub(crate) const PATH_LENGTH: usize = 512;
/// The largest account id: twelve decimal digits.
pub(crate) const ACCOUNT_ID_MAXIMUM: u64 = 999_999_999_999;
