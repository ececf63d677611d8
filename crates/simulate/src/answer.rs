//! The answer to a line.

use keyward_engine::message::{Wording, access_denied};
use keyward_engine::{DecidedBy, Decision, LayerKind, Layers, StatementRef};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::line::{ParseQuestionError, Question};
use crate::wording::resource_name;

/// The answer to a question, in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The line's `id` as JSON text; `None` where the line had none.
    pub id: Option<String>,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: &'static str,
    /// A layer such as `permissionsBoundary`, or `none` where a fixed rule decided.
    pub decided_by: &'static str,
    /// The statements that determined the decision, in the order of layers, policies and documents.
    pub statements: Vec<Statement>,
    /// AWS's words for a refusal, or which policy cannot be used; `None` for an allowed request.
    pub message: Option<String>,
}

/// A statement that determined a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The layer it stands in.
    pub layer: &'static str,
    /// Its policy: the name in the line, or the policy's place there, such as `identityPolicies[0]`.
    pub policy: String,
    /// Its place in the document, counted from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// Decides a question.
#[must_use]
pub fn answer(question: &Question) -> Answer {
    let (decision, statements) = question.statements();
    question.ask(|request, layers| {
        let resource = resource_name(&question.action, &question.resource);
        let wording = Wording {
            resource: resource.as_deref(),
            ..Wording::default()
        };
        let message = match (decision, decision.determined().by) {
            (Decision::Allow(_), _) => None,
            (_, DecidedBy::UnusablePolicy(layer)) => Some(unusable(layer, question)),
            (_, DecidedBy::Layer(_) | DecidedBy::Rule(_)) => {
                Some(access_denied(request, &decision, layers, &wording))
            }
        };
        Answer {
            id: question.id.clone(),
            decision: decision.as_str(),
            decided_by: decision.layer().map_or("none", LayerKind::as_str),
            statements: statements
                .iter()
                .filter_map(|at| statement(*at, layers))
                .collect(),
            message,
        }
    })
}

fn statement(at: StatementRef, layers: &Layers<'_>) -> Option<Statement> {
    let (policy, info) = layers.statement(at)?;
    Some(Statement {
        layer: at.layer.as_str(),
        policy: policy.name().to_string(),
        index: at.statement,
        sid: info.sid.map(str::to_owned),
    })
}

/// Names the first document of the layer that cannot be used, and what is wrong with it.
fn unusable(layer: LayerKind, question: &Question) -> String {
    let reason = question.policies(layer).find_map(|policy| {
        policy
            .policy()
            .unusable_reason()
            .map(|reason| format!("policy {} cannot be used: {reason}", policy.name()))
    });
    format!(
        "Nothing is allowed, because {}",
        reason.unwrap_or_else(|| format!("a {layer} policy cannot be used"))
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RawAnswer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    decision: &'a str,
    decided_by: &'a str,
    statements: Vec<RawStatement<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct RawStatement<'a> {
    layer: &'a str,
    policy: &'a str,
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
}

#[derive(Serialize)]
struct RawError<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: &'a str,
}

impl Answer {
    /// Writes the answer as one line of JSON, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let statements = self
            .statements
            .iter()
            .map(|statement| RawStatement {
                layer: statement.layer,
                policy: &statement.policy,
                index: statement.index,
                sid: statement.sid.as_deref(),
            })
            .collect();
        to_line(&RawAnswer {
            id: raw(self.id.as_deref()),
            decision: self.decision,
            decided_by: self.decided_by,
            statements,
            message: self.message.as_deref(),
        })
    }
}

impl ParseQuestionError {
    /// Writes the error as one line of JSON, `{"id":…,"error":…}`, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_line(&RawError {
            id: raw(self.id.as_deref()),
            error: &self.message,
        })
    }
}

fn raw(id: Option<&str>) -> Option<&RawValue> {
    id.and_then(|text| serde_json::from_str(text).ok())
}

/// Writing a struct of strings and numbers cannot fail; if it did, the line would still not allow.
fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|_| r#"{"error":"the answer cannot be written"}"#.to_owned())
}

/// What a line was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The line was decided.
    Answered(Answer),
    /// The line could not be read.
    Malformed(ParseQuestionError),
}

impl Reply {
    /// Writes the reply as one line of JSON, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Answered(answer) => answer.to_json(),
            Self::Malformed(error) => error.to_json(),
        }
    }
}

/// Answers one line of `keyward decide`.
#[must_use]
pub fn answer_line(line: &str) -> Reply {
    match Question::parse(line) {
        Ok(question) => Reply::Answered(answer(&question)),
        Err(error) => Reply::Malformed(error),
    }
}
