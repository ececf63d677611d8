//! A request with everything that is compared again and again, worked out once.

use keyward_arn::AccountId;

use crate::action::ActionName;
use crate::context::Context;
use crate::index::RequestKeys;
use crate::layers::Layers;
use crate::principal::Caller;
use crate::request::{FederatedIssuer, Principal, Request, RootTask};
use crate::resource::ResourceName;
use crate::trace::AccountRelation;

/// One question to the engine.
#[derive(Clone, Debug)]
pub(crate) struct Question<'r> {
    pub(crate) request: &'r Request<'r>,
    pub(crate) layers: &'r Layers<'r>,
    pub(crate) caller: Caller<'r>,
    pub(crate) action: ActionName<'r>,
    pub(crate) resource: ResourceName<'r>,
    pub(crate) keys: RequestKeys,
    pub(crate) accounts: AccountRelation,
    /// Whether a permissions boundary bears on the principal.
    pub(crate) has_boundary: bool,
}

impl<'r> Question<'r> {
    pub(crate) fn new(request: &'r Request<'r>, layers: &'r Layers<'r>) -> Self {
        let caller = Caller::new(request.principal, request.canonical_user);
        let resource = ResourceName::new(request.resource);
        Self {
            request,
            layers,
            caller,
            action: ActionName::new(request.action),
            resource,
            keys: RequestKeys::of(request.action, resource.arn().map(|arn| arn.resource())),
            accounts: accounts(request, &caller, &resource),
            has_boundary: layers.boundary.is_some() && binds_identity(&request.principal),
        }
    }

    pub(crate) fn context(&self) -> &'r Context<'r> {
        self.request.context
    }

    /// Returns whether the root user of the resource's owner may do this although the resource's own policy denies it,
    /// so that an account can always undo a policy that locks everyone out.
    // SOURCE: spec/evaluation.md §5 (S3 root exception, SQSUnlockQueuePolicy).
    pub(crate) fn is_root_unlocking(&self) -> bool {
        if self.accounts != AccountRelation::SameAccount {
            return false;
        }
        let task = match self.request.principal {
            Principal::AssumedRoot { task, .. } => task,
            Principal::Root { .. } => None,
            Principal::Anonymous
            | Principal::FederatedUser { .. }
            | Principal::RoleSession { .. }
            | Principal::Service { .. }
            | Principal::UnsignedFederation { .. }
            | Principal::User { .. } => return false,
        };
        let is_one_of = |actions: &[&str]| actions.iter().any(|action| self.action.is(action));
        is_one_of(&[
            "s3:DeleteBucketPolicy",
            "s3:GetBucketPolicy",
            "s3:PutBucketPolicy",
        ]) || (task == Some(RootTask::UnlockQueuePolicy)
            && is_one_of(&["sqs:GetQueueAttributes", "sqs:SetQueueAttributes"]))
    }
}

/// Returns whether identity policies and boundaries bear on a principal.
// SOURCE: spec/evaluation.md §6.
pub(crate) fn binds_identity(principal: &Principal<'_>) -> bool {
    match principal {
        Principal::FederatedUser {
            issuer: FederatedIssuer::User { .. },
            ..
        }
        | Principal::RoleSession { .. }
        | Principal::User { .. } => true,
        Principal::Anonymous
        | Principal::AssumedRoot { .. }
        | Principal::FederatedUser {
            issuer: FederatedIssuer::Root,
            ..
        }
        | Principal::Root { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. } => false,
    }
}

fn accounts(
    request: &Request<'_>,
    caller: &Caller<'_>,
    resource: &ResourceName<'_>,
) -> AccountRelation {
    let partition = resource.arn().map_or("", |arn| arn.partition());
    if !partition.is_empty() && !caller.partition().is_empty() && partition != caller.partition() {
        return AccountRelation::CrossPartition;
    }
    // An action without a resource happens in the principal's own account.
    let owner: Option<AccountId> = match request.resource_account {
        None if request.resource == "*" => caller.account(),
        owner => owner,
    };
    match (caller.account(), owner) {
        (Some(own), Some(owner)) if own == owner => AccountRelation::SameAccount,
        (Some(_) | None, Some(_) | None) => AccountRelation::CrossAccount,
    }
}
