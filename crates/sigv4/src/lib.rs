//! AWS Signature Version 4: canonical request, verification, signing.
//!
//! Bytes and a `now` in, a verdict out. This crate looks nothing up: it says which access key a request claims to be
//! signed by, its caller finds that key, and this crate says whether the signature is right. It must never read a
//! clock, the network or a store, and never decide what a caller may do.
//!
//! Start at [`SignedRequest::parse`], which makes the checks of `spec/signing.md` §10 in AWS's order, and go on to
//! [`SignedRequest::verify`]. [`sign()`] and [`presign`] are the other side.
//!
//! # Examples
//! ```
//! use keyward_sigv4::{Credentials, Expected, Payload, RequestParts, SecretKey, SignedRequest, Signing, sign};
//!
//! let now = 1_767_323_045; // 2026-01-02T03:04:05Z
//! let credentials = Credentials {
//!     access_key_id: "AKIDEXAMPLE".to_owned(),
//!     secret: SecretKey::new("secret".to_owned()),
//!     session_token: None,
//! };
//! let unsigned = [("host", "iam.example.test")];
//! let parts = RequestParts {
//!     method: "POST",
//!     headers: &unsigned,
//!     payload: Payload::Body(b"Action=ListUsers&Version=2010-05-08"),
//!     ..RequestParts::get("/")
//! };
//! let signing = Signing { credentials: &credentials, region: "us-east-1", service: "iam", headers: &[] };
//! let mut headers = vec![("host", "iam.example.test".to_owned())];
//! headers.extend(sign(&parts, &signing, now));
//!
//! let parts = RequestParts { headers: &headers, ..parts };
//! let signed = SignedRequest::parse(&parts, &Expected::new(&["iam", "sts"]), now)?;
//! assert_eq!((signed.access_key_id(), signed.service()), ("AKIDEXAMPLE", "iam"));
//! signed.verify(&signed.derive_key(&credentials.secret))?;
//! # Ok::<(), keyward_sigv4::SignatureError>(())
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod authorization;
mod canonical;
mod encode;
mod error;
mod expected;
mod key;
pub mod limits;
mod path;
mod query;
mod request;
mod secret;
mod sign;
mod time;
mod verify;

#[cfg(test)]
mod tests;

pub use error::{HeaderPart, QueryPart, ScopeDate, ScopeFaults, SignatureError};
pub use expected::{Expected, RegionRule};
pub use key::SigningKey;
pub use request::{Headers, PathStyle, Payload, RequestParts};
pub use secret::SecretKey;
pub use sign::{Credentials, Signing, presign, sign};
pub use verify::{SignatureForm, SignedRequest};
