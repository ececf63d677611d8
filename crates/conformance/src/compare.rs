//! One line, two evaluators.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use keyward_oracle::{Layer, Outcome};
use keyward_simulate::{Answer, Question, Reply, answer, answer_line};
use serde_json::Value;

use crate::cases::{Case, Expected};
use crate::line;

/// What one evaluator says to a line, in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: String,
    /// The deciding layer, or `none`.
    pub decided_by: String,
    /// The determining statements, as `layer/policy/index`.
    pub statements: BTreeSet<String>,
    /// The message; the oracle has none.
    pub message: Option<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} by {} {:?}",
            self.decision, self.decided_by, self.statements
        )?;
        match &self.message {
            Some(message) => write!(f, "\n             {message}"),
            None => Ok(()),
        }
    }
}

/// Asks the engine.
///
/// # Errors
/// The `error` of a line that it does not understand.
pub fn engine(line: &str) -> Result<Verdict, String> {
    match answer_line(line) {
        Reply::Answered(answer) => Ok(of_engine(answer)),
        Reply::Malformed(error) => Err(error.message),
    }
}

fn of_engine(answer: Answer) -> Verdict {
    Verdict {
        decision: answer.decision.to_owned(),
        decided_by: answer.decided_by.to_owned(),
        statements: (answer.statements.iter())
            .map(|statement| {
                format!(
                    "{}/{}/{}",
                    statement.layer, statement.policy, statement.index
                )
            })
            .collect(),
        message: answer.message,
    }
}

/// Asks the oracle.
///
/// # Errors
/// A policy that cannot be parsed, or a principal that names nobody.
pub fn oracle(line: &Value) -> Result<Verdict, String> {
    of_oracle(&line::question(line, Arc::new(line::layers(line)?))?)
}

fn of_oracle(question: &keyward_oracle::Question) -> Result<Verdict, String> {
    let decision = keyward_oracle::decide(question).ok_or("the principal names nobody")?;
    let statement = |found: &keyward_oracle::Determining| {
        format!(
            "{}/{}/{}",
            layer_name(found.layer),
            found.policy,
            found.index
        )
    };
    Ok(Verdict {
        decision: match decision.outcome {
            Outcome::Allow => "allowed",
            Outcome::ExplicitDeny => "explicitDeny",
            Outcome::ImplicitDeny => "implicitDeny",
        }
        .to_owned(),
        decided_by: decision.decided_by.map_or("none", layer_name).to_owned(),
        statements: decision.statements.iter().map(statement).collect(),
        message: None,
    })
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::ResourceControl => "resourceControl",
        Layer::ServiceControl => "serviceControl",
        Layer::Endpoint => "endpoint",
        Layer::Resource => "resource",
        Layer::Identity => "identity",
        Layer::Boundary => "permissionsBoundary",
        Layer::Session => "session",
    }
}

/// Returns how the two evaluators differ on a line; `None` where they agree.
///
/// # Errors
/// A line that one of them does not understand.
pub fn difference(line: &Value) -> Result<Option<String>, String> {
    Policies::of(line)?.difference(&without_policies(line))
}

/// The request of a line.
fn without_policies(line: &Value) -> Value {
    const REQUEST: [&str; 7] = [
        "action",
        "context",
        "id",
        "principal",
        "principalIssuer",
        "resource",
        "resourceAccount",
    ];
    let fields = line
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| REQUEST.contains(&key.as_str()));
    Value::Object(
        fields
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

fn shown_if_different(mut engine: Verdict, oracle: &Verdict) -> Option<String> {
    // The oracle has no words.
    engine.message = None;
    (engine != *oracle).then(|| format!("  engine     {engine}\n  oracle     {oracle}"))
}

/// Policies that both evaluators have read once, to be asked many times.
#[derive(Debug)]
pub struct Policies {
    engine: Question,
    oracle: Arc<keyward_oracle::Layers>,
}

impl Policies {
    /// Reads the policies of a line.
    ///
    /// # Errors
    /// A line that one of them does not understand.
    pub fn of(line: &Value) -> Result<Self, String> {
        let engine = Question::parse(&line.to_string()).map_err(|error| error.message)?;
        Ok(Self {
            engine,
            oracle: Arc::new(line::layers(line)?),
        })
    }

    /// Returns how the two evaluators differ on a line without policies; `None` where they agree. The engine must also
    /// agree with itself, whether it is asked for the decision, its statements, or its trace.
    ///
    /// # Errors
    /// As [`difference`].
    pub fn difference(&self, request: &Value) -> Result<Option<String>, String> {
        let question = self
            .engine
            .parse_another(&request.to_string())
            .map_err(|error| error.message)?;
        let oracle = of_oracle(&line::question(request, Arc::clone(&self.oracle))?)?;
        Ok(disagreement(&question)
            .or_else(|| shown_if_different(of_engine(answer(&question)), &oracle)))
    }
}

impl Policies {
    /// Returns whether the engine allows a line without policies.
    ///
    /// # Errors
    /// A line that it does not understand.
    pub fn is_allowed(&self, request: &Value) -> Result<bool, String> {
        let question = self.engine.parse_another(&request.to_string());
        let question = question.map_err(|error| error.message)?;
        Ok(answer(&question).decision == "allowed")
    }
}

fn disagreement(question: &Question) -> Option<String> {
    let decision = question.decide();
    let (with_statements, _) = question.statements();
    let (with_trace, trace) = question.explain();
    let all_equal = [with_statements, with_trace, trace.decision]
        .iter()
        .all(|other| *other == decision);
    (!all_equal).then(|| {
        format!("  decide     {decision:?}\n  statements {with_statements:?}\n  explain    {with_trace:?}")
    })
}

/// Runs a case against both evaluators; the text shows each that does not answer as expected.
///
/// The oracle is not asked about policies that cannot be parsed, and never about messages.
#[must_use]
pub fn run(case: &Case) -> Option<String> {
    let mut report = String::new();
    match engine(&case.line.to_string()) {
        Err(error) => report.push_str(&format!("\n  engine     error: {error}")),
        Ok(verdict) if agrees(&case.expect, &verdict, true) => {}
        Ok(verdict) => report.push_str(&format!("\n  engine     {verdict}")),
    }
    match oracle(&case.line) {
        Err(_) => {}
        Ok(verdict) if agrees(&case.expect, &verdict, false) => {}
        Ok(verdict) => report.push_str(&format!("\n  oracle     {verdict}")),
    }
    if report.is_empty() {
        return None;
    }
    let Expected {
        decision,
        decided_by,
        statements,
        message,
    } = &case.expect;
    let mut expected = decision.clone();
    if let Some(decided_by) = decided_by {
        expected.push_str(&format!(" by {decided_by}"));
    }
    if let Some(statements) = statements {
        expected.push_str(&format!(" {statements:?}"));
    }
    if let Some(message) = message {
        expected.push_str(&format!("\n             {message}"));
    }
    Some(format!(
        "{} ({})\n  expected   {expected}{report}\n  line       {}",
        case.name, case.source, case.line
    ))
}

fn agrees(expected: &Expected, verdict: &Verdict, with_message: bool) -> bool {
    expected.decision == verdict.decision
        && expected
            .decided_by
            .as_ref()
            .is_none_or(|layer| *layer == verdict.decided_by)
        && expected
            .statements
            .as_ref()
            .is_none_or(|statements| *statements == verdict.statements)
        && (!with_message || expected.message.is_none() || expected.message == verdict.message)
}
