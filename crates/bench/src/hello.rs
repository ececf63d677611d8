//! The floor: a bare hyper server that reads a request and answers a fixed body.

use std::convert::Infallible;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

/// Serves until standard input ends, so that it never outlives the bench that started it.
pub(crate) fn run(port: &str, bytes: &str) -> anyhow::Result<()> {
    let (port, bytes): (u16, usize) = (port.parse()?, bytes.parse()?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.spawn(serve(port, body(bytes)));
    std::thread::spawn(move || {
        // An error is an end too.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        served.abort();
        std::process::exit(0)
    });
    runtime.block_on(std::future::pending())
}

/// Makes a small XML text of the size wanted.
fn body(bytes: usize) -> Bytes {
    let mut text = String::from("<Hello>");
    while text.len() + "</Hello>".len() < bytes {
        text.push('.');
    }
    text.push_str("</Hello>");
    text.into()
}

async fn serve(port: u16, body: Bytes) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, body.clone()));
    }
}

/// Serves a connection with the options that `keyward-server` gives to plain HTTP (`listen.rs`, `limits.rs`).
async fn connection(stream: TcpStream, body: Bytes) {
    let handler = service_fn(move |request| answer(request, body.clone()));
    let served = async {
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(60))
            .max_buf_size(64 * 1024)
            .max_headers(100)
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), handler);
        connection.await.map_err(anyhow::Error::new)
    };
    // The client sees a connection that ends early, and the bench fails there.
    let _: anyhow::Result<()> = served.await;
}

async fn answer(
    request: Request<Incoming>,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let status = match request.into_body().collect().await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_body_has_the_size_asked_for() {
        for bytes in [15, 16, 400, 1000] {
            assert_eq!(super::body(bytes).len(), bytes);
        }
    }
}
