//! Decisions while part of the context is not known.
//!
//! Each document is compiled twice more. The *generous* form takes every condition on a key that is not known as holding
//! in an Allow and as not holding in a Deny; the *strict* form the other way round. What the generous forms refuse is
//! refused whatever the context is, and what the strict ones allow is always allowed; in between is an "if".
//! INVARIANT: for every context, what the real documents allow lies between both.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_diagnose::PolicyPlace;
use keyward_engine::{AttachedPolicy, CompiledPolicy, LayerKind, Layers, PolicyLists};
use keyward_policy::{ActionElement, Effect, Policy, ResourceElement, Span, Spanned, Statement};

use crate::gather::Gathered;

/// Whether a condition key's value is known: that it is absent counts as known.
pub(crate) type Known<'a> = dyn Fn(&str) -> bool + 'a;

/// Which form of the documents is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Generous,
    Strict,
}

/// Both forms of a document.
#[derive(Clone, Debug)]
struct Forms {
    generous: Arc<CompiledPolicy>,
    strict: Arc<CompiledPolicy>,
}

/// Forms that were made already, by document and by which of its keys are known.
#[derive(Debug, Default)]
pub(crate) struct Mold {
    keys: BTreeMap<usize, Arc<[String]>>,
    made: BTreeMap<(usize, Vec<bool>), Option<Forms>>,
    /// Keeps what is looked up by address.
    alive: Vec<Arc<Policy>>,
}

/// Layers of policies in one form; `None` where that is as they were gathered.
#[derive(Debug)]
pub(crate) struct Shaped(Option<Lists>);

#[derive(Debug)]
struct Lists {
    identity: Vec<Vec<AttachedPolicy>>,
    boundary: Option<Vec<AttachedPolicy>>,
    resource: Vec<AttachedPolicy>,
    service_control: Option<Vec<Vec<AttachedPolicy>>>,
    resource_control: Option<Vec<Vec<AttachedPolicy>>>,
    session: Option<Vec<Vec<AttachedPolicy>>>,
    endpoint: Option<Vec<AttachedPolicy>>,
}

impl Shaped {
    pub(crate) fn layers<'a>(&'a self, gathered: &'a Gathered) -> Layers<'a> {
        let Some(formed) = &self.0 else {
            return gathered.layers();
        };
        Layers {
            resource_control: formed.resource_control.as_deref().map(lists),
            service_control: formed.service_control.as_deref().map(lists),
            resource: &formed.resource,
            resource_kind: gathered.resource_kind,
            identity: lists(&formed.identity),
            boundary: formed.boundary.as_deref(),
            session: formed.session.as_deref().map(lists),
            endpoint: formed.endpoint.as_deref(),
            endpoint_kind: gathered.endpoint_kind,
        }
    }
}

fn lists(lists: &[Vec<AttachedPolicy>]) -> PolicyLists<'_> {
    lists.iter().map(Vec::as_slice).collect()
}

impl Mold {
    /// Returns the layers in both forms; the second is `None` where they are the same.
    pub(crate) fn shape(
        &mut self,
        gathered: &Gathered,
        known: &Known<'_>,
    ) -> (Shaped, Option<Shaped>) {
        let mut documents = gathered.documents.values();
        if !documents.any(|it| self.forms(&it.policy, known).is_some()) {
            return (Shaped(None), None);
        }
        let mut one = |form| Shaped(Some(self.one(gathered, known, form)));
        (one(Form::Generous), Some(one(Form::Strict)))
    }

    fn one(&mut self, gathered: &Gathered, known: &Known<'_>, form: Form) -> Lists {
        let mut list = |layer: LayerKind, list: usize, policies: &[AttachedPolicy]| {
            policies
                .iter()
                .enumerate()
                .map(|(policy, attached)| {
                    let place = PolicyPlace {
                        layer,
                        list,
                        policy,
                    };
                    let document = gathered.documents.get(&place).map(|it| &it.policy);
                    match document.and_then(|it| self.forms(it, known)) {
                        None => attached.clone(),
                        Some(forms) => {
                            let compiled = match form {
                                Form::Generous => forms.generous,
                                Form::Strict => forms.strict,
                            };
                            AttachedPolicy::new(
                                compiled,
                                attached.name().clone(),
                                attached.arn().cloned(),
                                attached.attached_to().clone(),
                            )
                        }
                    }
                })
                .collect::<Vec<_>>()
        };
        let mut many = |layer: LayerKind, lists: &[Vec<AttachedPolicy>]| {
            lists
                .iter()
                .enumerate()
                .map(|(index, policies)| list(layer, index, policies))
                .collect::<Vec<_>>()
        };
        let identity = many(LayerKind::Identity, &gathered.identity);
        let service_control = gathered
            .service_control
            .as_ref()
            .map(|it| many(LayerKind::ServiceControl, it));
        let resource_control = gathered
            .resource_control
            .as_ref()
            .map(|it| many(LayerKind::ResourceControl, it));
        let session = gathered
            .session
            .as_ref()
            .map(|it| many(LayerKind::Session, it));
        Lists {
            identity,
            service_control,
            resource_control,
            session,
            boundary: gathered
                .boundary
                .as_ref()
                .map(|it| list(LayerKind::PermissionsBoundary, 0, it)),
            resource: list(LayerKind::Resource, 0, &gathered.resource),
            endpoint: gathered
                .endpoint
                .as_ref()
                .map(|it| list(LayerKind::Endpoint, 0, it)),
        }
    }

    /// Returns both forms of a document; `None` where all that it asks for is known.
    fn forms(&mut self, policy: &Arc<Policy>, known: &Known<'_>) -> Option<Forms> {
        let address = Arc::as_ptr(policy).addr();
        let keys = match self.keys.get(&address) {
            Some(keys) => keys.clone(),
            None => {
                let keys: Arc<[String]> = keys(policy).into();
                self.keys.insert(address, keys.clone());
                self.alive.push(policy.clone());
                keys
            }
        };
        if keys.is_empty() {
            return None;
        }
        let which: Vec<bool> = keys.iter().map(|key| known(key)).collect();
        if which.iter().all(|known| *known) {
            return None;
        }
        self.made
            .entry((address, which))
            .or_insert_with(|| {
                let compile =
                    |form| Arc::new(CompiledPolicy::compile(&formed(policy, known, form)));
                Some(Forms {
                    generous: compile(Form::Generous),
                    strict: compile(Form::Strict),
                })
            })
            .clone()
    }
}

/// Returns the condition keys that a document asks for, in conditions and variables.
fn keys(policy: &Policy) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for statement in &policy.statements {
        keys.extend(statement.conditions.iter().map(|it| it.key.value.clone()));
        let resources = statement
            .resource
            .iter()
            .flat_map(ResourceElement::patterns);
        let values = statement.conditions.iter().flat_map(|it| &it.values);
        for text in resources.chain(values) {
            keys.extend(variables(&text.value).map(str::to_owned));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

/// Returns the keys of the variables in a text.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| !matches!(*name, "*" | "?" | "$"))
        .map(|name| name.split(',').next().unwrap_or(name))
}

/// Returns whether a condition asks for a key that is not known, by itself or by a variable.
pub(crate) fn is_open(condition: &keyward_policy::Condition, known: &Known<'_>) -> bool {
    !known(&condition.key.value)
        || condition
            .values
            .iter()
            .any(|value| variables(&value.value).any(|key| !known(key)))
}

fn formed(policy: &Policy, known: &Known<'_>, form: Form) -> Policy {
    Policy {
        statements: policy
            .statements
            .iter()
            .map(|it| formed_statement(it, known, form).unwrap_or_else(says_nothing))
            .collect(),
        ..policy.clone()
    }
}

/// Returns a statement in a form; `None` where it then says nothing.
fn formed_statement(statement: &Statement, known: &Known<'_>, form: Form) -> Option<Statement> {
    // Whether what is not known counts as fitting.
    let fits = match (statement.effect.value, form) {
        (Effect::Allow, Form::Generous) | (Effect::Deny, Form::Strict) => true,
        (Effect::Allow, Form::Strict) | (Effect::Deny, Form::Generous) => false,
    };
    let mut formed = statement.clone();
    formed.conditions.retain(|it| !is_open(it, known));
    if !fits && formed.conditions.len() < statement.conditions.len() {
        return None;
    }
    let is_open = |pattern: &Spanned<String>| variables(&pattern.value).any(|key| !known(key));
    match &mut formed.resource {
        None => {}
        Some(ResourceElement::Resource(patterns)) if fits => {
            for pattern in patterns.iter_mut().filter(|it| is_open(it)) {
                pattern.value = widened(&pattern.value, known);
            }
        }
        Some(ResourceElement::Resource(patterns)) => {
            let before = patterns.len();
            patterns.retain(|it| !is_open(it));
            if patterns.is_empty() && before > 0 {
                return None;
            }
        }
        Some(ResourceElement::NotResource(patterns)) if fits => {
            patterns.retain(|it| !is_open(it));
            if patterns.is_empty() {
                let everything = Spanned {
                    value: "*".to_owned(),
                    span: statement.span,
                };
                formed.resource = Some(ResourceElement::Resource(vec![everything]));
            }
        }
        Some(ResourceElement::NotResource(patterns)) if patterns.iter().any(is_open) => {
            return None;
        }
        Some(ResourceElement::NotResource(_)) => {}
    }
    Some(formed)
}

/// Puts a star in the place of variables that are not known.
fn widened(text: &str, known: &Known<'_>) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if variables(&format!("${{{name}}}")).any(|key| !known(key)) => {
                out.push('*');
                out.push_str(rest);
            }
            Some(_) | None => {
                out.push_str("${");
                out.push_str(part);
            }
        }
    }
    out
}

/// A statement that matches nothing, so that those behind it keep their places.
fn says_nothing() -> Statement {
    Statement {
        span: Span::default(),
        sid: None,
        // An empty list of actions matches nothing in an Allow; in a Deny it would match everything.
        effect: Spanned {
            value: Effect::Allow,
            span: Span::default(),
        },
        principal: None,
        action: Some(ActionElement::Action(Vec::new())),
        resource: None,
        conditions: Vec::new(),
    }
}
