//! A line of `keyward decide`, read.

use std::sync::Arc;

use keyward_arn::{AccountId, Arn};
use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy};
use keyward_policy::Policy;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fields::{Fields, Value, value};
use crate::principal::Caller;

/// One question with its policies, ready to be decided any number of times.
#[derive(Clone, Debug)]
pub struct Question {
    pub(crate) id: Option<String>,
    pub(crate) caller: Caller,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_account: Option<AccountId>,
    pub(crate) context: Vec<(String, Value)>,
    pub(crate) policies: Arc<Policies>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Multiple(values) => values.fmt(f),
            Self::Null => f.write_str("null"),
            Self::Single(value) => value.fmt(f),
        }
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        match self {
            Self::Multiple(values) => Self::Multiple(values.clone()),
            Self::Null => Self::Null,
            Self::Single(value) => Self::Single(value.clone()),
        }
    }
}

/// The policies of a question, layer by layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    pub(crate) resource_control: Vec<Vec<AttachedPolicy>>,
    pub(crate) service_control: Vec<Vec<AttachedPolicy>>,
    pub(crate) endpoint: Option<Vec<AttachedPolicy>>,
    pub(crate) resource: Vec<AttachedPolicy>,
    pub(crate) identity: Vec<AttachedPolicy>,
    pub(crate) boundary: Option<Vec<AttachedPolicy>>,
    pub(crate) session: Option<Vec<AttachedPolicy>>,
}

/// A line that cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseQuestionError {
    /// The line's `id` as JSON text, where it could be made out.
    pub id: Option<String>,
    /// What is wrong, and where in the line.
    pub message: String,
}

/// The fields of a line. serde refuses unknown, missing and repeated ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawLine<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    principal: String,
    principal_issuer: Option<String>,
    action: String,
    resource: String,
    resource_account: Option<String>,
    #[serde(borrow)]
    context: Option<Fields<'a>>,
    #[serde(borrow)]
    identity_policies: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    resource_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    permissions_boundary: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    session_policies: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    service_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    resource_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    endpoint_policies: Option<Vec<&'a RawValue>>,
}

/// What is looked for in a line that cannot be read.
#[derive(Deserialize)]
struct RawId<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Question {
    /// Reads a line.
    ///
    /// A policy that cannot be read is no error here: it makes the answer a refusal.
    ///
    /// # Errors
    /// Anything about the line that is not understood: not an object, a field that is unknown, missing, repeated or of
    /// the wrong type, a principal that names nobody.
    ///
    /// # Examples
    /// ```
    /// let line = r#"{"principal":"*","action":"s3:GetObject","resource":"arn:aws:s3:::b/o"}"#;
    /// let question = keyward_simulate::Question::parse(line).unwrap();
    /// assert_eq!(keyward_simulate::answer(&question).decision, "implicitDeny");
    /// ```
    pub fn parse(line: &str) -> Result<Self, ParseQuestionError> {
        read_line(line, |raw| policies(raw).map(Arc::new))
    }

    /// Reads a line without policies, to be decided over the policies of this question.
    ///
    /// Costs nothing for the policies, however many there are: they are shared.
    ///
    /// # Errors
    /// As [`Question::parse`], and a line that has policies of its own.
    pub fn parse_another(&self, line: &str) -> Result<Self, ParseQuestionError> {
        read_line(line, |raw| {
            if raw.has_policies() {
                return Err("the line has policies of its own".to_owned());
            }
            Ok(Arc::clone(&self.policies))
        })
    }
}

impl RawLine<'_> {
    fn has_policies(&self) -> bool {
        self.identity_policies.is_some()
            || self.resource_policy.is_some()
            || self.permissions_boundary.is_some()
            || self.session_policies.is_some()
            || self.service_control_policies.is_some()
            || self.resource_control_policies.is_some()
            || self.endpoint_policies.is_some()
    }
}

fn read_line(
    line: &str,
    policies: impl FnOnce(&RawLine<'_>) -> Result<Arc<Policies>, String>,
) -> Result<Question, ParseQuestionError> {
    // serde would take a list of the fields in their order for the object.
    if line.trim_start().starts_with('[') {
        return Err(ParseQuestionError {
            id: None,
            message: "a line must be an object, not a list".to_owned(),
        });
    }
    let read = || {
        let raw: RawLine<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let policies = policies(&raw)?;
        read(raw, policies)
    };
    read().map_err(|message| {
        let raw = serde_json::from_str::<RawId<'_>>(line).ok();
        ParseQuestionError {
            id: raw.and_then(|raw| raw.id).map(|id| id.get().to_owned()),
            message,
        }
    })
}

fn read(raw: RawLine<'_>, policies: Arc<Policies>) -> Result<Question, String> {
    let caller = Caller::parse(&raw.principal, raw.principal_issuer.as_deref(), &raw.action)
        .map_err(|message| format!("principal: {message}"))?;
    if !is_action(&raw.action) {
        return Err(format!(
            "action: {:?} is not of the form service:Name",
            raw.action
        ));
    }
    if raw.resource.is_empty() {
        return Err("resource: must be an ARN, or * for an action without resource".to_owned());
    }
    let resource_account = match &raw.resource_account {
        Some(text) => Some(
            AccountId::parse(text)
                .map_err(|_| format!("resourceAccount: {text:?} is not 12 digits"))?,
        ),
        None => Arn::parse(&raw.resource)
            .and_then(|arn| arn.account_id())
            .or_else(|| caller.principal().account()),
    };
    Ok(Question {
        id: raw.id.map(|id| id.get().to_owned()),
        caller,
        action: raw.action,
        resource: raw.resource,
        resource_account,
        context: context(raw.context)?,
        policies,
    })
}

fn policies(raw: &RawLine<'_>) -> Result<Policies, String> {
    Ok(Policies {
        resource_control: levels(
            "resourceControlPolicies",
            raw.resource_control_policies.as_deref(),
        )?,
        service_control: levels(
            "serviceControlPolicies",
            raw.service_control_policies.as_deref(),
        )?,
        endpoint: list(
            "endpointPolicies",
            raw.endpoint_policies.as_deref(),
            &AttachedTo::Endpoint,
        )?,
        resource: match raw.resource_policy {
            None => Vec::new(),
            Some(raw) => vec![policy(
                "resourcePolicy".to_owned(),
                raw,
                AttachedTo::Resource,
            )?],
        },
        identity: list(
            "identityPolicies",
            raw.identity_policies.as_deref(),
            &AttachedTo::User("".into()),
        )?
        .unwrap_or_default(),
        boundary: list(
            "permissionsBoundary",
            raw.permissions_boundary.as_deref(),
            &AttachedTo::User("".into()),
        )?,
        session: list(
            "sessionPolicies",
            raw.session_policies.as_deref(),
            &AttachedTo::Session,
        )?,
    })
}

fn is_action(text: &str) -> bool {
    let no_blank = !text.chars().any(char::is_whitespace);
    no_blank
        && text.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !name.contains(':')
        })
}

fn context(fields: Option<Fields<'_>>) -> Result<Vec<(String, Value)>, String> {
    let mut context: Vec<(String, Value)> = Vec::new();
    for (key, raw) in fields.map_or_else(Vec::new, |fields| fields.0) {
        if context.iter().any(|(known, _)| *known == key) {
            return Err(format!("context: {key:?} stands there twice"));
        }
        let value = value(raw).ok_or_else(|| {
            format!("context: the value of {key:?} is neither a scalar nor a list of scalars")
        })?;
        context.push((key, value));
    }
    Ok(context)
}

fn levels(field: &str, raw: Option<&[Vec<&RawValue>]>) -> Result<Vec<Vec<AttachedPolicy>>, String> {
    raw.unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(level, raw)| {
            let field = format!("{field}[{level}]");
            let organization = AttachedTo::Organization(level.to_string().into());
            list(&field, Some(raw), &organization).map(Option::unwrap_or_default)
        })
        .collect()
}

fn list(
    field: &str,
    raw: Option<&[&RawValue]>,
    attached_to: &AttachedTo,
) -> Result<Option<Vec<AttachedPolicy>>, String> {
    let Some(raw) = raw else {
        return Ok(None);
    };
    raw.iter()
        .enumerate()
        .map(|(index, raw)| policy(format!("{field}[{index}]"), raw, attached_to.clone()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Reads `{name, document}` or a bare document. Without a name, the policy is called by its place in the line.
fn policy(
    place: String,
    raw: &RawValue,
    attached_to: AttachedTo,
) -> Result<AttachedPolicy, String> {
    let fields = match serde_json::from_str::<Fields<'_>>(raw.get()) {
        Ok(Fields(fields)) => fields,
        // Not an object: a document that cannot be used.
        Err(_) => Vec::new(),
    };
    let mut name = None;
    let mut document = None;
    if fields.iter().any(|(key, _)| key == "document") {
        for (key, value) in &fields {
            let repeated = match key.as_str() {
                "document" => document.replace(*value).is_some(),
                "name" => {
                    let text: String = serde_json::from_str(value.get())
                        .map_err(|_| format!("{place}.name: must be a string"))?;
                    name.replace(text).is_some()
                }
                other => return Err(format!("{place}: unknown field {other:?} beside document")),
            };
            if repeated {
                return Err(format!("{place}.{key}: stands there twice"));
            }
        }
    }
    let compiled = match (Policy::parse(document.unwrap_or(raw).get()), &name) {
        (Ok(policy), _) => CompiledPolicy::compile(&policy),
        (Err(error), None) => CompiledPolicy::unusable(error.to_string()),
        (Err(error), Some(_)) => CompiledPolicy::unusable(format!("{place}: {error}")),
    };
    let name = name.unwrap_or(place);
    // A managed policy may be named by its ARN, which refusals then print.
    let arn: Option<Arc<str>> = Arn::parse(&name).is_some().then(|| name.as_str().into());
    Ok(AttachedPolicy::new(
        Arc::new(compiled),
        name,
        arn,
        attached_to,
    ))
}
