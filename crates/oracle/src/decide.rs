//! The decision, in the order of `spec/evaluation.md` §2.

use std::collections::BTreeSet;

use keyward_policy::Effect;

use crate::caller::{Caller, Kind};
use crate::core::Core;
use crate::principal::Class;
use crate::question::{Layer, NamedPolicy, Question};

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Allowed.
    Allow,
    /// A Deny matched.
    ExplicitDeny,
    /// Nothing allowed it.
    ImplicitDeny,
}

/// A statement that determined the decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Determining {
    /// Where its policy stands.
    pub layer: Layer,
    /// The name of its policy.
    pub policy: String,
    /// Its place in the policy, from 0.
    pub index: usize,
}

/// What was decided, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// The layer that decided; `None` where a fixed rule did.
    pub decided_by: Option<Layer>,
    /// The statements that determined the answer.
    pub statements: BTreeSet<Determining>,
}

/// Decides one question.
///
/// Returns `None` for a principal that names nobody.
#[must_use]
pub fn decide(question: &Question) -> Option<Decision> {
    let caller = Caller::of(question)?;
    Some(Evaluation { question, caller }.authorize())
}

/// One question and its caller, taken apart.
pub(crate) struct Evaluation<'a> {
    pub(crate) question: &'a Question,
    pub(crate) caller: Caller,
}

/// A matching statement, and how it names the caller.
pub(crate) type Match = (Determining, BTreeSet<Class>);

impl Evaluation<'_> {
    fn authorize(&self) -> Decision {
        if let Some(allowed) = self.fixed_rule() {
            return decision(
                if allowed {
                    Outcome::Allow
                } else {
                    Outcome::ImplicitDeny
                },
                None,
                Vec::new(),
            );
        }
        // 1 explicit deny: all layers, before any Allow is looked at.
        for layer in ORDER {
            let denies = self.matching(layer, Effect::Deny);
            if !denies.is_empty() {
                return decision(Outcome::ExplicitDeny, Some(layer), denies);
            }
        }
        // 2 guardrails.
        if let Some(layer) = self.missing_guardrail() {
            return decision(Outcome::ImplicitDeny, Some(layer), Vec::new());
        }
        // 3 core.
        Core::of(self).decide()
    }

    /// The rules that no policy changes. `None`: policies decide.
    // SOURCE: spec/evaluation.md §2, spec/sts.md §1.
    fn fixed_rule(&self) -> Option<bool> {
        let action = self.question.action.to_ascii_lowercase();
        let (service, name) = action.split_once(':').unwrap_or(("", &action));
        let signed = !matches!(self.caller.kind, Kind::Anonymous | Kind::Unsigned);
        match (service, name) {
            ("sts", "getcalleridentity") => return Some(signed),
            ("sts", "getsessiontoken") => {
                return Some(matches!(self.caller.kind, Kind::User | Kind::Root));
            }
            _ => {}
        }
        let with_assertion = matches!(
            name,
            "assumerolewithsaml" | "assumerolewithwebidentity" | "tagsession" | "setsourceidentity"
        );
        // iam:PassRole is a permission that other services ask for, not a call.
        let is_iam_call = service == "iam" && name != "passrole";
        let forbidden = match self.caller.kind {
            // sts.md §1: GetFederationToken credentials.
            Kind::FederatedSession => is_iam_call || service == "sts",
            // "IAM user (or root) long-term keys only".
            Kind::RoleSession | Kind::Service => action == "sts:getfederationtoken",
            // "Roles may not be assumed by root accounts.", "not root creds".
            Kind::Root => {
                service == "sts" && (self.is_role() || matches!(name, "assumerole" | "assumeroot"))
            }
            // Unsigned calls.
            Kind::Anonymous => is_iam_call || service == "sts",
            Kind::Unsigned => service != "sts" || !with_assertion,
            Kind::User => false,
        };
        forbidden.then_some(false)
    }

    /// The first guardrail with a level that allows nothing.
    fn missing_guardrail(&self) -> Option<Layer> {
        let every_level_allows = |layer| {
            self.levels(layer)
                .unwrap_or_default()
                .into_iter()
                .all(|policies| self.guardrail_allows(layer, policies))
        };
        [
            Layer::ResourceControl,
            Layer::ServiceControl,
            Layer::Endpoint,
        ]
        .into_iter()
        .find(|layer| !every_level_allows(*layer))
    }

    fn guardrail_allows(&self, layer: Layer, policies: &[NamedPolicy]) -> bool {
        let allows = self.matching_in(layer, policies, Effect::Allow);
        match layer {
            // "VPC gateway endpoint (S3, DynamoDB): account id / root ARN in Principal = root user only; interface
            // endpoint: whole account".
            Layer::Endpoint => allows.iter().any(|(_, classes)| {
                let action = self.question.action.to_ascii_lowercase();
                let service = action.split(':').next().unwrap_or_default();
                !matches!(service, "dynamodb" | "s3" | "s3express")
                    || self.caller.kind == Kind::Root
                    || classes.iter().any(|class| *class != Class::Account)
            }),
            Layer::Boundary
            | Layer::Identity
            | Layer::Resource
            | Layer::ResourceControl
            | Layer::ServiceControl
            | Layer::Session => !allows.is_empty(),
        }
    }
}

const ORDER: [Layer; 7] = [
    Layer::ResourceControl,
    Layer::ServiceControl,
    Layer::Endpoint,
    Layer::Resource,
    Layer::Identity,
    Layer::Boundary,
    Layer::Session,
];

pub(crate) fn decision(
    outcome: Outcome,
    decided_by: Option<Layer>,
    matches: Vec<Match>,
) -> Decision {
    let statements = matches
        .into_iter()
        .map(|(determining, _)| determining)
        .collect();
    Decision {
        outcome,
        decided_by,
        statements,
    }
}
