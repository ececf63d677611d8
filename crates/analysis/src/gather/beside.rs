//! What stands beside the accounts: the organization's policies, and those of VPC endpoints.

use keyward_arn::AccountId;
use keyward_diagnose::PolicyPlace;
use keyward_engine::{AttachedPolicy, AttachedTo, EndpointKind, LayerKind};
use keyward_export::{EndpointType, Level, PolicyType};

use super::{Gathering, Named, Target};
use crate::caller::Caller;
use crate::question::Given;

/// Returns the VPC endpoint that a context names.
pub(crate) fn endpoint_of(context: &[Given]) -> Option<&str> {
    let given = context
        .iter()
        .find(|it| it.key.eq_ignore_ascii_case("aws:SourceVpce"))?;
    match given.values.as_slice() {
        [id] => Some(id.as_str()),
        _ => None,
    }
}

impl Gathering<'_> {
    /// Adds the policy of the VPC endpoint that the request comes through.
    // SOURCE: spec/evaluation.md §1 (without a policy, all is let through), §6.
    pub(super) fn endpoint(&mut self, target: Target<'_>) {
        let export = self.export;
        let Some(endpoint) = target.endpoint.and_then(|id| export.endpoints.get(id)) else {
            self.unseen_beside(LayerKind::Endpoint);
            return;
        };
        self.into.endpoint_kind = match endpoint.kind {
            EndpointType::Gateway => EndpointKind::Gateway,
            EndpointType::Interface => EndpointKind::Interface,
            EndpointType::Other => EndpointKind::Other,
        };
        let Some(document) = &endpoint.document else {
            return;
        };
        let named = Named {
            place: PolicyPlace {
                layer: LayerKind::Endpoint,
                list: 0,
                policy: 0,
            },
            name: &format!("the policy of {}", endpoint.id),
            arn: None,
            to: &AttachedTo::Endpoint,
        };
        self.into.endpoint = Some(vec![self.policy(&named, document)]);
    }

    /// Adds the SCPs of the caller's account and the RCPs of the resource's.
    // SOURCE: spec/evaluation.md §1, exemptions of the management account.
    pub(super) fn organization(&mut self, caller: &Caller<'_>, target: Target<'_>) {
        let service = target.action.split(':').next().unwrap_or_default();
        if let Some(account) = caller.account {
            self.into.service_control = self.control(
                account,
                PolicyType::ServiceControl,
                LayerKind::ServiceControl,
            );
        }
        // An action without resource is held against the RCPs of the caller's account.
        let owner = target.owner.or(caller.account);
        if let Some(owner) = owner.filter(|_| keyward_catalog::covered_by_rcps(service)) {
            self.into.resource_control = self.control(
                owner,
                PolicyType::ResourceControl,
                LayerKind::ResourceControl,
            );
        }
    }

    /// Notes that nothing of a layer is known, where there is such a layer at all.
    fn unseen_beside(&mut self, layer: LayerKind) {
        if !self.export.stands_alone {
            self.into.unseen.push(layer);
        }
    }

    fn control(
        &mut self,
        account: AccountId,
        policy_type: PolicyType,
        layer: LayerKind,
    ) -> Option<Vec<Vec<AttachedPolicy>>> {
        let export = self.export;
        let organization = export.organization.as_ref();
        let way = organization.and_then(|it| it.accounts.get(&account));
        let (Some(organization), Some(way)) = (organization, way) else {
            self.unseen_beside(layer);
            return None;
        };
        if organization.management == Some(account) {
            return None;
        }
        if way
            .iter()
            .any(|level| level.policies(policy_type).is_none())
        {
            self.into.unseen.push(layer);
            return None;
        }
        let lists = way.iter().enumerate().map(|(list, level)| {
            let names = level.policies(policy_type).unwrap_or_default();
            let to = AttachedTo::Organization(level_name(level).into());
            names
                .iter()
                .enumerate()
                .filter_map(|(policy, name)| {
                    let key = (policy_type, name.clone());
                    let document = organization.policies.get(&key)?;
                    let place = PolicyPlace {
                        layer,
                        list,
                        policy,
                    };
                    let shelved = self.shelf.control(policy_type, name, document);
                    Some(self.shelved(
                        &Named {
                            place,
                            name,
                            arn: None,
                            to: &to,
                        },
                        &shelved,
                        document,
                    ))
                })
                .collect()
        });
        Some(lists.collect())
    }
}

/// Names a level as a person does.
fn level_name(level: &Level) -> String {
    if level.name.is_empty() {
        level.id.clone()
    } else {
        format!("{} ({})", level.id, level.name)
    }
}
