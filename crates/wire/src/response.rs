//! Whole answers: success and error, XML and JSON.

use crate::call::Call;
use crate::error::WireError;
use crate::service::Service;
use crate::sink::{JsonSink, Sink as _, XmlSink, escape_xml};
use crate::value::{Output as _, Value as _};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/json`, for callers that ask for it.
    Json,
    /// `text/xml`, the form of the Query protocol.
    #[default]
    Xml,
}

impl Format {
    /// The form that an `Accept` header asks for: JSON if it names `application/json`, else XML.
    // SOURCE: spec/access-denied-messages.md §7 (UNSURE for IAM: done there too)
    #[must_use]
    pub fn from_accept(accept: Option<&str>) -> Self {
        let json = accept.unwrap_or("").split(',').any(|range| {
            range
                .split(';')
                .next()
                .unwrap_or("")
                .trim()
                .eq_ignore_ascii_case("application/json")
        });
        if json { Self::Json } else { Self::Xml }
    }

    /// The `Content-Type` of the answer.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml",
        }
    }
}

/// Prints the answer to a successful call.
///
/// # Examples
/// ```
/// use keyward_wire::{Format, NoOutput, iam, write_success};
///
/// assert_eq!(
///     write_success::<iam::DeleteUser>(&NoOutput, "id", Format::Xml),
///     "<DeleteUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
///      <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteUserResponse>",
/// );
/// ```
#[must_use]
pub fn write_success<C: Call>(output: &C::Output, request_id: &str, format: Format) -> String {
    match format {
        Format::Json => success_json::<C>(output, request_id),
        Format::Xml => success_xml::<C>(output, request_id),
    }
}

fn success_xml<C: Call>(output: &C::Output, request_id: &str) -> String {
    let name = C::OPERATION.name();
    let mut sink = XmlSink::new(String::with_capacity(512));
    for part in [
        "<",
        name,
        "Response xmlns=\"",
        C::OPERATION.service().xml_namespace(),
        "\">",
    ] {
        sink.out.push_str(part);
    }
    if C::Output::HAS_RESULT {
        sink.open_with(name, "Result");
        output.write(&mut sink);
        sink.close_with(name, "Result");
    }
    sink.out.push_str("<ResponseMetadata><RequestId>");
    sink.string(request_id);
    for part in ["</RequestId></ResponseMetadata></", name, "Response>"] {
        sink.out.push_str(part);
    }
    sink.out
}

fn success_json<C: Call>(output: &C::Output, request_id: &str) -> String {
    let name = C::OPERATION.name();
    let mut sink = JsonSink::new(String::with_capacity(512));
    sink.begin('{');
    sink.key(&[name, "Response"].concat());
    sink.begin('{');
    if C::Output::HAS_RESULT {
        sink.key(&[name, "Result"].concat());
        output.write(&mut sink);
    }
    sink.key("ResponseMetadata");
    sink.begin('{');
    sink.key("RequestId");
    sink.string(request_id);
    sink.end('}');
    sink.end('}');
    sink.end('}');
    sink.out
}

/// Prints an error answer.
#[must_use]
pub fn write_error(
    service: Service,
    error: &WireError,
    request_id: &str,
    format: Format,
) -> String {
    match format {
        Format::Json => error_json(error, request_id),
        Format::Xml => error_xml(service, error, request_id),
    }
}

fn error_xml(service: Service, error: &WireError, request_id: &str) -> String {
    let mut out = String::with_capacity(512);
    for part in [
        "<ErrorResponse xmlns=\"",
        service.xml_namespace(),
        "\">\n  <Error>\n    <Type>",
    ] {
        out.push_str(part);
    }
    out.push_str(error.code.fault.as_str());
    out.push_str("</Type>\n    <Code>");
    escape_xml(&mut out, error.code.code);
    out.push_str("</Code>\n    <Message>");
    escape_xml(&mut out, &error.message);
    out.push_str("</Message>\n  </Error>\n  <RequestId>");
    escape_xml(&mut out, request_id);
    out.push_str("</RequestId>\n</ErrorResponse>\n");
    out
}

fn error_json(error: &WireError, request_id: &str) -> String {
    let mut sink = JsonSink::new(String::with_capacity(512));
    sink.begin('{');
    sink.key("Error");
    sink.begin('{');
    let members = [
        ("Code", error.code.code),
        ("Message", &error.message),
        ("Type", error.code.fault.as_str()),
    ];
    for (name, value) in members {
        sink.key(name);
        sink.string(value);
    }
    sink.end('}');
    sink.key("RequestId");
    sink.string(request_id);
    sink.end('}');
    sink.out
}

#[cfg(test)]
mod tests;
