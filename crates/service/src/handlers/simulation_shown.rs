//! The answers of the policy simulator in the shapes of the model.

use std::collections::BTreeMap;

use keyward_simulate::simulator::{
    ActionOutcome, MatchedStatement, ResourceOutcome, SourceKind, Verdict,
};
use keyward_wire::iam::{self, PolicyEvaluationDecisionType, PolicySourceType};

/// Shows what a simulation says of an action.
// SOURCE: spec/evaluation.md §8.
pub(crate) fn shown(
    action: &str,
    template: String,
    outcome: ActionOutcome,
) -> iam::EvaluationResult {
    iam::EvaluationResult {
        eval_action_name: action.to_owned(),
        eval_resource_name: Some(template),
        eval_decision: decision(outcome.verdict),
        matched_statements: Some(statements(outcome.matched)),
        missing_context_values: Some(outcome.missing),
        organizations_decision_detail: outcome.allowed_by_organization.map(|allowed| {
            iam::OrganizationsDecisionDetail {
                allowed_by_organizations: Some(allowed),
            }
        }),
        permissions_boundary_decision_detail: outcome.allowed_by_boundary.map(by_boundary),
        eval_decision_details: outcome.details.map(details),
        resource_specific_results: outcome.resources.map(|resources| {
            let resources = resources.into_iter();
            resources
                .map(|(name, outcome)| of_resource(name, outcome))
                .collect()
        }),
    }
}

fn of_resource(name: String, outcome: ResourceOutcome) -> iam::ResourceSpecificResult {
    iam::ResourceSpecificResult {
        eval_resource_name: name,
        eval_resource_decision: decision(outcome.verdict),
        matched_statements: Some(statements(outcome.matched)),
        missing_context_values: Some(outcome.missing),
        eval_decision_details: outcome.details.map(details),
        permissions_boundary_decision_detail: outcome.allowed_by_boundary.map(by_boundary),
    }
}

fn decision(verdict: Verdict) -> PolicyEvaluationDecisionType {
    match verdict {
        Verdict::Allowed => PolicyEvaluationDecisionType::Allowed,
        Verdict::ExplicitDeny => PolicyEvaluationDecisionType::ExplicitDeny,
        Verdict::ImplicitDeny => PolicyEvaluationDecisionType::ImplicitDeny,
    }
}

fn details(
    details: BTreeMap<&'static str, Verdict>,
) -> BTreeMap<String, PolicyEvaluationDecisionType> {
    let details = details.into_iter();
    details
        .map(|(kind, verdict)| (kind.to_owned(), decision(verdict)))
        .collect()
}

fn by_boundary(allowed: bool) -> iam::PermissionsBoundaryDecisionDetail {
    iam::PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(allowed),
    }
}

fn statements(matched: Vec<MatchedStatement>) -> Vec<iam::Statement> {
    let position = |position: keyward_simulate::simulator::Position| iam::Position {
        line: i32::try_from(position.line).ok(),
        column: i32::try_from(position.column).ok(),
    };
    let matched = matched.into_iter();
    matched
        .map(|statement| iam::Statement {
            source_policy_id: Some(statement.source.to_string()),
            source_policy_type: Some(match statement.kind {
                SourceKind::Any | SourceKind::Identity | SourceKind::Organization => {
                    PolicySourceType::IamPolicy
                }
                SourceKind::Resource => PolicySourceType::ResourcePolicy,
            }),
            start_position: Some(position(statement.span.start)),
            end_position: Some(position(statement.span.end)),
        })
        .collect()
}
