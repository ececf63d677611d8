//! The policies that bear on a request, compiled and laid into their layers.

use std::sync::Arc;

use keyward_arn::Arn;
use keyward_diagnose::{Document, Documents, PolicyPlace};
use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, LayerKind, Layers, PolicyLists, ResourceKind,
};
use keyward_policy::Policy;

use super::account::{Account, Attached, Inline, Source, Text};
use super::principal::{Caller, Kind};

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
    identity: Vec<Vec<AttachedPolicy>>,
    boundary: Option<Vec<AttachedPolicy>>,
    resource: Vec<AttachedPolicy>,
    resource_kind: ResourceKind,
    pub(crate) documents: Documents,
    pub(crate) unseen: Vec<LayerKind>,
}

impl Gathered {
    /// Collects the policies of a caller, and of the role that it wants to assume.
    pub(crate) fn of(source: &Source, caller: &Caller<'_>, action: &str, resource: &str) -> Self {
        let mut gathered = Self {
            resource_kind: resource_kind(action, resource),
            unseen: vec![
                LayerKind::ResourceControl,
                LayerKind::ServiceControl,
                LayerKind::Endpoint,
            ],
            ..Self::default()
        };
        match source {
            Source::Account(account) => gathered.add_account(account, caller, resource),
            Source::Directory(policies) => gathered.add_directory(policies, caller),
        }
        if !gathered.is_resource_policy_known(action, resource) {
            gathered.unseen.push(LayerKind::Resource);
        }
        match &caller.kind {
            Kind::Session { .. } => gathered.unseen.push(LayerKind::Session),
            Kind::Root | Kind::User { .. } => {}
        }
        gathered
    }

    /// Returns the layers as the engine takes them.
    pub(crate) fn layers(&self) -> Layers<'_> {
        Layers {
            resource: &self.resource,
            resource_kind: self.resource_kind,
            identity: self
                .identity
                .iter()
                .map(Vec::as_slice)
                .collect::<PolicyLists<'_>>(),
            boundary: self.boundary.as_deref(),
            ..Layers::default()
        }
    }

    fn add_directory(&mut self, policies: &[Inline], caller: &Caller<'_>) {
        let name: Arc<str> = caller.arn.rsplit('/').next().unwrap_or_default().into();
        let to = match &caller.kind {
            // No identity policy binds a root user.
            Kind::Root => return,
            Kind::Session { role_arn, .. } => {
                AttachedTo::Role(role_arn.rsplit('/').next().unwrap_or_default().into())
            }
            Kind::User { .. } => AttachedTo::User(name),
        };
        self.unseen.push(LayerKind::PermissionsBoundary);
        self.add_identity(policies, &[], None, &to);
    }

    fn add_account(&mut self, account: &Account, caller: &Caller<'_>, resource: &str) {
        let boundary = match &caller.kind {
            Kind::Root | Kind::Session { details: None, .. } | Kind::User { details: None } => None,
            Kind::Session {
                details: Some(role),
                ..
            } => {
                let to = AttachedTo::Role(role.name.as_str().into());
                self.add_identity(&role.inline, &role.attached, Some(account), &to);
                role.boundary.as_deref().map(|arn| (arn, to))
            }
            Kind::User {
                details: Some(user),
            } => {
                let to = AttachedTo::User(user.name.as_str().into());
                self.add_identity(&user.inline, &user.attached, Some(account), &to);
                for name in &user.groups {
                    self.add_group(account, name);
                }
                user.boundary.as_deref().map(|arn| (arn, to))
            }
        };
        if let Some((arn, to)) = boundary {
            let place = PolicyPlace {
                layer: LayerKind::PermissionsBoundary,
                list: 0,
                policy: 0,
            };
            let name = arn.rsplit('/').next().unwrap_or(arn);
            self.boundary = Some(vec![self.managed(account, place, name, arn, &to)]);
        }
        if self.resource_kind == ResourceKind::Role
            && let Some(role) = account.roles.iter().find(|it| it.arn == resource)
            && let Some(trust) = &role.trust
        {
            let place = PolicyPlace {
                layer: LayerKind::Resource,
                list: 0,
                policy: 0,
            };
            let name = format!("the trust policy of role {}", role.name);
            self.resource = vec![self.policy(place, &name, None, trust, &AttachedTo::Resource)];
        }
    }

    fn add_group(&mut self, account: &Account, name: &str) {
        let to = AttachedTo::Group(name.into());
        match account.groups.iter().find(|it| it.name == name) {
            Some(group) => self.add_identity(&group.inline, &group.attached, Some(account), &to),
            None => {
                let reason = "the export does not hold this group; export without --filter";
                let missing = CompiledPolicy::unusable(reason);
                self.identity.push(vec![AttachedPolicy::new(
                    Arc::new(missing),
                    format!("group {name}"),
                    None,
                    to,
                )]);
            }
        }
    }

    /// Adds one list: the inline and managed policies of one holder.
    fn add_identity(
        &mut self,
        inline: &[Inline],
        attached: &[Attached],
        account: Option<&Account>,
        to: &AttachedTo,
    ) {
        let list = self.identity.len();
        let place = |policy: usize| PolicyPlace {
            layer: LayerKind::Identity,
            list,
            policy,
        };
        let mut policies = Vec::with_capacity(inline.len().saturating_add(attached.len()));
        for it in inline {
            policies.push(self.policy(place(policies.len()), &it.name, None, &it.document, to));
        }
        for it in attached {
            if let Some(account) = account {
                policies.push(self.managed(account, place(policies.len()), &it.name, &it.arn, to));
            }
        }
        self.identity.push(policies);
    }

    /// Compiles a managed policy. One that is not there refuses: what it would have denied is not known.
    fn managed(
        &mut self,
        account: &Account,
        place: PolicyPlace,
        name: &str,
        arn: &str,
        to: &AttachedTo,
    ) -> AttachedPolicy {
        match account.policies.get(arn) {
            Some(document) => self.policy(place, name, Some(arn), document, to),
            None => {
                let reason = if arn.contains(":iam::aws:policy/") {
                    "the export does not hold this AWS managed policy; export without --filter, or with AWSManagedPolicy in it"
                } else {
                    "the export does not hold this managed policy; export without --filter, or with LocalManagedPolicy in it"
                };
                AttachedPolicy::new(
                    Arc::new(CompiledPolicy::unusable(reason)),
                    name,
                    Some(arn.into()),
                    to.clone(),
                )
            }
        }
    }

    fn policy(
        &mut self,
        place: PolicyPlace,
        name: &str,
        arn: Option<&str>,
        document: &Text,
        to: &AttachedTo,
    ) -> AttachedPolicy {
        let compiled = match Policy::parse(document.text()) {
            Ok(policy) => {
                let compiled = CompiledPolicy::compile(&policy);
                self.documents.insert(
                    place,
                    Document {
                        policy: Arc::new(policy),
                        origin: document.origin(),
                    },
                );
                compiled
            }
            Err(error) => CompiledPolicy::unusable(error.to_string()),
        };
        AttachedPolicy::new(Arc::new(compiled), name, arn.map(Into::into), to.clone())
    }

    fn is_resource_policy_known(&self, action: &str, resource: &str) -> bool {
        let service = action
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !self.resource.is_empty()
            || resource == "*"
            || WITHOUT_RESOURCE_POLICIES.contains(&service.as_str())
    }
}

/// What the action makes of the resource.
// SOURCE: spec/evaluation.md §2 (gated), §4, §5 KMS.
fn resource_kind(action: &str, resource: &str) -> ResourceKind {
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
