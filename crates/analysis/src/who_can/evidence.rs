//! A statement as evidence, with what of it is left open.

use keyward_diagnose::{Place, place_of, policy_phrase, statement_number};
use keyward_engine::{AttachedTo, StatementRef};
use keyward_policy::Effect;

use crate::gather::{Gathered, origin};
use crate::partial::{Known, is_open};

/// A statement that has a say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `statement 2 (Sid Read) of inline policy Read on user alice`.
    pub statement: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Where it is written.
    pub place: Option<Place>,
    /// The conditions whose keys are not known, as `StringEquals aws:RequestedRegion eu-west-1`; all must hold.
    pub conditions: Vec<String>,
}

/// Makes evidence of a statement; `None` where its document is not known.
pub(crate) fn evidence(
    gathered: &Gathered,
    at: StatementRef,
    known: &Known<'_>,
) -> Option<Evidence> {
    let document = gathered.documents.get(&at.into())?;
    let statement = document.policy.statements.get(at.statement)?;
    let layers = gathered.layers();
    let (attached, _) = layers.statement(at)?;
    let to = match attached.attached_to() {
        AttachedTo::Endpoint => "the VPC endpoint".to_owned(),
        AttachedTo::Group(name) => format!("group {name}"),
        AttachedTo::Organization(id) => id.to_string(),
        AttachedTo::Resource => "the resource".to_owned(),
        AttachedTo::Role(name) => format!("role {name}"),
        AttachedTo::Session => "the session".to_owned(),
        AttachedTo::User(name) => format!("user {name}"),
    };
    let number = statement_number(
        at.statement,
        document.policy.statements.len(),
        statement.sid.as_ref().map(|sid| sid.value.as_str()),
    );
    let policy = policy_phrase(
        at.layer,
        attached.name(),
        attached.arn().map(AsRef::as_ref),
        &to,
    );
    let conditions = statement.conditions.iter().filter(|it| is_open(it, known));
    Some(Evidence {
        statement: format!("{number} of {policy}"),
        effect: statement.effect.value,
        place: Some(match gathered.texts.get(&at.into()) {
            None => place_of(&document.origin, statement.span),
            Some(text) => place_of(&origin(text), statement.span),
        }),
        conditions: conditions
            .map(|it| {
                let values: Vec<&str> = it.values.iter().map(|it| it.value.as_str()).collect();
                format!(
                    "{} {} {}",
                    it.operator.value,
                    it.key.value,
                    values.join(" or ")
                )
            })
            .collect(),
    })
}
