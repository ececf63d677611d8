//! What each operation does, once its caller is authenticated and authorized.

mod access_key;
mod account_details;
mod account_policies;
mod account_summary;
mod attached_policy;
mod context_keys;
mod credential_report;
mod credentials;
mod delegation;
mod fido_device;
mod group;
mod inline_policy;
mod instance_profile;
mod last_accessed;
mod login_profile;
mod managed;
mod mfa;
mod mfa_device;
mod oidc_provider;
mod organization;
mod password_policy;
mod policy;
mod policy_exclusion;
mod policy_list;
mod policy_version;
mod principal_policies;
mod role;
mod role_template;
mod saml_provider;
mod server_certificate;
mod service_access;
mod service_credential;
mod service_linked_role;
mod settings;
mod signing_certificate;
mod simulate;
mod simulated_resource;
mod simulation_shown;
mod ssh_public_key;
pub(crate) mod sts;
mod tags;
mod target;
pub(crate) mod trust;
mod user;

pub(crate) use mfa_device::root_devices;
pub(crate) use target::Shown;

use std::future::Future;

use keyward_store::Revision;
use keyward_wire::Call;

use crate::authenticate::{Authenticated, Caller};
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

/// An operation that is served.
pub(crate) trait Operate: Call<Output: Send> + Send + Sync + Sized + 'static {
    /// Proves what the call claims of its caller beyond the signature: that a one-time code is right.
    fn prove(
        &self,
        _service: &Service,
        _caller: &mut Authenticated<Caller>,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Says what is asked of the policies: which resource, with which condition keys. The action is in the table.
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError>;

    /// Says what else must be allowed, for the few operations that touch two resources or need a second action.
    fn further(&self, _caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        Ok(Vec::new())
    }

    /// Does it.
    fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> impl Future<Output = Result<Done<Self::Output>, ServiceError>> + Send;
}

/// An operation that nobody signs: a token or an assertion in it says who calls.
pub(crate) trait Unsigned: Operate {
    /// Verifies the token or assertion, all of it, and says whom it speaks of.
    fn authenticate(
        &self,
        service: &Service,
    ) -> impl Future<Output = Result<Authenticated<Caller>, ServiceError>> + Send;
}

/// What an operation answers, and the revision that it made or saw.
pub(crate) struct Done<T> {
    pub(crate) output: T,
    pub(crate) revision: Option<Revision>,
}

impl<T> Done<T> {
    /// Makes an answer that neither read nor wrote the store.
    pub(crate) fn without_store(output: T) -> Self {
        Self {
            output,
            revision: None,
        }
    }

    /// Makes an answer at a revision.
    pub(crate) fn at(revision: Revision, output: T) -> Self {
        Self {
            output,
            revision: Some(revision),
        }
    }
}

/// Writes a stored time in the form of the wire.
pub(crate) fn time(stored: keyward_directory::Timestamp) -> keyward_wire::Timestamp {
    keyward_wire::Timestamp(stored.unix_seconds())
}
