//! Sessions: what they hold, the rules that limit them, and the sealed tokens that carry them.
//!
//! A session is stored nowhere. Its token holds all of it, sealed under a key of its account and bound to its access
//! key id, so that any node opens it without a lookup. Nothing here decides who may have a session: `service` asks the
//! engine that. Start at [`Session`] and [`SealingKeys`].

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod codec;
mod duration;
pub mod limits;
mod message;
mod packed;
mod policies;
mod session;
mod tags;
mod token;

pub use duration::{Chained, DurationError, federation_duration, role_duration};
pub use message::{OpenMessageError, open_message, seal_message};
pub use packed::{PackedSize, PackedTooLarge};
pub use policies::{SessionPolicies, SessionPolicyError};
pub use session::{
    ClaimValue, FederatedBy, Federation, Machine, RoleDelivery, Session, SessionPrincipal,
};
pub use tags::{SessionTag, SessionTagError, SessionTags};
pub use token::{KeyNumber, OpenTokenError, SealTokenError, SealedToken, SealingKeys};
