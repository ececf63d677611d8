//! JSON objects that keep every entry, so that a key written twice is seen.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of an object in the order of the text, repeated keys included.
pub(crate) struct Fields<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}

struct FieldsVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for FieldsVisitor<'a> {
    type Value = Fields<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry::<String, &'de RawValue>()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

/// A context value as it is written.
pub(crate) enum Value {
    /// A list: multivalued, even with one value or none.
    Multiple(Vec<String>),
    /// `null`: as if the key were not there.
    Null,
    /// A string, number or boolean, as text.
    Single(String),
}

/// Reads a context value; `None` for objects and for lists of anything but strings, numbers and booleans.
pub(crate) fn value(raw: &RawValue) -> Option<Value> {
    let text = raw.get().trim();
    if text == "null" {
        return Some(Value::Null);
    }
    if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        return items
            .into_iter()
            .map(scalar)
            .collect::<Option<_>>()
            .map(Value::Multiple);
    }
    scalar(raw).map(Value::Single)
}

/// Reads a string, number or boolean as text; numbers keep the digits they are written with.
fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get().trim();
    match text.chars().next()? {
        '"' => serde_json::from_str(text).ok(),
        '{' | '[' | 'n' => None,
        _ => Some(text.to_owned()),
    }
}
