//! What a principal can do: each Allow statement that it has, with what the other layers leave of it.

mod except;
mod output;

use std::collections::BTreeMap;

use keyward_engine::{
    Context, ContextValue, DecidedBy, Decision, LayerKind, Request, StatementRef, decide,
};
use keyward_export::Export;
use keyward_policy::{ActionElement, Effect, ResourceElement, Spanned, Statement};

use crate::caller::Caller;
use crate::context::{Asked, context};
use crate::date::Moment;
use crate::error::BadQuestion;
use crate::explain::resource_account;
use crate::gather::{Gathered, Shelf, Target, endpoint_of};
use crate::glob::{covers, overlap};
use crate::partial::{Mold, Shaped};
use crate::question::Question;
use crate::who_can::{Evidence, evidence, known};

pub use except::Except;
use except::except;
pub use output::{can_json, can_text};

/// How many resources are tried for one statement.
const RESOURCES: usize = 24;

/// What a principal can do.
#[derive(Clone, Debug, Default)]
pub struct Can {
    /// The principal.
    pub principal: String,
    /// Each Allow statement of its identity policies, in order.
    pub grants: Vec<Grant>,
    /// Roles of the export that it may assume, and resources whose own policy lets it in: action and resource.
    pub by_resource: Vec<(String, String)>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

/// What is left of an Allow statement.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The statement, with the conditions that are left open.
    pub evidence: Evidence,
    /// What it comes to.
    pub parts: Vec<Part>,
    /// Statements that deny part of it, on other resources than were tried.
    pub except: Vec<Except>,
}

/// Some actions on one resource pattern, which have one fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Action patterns that the catalog's actions fit, as written where all of them share the fate, else names.
    pub actions: Vec<String>,
    /// The resource pattern; `everything but …` for a statement with `NotResource`.
    pub resource: String,
    /// What becomes of them.
    pub fate: Fate,
}

/// What becomes of actions that a statement allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Allowed, whatever the rest of the context is.
    Always,
    /// Allowed or not, as the open conditions say.
    Depends,
    /// A Deny of this layer outweighs it.
    Denied(LayerKind),
    /// This layer does not allow it.
    Lacks(LayerKind),
    /// A rule that no policy changes refuses it.
    Ruled,
}

/// Says what a principal can do; action and resource of the question are not looked at.
///
/// # Errors
/// Where the principal is not in the export.
pub fn can(export: &Export, question: &Question, now: i64) -> Result<Can, BadQuestion> {
    let caller = Caller::find(&question.principal, question.issuer.as_deref(), export)?;
    let mut probe = Probe {
        export,
        question,
        caller: &caller,
        now: Moment::of(now),
        shelf: Shelf::default(),
        mold: Mold::default(),
    };
    let mut found = Can {
        principal: question.principal.clone(),
        ..Can::default()
    };
    let own = probe.gathered("iam:GetUser", "*")?;
    let places: Vec<(StatementRef, Statement)> = own
        .documents
        .iter()
        .filter(|(place, _)| place.layer == LayerKind::Identity)
        .flat_map(|(place, document)| {
            let statements = document.policy.statements.iter().enumerate();
            statements
                .filter(|(_, it)| it.effect.value == Effect::Allow)
                .map(|(statement, it)| {
                    let at = StatementRef {
                        layer: place.layer,
                        list: place.list,
                        policy: place.policy,
                        statement,
                    };
                    (at, it.clone())
                })
        })
        .collect();
    for (at, statement) in places {
        found.grants.extend(probe.grant(&own, at, &statement)?);
    }
    found.by_resource = probe.by_resource()?;
    found.notes = notes(&own);
    found
        .notes
        .extend(crate::explain::from_catalog(&own.from_catalog));
    Ok(found)
}

fn notes(own: &Gathered) -> Vec<String> {
    let mut notes = vec![
        "Actions are those of the catalog. Each statement is tried on its own resource patterns, and on narrower ones that the \
         other layers name."
            .to_owned(),
    ];
    let unseen: Vec<&str> = own.unseen.iter().map(|layer| layer_name(*layer)).collect();
    if !unseen.is_empty() {
        notes.push(format!("Not part of the input: {}.", unseen.join(", ")));
    }
    notes
}

/// One principal, asked again and again.
struct Probe<'a> {
    export: &'a Export,
    question: &'a Question,
    caller: &'a Caller<'a>,
    now: Moment,
    shelf: Shelf,
    mold: Mold,
}

impl Probe<'_> {
    fn gathered(&mut self, action: &str, resource: &str) -> Result<Gathered, BadQuestion> {
        let question = Question {
            action: action.to_owned(),
            resource: resource.to_owned(),
            ..self.question.clone()
        };
        let (owner, _) = resource_account(self.export, &question, self.caller)?;
        let target = Target {
            action,
            resource,
            owner,
            endpoint: endpoint_of(&self.question.context),
        };
        let sessions = self.question.session_policies.as_deref();
        Ok(Gathered::of(
            self.export,
            &mut self.shelf,
            self.caller,
            target,
            sessions,
        ))
    }

    /// Says what is left of a statement; `None` where it is about no action of the catalog.
    fn grant(
        &mut self,
        own: &Gathered,
        at: StatementRef,
        statement: &Statement,
    ) -> Result<Option<Grant>, BadQuestion> {
        let actions = actions(statement);
        if actions.is_empty() {
            return Ok(None);
        }
        let mut parts: BTreeMap<(String, Fate), Vec<String>> = BTreeMap::new();
        for resource in resources(own, statement) {
            // RCPs and resource policies depend on the service and the resource.
            let mut gathered: BTreeMap<(&str, String), (Gathered, Shaped, Option<Shaped>)> =
                BTreeMap::new();
            for action in &actions {
                let service = action.split(':').next().unwrap_or_default();
                if !is_of(service, &resource) {
                    continue;
                }
                let key = (service, tried(statement, &resource, action, service));
                if !gathered.contains_key(&key) {
                    let of = self.gathered(action, &key.1)?;
                    let empty = Context::new();
                    let known = known(self.caller, self.export, &self.question.context, &empty);
                    let (generous, strict) = self.mold.shape(&of, &known);
                    gathered.insert(key.clone(), (of, generous, strict));
                }
                let Some((of, generous, strict)) = gathered.get(&key) else {
                    continue;
                };
                let fate = self.fate(action, &key.1, of, generous, strict.as_ref())?;
                parts
                    .entry((resource.clone(), fate))
                    .or_default()
                    .push(action.clone());
            }
        }
        let empty = Context::new();
        let known = known(self.caller, self.export, &self.question.context, &empty);
        let Some(evidence) = evidence(own, at, &known) else {
            return Ok(None);
        };
        let except = except(own, statement, &known);
        let parts = parts
            .into_iter()
            .map(|((resource, fate), names)| Part {
                actions: told(statement, names, actions.len()),
                resource: told_resource(statement, resource),
                fate,
            })
            .collect();
        Ok(Some(Grant {
            evidence,
            parts,
            except,
        }))
    }

    fn fate(
        &self,
        action: &str,
        resource: &str,
        gathered: &Gathered,
        generous: &Shaped,
        strict: Option<&Shaped>,
    ) -> Result<Fate, BadQuestion> {
        let question = Question {
            action: action.to_owned(),
            resource: resource.to_owned(),
            ..self.question.clone()
        };
        let (owner, _) = resource_account(self.export, &question, self.caller)?;
        let asked = Asked {
            action,
            resource,
            resource_account: owner,
        };
        let context = context(
            &self.question.context,
            self.caller,
            self.export,
            asked,
            &self.now,
        );
        let resource = expanded(resource, &context);
        let mut request = Request::new(self.caller.principal(), action, &resource, &context);
        request.resource_account = owner;
        let best = decide(&request, &generous.layers(gathered));
        let by = |decision: &Decision| match decision.determined().by {
            DecidedBy::Layer(layer) | DecidedBy::UnusablePolicy(layer) => Some(layer),
            DecidedBy::Rule(_) => None,
        };
        Ok(match best {
            Decision::ExplicitDeny(_) => by(&best).map_or(Fate::Ruled, Fate::Denied),
            Decision::ImplicitDeny(_) => by(&best).map_or(Fate::Ruled, Fate::Lacks),
            Decision::Allow(_) => match strict.map(|it| decide(&request, &it.layers(gathered))) {
                None | Some(Decision::Allow(_)) => Fate::Always,
                Some(Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_)) => Fate::Depends,
            },
        })
    }

    /// Finds roles that the principal may assume, and resources whose policy lets it in where no identity policy does.
    fn by_resource(&mut self) -> Result<Vec<(String, String)>, BadQuestion> {
        let roles = self.export.accounts.values().flat_map(|it| &it.roles);
        let mut asked: Vec<(String, String)> = roles
            .map(|role| ("sts:AssumeRole".to_owned(), role.arn.clone()))
            .collect();
        for (arn, policy) in &self.export.resources {
            let document = crate::gather::Shelved::of(&policy.document).policy;
            let statements = document.iter().flat_map(|it| &it.statements);
            let patterns = statements
                .filter(|it| it.effect.value == Effect::Allow)
                .flat_map(|it| it.action.iter().flat_map(ActionElement::patterns));
            for pattern in patterns.filter(|it| !it.value.contains(['*', '?'])) {
                asked.push((pattern.value.clone(), arn.clone()));
                // What lies in a bucket is named by its own pattern.
                if arn.contains(":s3:::") {
                    asked.push((pattern.value.clone(), format!("{arn}/*")));
                }
            }
        }
        asked.sort();
        asked.dedup();
        let mut found = Vec::new();
        for (action, resource) in asked {
            let of = self.gathered(&action, &resource)?;
            let empty = Context::new();
            let known = known(self.caller, self.export, &self.question.context, &empty);
            let (generous, strict) = self.mold.shape(&of, &known);
            match self.fate(&action, &resource, &of, &generous, strict.as_ref())? {
                Fate::Always => found.push((action, resource)),
                Fate::Depends => found.push((format!("{action} (under conditions)"), resource)),
                Fate::Denied(_) | Fate::Lacks(_) | Fate::Ruled => {}
            }
        }
        Ok(found)
    }
}

/// Puts values in the place of policy variables, and a star where there is none: what then stands there is a resource that
/// the pattern fits.
fn expanded(pattern: &str, context: &Context<'_>) -> String {
    let mut parts = pattern.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let key = name.split(',').next().unwrap_or(name);
        let value = context.get(key).find_map(|entry| match entry.value {
            ContextValue::Multiple(_) => None,
            ContextValue::Single(value) => Some(value),
        });
        out.push_str(value.unwrap_or("*"));
        out.push_str(rest);
    }
    out
}

/// Whether a resource pattern may be one of a service's; roles are resources of STS too.
fn is_of(service: &str, resource: &str) -> bool {
    keyward_arn::Arn::parse(resource).is_none_or(|arn| {
        overlap(arn.service, service) || (service == "sts" && arn.service == "iam")
    })
}

/// Names a layer for people.
fn layer_name(layer: LayerKind) -> &'static str {
    match layer {
        LayerKind::Endpoint => "VPC endpoint policies",
        LayerKind::Identity => "identity policies",
        LayerKind::PermissionsBoundary => "permissions boundary",
        LayerKind::Resource => "resource policy",
        LayerKind::ResourceControl => "resource control policies",
        LayerKind::ServiceControl => "service control policies",
        LayerKind::Session => "session policies",
    }
}

/// Returns the catalog's actions that a statement is about.
fn actions(statement: &Statement) -> Vec<String> {
    let Some(element) = &statement.action else {
        return Vec::new();
    };
    let patterns: Vec<String> = element
        .patterns()
        .iter()
        .map(|it| it.value.to_ascii_lowercase())
        .collect();
    let is_listed = match element {
        ActionElement::Action(_) => true,
        ActionElement::NotAction(_) => false,
    };
    let mut found = Vec::new();
    for service in keyward_catalog::services() {
        let prefix = service.prefix().to_ascii_lowercase();
        let near: Vec<&str> = patterns
            .iter()
            .map(String::as_str)
            .filter(|it| *it == "*" || overlap(it.split(':').next().unwrap_or_default(), &prefix))
            .collect();
        if near.is_empty() && is_listed {
            continue;
        }
        for action in service.actions() {
            let name = format!("{prefix}:{}", action.name().to_ascii_lowercase());
            if near.iter().any(|it| covers(it, &name)) == is_listed {
                found.push(format!("{}:{}", service.prefix(), action.name()));
            }
        }
    }
    found
}

/// Returns the resource patterns to try: the statement's own, and narrower ones that other layers allow or that a Deny
/// spares.
fn resources(own: &Gathered, statement: &Statement) -> Vec<String> {
    let mut resources: Vec<String> = match &statement.resource {
        Some(ResourceElement::Resource(patterns)) => {
            patterns.iter().map(|it| it.value.clone()).collect()
        }
        Some(ResourceElement::NotResource(_)) | None => vec![EVERYTHING.to_owned()],
    };
    let is_spared_by_own = |pattern: &str| match &statement.resource {
        Some(ResourceElement::NotResource(patterns)) => {
            patterns.iter().any(|it| covers(&it.value, pattern))
        }
        Some(ResourceElement::Resource(_)) | None => false,
    };
    let limits = own
        .documents
        .iter()
        .flat_map(|(place, document)| {
            let statements = document.policy.statements.iter();
            statements.map(move |it| (place.layer, it.effect.value, it.resource.as_ref()))
        })
        .filter_map(|(layer, effect, resource)| match (effect, resource?) {
            (Effect::Allow, ResourceElement::Resource(patterns)) => {
                (layer != LayerKind::Identity).then_some(patterns)
            }
            (Effect::Deny, ResourceElement::NotResource(patterns)) => Some(patterns),
            (Effect::Allow, ResourceElement::NotResource(_))
            | (Effect::Deny, ResourceElement::Resource(_)) => None,
        })
        .flatten();
    for limit in limits {
        let is_within =
            resources.iter().any(|it| covers(it, &limit.value)) && !is_spared_by_own(&limit.value);
        if is_within && !resources.contains(&limit.value) && resources.len() < RESOURCES {
            resources.push(limit.value.clone());
        }
    }
    resources
}

/// What a statement with `NotResource`, or without a resource, is tried on.
const EVERYTHING: &str = "*";

/// Returns what is put into a request for a resource pattern. `*` stands for an action without a resource, which
/// `NotResource` never allows; in the place of all others stands a resource of the service that nobody names.
// SOURCE: spec/policy-language.md §4.
fn tried(statement: &Statement, resource: &str, action: &str, service: &str) -> String {
    let is_negated = matches!(statement.resource, Some(ResourceElement::NotResource(_)));
    let has_resource = keyward_catalog::action(action).is_some_and(|it| !it.is_wildcard_only());
    if is_negated && has_resource && resource == EVERYTHING {
        format!("arn:aws:{service}:*:*:*")
    } else {
        resource.to_owned()
    }
}

/// Writes the resource that was tried as the statement has it.
fn told_resource(statement: &Statement, resource: String) -> String {
    match &statement.resource {
        Some(element @ ResourceElement::NotResource(_)) if resource == EVERYTHING => {
            resource_phrase(element)
        }
        Some(ResourceElement::NotResource(_) | ResourceElement::Resource(_)) | None => resource,
    }
}

/// `a, b`, or `everything but a, b`.
fn phrase(patterns: &[Spanned<String>], is_negated: bool) -> String {
    let names: Vec<&str> = patterns.iter().map(|it| it.value.as_str()).collect();
    let but = if is_negated { "everything but " } else { "" };
    format!("{but}{}", names.join(", "))
}

fn action_phrase(element: &ActionElement) -> String {
    match element {
        ActionElement::Action(patterns) => phrase(patterns, false),
        ActionElement::NotAction(patterns) => phrase(patterns, true),
    }
}

fn resource_phrase(element: &ResourceElement) -> String {
    match element {
        ResourceElement::NotResource(patterns) => phrase(patterns, true),
        ResourceElement::Resource(patterns) => phrase(patterns, false),
    }
}

/// Writes actions as the statement has them where all share one fate.
fn told(statement: &Statement, names: Vec<String>, all: usize) -> Vec<String> {
    if names.len() < all {
        return names;
    }
    match &statement.action {
        Some(ActionElement::Action(patterns)) => {
            patterns.iter().map(|it| it.value.clone()).collect()
        }
        Some(element @ ActionElement::NotAction(_)) => vec![action_phrase(element)],
        None => names,
    }
}

#[cfg(test)]
mod tests;
