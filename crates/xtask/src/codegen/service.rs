//! The generated files of one service.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | re-exports |
//! | `<verb>.rs` | inputs and outputs of the operations that begin with the verb |
//! | `structures.rs` | structures that operations share |
//! | `enumerations.rs` | strings with certain values |
//! | `shapes.rs` | descriptors of what requests hold |
//! | `patterns.rs` | the patterns of those |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail, ensure};

use super::Source;
use super::emit::{HEADER, variant};
use super::model::{Model, Operation, Shape, ShapeType};
use super::names;
use super::pattern;

/// Verbs with fewer operations than this share a file.
const OWN_FILE: usize = 8;

/// The shape that IAM prints percent-encoded.
const POLICY_DOCUMENT: &str = "policyDocumentType";

/// The shape of a marker that is handed back.
const MARKER: &str = "markerType";
/// Characters of the longest marker that a list hands out: the list's name and that of its last item, in base32.
// DIFFERS: AWS's model has 320. Ours must hold a path of 512 characters and a name, or a tag key of 512 bytes.
const LONGEST_MARKER: i64 = 2048;

/// Writes all files of one service, by name.
pub(crate) fn emit(source: &Source, model: &Model) -> Result<BTreeMap<String, String>> {
    let service = Service::new(source, model)?;
    let mut files = BTreeMap::new();
    let mut modules = Vec::new();
    for (file, operations) in service.by_verb() {
        files.insert(format!("{file}.rs"), service.calls(&operations)?);
        modules.push(file);
    }
    for (file, text) in [
        ("structures", service.structures()?),
        ("enumerations", service.enumerations()?),
        ("shapes", service.shapes()?),
        ("patterns", service.patterns()?),
    ] {
        let empty = text.is_empty();
        if !empty {
            files.insert(format!("{file}.rs"), text);
            modules.push(file.to_owned());
        }
    }
    modules.sort();
    files.insert("mod.rs".to_owned(), service.module(&modules)?);
    Ok(files)
}

/// Shapes that the model does not mark as sensitive, but whose value is a secret: the session token of credentials. Only
/// the Rust type hides it; what messages echo follows the model.
const SECRET: [&str; 1] = ["tokenType"];
/// Members of answers that the model requires, and that AWS leaves out all the same: the root user has neither.
const SOMETIMES_ABSENT: [(&str, &str); 2] = [("User", "Path"), ("User", "UserName")];

/// Values that AWS sends in other words than its model has: the shape, the model's value, and what is sent.
// SOURCE: API reference of AttachedPermissionsBoundary, "can only have a value of Policy"; so its answers have it.
const SENT: [(&str, &str, &str); 1] = [(
    "PermissionsBoundaryAttachmentType",
    "PermissionsBoundaryPolicy",
    "Policy",
)];

/// Returns the text of a value on the wire.
fn sent<'a>(shape: &str, value: &'a str) -> &'a str {
    let corrected = SENT
        .iter()
        .find(|(of, modelled, _)| *of == shape && *modelled == value);
    corrected.map_or(value, |(.., sent)| sent)
}

/// Values that AWS sends and its model does not have: the shape and the value.
// SOURCE: spec/evaluation.md §8 (SourcePolicyType).
const UNLISTED: [(&str, &str); 2] = [
    ("PolicySourceType", "IAM Policy"),
    ("PolicySourceType", "Resource Policy"),
];

struct Service<'a> {
    source: &'a Source,
    model: &'a Model,
    /// Shapes that requests hold, and shapes that answers hold.
    inputs: BTreeSet<&'a str>,
    outputs: BTreeSet<&'a str>,
    /// How often a shape is the output of an operation.
    output_uses: BTreeMap<&'a str, usize>,
    /// The static of each pattern text.
    pattern_names: BTreeMap<&'a str, String>,
}

impl<'a> Service<'a> {
    fn new(source: &'a Source, model: &'a Model) -> Result<Self> {
        let inputs: Vec<&str> = model
            .operations
            .iter()
            .filter_map(|o| o.input.as_deref())
            .collect();
        let outputs: Vec<&str> = model
            .operations
            .iter()
            .filter_map(|o| o.output.as_deref())
            .collect();
        let mut output_uses = BTreeMap::new();
        for output in &outputs {
            *output_uses.entry(*output).or_insert(0) += 1;
        }
        let inputs = reachable(model, inputs)?;
        let outputs = reachable(model, outputs)?;
        let mut pattern_names = BTreeMap::new();
        for name in &inputs {
            if let Some(pattern) = &model.shape(name)?.pattern {
                pattern_names
                    .entry(pattern.as_str())
                    .or_insert_with(|| names::screaming(name));
            }
        }
        Ok(Self {
            source,
            model,
            inputs,
            outputs,
            output_uses,
            pattern_names,
        })
    }

    fn by_verb(&self) -> BTreeMap<String, Vec<&'a Operation>> {
        let mut verbs: BTreeMap<String, Vec<&Operation>> = BTreeMap::new();
        for operation in &self.model.operations {
            verbs
                .entry(names::verb(&operation.name))
                .or_default()
                .push(operation);
        }
        let mut files: BTreeMap<String, Vec<&Operation>> = BTreeMap::new();
        for (verb, operations) in verbs {
            let file = if operations.len() < OWN_FILE {
                "other".to_owned()
            } else {
                verb
            };
            files.entry(file).or_default().extend(operations);
        }
        files
    }

    fn module(&self, modules: &[String]) -> Result<String> {
        let name = &self.model.metadata.service_full_name;
        let mut text = format!("{HEADER}//! The shapes of {name}.\n\n");
        for module in modules {
            writeln!(text, "mod {module};")?;
        }
        text.push('\n');
        for module in modules {
            if module != "shapes" && module != "patterns" {
                writeln!(text, "pub use {module}::*;")?;
            }
        }
        let variant = self.source.variant;
        writeln!(
            text,
            "\nconst SERVICE: crate::service::Service = crate::service::Service::{variant};"
        )?;
        Ok(text)
    }

    /// One file of calls: each input and the output that only it has.
    fn calls(&self, operations: &[&Operation]) -> Result<String> {
        let mut text = String::new();
        for operation in operations {
            self.call(operation, &mut text)?;
        }
        Ok(self.with_imports("Inputs and outputs of operations.", &text))
    }

    fn call(&self, operation: &Operation, text: &mut String) -> Result<()> {
        let name = &operation.name;
        let output = self.output_type(operation);
        let input = operation
            .input
            .as_deref()
            .map(|input| self.model.shape(input))
            .transpose()?;
        writeln!(text, "call! {{\n    /// Input of `{name}`.")?;
        let default = input.is_none_or(|input| self.has_default(input));
        writeln!(
            text,
            "    {}\n    pub struct {name} -> {output} {{",
            derive(default)
        )?;
        if let Some(input) = input {
            self.input_members(input, text)?;
        }
        let errors: Vec<&str> = operation
            .errors
            .iter()
            .map(|error| variant(error))
            .collect();
        let anonymous = operation
            .auth
            .iter()
            .any(|auth| auth == "smithy.api#noAuth");
        let paginated = operation.paginator.is_some();
        writeln!(text, "    }}\n    errors: [{}],", errors.join(", "))?;
        writeln!(
            text,
            "    anonymous: {anonymous},\n    paginated: {paginated},\n}}\n"
        )?;
        if let Some(shape) = operation.output.as_deref() {
            ensure!(
                operation.result_wrapper.as_deref() == Some(&format!("{name}Result")),
                "{name} names its result in another way"
            );
            if self.output_uses.get(shape) == Some(&1) {
                let doc = format!("Output of `{name}`.");
                self.output("output", &doc, &output, shape, text)?;
            }
        }
        Ok(())
    }

    fn output_type(&self, operation: &Operation) -> String {
        match operation.output.as_deref() {
            None => "NoOutput".to_owned(),
            Some(shape) if self.output_uses.get(shape) == Some(&1) => {
                format!("{}Output", operation.name)
            }
            Some(shape) => names::pascal(shape),
        }
    }

    fn output(
        &self,
        kind: &str,
        doc: &str,
        name: &str,
        shape: &str,
        text: &mut String,
    ) -> Result<()> {
        let shape = self.model.shape(shape)?;
        writeln!(
            text,
            "{kind}! {{\n    /// {doc}\n    {}",
            derive(self.has_default(shape))
        )?;
        writeln!(text, "    pub struct {name} {{")?;
        for member in &shape.members {
            let rust = if SOMETIMES_ABSENT.contains(&(name, &member.name)) {
                format!("Option<{}>", self.rust_type(&member.shape)?)
            } else {
                self.member_type(shape, &member.name, &member.shape)?
            };
            let field = names::field(&member.name);
            writeln!(text, "        pub {field}: {rust} = {:?},", member.name)?;
        }
        writeln!(text, "    }}\n}}\n")?;
        Ok(())
    }

    fn input_members(&self, shape: &Shape, text: &mut String) -> Result<()> {
        for member in &shape.members {
            let need = if shape.required.contains(&member.name) {
                "required"
            } else {
                "optional"
            };
            let (field, rust) = (
                names::field(&member.name),
                self.member_type(shape, &member.name, &member.shape)?,
            );
            let descriptor = names::screaming(&member.shape);
            writeln!(
                text,
                "        pub {field}: {rust} = {:?}: {need} {descriptor},",
                member.name
            )?;
        }
        Ok(())
    }

    fn structures(&self) -> Result<String> {
        let tops: BTreeSet<&str> = self
            .model
            .operations
            .iter()
            .flat_map(|o| [o.input.as_deref(), o.output.as_deref()])
            .flatten()
            .filter(|name| self.output_uses.get(name).is_none_or(|uses| *uses == 1))
            .collect();
        let mut text = String::new();
        for name in self.inputs.union(&self.outputs) {
            let shape = self.model.shape(name)?;
            if shape.shape_type != ShapeType::Structure || tops.contains(name) {
                continue;
            }
            let rust = names::pascal(name);
            let doc = format!("The shape `{name}`.");
            if self.inputs.contains(name) {
                writeln!(
                    text,
                    "input_structure! {{\n    /// {doc}\n    {}",
                    derive(self.has_default(shape))
                )?;
                writeln!(text, "    pub struct {rust} {{")?;
                self.input_members(shape, &mut text)?;
                writeln!(text, "    }}\n}}\n")?;
            } else {
                let kind = if self.output_uses.contains_key(name) {
                    "output"
                } else {
                    "output_structure"
                };
                self.output(kind, &doc, &rust, name, &mut text)?;
            }
        }
        Ok(self.with_imports("Structures that operations share.", &text))
    }

    fn enumerations(&self) -> Result<String> {
        let mut text = String::new();
        for name in self.inputs.union(&self.outputs) {
            let shape = self.model.shape(name)?;
            if shape.values.is_empty() {
                continue;
            }
            let rust = names::pascal(name);
            writeln!(text, "enumeration! {{\n    /// The shape `{name}`.")?;
            writeln!(
                text,
                "    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]"
            )?;
            writeln!(text, "    pub enum {rust} {{")?;
            for value in &shape.values {
                let sent = sent(name, value);
                writeln!(text, "        {} = {sent:?},", names::variant(value))?;
            }
            for (_, value) in UNLISTED.iter().filter(|(of, _)| of == name) {
                writeln!(text, "        {} = {value:?},", names::variant(value))?;
            }
            writeln!(text, "    }}\n}}\n")?;
        }
        if text.is_empty() {
            return Ok(text);
        }
        Ok(format!(
            "{HEADER}//! Strings that have only certain values.\n\n{text}"
        ))
    }

    fn shapes(&self) -> Result<String> {
        let tops: BTreeSet<&str> = self
            .model
            .operations
            .iter()
            .filter_map(|o| o.input.as_deref())
            .collect();
        let mut text = String::new();
        let (mut enumerations, mut structures) = (BTreeSet::new(), BTreeSet::new());
        for name in self.inputs.iter().filter(|name| !tops.contains(**name)) {
            let shape = self.model.shape(name)?;
            let descriptor = |name: &Option<String>| -> Result<String> {
                Ok(names::screaming(
                    name.as_deref()
                        .context("a list or map without a shape inside")?,
                ))
            };
            let kind = match shape.shape_type {
                ShapeType::Boolean => "Kind::Boolean".to_owned(),
                ShapeType::Integer => "Kind::Integer".to_owned(),
                ShapeType::String if shape.values.is_empty() => "Kind::String".to_owned(),
                ShapeType::String => {
                    enumerations.insert(names::pascal(name));
                    format!("Kind::Enumeration({}::TEXTS)", names::pascal(name))
                }
                ShapeType::List => format!("Kind::List(&{})", descriptor(&shape.member)?),
                ShapeType::Map => {
                    let (key, value) = (descriptor(&shape.key)?, descriptor(&shape.value)?);
                    format!("Kind::Map {{ key: &{key}, value: &{value} }}")
                }
                ShapeType::Structure => {
                    structures.insert(names::pascal(name));
                    let kind = if shape.union { "Union" } else { "Structure" };
                    format!("Kind::{kind}({}::members)", names::pascal(name))
                }
                ShapeType::Blob | ShapeType::Timestamp => {
                    bail!("{name} in a request is not understood yet")
                }
            };
            write!(
                text,
                "pub(super) static {}: Shape = Shape::new({name:?}, {kind})",
                names::screaming(name)
            )?;
            if let Some(min) = shape.min {
                write!(text, ".min({min})")?;
            }
            if let Some(max) = longest(name, shape.max) {
                write!(text, ".max({max})")?;
            }
            if let Some(name) = shape
                .pattern
                .as_deref()
                .and_then(|pattern| self.pattern_names.get(pattern))
            {
                write!(text, ".pattern(&patterns::{name})")?;
            }
            if shape.sensitive {
                text.push_str(".sensitive()");
            }
            text.push_str(";\n\n");
        }
        let mut imports = String::from("use super::patterns;\n");
        for (module, names) in [("enumerations", enumerations), ("structures", structures)] {
            if !names.is_empty() {
                let names: Vec<String> = names.into_iter().collect();
                writeln!(imports, "use super::{module}::{{{}}};", names.join(", "))?;
            }
        }
        imports.push_str("use crate::schema::{Kind, Shape};\n");
        Ok(format!(
            "{HEADER}//! Descriptors of what requests hold.\n\n{imports}\n{text}"
        ))
    }

    fn patterns(&self) -> Result<String> {
        let mut by_name = BTreeMap::new();
        for (text, name) in &self.pattern_names {
            by_name.insert(name, text);
        }
        let mut text = String::new();
        for (name, java) in by_name {
            let translation = pattern::translate(java)?;
            let (java, regex) = (literal(java), literal(&translation.regex));
            write!(
                text,
                "pub(super) static {name}: Pattern = Pattern::new({java}, {regex})"
            )?;
            if let Some((least, most)) = translation.length {
                write!(text, ".within({least}, {most})")?;
            }
            text.push_str(";\n\n");
        }
        let doc = "//! Patterns of the model: the text that messages print, and what says the same to `regex`.";
        Ok(format!(
            "{HEADER}{doc}\n\nuse crate::pattern::Pattern;\n\n{text}"
        ))
    }

    fn member_type(&self, structure: &Shape, member: &str, shape: &str) -> Result<String> {
        let rust = self.rust_type(shape)?;
        let required = structure.required.iter().any(|required| required == member);
        Ok(if required {
            rust
        } else {
            format!("Option<{rust}>")
        })
    }

    fn rust_type(&self, name: &str) -> Result<String> {
        let shape = self.model.shape(name)?;
        let inner = |name: &Option<String>| -> Result<String> {
            self.rust_type(
                name.as_deref()
                    .context("a list or map without a shape inside")?,
            )
        };
        let rust = match shape.shape_type {
            ShapeType::Blob => "Blob".to_owned(),
            ShapeType::Boolean => "bool".to_owned(),
            ShapeType::Integer => "i32".to_owned(),
            ShapeType::List => format!("Vec<{}>", inner(&shape.member)?),
            ShapeType::Map => format!("BTreeMap<{}, {}>", inner(&shape.key)?, inner(&shape.value)?),
            ShapeType::String if !shape.values.is_empty() => names::pascal(name),
            ShapeType::String if name == POLICY_DOCUMENT => "PolicyDocument".to_owned(),
            ShapeType::String => "String".to_owned(),
            ShapeType::Structure => names::pascal(name),
            ShapeType::Timestamp => "Timestamp".to_owned(),
        };
        Ok(if shape.sensitive || SECRET.contains(&name) {
            format!("Sensitive<{rust}>")
        } else {
            rust
        })
    }

    /// Whether every required member has a value to begin with: an enumeration has none, so that no status or decision
    /// is ever answered because somebody forgot to set it.
    fn has_default(&self, shape: &Shape) -> bool {
        shape
            .members
            .iter()
            .filter(|member| shape.required.contains(&member.name))
            .all(|member| {
                self.model
                    .shapes
                    .get(&member.shape)
                    .is_some_and(|shape| match shape.shape_type {
                        ShapeType::Structure => self.has_default(shape),
                        ShapeType::String => shape.values.is_empty(),
                        ShapeType::Blob
                        | ShapeType::Boolean
                        | ShapeType::Integer
                        | ShapeType::List
                        | ShapeType::Map
                        | ShapeType::Timestamp => true,
                    })
            })
    }

    fn with_imports(&self, doc: &str, text: &str) -> String {
        // Words of types only: `pub field: TYPE = "Wire"` and `pub struct Name -> TYPE`.
        let words: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub "))
            .filter_map(|line| line.split_once(" -> ").or_else(|| line.split_once(": ")))
            .filter_map(|(_, rest)| rest.split(['=', '{']).next())
            .flat_map(|rust| rust.split(|c: char| !c.is_ascii_alphanumeric()))
            .collect();
        let mut imports = String::new();
        if words.contains("BTreeMap") {
            imports.push_str("use std::collections::BTreeMap;\n\n");
        }
        let own: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub struct "))
            .filter_map(|line| line.split(' ').next())
            .collect();
        let mut used: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for name in self.inputs.union(&self.outputs) {
            let rust = names::pascal(name);
            let is_enumeration = self
                .model
                .shapes
                .get(*name)
                .is_some_and(|shape| !shape.values.is_empty());
            let is_structure = self
                .model
                .shapes
                .get(*name)
                .is_some_and(|shape| shape.shape_type == ShapeType::Structure);
            if (is_enumeration || is_structure)
                && words.contains(rust.as_str())
                && !own.contains(rust.as_str())
            {
                let module = if is_enumeration {
                    "enumerations"
                } else {
                    "structures"
                };
                used.entry(module).or_default().push(rust);
            }
        }
        for (module, names) in used {
            imports.push_str(&format!("use super::{module}::{{{}}};\n", names.join(", ")));
        }
        if words.contains("Timestamp") {
            imports.push_str("use crate::timestamp::Timestamp;\n");
        }
        let values: Vec<&str> = ["Blob", "NoOutput", "PolicyDocument", "Sensitive"]
            .into_iter()
            .filter(|name| words.contains(name))
            .collect();
        if !values.is_empty() {
            imports.push_str(&format!("use crate::value::{{{}}};\n", values.join(", ")));
        }
        format!("{HEADER}//! {doc}\n\n{imports}\n{text}")
    }
}

/// The shapes that these shapes hold, themselves included.
fn reachable<'a>(model: &'a Model, from: Vec<&'a str>) -> Result<BTreeSet<&'a str>> {
    let mut found = BTreeSet::new();
    let mut waiting = from;
    while let Some(name) = waiting.pop() {
        if found.insert(name) {
            let shape = model.shape(name)?;
            waiting.extend(shape.members.iter().map(|member| member.shape.as_str()));
            waiting.extend(
                [&shape.member, &shape.key, &shape.value]
                    .into_iter()
                    .flatten()
                    .map(String::as_str),
            );
        }
    }
    Ok(found)
}

/// Returns the bound of a shape, as the model or this server has it.
fn longest(shape: &str, of_model: Option<i64>) -> Option<i64> {
    match shape {
        MARKER => Some(LONGEST_MARKER),
        _ => of_model,
    }
}

fn derive(default: bool) -> &'static str {
    if default {
        "#[derive(Clone, Debug, Default, PartialEq, Eq)]"
    } else {
        "#[derive(Clone, Debug, PartialEq, Eq)]"
    }
}

/// A string literal, raw where that reads better.
fn literal(text: &str) -> String {
    if text.contains('\\') && !text.contains('"') {
        format!("r\"{text}\"")
    } else {
        format!("{text:?}")
    }
}
