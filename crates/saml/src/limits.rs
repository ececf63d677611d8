//! Bounds on what is read. Where no source stands, the choice is ours: bounded work, far above what identity providers write.

use std::ops::RangeInclusive;

/// Characters of the parameter `SAMLAssertion`. SOURCE: spec/sts.md §6.
pub const ENCODED_LENGTH: RangeInclusive<usize> = 4..=100_000;
/// Elements, attributes and texts of a response.
pub const NODES: u32 = 10_000;
/// Elements inside one another.
pub const DEPTH: usize = 40;
/// Attributes of an element, with its namespaces.
pub const ATTRIBUTES: usize = 64;
/// Characters of the canonical form of an element: the namespaces that it uses are written out again and again.
pub const CANONICAL_LENGTH: usize = 1_000_000;
/// Prefixes of an `InclusiveNamespaces` list.
pub const INCLUSIVE_PREFIXES: usize = 32;
/// Seconds after which an assertion can't be redeemed. SOURCE: spec/sts.md §6, row 8.
pub const REDEEM_SECONDS: i64 = 300;
/// Seconds that the clock of an identity provider may be ahead. SOURCE: as for web identity tokens, spec/sts.md §5, row 8.
pub const CLOCK_SKEW_SECONDS: i64 = 300;
/// Characters of a session's name and of a source identity. SOURCE: spec/sts.md §6, rows 11 and 12.
pub const SESSION_NAME_LENGTH: RangeInclusive<usize> = 2..=64;
/// Seconds of the attribute `SessionDuration`. SOURCE: spec/sts.md §6, "Attributes".
pub const SESSION_DURATION_SECONDS: RangeInclusive<u32> = 900..=43_200;
/// Characters of the key of a session tag. SOURCE: spec/sts.md §2, Tags.
pub const TAG_KEY_LENGTH: RangeInclusive<usize> = 1..=128;
/// Characters of the value of a session tag.
pub const TAG_VALUE_LENGTH: usize = 256;
