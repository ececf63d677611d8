//! Passwords, MFA devices, account settings and reports: answers, AWS's errors and texts, limits, authorization.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper that can't go on fails its test"
)]

mod fido;
mod last_accessed;
mod mfa;
mod passwords;
mod quotas;
mod reports;
mod revisions;
mod self_manage;
mod settings;
mod world;
