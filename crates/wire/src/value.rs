//! Values of members: how each is read from parameters and written into an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize;

use crate::call::DecodeError;
use crate::field::Field;
use crate::sink::Sink;
use crate::timestamp::Timestamp;

/// A value that can be written: into an answer, or into a form.
pub trait Value {
    /// Whether the member is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// Writes the value.
    fn write(&self, sink: &mut dyn Sink);
}

/// A value that can be read from parameters that have passed the constraints of the model.
pub trait Decode: Sized {
    /// Reads the value at a place.
    ///
    /// # Errors
    /// [`DecodeError`] where the place does not hold such a value.
    fn decode(field: Field<'_>) -> Result<Self, DecodeError>;

    /// The value of a member that no parameter names: an error but for optional members.
    ///
    /// # Errors
    /// [`DecodeError::Validation`], the text for a required member that is missing.
    fn missing(name: &str) -> Result<Self, DecodeError> {
        Err(crate::validate::missing(name))
    }
}

/// Reads one member of a structure.
pub(crate) fn member<T: Decode>(field: Field<'_>, name: &str) -> Result<T, DecodeError> {
    field
        .child(name)
        .map_or_else(|| T::missing(name), T::decode)
}

/// What a successful call answers.
pub trait Output: Value {
    /// Whether the answer has an `…Result` element.
    const HAS_RESULT: bool;
}

/// The answer of operations that answer nothing but a request id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoOutput;

impl Value for NoOutput {
    fn write(&self, _sink: &mut dyn Sink) {}
}

impl Output for NoOutput {
    const HAS_RESULT: bool = false;
}

impl<T: Value> Value for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn write(&self, sink: &mut dyn Sink) {
        if let Some(value) = self {
            value.write(sink);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        T::decode(field).map(Some)
    }

    fn missing(_name: &str) -> Result<Self, DecodeError> {
        Ok(None)
    }
}

impl Value for String {
    fn write(&self, sink: &mut dyn Sink) {
        sink.string(self);
    }
}

impl Decode for String {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        field.scalar().map(str::to_owned)
    }
}

impl Value for i32 {
    fn write(&self, sink: &mut dyn Sink) {
        sink.integer(i64::from(*self));
    }
}

impl Decode for i32 {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        let text = field.scalar()?;
        // `parse` alone would take a plus sign.
        let number = if text.starts_with('+') {
            None
        } else {
            text.parse().ok()
        };
        number.ok_or_else(|| field.unexpected())
    }
}

impl Value for bool {
    fn write(&self, sink: &mut dyn Sink) {
        sink.boolean(*self);
    }
}

impl Decode for bool {
    // UNSURE: AWS may take other spellings; every SDK sends these two.
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        match field.scalar()? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(field.unexpected()),
        }
    }
}

impl Value for Timestamp {
    fn write(&self, sink: &mut dyn Sink) {
        sink.timestamp(*self);
    }
}

impl<T: Value> Value for Vec<T> {
    fn write(&self, sink: &mut dyn Sink) {
        sink.begin_list(self.len());
        for element in self {
            sink.begin_element();
            element.write(sink);
            sink.end_element();
        }
        sink.end_list();
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        field.elements()?.into_iter().map(T::decode).collect()
    }
}

impl<K: AsRef<str>, V: Value> Value for BTreeMap<K, V> {
    fn write(&self, sink: &mut dyn Sink) {
        sink.begin_map(self.len());
        for (key, value) in self {
            sink.begin_entry(key.as_ref());
            value.write(sink);
            sink.end_entry();
        }
        sink.end_map();
    }
}

impl<K: Decode + Ord, V: Decode> Decode for BTreeMap<K, V> {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        let mut map = Self::new();
        for (key, value) in field.entries()? {
            if map.insert(K::decode(key)?, V::decode(value)?).is_some() {
                return Err(key.unexpected());
            }
        }
        Ok(map)
    }
}

/// Bytes, which go over the wire as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Blob(pub Vec<u8>);

impl Value for Blob {
    fn write(&self, sink: &mut dyn Sink) {
        sink.blob(&self.0);
    }
}

impl Zeroize for Blob {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// A policy document: plain in requests, percent-encoded (RFC 3986) in answers, as IAM does.
///
/// The text here is always the plain one; [`write_success`](crate::write_success) encodes it.
// SOURCE: spec/iam-entities.md §7
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyDocument(pub String);

impl PolicyDocument {
    /// Reads the percent-encoded form of an answer. `None` if what it encodes is not UTF-8.
    #[must_use]
    pub fn from_encoded(text: &str) -> Option<Self> {
        let plain = percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .ok()?;
        Some(Self(plain.into_owned()))
    }
}

impl Value for PolicyDocument {
    fn write(&self, sink: &mut dyn Sink) {
        sink.document(&self.0);
    }
}

impl Decode for PolicyDocument {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        String::decode(field).map(Self)
    }
}

impl Deref for PolicyDocument {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for PolicyDocument {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PolicyDocument {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A value that the model marks as sensitive: never printed by `Debug`, erased when dropped, compared in constant time.
#[derive(Clone, Default)]
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever takes it out keeps it out of logs, errors and traces.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sensitive(…)")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Sensitive<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Sensitive<T> {}

impl<T: Zeroize + Value> Value for Sensitive<T> {
    fn write(&self, sink: &mut dyn Sink) {
        if !sink.sensitive() {
            self.0.write(sink);
        }
    }
}

impl<T: Zeroize + Decode> Decode for Sensitive<T> {
    fn decode(field: Field<'_>) -> Result<Self, DecodeError> {
        T::decode(field).map(Self)
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
