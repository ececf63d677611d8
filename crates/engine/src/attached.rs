//! A compiled policy together with how it came to apply.

use std::sync::Arc;

use crate::compiled::CompiledPolicy;
use crate::index::{Filter, RequestKeys};

/// What a policy is attached to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachedTo {
    /// A VPC endpoint.
    Endpoint,
    /// A group, by name.
    Group(Arc<str>),
    /// An account, organizational unit or root of an organization, by id.
    Organization(Arc<str>),
    /// A resource: its bucket, queue, key or trust policy.
    Resource,
    /// A role, by name.
    Role(Arc<str>),
    /// A session.
    Session,
    /// A user, by name.
    User(Arc<str>),
}

/// A compiled policy as it applies to somebody or something.
///
/// Cheap to clone and small: the document exists once however many principals attach it.
#[derive(Clone, Debug)]
pub struct AttachedPolicy {
    policy: Arc<CompiledPolicy>,
    name: Arc<str>,
    arn: Option<Arc<str>>,
    attached_to: AttachedTo,
    // Beside the policy, so that one which cannot match is passed over without a look at it.
    filter: Filter,
    is_usable: bool,
}

impl AttachedPolicy {
    /// Attaches a policy: `arn` is that of a managed policy, SCP or RCP, and `None` for an inline one.
    #[must_use]
    pub fn new(
        policy: Arc<CompiledPolicy>,
        name: impl Into<Arc<str>>,
        arn: Option<Arc<str>>,
        attached_to: AttachedTo,
    ) -> Self {
        let filter = policy.index.filter();
        let is_usable = policy.unusable_reason().is_none();
        Self {
            policy,
            name: name.into(),
            arn,
            attached_to,
            filter,
            is_usable,
        }
    }

    /// Returns the document.
    #[must_use]
    pub fn policy(&self) -> &Arc<CompiledPolicy> {
        &self.policy
    }

    /// Returns the policy's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the ARN of a managed policy, SCP or RCP; an inline policy has none.
    #[must_use]
    pub fn arn(&self) -> Option<&Arc<str>> {
        self.arn.as_ref()
    }

    /// Returns what the policy is attached to.
    #[must_use]
    pub fn attached_to(&self) -> &AttachedTo {
        &self.attached_to
    }

    /// Returns whether the document can be used at all.
    pub(crate) fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Returns whether the policy could have a say in a request; most are told by this alone.
    #[inline]
    pub(crate) fn may_matter(&self, request: &RequestKeys) -> bool {
        self.filter.may_match(request) || !self.is_usable
    }

    /// Calls back with the number of every statement that could match a request, some more than once.
    pub(crate) fn candidates(&self, request: &RequestKeys, mut visit: impl FnMut(usize)) {
        for key in self.filter.keys(request) {
            self.policy.index.find(key, &mut visit);
        }
    }
}
