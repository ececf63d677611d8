//! The compiled in-memory picture that authentication and decisions read.
//!
//! One [`Cell`] an account, replaced as a whole by each commit that touches the account, so that a decision never sees
//! half of a change. Readers take no lock; the one follower of the store's change feed is the only writer. What API
//! reads show comes from the store, not from here. Start at [`View`].

mod cell;
mod document;
mod follow;
mod key;
mod policies;
mod principal;
mod progress;
mod resources;
mod saml_provider;
mod sessions;
mod view;

pub use cell::Cell;
pub use document::Documents;
pub use follow::{FollowError, follow, load};
pub use key::{Key, KeyOwner, KeyUse};
pub use policies::ManagedDocument;
pub use principal::{GroupPolicies, RolePrincipal, UserPrincipal};
pub use resources::{Tagged, TokenIssuer};
pub use saml_provider::SignInProvider;
pub use sessions::{FoundSession, OpenedSession};
pub use view::{Lookup, View};
