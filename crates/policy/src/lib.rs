//! Policy JSON to a checked policy with source positions and diagnostics.
//!
//! Never evaluates: wildcards, policy variables and condition values stay text. Start at [`Policy::parse`], which
//! reads what is stored, and [`check`], which decides what may be stored.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod ast;
mod error;
mod json;
pub mod limits;
mod operator;
mod parse;
mod print;
mod size;
mod splice;
#[cfg(test)]
mod testing;
mod write;

pub use ast::{
    ActionElement, Condition, Effect, Operator, Policy, Position, Principal, PrincipalElement,
    PrincipalKind, PrincipalSet, ResourceElement, SetQualifier, Span, Spanned, Statement, Test,
    Version,
};
pub use error::{ParsePolicyError, Problem};
pub use size::{forbidden_character, size_without_whitespace};
pub use splice::replace_strings;
pub use write::{PolicyKind, WritePolicyError, WriteRule, check};
