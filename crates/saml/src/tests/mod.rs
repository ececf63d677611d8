//! Responses of other libraries, and of an identity provider of our own that can also lie.

#![allow(
    clippy::disallowed_methods,
    clippy::string_slice,
    reason = "tests cut documents at places that they found, and bound the time that hostile ones take"
)]

mod attacks;
mod encrypted;
mod idp;
mod interop;
mod properties;
mod signatures;
mod table;
mod wrapping;
