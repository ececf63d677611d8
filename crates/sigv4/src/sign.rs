//! The client's side: signing a request and presigning a URL.

use std::fmt;

use crate::canonical::{self, ALGORITHM, Scope, TERMINATOR};
use crate::encode::put_encoded;
use crate::query::SignatureParameter;
use crate::request::{Headers, RequestParts};
use crate::{SecretKey, SigningKey, time};

/// What a client signs with.
#[derive(Clone)]
pub struct Credentials {
    /// Such as `AKIA…`, or `ASIA…` with a session token.
    pub access_key_id: String,
    /// The secret of the key.
    pub secret: SecretKey,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// How to sign.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// Whose signature.
    pub credentials: &'a Credentials,
    /// The region of the scope: `us-east-1`.
    pub region: &'a str,
    /// The service of the scope: `iam`.
    pub service: &'a str,
    /// Lower-case names of the headers to sign beside `host` and those that signing adds.
    pub headers: &'a [&'a str],
}

/// Signs a request and returns the headers to add to it: `x-amz-date`, `x-amz-security-token` where the credentials
/// are temporary, and `authorization`, replacing any that it has.
///
/// `parts` must have a `host` header or an authority; `now` is in seconds since the Unix epoch. Nothing is checked: a
/// malformed request gets a signature that no server accepts.
#[must_use]
pub fn sign(
    parts: &RequestParts<'_>,
    signing: &Signing<'_>,
    now: i64,
) -> Vec<(&'static str, String)> {
    let credentials = signing.credentials;
    let mut added = vec![("x-amz-date", time::basic_text(now))];
    added.extend(
        credentials
            .session_token
            .iter()
            .map(|token| ("x-amz-security-token", token.clone())),
    );
    let names = signed_names(signing.headers, added.iter().map(|(name, _)| *name));
    let overlaid = Overlaid {
        base: parts.headers,
        added: &added,
    };
    let complete = RequestParts {
        headers: &overlaid,
        ..*parts
    };
    let signature = signature(&complete, &names, SignatureParameter::Keep, signing, now);
    let credential = credential(signing, now);
    let authorization = format!(
        "{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    );
    added.push(("authorization", authorization));
    added
}

/// Signs a request in its query and returns the whole query string, without `?`.
///
/// Whoever sends the request must send the headers of `signing.headers` as they are in `parts`. IAM and STS ignore
/// `expires_seconds` and accept the request for 15 minutes.
#[must_use]
pub fn presign(
    parts: &RequestParts<'_>,
    signing: &Signing<'_>,
    expires_seconds: u32,
    now: i64,
) -> String {
    let names = signed_names(signing.headers, std::iter::empty());
    let mut query = parts.query.unwrap_or_default().as_bytes().to_vec();
    let credential = credential(signing, now);
    let (date, expires) = (time::basic_text(now), expires_seconds.to_string());
    let token = signing.credentials.session_token.as_deref();
    for (name, value) in [
        ("X-Amz-Algorithm", Some(ALGORITHM)),
        ("X-Amz-Credential", Some(&*credential)),
        ("X-Amz-Date", Some(&*date)),
        ("X-Amz-Expires", Some(&*expires)),
        ("X-Amz-Security-Token", token),
        ("X-Amz-SignedHeaders", Some(&*names)),
    ] {
        let Some(value) = value else { continue };
        if !query.is_empty() {
            query.push(b'&');
        }
        query.extend_from_slice(name.as_bytes());
        query.push(b'=');
        put_encoded(value.as_bytes(), &mut query);
    }
    // Nothing but ASCII was added to what was text.
    let mut query = String::from_utf8_lossy(&query).into_owned();
    let complete = RequestParts {
        query: Some(&query),
        ..*parts
    };
    let signature = signature(&complete, &names, SignatureParameter::Omit, signing, now);
    query.push_str("&X-Amz-Signature=");
    query.push_str(&signature);
    query
}

/// Sorts and joins the names of the signed headers.
fn signed_names<'a>(wanted: &[&'a str], added: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = wanted
        .iter()
        .copied()
        .chain(added)
        .chain(["host"])
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

fn credential(signing: &Signing<'_>, now: i64) -> String {
    let day: String = time::basic_text(now).chars().take(8).collect();
    [
        &*signing.credentials.access_key_id,
        &*day,
        signing.region,
        signing.service,
        TERMINATOR,
    ]
    .join("/")
}

fn signature(
    parts: &RequestParts<'_>,
    names: &str,
    parameter: SignatureParameter,
    signing: &Signing<'_>,
    now: i64,
) -> String {
    let day: String = time::basic_text(now).chars().take(8).collect();
    let scope = Scope {
        date: &day,
        region: signing.region,
        service: signing.service,
    };
    let key = SigningKey::derive(
        &signing.credentials.secret,
        scope.date,
        scope.region,
        scope.service,
    );
    let request_hash = canonical::request_hash(parts, names, parameter);
    let string_to_sign = canonical::string_to_sign(&time::basic(now), scope, &request_hash);
    canonical::signature(&key, &string_to_sign)
        .iter()
        .copied()
        .map(char::from)
        .collect()
}

/// Headers with some of them replaced.
struct Overlaid<'a> {
    base: &'a dyn Headers,
    added: &'a [(&'static str, String)],
}

impl Headers for Overlaid<'_> {
    fn first(&self, name: &str) -> Option<&[u8]> {
        Headers::first(&self.added, name).or_else(|| self.base.first(name))
    }

    fn for_each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        match Headers::first(&self.added, name) {
            Some(value) => visit(value),
            None => self.base.for_each(name, visit),
        }
    }
}
