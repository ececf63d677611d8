//! Counters of what was done.

use std::sync::atomic::{AtomicU64, Ordering};

use keyward_wire::Service as Api;

use crate::ServiceError;

/// How a request ended, as a label.
const OUTCOMES: [&str; 6] = [
    "success",
    "denied",
    "unauthenticated",
    "refused",
    "not_implemented",
    "failed",
];
/// What a request was for, as a label.
const SERVICES: [&str; 3] = ["iam", "sts", "unknown"];
/// What the policies said, as a label.
const DECISIONS: [&str; 3] = ["allowed", "explicit_deny", "implicit_deny"];

/// Counters since the process started. Counting costs one atomic addition.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; OUTCOMES.len()]; SERVICES.len()],
    decisions: [AtomicU64; DECISIONS.len()],
}

/// One counter: its label values and its value.
pub type Sample = (Vec<(&'static str, &'static str)>, u64);

impl Metrics {
    /// Returns the requests by `service` and `outcome`.
    #[must_use]
    pub fn requests(&self) -> Vec<Sample> {
        let rows = SERVICES.iter().zip(&self.requests);
        rows.flat_map(|(service, row)| {
            let cells = OUTCOMES.iter().zip(row);
            cells.map(|(outcome, count)| {
                (
                    vec![("service", *service), ("outcome", *outcome)],
                    load(count),
                )
            })
        })
        .collect()
    }

    /// Returns the decisions by `decision`.
    #[must_use]
    pub fn decisions(&self) -> Vec<Sample> {
        let cells = DECISIONS.iter().zip(&self.decisions);
        cells
            .map(|(decision, count)| (vec![("decision", *decision)], load(count)))
            .collect()
    }

    pub(crate) fn count(&self, api: Option<Api>, result: Result<(), &ServiceError>) {
        let service = match api {
            Some(Api::Iam) => 0,
            Some(Api::Sts) => 1,
            None => 2,
        };
        let outcome = match result {
            Ok(()) => 0,
            Err(ServiceError::AccessDenied(_)) => 1,
            Err(ServiceError::Signature(_)) => 2,
            Err(
                ServiceError::Refused(_)
                | ServiceError::WebIdentity(_)
                | ServiceError::Wire(_)
                | ServiceError::RevisionNotReached { .. },
            ) => 3,
            Err(ServiceError::NotImplemented(_)) => 4,
            Err(
                ServiceError::AuditUnavailable
                | ServiceError::Busy
                | ServiceError::Internal(_)
                | ServiceError::Store(_),
            ) => 5,
        };
        if let Some(counter) = self.requests.get(service).and_then(|row| row.get(outcome)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_decision(&self, decision: &keyward_engine::Decision) {
        let index = match decision {
            keyward_engine::Decision::Allow(_) => 0,
            keyward_engine::Decision::ExplicitDeny(_) => 1,
            keyward_engine::Decision::ImplicitDeny(_) => 2,
        };
        if let Some(counter) = self.decisions.get(index) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
