//! How the answers to a simulated action are told.

use std::collections::BTreeMap;

use keyward_engine::{Decision, LayerKind, LayerOutcome, Summary};

use super::MatchedStatement;
use super::keys::KeyNames;

/// A decision, the milder first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// `allowed`.
    Allowed,
    /// `implicitDeny`.
    ImplicitDeny,
    /// `explicitDeny`.
    ExplicitDeny,
}

impl Verdict {
    /// Returns what a decision says.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(_) => Self::Allowed,
            Decision::ExplicitDeny(_) => Self::ExplicitDeny,
            Decision::ImplicitDeny(_) => Self::ImplicitDeny,
        }
    }

    fn of_layer(outcome: LayerOutcome) -> Self {
        match outcome {
            LayerOutcome::Allow => Self::Allowed,
            LayerOutcome::ExplicitDeny => Self::ExplicitDeny,
            LayerOutcome::ImplicitDeny | LayerOutcome::NoImpact => Self::ImplicitDeny,
        }
    }
}

/// Whether the caller's account owns the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    CrossAccount,
    SameAccount,
}

/// What a simulation says of an action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceOutcome {
    /// The decision.
    pub verdict: Verdict,
    /// The statements that made it.
    pub matched: Vec<MatchedStatement>,
    /// The condition keys that policies look at and the simulation was not given.
    pub missing: Vec<String>,
    /// Whether the permissions boundary allows; `None` where there is none.
    pub allowed_by_boundary: Option<bool>,
    /// Whether the SCPs allow; `None` where there are none.
    pub allowed_by_organization: Option<bool>,
    /// What each type of policy says, where caller and resource are of different accounts.
    pub details: Option<BTreeMap<&'static str, Verdict>>,
}

impl ResourceOutcome {
    pub(super) fn new(
        summary: &Summary,
        reach: Reach,
        matched: Vec<MatchedStatement>,
        missing: &[String],
    ) -> Self {
        let allows = |layer| {
            let outcome = summary.outcome(layer)?;
            Some(Verdict::of_layer(outcome) == Verdict::Allowed)
        };
        let allowed_by_organization = allows(LayerKind::ServiceControl);
        // SOURCE: spec/evaluation.md §8: where an SCP denies, the simulation ends and there are no details.
        let has_details = reach == Reach::CrossAccount && allowed_by_organization != Some(false);
        Self {
            verdict: Verdict::of(&summary.decision),
            matched,
            missing: missing.to_vec(),
            allowed_by_boundary: allows(LayerKind::PermissionsBoundary),
            allowed_by_organization,
            details: has_details.then(|| details(summary)),
        }
    }
}

fn details(summary: &Summary) -> BTreeMap<&'static str, Verdict> {
    let verdict = |layer| summary.outcome(layer).map(Verdict::of_layer);
    let nothing = Verdict::ImplicitDeny;
    let mut details = BTreeMap::from([
        (
            "IAM Policy",
            verdict(LayerKind::Identity).unwrap_or(nothing),
        ),
        (
            "Resource Policy",
            verdict(LayerKind::Resource).unwrap_or(nothing),
        ),
    ]);
    if let Some(boundary) = verdict(LayerKind::PermissionsBoundary) {
        details.insert("Permissions Boundary Policy", boundary);
    }
    details
}

/// What a simulation says of an action on all resources together.
// SOURCE: spec/evaluation.md §8: one result an action, the most restrictive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionOutcome {
    /// The gravest decision on any resource.
    pub verdict: Verdict,
    /// The statements that made it on the resources where it is the decision, each once.
    pub matched: Vec<MatchedStatement>,
    /// The condition keys that policies look at and the simulation was not given.
    pub missing: Vec<String>,
    /// Whether the permissions boundary allows the action on every resource; `None` where there is none.
    pub allowed_by_boundary: Option<bool>,
    /// Whether the SCPs allow the action on every resource; `None` where there are none.
    pub allowed_by_organization: Option<bool>,
    /// What each type of policy says at its gravest; empty within one account, `None` where no resource was named.
    pub details: Option<BTreeMap<&'static str, Verdict>>,
    /// The outcome for each resource that was named, in the order in which they were.
    pub resources: Option<Vec<(String, ResourceOutcome)>>,
}

impl ActionOutcome {
    /// Makes the outcome for any resource.
    pub(super) fn of_any(outcome: ResourceOutcome) -> Self {
        Self {
            verdict: outcome.verdict,
            matched: outcome.matched,
            missing: outcome.missing,
            allowed_by_boundary: outcome.allowed_by_boundary,
            allowed_by_organization: outcome.allowed_by_organization,
            details: outcome.details,
            resources: None,
        }
    }

    /// Makes the outcome for the resources that were named.
    pub(super) fn of_resources(outcomes: Vec<(&String, ResourceOutcome)>) -> Self {
        let verdicts = outcomes.iter().map(|(_, outcome)| outcome.verdict);
        let verdict = verdicts.max().unwrap_or(Verdict::ImplicitDeny);
        let mut made = Self {
            verdict,
            matched: Vec::new(),
            missing: Vec::new(),
            allowed_by_boundary: None,
            allowed_by_organization: None,
            details: None,
            resources: None,
        };
        let mut missing = KeyNames::default();
        for (_, outcome) in &outcomes {
            if outcome.verdict == verdict {
                let new = outcome.matched.iter();
                let new = new.filter(|statement| !made.matched.contains(statement));
                let new: Vec<_> = new.cloned().collect();
                made.matched.extend(new);
            }
            missing.extend(outcome.missing.iter().cloned());
            made.allowed_by_boundary = both(made.allowed_by_boundary, outcome.allowed_by_boundary);
            made.allowed_by_organization = both(
                made.allowed_by_organization,
                outcome.allowed_by_organization,
            );
            for (kind, verdict) in outcome.details.iter().flatten() {
                let details = made.details.get_or_insert_default();
                let gravest = details.entry(*kind).or_insert(*verdict);
                *gravest = (*gravest).max(*verdict);
            }
        }
        made.missing = missing.without(|_| false);
        if made.allowed_by_organization != Some(false) {
            made.details.get_or_insert_default();
        }
        let outcomes = outcomes.into_iter();
        made.resources = Some(
            outcomes
                .map(|(name, outcome)| (name.clone(), outcome))
                .collect(),
        );
        made
    }
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one && other),
        (None, said) | (said, None) => said,
    }
}
