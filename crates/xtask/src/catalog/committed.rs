//! The models as the crate `keyward-catalog` gives out the committed tables.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use keyward_catalog::ConditionKey;

use super::Source;
use super::actions::{Action, ActionResource, Actions, Name, ResourceType, Service, insert};
use super::managed::{Policies, Policy};

/// Returns what AWS calls each service, as the file of names has it.
pub(super) fn service_names() -> Result<String> {
    let mut text = String::new();
    for service in keyward_catalog::services() {
        let prefix = service.prefix();
        let name = keyward_catalog::service_name(prefix);
        let name = name.with_context(|| format!("service {prefix} has no name"))?;
        text.push_str(&format!("{prefix}\t{name}\n"));
    }
    Ok(text)
}

pub(super) fn actions() -> Result<Actions> {
    let mut sources = sources();
    // The last is that of the managed policies.
    sources.pop();
    let mut actions = Actions {
        sources,
        ..Actions::default()
    };
    for key in keyward_catalog::services().flat_map(|service| service.condition_keys()) {
        let array = if key.is_multivalued() { "ArrayOf" } else { "" };
        actions.keys.insert(
            Name::new(key.name),
            format!("{array}{}", key.value_type.as_str()),
        );
    }
    for service in keyward_catalog::services() {
        let mut copy = Service {
            covered_by_rcps: service.is_covered_by_rcps(),
            keys: names(service.condition_keys()),
            ..Service::default()
        };
        for resource_type in service.resource_types() {
            let arn_patterns = resource_type.arn_patterns().map(str::to_owned).collect();
            let keys = names(resource_type.condition_keys());
            insert(
                &mut copy.resource_types,
                resource_type.name(),
                ResourceType { arn_patterns, keys },
            )?;
        }
        for action in service.actions() {
            insert(&mut copy.actions, action.name(), copy_action(action))?;
        }
        insert(&mut actions.services, service.prefix(), copy)?;
    }
    Ok(actions)
}

fn copy_action(action: keyward_catalog::Action<'_>) -> Action {
    let resources = action.resource_types().map(|used| {
        let resource = ActionResource {
            required: used.is_required(),
            keys: names(used.condition_keys()),
        };
        (Name::new(used.resource_type().name()), resource)
    });
    Action {
        access_level: action.access_level().as_str().to_owned(),
        keys: names(action.condition_keys()),
        resources: resources.collect(),
        dependents: action.dependent_actions().map(str::to_owned).collect(),
    }
}

pub(super) fn policies() -> Result<Policies> {
    let source = sources()
        .pop()
        .context("the managed policies have no source")?;
    let mut policies = BTreeMap::new();
    for policy in keyward_catalog::managed_policies() {
        let copy = Policy {
            path: policy.path().to_owned(),
            version_id: policy.version_id().to_owned(),
            created: policy.created_seconds(),
            updated: policy.updated_seconds(),
            document: policy.document(),
        };
        policies.insert(policy.name().to_owned(), copy);
    }
    Ok(Policies { source, policies })
}

fn sources() -> Vec<Source> {
    let sources = keyward_catalog::sources().map(|source| Source {
        name: source.name.to_owned(),
        version: source.version.to_owned(),
        date: source.date.to_owned(),
        licence: source.licence.to_owned(),
    });
    sources.collect()
}

fn names<'t>(keys: impl Iterator<Item = ConditionKey<'t>>) -> BTreeSet<Name> {
    keys.map(|key| Name::new(key.name)).collect()
}
