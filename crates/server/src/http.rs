//! From a connection's bytes to the service and back.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming as IncomingBody};
use keyward_service::{Incoming, IssuerDocument, Outgoing, Service, Transport, Unread};
use keyward_sigv4::Headers;

use crate::limits::{BODY_BYTES, BODY_TIME};
use crate::metrics;

/// An HTTP answer.
pub(crate) type Reply = Response<Full<Bytes>>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const AUTHORIZATION_ID: HeaderName = HeaderName::from_static("x-keyward-authorization-id");
const AUTHORIZATION_MESSAGE: HeaderName =
    HeaderName::from_static("x-keyward-authorization-message");
/// How long verifiers may keep an issuer's documents: an unknown key makes them ask again anyway.
const ISSUER_CACHING: &str = "public, max-age=300";
const REVISION: HeaderName = HeaderName::from_static("x-keyward-revision");

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The address of its other end.
    pub(crate) address: IpAddr,
    /// How it came.
    pub(crate) transport: Transport,
}

/// Answers one HTTP request; never fails, whatever the bytes.
///
/// What is rare is boxed, so that the future of each API request is not as large as the largest of the others.
pub(crate) async fn answer(
    service: Arc<Service>,
    peer: Peer,
    request: Request<IncomingBody>,
) -> Reply {
    let (head, body) = request.into_parts();
    if head.headers.get_all(HOST).iter().nth(1).is_some() {
        // Proxies and servers disagree on which of two hosts counts (RFC 9112 §3.2 asks for this answer).
        return text(StatusCode::BAD_REQUEST, "more than one Host header\n");
    }
    match (&head.method, head.uri.path()) {
        (&Method::GET | &Method::HEAD, "/healthz") => text(StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, "/readyz") => ready(&service),
        (&Method::GET | &Method::HEAD, "/metrics") => Box::pin(metrics::answer(&service)).await,
        (_, path) if path.starts_with("/authorization-details/") => {
            Box::pin(details(&service, peer, &head)).await
        }
        (&Method::GET | &Method::HEAD, path) if path.starts_with("/oidc/") => {
            Box::pin(issuer(&service, path)).await
        }
        (_, "/") => call(&service, peer, &head, body).await,
        _ => text(StatusCode::NOT_FOUND, "not found: the API is at /\n"),
    }
}

/// Answers what asks for the details of a refusal; such a request has no body.
async fn details(service: &Service, peer: Peer, head: &Parts) -> Reply {
    let incoming = Incoming {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query(),
        authority: head.uri.authority().map(http::uri::Authority::as_str),
        headers: &Fields(&head.headers),
        body: &[],
        source_ip: peer.address,
        transport: peer.transport,
    };
    match guarded(pin!(service.authorization_details(&incoming))).await {
        Some(outgoing) => reply(outgoing),
        None => reply(service.panicked(&incoming)),
    }
}

/// Publishes a document of an account's issuer of web identity tokens.
async fn issuer(service: &Service, path: &str) -> Reply {
    let Some((id, document)) = IssuerDocument::of_path(path) else {
        return text(StatusCode::NOT_FOUND, "not found\n");
    };
    match service.issuer_document(id, document).await {
        Ok(Some(document)) => {
            let mut reply = Response::new(Full::new(Bytes::from(document)));
            let headers = reply.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(ISSUER_CACHING));
            reply
        }
        Ok(None) => text(StatusCode::NOT_FOUND, "not found\n"),
        Err(error) => {
            tracing::error!(%error, "a document of an issuer can't be read");
            text(StatusCode::SERVICE_UNAVAILABLE, "try again\n")
        }
    }
}

async fn call(service: &Service, peer: Peer, head: &Parts, body: IncomingBody) -> Reply {
    let mut incoming = Incoming {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query(),
        authority: head.uri.authority().map(http::uri::Authority::as_str),
        headers: &Fields(&head.headers),
        body: &[],
        source_ip: peer.address,
        transport: peer.transport,
    };
    let body = match read(body).await {
        Ok(body) => body,
        Err(why) => return reply(service.without_body(&incoming, why)),
    };
    incoming.body = &body;
    match guarded(pin!(service.call(&incoming))).await {
        Some(outgoing) => reply(outgoing),
        None => reply(service.panicked(&incoming)),
    }
}

/// Reads a body of bounded size in bounded time.
async fn read(body: IncomingBody) -> Result<Bytes, Unread> {
    let too_large = Unread::TooLarge {
        most_bytes: BODY_BYTES,
    };
    if body.size_hint().lower() > BODY_BYTES as u64 {
        return Err(too_large);
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_BYTES).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
        Ok(Err(_)) => Err(Unread::Cut),
        Err(_) => Err(Unread::TooSlow {
            most_seconds: BODY_TIME.as_secs(),
        }),
    }
}

/// Polls a future to its end; `None` where it panicked.
///
/// It stays where it is: taken by value, it would take up its room twice in every request.
async fn guarded<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    })
    .await
}

fn reply(outgoing: Outgoing) -> Reply {
    let mut reply = Response::new(Full::new(outgoing.body));
    *reply.status_mut() =
        StatusCode::from_u16(outgoing.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.reserve(7);
    if let Ok(id) = HeaderValue::from_str(outgoing.request_id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(content_type) = outgoing.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(revision) = outgoing.revision {
        headers.insert(REVISION, HeaderValue::from(revision.number()));
    }
    if let Some(message) = outgoing.authorization_message
        && let Ok(message) = HeaderValue::try_from(message)
    {
        headers.insert(AUTHORIZATION_MESSAGE, message);
    }
    if let Some(id) = outgoing.authorization_id
        && let Ok(id) = HeaderValue::try_from(id)
    {
        headers.insert(AUTHORIZATION_ID, id);
    }
    if let Some(location) = outgoing.location {
        headers.insert(LOCATION, HeaderValue::from_static(location));
    }
    reply
}

/// Says whether requests are answered, and from which revision: `keyward wait` compares nodes by it.
fn ready(service: &Service) -> Reply {
    // Read before, so that what is said is not later than what is answered from.
    let revision = service.view().revision().number();
    let mut reply = match service.readiness() {
        Ok(()) => text(StatusCode::OK, "ready\n"),
        Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, why),
    };
    reply
        .headers_mut()
        .insert(REVISION, HeaderValue::from(revision));
    reply
}

/// Makes a plain-text answer.
pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    reply
}

/// A header map as the signature check reads it; HTTP/2 sends `:authority` where HTTP/1.1 sends `Host`.
///
/// Names are compared one by one: a request has a dozen, and a lookup by text parses and hashes the text first.
struct Fields<'a>(&'a HeaderMap);

impl Headers for Fields<'_> {
    fn first(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.0.iter().filter(|(sent, _)| sent.as_str() == name);
        values.next().map(|(_, value)| value.as_bytes())
    }

    fn for_each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        let values = self.0.iter().filter(|(sent, _)| sent.as_str() == name);
        values.for_each(|(_, value)| visit(value.as_bytes()));
    }
}
