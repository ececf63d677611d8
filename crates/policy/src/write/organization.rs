//! Service control policies and resource control policies.

use super::{WritePolicyError, WriteRule, element, identity};
use crate::ast::{ActionElement, Effect, Policy, PrincipalElement, PrincipalSet, Statement};
use crate::limits;
use crate::parse;

/// AWS Organizations has one message for every rule; the explanation tells them apart.
const MESSAGE: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";

/// Which of the two.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    ResourceControl,
    ServiceControl,
}

// SOURCE: spec/policy-language.md §2, rows SCP and RCP. An SCP has the full language since September 2025.
pub(super) fn check(text: &str, kind: Kind) -> Result<Policy, WritePolicyError> {
    let draft = parse::draft(text, limits::DOCUMENT_CHARACTERS)
        .map_err(|problem| WritePolicyError::of_problem(WriteRule::Syntax, MESSAGE, &problem))?;
    if let Some(problem) = draft.problems.first() {
        return Err(WritePolicyError::of_problem(
            WriteRule::Syntax,
            MESSAGE,
            problem,
        ));
    }
    if let Some(key) = draft.unknown_keys.first() {
        let advice =
            "unknown element (names are case-sensitive); use one of Version, Id, Statement";
        return Err(WritePolicyError::new(
            WriteRule::Syntax,
            MESSAGE,
            "policy",
            key.span,
            advice,
        ));
    }
    let policy = draft.policy;
    identity::version(&policy, MESSAGE)?;
    element::sid_characters(&policy).map_err(reword)?;
    element::sid_uniqueness(&policy, MESSAGE)?;
    for (index, statement) in policy.statements.iter().enumerate() {
        match kind {
            Kind::ResourceControl => resource_control(index, statement)?,
            Kind::ServiceControl => service_control(index, statement)?,
        }
        element::actions_exist(index, statement, MESSAGE)?;
        element::action_format(index, statement).map_err(reword)?;
        element::resources_exist(index, statement, MESSAGE)?;
        resources(index, statement)?;
        conditions(index, statement)?;
    }
    Ok(policy)
}

fn reword(error: WritePolicyError) -> WritePolicyError {
    WritePolicyError {
        message: MESSAGE.to_owned(),
        ..error
    }
}

fn refuse(
    rule: WriteRule,
    index: usize,
    element: &str,
    statement: &Statement,
    advice: &str,
) -> Result<(), WritePolicyError> {
    let place = format!("Statement[{index}].{element}");
    Err(WritePolicyError::new(
        rule,
        MESSAGE,
        place,
        statement.span,
        advice,
    ))
}

fn service_control(index: usize, statement: &Statement) -> Result<(), WritePolicyError> {
    match &statement.principal {
        None => Ok(()),
        Some(principal) => {
            let advice = "remove it: the policy applies to the accounts it is attached to";
            refuse(
                WriteRule::PrincipalProhibited,
                index,
                principal.name(),
                statement,
                advice,
            )
        }
    }
}

fn resource_control(index: usize, statement: &Statement) -> Result<(), WritePolicyError> {
    match statement.effect.value {
        Effect::Allow => {
            let advice =
                "a resource control policy can only Deny; RCPFullAWSAccess does the allowing";
            return refuse(WriteRule::Effect, index, "Effect", statement, advice);
        }
        Effect::Deny => {}
    }
    match &statement.principal {
        Some(PrincipalElement::Principal(PrincipalSet::Everyone(_))) => {}
        Some(PrincipalElement::Principal(PrincipalSet::Listed(_))) => {
            let advice = "the only principal is \"*\"; choose principals by condition";
            return refuse(
                WriteRule::PrincipalFormat,
                index,
                "Principal",
                statement,
                advice,
            );
        }
        Some(PrincipalElement::NotPrincipal(_)) => {
            let advice = "write \"Principal\": \"*\" and choose principals by condition";
            return refuse(
                WriteRule::PrincipalProhibited,
                index,
                "NotPrincipal",
                statement,
                advice,
            );
        }
        None => {
            return refuse(
                WriteRule::PrincipalMissing,
                index,
                "Principal",
                statement,
                "add \"Principal\": \"*\"",
            );
        }
    }
    match &statement.action {
        None => Ok(()),
        Some(ActionElement::NotAction(_)) => {
            let advice = "list the actions in Action";
            refuse(
                WriteRule::ActionProhibited,
                index,
                "NotAction",
                statement,
                advice,
            )
        }
        Some(ActionElement::Action(actions))
            if actions.iter().any(|action| action.value == "*") =>
        {
            let advice = "name the services, such as s3:*";
            refuse(
                WriteRule::ActionProhibited,
                index,
                "Action",
                statement,
                advice,
            )
        }
        Some(ActionElement::Action(_)) => Ok(()),
    }
}

fn resources(index: usize, statement: &Statement) -> Result<(), WritePolicyError> {
    let Some(element) = &statement.resource else {
        return Ok(());
    };
    let is_resource = |text: &str| text == "*" || text.starts_with("arn:");
    if element
        .patterns()
        .iter()
        .all(|pattern| is_resource(&pattern.value))
    {
        return Ok(());
    }
    refuse(
        WriteRule::ResourceFormat,
        index,
        element.name(),
        statement,
        "write ARNs or \"*\"",
    )
}

fn conditions(index: usize, statement: &Statement) -> Result<(), WritePolicyError> {
    if let Some(condition) = element::unknown_operator(statement) {
        let place = element::condition_place(index, condition);
        let advice = "unknown condition operator (names are case-sensitive), such as StringEquals";
        return Err(WritePolicyError::new(
            WriteRule::Syntax,
            MESSAGE,
            place,
            condition.operator.span,
            advice,
        ));
    }
    if let Some((condition, value)) = element::bad_date(statement) {
        let place = element::condition_place(index, condition);
        let advice = "write a date such as 2026-01-31T00:00:00Z or seconds since 1970";
        return Err(WritePolicyError::new(
            WriteRule::LegacyParsing,
            MESSAGE,
            place,
            value.span,
            advice,
        ));
    }
    Ok(())
}
