//! Identity policies, permissions boundaries and session policies.

use super::{WritePolicyError, WriteRule, element, resource};
use crate::ast::{Policy, Version};
use crate::error::Problem;
use crate::limits;
use crate::parse::{self, Draft};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";

/// Goes through the rules in AWS's order; each looks at every statement before the next begins.
// SOURCE: spec/policy-language.md §7, "Identity policies", rows 1 to 8.
pub(super) fn check(text: &str) -> Result<Policy, WritePolicyError> {
    let draft = parse::draft(text, limits::DOCUMENT_CHARACTERS)
        .map_err(|problem| WritePolicyError::of_problem(WriteRule::Syntax, SYNTAX, &problem))?;
    syntax(&draft)?;
    let policy = &draft.policy;
    version(
        policy,
        "Policy document must be version 2012-10-17 or greater.",
    )?;
    no_principal(policy)?;
    legacy_parsing(&draft)?;
    element::sid_characters(policy)?;
    element::sid_uniqueness(
        policy,
        "Statement IDs (SID) in a single policy must be unique.",
    )?;
    for (index, statement) in policy.statements.iter().enumerate() {
        element::actions_exist(index, statement, "Policy statement must contain actions.")?;
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        if let Some(element) = &statement.resource {
            resource::format(&format!("Statement[{index}].{}", element.name()), element)?;
        }
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        element::action_format(index, statement)?;
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        element::resources_exist(index, statement, "Policy statement must contain resources.")?;
    }
    Ok(draft.policy)
}

/// Row 1. An effect in another case is readable enough to get as far as row 3.
fn syntax(draft: &Draft) -> Result<(), WritePolicyError> {
    let problem = draft
        .problems
        .iter()
        .find(|problem| !matches!(problem.problem(), Problem::EffectCase(_)));
    if let Some(problem) = problem {
        return Err(WritePolicyError::of_problem(
            WriteRule::Syntax,
            SYNTAX,
            problem,
        ));
    }
    if let Some(key) = draft
        .unknown_keys
        .iter()
        .find(|key| key.value != "Conditions")
    {
        let advice =
            "unknown element (names are case-sensitive); use one of Version, Id, Statement";
        return Err(WritePolicyError::new(
            WriteRule::Syntax,
            SYNTAX,
            "policy",
            key.span,
            advice,
        ));
    }
    for (index, statement) in draft.policy.statements.iter().enumerate() {
        if let Some(condition) = element::unknown_operator(statement) {
            let place = element::condition_place(index, condition);
            let advice =
                "unknown condition operator (names are case-sensitive), such as StringEquals";
            return Err(WritePolicyError::new(
                WriteRule::Syntax,
                SYNTAX,
                place,
                condition.operator.span,
                advice,
            ));
        }
    }
    Ok(())
}

/// Row 2.
pub(super) fn version(policy: &Policy, message: &str) -> Result<(), WritePolicyError> {
    let span = match &policy.version {
        None => policy
            .statements
            .first()
            .map(|statement| statement.span)
            .unwrap_or_default(),
        Some(version) => match version.value {
            Version::V2008 => version.span,
            Version::V2012 => return Ok(()),
        },
    };
    let advice = "begin the document with \"Version\": \"2012-10-17\"";
    Err(WritePolicyError::new(
        WriteRule::Version,
        message,
        "Version",
        span,
        advice,
    ))
}

// SOURCE: spec/policy-language.md §7, identity row "–". UNSURE: AWS's place for it in the order is not known; this
// early, a trust policy that strays here is told what it is and not that it has no resources.
fn no_principal(policy: &Policy) -> Result<(), WritePolicyError> {
    for (index, statement) in policy.statements.iter().enumerate() {
        if let Some(principal) = &statement.principal {
            let message = "Policy document should not specify a principal.";
            let place = format!("Statement[{index}].{}", principal.name());
            let advice = "remove it: the policy applies to whom it is attached to";
            let rule = WriteRule::PrincipalProhibited;
            return Err(WritePolicyError::new(
                rule,
                message,
                place,
                statement.span,
                advice,
            ));
        }
    }
    Ok(())
}

/// Row 3.
fn legacy_parsing(draft: &Draft) -> Result<(), WritePolicyError> {
    if let Some(problem) = draft.problems.first() {
        return Err(WritePolicyError::of_problem(
            WriteRule::LegacyParsing,
            LEGACY,
            problem,
        ));
    }
    for (index, statement) in draft.policy.statements.iter().enumerate() {
        if let Some((condition, value)) = element::bad_date(statement) {
            let place = element::condition_place(index, condition);
            let advice = "write a date such as 2026-01-31T00:00:00Z or seconds since 1970";
            return Err(WritePolicyError::new(
                WriteRule::LegacyParsing,
                LEGACY,
                place,
                value.span,
                advice,
            ));
        }
        let Some(element) = &statement.resource else {
            continue;
        };
        let broken = element
            .patterns()
            .iter()
            .find(|pattern| resource::fails_legacy_parsing(&pattern.value));
        if let Some(pattern) = broken {
            let place = format!("Statement[{index}].{}", element.name());
            let advice = "an ARN has five colons and a service, as in arn:aws:s3:::bucket/key";
            return Err(WritePolicyError::new(
                WriteRule::LegacyParsing,
                LEGACY,
                place,
                pattern.span,
                advice,
            ));
        }
    }
    Ok(())
}
