//! The policies that one request is decided over.

use crate::attached::AttachedPolicy;
use crate::compiled::StatementInfo;
use crate::decision::{LayerKind, StatementRef};

/// How many lists a [`PolicyLists`] holds without allocating: a user's own policies and those of its groups (10 by
/// quota), or the levels of an organization (7).
const INLINE_LISTS: usize = 12;

/// Every policy that can bear on a request.
///
/// `None` means that the layer does not apply; `Some` without policies allows nothing. The caller leaves out what
/// `spec/evaluation.md` §1 exempts and the engine cannot see: SCPs and RCPs of a management account, RCPs where the
/// service is not covered, the resource is AWS's own key, or the owner is in no organization. What depends on the
/// principal alone (services, anonymous callers, service-linked roles, the root user) the engine leaves out itself.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy, Layers};
///
/// let unreadable = Arc::new(CompiledPolicy::unusable("not JSON"));
/// let own = [AttachedPolicy::new(unreadable, "P", None, AttachedTo::User("alice".into()))];
/// let group: [AttachedPolicy; 0] = [];
/// let mut layers = Layers::default();
/// layers.identity.push(&own);
/// layers.identity.push(&group);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers<'a> {
    /// RCPs of the resource owner's organization, one list a level, root first; every level must allow.
    pub resource_control: Option<PolicyLists<'a>>,
    /// SCPs of the principal's organization, one list a level, root first; every level must allow.
    pub service_control: Option<PolicyLists<'a>>,
    /// Policies of the VPC endpoint that the request came through.
    pub endpoint: Option<&'a [AttachedPolicy]>,
    /// What kind of endpoint that is.
    pub endpoint_kind: EndpointKind,
    /// The resource's own policy, in the case of an assumed role its trust policy; empty where there is none.
    pub resource: &'a [AttachedPolicy],
    /// What kind of resource is asked for.
    pub resource_kind: ResourceKind,
    /// The principal's inline and managed policies and its groups', in any number of lists. For a federated user
    /// session those of the issuing user.
    pub identity: PolicyLists<'a>,
    /// The principal's permissions boundary; for a federated user session the issuing user's.
    pub boundary: Option<&'a [AttachedPolicy]>,
    /// Session policies, inline and managed; the task policy of an `sts:AssumeRoot` session.
    pub session: Option<PolicyLists<'a>>,
}

/// The resources whose own policy has a say that others' have not.
// SOURCE: spec/evaluation.md §2 (gated), §4, §5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A KMS key: nobody has access unless the key policy grants it or opens it to identity policies.
    KmsKey,
    /// The root user of a member account as the target of `sts:AssumeRoot`. The caller has made sure that the
    /// principal belongs to the management account or a delegated administrator and that root sessions are on; there is
    /// no resource policy to ask.
    MemberRoot,
    /// Any other resource, and a role that is managed and not assumed.
    #[default]
    Ordinary,
    /// A role that is to be assumed: nobody may unless its trust policy says so.
    Role,
}

impl ResourceKind {
    /// Returns whether the resource's own policy must grant access in its own account too.
    #[must_use]
    pub fn is_gated(self) -> bool {
        match self {
            Self::KmsKey | Self::Role => true,
            Self::MemberRoot | Self::Ordinary => false,
        }
    }
}

/// The kinds of VPC endpoint, which read an account in a `Principal` differently.
// SOURCE: spec/evaluation.md §6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// An account in a `Principal` is its root user only.
    Gateway,
    /// An account in a `Principal` is everyone in it.
    Interface,
    /// Read as [`EndpointKind::Gateway`], the narrower way.
    #[default]
    Other,
}

/// Lists of policies that lie in different places, such as a user's own and each of its groups', without a copy.
///
/// Allocates only beyond 12 lists. Order does not matter to decisions; [`StatementRef::list`] counts it.
#[derive(Clone, Debug, Default)]
pub struct PolicyLists<'a> {
    inline: [&'a [AttachedPolicy]; INLINE_LISTS],
    used: usize,
    rest: Vec<&'a [AttachedPolicy]>,
}

impl<'a> PolicyLists<'a> {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list.
    pub fn push(&mut self, list: &'a [AttachedPolicy]) {
        match self.inline.get_mut(self.used) {
            Some(slot) => {
                *slot = list;
                self.used = self.used.saturating_add(1);
            }
            None => self.rest.push(list),
        }
    }

    /// Returns the lists in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &'a [AttachedPolicy]> {
        self.inline
            .iter()
            .take(self.used)
            .chain(&self.rest)
            .copied()
    }

    /// Returns how many lists there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.saturating_add(self.rest.len())
    }

    /// Returns whether there is no list at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> From<&'a [AttachedPolicy]> for PolicyLists<'a> {
    /// Makes one of a single list.
    fn from(list: &'a [AttachedPolicy]) -> Self {
        let mut lists = Self::new();
        lists.push(list);
        lists
    }
}

impl<'a> FromIterator<&'a [AttachedPolicy]> for PolicyLists<'a> {
    fn from_iter<I: IntoIterator<Item = &'a [AttachedPolicy]>>(lists: I) -> Self {
        let mut all = Self::new();
        for list in lists {
            all.push(list);
        }
        all
    }
}

impl<'a> Layers<'a> {
    /// Returns whether any policy looks at the context of a request. Where none does, [`decide`](crate::decide) says the
    /// same with an empty context, and whoever only wants the decision need not put one together.
    #[must_use]
    pub fn read_context(&self) -> bool {
        let lists = [
            self.resource_control.as_ref(),
            self.service_control.as_ref(),
            Some(&self.identity),
            self.session.as_ref(),
        ];
        let single = [self.endpoint, Some(self.resource), self.boundary];
        (lists.into_iter().flatten().flat_map(PolicyLists::iter))
            .chain(single.into_iter().flatten())
            .flatten()
            .any(|attached| attached.policy().reads_context())
    }

    /// Returns the policy and the statement that a reference of a decision over these layers points to.
    #[must_use]
    pub fn statement(&self, at: StatementRef) -> Option<(&'a AttachedPolicy, StatementInfo<'a>)> {
        let list = match at.layer {
            LayerKind::Endpoint => self.endpoint,
            LayerKind::Identity => self.identity.iter().nth(at.list),
            LayerKind::PermissionsBoundary => self.boundary,
            LayerKind::Resource => Some(self.resource),
            LayerKind::ResourceControl => self.resource_control.as_ref()?.iter().nth(at.list),
            LayerKind::ServiceControl => self.service_control.as_ref()?.iter().nth(at.list),
            LayerKind::Session => self.session.as_ref()?.iter().nth(at.list),
        };
        let policy = list?.get(at.policy)?;
        Some((policy, policy.policy().statement(at.statement)?))
    }
}
