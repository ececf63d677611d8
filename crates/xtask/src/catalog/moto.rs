//! AWS's managed policies from the unpacked Python package `moto`: the JSON inside its one data file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::managed::{Policies, Policy};
use super::{Source, python_version};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RawPolicy {
    create_date: String,
    default_version_id: String,
    document: Value,
    path: String,
    #[serde(rename = "PermissionsBoundaryUsageCount")]
    _permissions_boundary_usage_count: IgnoredAny,
    update_date: String,
}

/// Reads the package that is unpacked in `folder`.
pub(super) fn read(folder: &Path) -> Result<Policies> {
    let path = folder.join("moto/iam/aws_managed_policies.py");
    let file =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    policies(&file, python_version(folder, "moto")?)
        .with_context(|| format!("{} is not as expected", path.display()))
}

/// Reads the file: one Python string in triple quotes that holds a JSON object of policies by name.
pub(super) fn policies(file: &str, version: String) -> Result<Policies> {
    let [_, json, _] = file.split("\"\"\"").collect::<Vec<_>>()[..] else {
        anyhow::bail!("not one string in triple quotes");
    };
    ensure!(
        !json.contains('\\'),
        "an escape: Python's and JSON's would have to be told apart"
    );
    let whole: Value = serde_json::from_str(json)?;
    // Parsing loses nothing: no duplicate key, no other order of keys, no number written another way.
    let printed = whole.to_string();
    ensure!(
        printed == without_whitespace(json),
        "printing what was read gives something else"
    );
    let raw: BTreeMap<String, RawPolicy> = serde_json::from_value(whole)?;
    let mut policies = BTreeMap::new();
    let mut newest = String::new();
    for (name, raw) in raw {
        let policy = Policy {
            created: seconds(&raw.create_date)
                .with_context(|| format!("{name}: {}", raw.create_date))?,
            updated: seconds(&raw.update_date)
                .with_context(|| format!("{name}: {}", raw.update_date))?,
            path: raw.path,
            version_id: raw.default_version_id,
            document: raw.document.to_string(),
        };
        newest = newest.max(
            raw.update_date
                .split('T')
                .next()
                .unwrap_or_default()
                .to_owned(),
        );
        policies.insert(name, policy);
    }
    let (name, licence) = ("moto".to_owned(), "Apache-2.0".to_owned());
    Ok(Policies {
        source: Source {
            name,
            version,
            date: newest,
            licence,
        },
        policies,
    })
}

/// Drops the whitespace between the tokens of a JSON text that has no escapes.
pub(super) fn without_whitespace(json: &str) -> String {
    let mut in_string = false;
    json.chars()
        .filter(|character| {
            in_string ^= *character == '"';
            in_string || !character.is_ascii_whitespace()
        })
        .collect()
}

/// Reads `2026-03-26T03:42:09+00:00` as seconds since 1970.
pub(super) fn seconds(text: &str) -> Result<i64> {
    let text = text.strip_suffix("+00:00").context("not in UTC")?;
    let fields: Result<Vec<i64>, _> = text.split(['-', 'T', ':']).map(str::parse).collect();
    let [year, month, day, hour, minute, second] = fields?[..] else {
        anyhow::bail!("not a date and time")
    };
    let in_range = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    ensure!(
        in_range && hour < 24 && minute < 60 && second < 60,
        "not a date and time"
    );
    // Days since 1970 by counting years from March, so that the leap day is a year's last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Ok(((days * 24 + hour) * 60 + minute) * 60 + second)
}
