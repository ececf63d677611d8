//! The checks of a signed request, in AWS's order.

use std::borrow::Cow;
use std::fmt;

use subtle::{Choice, ConstantTimeEq as _};

use crate::authorization::{self, Claims};
use crate::canonical::{self, Scope, TERMINATOR};
use crate::encode::HEX_BYTES;
use crate::error::{ScopeDate, ScopeFaults, SignatureError};
use crate::limits::SIGNED_HEADERS;
use crate::query::{self, SignatureParameter};
use crate::request::RequestParts;
use crate::time::{self, BASIC_BYTES};
use crate::{Expected, SecretKey, SigningKey, path};

/// Where a request carries its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureForm {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

/// A request whose claim to be signed is well-formed, current and for this service, but **not yet verified**: nothing
/// but [`verify`](Self::verify) says that the holder of the key made it.
pub struct SignedRequest<'a> {
    parts: RequestParts<'a>,
    form: SignatureForm,
    access_key_id: Cow<'a, str>,
    date: Cow<'a, str>,
    region: Cow<'a, str>,
    service: Cow<'a, str>,
    time: i64,
    /// `time` as it is signed.
    basic_time: [u8; BASIC_BYTES],
    session_token: Option<Cow<'a, str>>,
    signature: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    list: ListForm,
}

impl<'a> SignedRequest<'a> {
    /// Makes every check that needs no key, in the order of AWS's query services; `now` is in seconds since the Unix
    /// epoch.
    ///
    /// The caller then opens the session token, looks the access key up and calls [`verify`](Self::verify), in this
    /// order. Cost: linear in the length of the query and the `Authorization` header; nothing is hashed.
    ///
    /// # Errors
    /// The first check that failed; [`SignatureError::NoCredentials`] where the request is not signed at all, which
    /// operations that anyone may call go on from.
    // SOURCE: spec/signing.md §10, steps 1 and 4 to 13.
    pub fn parse(
        parts: &RequestParts<'a>,
        expected: &Expected<'_>,
        now: i64,
    ) -> Result<Self, SignatureError> {
        if parts.method.is_empty() || !parts.method.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SignatureError::RequestLine);
        }
        path::check(parts.path, parts.path_style)?;
        let query = query::read(parts.query)?;
        let claims = match (&query.algorithm, parts.headers.first("authorization")) {
            (Some(_), Some(_)) => return Err(SignatureError::BothForms),
            (Some(_), None) => authorization::from_query(query)?,
            (None, Some(header)) => authorization::from_header(header, parts.headers)?,
            (None, None) => return Err(SignatureError::NoCredentials),
        };
        let list = check_signed_headers(&claims.signed_headers)?;
        let time = claims.date.parse()?;
        check_time(time, expected.skew_minutes, now)?;
        let [access_key_id, date, region, service, terminator] =
            credential_parts(&claims.credential)?;
        let basic_time = time::basic(time);
        check_scope(
            [&date, &region, &service, &terminator],
            time,
            &basic_time,
            expected,
        )?;
        let Claims {
            form,
            signed_headers,
            signature,
            session_token,
            ..
        } = claims;
        Ok(Self {
            parts: *parts,
            form,
            access_key_id,
            date,
            region,
            service,
            time,
            basic_time,
            session_token: session_token.map(token_text).transpose()?,
            signature,
            signed_headers,
            list,
        })
    }

    /// Returns the id of the access key that is said to have signed; any text, to be looked up.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Returns the session token: from the header of a header-signed request, from the query of a query-signed one.
    ///
    /// A token that came must open and belong to the access key; a temporary key without one is refused.
    // SOURCE: spec/signing.md §6.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Returns the UTC day of the credential scope, which is that of the request: `20260102`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Returns the region of the credential scope, one that [`Expected`] accepts.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the service of the credential scope, one that [`Expected`] names.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the time that the request gives for itself, in seconds since the Unix epoch.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Returns where the signature came from.
    #[must_use]
    pub fn form(&self) -> SignatureForm {
        self.form
    }

    /// Returns the names of the signed headers as sent: `content-type;host;x-amz-date`.
    #[must_use]
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// Says whether a header, named in lower case, is covered by the signature; never act on one that is not.
    #[must_use]
    pub fn signs_header(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }

    /// Derives the signing key of this request's day, region and service from a secret key.
    #[must_use]
    pub fn derive_key(&self, secret: &SecretKey) -> SigningKey {
        SigningKey::derive(secret, &self.date, &self.region, &self.service)
    }

    /// Verifies the signature with the signing key of this request's access key, day, region and service.
    ///
    /// Takes the same time whatever part of the signature is wrong. Cost: the SHA-256 of the body and the canonical
    /// request and one HMAC; a `POST` of 120 bytes takes about a microsecond.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`].
    // SOURCE: spec/signing.md §10 step 16; §1 "SignedHeaders", UNSURE there: an unsorted list is refused.
    pub fn verify(&self, key: &SigningKey) -> Result<(), SignatureError> {
        let calculated = canonical::signature(key, &self.string_to_sign());
        if is_equal(&calculated, self.signature.as_bytes()) && self.list == ListForm::Canonical {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// Returns the refusal of a request whose access key is unknown, after the same work as [`verify`](Self::verify),
    /// so that time does not tell which keys exist.
    #[must_use]
    pub fn refuse_unknown_key(&self) -> SignatureError {
        match std::hint::black_box(self.verify(SigningKey::unknown())) {
            Ok(()) | Err(_) => SignatureError::AccessKeyUnknown,
        }
    }

    /// Returns the canonical request: for error texts of services that show it, and for tests.
    ///
    /// It can hold the session token; IAM and STS never show it.
    #[must_use]
    pub fn canonical_request(&self) -> Vec<u8> {
        let mut text = Vec::new();
        canonical::put_request(
            &self.parts,
            &self.signed_headers,
            self.signature_parameter(),
            &mut text,
        );
        text
    }

    /// Returns the string to sign, which shows no secret.
    #[must_use]
    pub fn string_to_sign(&self) -> Vec<u8> {
        let parameter = self.signature_parameter();
        let request_hash = canonical::request_hash(&self.parts, &self.signed_headers, parameter);
        canonical::string_to_sign(&self.basic_time, self.scope(), &request_hash)
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        }
    }

    fn signature_parameter(&self) -> SignatureParameter {
        match self.form {
            SignatureForm::Header => SignatureParameter::Keep,
            SignatureForm::Query => SignatureParameter::Omit,
        }
    }
}

impl fmt::Debug for SignedRequest<'_> {
    /// Shows neither token nor signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("form", &self.form)
            .field("access_key_id", &self.access_key_id)
            .field("date", &self.date)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

/// Compares in constant time, eight bytes at a time; only the length of the signature shows, which is the client's own.
fn is_equal(calculated: &[u8; HEX_BYTES], signature: &[u8]) -> bool {
    let (calculated, _) = calculated.as_chunks::<8>();
    let (words, rest) = signature.as_chunks::<8>();
    let equal = calculated
        .iter()
        .zip(words)
        .fold(Choice::from(1), |equal, (left, right)| {
            equal & u64::from_ne_bytes(*left).ct_eq(&u64::from_ne_bytes(*right))
        });
    calculated.len() == words.len() && rest.is_empty() && equal.into()
}

/// Whether a list of signed headers is one that can be verified.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListForm {
    /// Sorted, unique and lower-case, each name being one that HTTP allows.
    Canonical,
    /// Anything else.
    Other,
}

/// SOURCE: spec/signing.md §4, first row.
fn check_signed_headers(list: &str) -> Result<ListForm, SignatureError> {
    let (mut host, mut form) = (false, ListForm::Canonical);
    let mut last: &[u8] = b"";
    for (count, name) in list.as_bytes().split(|byte| *byte == b';').enumerate() {
        if count >= SIGNED_HEADERS {
            return Err(SignatureError::SignedHeadersTooMany);
        }
        host |= matches!(name, b"host" | b":authority");
        if last >= name || !is_header_name(name) {
            form = ListForm::Other;
        }
        last = name;
    }
    if host {
        Ok(form)
    } else {
        Err(SignatureError::HostNotSigned)
    }
}

fn is_header_name(name: &[u8]) -> bool {
    let is_name_byte = |byte: &u8| {
        matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') || b"!#$%&'*+.^`|~".contains(byte)
    };
    name == b":authority" || (!name.is_empty() && name.iter().all(is_name_byte))
}

/// SOURCE: spec/signing.md §5 "window", "boundary": a time at the very limit is accepted.
fn check_time(request_time: i64, skew_minutes: u16, now: i64) -> Result<(), SignatureError> {
    let skew = time::minutes(skew_minutes);
    if request_time < now.saturating_sub(skew) {
        return Err(SignatureError::Expired {
            request_time,
            now,
            skew_minutes,
        });
    }
    if request_time > now.saturating_add(skew) {
        return Err(SignatureError::NotYetCurrent {
            request_time,
            now,
            skew_minutes,
        });
    }
    Ok(())
}

/// SOURCE: spec/signing.md §1 "Credential".
fn credential_parts<'a>(credential: &Cow<'a, str>) -> Result<[Cow<'a, str>; 5], SignatureError> {
    let parts = match credential {
        Cow::Borrowed(text) => five_parts(text).map(|parts| parts.map(Cow::Borrowed)),
        Cow::Owned(text) => {
            five_parts(text).map(|parts| parts.map(|part| Cow::Owned(part.to_owned())))
        }
    };
    parts.ok_or_else(|| SignatureError::CredentialParts(credential.clone().into_owned()))
}

fn five_parts(text: &str) -> Option<[&str; 5]> {
    let mut rest = text;
    let mut next = || {
        let slash = rest.bytes().position(|byte| byte == b'/')?;
        let (part, after) = rest.split_at(slash);
        rest = after.get(1..)?;
        Some(part)
    };
    let [first, second, third, fourth] = [next()?, next()?, next()?, next()?];
    (!rest.contains('/')).then_some([first, second, third, fourth, rest])
}

/// SOURCE: spec/signing.md §3 "scope checks".
fn check_scope(
    [date, region, service, terminator]: [&str; 4],
    request_time: i64,
    basic_time: &[u8; BASIC_BYTES],
    expected: &Expected<'_>,
) -> Result<(), SignatureError> {
    let faults = ScopeFaults {
        region: (!expected.region.accepts(region)).then(|| region.to_owned()),
        service: (!expected.services.contains(&service)).then(|| {
            expected
                .services
                .first()
                .copied()
                .unwrap_or_default()
                .to_owned()
        }),
        terminator: (terminator != TERMINATOR).then(|| terminator.to_owned()),
        date: (basic_time.get(..8) != Some(date.as_bytes())).then(|| ScopeDate {
            scope: date.to_owned(),
            request_time,
        }),
    };
    if faults.is_empty() {
        Ok(())
    } else {
        Err(SignatureError::Scope(faults))
    }
}

/// Tokens are text; one that is not cannot be ours.
fn token_text(token: Cow<'_, [u8]>) -> Result<Cow<'_, str>, SignatureError> {
    match token {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|_| SignatureError::SessionTokenInvalid),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|_| SignatureError::SessionTokenInvalid),
    }
}
