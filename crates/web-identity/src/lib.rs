//! Web identity: tokens of OpenID Connect issuers, verified, and tokens of our own, issued.
//!
//! Bytes, keys and a `now` in, a verdict out. Nothing here fetches, reads a clock or decides what a token may do; the
//! one source of randomness is the cryptographic library's own, for new keys and ECDSA signatures.
//!
//! A token of somebody else passes three types, and each step is the only way to the next: [`UnverifiedToken`] says
//! whose it claims to be, [`AddressedToken`] is one for an audience of the provider, and [`VerifiedToken`] carries the
//! issuer's signature and is within its time. Claims are read from the last one only. The order of the checks is that
//! of `spec/sts.md` §5. Start at [`UnverifiedToken::parse`]; the other half is [`IdentityToken`] and [`KeyRing`].
#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod algorithm;
mod claims;
mod condition_key;
mod discovery;
mod error;
mod issue;
mod json;
mod key;
pub mod limits;
mod token;

#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use claims::{RoleAuthorizedByIdp, SessionTags};
pub use condition_key::{ConditionKey, ConditionValue, Survives};
pub use discovery::{Discovery, ReadDiscoveryError};
pub use error::WebIdentityError;
pub use issue::{
    CannotSign, IdentityToken, KeyRing, PayloadTooLarge, RingKey, SigningAlgorithm, SigningKey,
    discovery_document,
};
pub use key::{KeySet, ReadKeySetError};
pub use token::{AddressedToken, ClientIds, UnverifiedToken, VerifiedToken};
