//! A session of the caller itself.

use keyward_sts::{SessionPolicies, SessionPrincipal, SessionTags, federation_duration};
use keyward_wire::sts;

use super::super::{Done, Operate};
use super::issue::{NewSession, issue};
use super::{mfa_code, sent};
use crate::authenticate::{Authenticated, Caller, Identity};
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for sts::GetSessionToken {
    async fn prove(
        &self,
        service: &Service,
        caller: &mut Authenticated<Caller>,
    ) -> Result<(), ServiceError> {
        if caller.session().is_some() {
            // The policies are not asked, and the rule that answers says why not.
            return Ok(());
        }
        let (serial_number, code) = (self.serial_number.as_deref(), self.token_code.as_deref());
        mfa_code::prove(service, caller, serial_number, code).await
    }

    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::of_fixed_rule())
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::GetSessionTokenOutput>, ServiceError> {
        let caller = call.caller();
        let principal = match caller.identity() {
            Identity::Root => SessionPrincipal::Root,
            Identity::User(user) => SessionPrincipal::User(user.id.clone()),
            Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Role(_) => {
                return Err(ServiceError::internal("a session asks for a session token"));
            }
        };
        let new = NewSession {
            principal,
            seconds: federation_duration(sent::seconds(call.duration_seconds), caller.is_root()),
            mfa: caller.mfa(),
            policies: SessionPolicies::default(),
            tags: SessionTags::default(),
            source_identity: None,
            federation: None,
            machine: None,
            least: call.minimum_session_token_size,
        };
        let issued = issue(service, caller.cell(), new)?;
        Ok(Done::without_store(sts::GetSessionTokenOutput {
            credentials: Some(issued.credentials),
            session_token_utilization: issued.utilization,
            session_token_size: issued.size,
        }))
    }
}
