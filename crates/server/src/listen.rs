//! Accepting connections and ending them in order.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use keyward_service::{Service, Transport};
use rustls::ProtocolVersion;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::http::{Peer, answer};
use crate::lanes::Lanes;
use crate::limits::{CONNECTIONS, GRACE, HANDSHAKE_TIME, HEAD_BYTES, HEAD_TIME, HEADERS};

/// Serves the API on a listener until `stop` resolves, then lets requests under way end. Connections are served on `lanes`.
pub(crate) async fn serve(
    service: Arc<Service>,
    lanes: Lanes,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: wait for connections to end instead of spinning.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        // The runtime that accepted it must let go of it.
        let stream = match stream.into_std() {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be handed on");
                continue;
            }
        };
        let (service, tls, watcher) = (Arc::clone(&service), tls.clone(), graceful.watcher());
        lanes.spawn(async move {
            let connection = Connection {
                service,
                address,
                watcher,
            };
            match (TcpStream::from_std(stream), tls) {
                (Err(error), _) => tracing::warn!(%error, "a connection could not be taken"),
                (Ok(stream), None) => connection.plain(stream).await,
                (Ok(stream), Some(tls)) => connection.encrypted(stream, &tls).await,
            }
            drop(place);
        });
    }
    if tokio::time::timeout(GRACE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still under way and have been cut off");
    }
}

struct Connection {
    service: Arc<Service>,
    address: SocketAddr,
    watcher: hyper_util::server::graceful::Watcher,
}

impl Connection {
    async fn plain(self, stream: TcpStream) {
        let peer = Peer {
            address: self.address.ip().to_canonical(),
            transport: Transport::Plain,
        };
        set_no_delay(&stream);
        let service = self.service;
        let handler = service_fn(move |request| {
            let service = Arc::clone(&service);
            async move { Ok::<_, std::convert::Infallible>(answer(service, peer, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), handler);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn encrypted(self, stream: TcpStream, tls: &TlsAcceptor) {
        set_no_delay(&stream);
        let stream = match tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        };
        let (_, session) = stream.get_ref();
        let transport = Transport::Tls {
            version: spoken_version(session.protocol_version()),
            cipher: session
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .unwrap_or("unknown"),
        };
        let peer = Peer {
            address: self.address.ip().to_canonical(),
            transport,
        };
        let service = self.service;
        let handler = service_fn(move |request| {
            let service = Arc::clone(&service);
            async move { Ok::<_, std::convert::Infallible>(answer(service, peer, request).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(HEAD_TIME))
            .max_header_list_size(HEAD_BYTES as u32)
            .max_concurrent_streams(Some(100));
        let connection = builder
            .serve_connection(TokioIo::new(stream), handler)
            .into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Names a TLS version as audit events do.
fn spoken_version(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "unknown",
    }
}

fn set_no_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
}
