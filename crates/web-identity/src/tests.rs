//! Tests of the whole crate; the issuer of most tokens is [`support::Issuer`].

mod claims;
mod condition_keys;
mod hostile;
mod issued;
mod keys;
mod support;
mod tokens;
