//! STS by its wire form: who gets which session, and what it may do.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics fails, which is what it is for"
)]

mod assume;
mod chain;
mod federation;
mod instance;
mod lifetime;
mod mfa;
mod session_policies;
#[allow(dead_code, reason = "the other family of tests uses the rest")]
#[path = "../account/world.rs"]
mod shared;
mod token;
mod web_identity;
mod web_identity_token;
mod world;
