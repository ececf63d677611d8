//! Compiles policies and decides requests over every layer.
//!
//! One question: may this principal do this action on this resource? The answer is a [`Decision`]
//! with the layer and the statements that determined it. Pure and total: no clock, no I/O, no
//! logging, no panic; whatever cannot be read, mapped or compared refuses.
//!
//! Start at [`decide`]; its rule is `decide/rule.rs`, in the order of `spec/evaluation.md` §2. [`explain`] runs the
//! same code with a recording observer.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod action;
mod arn;
mod attached;
mod compile;
mod compiled;
mod condition;
mod context;
mod decide;
mod decision;
mod grants;
mod index;
mod layers;
pub mod message;
mod observe;
mod place;
mod principal;
mod prospect;
mod question;
mod record;
mod request;
mod resource;
mod statement;
mod template;
mod trace;

pub use attached::{AttachedPolicy, AttachedTo};
pub use compiled::{CompiledPolicy, StatementInfo};
pub use context::{Context, ContextEntry, ContextValue};
pub use decide::{decide, decide_all, explain, statements, summarize};
pub use decision::{DecidedBy, Decision, Determined, FixedRule, LayerKind, StatementRef};
pub use layers::{EndpointKind, Layers, PolicyLists, ResourceKind};
pub use prospect::Prospect;
pub use request::{CredentialKind, FederatedIssuer, Principal, Request, RootTask};
pub use trace::{
    AccountRelation, ActualValues, Applicability, ConditionReason, ConditionTrace, ElementForm,
    ElementTrace, Exemption, Expansion, LayerOutcome, LayerSummary, LayerTrace, ListTrace,
    MatchClasses, PatternTrace, PolicyTrace, StatementOutcome, StatementTrace, Summary, Trace,
    WantedValue,
};

#[cfg(test)]
mod tests;
