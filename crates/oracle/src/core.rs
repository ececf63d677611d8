//! The core of the decision: resource policy, identity, boundary and session.
// SOURCE: spec/evaluation.md §2, step 3.

use std::collections::BTreeSet;

use keyward_policy::Effect;

use crate::caller::Kind;
use crate::decide::{Decision, Evaluation, Match, Outcome, decision};
use crate::principal::Class;
use crate::question::Layer;

/// What the layers say, each taken alone.
pub(crate) struct Core<'a> {
    evaluation: &'a Evaluation<'a>,
    kind: Kind,
    /// The matching Allow statements of the resource policy.
    granting: Vec<Match>,
    /// M: the set of their match classes.
    m: BTreeSet<Class>,
    /// The matching Allow statements of the identity policies.
    identity: Vec<Match>,
    i: bool,
    b: bool,
    s: bool,
}

impl<'a> Core<'a> {
    pub(crate) fn of(evaluation: &'a Evaluation<'a>) -> Self {
        let kind = evaluation.caller.kind;
        let granting = evaluation.matching(Layer::Resource, Effect::Allow);
        let identity = evaluation.matching(Layer::Identity, Effect::Allow);
        let has_no_policies = kind == Kind::Root || evaluation.is_issued_by_root();
        let layer_allows = |layer, when_absent| match evaluation.levels(layer) {
            None => when_absent,
            Some(_) => !evaluation.matching(layer, Effect::Allow).is_empty(),
        };
        Self {
            evaluation,
            kind,
            m: granting
                .iter()
                .flat_map(|(_, classes)| classes.iter().copied())
                .collect(),
            i: has_no_policies || !identity.is_empty(),
            b: has_no_policies || layer_allows(Layer::Boundary, true),
            s: layer_allows(Layer::Session, kind != Kind::FederatedSession),
            granting,
            identity,
        }
    }

    pub(crate) fn decide(&self) -> Decision {
        match self.kind {
            Kind::Anonymous => self.by_resource_alone(&[Class::Any]),
            Kind::Unsigned => self.by_resource_alone(&[Class::Federated]),
            Kind::Service => self.by_resource_alone(&[Class::Service, Class::Any]),
            Kind::FederatedSession | Kind::RoleSession | Kind::Root | Kind::User => {
                // §3 "No delegation across partitions."
                if self.evaluation.is_cross_partition() {
                    refused_by(Layer::Resource)
                } else if self.evaluation.is_same_account() {
                    self.same_account()
                } else {
                    self.cross_account()
                }
            }
        }
    }

    fn cross_account(&self) -> Decision {
        use Class::{Account, Any, Direct, SessionIssuer, SessionRole};
        if !self.has(&[Any, Direct, SessionRole, SessionIssuer, Account]) {
            return refused_by(Layer::Resource);
        }
        match self.first_missing() {
            Some(layer) => refused_by(layer),
            // The root user has no policies of its own: what lets it in is the resource's.
            None if self.kind == Kind::Root => self.allowed_by_resource(),
            None => self.allowed_by_identity(),
        }
    }

    fn same_account(&self) -> Decision {
        use Class::{Account, Any, Direct, SessionIssuer, SessionRole};
        let gated = self.evaluation.is_gated();
        if gated && self.kind == Kind::Root {
            return self.by_resource_alone(&[Account, Direct, Any]);
        }
        if self.has(&[Direct]) {
            return self.allowed_by_resource();
        }
        if self.has(&[Any]) && self.kind != Kind::FederatedSession {
            return self.allowed_by_resource();
        }
        if self.has(&[Any]) && self.s {
            return self.allowed_by_resource();
        }
        if self.has(&[SessionRole, SessionIssuer]) && self.b && self.s {
            return self.allowed_by_resource();
        }
        if (!gated || self.has(&[Account])) && self.i && self.b && self.s {
            return self.allowed_by_identity();
        }
        // The first missing, by what the resource policy makes unnecessary.
        if self.has(&[Any]) {
            refused_by(Layer::Session)
        } else if self.has(&[SessionRole, SessionIssuer]) {
            refused_by(if self.b {
                Layer::Session
            } else {
                Layer::Boundary
            })
        } else if gated && !self.has(&[Account]) {
            refused_by(Layer::Resource)
        } else {
            refused_by(self.first_missing().unwrap_or(Layer::Identity))
        }
    }

    fn by_resource_alone(&self, accepted: &[Class]) -> Decision {
        if self.has(accepted) {
            self.allowed_by_resource()
        } else {
            refused_by(Layer::Resource)
        }
    }

    fn has(&self, classes: &[Class]) -> bool {
        classes.iter().any(|class| self.m.contains(class))
    }

    fn first_missing(&self) -> Option<Layer> {
        let layers = [
            (self.i, Layer::Identity),
            (self.b, Layer::Boundary),
            (self.s, Layer::Session),
        ];
        layers
            .into_iter()
            .find(|(allows, _)| !allows)
            .map(|(_, layer)| layer)
    }

    fn allowed_by_resource(&self) -> Decision {
        decision(Outcome::Allow, Some(Layer::Resource), self.granting.clone())
    }

    fn allowed_by_identity(&self) -> Decision {
        // The root user has all permissions and no policies: a fixed rule.
        let layer = if self.kind == Kind::Root {
            None
        } else {
            Some(Layer::Identity)
        };
        decision(Outcome::Allow, layer, self.identity.clone())
    }
}

fn refused_by(layer: Layer) -> Decision {
    decision(Outcome::ImplicitDeny, Some(layer), Vec::new())
}
