//! A line of `keyward decide` as a question to the oracle, read apart from `simulate`.

use std::sync::Arc;

use keyward_oracle::{ContextValue, Layers, NamedPolicy, Question};
use keyward_policy::Policy;
use serde_json::Value;

/// Reads the policies of a line.
///
/// # Errors
/// A policy that cannot be parsed: the oracle has no answer to that.
pub(crate) fn layers(line: &Value) -> Result<Layers, String> {
    let list = |field: &str| {
        line.get(field)
            .map(|list| policies(field, list))
            .transpose()
    };
    let levels = |field: &str| {
        let levels = line
            .get(field)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let numbered = levels.iter().enumerate();
        numbered
            .map(|(level, list)| policies(&format!("{field}[{level}]"), list))
            .collect::<Result<_, _>>()
    };
    Ok(Layers {
        resource_control: levels("resourceControlPolicies")?,
        service_control: levels("serviceControlPolicies")?,
        endpoint: list("endpointPolicies")?,
        resource: match line.get("resourcePolicy") {
            None => None,
            Some(value) => Some(vec![policy("resourcePolicy".to_owned(), value)?]),
        },
        identity: list("identityPolicies")?,
        boundary: list("permissionsBoundary")?,
        session: list("sessionPolicies")?,
    })
}

/// Reads what a line asks, without its policies.
///
/// # Errors
/// A field that is missing.
pub(crate) fn question(line: &Value, layers: Arc<Layers>) -> Result<Question, String> {
    let text = |field: &str| line.get(field).and_then(Value::as_str).map(str::to_owned);
    let required = |field: &str| text(field).ok_or_else(|| format!("{field} is missing"));
    let action = required("action")?;
    let service = action.split(':').next().and_then(keyward_catalog::service);
    Ok(Question {
        principal: required("principal")?,
        principal_issuer: text("principalIssuer"),
        escapes_rcps: service.is_some_and(|service| !service.is_covered_by_rcps()),
        action,
        resource: required("resource")?,
        resource_account: text("resourceAccount"),
        context: line
            .get("context")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(context)
            .collect(),
        layers,
    })
}

fn policies(field: &str, list: &Value) -> Result<Vec<NamedPolicy>, String> {
    let policies = list
        .as_array()
        .ok_or_else(|| format!("{field} is not a list"))?;
    policies
        .iter()
        .enumerate()
        .map(|(index, value)| policy(format!("{field}[{index}]"), value))
        .collect()
}

fn policy(place: String, value: &Value) -> Result<NamedPolicy, String> {
    let (name, document) = match value.get("document") {
        None => (place, value),
        Some(document) => (
            value
                .get("name")
                .and_then(Value::as_str)
                .map_or(place, str::to_owned),
            document,
        ),
    };
    match Policy::parse(&document.to_string()) {
        Ok(policy) => Ok(NamedPolicy { name, policy }),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn context((key, value): (&String, &Value)) -> Option<(String, ContextValue)> {
    let value = match value {
        Value::Null => return None,
        Value::Array(values) => ContextValue::Multiple(values.iter().map(scalar).collect()),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::String(_) => {
            ContextValue::Single(scalar(value))
        }
    };
    Some((key.clone(), value))
}

fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
