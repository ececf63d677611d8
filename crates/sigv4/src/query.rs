//! The query string: its canonical form and the signature parameters within it.

use std::borrow::Cow;

use crate::SignatureError;
use crate::encode::{Escape, decode_first, put_byte, split_unreserved};
use crate::limits::QUERY_PARAMETERS;

/// The parameter that a signature cannot cover.
const SIGNATURE: &[u8] = b"X-Amz-Signature";

/// The parameters of a signed query, decoded; of a repeated one the first. Names match in exact case.
///
/// UNSURE in spec/signing.md §1: whether AWS takes names in other cases.
#[derive(Default)]
pub(crate) struct QuerySignature<'a> {
    pub(crate) algorithm: Option<Cow<'a, str>>,
    pub(crate) credential: Option<Cow<'a, str>>,
    pub(crate) date: Option<Cow<'a, str>>,
    pub(crate) security_token: Option<Cow<'a, str>>,
    pub(crate) signature: Option<Cow<'a, str>>,
    pub(crate) signed_headers: Option<Cow<'a, str>>,
}

/// Checks every escape and the number of parameters, and picks those of a signature.
///
/// SOURCE: spec/signing.md §1 "Query form" and §10 step 4.
pub(crate) fn read(query: Option<&str>) -> Result<QuerySignature<'_>, SignatureError> {
    let mut found = QuerySignature::default();
    for (count, (name, value)) in pairs(query.unwrap_or_default()).enumerate() {
        if count >= QUERY_PARAMETERS {
            return Err(SignatureError::QueryTooLong);
        }
        let name = decode(name)?;
        let value = decode(value)?;
        let slot = match &*name {
            "X-Amz-Algorithm" => &mut found.algorithm,
            "X-Amz-Credential" => &mut found.credential,
            "X-Amz-Date" => &mut found.date,
            "X-Amz-Security-Token" => &mut found.security_token,
            "X-Amz-Signature" => &mut found.signature,
            "X-Amz-SignedHeaders" => &mut found.signed_headers,
            _ => continue,
        };
        slot.get_or_insert(value);
    }
    Ok(found)
}

/// Splits a query into names and values as sent; `k` is `k=`, and empty pieces are skipped.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Decodes escapes and `+`. What is not UTF-8 becomes U+FFFD, which no name, key, token or signature contains.
fn decode(text: &str) -> Result<Cow<'_, str>, SignatureError> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(step) = decode_first(rest) {
        match step {
            Escape::Illegal([high, low]) => {
                let escape = String::from_utf8_lossy(&[b'%', high, low]).into_owned();
                return Err(SignatureError::QueryEscapeIllegal(escape));
            }
            Escape::Incomplete => return Err(SignatureError::QueryEscapeIncomplete),
            Escape::Valid(byte, next) => {
                bytes.push(if rest.first() == Some(&b'+') {
                    b' '
                } else {
                    byte
                });
                rest = next;
            }
        }
    }
    Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether the signature parameter is part of what is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureParameter {
    /// A signed header signs the whole query.
    Keep,
    /// A signed query signs all of itself but the signature.
    Omit,
}

/// Writes the canonical query.
///
/// SOURCE: spec/signing.md §2, rows QUERY. Costs two allocations and a sort where there is a query.
pub(crate) fn put(query: Option<&str>, signature: SignatureParameter, out: &mut Vec<u8>) {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return;
    };
    let mut text = Vec::with_capacity(query.len().saturating_mul(2));
    let mut ends = Vec::new();
    for (name, value) in pairs(query) {
        let start = text.len();
        put_recoded(name, &mut text);
        // Encoding is one to one, so the canonical name tells.
        if signature == SignatureParameter::Omit && text.get(start..) == Some(SIGNATURE) {
            text.truncate(start);
            continue;
        }
        let name_end = text.len();
        put_recoded(value, &mut text);
        ends.push((start, name_end, text.len()));
    }
    let mut canonical: Vec<(&[u8], &[u8])> = ends
        .iter()
        .map(|(start, name_end, end)| {
            (
                text.get(*start..*name_end).unwrap_or_default(),
                text.get(*name_end..*end).unwrap_or_default(),
            )
        })
        .collect();
    canonical.sort_unstable();
    let mut separator: &[u8] = b"";
    for (name, value) in canonical {
        out.extend_from_slice(separator);
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
        separator = b"&";
    }
}

/// Decodes and encodes again, byte by byte; what [`read`] refuses stands for itself.
///
/// SOURCE: spec/signing.md §2 "QUERY `+`", UNSURE there: a plus is a space.
fn put_recoded(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let (run, special) = split_unreserved(rest);
        out.extend_from_slice(run);
        let [first, after @ ..] = special else { return };
        let (byte, next) = match decode_first(special) {
            Some(Escape::Valid(b'+', next)) if *first == b'+' => (b' ', next),
            Some(Escape::Valid(byte, next)) => (byte, next),
            Some(Escape::Illegal(_) | Escape::Incomplete) | None => (*first, after),
        };
        put_byte(byte, out);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_form() {
        let check = |query: &str, expected: &str| {
            let mut text = Vec::new();
            put(Some(query), SignatureParameter::Keep, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected, "{query}");
        };
        check("", "");
        check("&&", "");
        check("a=%7e&b=%2f", "a=~&b=%2F");
        check("q=a+b", "q=a%20b");
        check("q=a%2Bb", "q=a%2Bb");
        check("acl", "acl=");
        check("list-type&prefix=", "list-type=&prefix=");
        check("Param-3=1&Param=2", "Param=2&Param-3=1");
        check("a=2&A=1&a=1", "A=1&a=1&a=2");
        check("x=2&x=1&x=1", "x=1&x=1&x=2");
        check("a==b", "a=%3Db");
        check("=a", "=a");
        check("k=a:b/c?d", "k=a%3Ab%2Fc%3Fd");
        check("é=%c3%a9", "%C3%A9=%C3%A9");
        check("b=%00%ff", "b=%00%FF");
        // Sorted as encoded: `%` comes before every unreserved character, `:` decoded does not.
        check("a-=1&a:=2", "a%3A=2&a-=1");
        check("X-Amz-Signature=1", "X-Amz-Signature=1");
    }

    #[test]
    fn signature_is_left_out() {
        let check = |query: &str, expected: &str| {
            let mut text = Vec::new();
            put(Some(query), SignatureParameter::Omit, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected, "{query}");
        };
        check(
            "a=1&X-Amz-Signature=2&X-Amz-Signatures=3",
            "X-Amz-Signatures=3&a=1",
        );
        check("X-Amz%2DSignature=2&x-amz-signature=3", "x-amz-signature=3");
        check("X-Amz-Signature", "");
    }

    #[test]
    fn parameters_and_escapes() {
        let found = read(Some(
            "X-Amz-Credential=a%2Fb&X-Amz-Credential=c&x-amz-date=d&X%2DAmz-Date=e",
        ))
        .unwrap_or_default();
        assert_eq!(found.credential.as_deref(), Some("a/b"));
        assert_eq!(found.date.as_deref(), Some("e"));
        assert_eq!(found.algorithm, None);
        let check = |query: &str, expected: SignatureError| {
            assert_eq!(read(Some(query)).err(), Some(expected), "{query}")
        };
        check("a=%", SignatureError::QueryEscapeIncomplete);
        check("a=%4&b=1", SignatureError::QueryEscapeIncomplete);
        check("%4", SignatureError::QueryEscapeIncomplete);
        check(
            "a=%zz",
            SignatureError::QueryEscapeIllegal("%zz".to_owned()),
        );
        check(
            "a=%4é",
            SignatureError::QueryEscapeIllegal("%4\u{FFFD}".to_owned()),
        );
        let many = vec!["a"; QUERY_PARAMETERS].join("&");
        assert!(read(Some(&many)).is_ok());
        check(&format!("{many}&a"), SignatureError::QueryTooLong);
    }
}
