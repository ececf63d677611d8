//! Every bound of this crate, with its source.

use std::time::Duration;

/// How long discovery and key set may take together. SOURCE: spec/sts.md §5 row 6.
pub const FETCH_TIME: Duration = Duration::from_secs(5);
/// How long keys are good at least, whatever the issuer says. SOURCE: spec/sts.md §5.
pub const FRESH_SECONDS_MIN: i64 = 5 * 60;
/// How long keys are good at most. Ours: a key that was taken back is gone within a day.
pub const FRESH_SECONDS_MAX: i64 = 24 * 3_600;
/// How long keys that can't be refreshed are used on. Ours: an hour of an issuer's outage.
pub const STALE_SECONDS: i64 = 3_600;
/// Of the time for which keys are good, what is left when they are refreshed in the background: a fifth.
pub const REFRESH_AHEAD: i64 = 5;
/// How long after a fetch an unknown key id starts no other one. Ours.
pub const REFETCH_SECONDS: i64 = 30;
/// How long after a failure nothing is tried again. Ours.
pub const RETRY_SECONDS: i64 = 5;
/// Key sets that are kept; the one that was used least recently leaves.
pub const KEPT: usize = 512;
/// Fetches at one time, over all issuers.
pub const FETCHES: usize = 32;
/// Addresses of a host that are tried.
pub const ADDRESSES: usize = 4;
/// Bytes of the head of an answer.
pub const HEAD_BYTES: usize = 32 << 10;
/// Issuers that may be allowed.
pub const ALLOWED: usize = 1_000;
