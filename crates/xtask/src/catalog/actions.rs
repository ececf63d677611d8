//! The table of services and actions as a model, and its text. The format is described in
//! `crates/catalog/src/read.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::Source;

/// A block of services is closed when it has this many bytes: small enough to unpack for one service, large enough to
/// compress nearly as well as the whole would.
const BLOCK_BYTES: usize = 16 * 1024;

/// A name in the order of the tables: by its lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    folded: String,
    pub(super) text: String,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        Self {
            folded: text.to_ascii_lowercase(),
            text: text.to_owned(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Actions {
    pub(super) sources: Vec<Source>,
    /// The declared type of every condition key.
    pub(super) keys: BTreeMap<Name, String>,
    pub(super) services: BTreeMap<Name, Service>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) covered_by_rcps: bool,
    pub(super) keys: BTreeSet<Name>,
    pub(super) resource_types: BTreeMap<Name, ResourceType>,
    pub(super) actions: BTreeMap<Name, Action>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResourceType {
    pub(super) arn_patterns: Vec<String>,
    pub(super) keys: BTreeSet<Name>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) access_level: String,
    pub(super) keys: BTreeSet<Name>,
    pub(super) resources: BTreeMap<Name, ActionResource>,
    /// `service:Action`.
    pub(super) dependents: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ActionResource {
    pub(super) required: bool,
    pub(super) keys: BTreeSet<Name>,
}

/// Lists that many items share: each is printed once and named by its position.
struct Lists {
    lines: BTreeMap<String, usize>,
}

impl Lists {
    /// Takes all lists; the empty one, which sorts first, is always among them.
    fn new(lists: impl Iterator<Item = String>) -> Self {
        let distinct: BTreeSet<String> = lists.chain([String::new()]).collect();
        Self {
            lines: distinct.into_iter().zip(0..).collect(),
        }
    }

    fn position(&self, line: &str) -> Result<usize> {
        self.lines
            .get(line)
            .copied()
            .context("a list that was not collected")
    }

    fn title(&self, title: &str) -> String {
        format!("{title}\t{}\n", self.lines.len())
    }

    fn print(&self, text: &mut String) -> Result<()> {
        for line in self.lines.keys() {
            writeln!(text, "{line}")?;
        }
        Ok(())
    }
}

/// What the lines of the services refer to.
struct Positions<'a> {
    keys: BTreeMap<&'a Name, usize>,
    lists: Lists,
    dependents: Lists,
}

impl Positions<'_> {
    fn key_line(keys: &BTreeMap<&Name, usize>, list: &BTreeSet<Name>) -> Result<String> {
        let positions: Option<Vec<String>> = list
            .iter()
            .map(|key| Some(keys.get(key)?.to_string()))
            .collect();
        Ok(positions
            .with_context(|| format!("a key of {list:?} has no type"))?
            .join(","))
    }

    fn list(&self, list: &BTreeSet<Name>) -> Result<usize> {
        self.lists.position(&Self::key_line(&self.keys, list)?)
    }
}

impl Actions {
    /// Returns the index, the keys, the lists of keys, those of dependent actions, and the blocks of services: the same for
    /// the same model, whatever order its parts came in.
    pub(super) fn frames(&self) -> Result<Vec<String>> {
        let keys: BTreeMap<&Name, usize> = self.keys.keys().zip(0..).collect();
        let lines: Result<Vec<String>> = self
            .key_lists()
            .map(|list| Positions::key_line(&keys, list))
            .collect();
        let dependents = self.actions().map(|(_, action)| dependent_line(action));
        let positions = Positions {
            lists: Lists::new(lines?.into_iter()),
            dependents: Lists::new(dependents),
            keys,
        };
        let blocks = self.blocks(&positions)?;
        let mut index = String::from("keyward actions 2\n");
        writeln!(index, "sources\t{}", self.sources.len())?;
        for source in &self.sources {
            writeln!(index, "{}", source.print())?;
        }
        let mut shared = vec![format!("keys\t{}\n", self.keys.len())];
        shared.push(positions.lists.title("lists"));
        shared.push(positions.dependents.title("dependents"));
        index.extend(shared.iter().map(String::as_str));
        writeln!(index, "blocks\t{}", blocks.len())?;
        for (lines, _) in &blocks {
            writeln!(index, "block\t{}\n{}", lines.len(), lines.join("\n"))?;
        }
        index.push_str("end\n");
        if let [of_keys, of_lists, of_dependents] = shared.as_mut_slice() {
            for (key, declared) in &self.keys {
                writeln!(of_keys, "{}\t{declared}", key.text)?;
            }
            positions.lists.print(of_lists)?;
            positions.dependents.print(of_dependents)?;
        }
        let blocks = blocks.into_iter().map(|(_, text)| text);
        Ok([index].into_iter().chain(shared).chain(blocks).collect())
    }

    /// Returns the lines of the index and the texts of blocks of services.
    fn blocks(&self, positions: &Positions<'_>) -> Result<Vec<(Vec<String>, String)>> {
        let mut blocks: Vec<(Vec<String>, String)> = Vec::new();
        for (prefix, service) in &self.services {
            if blocks
                .last()
                .is_none_or(|(_, text)| text.len() >= BLOCK_BYTES)
            {
                blocks.push((Vec::new(), String::new()));
            }
            if let Some((lines, text)) = blocks.last_mut() {
                let of = || format!("service {}", prefix.text);
                lines.push(service.line(prefix, positions).with_context(of)?);
                service.print(prefix, positions, text).with_context(of)?;
            }
        }
        Ok(blocks)
    }

    pub(super) fn summary(&self) -> String {
        let resource_types: usize = self
            .services
            .values()
            .map(|service| service.resource_types.len())
            .sum();
        format!(
            "{} services ({} covered by RCPs), {} actions ({} without resource types, {} with dependent actions), \
             {resource_types} resource types, {} condition keys",
            self.services.len(),
            self.services
                .values()
                .filter(|service| service.covered_by_rcps)
                .count(),
            self.actions().count(),
            self.actions()
                .filter(|(_, action)| action.resources.is_empty())
                .count(),
            self.actions()
                .filter(|(_, action)| !action.dependents.is_empty())
                .count(),
            self.keys.len(),
        )
    }

    /// Returns the services that resource control policies cover, one a line.
    pub(super) fn covered_by_rcps(&self) -> String {
        let covered = self.services.iter().filter(|(_, it)| it.covered_by_rcps);
        covered
            .map(|(prefix, _)| format!("{}\n", prefix.text))
            .collect()
    }

    fn actions(&self) -> impl Iterator<Item = (&Name, &Action)> {
        self.services.values().flat_map(|service| &service.actions)
    }

    fn key_lists(&self) -> impl Iterator<Item = &BTreeSet<Name>> {
        self.services.values().flat_map(|service| {
            let of_types = service
                .resource_types
                .values()
                .map(|resource_type| &resource_type.keys);
            let of_actions = service.actions.values().map(|action| &action.keys);
            let of_resources = service
                .actions
                .values()
                .flat_map(|action| action.resources.values());
            [&service.keys]
                .into_iter()
                .chain(of_types)
                .chain(of_actions)
                .chain(of_resources.map(|used| &used.keys))
        })
    }
}

impl Service {
    /// Returns its line of the index.
    fn line(&self, prefix: &Name, positions: &Positions<'_>) -> Result<String> {
        let rcp = if self.covered_by_rcps { "rcp" } else { "-" };
        let (types, actions) = (self.resource_types.len(), self.actions.len());
        let keys = positions.list(&self.keys)?;
        Ok(format!(
            "{}\t{rcp}\t{keys}\t{types}\t{actions}",
            prefix.text
        ))
    }

    fn print(&self, prefix: &Name, positions: &Positions<'_>, text: &mut String) -> Result<()> {
        writeln!(text, "service\t{}", prefix.text)?;
        for (name, resource_type) in &self.resource_types {
            let patterns = resource_type.arn_patterns.join("\t");
            writeln!(
                text,
                "{}\t{}\t{patterns}",
                name.text,
                positions.list(&resource_type.keys)?
            )?;
        }
        let of_types: BTreeMap<&Name, usize> = self.resource_types.keys().zip(0..).collect();
        for (name, action) in &self.actions {
            let mut resources = Vec::new();
            for (resource_type, used) in &action.resources {
                let position = of_types.get(resource_type);
                let position = position
                    .with_context(|| format!("{} has no type {resource_type:?}", name.text))?;
                let required = if used.required { "*" } else { "" };
                resources.push(match positions.list(&used.keys)? {
                    0 => format!("{position}{required}"),
                    list => format!("{position}{required}/{list}"),
                });
            }
            let dependents = positions.dependents.position(&dependent_line(action))?;
            let (level, keys) = (&action.access_level, positions.list(&action.keys)?);
            writeln!(
                text,
                "{}\t{level}\t{keys}\t{}\t{dependents}",
                name.text,
                resources.join(",")
            )?;
        }
        Ok(())
    }
}

fn dependent_line(action: &Action) -> String {
    action
        .dependents
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(",")
}

/// Adds to a map and refuses a second item of the same name, case ignored.
pub(super) fn insert<T>(map: &mut BTreeMap<Name, T>, name: &str, item: T) -> Result<()> {
    // A line of the table has tabs and line breaks of its own.
    ensure!(
        !name.is_empty() && !name.contains(['\t', '\n', '\r', ',']),
        "{name:?} is no name"
    );
    let name = Name::new(name);
    let twin = map.keys().find(|other| other.folded == name.folded);
    ensure!(twin.is_none(), "{} is there twice", name.text);
    map.insert(name, item);
    Ok(())
}
