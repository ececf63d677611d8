//! Delegation requests, as an account meets them that is no onboarded partner.
//!
//! Only a partner can make a request, from a policy template that AWS has registered for it, and no account of an
//! installation is one. So there are no requests: making one is refused, and each id is unknown. The states that a
//! request goes through are not kept, because nothing could be in any of them.

use keyward_arn::Partition;
use keyward_directory::Refusal;
use keyward_wire::{NoOutput, iam};

use super::target::own_resource;
use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

const KIND: &str = "delegation-request/";

fn about(id: &str, caller: &Caller) -> Question {
    let (partition, account) = (Partition::default().as_str(), caller.account());
    Question::about(format!("arn:{partition}:iam::{account}:{KIND}{id}"))
}

fn missing(id: &str) -> ServiceError {
    let message = format!("The delegation request with id {id} cannot be found.");
    Refusal::not_found_text(message).into()
}

impl Operate for iam::CreateDelegationRequest {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let duration = self.session_duration.to_string();
        Ok(about("*", caller)
            .key("iam:DelegationDuration", Some(&duration))
            .key("iam:NotificationChannel", Some(&self.notification_channel))
            .key(
                "iam:TemplateArn",
                self.permissions.policy_template_arn.as_deref(),
            ))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateDelegationRequestOutput>, ServiceError> {
        let account = call.caller().account();
        Err(ServiceError::AccessDenied(format!(
            "Account {account} is not onboarded to create delegation requests."
        )))
    }
}

/// The operations on a request that exists differ in names only: none does.
macro_rules! operations_on_a_request {
    ($($operation:ident -> $output:ty;)*) => {$(
        impl Operate for iam::$operation {
            fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
                Ok(about(&self.delegation_request_id, caller))
            }

            async fn apply(
                _service: &Service,
                call: Authorized<Self>,
            ) -> Result<Done<$output>, ServiceError> {
                Err(missing(&call.delegation_request_id))
            }
        }
    )*};
}

operations_on_a_request! {
    AcceptDelegationRequest -> NoOutput;
    AssociateDelegationRequest -> NoOutput;
    GetDelegationRequest -> iam::GetDelegationRequestOutput;
    RejectDelegationRequest -> NoOutput;
    SendDelegationToken -> NoOutput;
    UpdateDelegationRequest -> NoOutput;
}

impl Operate for iam::ListDelegationRequests {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        let owner = self.owner_id.as_deref();
        Ok(Question::about("*".to_owned()).key("iam:DelegationRequestOwner", owner))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListDelegationRequestsOutput>, ServiceError> {
        Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let output = iam::ListDelegationRequestsOutput {
            delegation_requests: Some(Vec::new()),
            is_truncated: Some(false),
            marker: None,
        };
        Ok(Done::without_store(output))
    }
}

impl Operate for iam::GetHumanReadableSummary {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about(self.entity_arn.clone()))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetHumanReadableSummaryOutput>, ServiceError> {
        let resource = own_resource(&call.entity_arn, call.caller().account());
        let Some(id) = resource.and_then(|resource| resource.strip_prefix(KIND)) else {
            let message = "The only supported entity type is delegation-request.";
            return Err(Refusal::invalid_input(message).into());
        };
        Err(missing(id))
    }
}
