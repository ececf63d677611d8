//! Condition blocks.
//!
//! One condition is one operator, one key and the values that it wants. What the several kinds of values are and how
//! two of them compare is in the modules below; what a missing key, several values or a doubt mean is here.
// SOURCE: spec/policy-language.md §6.

mod address;
mod binary;
mod compare;
mod date;
mod number;

use keyward_policy::{Effect, SetQualifier, Test};

use crate::compiled::{CompiledPolicy, Condition, Operator};
use crate::context::{Context, ContextEntry, ContextValue};
use crate::trace::ConditionReason;

use compare::{Comparison, Sense, sense};

/// One condition of a statement, as it is evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) policy: &'a CompiledPolicy,
    pub(crate) condition: &'a Condition,
    pub(crate) effect: Effect,
    pub(crate) context: &'a Context<'a>,
}

/// Whether a condition holds, and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) holds: bool,
    pub(crate) reason: ConditionReason,
}

/// A known operator with its qualifier and suffix.
#[derive(Clone, Copy, Debug)]
struct Written {
    qualifier: Option<SetQualifier>,
    test: Test,
    if_exists: bool,
}

impl<'a> Asked<'a> {
    /// Evaluates the condition.
    pub(crate) fn hold(&self) -> Held {
        let written = match self.condition.operator {
            // Whatever it means, it must not let anything through.
            Operator::Unknown => return self.doubtful(ConditionReason::UnknownOperator),
            Operator::Known {
                qualifier,
                test,
                if_exists,
            } => Written {
                qualifier,
                test,
                if_exists,
            },
        };
        let mut entries = self.entries();
        let (first, second) = (entries.next(), entries.next());
        match (first, second) {
            (None, _) => self.hold_for(written, None),
            (Some(entry), None) => self.hold_for(written, Some(entry.value)),
            // Names that differ in case only: in an Allow every one must satisfy, in a Deny any suffices.
            (Some(_), Some(_)) => {
                let mut holds = self
                    .entries()
                    .map(|entry| self.hold_for(written, Some(entry.value)).holds);
                let holds = match self.effect {
                    Effect::Allow => holds.all(|holds| holds),
                    Effect::Deny => holds.any(|holds| holds),
                };
                Held {
                    holds,
                    reason: ConditionReason::Compared,
                }
            }
        }
    }

    /// Returns the request's entries of the key; one with an empty list is as good as none.
    pub(crate) fn entries(&self) -> impl Iterator<Item = ContextEntry<'a>> + Clone {
        let key = self.policy.key(self.condition).text;
        self.context
            .find(self.condition.key_hash, key)
            .filter(|entry| !matches!(entry.value, ContextValue::Multiple([])))
    }

    fn hold_for(&self, written: Written, value: Option<ContextValue<'a>>) -> Held {
        if self.condition.wants_nothing() {
            return self.without_wanted(written, value);
        }
        if written.test == Test::Null {
            return self.null(written, value);
        }
        match (written.qualifier, value) {
            (_, None) => self.missing(written),
            (Some(_), Some(value)) if is_blank(value) => self.missing(written),
            (Some(SetQualifier::ForAllValues), Some(value)) => {
                compared(values(&value).all(|value| self.satisfies(written.test, value)))
            }
            (Some(SetQualifier::ForAnyValue), Some(value)) => {
                compared(self.any(written.test, &value))
            }
            (None, Some(value @ ContextValue::Single(_))) => {
                compared(self.any(written.test, &value))
            }
            (None, Some(value @ ContextValue::Multiple(_))) => {
                // SOURCE: spec/policy-language.md §6, "Multivalued key without set operator".
                let holds = match self.effect {
                    Effect::Allow => false,
                    Effect::Deny => !is_blank(value) && self.any(written.test, &value),
                };
                Held {
                    holds,
                    reason: ConditionReason::MissingSetOperator,
                }
            }
        }
    }

    fn any(&self, test: Test, value: &ContextValue<'a>) -> bool {
        values(value).any(|value| self.satisfies(test, value))
    }

    /// Returns what a missing key means.
    fn missing(&self, written: Written) -> Held {
        let holds = match (written.qualifier, written.if_exists) {
            (Some(SetQualifier::ForAllValues), _) | (None, true) => true,
            (Some(SetQualifier::ForAnyValue), true) => {
                return self.doubtful(ConditionReason::MissingKey);
            }
            (Some(SetQualifier::ForAnyValue), false) => false,
            (None, false) => sense(written.test) == Sense::Negated,
        };
        Held {
            holds,
            reason: ConditionReason::MissingKey,
        }
    }

    /// Returns what a condition that wants no value means.
    fn without_wanted(&self, written: Written, value: Option<ContextValue<'a>>) -> Held {
        let reason = ConditionReason::EmptyValueList;
        match written.qualifier {
            Some(SetQualifier::ForAnyValue) => Held {
                holds: false,
                reason,
            },
            Some(SetQualifier::ForAllValues) => Held {
                holds: value.is_none_or(is_blank),
                reason,
            },
            None if written.if_exists => Held {
                holds: value.is_none(),
                reason,
            },
            None => self.doubtful(reason),
        }
    }

    fn null(&self, written: Written, value: Option<ContextValue<'a>>) -> Held {
        let reason = if value.is_none() {
            ConditionReason::MissingKey
        } else {
            ConditionReason::Compared
        };
        let key = self.policy.key(self.condition).text;
        let is_null = match value {
            None => true,
            // An empty text is null for keys that users define, such as tags.
            Some(ContextValue::Single(value)) => value.is_empty() && key.contains('/'),
            Some(value @ ContextValue::Multiple(_)) => is_blank(value),
        };
        let holds = match written.qualifier {
            Some(SetQualifier::ForAllValues) => true,
            Some(SetQualifier::ForAnyValue) => false,
            None => self.policy.wanted(self.condition).any(|wanted| {
                wanted
                    .text
                    .eq_ignore_ascii_case(if is_null { "true" } else { "false" })
            }),
        };
        Held { holds, reason }
    }

    /// Returns whether one value of the request satisfies the operator against all that is wanted: it fits one of the
    /// values, or differs from every one where the operator is negated.
    fn satisfies(&self, test: Test, value: &str) -> bool {
        let mut comparisons = self
            .policy
            .wanted(self.condition)
            .map(|wanted| compare::compare(test, &wanted, value, self.effect, self.context));
        match sense(test) {
            Sense::Positive => comparisons.any(|comparison| comparison == Comparison::Fits),
            Sense::Negated => comparisons.all(|comparison| match (comparison, self.effect) {
                (Comparison::Differs, Effect::Allow | Effect::Deny)
                | (Comparison::Incomparable, Effect::Deny) => true,
                (Comparison::Fits, Effect::Allow | Effect::Deny)
                | (Comparison::Incomparable, Effect::Allow) => false,
            }),
        }
    }

    /// A condition that nobody can say the meaning of: it keeps an Allow from matching and not a Deny.
    fn doubtful(&self, reason: ConditionReason) -> Held {
        let holds = match self.effect {
            Effect::Allow => false,
            Effect::Deny => true,
        };
        Held { holds, reason }
    }
}

fn compared(holds: bool) -> Held {
    Held {
        holds,
        reason: ConditionReason::Compared,
    }
}

/// Returns the values of a key one after the other.
fn values<'v>(value: &'v ContextValue<'v>) -> impl Iterator<Item = &'v str> {
    let (single, multiple) = match value {
        ContextValue::Multiple(values) => (None, *values),
        ContextValue::Single(value) => (Some(*value), &[][..]),
    };
    single.into_iter().chain(multiple.iter().map(AsRef::as_ref))
}

/// Returns whether there is nothing but empty texts, which set operators and `Null` take for no value at all.
fn is_blank(value: ContextValue<'_>) -> bool {
    values(&value).all(str::is_empty)
}
