//! What a decision says.

use std::fmt;

/// The layers of policies, in the order in which they are looked at and named.
// SOURCE: spec/evaluation.md §2 and §7 (check order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerKind {
    /// Resource control policies of the resource owner's organization.
    ResourceControl,
    /// Service control policies of the principal's organization.
    ServiceControl,
    /// The policy of the VPC endpoint that the request came through.
    Endpoint,
    /// The resource's own policy: bucket, queue, key or role trust policy.
    Resource,
    /// The principal's own inline and managed policies, and its groups'.
    Identity,
    /// The principal's permissions boundary.
    PermissionsBoundary,
    /// The session policies that the session was made with.
    Session,
}

impl LayerKind {
    /// All layers in evaluation order.
    pub const ALL: [Self; 7] = [
        Self::ResourceControl,
        Self::ServiceControl,
        Self::Endpoint,
        Self::Resource,
        Self::Identity,
        Self::PermissionsBoundary,
        Self::Session,
    ];

    /// Returns the layer's name in the JSON contract of `keyward decide`, such as `permissionsBoundary`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Identity => "identity",
            Self::PermissionsBoundary => "permissionsBoundary",
            Self::Resource => "resource",
            Self::ResourceControl => "resourceControl",
            Self::ServiceControl => "serviceControl",
            Self::Session => "session",
        }
    }

    /// Returns the `checkType` of AWS's authorization details, such as `PERMISSIONS_BOUNDARY`.
    // SOURCE: spec/evaluation.md §7.
    #[must_use]
    pub fn check_type(self) -> &'static str {
        match self {
            Self::Endpoint => "VPC_ENDPOINT",
            Self::Identity => "PRINCIPAL",
            Self::PermissionsBoundary => "PERMISSIONS_BOUNDARY",
            Self::Resource => "RESOURCE",
            Self::ResourceControl => "RESOURCE_CONTROL_POLICY",
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::Session => "SESSION",
        }
    }
}

impl fmt::Display for LayerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a statement stands in the [`Layers`](crate::Layers) that were decided over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The layer.
    pub layer: LayerKind,
    /// The list within the layer, counted from 0: the level of an SCP or RCP, the source of an identity policy.
    pub list: usize,
    /// The policy within the list, counted from 0.
    pub policy: usize,
    /// The statement within the document, counted from 0.
    pub statement: usize,
}

/// The rules that no policy changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixedRule {
    /// An `sts:AssumeRoot` session whose task is not known, or that came without its task policy, may do nothing.
    AssumedRootWithoutTask,
    /// The kind of credentials forbids the operation, whatever the policies say.
    CredentialKind,
    /// A signed caller may always ask who it is.
    GetCallerIdentity,
    /// Policies have no effect on `sts:GetSessionToken`; long-term credentials suffice.
    GetSessionToken,
    /// There was nothing to decide: a request on several resources that named none.
    NothingAsked,
    /// `Roles may not be assumed by root accounts.`
    RootAssumesRole,
    /// The root user needs no policy in its own account.
    RootUser,
}

/// What determined a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecidedBy {
    /// The statements of a layer, or the lack of one.
    Layer(LayerKind),
    /// A rule that no policy changes.
    Rule(FixedRule),
    /// A document of this layer cannot be used, so nothing is allowed.
    UnusablePolicy(LayerKind),
}

impl DecidedBy {
    /// Returns the layer, `None` for a fixed rule.
    #[must_use]
    pub fn layer(self) -> Option<LayerKind> {
        match self {
            Self::Layer(layer) | Self::UnusablePolicy(layer) => Some(layer),
            Self::Rule(_) => None,
        }
    }
}

/// What determined a decision, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Determined {
    /// The layer or rule.
    pub by: DecidedBy,
    /// The first of the statements that determined the decision: a matching Deny, or a matching Allow of the
    /// layer that granted. `None` for an implicit deny and for fixed rules.
    /// [`statements`](crate::statements) gives all of them.
    pub first: Option<StatementRef>,
}

/// The answer to one request: three, never a `bool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[must_use = "a decision that nobody looks at protects nothing"]
pub enum Decision {
    /// Every layer that applies allows, and none denies.
    Allow(Determined),
    /// A statement with `"Effect": "Deny"` matches.
    ExplicitDeny(Determined),
    /// No statement denies, but a layer that must allow does not.
    ImplicitDeny(Determined),
}

impl Decision {
    /// Returns what determined the decision.
    #[must_use]
    pub fn determined(&self) -> &Determined {
        match self {
            Self::Allow(determined)
            | Self::ExplicitDeny(determined)
            | Self::ImplicitDeny(determined) => determined,
        }
    }

    /// Returns the layer that decided, `None` for a fixed rule.
    #[must_use]
    pub fn layer(&self) -> Option<LayerKind> {
        self.determined().by.layer()
    }

    /// Returns the decision's name in AWS's simulator and in `keyward decide`: `allowed`, `explicitDeny` or
    /// `implicitDeny`.
    // SOURCE: spec/evaluation.md §8.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allowed",
            Self::ExplicitDeny(_) => "explicitDeny",
            Self::ImplicitDeny(_) => "implicitDeny",
        }
    }
}
