//! A small HTTP server for one machine: plain HTTP/1.1, heads only, few connections.
//!
//! The endpoints that hand out credentials stand on it. Bodies of requests are not read.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, SERVER};
use http::request::Parts;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming as IncomingBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::connection::Connection;
use crate::http::Reply;
use crate::limits::{HEAD_TIME, HEADERS, LOCAL_CONNECTIONS, LOCAL_HEAD_BYTES};

/// Answers requests on a listener, until the future that this returns is dropped. Each request's extensions hold its
/// [`Connection`].
pub(crate) async fn serve<H, F>(listener: TcpListener, handler: H)
where
    H: Fn(Parts) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    let places = Arc::new(Semaphore::new(LOCAL_CONNECTIONS));
    // Connections end with the future.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let connection = match Connection::of(&stream) {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be held");
                continue;
            }
        };
        let handler = handler.clone();
        connections.spawn(async move {
            let service = service_fn(move |request: Request<IncomingBody>| {
                let handler = handler.clone();
                let connection = connection.clone();
                async move {
                    let (mut head, _) = request.into_parts();
                    head.extensions.insert(connection);
                    Ok::<_, Infallible>(handler(head).await)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(LOCAL_HEAD_BYTES)
                .max_headers(HEADERS)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
}

/// Makes an answer of a type, which nobody may keep.
pub(crate) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    let mut reply = Reply::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SERVER, HeaderValue::from_static("keyward"));
    reply
}

/// Returns the value of a header that was sent once; `None` where it is absent, repeated or no text.
pub(crate) fn single<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    let mut values = head.headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}
