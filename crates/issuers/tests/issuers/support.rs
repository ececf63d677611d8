//! A server that answers as a test says, and a clock that stands still.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyward_issuers::{AllowedIssuer, Config, Found, Issuers, Provider, Resolve};
use keyward_web_identity::WebIdentityError;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://issuer.test";
/// How long a fetch may take in these tests.
pub(crate) const TIME: Duration = Duration::from_millis(1_500);
/// The same where a test waits for its end.
pub(crate) const SHORT: Duration = Duration::from_millis(150);

/// What the server does about a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends a body for ever.
    Endless,
    /// Says nothing.
    Hang,
    /// Status 200, these further header lines, this body.
    Ok(&'static str, String),
    /// Sends this and closes.
    Raw(String),
    /// Sends a body, byte by byte, for ever.
    Trickle,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicU64,
    pub(crate) discoveries: AtomicU64,
    pub(crate) key_sets: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) counts: Arc<Counts>,
    discovery: Arc<Mutex<Reply>>,
    key_set: Arc<Mutex<Reply>>,
}

pub(crate) fn discovery_of(issuer: &str, jwks_uri: &str) -> Reply {
    Reply::Ok(
        "",
        format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#),
    )
}

/// Returns a key set whose keys have these ids.
pub(crate) fn keys(ids: &[&str]) -> String {
    let keys: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"kid":"{id}","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#))
        .collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

impl Server {
    /// Starts a server that answers as a good issuer with the key `a`, which keeps its keys at `/keys`.
    pub(crate) async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            counts: Arc::default(),
            discovery: Arc::new(Mutex::new(discovery_of(ISSUER, "https://issuer.test/keys"))),
            key_set: Arc::new(Mutex::new(Reply::Ok(
                "Cache-Control: max-age=1000\r\n",
                keys(&["a"]),
            ))),
        };
        let (counts, discovery, key_set) = (
            Arc::clone(&server.counts),
            Arc::clone(&server.discovery),
            Arc::clone(&server.key_set),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counts.connections.fetch_add(1, Ordering::Relaxed);
                let (counts, discovery, key_set) = (
                    Arc::clone(&counts),
                    Arc::clone(&discovery),
                    Arc::clone(&key_set),
                );
                let tls = tls.clone();
                tokio::spawn(async move {
                    let _ = match tls {
                        None => answer(stream, &counts, &discovery, &key_set).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => answer(stream, &counts, &discovery, &key_set).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        server
    }

    pub(crate) fn answers_discovery(&self, reply: Reply) {
        *self.discovery.lock().unwrap() = reply;
    }

    pub(crate) fn answers_keys(&self, reply: Reply) {
        *self.key_set.lock().unwrap() = reply;
    }

    /// Returns how many discovery documents and key sets were asked for.
    pub(crate) fn asked(&self) -> (u64, u64) {
        (
            self.counts.discoveries.load(Ordering::Relaxed),
            self.counts.key_sets.load(Ordering::Relaxed),
        )
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    counts: &Counts,
    discovery: &Mutex<Reply>,
    key_set: &Mutex<Reply>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let reply = if head.starts_with("GET /.well-known/openid-configuration HTTP/1.1\r\n") {
        counts.discoveries.fetch_add(1, Ordering::Relaxed);
        discovery.lock().unwrap().clone()
    } else {
        assert!(head.starts_with("GET /keys HTTP/1.1\r\n"), "{head}");
        counts.key_sets.fetch_add(1, Ordering::Relaxed);
        key_set.lock().unwrap().clone()
    };
    match reply {
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            let chunk = [b' '; 16 << 10];
            loop {
                stream.write_all(&chunk).await?;
                counts
                    .bytes
                    .fetch_add(chunk.len() as u64, Ordering::Relaxed);
            }
        }
        Reply::Hang => std::future::pending().await,
        Reply::Ok(lines, body) => {
            let length = body.len();
            let text = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await?;
        }
        Reply::Raw(text) => stream.write_all(text.as_bytes()).await?,
        Reply::Trickle => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(b" ").await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    stream.shutdown().await
}

/// A resolver for which every name is this machine.
pub(crate) struct Loopback(pub(crate) Arc<AtomicU64>);

#[async_trait]
impl Resolve for Loopback {
    async fn resolve(&self, _host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }
}

/// Issuers with a clock that tests set.
pub(crate) struct World {
    pub(crate) issuers: Issuers,
    pub(crate) resolved: Arc<AtomicU64>,
    now: Arc<AtomicI64>,
}

impl World {
    pub(crate) fn new(
        allowed: &[String],
        authorities: Vec<CertificateDer<'static>>,
        time: Duration,
    ) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let resolved = Arc::new(AtomicU64::new(0));
        let config = Config {
            allowed: allowed
                .iter()
                .map(|text| AllowedIssuer::parse(text).unwrap())
                .collect(),
            authorities,
            system_trust_store: false,
            resolver: Arc::new(Loopback(Arc::clone(&resolved))),
            time,
        };
        let clock = Arc::clone(&now);
        let issuers = Issuers::new(config, move || clock.load(Ordering::Relaxed)).unwrap();
        Self {
            issuers,
            resolved,
            now,
        }
    }

    /// Allows the one issuer at a server without TLS.
    pub(crate) fn plain(server: &Server, time: Duration) -> Self {
        let allowed = format!("{ISSUER}=http://{}", server.address);
        Self::new(&[allowed], Vec::new(), time)
    }

    pub(crate) fn at(&self, seconds: i64) {
        self.now.store(NOW + seconds, Ordering::Relaxed);
    }

    pub(crate) async fn keys(&self, key_id: &str) -> Result<Found, WebIdentityError> {
        self.keys_of(ISSUER, &[], key_id).await
    }

    pub(crate) async fn keys_of(
        &self,
        issuer: &str,
        thumbprints: &[String],
        key_id: &str,
    ) -> Result<Found, WebIdentityError> {
        let provider = Provider {
            issuer,
            thumbprints,
        };
        self.issuers.keys(provider, Some(key_id)).await
    }

    /// Says whether the keys that come have this one, or why none come.
    pub(crate) async fn has(&self, key_id: &str) -> Result<bool, WebIdentityError> {
        Ok(self.keys(key_id).await?.keys.contains(key_id))
    }
}

pub(crate) fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap()
}

pub(crate) fn acceptor(chain: Vec<CertificateDer<'static>>, key: &str) -> TlsAcceptor {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
