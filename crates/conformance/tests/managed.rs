//! Every AWS managed policy, and documents as long as they may be: read, printed, compiled, and decided alike.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use keyward_catalog::managed_policies;
use keyward_conformance::compare::Policies;
use keyward_conformance::generate;
use keyward_conformance::random::Random;
use keyward_engine::CompiledPolicy;
use keyward_policy::{
    ActionElement, Policy, PolicyKind, ResourceElement, check, limits, size_without_whitespace,
};
use serde_json::{Value, json};

const PRINCIPAL: &str = "arn:aws:sts::111122223333:assumed-role/R/s";

/// Texts that a pattern fits, and that it nearly fits.
fn instances(pattern: &str) -> [String; 2] {
    let text = pattern.replace("${", "").replace('}', "");
    [
        text.replace('*', "x").replace('?', "y"),
        text.replace('*', ""),
    ]
}

/// Requests that the statements of a policy are about, some of which they allow.
fn requests(policy: &Policy, most: usize) -> Vec<Value> {
    let mut requests = Vec::new();
    let statements = policy.statements.len().max(1);
    for statement in policy.statements.iter().step_by(statements.div_ceil(most)) {
        let actions = match &statement.action {
            Some(ActionElement::Action(actions) | ActionElement::NotAction(actions)) => {
                actions.as_slice()
            }
            None => &[],
        };
        let resources = match &statement.resource {
            Some(
                ResourceElement::Resource(resources) | ResourceElement::NotResource(resources),
            ) => resources.as_slice(),
            None => &[],
        };
        let context: serde_json::Map<String, Value> = statement
            .conditions
            .iter()
            .filter_map(|condition| {
                Some((
                    condition.key.value.clone(),
                    json!(condition.values.first()?.value),
                ))
            })
            .collect();
        let (Some(action), Some(resource)) = (actions.last(), resources.last()) else {
            continue;
        };
        for (action, resource) in instances(&action.value)
            .iter()
            .zip(instances(&resource.value))
        {
            let action = if action.contains(':') {
                action.clone()
            } else {
                "s3:GetObject".to_owned()
            };
            let is_action = action.split(':').count() == 2
                && action
                    .split(':')
                    .all(|part| !part.is_empty() && !part.contains(' '));
            if !is_action || resource.is_empty() {
                continue;
            }
            for resource in [resource.as_str(), "*"] {
                requests.push(json!({"principal": PRINCIPAL, "action": action, "resource": resource, "context": context}));
                requests
                    .push(json!({"principal": PRINCIPAL, "action": action, "resource": resource}));
            }
        }
    }
    requests
}

/// Reads, prints, compiles and asks; returns how many requests were allowed.
fn examine(name: &str, text: &str, limit: usize) -> (usize, usize) {
    let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let printed = policy.to_string();
    assert_eq!(
        Policy::parse(&printed).unwrap().to_string(),
        printed,
        "{name}"
    );
    // Printing leaves out whitespace and nulls and nothing else.
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(normal(value(&printed)), normal(value(text)), "{name}");
    let compiled = CompiledPolicy::compile(&policy);
    assert_eq!(compiled.unusable_reason(), None, "{name}");
    assert!(
        compiled.size() <= 3 * printed.len(),
        "{name}: {} for {}",
        compiled.size(),
        printed.len()
    );

    let requests = requests(&policy, limit);
    let Some(first) = requests.first() else {
        return (0, 0);
    };
    let line = generate::with_policies(
        first.clone(),
        &json!({"identityPolicies": [{"name": name, "document": value(text)}]}),
    );
    let policies = Policies::of(&line).unwrap();
    let mut allowed = 0;
    for request in &requests {
        if let Some(difference) = policies.difference(request).unwrap() {
            panic!("{name}\n{difference}\n  request    {request}");
        }
        allowed += usize::from(policies.is_allowed(request).unwrap());
    }
    (requests.len(), allowed)
}

/// One statement is a list of one, one value too; numbers and booleans are texts; an operator without keys says nothing.
fn normal(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => normal(items.remove(0)),
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::Object(fields) => {
            let says_something =
                |value: &Value| value.as_object().is_none_or(|fields| !fields.is_empty());
            let fields = fields.into_iter().map(|(key, value)| (key, normal(value)));
            fields.filter(|(_, value)| says_something(value)).collect()
        }
        Value::Null | Value::String(_) => value,
    }
}

#[test]
fn aws_managed_policies() {
    let (mut count, mut asked, mut allowed) = (0, 0, 0);
    let mut refused = Vec::new();
    for managed in managed_policies() {
        let document = managed.document();
        let (questions, yes) = examine(&managed.arn(), &document, 6);
        (count, asked, allowed) = (count + 1, asked + questions, allowed + yes);
        if let Err(error) = check(&document, PolicyKind::Identity) {
            refused.push(format!(
                "{}: {error} {}",
                managed.name(),
                error.explanation()
            ));
        }
    }
    // AWS stores a few of its own that it would not take from others.
    assert!(
        refused.len() < 25,
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
    assert!(count > 1_000, "{count}");
    assert!(allowed * 10 > asked, "{allowed} of {asked}");
}

/// Generated statements up to the sizes that documents may have.
#[test]
fn documents_at_the_size_limits() {
    for (number, limit) in [
        limits::USER_INLINE_POLICIES,
        limits::GROUP_INLINE_POLICIES,
        limits::MANAGED_POLICY,
        limits::ROLE_INLINE_POLICIES,
        limits::DOCUMENT_CHARACTERS,
    ]
    .into_iter()
    .enumerate()
    {
        let random = &mut Random::new(13, u64::try_from(number).unwrap());
        let mut statements: Vec<Value> = Vec::new();
        let document = |statements: &[Value]| {
            json!({"Version": "2012-10-17", "Statement": statements}).to_string()
        };
        let mut length = document(&[]).len();
        loop {
            let policies = generate::policies(random);
            let made = policies
                .get("identityPolicies")
                .and_then(|list| list.as_array().cloned())
                .unwrap_or_default();
            let made = made.iter().filter_map(|it| {
                it.get("document")
                    .unwrap_or(it)
                    .get("Statement")?
                    .as_array()
                    .cloned()
            });
            let mut made = made.flatten().filter(|it| it.get("Resource").is_some());
            let Some(statement) = made.next() else {
                continue;
            };
            length += statement.to_string().len() + 1;
            if length > limit {
                break;
            }
            statements.push(statement);
        }
        // Filled up to the last character with a name that nothing else has.
        let mut text = document(&statements);
        let filler = |length: usize| format!(r#","Id":"{}"}}"#, "x".repeat(length));
        if let Some(room) = limit.checked_sub(text.len() + filler(0).len() - 1) {
            text.pop();
            text += &filler(room);
            assert_eq!(size_without_whitespace(&text), limit);
        }
        let (asked, _) = examine(&limit.to_string(), &text, 12);
        assert!(asked > 10, "{limit}: {asked}");
    }
    let statement =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let too_long = format!("{}{statement}", " ".repeat(limits::DOCUMENT_CHARACTERS));
    assert!(Policy::parse(&too_long).is_ok());
    assert!(check(&too_long, PolicyKind::Identity).is_err());
    let too_long = format!("{}{statement}", " ".repeat(limits::READ_CHARACTERS));
    assert!(Policy::parse(&too_long).is_err());
}
