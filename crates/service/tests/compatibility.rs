//! `docs/compatibility.md`: what the operations table says, and where an operation differs, as one page.
//!
//! The page is committed; `KEYWARD_WRITE=1 cargo test -p keyward-service --test compatibility` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use keyward_wire::Operation;

/// Rows of `docs/differences.md` that name operations, by operation.
fn differences(text: &str) -> BTreeMap<&'static str, Vec<String>> {
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let area = row
            .trim_matches('|')
            .split(" | ")
            .next()
            .unwrap_or_default();
        for operation in Operation::ALL {
            let named = format!("`{}`", operation.name());
            if row.contains(&named) {
                let places = found.entry(operation.name()).or_default();
                places.push(area.trim().to_owned());
            }
        }
    }
    found
}

fn page(differences: &BTreeMap<&'static str, Vec<String>>) -> String {
    let rows = keyward_service::summaries();
    let served = rows.iter().filter(|row| row.action.is_some()).count();
    let mut page = format!(
        "# Compatibility\n\n\
         Generated from the operations table (`crates/service/src/operations.rs`) and [differences.md](differences.md) by\n\
         `KEYWARD_WRITE=1 cargo test -p keyward-service --test compatibility`; CI fails where it is out of date.\n\n\
         {served} of {} operations are served. A pending one answers `NotImplemented`, 501.\n\n\
         | operation | policies must allow | on | condition keys | differs in |\n|---|---|---|---|---|\n",
        rows.len()
    );
    for row in &rows {
        let operation = format!("{}:{}", row.operation.service(), row.operation.name());
        let differs = differences
            .get(row.operation.name())
            .map(|areas| areas.join("; "))
            .unwrap_or_default();
        let _ = match row.action {
            None => writeln!(page, "| {operation} | pending | | | |"),
            Some(action) => writeln!(
                page,
                "| {operation} | `{action}` | `{}` | {} | {differs} |",
                row.resource,
                row.keys.join(" ")
            ),
        };
    }
    page
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_page_is_current() {
    let known = std::fs::read_to_string(docs().join("differences.md")).unwrap();
    let page = page(&differences(&known));
    let place = docs().join("compatibility.md");
    if std::option_env!("KEYWARD_WRITE").is_some() {
        std::fs::write(&place, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(
        committed == page,
        "docs/compatibility.md is out of date: KEYWARD_WRITE=1 cargo test -p keyward-service --test compatibility"
    );
}
