//! Bounds on what a request or an answer may hold.

/// The most parameters that one request may carry, query and body together.
///
/// The largest honest requests are policy simulations: a few hundred context keys of four parameters each. Finding and
/// checking this many costs less than a millisecond; ten times as many would be an attack.
/// DIFFERS: AWS does not publish its bound.
pub const MAX_PARAMETERS: usize = 4096;

/// How deep elements may be nested in a document that [`Element::parse`](crate::Element::parse) reads.
///
/// The deepest answer of the service models has twelve levels.
pub const MAX_DEPTH: usize = 32;
