//! Every bound of this crate, with its source.

/// Characters of a token, at least. SOURCE: the service model, `clientTokenType`.
pub const TOKEN_LENGTH_MIN: usize = 4;
/// Characters of a token, at most. SOURCE: the service model, `clientTokenType`.
pub const TOKEN_LENGTH_MAX: usize = 20_000;
/// Objects and lists inside one another, in headers, claims, key sets and discovery documents. Ours: tokens that are in
/// use nest to four.
pub const NESTING: usize = 16;
/// Values in one JSON text, so that a small text can't become a large tree. Ours: 200 keys are about 2,000.
pub const JSON_VALUES: usize = 20_000;
/// Characters of a key id. Ours.
pub const KEY_ID_LENGTH: usize = 1_024;
/// Characters of `sub`. SOURCE: the service model, `webIdentitySubjectType`.
pub const SUBJECT_LENGTH: usize = 255;
/// Characters of a tag's key. SOURCE: the service model, `tagKeyType`.
pub const TAG_KEY_LENGTH: usize = 128;
/// Characters of a tag's value. SOURCE: the service model, `tagValueType`.
pub const TAG_VALUE_LENGTH: usize = 256;
/// Characters of a source identity. SOURCE: the service model, `sourceIdentityType`.
pub const SOURCE_IDENTITY_LENGTH: std::ops::RangeInclusive<usize> = 2..=64;
/// Bytes of a key set. Ours.
pub const KEY_SET_BYTES: usize = 1 << 20;
/// Keys of one kind in a key set. SOURCE: AWS's user guide, "Create an OpenID Connect (OIDC) identity provider": 100 RSA
/// and 100 EC keys.
pub const KEYS_OF_A_KIND: usize = 100;
/// Bytes of a discovery document. Ours.
pub const DISCOVERY_BYTES: usize = 256 << 10;
/// Bits of an RSA key. SOURCE: RFC 7518 §3.3 for the lower; the upper bounds the work of a verification.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// Seconds that a token may be older than, by `iat`, however late it expires. SOURCE: spec/sts.md §5 row 8, where AWS's
/// own number is unknown.
pub const TOKEN_AGE_SECONDS: i64 = 24 * 3_600;
/// Seconds by which an issuer's clock may be ahead of ours, for `iat` and `nbf`. SOURCE: spec/sts.md §5 row 8.
pub const CLOCK_SKEW_SECONDS: i64 = 5 * 60;
/// Bytes of the claims of a token that we issue, as JSON. AWS has a bound and does not name it; with this one a token
/// stays below 16 KiB, which proxies take in a header.
pub const PAYLOAD_BYTES: usize = 11 << 10;
/// Seconds that a token of ours lives, at most. SOURCE: spec/sts.md §1.
pub const ISSUED_TOKEN_SECONDS: i64 = 3_600;
