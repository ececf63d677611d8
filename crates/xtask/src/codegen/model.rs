//! The trimmed service model: what `models/*.json` hold.
//!
//! A trimmed model keeps the facts of a botocore service model that Keyward is generated from and drops the
//! documentation text. Members are lists and not maps, because their order is the order of elements in a response.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// One service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Model {
    /// Facts about the service as a whole.
    pub(crate) metadata: Metadata,
    /// Operations in alphabetical order.
    pub(crate) operations: Vec<Operation>,
    /// Shapes by the model's name.
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// Facts about a service.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) api_version: String,
    pub(crate) endpoint_prefix: String,
    pub(crate) protocol: String,
    pub(crate) service_full_name: String,
    pub(crate) service_id: String,
    pub(crate) auth: Vec<String>,
    pub(crate) xml_namespace: String,
}

/// One operation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) result_wrapper: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) auth: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paginator: Option<Paginator>,
}

/// How an operation is paged.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paginator {
    pub(crate) input_token: String,
    pub(crate) output_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) more_results: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit_key: Option<String>,
    pub(crate) result_key: Vec<String>,
}

/// The type of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ShapeType {
    Blob,
    Boolean,
    Integer,
    List,
    Map,
    String,
    Structure,
    Timestamp,
}

/// One shape.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) shape_type: ShapeType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) sensitive: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) union: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) exception: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorFacts>,
    /// The element of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<String>,
    /// The key of a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The value of a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    /// The members of a structure, in the model's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<Member>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) required: Vec<String>,
}

/// One member of a structure.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) shape: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) deprecated: bool,
}

/// How an exception goes over the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorFacts {
    pub(crate) code: String,
    pub(crate) http_status_code: u16,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) sender_fault: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Model {
    /// Reads a trimmed model.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("not a trimmed service model")
    }

    /// Prints a trimmed model: one line an operation and one line a shape, so that a review sees what changed.
    pub(crate) fn print(&self) -> Result<String> {
        let mut text = String::from("{\n\"metadata\": ");
        text.push_str(&serde_json::to_string_pretty(&self.metadata)?);
        text.push_str(",\n\"operations\": [\n");
        let mut lines = Vec::new();
        for operation in &self.operations {
            lines.push(serde_json::to_string(operation)?);
        }
        text.push_str(&lines.join(",\n"));
        text.push_str("\n],\n\"shapes\": {\n");
        lines.clear();
        for (name, shape) in &self.shapes {
            let mut line = String::new();
            write!(
                line,
                "{}: {}",
                serde_json::to_string(name)?,
                serde_json::to_string(shape)?
            )?;
            lines.push(line);
        }
        text.push_str(&lines.join(",\n"));
        text.push_str("\n}\n}\n");
        Ok(text)
    }

    /// Finds a shape that the model names.
    pub(crate) fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes
            .get(name)
            .with_context(|| format!("the model names a shape that it does not hold: {name}"))
    }
}
