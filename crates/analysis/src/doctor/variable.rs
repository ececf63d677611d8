//! Policy variables that are not replaced, or never have a value.
// SOURCE: spec/policy-language.md §6, policy variables.

use keyward_arn::AccountId;
use keyward_policy::{
    ActionElement, Operator, PrincipalElement, PrincipalSet, ResourceElement, Spanned, Statement,
    Test, Version,
};

use super::{Read, Rule, Ward};

pub(super) fn check(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    statement: &Statement,
) {
    wrong_place(ward, account, read, statement);
    let resources = statement
        .resource
        .iter()
        .flat_map(ResourceElement::patterns)
        .map(|pattern| (pattern, Where::Resource));
    let values = statement.conditions.iter().flat_map(|condition| {
        let place = if replaces(&condition.operator.value) {
            Where::Condition
        } else {
            Where::OtherCondition
        };
        condition.values.iter().map(move |value| (value, place))
    });
    for (text, place) in resources.chain(values) {
        for name in variables(&text.value) {
            one(ward, account, read, text, place, name);
        }
    }
}

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Condition,
    /// Below an operator that compares no text.
    OtherCondition,
    Resource,
}

fn one(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    text: &Spanned<String>,
    place: Where,
    name: &str,
) {
    if read.policy.effective_version() == Version::V2008 {
        let version = match &read.policy.version {
            None => "the document has no Version, which means 2008-10-17",
            Some(_) => "the document's Version is 2008-10-17",
        };
        ward.bite(
            Rule::VariableOldVersion,
            account,
            read,
            text.span,
            format!("${{{name}}} is plain text here: {version}."),
            "Write \"Version\": \"2012-10-17\" at the document's top, and look what the statement then matches.".to_owned(),
        );
        return;
    }
    if place == Where::OtherCondition {
        ward.bite(
            Rule::VariableInWrongPlace,
            account,
            read,
            text.span,
            format!("${{{name}}} stands below an operator that does not compare text or ARNs, which take no variables."),
            "Use a String or ARN operator, or write the value.".to_owned(),
        );
        return;
    }
    let key = name.split(',').next().unwrap_or(name);
    let why = match keyward_catalog::condition_key(key.trim()) {
        _ if key != key.trim() || key.contains(' ') => Some("a name has no spaces".to_owned()),
        None => Some(format!("there is no key {key}")),
        Some(known) if known.is_multivalued() => {
            Some(format!("{} has a list of values", known.name))
        }
        Some(_) => None,
    };
    if let Some(why) = why {
        ward.bite(
            Rule::VariableUnknown,
            account,
            read,
            text.span,
            format!("${{{name}}} never has a value: {why}."),
            "Names are compared without regard to letter case, but must be those of single-valued condition keys, such as \
             ${aws:username} (users only) or ${aws:PrincipalTag/KEY}."
                .to_owned(),
        );
    }
}

/// Finds variables in Action and Principal, where none is replaced.
fn wrong_place(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    statement: &Statement,
) {
    let actions = statement.action.iter().flat_map(ActionElement::patterns);
    let principals = statement.principal.iter().map(PrincipalElement::set);
    let principals = principals.flat_map(|set| match set {
        PrincipalSet::Everyone(_) => &[],
        PrincipalSet::Listed(listed) => listed.as_slice(),
    });
    let texts = actions
        .map(|text| (text, "Action"))
        .chain(principals.map(|it| (&it.value, "Principal")));
    for (text, element) in texts {
        if let Some(name) = variables(&text.value).next() {
            ward.bite(
                Rule::VariableInWrongPlace,
                account,
                read,
                text.span,
                format!("${{{name}}} is plain text in {element}, so the entry matches nothing."),
                "Write the name, or use the variable in Resource or Condition.".to_owned(),
            );
        }
    }
}

/// Whether an operator's values may hold variables.
fn replaces(operator: &Operator) -> bool {
    match operator {
        Operator::Unknown(_) => true,
        Operator::Known { test, .. } => match test {
            Test::ArnEquals
            | Test::ArnLike
            | Test::ArnNotEquals
            | Test::ArnNotLike
            | Test::StringEquals
            | Test::StringEqualsIgnoreCase
            | Test::StringLike
            | Test::StringNotEquals
            | Test::StringNotEqualsIgnoreCase
            | Test::StringNotLike => true,
            Test::BinaryEquals
            | Test::Bool
            | Test::DateEquals
            | Test::DateGreaterThan
            | Test::DateGreaterThanEquals
            | Test::DateLessThan
            | Test::DateLessThanEquals
            | Test::DateNotEquals
            | Test::IpAddress
            | Test::NotIpAddress
            | Test::Null
            | Test::NumericEquals
            | Test::NumericGreaterThan
            | Test::NumericGreaterThanEquals
            | Test::NumericLessThan
            | Test::NumericLessThanEquals
            | Test::NumericNotEquals => false,
        },
    }
}

/// Returns what stands between `${` and `}`, but for `${*}`, `${?}` and `${$}`.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| !matches!(*name, "*" | "?" | "$"))
}
