//! What a service kept of an authorization: the answer of `GetRequestAuthorizationDetails`, and what
//! `DecodeAuthorizationMessage` opens.
// SOURCE: the service model `iam-toolbox`; spec/access-denied-messages.md §1, the encoded message.

use keyward_arn::Arn;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ReadError;
use crate::message::Deny;

/// A request as the service that decided it saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The ARN of who asked; `None` where the record does not tell.
    pub principal: Option<String>,
    /// Such as `iam:DeleteUser`.
    pub action: String,
    /// An ARN or `*`.
    pub resource: String,
    /// How it was refused; `None` where it was allowed.
    pub deny: Option<Deny>,
    /// The condition keys, with one value or a list.
    pub context: Vec<(String, Vec<String>)>,
    /// The layers that were asked, in the record's order.
    pub checks: Vec<Check>,
    /// The policies that were asked.
    pub policies: Vec<RecordedPolicy>,
}

/// What one layer came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Such as `PRINCIPAL`.
    pub kind: String,
    /// `ALLOW`, `EXPLICIT_DENY`, `IMPLICIT_DENY` or `NO_IMPACT`.
    pub effect: String,
    /// The statements that matched: the policy's URI, the statement's `Sid`, and `ALLOW` or `DENY`.
    pub matched: Vec<(String, String, String)>,
}

/// A policy that was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedPolicy {
    /// Such as `IDENTITY_BASED_POLICY`.
    pub kind: String,
    /// What the record names it by: the ARN of a managed policy, or a name of the record's own.
    pub uri: String,
    /// The ARNs of what it was attached to.
    pub attached_to: Vec<String>,
}

impl Recorded {
    /// Reads the answer of `GetRequestAuthorizationDetails`.
    ///
    /// # Errors
    /// Where it is no such answer.
    pub fn of_details(text: &str) -> Result<Self, ReadError> {
        let wrong = |what: String| {
            ReadError::new(format!(
                "these are no authorization details, as GetRequestAuthorizationDetails answers: {what}"
            ))
        };
        let raw: RawDetails =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let refused = |it: &RawEvaluation| it.evaluated_effect != "ALLOW";
        let first = raw.evaluations.iter().position(refused).unwrap_or(0);
        let evaluation = raw
            .evaluations
            .into_iter()
            .nth(first)
            .ok_or_else(|| wrong("there is no evaluation in it".to_owned()))?;
        let context: Vec<(String, Vec<String>)> = raw
            .request_context
            .into_iter()
            .chain(evaluation.context)
            .map(|(key, value)| (key, values(value)))
            .collect();
        Ok(Self {
            principal: principal(&context),
            action: evaluation.action,
            resource: evaluation.resource.unwrap_or_else(|| "*".to_owned()),
            deny: match evaluation.evaluated_effect.as_str() {
                "ALLOW" => None,
                "EXPLICIT_DENY" => Some(Deny::Explicit),
                _ => Some(Deny::Implicit),
            },
            context,
            checks: evaluation.checks.into_iter().map(check).collect(),
            policies: raw.policies.into_iter().map(policy).collect(),
        })
    }

    /// Reads what `DecodeAuthorizationMessage` answers as the decoded message.
    ///
    /// # Errors
    /// Where it is none.
    pub fn of_decoded(text: &str) -> Result<Self, ReadError> {
        let raw: RawDecoded = serde_json::from_str(text).map_err(|error| {
            ReadError::new(format!(
                "this is no decoded authorization message, as DecodeAuthorizationMessage answers: {error}"
            ))
        })?;
        let context = raw.context;
        let matched = raw.matched_statements.items.into_iter();
        let matched: Vec<_> = matched
            .map(|it| (it.source_policy_id, it.statement_id, it.effect))
            .collect();
        let deny = match (raw.allowed, raw.explicit_deny) {
            (true, _) => None,
            (false, true) => Some(Deny::Explicit),
            (false, false) => Some(Deny::Implicit),
        };
        let checks = matched.into_iter().map(|it| Check {
            kind: "STATEMENT".to_owned(),
            effect: "EXPLICIT_DENY".to_owned(),
            matched: vec![it],
        });
        let conditions = context.conditions.items.into_iter().map(|it| {
            let values = it.values.items.into_iter().map(|it| it.value).collect();
            (it.key, values)
        });
        Ok(Self {
            principal: Some(context.principal.arn).filter(|arn| !arn.is_empty()),
            action: context.action,
            resource: context.resource,
            deny,
            context: conditions.collect(),
            checks: checks.collect(),
            policies: Vec::new(),
        })
    }

    /// Returns the value of a condition key that has one.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        value(&self.context, key)
    }
}

fn value<'a>(context: &'a [(String, Vec<String>)], key: &str) -> Option<&'a str> {
    let (_, values) = context
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(key))?;
    match values.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

/// Finds who asked. `aws:PrincipalArn` of a session is its role; the session's own name stands in `aws:userid`.
// SOURCE: spec/condition-keys.md §1, spec/sts.md §3.
fn principal(context: &[(String, Vec<String>)]) -> Option<String> {
    let arn = value(context, "aws:PrincipalArn")?;
    let parsed = Arn::parse(arn)?;
    let Some(role) = parsed.resource.strip_prefix("role/") else {
        return Some(arn.to_owned());
    };
    let name = role.rsplit('/').next()?;
    let (_, session) = value(context, "aws:userid")?.split_once(':')?;
    Some(format!(
        "arn:{}:sts::{}:assumed-role/{name}/{session}",
        parsed.partition, parsed.account
    ))
}

fn values(value: Value) -> Vec<String> {
    if let Value::Array(list) = value {
        list.into_iter().map(text).collect()
    } else {
        vec![text(value)]
    }
}

fn text(value: Value) -> String {
    if let Value::String(text) = value {
        text
    } else {
        value.to_string()
    }
}

fn check(raw: RawCheck) -> Check {
    let matched = raw.matched_policies.into_iter().flat_map(|policy| {
        let statements = policy.matched_statements.into_iter();
        let uri = policy.uri;
        statements.map(move |it| (uri.clone(), it.sid, it.evaluated_effect))
    });
    Check {
        kind: raw.check_type,
        effect: raw.evaluated_effect,
        matched: matched.collect(),
    }
}

fn policy(raw: RawPolicy) -> RecordedPolicy {
    RecordedPolicy {
        kind: raw.kind,
        uri: raw.uri,
        attached_to: raw.attached_to.into_iter().map(|it| it.arn).collect(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDetails {
    #[serde(default)]
    request_context: serde_json::Map<String, Value>,
    evaluations: Vec<RawEvaluation>,
    #[serde(default)]
    policies: Vec<RawPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvaluation {
    action: String,
    resource: Option<String>,
    #[serde(default)]
    context: serde_json::Map<String, Value>,
    evaluated_effect: String,
    #[serde(default)]
    checks: Vec<RawCheck>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCheck {
    check_type: String,
    evaluated_effect: String,
    #[serde(default)]
    matched_policies: Vec<RawMatched>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMatched {
    uri: String,
    #[serde(default)]
    matched_statements: Vec<RawStatement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatement {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    evaluated_effect: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPolicy {
    #[serde(rename = "type", default)]
    kind: String,
    uri: String,
    #[serde(default)]
    attached_to: Vec<RawAttachedTo>,
}

#[derive(Deserialize)]
struct RawAttachedTo {
    #[serde(default)]
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDecoded {
    allowed: bool,
    #[serde(default)]
    explicit_deny: bool,
    #[serde(default)]
    matched_statements: Items<RawDeciding>,
    context: RawContext,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Items<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDeciding {
    #[serde(default)]
    statement_id: String,
    #[serde(default)]
    effect: String,
    #[serde(default)]
    source_policy_id: String,
}

#[derive(Deserialize)]
struct RawContext {
    principal: RawPrincipal,
    action: String,
    resource: String,
    #[serde(default)]
    conditions: Items<RawCondition>,
}

#[derive(Deserialize)]
struct RawPrincipal {
    #[serde(default)]
    arn: String,
}

#[derive(Deserialize)]
struct RawCondition {
    key: String,
    #[serde(default)]
    values: Items<RawValueOf>,
}

#[derive(Deserialize)]
struct RawValueOf {
    value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details() {
        let read = Recorded::of_details(
            r#"{"requestContext":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team/Deploy","aws:userid":"AROAX:ci","aws:TagKeys":["a","b"]},
                "evaluations":[{"action":"iam:GetRole","resource":"*","context":{},"evaluatedEffect":"ALLOW","checks":[]},
                {"action":"iam:DeleteUser","resource":"arn:aws:iam::111122223333:user/bob","context":{"iam:ResourceTag/x":"y"},"evaluatedEffect":"EXPLICIT_DENY",
                 "checks":[{"checkType":"PRINCIPAL","evaluatedEffect":"EXPLICIT_DENY","relevantPolicyTypes":[],"matchedPolicies":[{"uri":"inline-0","matchedStatements":[{"sid":"Never","evaluatedEffect":"DENY"}]}]}]}],
                "policies":[{"type":"IDENTITY_BASED_POLICY","inline":true,"uri":"inline-0","attachedTo":[{"arn":"arn:aws:iam::111122223333:role/team/Deploy"}]}]}"#,
        )
        .unwrap();
        assert_eq!(
            read.principal.as_deref(),
            Some("arn:aws:sts::111122223333:assumed-role/Deploy/ci")
        );
        assert_eq!(
            (read.action.as_str(), read.deny),
            ("iam:DeleteUser", Some(Deny::Explicit))
        );
        assert_eq!(read.context.len(), 4);
        assert_eq!(read.value("IAM:resourcetag/x"), Some("y"));
        assert_eq!(read.value("aws:TagKeys"), None);
        assert_eq!(read.checks[0].matched[0].1, "Never");
        assert_eq!(read.policies[0].uri, "inline-0");
    }

    #[test]
    fn decoded() {
        let read = Recorded::of_decoded(
            r#"{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"No","effect":"DENY","sourcePolicyId":"P","sourcePolicyType":"IAM Policy"}]},
                "failures":{"items":[]},"context":{"principal":{"id":"AIDAX","arn":"arn:aws:iam::111122223333:user/ann"},"action":"ec2:RunInstances","resource":"*",
                "conditions":{"items":[{"key":"ec2:Region","values":{"items":[{"value":"us-east-1"}]}}]}}}"#,
        )
        .unwrap();
        assert_eq!(read.deny, Some(Deny::Explicit));
        assert_eq!(read.value("ec2:region"), Some("us-east-1"));
        assert_eq!(
            read.principal.as_deref(),
            Some("arn:aws:iam::111122223333:user/ann")
        );
    }

    #[test]
    fn other_texts() {
        for text in ["", "{}", "[]", r#"{"evaluations":[]}"#, "<html>"] {
            assert!(Recorded::of_details(text).is_err(), "{text}");
            assert!(Recorded::of_decoded(text).is_err(), "{text}");
        }
    }
}
