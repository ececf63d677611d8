//! STS: temporary credentials, and who one is.
//!
//! Start at [`issue`], which makes every session, and `assume_role.rs`.

mod access_key_info;
mod assume_role;
mod assume_role_with_saml;
mod assume_root;
mod authorization_message;
mod caller_identity;
mod delegated_access_token;
mod federation_token;
pub(crate) mod issue;
mod mfa_code;
mod sent;
mod session_token;
mod target_role;
mod web_identity;
mod web_identity_token;
