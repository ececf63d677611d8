//! Tokens of our own: claims, keys, and what the issuer publishes.

mod document;
mod payload;
mod ring;
mod signing_key;

pub use document::discovery_document;
pub use payload::{IdentityToken, PayloadTooLarge};
pub use ring::{KeyRing, RingKey};
pub use signing_key::{CannotSign, SigningAlgorithm, SigningKey};
