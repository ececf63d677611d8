//! Why a signature was refused, and how the Query services say it.

use std::fmt;

use crate::time;

/// A part that an `Authorization` header needs, in the order in which AWS names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPart {
    /// `Credential=`
    Credential,
    /// `Signature=`
    Signature,
    /// `SignedHeaders=`
    SignedHeaders,
    /// The `X-Amz-Date` or the `Date` header.
    Date,
}

/// A parameter that a signed query string needs, in the order in which AWS names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryPart {
    /// `X-Amz-Credential`
    Credential,
    /// `X-Amz-Signature`
    Signature,
    /// `X-Amz-SignedHeaders`
    SignedHeaders,
    /// `X-Amz-Date`
    Date,
}

/// A credential scope for another day than that of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDate {
    /// The day in the scope, as sent.
    pub scope: String,
    /// The request's time, in seconds since the Unix epoch.
    pub request_time: i64,
}

/// What is wrong with a credential scope; at least one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeFaults {
    /// The region as sent, where it is not accepted.
    pub region: Option<String>,
    /// The service that was expected, where another was named.
    pub service: Option<String>,
    /// The last part as sent, where it is not `aws4_request`.
    pub terminator: Option<String>,
    /// Both days, where they differ.
    pub date: Option<ScopeDate>,
}

impl ScopeFaults {
    pub(crate) fn is_empty(&self) -> bool {
        self.region.is_none()
            && self.service.is_none()
            && self.terminator.is_none()
            && self.date.is_none()
    }
}

/// Why a request is not authenticated: the cause as data, from which each family of services makes its own text.
///
/// [`code`](Self::code), [`status`](Self::status) and [`message`](Self::message) give the answer of the Query services,
/// IAM and STS among them. `Display` is for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The access key id is unknown, inactive or deleted; the caller of this crate says so.
    AccessKeyUnknown,
    /// Both an `Authorization` header and `X-Amz-Algorithm` in the query.
    BothForms,
    /// The credential does not have five parts; holds it as sent.
    CredentialParts(String),
    /// The date has none of the accepted forms; holds it as sent.
    DateFormat(String),
    /// The request is too old. Times are in seconds since the Unix epoch.
    Expired {
        /// The request's time.
        request_time: i64,
        /// The server's time.
        now: i64,
        /// The age that is accepted.
        skew_minutes: u16,
    },
    /// The `Authorization` header lacks these parts.
    HeaderIncomplete(Vec<HeaderPart>),
    /// A part of the `Authorization` header has no `=`.
    HeaderKeyValue {
        /// Base64 of the SHA-256 of the header's value, which is not echoed because it may hold a secret.
        hash: String,
    },
    /// Neither `host` nor `:authority` is signed.
    HostNotSigned,
    /// The signature is another than the one calculated.
    Mismatch,
    /// The request is not signed, or not by a scheme that AWS knows.
    NoCredentials,
    /// The request's time lies too far ahead. Times are in seconds since the Unix epoch.
    NotYetCurrent {
        /// The request's time.
        request_time: i64,
        /// The server's time.
        now: i64,
        /// The lead that is accepted.
        skew_minutes: u16,
    },
    /// `%` in the query, followed by what is not two hexadecimal digits; holds the three characters.
    QueryEscapeIllegal(String),
    /// `%` in the query, followed by fewer than two characters.
    QueryEscapeIncomplete,
    /// The signed query lacks these parameters.
    QueryIncomplete(Vec<QueryPart>),
    /// More query parameters than [`limits::QUERY_PARAMETERS`](crate::limits::QUERY_PARAMETERS).
    QueryTooLong,
    /// The method or the path is malformed, or the path climbs above its root.
    RequestLine,
    /// The credential is scoped to something else.
    Scope(ScopeFaults),
    /// The session token has expired; the caller of this crate says so.
    SessionTokenExpired,
    /// The session token is corrupt, not one of ours or not this key's, or a temporary key came without one.
    SessionTokenInvalid,
    /// More signed headers than [`limits::SIGNED_HEADERS`](crate::limits::SIGNED_HEADERS).
    SignedHeadersTooMany,
    /// The `Authorization` header names an algorithm of AWS that is not served; holds its name.
    UnsupportedAlgorithm(String),
}

impl SignatureError {
    /// Returns the error code of the Query services, such as `SignatureDoesNotMatch`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.query_code().0
    }

    /// Returns the HTTP status of the Query services.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.query_code().1
    }

    /// SOURCE: spec/access-denied-messages.md §6b "Query (IAM/STS)".
    fn query_code(&self) -> (&'static str, u16) {
        match self {
            Self::AccessKeyUnknown | Self::SessionTokenInvalid => ("InvalidClientTokenId", 403),
            Self::BothForms
            | Self::Expired { .. }
            | Self::HostNotSigned
            | Self::Mismatch
            | Self::NotYetCurrent { .. }
            | Self::Scope(_) => ("SignatureDoesNotMatch", 403),
            Self::CredentialParts(_)
            | Self::DateFormat(_)
            | Self::HeaderIncomplete(_)
            | Self::HeaderKeyValue { .. }
            | Self::QueryIncomplete(_)
            | Self::SignedHeadersTooMany
            | Self::UnsupportedAlgorithm(_) => ("IncompleteSignature", 400),
            Self::NoCredentials => ("MissingAuthenticationToken", 403),
            Self::QueryEscapeIllegal(_) | Self::QueryEscapeIncomplete | Self::QueryTooLong => {
                ("MalformedQueryString", 400)
            }
            // DIFFERS: AWS answers a bare 400; a code costs nothing and tells why.
            Self::RequestLine => ("BadRequest", 400),
            Self::SessionTokenExpired => ("ExpiredToken", 403),
        }
    }

    /// Returns the message of the Query services, AWS's own words; empty where AWS sends none.
    ///
    /// It can echo what the client sent and must be escaped like any other text.
    // SOURCE: spec/access-denied-messages.md §6b "Query (IAM/STS)"; the full stops differ there as they do here.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::AccessKeyUnknown => "The security token included in the request is invalid.".to_owned(),
            Self::BothForms | Self::RequestLine => String::new(),
            Self::CredentialParts(credential) => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            ),
            Self::DateFormat(date) => format!(
                "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            Self::Expired { request_time, now, skew_minutes } => expired(*request_time, *now, *skew_minutes),
            Self::HeaderIncomplete(missing) => header_incomplete(missing),
            Self::HeaderKeyValue { hash } => format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{hash}'."
            ),
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned()
            }
            Self::Mismatch => "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.".to_owned(),
            Self::NoCredentials => "Request is missing Authentication Token".to_owned(),
            Self::NotYetCurrent { request_time, now, skew_minutes } => {
                not_yet_current(*request_time, *now, *skew_minutes)
            }
            Self::QueryEscapeIllegal(escape) => format!("Illegal hex character in escape % pattern: {escape}"),
            Self::QueryEscapeIncomplete => "Incomplete trailing escape % sequence".to_owned(),
            Self::QueryIncomplete(missing) => query_incomplete(missing),
            // Own text, as for the other limit: AWS documents neither.
            Self::QueryTooLong => "The query string has too many parameters.".to_owned(),
            Self::Scope(faults) => scope(faults),
            Self::SessionTokenExpired => "The security token included in the request is expired".to_owned(),
            Self::SessionTokenInvalid => "The security token included in the request is invalid".to_owned(),
            Self::SignedHeadersTooMany => "Too many headers are named in 'SignedHeaders'.".to_owned(),
            Self::UnsupportedAlgorithm(algorithm) => format!("Unsupported AWS 'algorithm': '{algorithm}'."),
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message();
        let message = match (message.is_empty(), *self == Self::BothForms) {
            (false, _) => &*message,
            (true, true) => "both the header and the query are signed",
            (true, false) => "the method or the path is malformed",
        };
        write!(f, "{}: {message}", self.code())
    }
}

impl std::error::Error for SignatureError {}

fn expired(request_time: i64, now: i64, skew_minutes: u16) -> String {
    let limit = now.saturating_sub(time::minutes(skew_minutes));
    let [request_time, limit, now] = [request_time, limit, now].map(time::basic_text);
    format!(
        "Signature expired: {request_time} is now earlier than {limit} ({now} - {skew_minutes} min.)"
    )
}

fn not_yet_current(request_time: i64, now: i64, skew_minutes: u16) -> String {
    let limit = now.saturating_add(time::minutes(skew_minutes));
    let [request_time, limit, now] = [request_time, limit, now].map(time::basic_text);
    format!(
        "Signature not yet current: {request_time} is still later than {limit} ({now} + {skew_minutes} min.)"
    )
}

fn header_incomplete(missing: &[HeaderPart]) -> String {
    let mut text = String::new();
    for part in missing {
        text.push_str(match part {
            HeaderPart::Credential => "Authorization header requires 'Credential' parameter. ",
            HeaderPart::Signature => "Authorization header requires 'Signature' parameter. ",
            HeaderPart::SignedHeaders => "Authorization header requires 'SignedHeaders' parameter. ",
            HeaderPart::Date => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            }
        });
    }
    // AWS's older services echo the whole header here.
    text.push_str("Authorization=AWS4-HMAC-SHA256");
    text
}

fn query_incomplete(missing: &[QueryPart]) -> String {
    let mut text = String::new();
    for part in missing {
        let name = match part {
            QueryPart::Credential => "X-Amz-Credential",
            QueryPart::Signature => "X-Amz-Signature",
            QueryPart::SignedHeaders => "X-Amz-SignedHeaders",
            QueryPart::Date => "X-Amz-Date",
        };
        text.push_str("AWS query-string parameters must include '");
        text.push_str(name);
        text.push_str("'. ");
    }
    text.push_str("Re-examine the query-string parameters.");
    text
}

/// Concatenates a sentence for each fault, in AWS's order; each ends with a space.
fn scope(faults: &ScopeFaults) -> String {
    let mut text = String::new();
    if faults.region.is_some() {
        text.push_str("Credential should be scoped to a valid region. ");
    }
    if let Some(service) = &faults.service {
        text.push_str(&format!(
            "Credential should be scoped to correct service: '{service}'. "
        ));
    }
    if let Some(terminator) = &faults.terminator {
        text.push_str(&format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. "
        ));
    }
    if let Some(ScopeDate {
        scope,
        request_time,
    }) = &faults.date
    {
        let time = time::basic_text(*request_time);
        let day = time.get(..8).unwrap_or_default();
        text.push_str(&format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{day}', from '{time}'. "
        ));
    }
    text
}
