//! The key sets of OpenID Connect issuers: fetched safely, kept for a while.
//!
//! An issuer's URL comes from whoever made the provider, in any account, so a fetch is a request that a stranger aims. It
//! goes to public addresses only, unless the operator allows the issuer; the address that was checked is the one that is
//! connected to; nothing is followed elsewhere; time and size are bounded. What is fetched is kept by issuer and list of
//! thumbprints, so that no account relies on a certificate that another one vouches for.
//!
//! Nothing here verifies tokens or knows accounts. Start at [`Issuers::keys`]; the rules of keeping are in `cache.rs`,
//! those of addresses in `address.rs`, those of certificates in `certificate.rs`.

mod address;
mod allow;
mod cache;
mod certificate;
mod fetch;
mod issuers;
pub mod limits;
mod target;

pub use allow::{AllowedIssuer, ParseAllowedIssuerError};
pub use certificate::VerificationMethod;
pub use fetch::{FetchError, Resolve, SystemResolver};
pub use issuers::{Config, Found, Issuers, KeySource, Provider, StartError};
