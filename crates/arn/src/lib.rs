//! Partitions, account ids, ARNs, paths, unique ids and access key ids.
//!
//! Names only: nothing here knows what an entity is or whether it exists, and nothing is random;
//! ids are made from bytes that the caller draws. Start at [`Arn`] and [`AccountId`].

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod account;
mod arn;
mod base32;
mod id;
mod limits;
mod path;
#[cfg(test)]
mod properties;

pub use account::{AccountId, ParseAccountIdError};
pub use arn::{Arn, Partition};
pub use base32::{decode as decode_base32, encode as encode_base32};
pub use id::{AccessKeyId, AccessKeyKind, IdPrefix, ParseIdError, UniqueId};
pub use path::{ParsePathError, Path};
