//! Which layers apply to a question, which accounts it concerns, and what matches it.

use keyward_policy::Effect;

use crate::caller::Kind;
use crate::decide::{Determining, Evaluation, Match};
use crate::question::{Layer, NamedPolicy};
use crate::statement::Placed;

impl Evaluation<'_> {
    pub(crate) fn is_role(&self) -> bool {
        self.question
            .resource_arn()
            .is_some_and(|(service, resource)| service == "iam" && resource.starts_with("role/"))
    }

    /// Whether the resource's own policy must grant: a role's trust policy, a KMS key's policy.
    pub(crate) fn is_gated(&self) -> bool {
        let action = self.question.action.to_ascii_lowercase();
        let is_key = self
            .question
            .resource_arn()
            .is_some_and(|(service, resource)| service == "kms" && resource.starts_with("key/"));
        (action.starts_with("sts:") && self.is_role()) || (action.starts_with("kms:") && is_key)
    }

    /// The account that owns the resource.
    fn resource_account(&self) -> Option<String> {
        let of_arn = || {
            let account = self.question.resource.split(':').nth(4)?;
            let is_account = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
            is_account.then(|| account.to_owned())
        };
        self.question
            .resource_account
            .clone()
            .or_else(of_arn)
            .or_else(|| self.caller.account().map(str::to_owned))
    }

    pub(crate) fn is_same_account(&self) -> bool {
        self.caller.account().is_some()
            && self.caller.account().map(str::to_owned) == self.resource_account()
    }

    pub(crate) fn is_issued_by_root(&self) -> bool {
        self.caller
            .issuer
            .as_ref()
            .is_some_and(|issuer| issuer.ends_with(":root"))
    }

    pub(crate) fn is_cross_partition(&self) -> bool {
        let parts: Vec<&str> = self.question.resource.splitn(6, ':').collect();
        match (parts.as_slice(), &self.caller.home) {
            // A resource that does not say its partition is in the caller's.
            (["arn", theirs, _, _, _, _], Some((ours, _))) => !theirs.is_empty() && theirs != ours,
            _ => false,
        }
    }

    /// The policies of a layer, level by level; `None` where the layer does not apply.
    // SOURCE: spec/evaluation.md §1 (exemptions), §6.
    pub(crate) fn levels(&self, layer: Layer) -> Option<Vec<&[NamedPolicy]>> {
        let layers = &self.question.layers;
        let kind = self.caller.kind;
        let has_identity = matches!(
            kind,
            Kind::FederatedSession | Kind::RoleSession | Kind::User
        );
        match layer {
            Layer::ResourceControl
                if self.is_exempt_from_rcps() || layers.resource_control.is_empty() =>
            {
                None
            }
            Layer::ResourceControl => {
                Some(layers.resource_control.iter().map(Vec::as_slice).collect())
            }
            Layer::ServiceControl
                if !(has_identity || kind == Kind::Root)
                    || self.caller.is_service_linked_role()
                    || layers.service_control.is_empty() =>
            {
                None
            }
            Layer::ServiceControl => {
                Some(layers.service_control.iter().map(Vec::as_slice).collect())
            }
            Layer::Endpoint if kind == Kind::Service => None,
            Layer::Endpoint => layers.endpoint.as_deref().map(|policies| vec![policies]),
            Layer::Resource => layers.resource.as_deref().map(|policies| vec![policies]),
            Layer::Boundary | Layer::Identity | Layer::Session if !has_identity => None,
            Layer::Identity => layers.identity.as_deref().map(|policies| vec![policies]),
            Layer::Boundary => layers.boundary.as_deref().map(|policies| vec![policies]),
            Layer::Session => layers.session.as_deref().map(|policies| vec![policies]),
        }
    }

    pub(crate) fn is_exempt_from_rcps(&self) -> bool {
        let own_linked_role = || {
            self.caller.kind == Kind::Service
                && self.question.action.eq_ignore_ascii_case("sts:AssumeRole")
                && self
                    .question
                    .resource_arn()
                    .is_some_and(|(service, resource)| {
                        service == "iam"
                            && resource.starts_with(&format!(
                                "role/aws-service-role/{}/",
                                self.caller.name
                            ))
                    })
        };
        self.question.escapes_rcps
            || self.caller.is_service_linked_role()
            || self.question.action.eq_ignore_ascii_case("kms:RetireGrant")
            || own_linked_role()
    }

    /// The matching statements of one effect in a layer.
    pub(crate) fn matching(&self, layer: Layer, effect: Effect) -> Vec<Match> {
        // SOURCE: spec/evaluation.md §5 "S3 root exception".
        if layer == Layer::Resource
            && effect == Effect::Deny
            && self.is_bucket_owner_at_bucket_policy()
        {
            return Vec::new();
        }
        self.levels(layer)
            .unwrap_or_default()
            .into_iter()
            .flat_map(|policies| self.matching_in(layer, policies, effect))
            .collect()
    }

    pub(crate) fn is_bucket_owner_at_bucket_policy(&self) -> bool {
        let action = self.question.action.to_ascii_lowercase();
        self.caller.kind == Kind::Root
            && self.is_same_account()
            && matches!(
                action.as_str(),
                "s3:getbucketpolicy" | "s3:putbucketpolicy" | "s3:deletebucketpolicy"
            )
    }

    pub(crate) fn matching_in(
        &self,
        layer: Layer,
        policies: &[NamedPolicy],
        effect: Effect,
    ) -> Vec<Match> {
        // The root user, and so a session that it issued, has none.
        let has_boundary = self.levels(Layer::Boundary).is_some() && !self.is_issued_by_root();
        let mut found = Vec::new();
        for named in policies {
            for (index, statement) in named.policy.statements.iter().enumerate() {
                let placed = Placed {
                    statement,
                    version: named.policy.effective_version(),
                    layer,
                };
                if statement.effect.value != effect {
                    continue;
                }
                if let Some(classes) = placed.matches(self.question, &self.caller, has_boundary) {
                    found.push((
                        Determining {
                            layer,
                            policy: named.name.clone(),
                            index,
                        },
                        classes,
                    ));
                }
            }
        }
        found
    }
}
