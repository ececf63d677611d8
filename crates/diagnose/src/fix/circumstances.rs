//! Asking in another way: fixes that give nothing to anybody.

use keyward_engine::{
    ConditionTrace, Context, ContextValue, Decision, ElementTrace, Expansion, Request,
    StatementRef, StatementTrace, Trace,
};
use keyward_policy::{Operator, Test};

use super::advice::{Advice, How, advice, sentence};
use super::{Asking, Candidate, Sandbox, grant};
use crate::case::Case;
use crate::layer::{self, Missed};
use crate::report::{Fix, Step};

/// How many near misses are tried.
const TRIED: usize = 6;

/// A condition key as it would have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    key: String,
    to: To,
    /// What to tell of the value; a pattern that any fitting value satisfies is told as it is written.
    told: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    Absent,
    Several(String),
    Single(String),
}

/// Whether a condition is to hold or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Hold,
    NotHold,
}

pub(crate) fn fixes(
    case: &Case<'_>,
    decision: &Decision,
    trace: &Trace,
    determining: &[StatementRef],
) -> Vec<Candidate> {
    let candidates = match decision {
        Decision::Allow(_) => Vec::new(),
        Decision::ExplicitDeny(_) => out_of_denies(trace, determining),
        Decision::ImplicitDeny(_) => into_allows(case, trace, decision),
    };
    let mut fixes: Vec<Candidate> = candidates
        .iter()
        .filter_map(|changes| fix(case, changes))
        .collect();
    fixes.dedup_by(|later, earlier| later.fix == earlier.fix);
    fixes
}

/// Each condition of a denying statement is a way out of it.
fn out_of_denies(trace: &Trace, determining: &[StatementRef]) -> Vec<Vec<Change>> {
    trace
        .layers
        .iter()
        .flat_map(layer::all)
        .filter(|(_, it)| determining.contains(&it.at))
        .flat_map(|(_, it)| conditions(it))
        .filter_map(|condition| Some(vec![change(condition, Aim::NotHold)?]))
        .collect()
}

/// All missed conditions of an allowing statement together are a way into it.
fn into_allows(case: &Case<'_>, trace: &Trace, decision: &Decision) -> Vec<Vec<Change>> {
    trace
        .layers
        .iter()
        .filter(|it| Some(it.layer) == decision.layer())
        .flat_map(|it| layer::near_misses(case, it))
        .filter(|(_, it)| {
            layer::missed(case, it).is_some_and(|(kind, _)| kind == Missed::Condition)
        })
        .take(TRIED)
        .filter_map(|(_, it)| {
            conditions(it)
                .filter(|condition| !condition.matched)
                .map(|condition| change(condition, Aim::Hold))
                .collect()
        })
        .collect()
}

fn conditions(statement: &StatementTrace) -> impl Iterator<Item = &ConditionTrace> {
    statement
        .elements
        .iter()
        .filter_map(|element| match element {
            ElementTrace::Condition(condition) => Some(condition),
            ElementTrace::Action(_) | ElementTrace::Principal(_) | ElementTrace::Resource(_) => {
                None
            }
        })
}

/// Says what a key would have to be for a condition to hold, or not to; `None` where whoever asks has no say, or no
/// value comes to mind.
fn change(condition: &ConditionTrace, aim: Aim) -> Option<Change> {
    let Operator::Known {
        qualifier, test, ..
    } = Operator::parse(&condition.operator)
    else {
        return None;
    };
    advice(&condition.key)?;
    let wanted = condition.wanted.first()?;
    let text = match &wanted.expansion {
        Expansion::None => wanted.text.as_str(),
        Expansion::Replaced(text) => text.as_str(),
        Expansion::Unresolved(_) => return None,
    };
    let to = |value: String| {
        if qualifier.is_some() {
            To::Several(value)
        } else {
            To::Single(value)
        }
    };
    let key = condition.key.clone();
    if test == Test::Null {
        let present = (text == "true") != (aim == Aim::Hold);
        return Some(if present {
            Change {
                key,
                to: to("any".to_owned()),
                told: Some("some value".to_owned()),
            }
        } else {
            Change {
                key,
                to: To::Absent,
                told: None,
            }
        });
    }
    if test == Test::Bool {
        let value = (text.eq_ignore_ascii_case("true")) == (aim == Aim::Hold);
        return Some(Change {
            key,
            to: to(value.to_string()),
            told: Some(value.to_string()),
        });
    }
    if is_negative(test) == (aim == Aim::Hold) {
        return None;
    }
    let value = example(test, text)?;
    Some(Change {
        key,
        to: to(value),
        told: Some(told(test, text)),
    })
}

/// Whether the test holds for values that are not listed.
fn is_negative(test: Test) -> bool {
    match test {
        Test::ArnNotEquals
        | Test::ArnNotLike
        | Test::DateNotEquals
        | Test::NotIpAddress
        | Test::NumericNotEquals
        | Test::StringNotEquals
        | Test::StringNotEqualsIgnoreCase
        | Test::StringNotLike => true,
        Test::ArnEquals
        | Test::ArnLike
        | Test::BinaryEquals
        | Test::Bool
        | Test::DateEquals
        | Test::DateGreaterThan
        | Test::DateGreaterThanEquals
        | Test::DateLessThan
        | Test::DateLessThanEquals
        | Test::IpAddress
        | Test::Null
        | Test::NumericEquals
        | Test::NumericGreaterThan
        | Test::NumericGreaterThanEquals
        | Test::NumericLessThan
        | Test::NumericLessThanEquals
        | Test::StringEquals
        | Test::StringEqualsIgnoreCase
        | Test::StringLike => false,
    }
}

/// Makes a value that the listed one fits; the engine has the last word.
fn example(test: Test, text: &str) -> Option<String> {
    match test {
        Test::IpAddress | Test::NotIpAddress => text.split('/').next().map(str::to_owned),
        Test::ArnEquals
        | Test::ArnLike
        | Test::ArnNotEquals
        | Test::ArnNotLike
        | Test::StringLike
        | Test::StringNotLike => Some(text.replace(['*', '?'], "x")),
        Test::NumericGreaterThan => text
            .parse::<i64>()
            .ok()?
            .checked_add(1)
            .map(|number| number.to_string()),
        Test::NumericLessThan => text
            .parse::<i64>()
            .ok()?
            .checked_sub(1)
            .map(|number| number.to_string()),
        Test::DateGreaterThan | Test::DateLessThan => None,
        Test::BinaryEquals
        | Test::Bool
        | Test::DateEquals
        | Test::DateGreaterThanEquals
        | Test::DateLessThanEquals
        | Test::DateNotEquals
        | Test::Null
        | Test::NumericEquals
        | Test::NumericGreaterThanEquals
        | Test::NumericLessThanEquals
        | Test::NumericNotEquals
        | Test::StringEquals
        | Test::StringEqualsIgnoreCase
        | Test::StringNotEquals
        | Test::StringNotEqualsIgnoreCase => Some(text.to_owned()),
    }
}

fn told(test: Test, text: &str) -> String {
    match test {
        Test::NumericGreaterThan => format!("more than {text}"),
        Test::NumericLessThan => format!("less than {text}"),
        Test::NumericGreaterThanEquals | Test::DateGreaterThanEquals => format!("{text} or more"),
        Test::NumericLessThanEquals | Test::DateLessThanEquals => format!("{text} or less"),
        Test::ArnEquals
        | Test::ArnLike
        | Test::ArnNotEquals
        | Test::ArnNotLike
        | Test::BinaryEquals
        | Test::Bool
        | Test::DateEquals
        | Test::DateGreaterThan
        | Test::DateLessThan
        | Test::DateNotEquals
        | Test::IpAddress
        | Test::NotIpAddress
        | Test::Null
        | Test::NumericEquals
        | Test::NumericNotEquals
        | Test::StringEquals
        | Test::StringEqualsIgnoreCase
        | Test::StringLike
        | Test::StringNotEquals
        | Test::StringNotEqualsIgnoreCase
        | Test::StringNotLike => text.to_owned(),
    }
}

fn fix(case: &Case<'_>, changes: &[Change]) -> Option<Candidate> {
    let context = changed(case.request.context, changes.iter());
    let request = Request {
        context: &context,
        ..case.request
    };
    let mut after = Sandbox::of(case.layers);
    let (more, breadth) = grant::complete(case, &mut after, &request)?;
    let advices: Vec<Advice> = changes
        .iter()
        .filter_map(|change| advice(&change.key))
        .collect();
    let breadth = advices
        .iter()
        .map(|advice| advice.breadth)
        .fold(breadth, u64::saturating_add);
    let mut steps: Vec<Step> = changes
        .iter()
        .zip(&advices)
        .map(|(change, advice)| Step::ChangeRequest {
            what: sentence(case, advice.what, &change.key, change.told.as_deref()),
            key: change.key.clone(),
            value: change.told.clone(),
        })
        .collect();
    let gives = match (
        more.is_empty(),
        advices.iter().all(|advice| advice.breadth == 0),
    ) {
        (true, true) => "Changes no policy and gives nobody anything.".to_owned(),
        (true, false) => {
            "Changes no policy, but gives whatever else other policies give for the tag.".to_owned()
        }
        (false, _) => grant::gives(case),
    };
    steps.extend(more);
    let fix = Fix {
        gives,
        steps,
        breadth,
        proof: None,
        by: None,
    };
    let tags_resource = |change: &&Change| {
        advice(&change.key).is_some_and(|advice| advice.what == How::TagResource)
    };
    let own = case.request.context;
    let asking = Asking {
        elsewhere: changed(own, changes.iter().filter(|it| !tags_resource(it))),
        stranger: changed(own, changes.iter().filter(tags_resource)),
        here: context,
    };
    Some(Candidate {
        fix,
        after,
        asking: Some(asking),
    })
}

/// Returns a context with some keys changed. An entry is replaced, since a second one would not hide the first.
fn changed<'c>(
    context: &Context<'_>,
    changes: impl Iterator<Item = &'c Change> + Clone,
) -> Context<'static> {
    let mut new = Context::new();
    for entry in context.iter() {
        if changes
            .clone()
            .any(|change| change.key.eq_ignore_ascii_case(entry.key))
        {
            continue;
        }
        match entry.value {
            ContextValue::Multiple(values) => {
                let values = values.iter().map(|value| value.clone().into_owned());
                new.insert_list(entry.key.to_owned(), values);
            }
            ContextValue::Single(value) => new.insert(entry.key.to_owned(), value.to_owned()),
        }
    }
    for change in changes {
        match &change.to {
            To::Absent => {}
            To::Several(value) => new.insert_list(change.key.clone(), [value.clone()]),
            To::Single(value) => new.insert(change.key.clone(), value.clone()),
        }
    }
    new
}
