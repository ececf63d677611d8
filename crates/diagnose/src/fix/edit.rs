//! Widening a statement that allows but for one element.

use keyward_engine::{
    ConditionTrace, ElementForm, ElementTrace, Expansion, LayerKind, PolicyTrace, StatementTrace,
    Trace,
};
use keyward_policy::{
    ActionElement, Condition, Effect, Operator, Policy, PrincipalElement, PrincipalKind,
    PrincipalSet, ResourceElement, Statement, Test, Version,
};

use super::{Candidate, Sandbox, exactly, grant, spanned, weight_of};
use crate::case::Case;
use crate::hint;
use crate::layer::{self, Missed};
use crate::report::{Fix, Step};
use crate::words;
use crate::write;

/// How many near misses are tried.
const TRIED: usize = 6;

/// A statement that is shared gives what it gives to others too.
const SHARED: u64 = 10;

pub(crate) fn fixes(case: &Case<'_>, trace: &Trace, layer: LayerKind) -> Vec<Candidate> {
    trace
        .layers
        .iter()
        .filter(|it| it.layer == layer)
        .flat_map(|it| layer::near_misses(case, it))
        .take(TRIED)
        .filter(|(policy, _)| {
            policy
                .arn
                .as_deref()
                .is_none_or(|arn| !words::is_aws_managed(arn))
        })
        .filter_map(|(policy, it)| fix(case, policy, it))
        .collect()
}

/// An edited document with what to say of the edit.
struct Edited {
    policy: Policy,
    what: String,
    json: String,
    gives: String,
    breadth: u64,
    /// Whether no other statement of the document means anything else than before.
    one_statement: bool,
}

fn fix(case: &Case<'_>, policy: &PolicyTrace, it: &StatementTrace) -> Option<Candidate> {
    let document = &case.documents.get(&it.at.into())?.policy;
    let edited = edited(case, document, policy, it)?;
    let mut sandbox = Sandbox::of(case.layers);
    sandbox.replace(it.at.into(), edited.policy)?;
    let statement = edited.one_statement.then_some(it.at.statement);
    sandbox.touch(it.at.into(), statement, Effect::Allow);
    let (more, breadth) = grant::complete(case, &mut sandbox, &case.request)?;
    let mut steps = vec![Step::EditStatement {
        layer: it.at.layer,
        policy: policy.name.to_string(),
        index: it.at.statement,
        what: edited.what,
        json: edited.json,
    }];
    let mut gives = edited.gives;
    if !more.is_empty() {
        gives = format!("{gives} {}", grant::gives(case));
    }
    steps.extend(more);
    let is_own = words::is_own(
        case,
        it.at.layer,
        policy.arn.as_deref(),
        &policy.attached_to,
    );
    let audience = if is_own { 1 } else { SHARED };
    let fix = Fix {
        gives,
        steps,
        breadth: edited
            .breadth
            .saturating_mul(audience)
            .saturating_add(breadth),
        proof: None,
        by: None,
    };
    Some(Candidate {
        fix,
        after: sandbox,
        asking: None,
    })
}

fn edited(
    case: &Case<'_>,
    document: &Policy,
    policy: &PolicyTrace,
    it: &StatementTrace,
) -> Option<Edited> {
    if let Some(edited) = with_variables(document, policy, it) {
        return Some(edited);
    }
    let mut new = document.clone();
    let statement = new.statements.get_mut(it.at.statement)?;
    let (missed, _) = layer::missed(case, it)?;
    let (value, element, json) = widen(case, statement, it, missed)?;
    let breadth = breadth(statement, missed);
    let name = statement_name(document, policy, it);
    let others = whom(case, policy, it);
    let gives = match missed {
        Missed::Action => format!(
            "Gives {} on all that the statement covers{others}.",
            case.request.action
        ),
        Missed::Condition => {
            format!("Gives all that the statement covers under the new value too{others}.")
        }
        Missed::Principal => "Gives the caller all that the statement covers.".to_owned(),
        Missed::Resource => format!("Gives {} on this resource{others}.", actions(statement)),
    };
    let what = format!("Add {value} to {element} of {name}:");
    Some(Edited {
        policy: new,
        what,
        json,
        gives,
        breadth,
        one_statement: true,
    })
}

fn whom(case: &Case<'_>, policy: &PolicyTrace, it: &StatementTrace) -> String {
    if words::is_own(
        case,
        it.at.layer,
        policy.arn.as_deref(),
        &policy.attached_to,
    ) || it.at.layer == LayerKind::Resource
    {
        String::new()
    } else if policy.arn.is_some() {
        format!(", to everyone who has policy {}", policy.name)
    } else {
        format!(", to everyone in {}", words::attached(&policy.attached_to))
    }
}

fn statement_name(document: &Policy, policy: &PolicyTrace, it: &StatementTrace) -> String {
    let number = words::statement_number(
        it.at.statement,
        document.statements.len(),
        it.sid.as_deref(),
    );
    let attached = words::attached(&policy.attached_to);
    format!(
        "{number} of {}",
        words::policy_phrase(it.at.layer, &policy.name, policy.arn.as_deref(), &attached)
    )
}

/// Adds what the request has to the element that misses. Returns the value, the element's name, and the element.
fn widen(
    case: &Case<'_>,
    statement: &mut Statement,
    it: &StatementTrace,
    missed: Missed,
) -> Option<(String, &'static str, String)> {
    match missed {
        Missed::Action => {
            let Some(ActionElement::Action(actions)) = &mut statement.action else {
                return None;
            };
            actions.push(spanned(case.request.action.to_owned()));
            let json = write::member(write::action(statement.action.as_ref()?));
            Some((case.request.action.to_owned(), "Action", json))
        }
        Missed::Condition => {
            let mut values = Vec::new();
            for element in &it.elements {
                match element {
                    ElementTrace::Condition(condition) if !condition.matched => {
                        values.push(widen_condition(&mut statement.conditions, condition)?);
                    }
                    ElementTrace::Condition(_)
                    | ElementTrace::Action(_)
                    | ElementTrace::Principal(_)
                    | ElementTrace::Resource(_) => {}
                }
            }
            let json = write::member(write::conditions(&statement.conditions));
            Some((values.join(" and "), "Condition", json))
        }
        Missed::Principal => {
            let Some(PrincipalElement::Principal(PrincipalSet::Listed(listed))) =
                &mut statement.principal
            else {
                return None;
            };
            let name = grant::name_of(&case.request.principal)?.to_owned();
            let kind = listed
                .first()
                .map(|first| first.kind)
                .filter(|kind| *kind == PrincipalKind::Aws)?;
            listed.push(keyward_policy::Principal {
                kind,
                value: spanned(name.clone()),
            });
            let json = write::member(write::principal(statement.principal.as_ref()?));
            Some((name, "Principal", json))
        }
        Missed::Resource => {
            let Some(ResourceElement::Resource(resources)) = &mut statement.resource else {
                return None;
            };
            let name = exactly(case.request.resource);
            resources.push(spanned(name.clone()));
            let json = write::member(write::resource(statement.resource.as_ref()?));
            Some((name, "Resource", json))
        }
    }
}

/// Adds the value that the request has to those that are wanted. `None` where that would not narrow anything any more,
/// or there is no value.
fn widen_condition(conditions: &mut [Condition], missed: &ConditionTrace) -> Option<String> {
    let condition = conditions.iter_mut().find(|condition| {
        condition.operator.value.to_string() == missed.operator && condition.key.value == missed.key
    })?;
    let Operator::Known { test, .. } = condition.operator.value else {
        return None;
    };
    let lists_values = matches!(
        test,
        Test::ArnEquals
            | Test::ArnLike
            | Test::IpAddress
            | Test::NumericEquals
            | Test::StringEquals
            | Test::StringEqualsIgnoreCase
            | Test::StringLike
    );
    let keyward_engine::ActualValues::Single(value) = &missed.actual else {
        return None;
    };
    if !lists_values {
        return None;
    }
    condition.values.push(spanned(exactly(value)));
    Some(format!("{value} ({})", missed.key))
}

/// Gives the document the version that knows policy variables, where the statement misses for want of it.
fn with_variables(document: &Policy, policy: &PolicyTrace, it: &StatementTrace) -> Option<Edited> {
    let is_literal = |text: &str, expansion: &Expansion| {
        *expansion == Expansion::None && hint::has_variable(text)
    };
    let has_literal = it
        .elements
        .iter()
        .filter(|element| !element.matched())
        .any(|element| match element {
            ElementTrace::Action(_) | ElementTrace::Principal(_) => false,
            ElementTrace::Condition(condition) => condition
                .wanted
                .iter()
                .any(|wanted| is_literal(&wanted.text, &wanted.expansion)),
            ElementTrace::Resource(list) => {
                list.form == ElementForm::Listed
                    && list
                        .patterns
                        .iter()
                        .any(|pattern| is_literal(&pattern.text, &pattern.expansion))
            }
        });
    if !has_literal || document.effective_version() == Version::V2012 {
        return None;
    }
    let name = words::policy_phrase(
        it.at.layer,
        &policy.name,
        policy.arn.as_deref(),
        &words::attached(&policy.attached_to),
    );
    Some(Edited {
        policy: Policy {
            version: Some(spanned(Version::V2012)),
            ..document.clone()
        },
        what: format!("Give {name} the version that knows policy variables:"),
        json: r#""Version": "2012-10-17""#.to_owned(),
        gives: "Gives what the variables were written to give, in all statements of the document."
            .to_owned(),
        breadth: given_by_variables(document),
        one_statement: false,
    })
}

/// Estimates how much the statements with variables give once these are known: at least more than one request.
fn given_by_variables(document: &Policy) -> u64 {
    let has_variable = |statement: &&Statement| {
        let resources = statement
            .resource
            .iter()
            .flat_map(ResourceElement::patterns);
        let values = statement.conditions.iter().flat_map(|it| &it.values);
        resources
            .chain(values)
            .any(|text| hint::has_variable(&text.value))
    };
    document
        .statements
        .iter()
        .filter(has_variable)
        .map(|statement| breadth(statement, Missed::Condition))
        .fold(0, u64::saturating_add)
        .max(2)
}

/// Estimates how much the widened statement gives beyond what it gave.
fn breadth(statement: &Statement, missed: Missed) -> u64 {
    let actions = match &statement.action {
        None => 0,
        Some(ActionElement::Action(patterns)) => weight_of(patterns, false),
        Some(ActionElement::NotAction(patterns)) => weight_of(patterns, true),
    };
    let resources = match &statement.resource {
        None => 1,
        Some(ResourceElement::Resource(patterns)) => weight_of(patterns, false),
        Some(ResourceElement::NotResource(patterns)) => weight_of(patterns, true),
    };
    match missed {
        Missed::Action => resources,
        Missed::Condition | Missed::Principal => actions.saturating_mul(resources),
        Missed::Resource => actions,
    }
}

/// Names the actions of a statement: `s3:GetObject`, `s3:GetObject and 2 more actions`.
fn actions(statement: &Statement) -> String {
    match &statement.action {
        None => "nothing".to_owned(),
        Some(ActionElement::NotAction(_)) => {
            "all actions but those that NotAction lists".to_owned()
        }
        Some(ActionElement::Action(patterns)) => {
            let first = patterns
                .first()
                .map(|pattern| pattern.value.clone())
                .unwrap_or_default();
            match patterns.len().saturating_sub(1) {
                0 => first,
                more => format!(
                    "{first} and {} of that statement",
                    words::counted(more, "more action", "more actions")
                ),
            }
        }
    }
}
