//! Runs the decision cases of `conformance/cases` against engine and oracle, and compares the two on generated lines.
//!
//! A case is a line of `keyward decide` with the answer that the specification asks for; [`cases`] reads them,
//! [`compare`] puts one line to both evaluators, [`generate`] makes lines and [`shrink`] makes them small.
//! For tests only.

pub mod cases;
pub mod compare;
pub mod generate;
mod line;
pub mod random;
pub mod shrink;
