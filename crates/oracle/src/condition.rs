//! Whether the conditions of a statement hold.

use std::cmp::Ordering;

use keyward_policy::{Condition, Effect, Operator, SetQualifier, Test, Version};

use crate::pattern::{Piece, Token, glob, pieces, segments, substitute};
use crate::question::{ContextValue, Question};
use crate::value::{Number, address, base64, boolean, date, range};

/// What a condition is evaluated in.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) effect: Effect,
    pub(crate) version: Version,
    pub(crate) question: &'a Question,
}

impl Setting<'_> {
    fn is_deny(self) -> bool {
        self.effect == Effect::Deny
    }
}

/// Every operator and every key must hold.
// SOURCE: spec/policy-language.md §6, "Combination".
pub(crate) fn all_hold(conditions: &[Condition], setting: Setting<'_>) -> bool {
    conditions.iter().all(|condition| {
        let mut same_key = conditions.iter().filter(|other| {
            other.operator.value == condition.operator.value
                && other.key.value.eq_ignore_ascii_case(&condition.key.value)
        });
        // "Same key twice with different case in one block": in an Allow both must hold, in a Deny one suffices.
        match setting.effect {
            Effect::Allow => same_key.all(|condition| holds(condition, setting)),
            Effect::Deny => same_key.any(|condition| holds(condition, setting)),
        }
    })
}

fn holds(condition: &Condition, setting: Setting<'_>) -> bool {
    let Operator::Known {
        qualifier,
        test,
        if_exists,
    } = &condition.operator.value
    else {
        return setting.is_deny();
    };
    let operator = Known {
        qualifier: *qualifier,
        test: *test,
        if_exists: *if_exists,
    };
    // "NullIfExists is an error": an operator that does not exist.
    if operator.test == Test::Null && operator.if_exists {
        return setting.is_deny();
    }
    let wanted: Vec<&str> = condition
        .values
        .iter()
        .map(|value| value.value.as_str())
        .collect();
    let mut spellings = (setting.question.context.iter())
        .filter(|(name, _)| name.eq_ignore_ascii_case(&condition.key.value))
        .map(|(_, value)| value)
        // A list of none adds no value to those under another spelling.
        .filter(|value| **value != ContextValue::Multiple(Vec::new()))
        .peekable();
    let user_defined = condition.key.value.contains('/');
    let one = |value| holds_for(operator, value, &wanted, user_defined, setting);
    // "Same tag key twice with different case in the request context".
    match setting.effect {
        _ if spellings.peek().is_none() => one(None),
        Effect::Allow => spellings.all(|value| one(Some(value))),
        Effect::Deny => spellings.any(|value| one(Some(value))),
    }
}

#[derive(Clone, Copy)]
struct Known {
    qualifier: Option<SetQualifier>,
    test: Test,
    if_exists: bool,
}

fn holds_for(
    operator: Known,
    value: Option<&ContextValue>,
    wanted: &[&str],
    user_defined: bool,
    setting: Setting<'_>,
) -> bool {
    let values: Vec<&str> = match value {
        None => Vec::new(),
        Some(ContextValue::Multiple(values)) => values.iter().map(String::as_str).collect(),
        Some(ContextValue::Single(value)) => vec![value],
    };
    let single = matches!(value, Some(ContextValue::Single(_)));
    // An empty list is no value. "Empty string value": a set of nothing but empty strings is none either.
    let missing = values.is_empty();
    let null_set = values.iter().all(|value| value.is_empty());
    // "Policy value list `[]`".
    if wanted.is_empty() {
        return match operator.qualifier {
            Some(SetQualifier::ForAllValues) => null_set,
            Some(SetQualifier::ForAnyValue) => false,
            None if operator.if_exists => missing,
            None => setting.is_deny(),
        };
    }
    if operator.test == Test::Null {
        return match operator.qualifier {
            // "Null with set operator".
            Some(SetQualifier::ForAllValues) => true,
            Some(SetQualifier::ForAnyValue) => false,
            None => {
                let null = missing || (null_set && (user_defined || !single));
                wanted.iter().any(|wanted| boolean(wanted) == Some(null))
            }
        };
    }
    let satisfied = |value: &str| satisfies(operator.test, value, wanted, setting);
    let any_value = || {
        if null_set {
            // "ForAnyValue:…IfExists" of a missing key.
            operator.if_exists && setting.is_deny()
        } else {
            values.iter().any(|value| satisfied(value))
        }
    };
    match operator.qualifier {
        Some(SetQualifier::ForAllValues) => null_set || values.iter().all(|value| satisfied(value)),
        Some(SetQualifier::ForAnyValue) => any_value(),
        None if missing => operator.if_exists || is_negated(operator.test),
        None if single => values.iter().all(|value| satisfied(value)),
        // "Multivalued key without set operator".
        None => setting.is_deny() && !null_set && any_value(),
    }
}

fn is_negated(test: Test) -> bool {
    use Test::{
        ArnNotEquals, ArnNotLike, DateNotEquals, NotIpAddress, NumericNotEquals, StringNotEquals,
        StringNotEqualsIgnoreCase, StringNotLike,
    };
    matches!(
        test,
        ArnNotEquals
            | ArnNotLike
            | DateNotEquals
            | NotIpAddress
            | NumericNotEquals
            | StringNotEquals
            | StringNotEqualsIgnoreCase
            | StringNotLike
    )
}

/// One value of the request against all values of the policy: one of them, or for a negated operator none of them.
fn satisfies(test: Test, value: &str, wanted: &[&str], setting: Setting<'_>) -> bool {
    if is_negated(test) {
        // "Error rule", "unresolvable in Condition": what cannot be compared differs in a Deny only.
        wanted
            .iter()
            .all(|wanted| match compare(test, value, wanted, setting) {
                Some(equal) => !equal,
                None => setting.is_deny(),
            })
    } else {
        wanted
            .iter()
            .any(|wanted| compare(test, value, wanted, setting) == Some(true))
    }
}

/// Compares two values by the operator, a negated one by its opposite. `None`: they cannot be compared.
fn compare(test: Test, value: &str, wanted: &str, setting: Setting<'_>) -> Option<bool> {
    match test {
        Test::StringEquals | Test::StringNotEquals => Some(literal(wanted, setting)? == value),
        Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => {
            Some(literal(wanted, setting)?.to_lowercase() == value.to_lowercase())
        }
        Test::StringLike | Test::StringNotLike => Some(glob(
            &substitute(&pieces(wanted, setting.version), setting.question)?,
            value,
        )),
        Test::ArnEquals | Test::ArnLike | Test::ArnNotEquals | Test::ArnNotLike => {
            arn_like(value, wanted, setting)
        }
        Test::Bool => {
            let has_variable = pieces(wanted, setting.version)
                .iter()
                .any(|piece| !matches!(piece, Piece::Char(_)));
            if has_variable && !setting.is_deny() {
                return None;
            }
            Some(boolean(value)? == boolean(&literal(wanted, setting)?)?)
        }
        Test::BinaryEquals => Some(base64(wanted)? == value.as_bytes()),
        Test::IpAddress | Test::NotIpAddress => {
            let (family, prefix) = range(wanted)?;
            let bits = address(value)?;
            Some(bits.len() == family && bits.starts_with(&prefix))
        }
        Test::NumericEquals | Test::NumericNotEquals => number(value, wanted, Ordering::is_eq),
        Test::NumericGreaterThan => number(value, wanted, Ordering::is_gt),
        Test::NumericGreaterThanEquals => number(value, wanted, Ordering::is_ge),
        Test::NumericLessThan => number(value, wanted, Ordering::is_lt),
        Test::NumericLessThanEquals => number(value, wanted, Ordering::is_le),
        Test::DateEquals | Test::DateNotEquals => moment(value, wanted, Ordering::is_eq),
        Test::DateGreaterThan => moment(value, wanted, Ordering::is_gt),
        Test::DateGreaterThanEquals => moment(value, wanted, Ordering::is_ge),
        Test::DateLessThan => moment(value, wanted, Ordering::is_lt),
        Test::DateLessThanEquals => moment(value, wanted, Ordering::is_le),
        // Answered by `holds_for`.
        Test::Null => None,
    }
}

/// The policy's value with its variables replaced; wildcards are ordinary characters.
fn literal(wanted: &str, setting: Setting<'_>) -> Option<String> {
    let tokens = substitute(&pieces(wanted, setting.version), setting.question)?;
    Some(
        tokens
            .into_iter()
            .map(|token| match token {
                Token::Char(c) => c,
                Token::Many => '*',
                Token::One => '?',
            })
            .collect(),
    )
}

// SOURCE: spec/policy-language.md §6, ARN: six components, matched separately.
fn arn_like(value: &str, wanted: &str, setting: Setting<'_>) -> Option<bool> {
    let wanted = segments(&pieces(wanted, setting.version));
    let wanted: Vec<Vec<Token>> = wanted
        .iter()
        .map(|segment| substitute(segment, setting.question))
        .collect::<Option<_>>()?;
    let value: Vec<&str> = value.splitn(6, ':').collect();
    let is_arn = |first: bool, parts: usize| first && parts == 6;
    if !is_arn(value.first() == Some(&"arn"), value.len())
        || !is_arn(
            wanted
                .first()
                .is_some_and(|tokens| *tokens == ['a', 'r', 'n'].map(Token::Char)),
            wanted.len(),
        )
    {
        return None;
    }
    Some(
        wanted
            .iter()
            .zip(value)
            .all(|(pattern, part)| glob(pattern, part)),
    )
}

fn number(value: &str, wanted: &str, fits: fn(Ordering) -> bool) -> Option<bool> {
    Some(fits(Number::parse(value)?.compare(&Number::parse(wanted)?)))
}

fn moment(value: &str, wanted: &str, fits: fn(Ordering) -> bool) -> Option<bool> {
    Some(fits(date(value)?.cmp(&date(wanted)?)))
}
