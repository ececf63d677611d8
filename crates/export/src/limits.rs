//! How much is read.

/// The largest file, in bytes. An export of 5,000 roles with all AWS managed policies takes about 50 MB.
pub const FILE_BYTES: u64 = 512 << 20;

/// All files together, in bytes.
pub const TOTAL_BYTES: u64 = 1 << 30;

/// How many files a directory may hold.
pub const FILES: usize = 10_000;

/// How deep directories may lie in each other.
pub const DEPTH: usize = 8;

/// The longest error message that is read, in bytes; a response pasted whole is far shorter.
pub const MESSAGE_BYTES: usize = 1 << 20;

/// How many users, groups, roles and managed policies may stand in a file that is only looked through. AWS's quotas allow
/// an account about 15,000.
pub const ENTITIES: usize = 1_000_000;

/// How much may stand above these, in bytes: names of lists, and white space between entities.
pub const SKELETON_BYTES: usize = 32 << 20;

/// How much of an entity is looked at for its ARN, in bytes, where it lies over two pieces of the file.
pub const HEAD_BYTES: usize = 64 << 10;

/// How much of a file is read at once, in bytes, of entities that stand near each other.
pub const TOGETHER_BYTES: u64 = 256 << 10;

/// How far entities may stand from each other, in bytes, to be read at once.
pub const GAP_BYTES: u64 = 1 << 10;

/// How deep values may lie in what an entity has beside what is looked for, to be passed over without a tree.
pub const PLAIN_DEPTH: usize = 16;
