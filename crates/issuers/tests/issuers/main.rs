//! Issuers of every kind, on loopback: good, slow, hanging, huge, redirecting, rotating, with and without TLS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod bounds;
mod certificates;
mod keeping;
mod support;
