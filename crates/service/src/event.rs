//! The audit event of a request, in the shape of a CloudTrail record.

mod identity;
mod service_call;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_wire::{
    Call, Operation, Service as Api, Sink, Timestamp, Value, WireError, write_json_string as string,
};

use crate::authenticate::Caller;
use crate::authorization_details::Captured;
use crate::exchange::{Incoming, RequestId, Transport};
use crate::ports::Now;

pub(crate) use service_call::ServiceCall;

/// What stands in the place of a value that the model calls sensitive, as in CloudTrail.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Members that the model does not call sensitive and that are secrets all the same: codes of an MFA device, which are
/// good for a while where they were not taken, and tokens.
const SECRETS: [&str; 5] = [
    "AuthenticationCode1",
    "AuthenticationCode2",
    "SessionToken",
    "TokenCode",
    "TradeInToken",
];
/// The longest header value that is kept.
const LONGEST_HEADER: usize = 1024;

/// What is known of a request when it has been answered.
pub(crate) struct Event<'a> {
    pub(crate) now: Now,
    pub(crate) incoming: &'a Incoming<'a>,
    pub(crate) request_id: &'a RequestId,
    pub(crate) event_id: &'a RequestId,
    pub(crate) caller: Option<&'a Caller>,
    /// What the request called itself, where no operation has that name.
    pub(crate) claimed_action: Option<&'a str>,
    pub(crate) operation: Option<Operation>,
    pub(crate) detail: &'a Detail,
    pub(crate) error: Option<&'a WireError>,
}

/// The parts of an event that only the operation knows: JSON texts.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    /// The parameters, without secrets.
    pub(crate) request: Option<String>,
    /// The answer of an operation that changes something, without secrets.
    pub(crate) response: Option<String>,
    /// What decided, where the policies refused.
    pub(crate) decision: Option<String>,
    /// The same for whoever may decode it, where the policies refused.
    pub(crate) message: Option<String>,
    /// What the decision was made of, where that is kept.
    pub(crate) captured: Option<Captured>,
    /// Who called, where no signature says so.
    pub(crate) bearer: Option<Arc<Caller>>,
}

impl Detail {
    /// Keeps the parameters of a call.
    pub(crate) fn note_request<C: Call>(&mut self, call: &C) {
        self.request = written(call);
    }

    /// Keeps the answer of a call.
    pub(crate) fn note_response(&mut self, output: &impl Value) {
        self.response = written(output);
    }
}

/// Says whether an operation only reads.
pub(crate) fn is_read_only(operation: Operation) -> bool {
    is_reading(operation.name())
}

fn is_reading(name: &str) -> bool {
    ["Get", "List", "Simulate", "Decode"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

impl Event<'_> {
    /// Writes the event as one line.
    ///
    /// Every request pays for this, so it appends texts and formats nothing.
    pub(crate) fn write(&self, out: &mut String) {
        let service = self.operation.map(Operation::service);
        out.push_str(r#"{"eventVersion":"1.11","userIdentity":"#);
        identity::write(self.caller, out);
        out.push_str(r#","eventTime":""#);
        Timestamp(self.now.unix_seconds()).print(out);
        out.push_str(r#"","eventSource":""#);
        out.push_str(service.map_or("keyward", Api::signing_name));
        out.push_str(r#".amazonaws.com","eventName":"#);
        let name = self.operation.map(Operation::name);
        string(out, name.or(self.claimed_action).unwrap_or_default());
        out.push_str(r#","awsRegion":"#);
        string(out, self.caller.map_or("us-east-1", Caller::region));
        out.push_str(r#","sourceIPAddress":""#);
        append_ip(out, self.incoming.source_ip);
        out.push('"');
        self.write_header(out, r#","userAgent":"#, "user-agent");
        if let Some(error) = self.error {
            out.push_str(r#","errorCode":"#);
            string(out, error.code.code);
            out.push_str(r#","errorMessage":"#);
            string(out, &error.message);
        }
        out.push_str(r#","requestParameters":"#);
        out.push_str(self.detail.request.as_deref().unwrap_or("null"));
        out.push_str(r#","responseElements":"#);
        out.push_str(self.detail.response.as_deref().unwrap_or("null"));
        let token = self
            .caller
            .and_then(|caller| caller.bearer()?.token.as_ref());
        if let Some(decision) = &self.detail.decision {
            out.push_str(r#","additionalEventData":"#);
            out.push_str(decision);
        } else if let Some(token) = token {
            // SOURCE: spec/sts.md §5.
            out.push_str(
                r#","additionalEventData":{"identityProviderConnectionVerificationMethod":""#,
            );
            out.push_str(token.verified_by.as_str());
            out.push_str(r#""}"#);
        }
        out.push_str(r#","requestID":""#);
        out.push_str(self.request_id.as_str());
        out.push_str(r#"","eventID":""#);
        out.push_str(self.event_id.as_str());
        out.push_str(match self.operation.is_some_and(is_read_only) {
            true => r#"","readOnly":true"#,
            false => r#"","readOnly":false"#,
        });
        out.push_str(r#","eventType":"AwsApiCall","managementEvent":true"#);
        if let Some(caller) = self.caller {
            out.push_str(r#","recipientAccountId":""#);
            caller.account().append_to(out);
            out.push('"');
        }
        out.push_str(r#","eventCategory":"Management""#);
        self.write_tls(out);
        out.push_str("}\n");
    }

    /// Writes the value of a header, where it was sent, after the text that names it.
    fn write_header(&self, out: &mut String, name: &str, header: &str) {
        if let Some(value) = self.incoming.headers.first(header) {
            let shown = value.get(..LONGEST_HEADER).unwrap_or(value);
            out.push_str(name);
            match str::from_utf8(shown) {
                Ok(text) => string(out, text),
                Err(_) => string(out, &String::from_utf8_lossy(shown)),
            }
        }
    }

    fn write_tls(&self, out: &mut String) {
        if let Transport::Tls { version, cipher } = self.incoming.transport {
            for part in [
                r#","tlsDetails":{"tlsVersion":""#,
                version,
                r#"","cipherSuite":""#,
                cipher,
                r#"""#,
            ] {
                out.push_str(part);
            }
            self.write_header(out, r#","clientProvidedHostHeader":"#, "host");
            out.push('}');
        }
    }
}

/// Writes the event of an operator's act, which no request of the API stands behind.
pub(crate) fn operator_event(
    now: Now,
    event_id: &RequestId,
    name: &str,
    account: Option<AccountId>,
    parameters: &[(&str, &str)],
    error: Option<&str>,
) -> String {
    let mut out = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"Operator"}},"eventTime":"{}","eventSource":"keyward","eventName":"{name}""#,
        Timestamp(now.unix_seconds()),
    );
    if let Some(error) = error {
        out.push_str(r#","errorMessage":"#);
        string(&mut out, error);
    }
    for (index, (name, value)) in parameters.iter().enumerate() {
        out.push_str(if index == 0 {
            r#","requestParameters":{"#
        } else {
            ","
        });
        let _ = write!(out, r#""{name}":"#);
        string(&mut out, value);
    }
    if !parameters.is_empty() {
        out.push('}');
    }
    if let Some(account) = account {
        let _ = write!(out, r#","recipientAccountId":"{account}""#);
    }
    let _ = write!(
        out,
        r#","eventID":"{}","readOnly":{}"#,
        event_id.as_str(),
        is_reading(name)
    );
    out.push_str(
        r#","eventType":"KeywardOperatorAct","managementEvent":true,"eventCategory":"Management"}"#,
    );
    out.push('\n');
    out
}

/// Appends an address. Formatting one of version 4 costs more than the rest of an event.
fn append_ip(out: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            let mut digits = itoa::Buffer::new();
            for (at, octet) in address.octets().into_iter().enumerate() {
                if at > 0 {
                    out.push('.');
                }
                out.push_str(digits.format(octet));
            }
        }
        IpAddr::V6(address) => drop(write!(out, "{address}")),
    }
}

fn written(value: &impl Value) -> Option<String> {
    let mut writer = Writer {
        out: String::with_capacity(128),
        first: true,
        hides: false,
    };
    value.write(&mut writer);
    (writer.out != "{}" && !writer.out.is_empty()).then_some(writer.out)
}

/// Writes a value of the wire as CloudTrail shows it: names begin in lower case, secrets are hidden.
struct Writer {
    out: String,
    first: bool,
    /// The member that is written is a secret.
    hides: bool,
}

impl Writer {
    fn next(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
    }

    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.first = true;
    }

    fn close(&mut self, bracket: char) {
        self.out.push(bracket);
        self.first = false;
    }
}

impl Sink for Writer {
    fn begin_structure(&mut self) {
        self.open('{');
    }

    fn end_structure(&mut self) {
        self.close('}');
    }

    fn begin_member(&mut self, name: &'static str) {
        self.next();
        self.hides = SECRETS.contains(&name);
        let mut characters = name.chars();
        self.out.push('"');
        self.out.extend(
            characters
                .next()
                .map(|initial| initial.to_ascii_lowercase()),
        );
        self.out.push_str(characters.as_str());
        self.out.push_str("\":");
    }

    fn end_member(&mut self, _name: &'static str) {}

    fn begin_list(&mut self, _length: usize) {
        self.open('[');
    }

    fn begin_element(&mut self) {
        self.next();
    }

    fn end_element(&mut self) {}

    fn end_list(&mut self) {
        self.close(']');
    }

    fn begin_map(&mut self, _length: usize) {
        self.open('{');
    }

    fn begin_entry(&mut self, key: &str) {
        self.next();
        string(&mut self.out, key);
        self.out.push(':');
    }

    fn end_entry(&mut self) {}

    fn end_map(&mut self) {
        self.close('}');
    }

    fn string(&mut self, value: &str) {
        string(&mut self.out, if self.hides { HIDDEN } else { value });
    }

    fn integer(&mut self, value: i64) {
        let _ = write!(self.out, "{value}");
    }

    fn boolean(&mut self, value: bool) {
        let _ = write!(self.out, "{value}");
    }

    fn timestamp(&mut self, value: Timestamp) {
        let _ = write!(self.out, "\"{value}\"");
    }

    fn blob(&mut self, _value: &[u8]) {
        self.out.push_str("\"(bytes)\"");
    }

    fn document(&mut self, value: &str) {
        string(&mut self.out, value);
    }

    fn sensitive(&mut self) -> bool {
        string(&mut self.out, HIDDEN);
        true
    }
}
