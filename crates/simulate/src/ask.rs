//! A question put to the engine.

use keyward_arn::Arn;
use keyward_engine::{
    AttachedPolicy, Context, Decision, EndpointKind, LayerKind, Layers, PolicyLists, Request,
    ResourceKind, StatementRef, Trace,
};

use crate::fields::Value;
use crate::line::Question;

impl Question {
    /// Decides.
    pub fn decide(&self) -> Decision {
        self.ask(keyward_engine::decide)
    }

    /// Decides, and tells everything that was looked at.
    pub fn explain(&self) -> (Decision, Trace) {
        self.ask(keyward_engine::explain)
    }

    /// Decides, and names all statements that determined the decision.
    pub fn statements(&self) -> (Decision, Vec<StatementRef>) {
        self.ask(keyward_engine::statements)
    }

    /// Calls with the question in the engine's words.
    pub fn ask<T>(&self, with: impl FnOnce(&Request<'_>, &Layers<'_>) -> T) -> T {
        let mut context = Context::with_capacity(self.context.len());
        for (key, value) in &self.context {
            match value {
                Value::Multiple(values) => context.insert_list(key, values),
                Value::Null => {}
                Value::Single(value) => context.insert(key, value),
            }
        }
        let mut request = Request::new(
            self.caller.principal(),
            &self.action,
            &self.resource,
            &context,
        );
        request.resource_account = self.resource_account;
        with(&request, &self.layers())
    }

    /// The policies of a layer, level by level in one row.
    pub(crate) fn policies(&self, layer: LayerKind) -> impl Iterator<Item = &AttachedPolicy> {
        let policies = &self.policies;
        let (levels, single): (&[Vec<AttachedPolicy>], &[AttachedPolicy]) = match layer {
            LayerKind::ResourceControl => (&policies.resource_control, &[]),
            LayerKind::ServiceControl => (&policies.service_control, &[]),
            LayerKind::Endpoint => (&[], policies.endpoint.as_deref().unwrap_or_default()),
            LayerKind::Resource => (&[], &policies.resource),
            LayerKind::Identity => (&[], &policies.identity),
            LayerKind::PermissionsBoundary => {
                (&[], policies.boundary.as_deref().unwrap_or_default())
            }
            LayerKind::Session => (&[], policies.session.as_deref().unwrap_or_default()),
        };
        levels.iter().flatten().chain(single)
    }

    fn layers(&self) -> Layers<'_> {
        let policies = &self.policies;
        Layers {
            resource_control: levels(&policies.resource_control)
                .filter(|_| self.is_bound_by_rcps()),
            service_control: levels(&policies.service_control),
            endpoint: policies.endpoint.as_deref(),
            endpoint_kind: self.endpoint_kind(),
            resource: &policies.resource,
            resource_kind: resource_kind(&self.action, &self.resource),
            identity: PolicyLists::from(policies.identity.as_slice()),
            boundary: policies.boundary.as_deref(),
            session: policies.session.as_deref().map(PolicyLists::from),
        }
    }

    fn service(&self) -> &str {
        self.action
            .split_once(':')
            .map_or("", |(service, _)| service)
    }

    /// Returns whether RCPs bind resources of the action's service; those of a service that nobody knows, to be safe.
    // SOURCE: spec/evaluation.md §1: resources "in supported services".
    fn is_bound_by_rcps(&self) -> bool {
        keyward_catalog::service(self.service()).is_none_or(|service| service.is_covered_by_rcps())
    }

    /// Returns the kind of endpoint that the request can have come through: only S3 and DynamoDB have gateways.
    // SOURCE: spec/evaluation.md §6; VPC guide, "Gateway endpoints".
    fn endpoint_kind(&self) -> EndpointKind {
        let has_gateways = ["dynamodb", "s3", "s3express"]
            .iter()
            .any(|service| service.eq_ignore_ascii_case(self.service()));
        if has_gateways {
            EndpointKind::Other
        } else {
            EndpointKind::Interface
        }
    }
}

/// What the action makes of the resource. The target of `sts:AssumeRoot` stays an ordinary resource of another
/// account, which no policy opens: a line cannot say that the caller belongs to the management account.
// SOURCE: spec/evaluation.md §2 (gated), §4, §5 KMS.
pub(crate) fn resource_kind(action: &str, resource: &str) -> ResourceKind {
    let service = action.split_once(':').map_or("", |(service, _)| service);
    match Arn::parse(resource) {
        Some(arn)
            if service.eq_ignore_ascii_case("sts")
                && arn.service == "iam"
                && arn.resource.starts_with("role/") =>
        {
            ResourceKind::Role
        }
        Some(arn)
            if service.eq_ignore_ascii_case("kms")
                && arn.service == "kms"
                && arn.resource.starts_with("key/") =>
        {
            ResourceKind::KmsKey
        }
        Some(_) | None => ResourceKind::Ordinary,
    }
}

/// An organization without a level is none: the layer does not apply.
fn levels(levels: &[Vec<AttachedPolicy>]) -> Option<PolicyLists<'_>> {
    (!levels.is_empty()).then(|| levels.iter().map(Vec::as_slice).collect())
}
