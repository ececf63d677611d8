//! Self-contained questions, policies and request together, answered by the engine: lines of JSON, and the simulations of
//! the IAM API ([`simulator`]).
//!
//! The contract of a line is `DESIGN.md`, "A line of `keyward decide`". Start at [`Question::parse`] and [`answer`];
//! [`answer_line`] does both. The line is all there is: no condition key is added to its context, and credentials
//! are long-term ones where the principal's ARN leaves it open.
//!
//! Two kinds of bad input are told apart, and neither ever allows:
//! - a line that is not understood (not JSON, an unknown or missing field, a principal that names nobody) is answered
//!   with `{"id":…,"error":…}`;
//! - a policy in a good line that is not understood makes the answer a refusal by the layer it stands in, whose message
//!   names the policy and the fault. It grants nothing and hides no Deny of another policy.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod answer;
mod ask;
mod fields;
mod line;
mod principal;
pub mod simulator;
#[cfg(test)]
mod tests;
mod wording;

pub use answer::{Answer, Reply, Statement, answer, answer_line};
pub use line::{ParseQuestionError, Question};
