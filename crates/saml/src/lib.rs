//! From the SAML response that somebody brings to an assertion that may be believed.
//!
//! The input is hostile: anybody may send it. Nothing of it is believed but the canonical text of the element that a key of
//! the provider's metadata signed; that text is parsed anew and is all that is read, so that no rearrangement of the document
//! around it can change what is read. Keys in the message are never looked at, and what the standards allow beyond the one
//! form of SAML signatures is refused.
//!
//! Pure: the time comes in, no document is fetched, nothing is remembered. Start at [`Response::parse`] and
//! [`Response::check`]; why the signatures are checked by our own code is in `docs/decisions/0008-saml-signatures.md`.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod assertion;
mod attributes;
mod canonical;
mod condition_keys;
mod encryption;
mod endpoints;
mod error;
pub mod limits;
mod names;
mod response;
mod signature;
#[cfg(test)]
mod tests;
mod xml;

pub use assertion::Assertion;
pub use condition_keys::ConditionKey;
pub use endpoints::Endpoints;
pub use error::{AssertionError, RefusalCode};
pub use response::{Provider, Request, Response};
