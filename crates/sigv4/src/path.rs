//! The path in the canonical request.

use crate::encode::{Escape, decode_first, put_byte, put_encoded};
use crate::{PathStyle, SignatureError};

/// Refuses a path that has no canonical form.
///
/// SOURCE: spec/signing.md §2: "`..` above root", and §10 step 1.
pub(crate) fn check(path: &str, style: PathStyle) -> Result<(), SignatureError> {
    if !path.is_empty() && !path.starts_with('/') {
        return Err(SignatureError::RequestLine);
    }
    let well_formed = match style {
        PathStyle::Normalized => segments(path).is_some(),
        PathStyle::Verbatim => escapes_are_valid(path),
    };
    if well_formed {
        Ok(())
    } else {
        Err(SignatureError::RequestLine)
    }
}

/// Writes the path; one that [`check`] refuses gets some form that no signer would choose.
pub(crate) fn put(path: &str, style: PathStyle, out: &mut Vec<u8>) {
    match style {
        PathStyle::Normalized => put_normalized(path, out),
        PathStyle::Verbatim => put_verbatim(path, out),
    }
}

/// SOURCE: spec/signing.md §2 "URI, non-S3". A trailing `/.` or `/..` leaves its slash behind, as in RFC 3986 §5.2.4 and
/// AWS's SDK for Rust; botocore drops it.
fn put_normalized(path: &str, out: &mut Vec<u8>) {
    let Some(segments) = segments(path).filter(|segments| !segments.is_empty()) else {
        out.push(b'/');
        return;
    };
    for segment in segments {
        out.push(b'/');
        put_encoded(segment.as_bytes(), out);
    }
    if ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) {
        out.push(b'/');
    }
}

/// Resolves dot segments and drops empty ones; `None` where `..` climbs above the root. `%2e` is not a dot here.
fn segments(path: &str) -> Option<Vec<&str>> {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop()?;
            }
            name => kept.push(name),
        }
    }
    Some(kept)
}

fn escapes_are_valid(path: &str) -> bool {
    let mut rest = path.as_bytes();
    loop {
        match decode_first(rest) {
            None => return true,
            Some(Escape::Valid(_, next)) => rest = next,
            Some(Escape::Illegal(_) | Escape::Incomplete) => return false,
        }
    }
}

/// SOURCE: spec/signing.md §2 "URI, S3" and "`+` in path": a plus is a plus. UNSURE there: an escaped slash is taken
/// decoded, so that it signs as the object that it names.
fn put_verbatim(path: &str, out: &mut Vec<u8>) {
    if path.is_empty() {
        out.push(b'/');
    }
    let mut rest = path.as_bytes();
    while let Some(Escape::Valid(byte, next)) = decode_first(rest) {
        match byte {
            b'/' => out.push(b'/'),
            _ => put_byte(byte, out),
        }
        rest = next;
    }
    put_encoded(rest, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, style: PathStyle) -> Option<String> {
        check(path, style).ok()?;
        let mut text = Vec::new();
        put(path, style, &mut text);
        String::from_utf8(text).ok()
    }

    #[test]
    fn normalized() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(
                canonical(path, PathStyle::Normalized).as_deref(),
                expected,
                "{path}"
            );
        };
        check("", Some("/"));
        check("/", Some("/"));
        check("//", Some("/"));
        check("/.", Some("/"));
        check("/a//b/./c/../d/", Some("/a/b/d/"));
        check("/a/b", Some("/a/b"));
        check("/a/b//", Some("/a/b/"));
        check("/a/..", Some("/"));
        check("/a/../", Some("/"));
        check("/a/.", Some("/a/"));
        check("/a/b/..", Some("/a/"));
        check("/a/...", Some("/a/..."));
        check("/x%20y", Some("/x%2520y"));
        check("/x y", Some("/x%20y"));
        check("/f:1", Some("/f%3A1"));
        check("/p/%2F", Some("/p/%252F"));
        check("/%2e%2e", Some("/%252e%252e"));
        check("/a+b", Some("/a%2Bb"));
        check("/é*(~-._", Some("/%C3%A9%2A%28~-._"));
        check("/%zz%", Some("/%25zz%25"));
        check("/../x", None);
        check("/a/../../x", None);
        check("/..", None);
        check("x", None);
        check("*", None);
        check("http://host/", None);
    }

    #[test]
    fn verbatim() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(
                canonical(path, PathStyle::Verbatim).as_deref(),
                expected,
                "{path}"
            );
        };
        check("", Some("/"));
        check("/", Some("/"));
        check("/b/a//../k+1", Some("/b/a//../k%2B1"));
        check("/b/a%2fb", Some("/b/a/b"));
        check("/b/%e9%2B%7e", Some("/b/%E9%2B~"));
        check("/../x", Some("/../x"));
        check("/b/é", Some("/b/%C3%A9"));
        check("/b/%", None);
        check("/b/%2", None);
        check("/b/%zz", None);
        check("b", None);
    }
}
