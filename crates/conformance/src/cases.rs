//! The case files.
//!
//! A file is a mapping with `source`, `given` (fields of the line that all its cases share) and `cases`. A case has a
//! `name`, fields of a line of `keyward decide`, and `expect`: a decision, or a mapping with `decision` and, where it
//! matters, `decidedBy`, `statements` (as `layer/policy/index`) and `message`. A case may be a group: its own `given`
//! and `cases`. Inner fields replace outer ones, and `null` takes one away. `define` is a place for YAML anchors.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// One case: a line, and the answer it must get.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file and the names on the way down, such as `layers/gated.yaml: assuming a role / no trust policy`.
    pub name: String,
    /// Where the expectation comes from.
    pub source: String,
    /// The line.
    pub line: Value,
    /// The answer.
    pub expect: Expected,
}

/// What a case expects; what it does not mention may be anything.
#[derive(Clone, Debug)]
pub struct Expected {
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: String,
    /// The deciding layer, or `none`.
    pub decided_by: Option<String>,
    /// All determining statements, as `layer/policy/index`.
    pub statements: Option<BTreeSet<String>>,
    /// The whole message.
    pub message: Option<String>,
}

/// Returns the folder of the case files.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/cases")
}

/// Reads all case files below a folder, in the order of their names.
///
/// # Errors
/// A file that cannot be read or is not of the form that this module describes; the text says which and where.
pub fn read_all(folder: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for path in yaml_files(folder)? {
        let shown = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        let text = fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
        // By way of a YAML value, which refuses a key that stands twice.
        let yaml: serde_norway::Value =
            serde_norway::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
        let json = serde_json::to_value(yaml).map_err(|error| format!("{shown}: {error}"))?;
        let Value::Object(mut group) = json else {
            return Err(format!("{shown}: is not a mapping"));
        };
        group.remove("define");
        read_group(&shown, &Inherited::default(), group, &mut cases)?;
    }
    Ok(cases)
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|error| format!("{}: {error}", folder.display()))?
            .path();
        if path.is_dir() {
            files.extend(yaml_files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a case has from the groups around it.
#[derive(Clone, Default)]
struct Inherited {
    source: String,
    given: Map<String, Value>,
}

fn read_group(
    name: &str,
    outer: &Inherited,
    mut group: Map<String, Value>,
    into: &mut Vec<Case>,
) -> Result<(), String> {
    let mut inherited = outer.clone();
    if let Some(source) = take_text(name, "source", &mut group)? {
        inherited.source = source;
    }
    match group.remove("given") {
        None => {}
        Some(Value::Object(given)) => inherited.given.extend(given),
        Some(_) => return Err(format!("{name}: given is not a mapping")),
    }
    let Some(Value::Array(cases)) = group.remove("cases") else {
        return Err(format!("{name}: cases is not a list"));
    };
    if let Some(stray) = group.keys().next() {
        return Err(format!(
            "{name}: {stray:?} stands beside cases; put it into given"
        ));
    }
    for (index, case) in cases.into_iter().enumerate() {
        let Value::Object(mut case) = case else {
            return Err(format!("{name}: case {index} is not a mapping"));
        };
        let separator = if name.ends_with(".yaml") { ": " } else { " / " };
        let own = take_text(name, "name", &mut case)?
            .ok_or_else(|| format!("{name}: case {index} has no name"))?;
        let name = format!("{name}{separator}{own}");
        if case.contains_key("cases") {
            read_group(&name, &inherited, case, into)?;
        } else {
            into.push(read_case(name, &inherited, case)?);
        }
    }
    Ok(())
}

fn read_case(
    name: String,
    inherited: &Inherited,
    mut case: Map<String, Value>,
) -> Result<Case, String> {
    let source = take_text(&name, "source", &mut case)?.unwrap_or_else(|| inherited.source.clone());
    let expect = case
        .remove("expect")
        .ok_or_else(|| format!("{name}: has no expect"))?;
    let expect = read_expected(&name, expect)?;
    let mut line = inherited.given.clone();
    line.extend(case);
    line.retain(|_, value| !value.is_null());
    if source.is_empty() {
        return Err(format!("{name}: has no source"));
    }
    Ok(Case {
        name,
        source,
        line: Value::Object(line),
        expect,
    })
}

fn read_expected(name: &str, value: Value) -> Result<Expected, String> {
    let mut fields = match value {
        Value::String(decision) => {
            Map::from_iter([("decision".to_owned(), Value::String(decision))])
        }
        Value::Object(fields) => fields,
        Value::Array(_) | Value::Bool(_) | Value::Null | Value::Number(_) => {
            return Err(format!(
                "{name}: expect is neither a decision nor a mapping"
            ));
        }
    };
    let decision = take_text(name, "decision", &mut fields)?.unwrap_or_default();
    if !["allowed", "explicitDeny", "implicitDeny"].contains(&decision.as_str()) {
        return Err(format!("{name}: {decision:?} is no decision"));
    }
    let decided_by = take_text(name, "decidedBy", &mut fields)?;
    let message = take_text(name, "message", &mut fields)?;
    let statements = match fields.remove("statements") {
        None => None,
        Some(statements) => Some(
            serde_json::from_value(statements)
                .map_err(|error| format!("{name}: statements: {error}"))?,
        ),
    };
    match fields.keys().next() {
        Some(stray) => Err(format!("{name}: {stray:?} is nothing to expect")),
        None => Ok(Expected {
            decision,
            decided_by,
            statements,
            message,
        }),
    }
}

fn take_text(
    name: &str,
    key: &str,
    from: &mut Map<String, Value>,
) -> Result<Option<String>, String> {
    match from.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{name}: {key} is not a text but {other}")),
    }
}
