//! The life of a request: decode, authenticate, find the row, let it run, answer, leave an event.

use std::sync::Arc;

use bytes::Bytes;
use keyward_store::Revision;
use keyward_wire::{
    ErrorCode, Format, Operation, Parameters, Service as Api, WireError, write_error,
};

use crate::authenticate::{Authenticated, Caller, authenticate};
use crate::event::{Detail, Event};
use crate::exchange::{Incoming, Outgoing, RequestId, Unread};
use crate::operations::{Row, row};
use crate::ports::{Now, draw};
use crate::{Service, ServiceError};

/// Where AWS sends a browser that names no operation. SOURCE: spec/signing.md §9.
const DOCUMENTATION: &str = "https://aws.amazon.com/iam";
/// The header by which a caller asks for a state at least as new as a revision.
const MIN_REVISION: &str = "x-keyward-min-revision";

/// A request that was authenticated and whose operation is known, on its way to the operation.
pub(crate) struct Routed<'a> {
    /// `None`: the operation is not signed, and says by a token or assertion who calls.
    pub(crate) caller: Option<Authenticated<Caller>>,
    pub(crate) parameters: &'a Parameters<'a>,
    pub(crate) incoming: &'a Incoming<'a>,
    pub(crate) now: Now,
    pub(crate) request_id: RequestId,
    pub(crate) format: Format,
    pub(crate) detail: &'a mut Detail,
}

/// What an operation answered, written out.
pub(crate) struct Reply {
    pub(crate) body: String,
    pub(crate) revision: Option<Revision>,
}

/// What is noted on the way, for the event.
#[derive(Default)]
pub(crate) struct Noted {
    /// The service that `Version` names.
    api: Option<Api>,
    operation: Option<Operation>,
    pub(crate) claimed_action: Option<String>,
    pub(crate) detail: Detail,
    pub(crate) caller: Option<Arc<Caller>>,
}

impl Service {
    /// Answers one API request. Never fails: whatever is wrong is in the answer.
    pub async fn call(&self, incoming: &Incoming<'_>) -> Outgoing {
        let now = self.now();
        let request_id = RequestId::from_random(draw(self.entropy()));
        let format = format_of(incoming);
        let mut noted = Noted::default();
        let result = match self.audit().check() {
            Ok(()) => {
                self.handle(incoming, now, request_id, format, &mut noted)
                    .await
            }
            Err(_) => Err(ServiceError::AuditUnavailable),
        };
        self.metrics().count(
            noted.operation.map(Operation::service),
            result.as_ref().map(|_| ()),
        );
        // A refusal that AWS words as a token that is not valid leads to nothing.
        let is_told = matches!(result, Err(ServiceError::AccessDenied(_)));
        let captured = noted.detail.captured.take();
        let captured = captured.filter(|it| is_told || !it.is_refused);
        let is_refused = captured.as_ref().is_some_and(|it| it.is_refused);
        let authorization_id = match (captured, &noted.caller) {
            (Some(captured), Some(caller)) => Box::pin(self.keep_details(caller, captured)).await,
            (None, _) | (_, None) => None,
        };
        let (mut outgoing, error) = match result {
            Ok(reply) => (succeeded(reply, request_id, format), None),
            Err(error) => {
                let error = match &authorization_id {
                    Some(id) if is_refused => self.with_details(error, id),
                    Some(_) | None => error,
                };
                let answer = error.answer();
                log(&error, &request_id);
                let api = noted
                    .operation
                    .map(Operation::service)
                    .or(noted.api)
                    .or_else(|| named_api(incoming))
                    .unwrap_or(Api::Iam);
                (
                    failed(incoming, api, &error, &answer, request_id, format),
                    Some(answer),
                )
            }
        };
        self.leave_event(incoming, now, &request_id, &noted, error.as_ref());
        outgoing.authorization_message = noted.detail.message;
        outgoing.authorization_id = authorization_id;
        outgoing
    }

    /// Says in the message of a refusal how to find what it was made of.
    fn with_details(&self, error: ServiceError, id: &str) -> ServiceError {
        match error {
            ServiceError::AccessDenied(message) => {
                ServiceError::AccessDenied(message + &self.way_to_details(id))
            }
            error => error,
        }
    }

    /// Answers a request whose handling panicked: refused, and nothing is known of it.
    pub fn panicked(&self, incoming: &Incoming<'_>) -> Outgoing {
        self.refuse(incoming, ServiceError::internal("a panic"))
    }

    /// Answers a request whose body was not read to its end; `incoming` has none.
    // SOURCE: spec/signing.md §9: the code of what is too large. DIFFERS: AWS's texts, and its other codes, are not known.
    pub fn without_body(&self, incoming: &Incoming<'_>, why: Unread) -> Outgoing {
        let (code, message) = match why {
            Unread::Cut => (
                ErrorCode::MALFORMED_INPUT,
                "The request body ended early.".to_owned(),
            ),
            Unread::TooLarge { most_bytes } => (
                ErrorCode::REQUEST_ENTITY_TOO_LARGE,
                format!("The request body is larger than {most_bytes} bytes."),
            ),
            Unread::TooSlow { most_seconds } => (
                ErrorCode::REQUEST_TIMEOUT,
                format!("The request body took longer than {most_seconds} seconds."),
            ),
        };
        self.refuse(incoming, ServiceError::Wire(WireError::new(code, message)))
    }

    /// Refuses a request that nothing is known of.
    fn refuse(&self, incoming: &Incoming<'_>, error: ServiceError) -> Outgoing {
        let request_id = RequestId::from_random(draw(self.entropy()));
        let answer = error.answer();
        log(&error, &request_id);
        self.metrics().count(None, Err(&error));
        let noted = Noted::default();
        self.leave_event(incoming, self.now(), &request_id, &noted, Some(&answer));
        let api = named_api(incoming).unwrap_or(Api::Iam);
        let format = format_of(incoming);
        failed(incoming, api, &error, &answer, request_id, format)
    }

    async fn handle(
        &self,
        incoming: &Incoming<'_>,
        now: Now,
        request_id: RequestId,
        format: Format,
        noted: &mut Noted,
    ) -> Result<Reply, ServiceError> {
        let form = if incoming.method == "POST" {
            incoming.body
        } else {
            &[]
        };
        // What can't be read is said only to a caller whose signature is right, but for the query's escapes, which
        // the signature check itself refuses first.
        let parameters = Parameters::parse(incoming.query, form);
        let api = match &parameters {
            Ok(parameters) => parameters.get("Version").and_then(Api::from_version),
            Err(_) => None,
        };
        noted.api = api;
        if let Ok(parameters) = &parameters {
            noted.operation = parameters.operation(None).ok();
            if noted.operation.is_none() {
                noted.claimed_action = parameters
                    .get("Action")
                    .map(|action| action.chars().take(128).collect());
            }
        }
        // Who calls, and what it may do, is read from a view that is at least as new as the caller asks for.
        let is_known = || authenticate(&self.view, incoming, api, now).is_ok();
        let waited = self.wait_for_revision(incoming, is_known).await;
        let caller = match noted.operation.map(row) {
            // SOURCE: spec/signing.md §12: a signature that came all the same is not looked at.
            Some(Row::Unsigned(_)) => None,
            Some(Row::Pending | Row::Served(_)) | None => {
                let caller = authenticate(&self.view, incoming, api, now)?;
                noted.caller = Some(caller.shared());
                Some(caller)
            }
        };
        let parameters = parameters.map_err(WireError::from)?;
        let operation = match noted.operation {
            Some(operation) => operation,
            // The same question again, for the reason.
            None => parameters.operation(api).map_err(WireError::from)?,
        };
        noted.operation = Some(operation);
        if let Some(caller) = &caller {
            self.accesses().note(caller, operation, now);
        }
        waited?;
        match row(operation) {
            Row::Pending => Err(ServiceError::NotImplemented(operation)),
            Row::Served(served) | Row::Unsigned(served) => {
                let detail = &mut noted.detail;
                let parameters = &parameters;
                (served.run)(
                    self,
                    Routed {
                        caller,
                        parameters,
                        incoming,
                        now,
                        request_id,
                        format,
                        detail,
                    },
                )
                .await
            }
        }
    }

    /// Waits, for a bounded time, until this node shows the revision that the caller asks for.
    async fn wait_for_revision(
        &self,
        incoming: &Incoming<'_>,
        is_known: impl FnOnce() -> bool,
    ) -> Result<(), ServiceError> {
        let Some(header) = incoming.headers.first(MIN_REVISION) else {
            return Ok(());
        };
        let wanted: Option<Revision> = str::from_utf8(header)
            .ok()
            .and_then(|text| text.parse().ok());
        let wanted = wanted.ok_or_else(|| {
            ServiceError::validation(
                "The header x-keyward-min-revision must be a revision: a whole number.",
            )
        })?;
        if self.view().revision() >= wanted {
            return Ok(());
        }
        let not_reached = ServiceError::RevisionNotReached { wanted };
        // A key that was made a moment ago is known only after the wait, so strangers may wait too, but only so many.
        let _place = match is_known() {
            true => None,
            false => match self.strangers().try_acquire() {
                Ok(place) => Some(place),
                Err(_) => return Err(not_reached),
            },
        };
        if self.view().wait_for(wanted, self.patience()).await {
            return Ok(());
        }
        Err(not_reached)
    }

    pub(crate) fn leave_event(
        &self,
        incoming: &Incoming<'_>,
        now: Now,
        request_id: &RequestId,
        noted: &Noted,
        error: Option<&WireError>,
    ) {
        let event_id = RequestId::from_random(draw(self.entropy()));
        let event = Event {
            now,
            incoming,
            request_id,
            event_id: &event_id,
            caller: noted.caller.as_deref().or(noted.detail.bearer.as_deref()),
            claimed_action: noted.claimed_action.as_deref(),
            operation: noted.operation,
            detail: &noted.detail,
            error,
        };
        let mut line = String::with_capacity(1024);
        event.write(&mut line);
        self.audit().record(line.as_bytes());
    }
}

/// Returns the form in which the caller wants to be answered.
fn format_of(incoming: &Incoming<'_>) -> Format {
    let accept = incoming.headers.first("accept");
    Format::from_accept(accept.and_then(|accept| str::from_utf8(accept).ok()))
}

/// Guesses the service of a request that names no operation, for the namespace of the answer.
fn named_api(incoming: &Incoming<'_>) -> Option<Api> {
    let credential = incoming
        .headers
        .first("authorization")
        .and_then(|header| str::from_utf8(header).ok());
    let named = credential.or(incoming.query)?;
    Api::ALL
        .into_iter()
        .find(|api| named.contains(&format!("/{}/aws4_request", api.signing_name())))
}

fn log(error: &ServiceError, request_id: &RequestId) {
    match error {
        ServiceError::AuditUnavailable
        | ServiceError::Busy
        | ServiceError::Internal(_)
        | ServiceError::Store(_) => {
            tracing::error!(request_id = request_id.as_str(), %error, "a request failed");
        }
        _ => tracing::debug!(request_id = request_id.as_str(), %error, "a request was refused"),
    }
}

fn succeeded(reply: Reply, request_id: RequestId, format: Format) -> Outgoing {
    Outgoing {
        status: 200,
        content_type: Some(format.content_type()),
        body: Bytes::from(reply.body),
        request_id,
        revision: reply.revision,
        location: None,
        authorization_message: None,
        authorization_id: None,
    }
}

fn failed(
    incoming: &Incoming<'_>,
    api: Api,
    error: &ServiceError,
    answer: &WireError,
    request_id: RequestId,
    format: Format,
) -> Outgoing {
    let unsigned_get = incoming.method == "GET"
        && matches!(
            error,
            ServiceError::Signature(keyward_sigv4::SignatureError::NoCredentials)
        )
        && incoming
            .query
            .is_none_or(|query| !query.contains("Action="));
    if unsigned_get || (incoming.method == "GET" && answer.code == ErrorCode::MISSING_ACTION) {
        return Outgoing {
            status: 302,
            content_type: None,
            body: Bytes::new(),
            request_id,
            revision: None,
            location: Some(DOCUMENTATION),
            authorization_message: None,
            authorization_id: None,
        };
    }
    Outgoing {
        status: answer.code.status,
        content_type: Some(format.content_type()),
        body: Bytes::from(write_error(api, answer, request_id.as_str(), format)),
        request_id,
        revision: None,
        location: None,
        authorization_message: None,
        authorization_id: None,
    }
}
