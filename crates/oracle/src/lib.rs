//! A slow, literal second evaluator that the engine is compared with.
//!
//! It reads like `spec/evaluation.md` and `spec/policy-language.md`: each rule stands once, names its section, and is
//! written for the reader and not for speed. It shares the parsed policy with the engine and nothing else; in
//! particular no matching code, so that a mistake must be made twice to stay hidden. It never runs outside tests.
//! Start at [`decide`].

mod applies;
mod caller;
mod condition;
mod core;
mod decide;
mod pattern;
mod principal;
mod question;
mod statement;
mod value;

pub use decide::{Decision, Determining, Outcome, decide};
pub use question::{ContextValue, Layer, Layers, NamedPolicy, Question};
