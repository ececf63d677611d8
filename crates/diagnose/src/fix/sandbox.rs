//! The layers of a request as they would be after a change.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, Decision, EndpointKind, LayerKind, Layers,
    PolicyLists, Request, ResourceKind, StatementRef, Summary, Trace, decide, explain, statements,
    summarize,
};
use keyward_policy::{Effect, Policy, Statement};

use crate::case::{Documents, PolicyPlace};
use crate::write;

/// A copy of layers that can be changed. A layer that does not apply has no entry.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    lists: BTreeMap<LayerKind, Vec<Vec<AttachedPolicy>>>,
    endpoint_kind: EndpointKind,
    resource_kind: ResourceKind,
    /// Documents that were changed, in the place of those of the case.
    edited: BTreeMap<PolicyPlace, Policy>,
    touched: Vec<Touched>,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    /// The policy.
    pub(crate) place: PolicyPlace,
    /// The statement; `None` for all of the policy.
    pub(crate) statement: Option<usize>,
    /// Whether an Allow was widened or a Deny narrowed.
    pub(crate) effect: Effect,
}

impl Sandbox {
    pub(crate) fn of(layers: &Layers<'_>) -> Self {
        let own = |lists: &PolicyLists<'_>| lists.iter().map(<[AttachedPolicy]>::to_vec).collect();
        let single = |list: &[AttachedPolicy]| vec![list.to_vec()];
        let found: [(LayerKind, Option<Vec<Vec<AttachedPolicy>>>); 7] = [
            (LayerKind::Endpoint, layers.endpoint.map(single)),
            (LayerKind::Identity, Some(own(&layers.identity))),
            (LayerKind::PermissionsBoundary, layers.boundary.map(single)),
            (LayerKind::Resource, Some(single(layers.resource))),
            (
                LayerKind::ResourceControl,
                layers.resource_control.as_ref().map(own),
            ),
            (
                LayerKind::ServiceControl,
                layers.service_control.as_ref().map(own),
            ),
            (LayerKind::Session, layers.session.as_ref().map(own)),
        ];
        Self {
            lists: found
                .into_iter()
                .filter_map(|(layer, lists)| Some((layer, lists?)))
                .collect(),
            endpoint_kind: layers.endpoint_kind,
            resource_kind: layers.resource_kind,
            edited: BTreeMap::new(),
            touched: Vec::new(),
        }
    }

    /// Returns what was changed so far.
    pub(crate) fn touched(&self) -> &[Touched] {
        &self.touched
    }

    /// Notes what a change is about.
    pub(crate) fn touch(&mut self, place: PolicyPlace, statement: Option<usize>, effect: Effect) {
        self.touched.push(Touched {
            place,
            statement,
            effect,
        });
    }

    /// Returns the same for somebody who has none of the caller's policies.
    pub(crate) fn for_strangers(&self) -> Self {
        let mut sandbox = self.clone();
        sandbox.lists.insert(LayerKind::Identity, Vec::new());
        sandbox.lists.remove(&LayerKind::PermissionsBoundary);
        sandbox.lists.remove(&LayerKind::Session);
        sandbox
    }

    /// Returns whether the same documents stand in the same places, so that every request is decided in the same way.
    pub(crate) fn decides_as(&self, other: &Self) -> bool {
        let is_same = |one: &AttachedPolicy, other: &AttachedPolicy| {
            Arc::ptr_eq(one.policy(), other.policy()) && one.attached_to() == other.attached_to()
        };
        let is_list = |(one, other): (&Vec<AttachedPolicy>, &Vec<AttachedPolicy>)| {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        };
        self.endpoint_kind == other.endpoint_kind
            && self.resource_kind == other.resource_kind
            && self.lists.len() == other.lists.len()
            && self.lists.iter().all(|(layer, lists)| {
                let others = other.lists.get(layer);
                others.is_some_and(|others| {
                    lists.len() == others.len() && lists.iter().zip(others).all(is_list)
                })
            })
    }

    pub(crate) fn summarize(&self, request: &Request<'_>) -> Summary {
        summarize(request, &self.layers())
    }

    pub(crate) fn decide(&self, request: &Request<'_>) -> Decision {
        decide(request, &self.layers())
    }

    pub(crate) fn explain(&self, request: &Request<'_>) -> Trace {
        explain(request, &self.layers()).1
    }

    /// Returns the decision and the statements that determine it.
    pub(crate) fn statements(&self, request: &Request<'_>) -> (Decision, Vec<StatementRef>) {
        statements(request, &self.layers())
    }

    /// Returns a policy as it is now.
    pub(crate) fn attached(&self, at: PolicyPlace) -> Option<&AttachedPolicy> {
        self.lists.get(&at.layer)?.get(at.list)?.get(at.policy)
    }

    fn layers(&self) -> Layers<'_> {
        let many = |layer: LayerKind| -> Option<PolicyLists<'_>> {
            self.lists
                .get(&layer)
                .map(|lists| lists.iter().map(Vec::as_slice).collect())
        };
        let single = |layer: LayerKind| -> Option<&[AttachedPolicy]> {
            self.lists
                .get(&layer)
                .map(|lists| lists.first().map(Vec::as_slice).unwrap_or_default())
        };
        Layers {
            resource_control: many(LayerKind::ResourceControl),
            service_control: many(LayerKind::ServiceControl),
            endpoint: single(LayerKind::Endpoint),
            endpoint_kind: self.endpoint_kind,
            resource: single(LayerKind::Resource).unwrap_or_default(),
            resource_kind: self.resource_kind,
            identity: many(LayerKind::Identity).unwrap_or_default(),
            boundary: single(LayerKind::PermissionsBoundary),
            session: many(LayerKind::Session),
        }
    }

    /// Returns a document as it is now.
    pub(crate) fn document<'a>(
        &'a self,
        documents: &'a Documents,
        at: PolicyPlace,
    ) -> Option<&'a Policy> {
        self.edited
            .get(&at)
            .or_else(|| documents.get(&at).map(|document| &*document.policy))
    }

    /// Adds a policy of one statement, as JSON text, to a list of a layer. `None` where that is not possible.
    pub(crate) fn add(
        &mut self,
        layer: LayerKind,
        list: usize,
        statement: &Statement,
    ) -> Option<()> {
        let policy = AttachedPolicy::new(
            Arc::new(compiled(&alone(statement))?),
            "new",
            None,
            AttachedTo::Session,
        );
        let lists = self.lists.get_mut(&layer)?;
        if lists.is_empty() {
            lists.push(Vec::new());
        }
        let policies = lists.get_mut(list)?;
        let place = PolicyPlace {
            layer,
            list,
            policy: policies.len(),
        };
        policies.push(policy);
        self.touch(place, None, Effect::Allow);
        Some(())
    }

    /// Puts another document in the place of a policy's.
    pub(crate) fn replace(&mut self, at: PolicyPlace, policy: Policy) -> Option<()> {
        let compiled = Arc::new(compiled(&policy)?);
        let slot = self
            .lists
            .get_mut(&at.layer)?
            .get_mut(at.list)?
            .get_mut(at.policy)?;
        *slot = AttachedPolicy::new(
            compiled,
            slot.name().clone(),
            slot.arn().cloned(),
            slot.attached_to().clone(),
        );
        self.edited.insert(at, policy);
        Some(())
    }

    /// Takes a statement out; a document that would be left without one is left without policies.
    pub(crate) fn remove_statement(
        &mut self,
        documents: &Documents,
        at: StatementRef,
    ) -> Option<()> {
        let mut policy = self.document(documents, at.into())?.clone();
        if at.statement >= policy.statements.len() {
            return None;
        }
        policy.statements.remove(at.statement);
        if policy.statements.is_empty() {
            // A policy cannot be empty, and its place must stay for those behind it: say nothing instead.
            policy.statements.push(says_nothing());
        }
        self.replace(at.into(), policy)
    }
}

/// Compiles a document as it would be after being pasted: printed and read again.
fn compiled(policy: &Policy) -> Option<CompiledPolicy> {
    Policy::parse(&write::policy(policy).pretty())
        .ok()
        .map(|policy| CompiledPolicy::compile(&policy))
}

/// Makes a document of one statement.
fn alone(statement: &Statement) -> Policy {
    Policy {
        version: Some(super::spanned(keyward_policy::Version::V2012)),
        id: None,
        statements: vec![statement.clone()],
    }
}

/// A statement that matches nothing.
fn says_nothing() -> Statement {
    Statement {
        span: keyward_policy::Span::default(),
        sid: None,
        // An empty list of actions matches nothing in an Allow; in a Deny it would match everything.
        effect: super::spanned(keyward_policy::Effect::Allow),
        principal: None,
        action: Some(keyward_policy::ActionElement::Action(Vec::new())),
        resource: None,
        conditions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(text: &str) -> AttachedPolicy {
        let policy = CompiledPolicy::compile(&Policy::parse(text).unwrap());
        AttachedPolicy::new(Arc::new(policy), "p", None, AttachedTo::Resource)
    }

    #[test]
    fn what_decides_as_before() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
        let (resource, identity, boundary) = ([attached(text)], [attached(text)], [attached(text)]);
        let before = Sandbox::of(&Layers {
            resource: &resource,
            identity: PolicyLists::from(&identity[..]),
            boundary: Some(&boundary),
            ..Layers::default()
        });
        assert!(before.decides_as(&before.clone()));
        let after = |change: &dyn Fn(&mut Sandbox)| {
            let mut after = before.clone();
            change(&mut after);
            assert!(!before.decides_as(&after) && !after.decides_as(&before));
            before.for_strangers().decides_as(&after.for_strangers())
        };
        let statement = Policy::parse(text).unwrap().statements.remove(0);
        let place = |layer| PolicyPlace {
            layer,
            list: 0,
            policy: 0,
        };
        let replaced = |layer| {
            after(&|it| {
                it.replace(place(layer), Policy::parse(text).unwrap())
                    .unwrap();
            })
        };
        let added = |layer| {
            after(&|it| {
                it.add(layer, 0, &statement).unwrap();
            })
        };
        // A stranger has none of the caller's policies.
        for layer in [LayerKind::Identity, LayerKind::PermissionsBoundary] {
            assert!(replaced(layer) && added(layer), "{layer}");
        }
        assert!(!replaced(LayerKind::Resource) && !added(LayerKind::Resource));
        assert!(!after(&|it| it.resource_kind = ResourceKind::KmsKey));
        assert!(!after(&|it| it.endpoint_kind = EndpointKind::Gateway));
        assert!(!after(&|it| {
            it.lists.insert(LayerKind::ServiceControl, Vec::new());
        }));
    }
}
