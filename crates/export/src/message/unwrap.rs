//! What tools print around AWS's words.

use serde::Deserialize;

use super::ErrorMessage;

/// Takes the wrapping off.
pub(super) fn unwrapped(text: &str) -> ErrorMessage {
    let plain = without_frame(text);
    xml(&plain)
        .or_else(|| json(&plain))
        .unwrap_or_else(|| words(&plain))
}

/// Takes out colours and the frame that Terraform draws around an error.
fn without_frame(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    let lines = plain.lines().map(|line| {
        line.trim_start_matches([' ', '\t', '│', '╷', '╵', '|', '\u{2502}'])
            .trim_end()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An answer of a Query, S3 or EC2 service, headers before it or not.
fn xml(text: &str) -> Option<ErrorMessage> {
    let code = tag(text, "Code")?;
    Some(ErrorMessage {
        code: Some(code),
        text: tag(text, "Message").unwrap_or_default(),
        request_id: tag(text, "RequestId").or_else(|| tag(text, "RequestID")),
        status: status_line(text),
        ..ErrorMessage::default()
    })
}

/// Returns the text between two tags.
fn tag(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(one_line(&unescaped(inner)))
}

fn unescaped(text: &str) -> String {
    // The ampersand last: what it makes is no escape.
    [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (escape, meaning)| {
        text.replace(escape, meaning)
    })
}

fn status_line(text: &str) -> Option<u16> {
    let line = text.lines().find(|line| line.starts_with("HTTP/"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The shapes of errors in JSON, all in one: REST-JSON, JSON 1.0 and 1.1, Query with JSON answers.
#[derive(Deserialize)]
struct RawError {
    #[serde(rename = "__type")]
    type_: Option<String>,
    code: Option<String>,
    #[serde(rename = "Code")]
    code_capital: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    message_capital: Option<String>,
    #[serde(rename = "Error")]
    error: Option<Box<RawError>>,
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
}

fn json(text: &str) -> Option<ErrorMessage> {
    let start = text.find('{')?;
    let raw = serde_json::Deserializer::from_str(text.get(start..)?)
        .into_iter::<RawError>()
        .next()?
        .ok()?;
    let headers = text.get(..start).unwrap_or_default();
    let request_id = raw
        .request_id
        .clone()
        .or(header(headers, "x-amzn-requestid"));
    let inner = match raw.error {
        Some(inner) => *inner,
        None => raw,
    };
    let code = inner
        .type_
        .or(inner.code)
        .or(inner.code_capital)
        .or(inner.error_code)
        .or_else(|| header(headers, "x-amzn-errortype"))
        .map(|code| bare_code(&code).to_owned());
    let message = inner
        .message
        .or(inner.message_capital)
        .or(inner.error_message);
    if code.is_none() && message.is_none() {
        return None;
    }
    Some(ErrorMessage {
        code,
        text: one_line(&message.unwrap_or_default()),
        request_id,
        status: status_line(text),
        ..ErrorMessage::default()
    })
}

/// Finds a header of an HTTP response that was pasted with the body.
pub(super) fn header(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.trim_start_matches(['<', ' ']).split_once(':')?;
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

/// Takes off what stands before `#` and behind `:`.
// SOURCE: spec/access-denied-messages.md §7.
fn bare_code(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code)
}

/// Plain words, as the AWS CLI, boto3, the SDKs and Terraform print them.
fn words(text: &str) -> ErrorMessage {
    let text = one_line(paragraph(text));
    let mut message = ErrorMessage::default();
    let mut words = text.as_str();
    if let Some((_, rest)) = text.split_once("An error occurred (")
        && let Some((code, rest)) = rest.split_once(')')
    {
        message.code = Some(code.to_owned());
        if let Some((_, rest)) = rest.split_once("when calling the ") {
            message.operation = rest.split_whitespace().next().map(str::to_owned);
        }
        // "(reached max retries: 4)" may stand before the colon.
        words = rest
            .split_once("operation")
            .map_or(rest, |(_, rest)| rest)
            .split_once(": ")
            .map_or("", |(_, rest)| rest);
        if let Some((_, rest)) = words.split_once("4): ") {
            words = rest;
        }
    } else if let Some((before, rest)) = text.split_once("api error ") {
        go(before, &mut message);
        if let Some((code, rest)) = rest.split_once(": ") {
            message.code = Some(code.to_owned());
            words = rest;
        }
    }
    java(words, &mut message);
    let words = words
        .rsplit_once(" (Service: ")
        .map_or(words, |(words, _)| words);
    let (words, status) = terraform_tail(words);
    message.status = message.status.or(status);
    if message.code.is_none() {
        message.code = leading_code(words).map(str::to_owned);
    }
    message.text = match message.code.as_deref() {
        Some(code) => words
            .rsplit_once(&format!("{code}: "))
            .map_or(words, |(_, rest)| rest)
            .trim()
            .to_owned(),
        None => words.trim().to_owned(),
    };
    message
}

/// Returns the paragraph that has the error: what Terraform prints below it says where in its own files.
fn paragraph(text: &str) -> &str {
    const SIGNS: [&str; 5] = [
        "not authorized to perform",
        "Not authorized to perform",
        "An error occurred (",
        "api error ",
        "(Service: ",
    ];
    text.split("\n\n")
        .find(|part| SIGNS.iter().any(|sign| part.contains(sign)))
        .unwrap_or(text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: …, ` of the SDK for Go.
fn go(before: &str, message: &mut ErrorMessage) {
    if let Some((_, rest)) = before.split_once("operation error ")
        && let Some((service, rest)) = rest.split_once(": ")
    {
        message.service = Some(service.to_owned());
        message.operation = rest.split([',', ' ']).next().map(str::to_owned);
    }
    message.status = field(before, "StatusCode: ").and_then(|text| text.parse().ok());
    message.request_id = field(before, "RequestID: ").map(str::to_owned);
}

/// `(Service: S3, Status Code: 403, Request ID: …)` of the SDKs for Java; the older one has semicolons and the code.
fn java(text: &str, message: &mut ErrorMessage) {
    let Some((_, rest)) = text.rsplit_once("(Service: ") else {
        return;
    };
    message.service = rest
        .split([',', ';', ')'])
        .next()
        .map(|it| it.trim().to_owned());
    message.status = field(rest, "Status Code: ").and_then(|text| text.parse().ok());
    message.request_id = field(rest, "Request ID: ").map(str::to_owned);
    if message.code.is_none() {
        message.code = field(rest, "Error Code: ").map(str::to_owned);
    }
    if message.code.is_none() && message.status == Some(403) {
        message.code = Some("AccessDenied".to_owned());
    }
}

fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(name)?;
    rest.split([',', ';', ')', ' '])
        .next()
        .filter(|it| !it.is_empty())
}

/// `status code: 403, request id: …` of the older SDK for Go.
fn terraform_tail(words: &str) -> (&str, Option<u16>) {
    match words.split_once(" status code: ") {
        None => (words, None),
        Some((words, rest)) => (
            words,
            rest.split([',', ' ']).next().and_then(|it| it.parse().ok()),
        ),
    }
}

/// The last word before a colon that looks like an error code: `…: AccessDenied: Access Denied`.
fn leading_code(words: &str) -> Option<&str> {
    // The words of the refusal itself hold colons too.
    let before = words.split("User: ").next().unwrap_or(words);
    before
        .split(": ")
        .map(|part| part.rsplit(' ').next().unwrap_or(part))
        .filter(|word| is_code(word))
        .last()
}

/// Error codes that are known to come without any other wrapping.
const CODES: [&str; 24] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
    "UnmodifiableEntity",
    "UnrecognizedClientException",
    "AuthorizationHeaderMalformed",
];

fn is_code(word: &str) -> bool {
    CODES.contains(&word)
}
