//! A session for somebody whom the caller vouches for.

use keyward_sts::{FederatedBy, SessionPrincipal, SessionTags, federation_duration};
use keyward_wire::sts;

use super::super::{Done, Operate};
use super::issue::{NewSession, issue};
use super::sent;
use crate::authenticate::{Caller, Identity};
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

fn tags(call: &sts::GetFederationToken) -> Result<SessionTags, ServiceError> {
    let passed = sent::tags(call.tags.as_ref());
    Ok(SessionTags::of_call(passed, &[], &SessionTags::default())?)
}

impl Operate for sts::GetFederationToken {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        tags(self)?;
        let arn = SessionPrincipal::federated_user_arn(caller.account(), &self.name);
        let sent = sent::tags(self.tags.as_ref());
        Ok(Question::about(arn)
            .request_tags(&sent)
            .also("sts:TagSession", !sent.is_empty()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::GetFederationTokenOutput>, ServiceError> {
        let caller = call.caller();
        let by = match caller.identity() {
            Identity::Root => FederatedBy::Root,
            Identity::User(user) => FederatedBy::User(user.id.clone()),
            Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Role(_) => {
                return Err(ServiceError::internal(
                    "a session asks for a federation token",
                ));
            }
        };
        let arns = call.policy_arns.as_ref();
        let name = call.name.clone();
        let new = NewSession {
            principal: SessionPrincipal::FederatedUser { name, by },
            seconds: federation_duration(sent::seconds(call.duration_seconds), caller.is_root()),
            mfa: None,
            policies: sent::policies(service, caller.account(), call.policy.as_deref(), arns)?,
            tags: tags(&call)?,
            source_identity: None,
            federation: None,
            machine: None,
            least: call.minimum_session_token_size,
        };
        let issued = issue(service, caller.cell(), new)?;
        Ok(Done::without_store(sts::GetFederationTokenOutput {
            credentials: Some(issued.credentials),
            federated_user: Some(sts::FederatedUser {
                federated_user_id: format!("{}:{}", caller.account(), call.name),
                arn: SessionPrincipal::federated_user_arn(caller.account(), &call.name),
            }),
            packed_policy_size: issued.packed,
            session_token_utilization: issued.utilization,
            session_token_size: issued.size,
        }))
    }
}
