//! botocore's `service-2.json.gz` to a trimmed model.
//!
//! Every key that botocore's format may hold is named here: a key that is not refuses the whole file, so a new trait of
//! the model (another list form, a renamed element) cannot be dropped unseen.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::marker::PhantomData;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::model::{ErrorFacts, Member, Metadata, Model, Operation, Paginator, Shape, ShapeType};

/// A JSON object whose order is kept.
struct Ordered<T>(Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    #[serde(rename = "documentation")]
    _documentation: IgnoredAny,
    metadata: Metadata,
    operations: Ordered<RawOperation>,
    shapes: Ordered<RawShape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawOperation {
    name: String,
    #[serde(rename = "documentation")]
    _documentation: Option<IgnoredAny>,
    http: RawHttp,
    input: Option<RawReference>,
    output: Option<RawReference>,
    #[serde(default)]
    errors: Vec<RawReference>,
    #[serde(default)]
    auth: Vec<String>,
    #[serde(rename = "authtype")]
    _authtype: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawHttp {
    method: String,
    request_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawReference {
    shape: String,
    result_wrapper: Option<String>,
    #[serde(rename = "documentation")]
    _documentation: Option<IgnoredAny>,
    #[serde(default)]
    deprecated: bool,
    #[serde(rename = "deprecatedMessage")]
    _deprecated_message: Option<IgnoredAny>,
    #[serde(rename = "deprecatedSince")]
    _deprecated_since: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawShape {
    #[serde(rename = "type")]
    shape_type: ShapeType,
    #[serde(rename = "documentation")]
    _documentation: Option<IgnoredAny>,
    min: Option<i64>,
    max: Option<i64>,
    pattern: Option<String>,
    #[serde(rename = "enum", default)]
    values: Vec<String>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    union: bool,
    #[serde(rename = "box")]
    _boxed: Option<IgnoredAny>,
    #[serde(default)]
    exception: bool,
    #[serde(rename = "fault")]
    _fault: Option<IgnoredAny>,
    error: Option<ErrorFacts>,
    member: Option<RawReference>,
    key: Option<RawReference>,
    value: Option<RawReference>,
    #[serde(default)]
    members: Ordered<RawReference>,
    #[serde(default)]
    required: Vec<String>,
}

#[derive(Deserialize)]
struct RawPaginators {
    pagination: BTreeMap<String, RawPaginator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPaginator {
    input_token: String,
    output_token: String,
    more_results: Option<String>,
    limit_key: Option<String>,
    result_key: OneOrMany,
    #[serde(rename = "non_aggregate_keys")]
    _non_aggregate_keys: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

/// Reads `service-2.json.gz` and `paginators-1.json` of one service's folder and trims them.
pub(crate) fn trim(folder: &Path) -> Result<Model> {
    let path = folder.join("service-2.json.gz");
    let packed = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    let raw: RawModel = serde_json::from_str(&text)
        .with_context(|| format!("cannot understand {}", path.display()))?;

    let path = folder.join("paginators-1.json");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut paginators: RawPaginators = serde_json::from_str(&text)?;

    ensure!(
        raw.metadata.protocol == "query",
        "only the Query protocol is understood"
    );
    let mut operations = Vec::new();
    for (name, operation) in raw.operations.0 {
        ensure!(
            name == operation.name,
            "an operation with two names: {name}"
        );
        ensure!(
            operation.http.method == "POST" && operation.http.request_uri == "/",
            "{name} is not a POST to /"
        );
        operations.push(trim_operation(
            operation,
            paginators.pagination.remove(&name),
        ));
    }
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    let shapes = raw
        .shapes
        .0
        .into_iter()
        .map(|(name, shape)| (name, trim_shape(shape)))
        .collect();
    Ok(Model {
        metadata: raw.metadata,
        operations,
        shapes,
    })
}

fn trim_operation(raw: RawOperation, paginator: Option<RawPaginator>) -> Operation {
    let result_wrapper = raw
        .output
        .as_ref()
        .and_then(|output| output.result_wrapper.clone());
    Operation {
        name: raw.name,
        input: raw.input.map(|input| input.shape),
        output: raw.output.map(|output| output.shape),
        result_wrapper,
        errors: raw.errors.into_iter().map(|error| error.shape).collect(),
        auth: raw.auth,
        paginator: paginator.map(|paginator| Paginator {
            input_token: paginator.input_token,
            output_token: paginator.output_token,
            more_results: paginator.more_results,
            limit_key: paginator.limit_key,
            result_key: match paginator.result_key {
                OneOrMany::Many(keys) => keys,
                OneOrMany::One(key) => vec![key],
            },
        }),
    }
}

fn trim_shape(raw: RawShape) -> Shape {
    Shape {
        shape_type: raw.shape_type,
        min: raw.min,
        max: raw.max,
        pattern: raw.pattern,
        values: raw.values,
        sensitive: raw.sensitive,
        union: raw.union,
        exception: raw.exception,
        error: raw.error,
        member: raw.member.map(|member| member.shape),
        key: raw.key.map(|key| key.shape),
        value: raw.value.map(|value| value.shape),
        members: raw
            .members
            .0
            .into_iter()
            .map(|(name, member)| Member {
                name,
                shape: member.shape,
                deprecated: member.deprecated,
            })
            .collect(),
        required: raw.required,
    }
}
