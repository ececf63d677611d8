//! The texts of the table of services and actions to rows, checked to the last position.
//!
//! The texts are what `cargo xtask catalog` prints, each a frame of the file: one item a line, tabs between fields, lists
//! by their position. Each is read when it is first asked for, and of a block only the service that is asked for, so that
//! one question about one service unpacks an index and a block. The first frame is the index:
//! ```text
//! keyward actions 2
//! sources <count>                 then a line each: name, version, date, licence
//! keys <count>                    how many the second frame has, and so on
//! lists <count>
//! dependents <count>
//! blocks <count>                  then for each, its count of services, and a line for each of them:
//! <prefix> <rcp or -> <list> <count of resource types> <count of actions>
//! end
//! ```
//! Then come these three, and behind them the blocks:
//! ```text
//! keys <count>                    name, type; sorted by name, case ignored, as all that follows
//!
//! lists <count>                   positions in keys with commas between them; the first list is empty
//!
//! dependents <count>              action names with commas between them; the first list is empty
//!
//! service <prefix>                for each service of the block
//! <resource type> <list> <ARN pattern>…
//! <action> <access level> <list> <resources> <dependents>
//! ```
//! A resource of an action is the position of its type, `*` if it is required, and `/` with a list if it has one.

use std::sync::OnceLock;

use crate::condition::{ConditionKey, ValueType};
use crate::frame::Frames;
use crate::index::{Body, Counts, Keys, ServiceRow, Tables};
use crate::lines::{ReadTableError, Reader};
use crate::table::{AccessLevel, ActionResourceRow, ActionRow, ResourceTypeRow};

/// The frames before the blocks, by their number.
const INDEX: usize = 0;
const KEYS: usize = 1;
const LISTS: usize = 2;
const DEPENDENTS: usize = 3;
const FIRST_BLOCK: usize = 4;

fn reader<'a>(frames: &'a Frames<'a>, number: usize) -> Result<Reader<'a>, ReadTableError> {
    let text = frames.text(number).map_err(|_| ReadTableError {
        line: 0,
        problem: "a frame does not unpack",
    })?;
    Ok(Reader::new(text))
}

/// Reads the index.
pub(crate) fn tables<'a>(frames: &'a Frames<'a>) -> Result<Tables<'a>, ReadTableError> {
    let mut reader = reader(frames, INDEX)?;
    reader.exactly("keyward actions 2")?;
    let sources = reader.sources()?;
    let counts = Counts {
        keys: reader.section("keys")?,
        lists: reader.section("lists")?,
        dependents: reader.section("dependents")?,
    };
    let blocks = reader.section("blocks")?;
    if frames.count().checked_sub(FIRST_BLOCK) != Some(usize::from(blocks)) {
        return Err(reader.error("there are not as many blocks"));
    }
    let (mut block_lines, mut services) = (Vec::new(), Vec::<ServiceRow<'a>>::new());
    for block in 0..blocks {
        let mut lines = 0usize;
        for _ in 0..reader.section("block")? {
            let row = service(&mut reader, &counts, block, lines)?;
            reader.ascends(services.last().map(|last| last.prefix), row.prefix)?;
            lines = row.last_line;
            services.push(row);
        }
        if lines == 0 {
            return Err(reader.error("a block has no service"));
        }
        block_lines.push(lines);
    }
    reader.end()?;
    Ok(Tables::new(frames, sources, counts, block_lines, services))
}

fn service<'a>(
    reader: &mut Reader<'a>,
    counts: &Counts,
    block: u16,
    first_line: usize,
) -> Result<ServiceRow<'a>, ReadTableError> {
    let [prefix, rcp, keys, types, actions] = reader.fields()?;
    let covered_by_rcps = match rcp {
        "rcp" => true,
        "-" => false,
        _ => return Err(reader.error("neither rcp nor -")),
    };
    let keys = reader.position(keys, counts.lists)?;
    let (types, actions): (u16, u16) = (reader.number(types)?, reader.number(actions)?);
    // One line says whose they are.
    let lines = 1usize
        .saturating_add(types.into())
        .saturating_add(actions.into());
    Ok(ServiceRow {
        prefix,
        covered_by_rcps,
        keys,
        block,
        first_line,
        last_line: first_line.saturating_add(lines),
        types,
        actions,
        body: OnceLock::new(),
    })
}

/// Begins a frame that has as many lines as the index says.
fn counted<'a>(
    tables: &Tables<'a>,
    number: usize,
    name: &str,
    count: u16,
) -> Result<Reader<'a>, ReadTableError> {
    let mut reader = reader(tables.frames, number)?;
    match reader.section(name)? == count {
        true => Ok(reader),
        false => Err(reader.error("the index counts otherwise")),
    }
}

/// Reads the condition keys.
pub(crate) fn keys<'a>(tables: &Tables<'a>) -> Result<Keys<'a>, ReadTableError> {
    let count = tables.counts.keys;
    let mut reader = counted(tables, KEYS, "keys", count)?;
    let mut keys: Vec<ConditionKey<'a>> = Vec::new();
    for _ in 0..count {
        let [name, declared] = reader.fields()?;
        reader.ascends(keys.last().map(|last| last.name), name)?;
        if name.matches("${").count() != name.matches('}').count() || name.matches("${").count() > 1
        {
            return Err(reader.error("a template has one placeholder"));
        }
        let parsed = ValueType::parse(declared)
            .ok_or_else(|| reader.error("an unknown type of condition key"))?;
        let (value_type, cardinality) = parsed;
        keys.push(ConditionKey {
            name,
            value_type,
            cardinality,
        });
    }
    reader.nothing_more()?;
    let templates = (0u16..).zip(&keys).filter(|(_, key)| key.is_template());
    Ok(Keys {
        templates: templates.map(|(position, _)| position).collect(),
        all: keys.into(),
    })
}

/// Reads the lists of condition keys.
pub(crate) fn key_lists(tables: &Tables<'_>) -> Result<Box<[Box<[u16]>]>, ReadTableError> {
    let Counts {
        keys, lists: count, ..
    } = tables.counts;
    let mut reader = counted(tables, LISTS, "lists", count)?;
    let mut lists = Vec::new();
    for _ in 0..count {
        let line = reader.line()?;
        let positions = line.split(',').filter(|position| !position.is_empty());
        let list: Result<Box<[u16]>, _> = positions
            .map(|position| reader.position(position, keys))
            .collect();
        lists.push(list?);
    }
    reader.nothing_more()?;
    match lists.first().is_some_and(|list| list.is_empty()) {
        true => Ok(lists.into()),
        false => Err(reader.error("the first list is empty")),
    }
}

/// Reads the lists of dependent actions.
pub(crate) fn dependent_lists<'a>(tables: &Tables<'a>) -> Result<Box<[&'a str]>, ReadTableError> {
    let count = tables.counts.dependents;
    let mut reader = counted(tables, DEPENDENTS, "dependents", count)?;
    let mut lists = Vec::new();
    for _ in 0..count {
        lists.push(reader.line()?);
    }
    reader.nothing_more()?;
    match lists.first().is_some_and(|list| list.is_empty()) {
        true => Ok(lists.into()),
        false => Err(reader.error("the first list is empty")),
    }
}

/// Reads a service's resource types and actions.
pub(crate) fn body<'a>(
    tables: &Tables<'a>,
    service: &ServiceRow<'_>,
) -> Result<Body<'a>, ReadTableError> {
    let block = usize::from(service.block);
    let mut reader = reader(tables.frames, FIRST_BLOCK.saturating_add(block))?;
    reader.skip(service.first_line)?;
    let [tag, prefix] = reader.fields()?;
    if tag != "service" || prefix != service.prefix {
        return Err(reader.error("the service was expected"));
    }
    let mut resource_types: Vec<ResourceTypeRow<'a>> = Vec::new();
    for _ in 0..service.types {
        let row = resource_type(&mut reader, &tables.counts)?;
        reader.ascends(resource_types.last().map(|last| last.name), row.name)?;
        resource_types.push(row);
    }
    let mut actions: Vec<ActionRow<'a>> = Vec::new();
    let mut action_resources = Vec::new();
    for _ in 0..service.actions {
        let row = action(
            &mut reader,
            &tables.counts,
            service.types,
            &mut action_resources,
        )?;
        reader.ascends(actions.last().map(|last| last.name), row.name)?;
        actions.push(row);
    }
    // A block that is longer or shorter than the index says is not the index's.
    let lines = tables.block_lines.get(block).copied().unwrap_or_default();
    reader.skip(lines.saturating_sub(service.last_line))?;
    reader.nothing_more()?;
    Ok(Body {
        resource_types: resource_types.into(),
        actions: actions.into(),
        action_resources: action_resources.into(),
    })
}

fn resource_type<'a>(
    reader: &mut Reader<'a>,
    counts: &Counts,
) -> Result<ResourceTypeRow<'a>, ReadTableError> {
    let missing = |reader: &Reader<'a>| reader.error("a field is missing");
    let (name, rest) = reader
        .line()?
        .split_once('\t')
        .ok_or_else(|| missing(reader))?;
    let (keys, arn_patterns) = rest.split_once('\t').ok_or_else(|| missing(reader))?;
    let keys = reader.position(keys, counts.lists)?;
    for pattern in arn_patterns.split('\t') {
        if pattern != "*" && (!pattern.starts_with("arn:") || pattern.splitn(6, ':').count() != 6) {
            return Err(reader.error("an ARN has six parts"));
        }
    }
    Ok(ResourceTypeRow {
        name,
        arn_patterns,
        keys,
    })
}

fn action<'a>(
    reader: &mut Reader<'a>,
    counts: &Counts,
    types: u16,
    all: &mut Vec<ActionResourceRow>,
) -> Result<ActionRow<'a>, ReadTableError> {
    let [name, level, keys, resources, dependents] = reader.fields()?;
    let access_level =
        AccessLevel::parse(level).ok_or_else(|| reader.error("an unknown access level"))?;
    let lists = counts.lists;
    let resources_start = count(reader, all)?;
    let fields = (!resources.is_empty()).then(|| resources.split(','));
    for field in fields.into_iter().flatten().filter(|it| !it.is_empty()) {
        let (field, keys) = field.split_once('/').unwrap_or((field, "0"));
        let (position, required) = match field.strip_suffix('*') {
            None => (field, false),
            Some(position) => (position, true),
        };
        let resource_type = reader.position(position, types)?;
        all.push(ActionResourceRow {
            resource_type,
            keys: reader.position(keys, lists)?,
            required,
        });
    }
    Ok(ActionRow {
        name,
        resources_start,
        resources_end: count(reader, all)?,
        keys: reader.position(keys, lists)?,
        dependents: reader.position(dependents, counts.dependents)?,
        access_level,
    })
}

fn count(reader: &Reader<'_>, rows: &[ActionResourceRow]) -> Result<u32, ReadTableError> {
    u32::try_from(rows.len()).map_err(|_| reader.error("too many resources"))
}
