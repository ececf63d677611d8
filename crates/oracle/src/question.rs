//! What the oracle is asked: plain texts and parsed policies.

use std::sync::Arc;

use keyward_policy::Policy;

/// One question: may this principal do this action on this resource?
#[derive(Clone, Debug)]
pub struct Question {
    /// An ARN, a service name such as `sns.amazonaws.com`, or `*` for an anonymous caller.
    pub principal: String,
    /// The role or user ARN behind a session; derived from the session's ARN where absent.
    pub principal_issuer: Option<String>,
    /// Such as `s3:GetObject`.
    pub action: String,
    /// An ARN, or `*` for an action without a resource.
    pub resource: String,
    /// The account that owns the resource; taken from its ARN, else the principal's, where absent.
    pub resource_account: Option<String>,
    /// Whether the action's service is one that RCPs do not cover.
    pub escapes_rcps: bool,
    /// The context keys as they were sent. Two spellings of one name are two entries.
    pub context: Vec<(String, ContextValue)>,
    /// The policies, which many questions may share.
    pub layers: Arc<Layers>,
}

impl Question {
    /// The service and the resource part of the resource's ARN; `None` for a resource that is no ARN.
    pub(crate) fn resource_arn(&self) -> Option<(&str, &str)> {
        let parts: Vec<&str> = self.resource.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, service, _, _, resource] => Some((service, resource)),
            _ => None,
        }
    }
}

/// The value of a context key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue {
    /// A list of values, even of none or one.
    Multiple(Vec<String>),
    /// One value.
    Single(String),
}

/// A policy and the name that answers call it by.
#[derive(Clone, Debug)]
pub struct NamedPolicy {
    /// Free text.
    pub name: String,
    /// The document.
    pub policy: Policy,
}

/// The policies of a question. `None` or, for SCPs and RCPs, no level at all: the layer does not apply.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// One list a level, root first.
    pub resource_control: Vec<Vec<NamedPolicy>>,
    /// One list a level, root first.
    pub service_control: Vec<Vec<NamedPolicy>>,
    /// VPC endpoint policies.
    pub endpoint: Option<Vec<NamedPolicy>>,
    /// The resource's own policy; of a role, its trust policy.
    pub resource: Option<Vec<NamedPolicy>>,
    /// Identity policies.
    pub identity: Option<Vec<NamedPolicy>>,
    /// The permissions boundary.
    pub boundary: Option<Vec<NamedPolicy>>,
    /// Session policies.
    pub session: Option<Vec<NamedPolicy>>,
}

/// The layers, in the order in which explicit denies are looked for.
// SOURCE: spec/evaluation.md §2, "layers".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Resource control policies.
    ResourceControl,
    /// Service control policies.
    ServiceControl,
    /// VPC endpoint policies.
    Endpoint,
    /// The resource policy.
    Resource,
    /// Identity policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
}
