//! JSON that came from outside: no member twice, bounded in depth and in the number of its values.
//!
//! `serde_json` reads the text. What it does not have are these three rules, so the tree is built here.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::limits;

/// The members of an object, in the order of their names.
pub(crate) type Object = BTreeMap<String, Json>;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Array(Vec<Self>),
    Bool(bool),
    Null,
    Number(Number),
    Object(Object),
    String(String),
}

/// The text is not one JSON object within the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadJsonError;

/// Reads one object and nothing after it.
///
/// # Errors
/// [`ReadJsonError`] for anything else, a member that stands twice in one object, and what exceeds
/// [`limits::NESTING`] or [`limits::JSON_VALUES`].
pub(crate) fn read_object(text: &[u8]) -> Result<Object, ReadJsonError> {
    let values = Cell::new(limits::JSON_VALUES);
    let seed = Bounded {
        depth: limits::NESTING,
        values: &values,
    };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let json = seed.deserialize(&mut reader).map_err(|_| ReadJsonError)?;
    reader.end().map_err(|_| ReadJsonError)?;
    json.into_object().ok_or(ReadJsonError)
}

impl Json {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Array(_) | Self::Bool(_) | Self::Null | Self::Number(_) | Self::Object(_) => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values),
            Self::Bool(_) | Self::Null | Self::Number(_) | Self::Object(_) | Self::String(_) => {
                None
            }
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(members) => Some(members),
            Self::Array(_) | Self::Bool(_) | Self::Null | Self::Number(_) | Self::String(_) => None,
        }
    }

    /// Returns a whole number; `1.0` and `1e3` are none.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            Self::Array(_) | Self::Bool(_) | Self::Null | Self::Object(_) | Self::String(_) => None,
        }
    }

    /// Returns the text by which a condition sees a scalar: a string as it is, another by its JSON.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::String(text) => Some(text.clone()),
            Self::Array(_) | Self::Null | Self::Object(_) => None,
        }
    }

    /// Returns a string as a list of one, and a list of strings as it is.
    pub(crate) fn strings(&self) -> Option<Vec<String>> {
        match self {
            Self::Array(values) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect(),
            Self::String(text) => Some(vec![text.clone()]),
            Self::Bool(_) | Self::Null | Self::Number(_) | Self::Object(_) => None,
        }
    }

    fn into_object(self) -> Option<Object> {
        match self {
            Self::Object(members) => Some(members),
            Self::Array(_) | Self::Bool(_) | Self::Null | Self::Number(_) | Self::String(_) => None,
        }
    }
}

/// Builds a value, with what is left of the bounds.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    /// Levels that may still open.
    depth: usize,
    /// Values that may still come, in the whole text.
    values: &'a Cell<usize>,
}

impl Bounded<'_> {
    fn one_more<E: serde::de::Error>(&self) -> Result<(), E> {
        let left = self.values.get().checked_sub(1);
        self.values
            .set(left.ok_or_else(|| E::custom("too many values"))?);
        Ok(())
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        Ok(Self {
            depth: depth.ok_or_else(|| E::custom("nested too deeply"))?,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.one_more()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number"))?;
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut members = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(Json::Object(members))
    }
}
