//! What a request claims about its signature, in either form, before any of it is believed.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::canonical::ALGORITHM;
use crate::query::QuerySignature;
use crate::request::Headers;
use crate::time;
use crate::verify::SignatureForm;
use crate::{HeaderPart, QueryPart, SignatureError};

/// The parts of a signature as the client sent them.
pub(crate) struct Claims<'a> {
    pub(crate) form: SignatureForm,
    pub(crate) credential: Cow<'a, str>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) date: DateClaim<'a>,
    /// As sent: what is not text is refused when all else has been checked.
    pub(crate) session_token: Option<Cow<'a, [u8]>>,
}

/// A date as sent, in the forms that its place allows.
pub(crate) enum DateClaim<'a> {
    /// The `X-Amz-Date` header.
    AmzHeader(&'a [u8]),
    /// The `Date` header.
    HttpHeader(&'a [u8]),
    /// The `X-Amz-Date` parameter.
    Parameter(Cow<'a, str>),
}

impl DateClaim<'_> {
    /// Reads the date. SOURCE: spec/signing.md §5 "format", "Date header alone".
    pub(crate) fn parse(&self) -> Result<i64, SignatureError> {
        let (time, text) = match self {
            Self::AmzHeader(text) => (time::parse_iso(text.trim_ascii()), *text),
            Self::HttpHeader(text) => (time::parse_http(text.trim_ascii()), *text),
            Self::Parameter(text) => (time::parse_basic(text.as_bytes()), text.as_bytes()),
        };
        time.ok_or_else(|| SignatureError::DateFormat(String::from_utf8_lossy(text).into_owned()))
    }
}

/// Reads the `Authorization` header and its companions.
///
/// SOURCE: spec/signing.md §1 "Header form", "Other scheme", and §10 steps 6 and 7.
pub(crate) fn from_header<'a>(
    value: &'a [u8],
    headers: &'a dyn Headers,
) -> Result<Claims<'a>, SignatureError> {
    let value = value.trim_ascii();
    if !value.starts_with(b"AWS") {
        // Basic, Bearer and the like: their text may be a secret and is not echoed.
        return Err(SignatureError::NoCredentials);
    }
    let no_pair = || SignatureError::HeaderKeyValue {
        hash: STANDARD.encode(Sha256::digest(value)),
    };
    let text = std::str::from_utf8(value).map_err(|_| no_pair())?;
    let (algorithm, parameters) = text.split_once(' ').unwrap_or((text, ""));
    if algorithm != ALGORITHM {
        return Err(SignatureError::UnsupportedAlgorithm(algorithm.to_owned()));
    }
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    // A blank within a parameter ends it, and what follows must be a parameter of its own.
    let ends = |byte: u8| {
        let blank = (byte == b' ') | (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
        blank | (byte == 0x0C) | (byte == b',')
    };
    let mut rest = parameters;
    while !rest.is_empty() {
        // Cut at bytes that are characters of their own, so never within one.
        let end = position(rest.as_bytes(), ends);
        let (parameter, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        if parameter.is_empty() {
            continue;
        }
        let equals = position(parameter.as_bytes(), |byte| byte == b'=');
        let (name, value) = parameter.split_at(equals.ok_or_else(no_pair)?);
        let value = value.get(1..);
        match name {
            "Credential" => credential = value,
            "SignedHeaders" => signed_headers = value,
            "Signature" => signature = value,
            _ => {}
        }
    }
    let date = headers
        .first("x-amz-date")
        .map(DateClaim::AmzHeader)
        .or_else(|| headers.first("date").map(DateClaim::HttpHeader));
    let parts = [
        (credential.is_none(), HeaderPart::Credential),
        (signature.is_none(), HeaderPart::Signature),
        (signed_headers.is_none(), HeaderPart::SignedHeaders),
        (date.is_none(), HeaderPart::Date),
    ];
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        return Err(SignatureError::HeaderIncomplete(missing(parts)));
    };
    Ok(Claims {
        form: SignatureForm::Header,
        credential: Cow::Borrowed(credential),
        signed_headers: Cow::Borrowed(signed_headers),
        signature: Cow::Borrowed(signature),
        date,
        session_token: headers.first("x-amz-security-token").map(Cow::Borrowed),
    })
}

/// Returns where the first byte of a sort stands; most blocks of 16 bytes are passed in a few instructions, as long as
/// `is_wanted` has no branch.
fn position(bytes: &[u8], is_wanted: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<16>();
    let has_none = |block: &&[u8; 16]| block.map(|byte| u8::from(is_wanted(byte))) == [0; 16];
    let passed = blocks
        .iter()
        .take_while(has_none)
        .count()
        .saturating_mul(16);
    let rest = bytes.get(passed..)?;
    let at = rest.iter().position(|byte| is_wanted(*byte))?;
    Some(passed.saturating_add(at))
}

/// Reads a signed query. `X-Amz-Expires` is ignored, as IAM and STS do.
///
/// SOURCE: spec/signing.md §1 "Query algorithm unknown" and §8.
pub(crate) fn from_query<'a>(query: QuerySignature<'a>) -> Result<Claims<'a>, SignatureError> {
    if query.algorithm.as_deref() != Some(ALGORITHM) {
        return Err(SignatureError::NoCredentials);
    }
    match query {
        QuerySignature {
            credential: Some(credential),
            date: Some(date),
            signature: Some(signature),
            signed_headers: Some(signed_headers),
            security_token,
            algorithm: _,
        } => Ok(Claims {
            form: SignatureForm::Query,
            credential,
            signed_headers,
            signature,
            date: DateClaim::Parameter(date),
            session_token: security_token.map(|token| match token {
                Cow::Borrowed(token) => Cow::Borrowed(token.as_bytes()),
                Cow::Owned(token) => Cow::Owned(token.into_bytes()),
            }),
        }),
        query => Err(SignatureError::QueryIncomplete(missing([
            (query.credential.is_none(), QueryPart::Credential),
            (query.signature.is_none(), QueryPart::Signature),
            (query.signed_headers.is_none(), QueryPart::SignedHeaders),
            (query.date.is_none(), QueryPart::Date),
        ]))),
    }
}

fn missing<T>(parts: [(bool, T); 4]) -> Vec<T> {
    parts
        .into_iter()
        .filter_map(|(missing, part)| missing.then_some(part))
        .collect()
}
