//! The parameters of a request: bytes in, decoded names and values out.

use std::borrow::Cow;
use std::fmt;

use crate::field::Field;
use crate::limits::MAX_PARAMETERS;

/// One decoded parameter.
#[derive(Clone)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Cow<'a, str>,
}

/// The decoded parameters of a request, from its query string and its form body, sorted by name.
///
/// `Debug` prints names only: values hold passwords and tokens.
#[derive(Clone)]
pub struct Parameters<'a> {
    // INVARIANT: sorted by name, no name twice.
    sorted: Vec<Parameter<'a>>,
}

/// Why a request's parameters cannot be read.
// SOURCE: spec/access-denied-messages.md §6b "bad %-escape in query", spec/signing.md §9
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// A name came twice, in the query, in the body or in both. UNSURE in AWS; refused, because a reader in front of us
    /// may have looked at the other one.
    #[error("Duplicate parameter {name}")]
    Duplicate {
        /// The decoded name.
        name: String,
    },
    /// `%` and two characters that are not hex digits.
    #[error("Illegal hex character in escape % pattern: {pattern}")]
    IllegalEscape {
        /// The three characters, such as `%zz`.
        pattern: String,
    },
    /// `%` with less than two characters after it.
    #[error("Incomplete trailing escape % sequence")]
    IncompleteEscape,
    /// A name or value that is not UTF-8 after decoding.
    #[error("Parameters must be valid UTF-8")]
    NotUtf8,
    /// More than [`MAX_PARAMETERS`].
    #[error("The request has more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

impl<'a> Parameters<'a> {
    /// Reads the query string (without `?`) and the body of a form.
    ///
    /// Pieces are split at `&`, empty pieces skipped; a piece is split at its first `=`; `+` is a space and `%XX` a
    /// byte. Nothing is copied where nothing is escaped. The cost is that of sorting the names.
    ///
    /// # Errors
    /// [`ParametersError`]: bad escapes, bytes that are not UTF-8, a name that comes twice, too many parameters.
    pub fn parse(query: Option<&'a str>, body: &'a [u8]) -> Result<Self, ParametersError> {
        let body = std::str::from_utf8(body).map_err(|_| ParametersError::NotUtf8)?;
        let mut sorted = Vec::with_capacity(8);
        for text in [query.unwrap_or(""), body] {
            let mut rest = text;
            // Most pieces are short: a byte at a time is faster than a search that is made for long texts.
            while !rest.is_empty() {
                let (piece, after) = cut(rest, b'&');
                rest = after.unwrap_or_default();
                if piece.is_empty() {
                    continue;
                }
                if sorted.len() == MAX_PARAMETERS {
                    return Err(ParametersError::TooMany);
                }
                let (name, value) = cut(piece, b'=');
                sorted.push(Parameter {
                    name: decode(name)?,
                    value: decode(value.unwrap_or_default())?,
                });
            }
        }
        sorted.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let twice = sorted.windows(2).find_map(|pair| match pair {
            [first, second] if first.name == second.name => Some(&first.name),
            _ => None,
        });
        if let Some(name) = twice {
            return Err(ParametersError::Duplicate {
                name: name.clone().into_owned(),
            });
        }
        Ok(Self { sorted })
    }

    /// The value of a parameter, by its exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self
            .sorted
            .binary_search_by(|parameter| (*parameter.name).cmp(name))
            .ok()?;
        self.sorted.get(at).map(|parameter| &*parameter.value)
    }

    /// Names and values in the order of names. Values may be secrets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sorted
            .iter()
            .map(|parameter| (&*parameter.name, &*parameter.value))
    }

    /// How many parameters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The place from which all parameters are reached.
    pub(crate) fn root(&self) -> Field<'_> {
        Field::root(&self.sorted)
    }
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.sorted.iter().map(|parameter| &parameter.name))
            .finish()
    }
}

/// Cuts a text at the first of an ASCII byte: what is before and, where there is one, what is after.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = text.bytes().position(|byte| byte == at);
    let (before, from) = text
        .split_at_checked(place.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    (before, from.get(1..))
}

/// Undoes percent- and plus-encoding.
fn decode(text: &str) -> Result<Cow<'_, str>, ParametersError> {
    // Counting has no early exit, so the compiler makes it many bytes at a time.
    if text
        .bytes()
        .filter(|byte| matches!(byte, b'%' | b'+'))
        .count()
        == 0
    {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else {
                    return Err(ParametersError::IncompleteEscape);
                };
                decoded.push(
                    unhex(high, low).ok_or_else(|| ParametersError::IllegalEscape {
                        pattern: String::from_utf8_lossy(&[b'%', high, low]).into_owned(),
                    })?,
                );
            }
            plain => decoded.push(plain),
        }
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| ParametersError::NotUtf8)
}

fn unhex(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from((high << 4) | low).ok()
}

#[cfg(test)]
mod tests;
