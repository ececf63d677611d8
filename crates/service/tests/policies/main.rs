//! Managed policies: what each operation answers, what it refuses and in which words, who may call it, and what a policy
//! in use decides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail the test that calls them"
)]

mod attached;
mod boundaries;
mod grants;
mod kinds;
mod lists;
mod managed;
mod races;
mod support;
mod versions;
