//! Writes down one element for a trace, by the same comparisons that the decision makes.

use crate::compiled::{Operator, Written};
use crate::condition::{Asked, Held};
use crate::context::{Context, ContextValue};
use crate::question::Question;
use crate::statement::{Placed, bearers, resource_fits};
use crate::template::{Element, Template, has_variables};
use crate::trace::{
    ActualValues, ConditionTrace, ElementForm, ElementTrace, Expansion, ListTrace, MatchClasses,
    PatternTrace, WantedValue,
};

pub(crate) fn action(question: &Question<'_>, placed: Placed<'_>, matched: bool) -> ElementTrace {
    let Placed {
        policy, statement, ..
    } = placed;
    let patterns = policy
        .actions(statement)
        .map(|pattern| noted(&pattern, question.action.fits(&pattern), Expansion::None))
        .collect();
    ElementTrace::Action(ListTrace {
        form: statement.action,
        matched,
        patterns,
    })
}

pub(crate) fn resource(question: &Question<'_>, placed: Placed<'_>, matched: bool) -> ElementTrace {
    let Placed {
        policy, statement, ..
    } = placed;
    let patterns = policy
        .resources(statement)
        .map(|pattern| {
            noted(
                &pattern,
                resource_fits(question, placed, &pattern),
                expansion(&pattern, question.context()),
            )
        })
        .collect();
    ElementTrace::Resource(ListTrace {
        form: statement.resource,
        matched,
        patterns,
    })
}

pub(crate) fn principal(
    question: &Question<'_>,
    placed: Placed<'_>,
    classes: Option<MatchClasses>,
) -> ElementTrace {
    let Placed {
        policy, statement, ..
    } = placed;
    let bearers = bearers(placed);
    let patterns = policy
        .principals(statement)
        .map(|entry| {
            noted(
                &entry,
                !question.caller.classes(&entry, bearers).is_empty(),
                Expansion::None,
            )
        })
        .collect();
    ElementTrace::Principal(ListTrace {
        form: statement.principal,
        matched: classes.is_some(),
        patterns,
    })
}

pub(crate) fn condition(asked: &Asked<'_>, held: Held) -> ElementTrace {
    let Asked {
        policy,
        condition,
        context,
        ..
    } = *asked;
    let key = policy.key(condition);
    let operator = match condition.operator {
        Operator::Known {
            qualifier,
            test,
            if_exists,
        } => keyward_policy::Operator::Known {
            qualifier,
            test,
            if_exists,
        }
        .to_string(),
        Operator::Unknown => policy.unknown_operator(condition).to_owned(),
    };
    let wanted = policy
        .wanted(condition)
        .map(|value| WantedValue {
            text: value.text.to_owned(),
            span: value.place.span(),
            expansion: expansion(&value, context),
        })
        .collect();
    ElementTrace::Condition(ConditionTrace {
        operator,
        operator_span: condition.operator_place.span(),
        key: key.text.to_owned(),
        key_span: key.place.span(),
        matched: held.holds,
        wanted,
        actual: actual(asked),
        reason: held.reason,
    })
}

fn actual(asked: &Asked<'_>) -> ActualValues {
    let mut entries = asked.entries();
    match (entries.next(), entries.next()) {
        (None, _) => ActualValues::Missing,
        (Some(entry), None) => match entry.value {
            ContextValue::Multiple(values) => {
                ActualValues::Multiple(values.iter().map(ToString::to_string).collect())
            }
            ContextValue::Single(value) => ActualValues::Single(value.to_owned()),
        },
        (Some(_), Some(_)) => {
            let all = asked.entries().flat_map(|entry| match entry.value {
                ContextValue::Multiple(values) => values.iter().map(ToString::to_string).collect(),
                ContextValue::Single(value) => vec![value.to_owned()],
            });
            ActualValues::Ambiguous(all.collect())
        }
    }
}

fn noted(pattern: &Written<'_>, fits: bool, expansion: Expansion) -> PatternTrace {
    PatternTrace {
        text: pattern.text.to_owned(),
        span: pattern.place.span(),
        fits,
        expansion,
    }
}

fn expansion(written: &Written<'_>, context: &Context<'_>) -> Expansion {
    if !has_variables(written.kind) {
        return Expansion::None;
    }
    let template = Template::of(written, context);
    if let Some(variable) = template.unresolved() {
        return Expansion::Unresolved(variable.to_owned());
    }
    Expansion::Replaced(
        template
            .elements()
            .map(|element| match element {
                Element::AnyCharacter => "?",
                Element::AnyText => "*",
                Element::Literal(text) | Element::Unresolved(text) => text,
            })
            .collect(),
    )
}

impl ElementForm {
    /// Returns whether a fit of an entry keeps the statement from matching.
    #[must_use]
    pub fn is_negated(self) -> bool {
        match self {
            Self::Absent | Self::Listed => false,
            Self::NotListed => true,
        }
    }
}
