//! The decision: the rule, and the ways to ask for it.

mod fixed;
mod look;
mod rule;

pub(crate) use fixed::rule_may_allow;

use crate::decision::{DecidedBy, Decision, Determined, FixedRule, StatementRef};
use crate::layers::Layers;
use crate::observe::{Collector, Recorder, Silent, Summarizer};
use crate::question::Question;
use crate::request::Request;
use crate::trace::{Summary, Trace};
use keyward_policy::Effect;

/// Decides one action on one resource.
///
/// Allocates nothing. Costs a lookup per policy and a comparison per statement that could match by action.
///
/// # Examples
/// ```
/// use keyward_engine::{Context, Decision, Layers, Principal, Request, decide};
///
/// let context = Context::new();
/// let request = Request::new(Principal::Anonymous, "s3:GetObject", "arn:aws:s3:::bucket/key", &context);
/// assert!(matches!(decide(&request, &Layers::default()), Decision::ImplicitDeny(_)));
/// ```
pub fn decide(request: &Request<'_>, layers: &Layers<'_>) -> Decision {
    rule::decide(&Question::new(request, layers), &mut Silent).0
}

/// Decides as [`decide`] does, by the same code, and tells everything that was looked at.
pub fn explain(request: &Request<'_>, layers: &Layers<'_>) -> (Decision, Trace) {
    let question = Question::new(request, layers);
    let mut recorder = Recorder::default();
    let (decision, resource_grants) = rule::decide(&question, &mut recorder);
    let trace = Trace {
        decision,
        accounts: question.accounts,
        resource_grants,
        layers: recorder.layers,
    };
    (decision, trace)
}

/// Decides as [`decide`] does, and gives all statements that determined the decision, in order: the matching denies of
/// the layer that denied, or the matching allows of the layer that granted.
pub fn statements(request: &Request<'_>, layers: &Layers<'_>) -> (Decision, Vec<StatementRef>) {
    let mut collector = Collector::default();
    let (decision, _) = rule::decide(&Question::new(request, layers), &mut collector);
    let wanted = match decision {
        Decision::Allow(_) => Some(Effect::Allow),
        Decision::ExplicitDeny(_) => Some(Effect::Deny),
        Decision::ImplicitDeny(_) => None,
    };
    let mut determining: Vec<_> = collector
        .matched
        .into_iter()
        .filter(|(at, effect)| Some(at.layer) == decision.layer() && Some(*effect) == wanted)
        .map(|(at, _)| at)
        .collect();
    // The index can find a statement by more than one key.
    determining.sort_unstable();
    determining.dedup();
    (decision, determining)
}

/// Decides as [`decide`] does, and tells what each layer says and which statements match; cheaper than [`explain`], as it
/// looks only at what could match.
pub fn summarize(request: &Request<'_>, layers: &Layers<'_>) -> Summary {
    let mut summarizer = Summarizer::default();
    let (decision, _) = rule::decide(&Question::new(request, layers), &mut summarizer);
    let Summarizer {
        mut matched,
        layers,
    } = summarizer;
    // The index can find a statement by more than one key.
    matched.sort_unstable();
    matched.dedup();
    Summary {
        decision,
        layers,
        matched,
    }
}

/// Decides a request on several pairs of action and resource, of which every one must be allowed: gives the first of the
/// gravest answers (explicit deny, implicit deny, allow) and the place of its pair, counted from 0. Without any pair the
/// answer is a refusal.
pub fn decide_all<'a>(
    pairs: impl IntoIterator<Item = (Request<'a>, Layers<'a>)>,
) -> (Decision, usize) {
    let nothing = Determined {
        by: DecidedBy::Rule(FixedRule::NothingAsked),
        first: None,
    };
    pairs
        .into_iter()
        .map(|(request, layers)| decide(&request, &layers))
        .enumerate()
        .map(|(index, decision)| (decision, index))
        .reduce(|worst, next| {
            if gravity(&next.0) > gravity(&worst.0) {
                next
            } else {
                worst
            }
        })
        .unwrap_or((Decision::ImplicitDeny(nothing), 0))
}

fn gravity(decision: &Decision) -> u8 {
    match decision {
        Decision::Allow(_) => 0,
        Decision::ImplicitDeny(_) => 1,
        Decision::ExplicitDeny(_) => 2,
    }
}
