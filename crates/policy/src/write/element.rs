//! Rules about single elements that several kinds of policy share.

use std::collections::BTreeSet;

use super::{WritePolicyError, WriteRule, date};
use crate::ast::{Condition, Operator, Policy, Spanned, Statement, Test};

/// Refuses a statement id with other characters than ASCII letters and digits.
// SOURCE: spec/policy-language.md §1, "Sid"; IAM answers with this message (aws-cloudformation/cfn-lint#1376).
pub(super) fn sid_characters(policy: &Policy) -> Result<(), WritePolicyError> {
    for (index, sid) in sids(policy) {
        if !sid.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(WritePolicyError::new(
                WriteRule::SidCharacters,
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
                 [0-9A-Za-z]*",
                format!("Statement[{index}].Sid"),
                sid.span,
                "use only letters and digits, as in ReadReports",
            ));
        }
    }
    Ok(())
}

/// Refuses two statements with the same id; any number may have an empty one.
pub(super) fn sid_uniqueness(policy: &Policy, message: &str) -> Result<(), WritePolicyError> {
    let mut seen = BTreeSet::new();
    for (index, sid) in sids(policy) {
        if !sid.value.is_empty() && !seen.insert(sid.value.as_str()) {
            let place = format!("Statement[{index}].Sid");
            let advice = "an earlier statement has this id; choose another or leave it out";
            return Err(WritePolicyError::new(
                WriteRule::SidDuplicate,
                message,
                place,
                sid.span,
                advice,
            ));
        }
    }
    Ok(())
}

fn sids(policy: &Policy) -> impl Iterator<Item = (usize, &Spanned<String>)> {
    policy
        .statements
        .iter()
        .enumerate()
        .filter_map(|(index, statement)| Some((index, statement.sid.as_ref()?)))
}

/// Returns the first condition with an operator that the language does not have.
pub(super) fn unknown_operator(statement: &Statement) -> Option<&Condition> {
    statement
        .conditions
        .iter()
        .find(|condition| matches!(condition.operator.value, Operator::Unknown(_)))
}

/// Returns the first value of a date condition that is no date.
pub(super) fn bad_date(statement: &Statement) -> Option<(&Condition, &Spanned<String>)> {
    let mut dates = statement
        .conditions
        .iter()
        .filter(|condition| is_date_test(&condition.operator.value));
    dates.find_map(|condition| {
        let value = condition
            .values
            .iter()
            .find(|value| !date::is_date(&value.value))?;
        Some((condition, value))
    })
}

fn is_date_test(operator: &Operator) -> bool {
    match operator {
        Operator::Unknown(_) => false,
        Operator::Known { test, .. } => [
            Test::DateEquals,
            Test::DateGreaterThan,
            Test::DateGreaterThanEquals,
            Test::DateLessThan,
            Test::DateLessThanEquals,
            Test::DateNotEquals,
        ]
        .contains(test),
    }
}

/// Returns the path to a condition.
pub(super) fn condition_place(index: usize, condition: &Condition) -> String {
    let mut key = condition.key.value.clone();
    if let Some((end, _)) = key.char_indices().nth(64) {
        key.truncate(end);
        key.push('…');
    }
    format!(
        "Statement[{index}].Condition.{}.{key}",
        condition.operator.value
    )
}

/// Refuses a statement without actions.
pub(super) fn actions_exist(
    index: usize,
    statement: &Statement,
    message: &str,
) -> Result<(), WritePolicyError> {
    let advice = "name at least one action, such as s3:GetObject";
    match &statement.action {
        Some(action) if !action.patterns().is_empty() => Ok(()),
        Some(action) => {
            let place = format!("Statement[{index}].{}", action.name());
            Err(WritePolicyError::new(
                WriteRule::ActionMissing,
                message,
                place,
                statement.span,
                advice,
            ))
        }
        None => {
            let place = format!("Statement[{index}]");
            Err(WritePolicyError::new(
                WriteRule::ActionMissing,
                message,
                place,
                statement.span,
                advice,
            ))
        }
    }
}

/// Refuses a statement without resources.
pub(super) fn resources_exist(
    index: usize,
    statement: &Statement,
    message: &str,
) -> Result<(), WritePolicyError> {
    let advice = "name at least one resource, or \"*\" for all";
    match &statement.resource {
        Some(resource) if !resource.patterns().is_empty() => Ok(()),
        Some(resource) => {
            let place = format!("Statement[{index}].{}", resource.name());
            Err(WritePolicyError::new(
                WriteRule::ResourceMissing,
                message,
                place,
                statement.span,
                advice,
            ))
        }
        None => {
            let place = format!("Statement[{index}]");
            Err(WritePolicyError::new(
                WriteRule::ResourceMissing,
                message,
                place,
                statement.span,
                advice,
            ))
        }
    }
}

/// Refuses an action that is not `*` and not `service:Name`.
// SOURCE: spec/policy-language.md §7, identity row 7, and §3: whether a service or an action exists is not asked.
// UNSURE there: wildcards in the service part are accepted, as evaluation honours them.
pub(super) fn action_format(index: usize, statement: &Statement) -> Result<(), WritePolicyError> {
    let Some(element) = &statement.action else {
        return Ok(());
    };
    for action in element.patterns() {
        let text = action.value.as_str();
        let (message, advice) = match text.split_once(':') {
            None if text == "*" => continue,
            None => (
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                    .to_owned(),
                "write service:Name, such as s3:GetObject",
            ),
            Some((_, name)) if name.contains(':') => (
                "Actions/Condition can contain only one colon.".to_owned(),
                "write service:Name with one colon; ARNs belong in Resource",
            ),
            Some((vendor, _)) if is_vendor(vendor) => continue,
            Some((vendor, _)) => (
                format!("Vendor {vendor} is not valid"),
                "a service prefix has letters, digits, dots and hyphens, such as s3",
            ),
        };
        let place = format!("Statement[{index}].{}", element.name());
        return Err(WritePolicyError::new(
            WriteRule::ActionFormat,
            message,
            place,
            action.span,
            advice,
        ));
    }
    Ok(())
}

fn is_vendor(vendor: &str) -> bool {
    !vendor.is_empty()
        && vendor
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*' | b'?'))
}
