//! Who watches an evaluation. The silent observer compiles away.

use keyward_policy::Effect;

use crate::attached::AttachedPolicy;
use crate::decision::{LayerKind, StatementRef};
use crate::trace::{
    Applicability, ElementTrace, LayerOutcome, LayerSummary, LayerTrace, MatchClasses, PolicyTrace,
    StatementOutcome, StatementTrace,
};

/// Whether a matching statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Counts,
    Nothing,
}

/// What an evaluation tells. Nothing that an observer does can change the decision.
pub(crate) trait Observer {
    /// Whether Allow statements are matched that another one makes needless.
    const WANTS_EVERY_ALLOW: bool;
    /// Whether statements and elements are looked at that can no longer change the decision.
    const RECORDS: bool;

    fn begin_layer(&mut self, _layer: LayerKind, _applicability: Applicability) {}
    fn begin_policy(&mut self, _at: StatementRef, _policy: &AttachedPolicy) {}
    fn begin_statement(&mut self, _at: StatementRef, _policy: &AttachedPolicy) {}
    fn element(&mut self, _element: impl FnOnce() -> ElementTrace) {}
    fn end_statement(
        &mut self,
        _at: StatementRef,
        _effect: Effect,
        _matched: Option<(MatchClasses, Weight)>,
    ) {
    }
    fn level_without_allow(&mut self, _level: usize) {}
    fn end_layer(&mut self, _outcome: LayerOutcome) {}
}

/// Watches nothing.
pub(crate) struct Silent;

impl Observer for Silent {
    const WANTS_EVERY_ALLOW: bool = false;
    const RECORDS: bool = false;
}

/// Notes the statements that match and count.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) matched: Vec<(StatementRef, Effect)>,
}

impl Observer for Collector {
    const WANTS_EVERY_ALLOW: bool = true;
    const RECORDS: bool = false;

    fn end_statement(
        &mut self,
        at: StatementRef,
        effect: Effect,
        matched: Option<(MatchClasses, Weight)>,
    ) {
        if let Some((_, Weight::Counts)) = matched {
            self.matched.push((at, effect));
        }
    }
}

/// Notes the statements that match and count, and what each layer says.
#[derive(Default)]
pub(crate) struct Summarizer {
    pub(crate) matched: Vec<(StatementRef, Effect)>,
    pub(crate) layers: Vec<LayerSummary>,
}

impl Observer for Summarizer {
    const WANTS_EVERY_ALLOW: bool = true;
    const RECORDS: bool = false;

    fn begin_layer(&mut self, layer: LayerKind, applicability: Applicability) {
        self.layers.push(LayerSummary {
            layer,
            applicability,
            outcome: LayerOutcome::NoImpact,
        });
    }

    fn end_statement(
        &mut self,
        at: StatementRef,
        effect: Effect,
        matched: Option<(MatchClasses, Weight)>,
    ) {
        if let Some((_, Weight::Counts)) = matched {
            self.matched.push((at, effect));
        }
    }

    fn end_layer(&mut self, outcome: LayerOutcome) {
        if let Some(layer) = self.layers.last_mut() {
            layer.outcome = outcome;
        }
    }
}

/// Writes everything down.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) layers: Vec<LayerTrace>,
}

impl Recorder {
    fn statement(&mut self) -> Option<&mut StatementTrace> {
        self.layers
            .last_mut()?
            .policies
            .last_mut()?
            .statements
            .last_mut()
    }
}

impl Observer for Recorder {
    const WANTS_EVERY_ALLOW: bool = true;
    const RECORDS: bool = true;

    fn begin_layer(&mut self, layer: LayerKind, applicability: Applicability) {
        self.layers.push(LayerTrace {
            layer,
            applicability,
            outcome: LayerOutcome::NoImpact,
            levels_without_allow: Vec::new(),
            policies: Vec::new(),
        });
    }

    fn begin_policy(&mut self, at: StatementRef, policy: &AttachedPolicy) {
        if let Some(layer) = self.layers.last_mut() {
            layer.policies.push(PolicyTrace {
                list: at.list,
                policy: at.policy,
                name: policy.name().clone(),
                arn: policy.arn().cloned(),
                attached_to: policy.attached_to().clone(),
                unusable: policy.policy().unusable_reason().map(str::to_owned),
                statements: Vec::new(),
            });
        }
    }

    fn begin_statement(&mut self, at: StatementRef, policy: &AttachedPolicy) {
        let Some(info) = policy.policy().statement(at.statement) else {
            return;
        };
        if let Some(policy) = self
            .layers
            .last_mut()
            .and_then(|layer| layer.policies.last_mut())
        {
            policy.statements.push(StatementTrace {
                at,
                sid: info.sid.map(str::to_owned),
                effect: info.effect,
                span: info.span,
                outcome: StatementOutcome::Missed,
                elements: Vec::new(),
            });
        }
    }

    fn element(&mut self, element: impl FnOnce() -> ElementTrace) {
        if let Some(statement) = self.statement() {
            statement.elements.push(element());
        }
    }

    fn end_statement(
        &mut self,
        _at: StatementRef,
        _effect: Effect,
        matched: Option<(MatchClasses, Weight)>,
    ) {
        if let Some(statement) = self.statement() {
            statement.outcome = match matched {
                None => StatementOutcome::Missed,
                Some((classes, Weight::Counts)) => StatementOutcome::Matched(classes),
                Some((_, Weight::Nothing)) => StatementOutcome::MatchedWithoutEffect,
            };
        }
    }

    fn level_without_allow(&mut self, level: usize) {
        if let Some(layer) = self.layers.last_mut() {
            layer.levels_without_allow.push(level);
        }
    }

    fn end_layer(&mut self, outcome: LayerOutcome) {
        if let Some(layer) = self.layers.last_mut() {
            layer.outcome = outcome;
        }
    }
}
