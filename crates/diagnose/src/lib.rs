//! From a decision to its cause, its evidence and the smallest fix.
//!
//! Pure: a request, its layers and the documents behind them in; a [`Report`] out, which is plain data. Nothing here
//! decides: every answer comes from `keyward_engine`, and a fix is shown only where the engine has allowed the request
//! with it. Start at [`diagnose`]; [`render_text`] and [`render_json`] print.
//!
//! | module | what |
//! |---|---|
//! | `case` | what goes in |
//! | `report` | what comes out |
//! | `verdict`, `layer`, `statement`, `hint` | from the engine's trace to words and evidence |
//! | `fix` | what would change the answer |
//! | `text`, `json`, `html`, `svg`, `write` | printing |

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod case;
mod fix;
mod hint;
mod html;
mod json;
mod layer;
mod markup;
mod report;
mod statement;
mod svg;
mod text;
mod verdict;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub use case::{Case, Document, Documents, Origin, PolicyPlace};
pub use html::{diagnosis_html, render_html};
pub use json::{diagnosis_json, render_json};
pub use report::{
    Diagnosis, Element, Finding, Fix, LayerReport, LayerState, Mark, Place, Proof, Report, Seen,
    StatementReport, Step, Wanted,
};
pub use statement::place_of;
pub use svg::render_svg;
pub use text::{Ink, Page, Style, diagnosis_text, render_text};
pub use words::{policy_phrase, resource_as_printed, statement_number};
pub use write::Json;

use keyward_engine::{DecidedBy, Decision, LayerKind, explain, message, statements};

/// Explains a request: decides it, says why, and looks for what would change the answer.
///
/// The cost is that of deciding the request once for each fix that is tried, a few dozen times at most.
#[must_use]
pub fn diagnose(case: &Case<'_>) -> Report {
    let (decision, trace) = explain(&case.request, case.layers);
    let (_, determining) = statements(&case.request, case.layers);
    let mut layers: Vec<LayerReport> = trace
        .layers
        .iter()
        .map(|layer| layer::report(case, &trace, layer, &determining))
        .collect();
    if layers.is_empty() {
        layers = LayerKind::ALL.into_iter().map(layer::not_asked).collect();
    }
    let printed = resource_as_printed(case.request.action, case.request.resource);
    let wording = message::Wording {
        resource: printed.as_deref(),
        ..message::Wording::default()
    };
    let message = match decision {
        Decision::Allow(_) => None,
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => Some(message::access_denied(
            &case.request,
            &decision,
            case.layers,
            &wording,
        )),
    };
    let (fixes, no_fix) = fix::find(case, &decision, &trace, &determining);
    Report {
        decision,
        uncertain: is_uncertain(case, &decision),
        overruled: false,
        verdict: verdict::sentences(case, &decision, &trace, &layers),
        principal: words::principal_name(&case.request.principal),
        action: case.request.action.to_owned(),
        resource: case.request.resource.to_owned(),
        message,
        keys_not_given: layer::keys_not_given(&trace),
        findings: Vec::new(),
        notes: case.notes.to_vec(),
        layers,
        turns: verdict::turns(case, &decision, &trace, &determining),
        fixes,
        no_fix,
    }
}

/// Whether the answer hangs on a layer that nobody has looked at.
fn is_uncertain(case: &Case<'_>, decision: &Decision) -> bool {
    match (decision, decision.determined().by) {
        (Decision::ImplicitDeny(_), DecidedBy::Layer(layer)) => case.unseen.contains(&layer),
        (
            Decision::Allow(_) | Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_),
            DecidedBy::Layer(_) | DecidedBy::Rule(_) | DecidedBy::UnusablePolicy(_),
        ) => false,
    }
}
