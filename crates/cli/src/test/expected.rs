//! What a test expects.

use super::shape::{list, listed, unknown, wrong};
use super::yaml::{Fault, Node, Value};

const LAYERS: [&str; 8] = [
    "endpoint",
    "identity",
    "none",
    "permissionsBoundary",
    "resource",
    "resourceControl",
    "serviceControl",
    "session",
];

/// What a test expects; what it does not mention may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) decision: Decision,
    pub(super) decided_by: Option<String>,
    /// As `layer/policy/index`, or with the `Sid` in place of the index.
    pub(super) statements: Option<Vec<String>>,
    pub(super) message: Option<String>,
}

/// The decision that a test expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Decision {
    Allowed,
    /// One of the two denials.
    #[default]
    Denied,
    ExplicitDeny,
    ImplicitDeny,
}

impl Decision {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }

    /// Returns whether a decision in the words of the contract is this one.
    pub(super) fn includes(self, decision: &str) -> bool {
        match self {
            Self::Allowed | Self::ExplicitDeny | Self::ImplicitDeny => decision == self.as_str(),
            Self::Denied => ["explicitDeny", "implicitDeny"].contains(&decision),
        }
    }
}

impl Expected {
    /// Reads a decision, or a mapping with a decision and what else matters.
    ///
    /// # Errors
    /// What is neither.
    pub(super) fn read(node: &Node) -> Result<Self, Fault> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::List(_) | Value::Null | Value::Plain(_) | Value::Text(_) => {
                return Ok(Expected {
                    decision: decision(node)?,
                    ..Expected::default()
                });
            }
        };
        let mut expected = Expected::default();
        let mut has_decision = false;
        for (key, value) in entries {
            let text = || {
                value
                    .text()
                    .ok_or_else(|| wrong(value, &key.text, "a text"))
            };
            match key.text.as_str() {
                "decidedBy" => expected.decided_by = Some(layer(value, text()?)?),
                "decision" => {
                    has_decision = true;
                    expected.decision = decision(value)?;
                }
                "message" => expected.message = Some(text()?.to_owned()),
                "statements" => {
                    let statements = list(value, "statements")?.iter().map(|item| {
                        item.text()
                            .map(str::to_owned)
                            .ok_or_else(|| wrong(item, "statements", "a text"))
                    });
                    expected.statements = Some(statements.collect::<Result<_, _>>()?);
                }
                _ => {
                    return Err(unknown(
                        key,
                        &["decidedBy", "decision", "message", "statements"],
                    ));
                }
            }
        }
        if !has_decision {
            return Err(Fault::new(node.place, "expect needs a decision"));
        }
        Ok(expected)
    }
}

fn decision(node: &Node) -> Result<Decision, Fault> {
    let all = [
        Decision::Allowed,
        Decision::Denied,
        Decision::ExplicitDeny,
        Decision::ImplicitDeny,
    ];
    let text = node.text().unwrap_or_default();
    all.into_iter()
        .find(|it| it.as_str() == text)
        .ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|it| it.as_str()).collect();
            Fault::new(
                node.place,
                format!("a decision is one of {}", listed(&names)),
            )
        })
}

fn layer(node: &Node, text: &str) -> Result<String, Fault> {
    if LAYERS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        node.place,
        format!("decidedBy is one of {}", listed(&LAYERS)),
    ))
}
