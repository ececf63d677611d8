//! Directory records to bytes and back: keys, versions, and sealing of secrets.
//!
//! The store below knows bytes only and the directory above knows records only; the one place that knows how a
//! record is written is here. A value begins with the version of its format, and every version ever released stays
//! readable. Secrets are sealed under the data key of their account, bound to the place where they stand. Nothing
//! here decides anything. Start at [`RecordKey`], [`Record`] and [`Vault`].

mod access;
mod account;
mod codec;
mod fido;
mod group;
mod identity_keys;
mod instance_profile;
mod key;
mod link;
mod long_text;
mod managed_policy;
mod memo;
mod mfa;
mod oidc_provider;
mod parts;
mod policy;
mod record;
mod report;
mod revoked_session;
mod role;
mod role_deletion;
mod saml_provider;
mod seal;
mod server_certificate;
mod settings;
mod usage;
mod user;
mod user_credentials;

pub use access::{decode_accesses, encode_accesses};
pub use account::{AccountRecord, decode_account, encode_account};
pub use codec::{DecodeError, EncodeError};
pub use key::{Attachment, Cell, Counter, Kind, RecordKey};
pub use link::{Link, decode_link, encode_link};
pub use long_text::{TooLong, decode_text, encode_text};
pub use memo::{decode_and_remember, decode_or_recall, decode_or_take, forget, remember};
pub use policy::{decode_document, encode_document};
pub use record::Record;
pub use revoked_session::{decode_revoked_session, encode_revoked_session};
pub use seal::{MASTER_KEY_LENGTH, MasterKey, SealedDataKey, UnsealError, Vault};
pub use settings::{decode_alias_owner, encode_alias_owner};
pub use usage::{decode_last_used, encode_last_used};
