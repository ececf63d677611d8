//! What is wrong within one document.

use keyward_arn::AccountId;
use keyward_policy::{ActionElement, Condition, Operator, Spanned, Statement, Test};

use super::{Read, Role, Rule, Ward, reach, variable};
use crate::near::distance;

pub(super) fn check(ward: &mut Ward<'_>, account: Option<AccountId>, read: &Read) {
    for statement in &read.policy.statements {
        actions(ward, account, read, statement);
        conditions(ward, account, read, statement);
        variable::check(ward, account, read, statement);
        if read.role == Role::Identity {
            reach::check(ward, account, read, statement);
        }
    }
}

/// Finds patterns that no action of the catalog fits.
fn actions(ward: &mut Ward<'_>, account: Option<AccountId>, read: &Read, statement: &Statement) {
    let Some(element) = &statement.action else {
        return;
    };
    for pattern in element.patterns() {
        let Some(why) = unknown(pattern) else {
            continue;
        };
        let fix = match element {
            ActionElement::Action(_) => why.1,
            ActionElement::NotAction(_) => format!("{} NotAction excepts nothing by it.", why.1),
        };
        ward.bite(Rule::ActionUnknown, account, read, pattern.span, why.0, fix);
    }
}

/// Says what is wrong with an action pattern, and what to write.
fn unknown(pattern: &Spanned<String>) -> Option<(String, String)> {
    let text = pattern.value.as_str();
    let (prefix, name) = text.split_once(':')?;
    if text.contains("${") || prefix.contains(['*', '?']) {
        return None;
    }
    let Some(service) = keyward_catalog::service(prefix) else {
        let near = nearest(prefix, keyward_catalog::services().map(|it| it.prefix()));
        return Some((
            format!("There is no service {prefix}, so {text} is no action."),
            near.map_or_else(
                || {
                    "Look the service's prefix up in the Service Authorization Reference."
                        .to_owned()
                },
                |near| format!("Did you mean {near}:{name}?"),
            ),
        ));
    };
    if name == "*" {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let is_there = if lower.contains(['*', '?']) {
        service
            .actions()
            .any(|it| crate::glob::covers(&lower, &it.name().to_ascii_lowercase()))
    } else {
        service.action(name).is_some()
    };
    if is_there {
        return None;
    }
    let near = nearest(
        name.trim_end_matches('*'),
        service.actions().map(|it| it.name()),
    );
    let what = if lower.contains(['*', '?']) {
        format!("No action of {prefix} fits {text}.")
    } else {
        format!("There is no action {text}.")
    };
    Some((
        what,
        near.map_or_else(
            || "Look the action up in the Service Authorization Reference; some calls ask for an action of another name.".to_owned(),
            |near| format!("Did you mean {prefix}:{near}?"),
        ),
    ))
}

/// Finds the name that one was probably meant to be.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let limit = wanted.chars().count().checked_div(3).unwrap_or(0).max(1);
    names
        .map(|name| (distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

fn conditions(ward: &mut Ward<'_>, account: Option<AccountId>, read: &Read, statement: &Statement) {
    for (index, condition) in statement.conditions.iter().enumerate() {
        let key = condition.key.value.as_str();
        let twin = statement.conditions.iter().take(index).find(|it| {
            it.operator.value == condition.operator.value
                && it.key.value != key
                && it.key.value.eq_ignore_ascii_case(key)
        });
        if let Some(twin) = twin {
            ward.bite(
                Rule::KeyCaseConflict,
                account,
                read,
                condition.key.span,
                format!("{key} and {} are the same key: in an Allow both conditions must hold, in a Deny either suffices.", twin.key.value),
                format!("Write one condition on {key} with all values."),
            );
        }
        match keyward_catalog::condition_key(key) {
            None => unknown_key(ward, account, read, condition),
            Some(known) if known.is_multivalued() => {
                without_qualifier(ward, account, read, condition);
            }
            Some(_) => {}
        }
    }
}

fn unknown_key(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    condition: &Condition,
) {
    let key = condition.key.value.as_str();
    let near = nearest(key, keyward_catalog::condition_keys().map(|it| it.name));
    ward.bite(
        Rule::ConditionKeyUnknown,
        account,
        read,
        condition.key.span,
        format!("There is no condition key {key}, so no request has it."),
        near.map_or_else(
            || "Look the key up in the Service Authorization Reference.".to_owned(),
            |near| format!("Did you mean {near}?"),
        ),
    );
}

fn without_qualifier(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    condition: &Condition,
) {
    let Operator::Known {
        qualifier: None,
        test,
        ..
    } = condition.operator.value
    else {
        return;
    };
    // Presence can be asked for without a set operator.
    if test == Test::Null {
        return;
    }
    let key = &condition.key.value;
    ward.bite(
        Rule::MultivaluedKey,
        account,
        read,
        condition.operator.span,
        format!("{key} has a list of values, and {} compares one.", condition.operator.value),
        format!(
            "Write ForAnyValue:{0}, or ForAllValues:{0} together with a condition that {key} is there.",
            condition.operator.value
        ),
    );
}
