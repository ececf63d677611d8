//! One statement of the trace as evidence: what it wants, what the request has.

use keyward_engine::{
    ActualValues, ConditionReason, ConditionTrace, ElementForm, ElementTrace, Expansion, ListTrace,
    PatternTrace, PolicyTrace, StatementTrace,
};
use keyward_policy::{Position, Span};

use crate::case::{Case, Origin, PolicyPlace};
use crate::hint;
use crate::report::{Element, Mark, Place, Seen, StatementReport, Wanted};
use crate::words;

/// How many entries of an element are shown.
const SHOWN: usize = 3;

/// Makes the report of a statement.
pub(crate) fn report(
    case: &Case<'_>,
    policy: &PolicyTrace,
    statement: &StatementTrace,
    determined: bool,
) -> StatementReport {
    StatementReport {
        layer: statement.at.layer,
        policy: policy.name.to_string(),
        arn: policy.arn.as_deref().map(str::to_owned),
        attached_to: words::attached(&policy.attached_to),
        index: statement.at.statement,
        of: policy.statements.len(),
        sid: statement.sid.clone(),
        effect: statement.effect,
        place: place(case, statement.at.into(), statement.span),
        determined,
        elements: statement
            .elements
            .iter()
            .filter_map(|trace| element(case, trace))
            .collect(),
    }
}

fn place(case: &Case<'_>, policy: PolicyPlace, span: Span) -> Option<Place> {
    Some(place_of(&case.documents.get(&policy)?.origin, span))
}

/// Returns where a stretch of a document is written.
#[must_use]
pub fn place_of(origin: &Origin, span: Span) -> Place {
    match origin {
        Origin::File { path, start } => Place {
            file: Some(path.clone()),
            position: shifted(*start, span.start),
            one_line: false,
            inner: None,
        },
        Origin::InString { path, at } => Place {
            file: Some(path.clone()),
            position: *at,
            one_line: false,
            inner: Some(span.start),
        },
        Origin::Lines => Place {
            file: None,
            position: span.start,
            one_line: false,
            inner: None,
        },
        Origin::OneLine => Place {
            file: None,
            position: span.start,
            one_line: true,
            inner: None,
        },
    }
}

/// Returns the place in the file of a place in a document that begins at `start`.
fn shifted(start: Position, at: Position) -> Position {
    let column = if at.line <= 1 {
        start.column.saturating_add(at.column).saturating_sub(1)
    } else {
        at.column
    };
    Position {
        line: start.line.saturating_add(at.line).saturating_sub(1),
        column,
    }
}

/// Makes the report of an element; `None` for one that is not written.
fn element(case: &Case<'_>, trace: &ElementTrace) -> Option<Element> {
    let one = |text: &str| Seen::One(text.to_owned());
    match trace {
        ElementTrace::Action(list) => element_of_list(
            ("Action", "NotAction"),
            list,
            one(case.request.action),
            |list| hint::action(list, case.request.action),
        ),
        ElementTrace::Condition(condition) => Some(element_of_condition(case, condition)),
        ElementTrace::Principal(list) => {
            let principal = words::principal_name(&case.request.principal);
            element_of_list(
                ("Principal", "NotPrincipal"),
                list,
                Seen::One(principal),
                |list| hint::principal(list, &case.request.principal),
            )
        }
        ElementTrace::Resource(list) => element_of_list(
            ("Resource", "NotResource"),
            list,
            one(case.request.resource),
            |list| hint::resource(list, case.request.resource, &case.request.principal),
        ),
    }
}

fn element_of_list(
    (listed, not_listed): (&'static str, &'static str),
    list: &ListTrace,
    seen: Seen,
    hint: impl Fn(&ListTrace) -> Option<String>,
) -> Option<Element> {
    let name = match list.form {
        ElementForm::Absent if list.matched => return None,
        ElementForm::Absent => listed,
        ElementForm::Listed => listed,
        ElementForm::NotListed => not_listed,
    };
    let seen_text = match &seen {
        Seen::One(text) => text.as_str(),
        Seen::NotGiven | Seen::Several(_) => "",
    };
    // Those that fit tell why; where none does, the nearest do.
    let mut shown: Vec<&PatternTrace> = list
        .patterns
        .iter()
        .filter(|pattern| pattern.fits)
        .collect();
    if shown.is_empty() {
        shown = list.patterns.iter().collect();
        shown.sort_by_key(|pattern| std::cmp::Reverse(hint::closeness(&pattern.text, seen_text)));
    }
    shown.truncate(SHOWN);
    Some(Element {
        name,
        condition: None,
        mark: if list.matched {
            Mark::Fits
        } else {
            Mark::Misses
        },
        more: list.patterns.len().saturating_sub(shown.len()),
        wanted: shown
            .into_iter()
            .map(|pattern| wanted(&pattern.text, &pattern.expansion))
            .collect(),
        seen,
        hint: if list.matched {
            None
        } else if list.form == ElementForm::Absent {
            Some(format!("the statement has no {listed}"))
        } else {
            hint(list)
        },
    })
}

fn element_of_condition(case: &Case<'_>, condition: &ConditionTrace) -> Element {
    let seen = match &condition.actual {
        ActualValues::Missing => Seen::NotGiven,
        ActualValues::Multiple(values) | ActualValues::Ambiguous(values) => {
            Seen::Several(values.clone())
        }
        ActualValues::Single(value) => Seen::One(value.clone()),
    };
    let hint = match condition.reason {
        ConditionReason::EmptyValueList => Some("the condition lists no value".to_owned()),
        ConditionReason::MissingSetOperator => {
            Some("the key has a list of values: the operator needs ForAnyValue: or ForAllValues: before it".to_owned())
        }
        ConditionReason::UnknownOperator => Some(hint::unknown_operator(&condition.operator)),
        ConditionReason::Compared | ConditionReason::MissingKey => hint::condition(condition, &case.request.principal),
    };
    Element {
        name: "Condition",
        condition: Some((condition.operator.clone(), condition.key.clone())),
        mark: if condition.matched {
            Mark::Fits
        } else {
            Mark::Misses
        },
        wanted: condition
            .wanted
            .iter()
            .take(SHOWN)
            .map(|value| wanted(&value.text, &value.expansion))
            .collect(),
        more: condition.wanted.len().saturating_sub(SHOWN),
        seen,
        hint,
    }
}

fn wanted(text: &str, expansion: &Expansion) -> Wanted {
    let replaced = match expansion {
        Expansion::None | Expansion::Unresolved(_) => None,
        Expansion::Replaced(text) => Some(text.clone()),
    };
    Wanted {
        text: text.to_owned(),
        replaced,
    }
}
