//! Bounds on what the tables may hold, so that damaged data cannot take memory without end.

/// The most bytes of one frame after unpacking. The largest has 155 kB today.
pub(crate) const UNPACKED_BYTES: u64 = 16 * 1024 * 1024;
