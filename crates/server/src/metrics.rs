//! Counters in the text form of Prometheus.

use std::fmt::Write as _;

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use keyward_service::{Sample, Service};

use crate::http::{Reply, text};

/// Writes all counters.
pub(crate) async fn answer(service: &Service) -> Reply {
    let metrics = service.metrics();
    let mut page = String::with_capacity(2048);
    let requests = metrics.requests();
    family(
        &mut page,
        "keyward_requests_total",
        "counter",
        "API requests by service and outcome.",
        &requests,
    );
    let decisions = metrics.decisions();
    family(
        &mut page,
        "keyward_decisions_total",
        "counter",
        "Decisions of the engine.",
        &decisions,
    );
    let view = service.view().revision().number();
    family(
        &mut page,
        "keyward_view_revision",
        "gauge",
        "The revision that decisions are made at.",
        &[(vec![], view)],
    );
    if let Ok(store) = service.store_revision().await {
        let store = [(vec![], store.number())];
        family(
            &mut page,
            "keyward_store_revision",
            "gauge",
            "The newest revision of the store.",
            &store,
        );
    }
    let ready = u64::from(service.readiness().is_ok());
    family(
        &mut page,
        "keyward_ready",
        "gauge",
        "1 while requests are answered.",
        &[(vec![], ready)],
    );
    let accounts = service.view().cells();
    let users: usize = accounts.iter().map(|cell| cell.user_count()).sum();
    family(
        &mut page,
        "keyward_accounts",
        "gauge",
        "Accounts.",
        &[(vec![], accounts.len() as u64)],
    );
    family(
        &mut page,
        "keyward_users",
        "gauge",
        "Users of all accounts.",
        &[(vec![], users as u64)],
    );
    let mut reply = text(StatusCode::OK, page);
    let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, version);
    reply
}

fn family(page: &mut String, name: &str, kind: &str, help: &str, samples: &[Sample]) {
    let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let braces = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(page, "{name}{braces} {value}");
    }
}
