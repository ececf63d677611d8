//! Holds the crates against the tier map of `ARCHITECTURE.md`, and files against the house rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::process::root;

/// The longest file of code that is neither generated nor a list of cases: aim at 400 lines, think at 800.
const LONGEST_FILE: usize = 800;
/// Tiers up to this one are pure.
const LAST_PURE_TIER: u8 = 3;
/// What a pure crate never depends on.
const IMPURE: &[&str] = &[
    "async-trait",
    "getrandom",
    "hyper",
    "jiff",
    "rand",
    "redb",
    "reqwest",
    "tokio",
    "tracing",
];
/// What the `lib.rs` of a pure crate denies, besides the workspace's lints.
const PURE_LINTS: &[&str] = &[
    "wildcard_enum_match_arm",
    "arithmetic_side_effects",
    "as_conversions",
];

/// A row of the tier map.
struct Row {
    tier: u8,
    uses: BTreeSet<String>,
}

/// What a crate's manifest says.
struct Manifest {
    own: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

pub(crate) fn run() -> anyhow::Result<()> {
    let map = tier_map(&fs::read_to_string(root().join("ARCHITECTURE.md"))?)?;
    let manifests = manifests()?;
    let mut findings = compare(&map, &manifests);
    for name in manifests.keys() {
        findings.extend(check_crate(name, map.get(name)));
    }
    findings.extend(check_files()?);
    if findings.is_empty() {
        println!("tidy: {} crates in order", manifests.len());
        return Ok(());
    }
    bail!(
        "tidy found {}:\n  {}",
        findings.len(),
        findings.join("\n  ")
    )
}

/// Reads the table between the two tidy comments.
fn tier_map(document: &str) -> anyhow::Result<BTreeMap<String, Row>> {
    let table = document
        .split("<!-- tidy:")
        .nth(1)
        .context("ARCHITECTURE.md has no tier map")?;
    let mut map = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [tier, name, uses] = cells.as_slice() else {
            bail!("a row of the tier map has not three columns: {line}")
        };
        let Some(tier) = tier.chars().next().and_then(|digit| digit.to_digit(10)) else {
            continue;
        };
        let uses = uses
            .split(',')
            .map(str::trim)
            .filter(|used| !used.is_empty())
            .map(str::to_owned)
            .collect();
        let row = Row {
            tier: u8::try_from(tier)?,
            uses,
        };
        if map.insert((*name).to_owned(), row).is_some() {
            bail!("the tier map has two rows for {name}");
        }
    }
    Ok(map)
}

fn manifests() -> anyhow::Result<BTreeMap<String, Manifest>> {
    let output = std::process::Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut manifests = BTreeMap::new();
    for package in list(&metadata, "packages") {
        let Some(name) = package
            .get("name")
            .and_then(Value::as_str)
            .and_then(own_name)
        else {
            continue;
        };
        let mut manifest = Manifest {
            own: BTreeSet::new(),
            foreign: BTreeSet::new(),
        };
        for dependency in list(package, "dependencies") {
            let used = dependency
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            // Development and build dependencies have a kind.
            if dependency.get("kind").is_some_and(|kind| !kind.is_null()) {
                continue;
            }
            match own_name(used) {
                Some(own) => manifest.own.insert(own.to_owned()),
                None => manifest.foreign.insert(used.to_owned()),
            };
        }
        manifests.insert(name.to_owned(), manifest);
    }
    Ok(manifests)
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn own_name(package: &str) -> Option<&str> {
    package.strip_prefix("keyward-")
}

fn compare(map: &BTreeMap<String, Row>, manifests: &BTreeMap<String, Manifest>) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, manifest) in manifests {
        let Some(row) = map.get(name) else {
            findings.push(format!(
                "crates/{name} is not in the tier map of ARCHITECTURE.md"
            ));
            continue;
        };
        for used in manifest.own.difference(&row.uses) {
            findings.push(format!(
                "{name} → {used}: ARCHITECTURE.md does not list this arrow"
            ));
        }
        for used in row.uses.difference(&manifest.own) {
            findings.push(format!(
                "{name} → {used}: ARCHITECTURE.md lists an arrow that is not there"
            ));
        }
        for used in &manifest.own {
            if map.get(used).is_some_and(|target| target.tier > row.tier) {
                findings.push(format!("{name} → {used}: an arrow goes up"));
            }
        }
        if row.tier <= LAST_PURE_TIER {
            for impure in manifest
                .foreign
                .iter()
                .filter(|used| IMPURE.contains(&used.as_str()))
            {
                findings.push(format!(
                    "{name} is pure (tier {}) and depends on {impure}",
                    row.tier
                ));
            }
        }
    }
    for name in map.keys().filter(|name| !manifests.contains_key(*name)) {
        findings.push(format!("the tier map names {name}, which is not there"));
    }
    findings
}

fn check_crate(name: &str, row: Option<&Row>) -> Vec<String> {
    let folder = root().join("crates").join(name);
    let text = |path: &str| fs::read_to_string(folder.join(path)).unwrap_or_default();
    let mut findings = Vec::new();
    if !text("Cargo.toml").contains("[lints]\nworkspace = true") {
        findings.push(format!(
            "crates/{name}/Cargo.toml does not inherit the workspace's lints"
        ));
    }
    if row.is_some_and(|row| row.tier <= LAST_PURE_TIER) {
        let library = text("src/lib.rs");
        for lint in PURE_LINTS.iter().filter(|lint| !library.contains(*lint)) {
            findings.push(format!(
                "crates/{name}/src/lib.rs is pure and does not deny clippy::{lint}"
            ));
        }
    }
    findings
}

fn check_files() -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in rust_files(&root().join("crates"))? {
        let text = fs::read_to_string(&path)?;
        let shown = path
            .strip_prefix(root())
            .unwrap_or(&path)
            .display()
            .to_string();
        let generated = shown.contains("/generated");
        let tests = shown.contains("/tests");
        if !generated && !tests && text.lines().count() > LONGEST_FILE {
            findings.push(format!(
                "{shown} has {} lines, more than {LONGEST_FILE}",
                text.lines().count()
            ));
        }
        // Split, so that this line does not find itself.
        if text.contains(concat!("#[", "ignore")) {
            findings.push(format!("{shown} has an ignored test"));
        }
    }
    Ok(findings)
}

fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(own: &[&str], foreign: &[&str]) -> Manifest {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Manifest {
            own: set(own),
            foreign: set(foreign),
        }
    }

    #[test]
    fn arrows_are_held_against_the_map() {
        let document = "\
x <!-- tidy: begin -->
| tier | crate | uses |
|---|---|---|
| 0 names | low | |
| 1 facts | middle | low, unused |
| 4 state | high | |
<!-- tidy: end -->";
        let map = tier_map(document).unwrap();
        let manifests = BTreeMap::from([
            ("low".to_owned(), manifest(&["high"], &["tokio"])),
            ("middle".to_owned(), manifest(&["low"], &[])),
            ("stray".to_owned(), manifest(&[], &[])),
        ]);
        let findings = compare(&map, &manifests).join("\n");
        for expected in [
            "low → high: ARCHITECTURE.md does not list this arrow",
            "low → high: an arrow goes up",
            "low is pure (tier 0) and depends on tokio",
            "middle → unused: ARCHITECTURE.md lists an arrow that is not there",
            "crates/stray is not in the tier map",
            "the tier map names high, which is not there",
        ] {
            assert!(
                findings.contains(expected),
                "{expected} is missing in:\n{findings}"
            );
        }
    }
}
