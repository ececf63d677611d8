//! In what the policies that name principals differ.

use crate::write::principal::CanonicalUsers;

/// Where the kinds differ.
pub(in crate::write) struct Profile {
    pub(super) actions: Actions,
    pub(super) canonical_users: CanonicalUsers,
    pub(super) everyone: Everyone,
    pub(super) not_principal: NotPrincipal,
    pub(super) resources: Resources,
}

pub(super) enum Actions {
    Any,
    /// Those of STS, and no `NotAction`.
    Sts,
}

/// Whether `"Principal": "*"` may stand without a key.
pub(super) enum Everyone {
    Accepted,
    Refused,
}

pub(super) enum NotPrincipal {
    /// Supported with Deny.
    DenyOnly,
    Refused,
}

pub(super) enum Resources {
    Optional,
    Refused,
    Required,
}

// SOURCE: spec/policy-language.md §2, for all three.
pub(in crate::write) const TRUST: Profile = Profile {
    actions: Actions::Sts,
    canonical_users: CanonicalUsers::Refused,
    everyone: Everyone::Refused,
    not_principal: NotPrincipal::Refused,
    resources: Resources::Refused,
};

pub(in crate::write) const RESOURCE: Profile = Profile {
    actions: Actions::Any,
    canonical_users: CanonicalUsers::Accepted,
    everyone: Everyone::Accepted,
    not_principal: NotPrincipal::DenyOnly,
    resources: Resources::Optional,
};

pub(in crate::write) const VPC_ENDPOINT: Profile = Profile {
    canonical_users: CanonicalUsers::Refused,
    resources: Resources::Required,
    ..RESOURCE
};
