//! The policies that bear on a request, compiled and laid into their layers.

mod beside;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keyward_arn::{AccountId, Arn};
use keyward_diagnose::{Document, Documents, Origin, PolicyPlace};
use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, EndpointKind, LayerKind, Layers, PolicyLists,
    ResourceKind,
};
use keyward_export::{Account, Attached, Export, Inline, Start, Text};

use crate::caller::{Caller, Kind};

pub(crate) use beside::endpoint_of;
pub(crate) use shelf::{Shelf, Shelved};

/// Services without resource policies: what is not given there does not exist.
// SOURCE: spec/evaluation.md §5 (IAM: trust policies only); EC2 and the others have none.
const WITHOUT_RESOURCE_POLICIES: [&str; 8] = [
    "autoscaling",
    "cloudformation",
    "ec2",
    "elasticloadbalancing",
    "iam",
    "organizations",
    "rds",
    "route53",
];

/// The layers of a request, with their documents.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) identity: Vec<Vec<AttachedPolicy>>,
    pub(crate) boundary: Option<Vec<AttachedPolicy>>,
    pub(crate) resource: Vec<AttachedPolicy>,
    pub(crate) service_control: Option<Vec<Vec<AttachedPolicy>>>,
    pub(crate) resource_control: Option<Vec<Vec<AttachedPolicy>>>,
    pub(crate) session: Option<Vec<Vec<AttachedPolicy>>>,
    pub(crate) resource_kind: ResourceKind,
    pub(crate) endpoint: Option<Vec<AttachedPolicy>>,
    pub(crate) endpoint_kind: EndpointKind,
    pub(crate) documents: Documents,
    /// The texts of these, where nobody has looked yet where they stand.
    pub(crate) texts: BTreeMap<PolicyPlace, Text>,
    pub(crate) unseen: Vec<LayerKind>,
    /// AWS managed policies that the export lacks, and that were taken from the catalog.
    pub(crate) from_catalog: BTreeSet<String>,
}

/// What is asked, as far as it says which policies bear on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// The account that owns the resource.
    pub(crate) owner: Option<AccountId>,
    /// The VPC endpoint that the request comes through, where that is known.
    pub(crate) endpoint: Option<&'a str>,
}

impl Gathered {
    /// Collects the policies of a caller, of the organization, and of the resource.
    pub(crate) fn of(
        export: &Export,
        shelf: &mut Shelf,
        caller: &Caller<'_>,
        target: Target<'_>,
        session_policies: Option<&[Inline]>,
    ) -> Self {
        let mut gathered = Self {
            resource_kind: resource_kind(target.action, target.resource),
            ..Self::default()
        };
        let mut gathering = Gathering {
            export,
            shelf,
            into: &mut gathered,
        };
        gathering.caller(caller);
        gathering.session(caller, session_policies);
        gathering.resource(target);
        gathering.organization(caller, target);
        gathering.endpoint(target);
        gathered.unseen.sort();
        gathered
    }

    /// Returns the layers as the engine takes them.
    pub(crate) fn layers(&self) -> Layers<'_> {
        Layers {
            resource_control: self.resource_control.as_deref().map(lists),
            service_control: self.service_control.as_deref().map(lists),
            resource: &self.resource,
            resource_kind: self.resource_kind,
            endpoint: self.endpoint.as_deref(),
            endpoint_kind: self.endpoint_kind,
            identity: lists(&self.identity),
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref().map(lists),
        }
    }
}

fn lists(lists: &[Vec<AttachedPolicy>]) -> PolicyLists<'_> {
    lists.iter().map(Vec::as_slice).collect()
}

struct Gathering<'a> {
    export: &'a Export,
    shelf: &'a mut Shelf,
    into: &'a mut Gathered,
}

/// A policy's place and what it goes by.
struct Named<'a> {
    place: PolicyPlace,
    name: &'a str,
    arn: Option<&'a str>,
    to: &'a AttachedTo,
}

impl Gathering<'_> {
    fn caller(&mut self, caller: &Caller<'_>) {
        let account = caller.account.and_then(|id| self.export.account(id));
        match &caller.kind {
            Kind::Anonymous | Kind::Root | Kind::Service => {}
            Kind::Federated { issuer } => self.user(account, caller, Some(issuer)),
            Kind::User { details } => self.user(account, caller, *details),
            Kind::Session {
                role_arn, details, ..
            } => {
                let name = role_arn.rsplit('/').next().unwrap_or_default();
                let to = AttachedTo::Role(name.into());
                match details {
                    None => self.bare(&to),
                    Some(role) => {
                        self.identity(caller.account, &role.inline, &role.attached, &to);
                        self.boundary(caller.account, role.boundary.as_deref(), &to);
                    }
                }
            }
        }
    }

    fn user(
        &mut self,
        account: Option<&Account>,
        caller: &Caller<'_>,
        user: Option<&keyward_export::User>,
    ) {
        let Some(user) = user else {
            let name = caller.arn.rsplit('/').next().unwrap_or_default();
            return self.bare(&AttachedTo::User(name.into()));
        };
        let to = AttachedTo::User(user.name.as_str().into());
        self.identity(caller.account, &user.inline, &user.attached, &to);
        for name in &user.groups {
            let to = AttachedTo::Group(name.as_str().into());
            match account.and_then(|it| it.group_named(name)) {
                Some(group) => {
                    self.identity(caller.account, &group.inline, &group.attached, &to);
                }
                None => {
                    let reason = "the export does not hold this group; export without --filter";
                    self.into.identity.push(vec![AttachedPolicy::new(
                        Arc::new(CompiledPolicy::unusable(reason)),
                        format!("group {name}"),
                        None,
                        to,
                    )]);
                }
            }
        }
        self.boundary(caller.account, user.boundary.as_deref(), &to);
    }

    /// The policies of whoever is asked about, where nothing else is known.
    fn bare(&mut self, to: &AttachedTo) {
        self.into.unseen.push(LayerKind::PermissionsBoundary);
        let export = self.export;
        self.identity(None, &export.bare, &[], to);
    }

    /// Adds one list: the inline and managed policies of one holder.
    fn identity(
        &mut self,
        account: Option<AccountId>,
        inline: &[Inline],
        attached: &[Attached],
        to: &AttachedTo,
    ) {
        let list = self.into.identity.len();
        let place = |policy: usize| PolicyPlace {
            layer: LayerKind::Identity,
            list,
            policy,
        };
        let mut policies = Vec::with_capacity(inline.len().saturating_add(attached.len()));
        for it in inline {
            let named = Named {
                place: place(policies.len()),
                name: &it.name,
                arn: None,
                to,
            };
            policies.push(self.policy(&named, &it.document));
        }
        for it in attached {
            let named = Named {
                place: place(policies.len()),
                name: &it.name,
                arn: Some(&it.arn),
                to,
            };
            policies.push(self.managed(account, &named, &it.arn));
        }
        self.into.identity.push(policies);
    }

    fn boundary(&mut self, account: Option<AccountId>, arn: Option<&str>, to: &AttachedTo) {
        let Some(arn) = arn else { return };
        let named = Named {
            place: PolicyPlace {
                layer: LayerKind::PermissionsBoundary,
                list: 0,
                policy: 0,
            },
            name: arn.rsplit('/').next().unwrap_or(arn),
            arn: Some(arn),
            to,
        };
        self.into.boundary = Some(vec![self.managed(account, &named, arn)]);
    }

    fn session(&mut self, caller: &Caller<'_>, policies: Option<&[Inline]>) {
        let makes_sessions = match &caller.kind {
            Kind::Federated { .. } | Kind::Session { .. } => true,
            Kind::Anonymous | Kind::Root | Kind::Service | Kind::User { .. } => false,
        };
        let Some(policies) = policies.filter(|_| makes_sessions) else {
            if makes_sessions {
                self.into.unseen.push(LayerKind::Session);
            }
            return;
        };
        if policies.is_empty() {
            return;
        }
        let list = policies
            .iter()
            .enumerate()
            .map(|(policy, it)| {
                let named = Named {
                    place: PolicyPlace {
                        layer: LayerKind::Session,
                        list: 0,
                        policy,
                    },
                    name: &it.name,
                    arn: None,
                    to: &AttachedTo::Session,
                };
                self.policy(&named, &it.document)
            })
            .collect();
        self.into.session = Some(vec![list]);
    }

    fn resource(&mut self, target: Target<'_>) {
        let Target {
            action, resource, ..
        } = target;
        let place = PolicyPlace {
            layer: LayerKind::Resource,
            list: 0,
            policy: 0,
        };
        let role = target
            .owner
            .filter(|_| self.into.resource_kind == ResourceKind::Role)
            .and_then(|owner| self.export.account(owner)?.role(resource));
        let found = match role {
            Some(role) => role
                .trust
                .as_ref()
                .map(|trust| (format!("the trust policy of role {}", role.name), trust)),
            None => resource_policy(self.export, resource)
                .map(|it| (format!("the policy of {}", it.arn), &it.document)),
        };
        if let Some((name, document)) = found {
            let named = Named {
                place,
                name: &name,
                arn: None,
                to: &AttachedTo::Resource,
            };
            self.into.resource = vec![self.policy(&named, document)];
            return;
        }
        let service = action.split(':').next().unwrap_or_default();
        let is_known = resource == "*"
            || WITHOUT_RESOURCE_POLICIES
                .iter()
                .any(|it| it.eq_ignore_ascii_case(service));
        if !is_known {
            self.into.unseen.push(LayerKind::Resource);
        }
    }

    /// Compiles a managed policy. One that is not there refuses: what it would have denied is not known.
    fn managed(
        &mut self,
        account: Option<AccountId>,
        named: &Named<'_>,
        arn: &str,
    ) -> AttachedPolicy {
        let export = self.export;
        let found = account.and_then(|id| export.managed(id, arn));
        if let Some(managed) = found {
            let shelved = self.shelf.managed(arn, &managed.document);
            return self.shelved(named, &shelved, &managed.document);
        }
        if let Some(policy) = keyward_catalog::managed_policy(arn) {
            self.into.from_catalog.insert(policy.name().to_owned());
            let document = self.shelf.text_of_catalog(arn, policy);
            let shelved = self.shelf.managed(arn, &document);
            return self.shelved(named, &shelved, &document);
        }
        let reason = if arn.contains(":iam::aws:policy/") {
            "neither the export nor Keyward's own catalog has this AWS managed policy; export without --filter, or with AWSManagedPolicy in it"
        } else {
            "the export does not hold this managed policy; export without --filter, or with LocalManagedPolicy in it"
        };
        AttachedPolicy::new(
            Arc::new(CompiledPolicy::unusable(reason)),
            named.name,
            named.arn.map(Into::into),
            named.to.clone(),
        )
    }

    fn policy(&mut self, named: &Named<'_>, document: &Text) -> AttachedPolicy {
        let shelved = self.shelf.document(document);
        self.shelved(named, &shelved, document)
    }

    fn shelved(&mut self, named: &Named<'_>, shelved: &Shelved, document: &Text) -> AttachedPolicy {
        if let Some(policy) = &shelved.policy {
            let read = Document {
                policy: policy.clone(),
                origin: self.shelf.origin(document),
            };
            self.into.documents.insert(named.place, read);
            if self.shelf.is_without_places() {
                self.into.texts.insert(named.place, document.clone());
            }
        }
        AttachedPolicy::new(
            shelved.compiled.clone(),
            named.name,
            named.arn.map(Into::into),
            named.to.clone(),
        )
    }
}

/// Returns where a document's places count from.
pub(crate) fn origin(document: &Text) -> Origin {
    match document.start() {
        Start::File(path, start) => Origin::File { path, start },
        Start::InString(path, at) => Origin::InString { path, at },
        Start::Own => Origin::of_text(document.text()),
    }
}

/// Finds the policy of a resource, or of what it lies in: that of a bucket for its objects.
pub(crate) fn resource_policy<'e>(
    export: &'e Export,
    resource: &str,
) -> Option<&'e keyward_export::ResourcePolicy> {
    if let Some(found) = export.resources.get(resource) {
        return Some(found);
    }
    let (mut end, arn) = (resource.len(), Arn::parse(resource)?);
    let least = resource.len().saturating_sub(arn.resource.len());
    while let Some(at) = resource.get(..end)?.rfind(['/', ':']) {
        if at <= least {
            return None;
        }
        if let Some(found) = export.resources.get(resource.get(..at)?) {
            return Some(found);
        }
        end = at;
    }
    None
}

/// What the action makes of the resource.
// SOURCE: spec/evaluation.md §2 (gated), §4, §5 KMS.
pub(crate) fn resource_kind(action: &str, resource: &str) -> ResourceKind {
    let service = action.split(':').next().unwrap_or_default();
    let is = |name: &str| service.eq_ignore_ascii_case(name);
    match Arn::parse(resource) {
        Some(arn) if is("sts") && arn.service == "iam" && arn.resource.starts_with("role/") => {
            ResourceKind::Role
        }
        Some(arn) if is("kms") && arn.service == "kms" && arn.resource.starts_with("key/") => {
            ResourceKind::KmsKey
        }
        Some(_) | None => ResourceKind::Ordinary,
    }
}
