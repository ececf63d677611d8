//! The text of the table of services and actions to rows, checked to the last position.
//!
//! The text is what `cargo xtask catalog` prints: one item a line, tabs between fields, lists by their position.
//! ```text
//! keyward actions 1
//! sources <count>                 then a line each: name, version, date, licence
//! keys <count>                    name, type; sorted by name, case ignored, as all that follows
//! lists <count>                   positions in keys with commas between them; the first list is empty
//! dependents <count>              action names with commas between them; the first list is empty
//! services <count>                then for each:
//! service <prefix> <rcp or -> <list> <count of resource types> <count of actions>
//! <resource type> <list> <ARN pattern>…
//! <action> <access level> <list> <resources> <dependents>
//! end
//! ```
//! A resource of an action is the position of its type, `*` if it is required, and `/` with a list if it has one.

use std::cmp::Ordering;
use std::iter::Enumerate;
use std::str::Lines;

use crate::condition::{ConditionKey, ValueType};
use crate::fold;
use crate::table::{
    AccessLevel, ActionResourceRow, ActionRow, ResourceTypeRow, ServiceRow, Source, Tables,
};

/// Why a table was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadTableError {
    /// The line, from 0.
    pub(crate) line: usize,
    pub(crate) problem: &'static str,
}

/// Lines, and the number of the last for errors.
pub(crate) struct Reader<'a> {
    lines: Enumerate<Lines<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().enumerate(),
            line: 0,
        }
    }

    pub(crate) fn error(&self, problem: &'static str) -> ReadTableError {
        ReadTableError {
            line: self.line,
            problem,
        }
    }

    fn line(&mut self) -> Result<&'a str, ReadTableError> {
        let (number, line) = self
            .lines
            .next()
            .ok_or_else(|| self.error("the table is cut short"))?;
        self.line = number;
        Ok(line)
    }

    pub(crate) fn exactly(&mut self, expected: &str) -> Result<(), ReadTableError> {
        match self.line()? == expected {
            true => Ok(()),
            false => Err(self.error("not the line that the format has here")),
        }
    }

    pub(crate) fn fields<const N: usize>(&mut self) -> Result<[&'a str; N], ReadTableError> {
        let mut left = Some(self.line()?);
        let mut found = [""; N];
        for field in &mut found {
            let text = left.ok_or_else(|| self.error("a field is missing"))?;
            let cut = cut(text);
            *field = cut.map_or(text, |(field, _)| field);
            left = cut.map(|(_, rest)| rest);
        }
        match left {
            None => Ok(found),
            Some(_) => Err(self.error("a field too many")),
        }
    }

    /// Reads the line that starts a section and says how many lines it has.
    pub(crate) fn section(&mut self, name: &str) -> Result<u16, ReadTableError> {
        let [found, count] = self.fields()?;
        if found != name {
            return Err(self.error("another section was expected"));
        }
        self.number(count)
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, field: &str) -> Result<T, ReadTableError> {
        field
            .parse()
            .map_err(|_| self.error("not a number in range"))
    }

    fn position(&self, field: &str, length: usize) -> Result<u16, ReadTableError> {
        let position: u16 = self.number(field)?;
        match usize::from(position) < length {
            true => Ok(position),
            false => Err(self.error("no such position")),
        }
    }

    pub(crate) fn sources(&mut self) -> Result<Vec<Source<'a>>, ReadTableError> {
        let mut sources = Vec::new();
        for _ in 0..self.section("sources")? {
            let [name, version, date, licence] = self.fields()?;
            sources.push(Source {
                name,
                version,
                date,
                licence,
            });
        }
        Ok(sources)
    }

    /// Reads the last line and that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), ReadTableError> {
        self.exactly("end")?;
        match self.lines.next() {
            None => Ok(()),
            Some(_) => Err(self.error("something follows the end")),
        }
    }

    /// Checks that names ascend, which the search for a name relies on.
    fn ascends(&self, last: Option<&str>, next: &str) -> Result<(), ReadTableError> {
        match last.is_none_or(|last| fold::compare(last, next) == Ordering::Less) {
            true => Ok(()),
            false => Err(self.error("the names are not in order")),
        }
    }
}

/// Takes a text apart at its first tab. Fields are short: a byte at a time is faster than what searches long texts.
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b'\t')?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

/// Reads the table.
pub(crate) fn tables(text: &str) -> Result<Tables<'_>, ReadTableError> {
    let mut reader = Reader::new(text);
    reader.exactly("keyward actions 1")?;
    let mut tables = Tables {
        sources: reader.sources()?,
        keys: keys(&mut reader)?,
        templates: Box::default(),
        key_lists: Box::default(),
        dependent_lists: Box::default(),
        services: Box::default(),
    };
    let positions = (0u16..)
        .zip(&tables.keys)
        .filter(|(_, key)| key.is_template());
    tables.templates = positions.map(|(position, _)| position).collect();
    tables.key_lists = key_lists(&mut reader, tables.keys.len())?;
    tables.dependent_lists = dependent_lists(&mut reader)?;
    let mut services: Vec<ServiceRow<'_>> = Vec::new();
    for _ in 0..reader.section("services")? {
        let row = service(&mut reader, &tables)?;
        reader.ascends(services.last().map(|last| last.prefix), row.prefix)?;
        services.push(row);
    }
    tables.services = services.into();
    reader.end()?;
    Ok(tables)
}

fn keys<'a>(reader: &mut Reader<'a>) -> Result<Box<[ConditionKey<'a>]>, ReadTableError> {
    let mut keys: Vec<ConditionKey<'a>> = Vec::new();
    for _ in 0..reader.section("keys")? {
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
    Ok(keys.into())
}

fn key_lists(reader: &mut Reader<'_>, keys: usize) -> Result<Box<[Box<[u16]>]>, ReadTableError> {
    let mut lists = Vec::new();
    for _ in 0..reader.section("lists")? {
        let line = reader.line()?;
        let positions = line.split(',').filter(|position| !position.is_empty());
        let list: Result<Box<[u16]>, _> = positions
            .map(|position| reader.position(position, keys))
            .collect();
        lists.push(list?);
    }
    match lists.first().is_some_and(|list| list.is_empty()) {
        true => Ok(lists.into()),
        false => Err(reader.error("the first list is empty")),
    }
}

fn dependent_lists<'a>(reader: &mut Reader<'a>) -> Result<Box<[&'a str]>, ReadTableError> {
    let mut lists = Vec::new();
    for _ in 0..reader.section("dependents")? {
        lists.push(reader.line()?);
    }
    match lists.first().is_some_and(|list| list.is_empty()) {
        true => Ok(lists.into()),
        false => Err(reader.error("the first list is empty")),
    }
}

fn service<'a>(
    reader: &mut Reader<'a>,
    tables: &Tables<'a>,
) -> Result<ServiceRow<'a>, ReadTableError> {
    let [tag, prefix, rcp, keys, types, actions] = reader.fields()?;
    if tag != "service" {
        return Err(reader.error("a service was expected"));
    }
    let covered_by_rcps = match rcp {
        "rcp" => true,
        "-" => false,
        _ => return Err(reader.error("neither rcp nor -")),
    };
    let keys = reader.position(keys, tables.key_lists.len())?;
    let (types, actions): (u16, u16) = (reader.number(types)?, reader.number(actions)?);
    let mut resource_types: Vec<ResourceTypeRow<'a>> = Vec::new();
    for _ in 0..types {
        let row = resource_type(reader, tables)?;
        reader.ascends(resource_types.last().map(|last| last.name), row.name)?;
        resource_types.push(row);
    }
    let mut action_rows: Vec<ActionRow<'a>> = Vec::new();
    let mut action_resources = Vec::new();
    for _ in 0..actions {
        let row = action(reader, tables, resource_types.len(), &mut action_resources)?;
        reader.ascends(action_rows.last().map(|last| last.name), row.name)?;
        action_rows.push(row);
    }
    Ok(ServiceRow {
        prefix,
        covered_by_rcps,
        keys,
        resource_types: resource_types.into(),
        actions: action_rows.into(),
        action_resources: action_resources.into(),
    })
}

fn resource_type<'a>(
    reader: &mut Reader<'a>,
    tables: &Tables<'a>,
) -> Result<ResourceTypeRow<'a>, ReadTableError> {
    let missing = |reader: &Reader<'a>| reader.error("a field is missing");
    let (name, rest) = reader
        .line()?
        .split_once('\t')
        .ok_or_else(|| missing(reader))?;
    let (keys, arn_patterns) = rest.split_once('\t').ok_or_else(|| missing(reader))?;
    let keys = reader.position(keys, tables.key_lists.len())?;
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
    tables: &Tables<'a>,
    types: usize,
    all: &mut Vec<ActionResourceRow>,
) -> Result<ActionRow<'a>, ReadTableError> {
    let [name, level, keys, resources, dependents] = reader.fields()?;
    let access_level =
        AccessLevel::parse(level).ok_or_else(|| reader.error("an unknown access level"))?;
    let lists = tables.key_lists.len();
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
        dependents: reader.position(dependents, tables.dependent_lists.len())?,
        access_level,
    })
}

fn count(reader: &Reader<'_>, rows: &[ActionResourceRow]) -> Result<u32, ReadTableError> {
    u32::try_from(rows.len()).map_err(|_| reader.error("too many resources"))
}
