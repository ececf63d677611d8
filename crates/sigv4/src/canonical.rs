//! The canonical request and the string to sign.
//!
//! Both are built as text and hashed at once: measured faster than many small updates of a hash, and simpler.

use hmac::Mac as _;
use sha2::{Digest as _, Sha256};

use crate::encode::{HEX_BYTES, hex};
use crate::query::SignatureParameter;
use crate::request::{Payload, RequestParts};
use crate::time::BASIC_BYTES;
use crate::{SigningKey, path, query};

/// The only algorithm served.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of a credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// Room for a usual canonical request, so that it grows but where a query or a session token is long.
const CAPACITY: usize = 1024;

/// Writes the canonical request.
///
/// SOURCE: spec/signing.md §2.
///
/// INVARIANT: no part can put a line break into the text: parsing refuses one in the method, the path and the query are
/// encoded, a header's value loses its own, a name that has one does not verify, and the payload comes last. So two
/// requests of one canonical form differ in nothing that is signed.
pub(crate) fn put_request(
    parts: &RequestParts<'_>,
    signed_headers: &str,
    signature: SignatureParameter,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(parts.method.as_bytes());
    out.push(b'\n');
    path::put(parts.path, parts.path_style, out);
    out.push(b'\n');
    query::put(parts.query, signature, out);
    out.push(b'\n');
    for name in signed_headers.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        put_header(parts, name, out);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.as_bytes());
    out.push(b'\n');
    match parts.payload {
        Payload::Body(body) => out.extend_from_slice(&hex(Sha256::digest(body).into())),
        Payload::Given(text) => out.extend_from_slice(text.as_bytes()),
    }
}

/// Writes the values of a header, joined by commas in the order of arrival; nothing for a header that was not sent.
///
/// SOURCE: spec/signing.md §2 "listed but absent", "same header twice"; §4 "HTTP/2".
fn put_header(parts: &RequestParts<'_>, name: &str, out: &mut Vec<u8>) {
    let mut sent = false;
    let mut put = |value: &[u8]| {
        if sent {
            out.push(b',');
        }
        sent = true;
        put_value(value, out);
    };
    match (name, parts.authority) {
        (":authority", Some(authority)) => put(authority.as_bytes()),
        (":authority", None) => parts.headers.for_each("host", &mut put),
        _ => parts.headers.for_each(name, &mut put),
    }
    if let ("host", Some(authority), false) = (name, parts.authority, sent) {
        put_value(authority.as_bytes(), out);
    }
}

/// Trims a value and makes every run of blanks and line breaks one space.
///
/// UNSURE in spec/signing.md §2: tabs inside a value. Here they are blanks, as for botocore; Go leaves them.
fn put_value(value: &[u8], out: &mut Vec<u8>) {
    let value = value.trim_ascii();
    if is_clean(value) {
        out.extend_from_slice(value);
        return;
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut separator: &[u8] = b"";
    for word in value.split(is_blank).filter(|word| !word.is_empty()) {
        out.extend_from_slice(separator);
        out.extend_from_slice(word);
        separator = b" ";
    }
}

/// Says that a trimmed value has no blanks but single spaces. Looks at all of it, which goes many bytes at a time.
fn is_clean(value: &[u8]) -> bool {
    let after = value.get(1..).unwrap_or_default();
    let double = value.iter().zip(after).fold(false, |found, (left, right)| {
        found | (*left == b' ' && *right == b' ')
    });
    let control = value
        .iter()
        .fold(false, |found, byte| found | (*byte < b' '));
    !double && !control
}

/// The credential scope of a signature, in its parts.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// Hashes the canonical request, in hexadecimal.
pub(crate) fn request_hash(
    parts: &RequestParts<'_>,
    signed_headers: &str,
    signature: SignatureParameter,
) -> [u8; HEX_BYTES] {
    let mut text = Vec::with_capacity(CAPACITY);
    put_request(parts, signed_headers, signature, &mut text);
    hex(Sha256::digest(&text).into())
}

/// Returns the string to sign; `time` is `YYYYMMDDTHHMMSSZ`.
///
/// SOURCE: spec/signing.md §3 "string".
pub(crate) fn string_to_sign(
    time: &[u8; BASIC_BYTES],
    scope: Scope<'_>,
    request_hash: &[u8; HEX_BYTES],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(CAPACITY);
    out.extend_from_slice(ALGORITHM.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(time);
    out.push(b'\n');
    for part in [scope.date, scope.region, scope.service] {
        out.extend_from_slice(part.as_bytes());
        out.push(b'/');
    }
    out.extend_from_slice(TERMINATOR.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(request_hash);
    out
}

/// Calculates the signature of a string to sign, in hexadecimal.
pub(crate) fn signature(key: &SigningKey, string_to_sign: &[u8]) -> [u8; HEX_BYTES] {
    let mut mac = key.start();
    mac.update(string_to_sign);
    hex(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values() {
        let check = |value: &str, expected: &str| {
            let mut text = Vec::new();
            put_value(value.as_bytes(), &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected, "{value:?}");
        };
        check("", "");
        check("   ", "");
        check("a", "a");
        check(" a b ", "a b");
        check("\"a   b\"", "\"a b\"");
        check("a  b   c", "a b c");
        check("a\tb", "a b");
        check("a \t b", "a b");
        check("value1\n  value2\r\n     value3\n", "value1 value2 value3");
        check("a, b,c", "a, b,c");
        check("\u{e9}  \u{e9}", "\u{e9} \u{e9}");
    }

    fn header(parts: &RequestParts<'_>, name: &str) -> String {
        let mut text = Vec::new();
        put_header(parts, name, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn host_and_authority() {
        let none: &[(&str, &str)] = &[];
        let host: &[(&str, &str)] = &[("Host", "from-header:7600")];
        let http_1 = RequestParts {
            headers: &host.to_vec(),
            ..RequestParts::get("/")
        };
        assert_eq!(header(&http_1, "host"), "from-header:7600");
        assert_eq!(header(&http_1, ":authority"), "from-header:7600");
        let http_2 = RequestParts {
            headers: &none.to_vec(),
            authority: Some("from-authority"),
            ..http_1
        };
        assert_eq!(header(&http_2, "host"), "from-authority");
        assert_eq!(header(&http_2, ":authority"), "from-authority");
        let both = RequestParts {
            headers: &host.to_vec(),
            authority: Some("from-authority"),
            ..http_1
        };
        assert_eq!(header(&both, "host"), "from-header:7600");
        assert_eq!(header(&both, ":authority"), "from-authority");
        assert_eq!(header(&both, "expect"), "");
    }
}
