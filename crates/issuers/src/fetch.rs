//! One fetch: the discovery document, then the key set.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, AGE, CACHE_CONTROL, CONTENT_ENCODING, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Body as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use keyward_web_identity::{Discovery, KeySet, WebIdentityError, limits as document};
use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use crate::allow::AllowList;
use crate::cache::max_age;
use crate::certificate::Verifier;
use crate::issuers::Seconds;
use crate::target::{Reach, Target};
use crate::{VerificationMethod, limits};

/// Why no keys came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The answer is not what it should be.
    #[error("{0}")]
    Answer(String),
    /// Nobody vouches for the server's certificate.
    #[error("neither the trust store nor a thumbprint vouches for the certificate")]
    Certificate,
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Connection(String),
    /// We do not go there.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// It took too long.
    #[error("no answer within {} s", limits::FETCH_TIME.as_secs())]
    Timeout,
}

impl From<&FetchError> for WebIdentityError {
    // SOURCE: spec/sts.md §5 row 6.
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::Certificate => Self::ThumbprintMismatch,
            FetchError::Timeout => Self::CommunicationFailed,
            FetchError::Answer(_) | FetchError::Connection(_) | FetchError::Refused(_) => {
                Self::VerificationKeyUnavailable
            }
        }
    }
}

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// Returns the addresses, in the order in which they are to be tried.
    ///
    /// # Errors
    /// Those of the system.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }
}

/// What a fetch needs.
pub(crate) struct Fetcher {
    pub(crate) allowed: AllowList,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) clock: Seconds,
    pub(crate) provider: Arc<CryptoProvider>,
    /// Verifies by the system's trust store.
    pub(crate) system: Option<Arc<WebPkiServerVerifier>>,
    /// Verifies by that and the operator's certificates.
    pub(crate) operator: Option<Arc<WebPkiServerVerifier>>,
    pub(crate) time: Duration,
}

/// What a fetch brought.
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    pub(crate) verified_by: VerificationMethod,
    pub(crate) max_age: Option<i64>,
}

/// A body that was read whole, and its head.
struct Answer {
    headers: HeaderMap,
    body: Bytes,
    verified_by: VerificationMethod,
}

impl Fetcher {
    /// Fetches an issuer's keys within the time for all of it.
    pub(crate) async fn fetch(
        &self,
        issuer: &str,
        thumbprints: &[String],
    ) -> Result<Fetched, FetchError> {
        tokio::time::timeout(self.time, self.fetch_both(issuer, thumbprints))
            .await
            .unwrap_or(Err(FetchError::Timeout))
    }

    async fn fetch_both(
        &self,
        issuer: &str,
        thumbprints: &[String],
    ) -> Result<Fetched, FetchError> {
        let trust_store = if self.allowed.contains(issuer) {
            self.operator.as_ref()
        } else {
            self.system.as_ref()
        };
        let verifier = || {
            Verifier::new(
                Arc::clone(&self.provider),
                trust_store.cloned(),
                thumbprints,
            )
        };
        let odd = |what: &str, why: &dyn fmt::Display| FetchError::Answer(format!("{what}: {why}"));

        let target = self.allowed.discovery(issuer)?;
        let discovery = self
            .get(&target, verifier(), document::DISCOVERY_BYTES)
            .await?;
        let found = Discovery::read(&discovery.body, issuer)
            .map_err(|error| odd("discovery document", &error))?;

        let target = self.allowed.key_set(issuer, found.jwks_uri())?;
        let answer = self
            .get(&target, verifier(), document::KEY_SET_BYTES)
            .await?;
        let keys = KeySet::read(&answer.body).map_err(|error| odd("key set", &error))?;
        let text = |name: HeaderName| answer.headers.get(name).and_then(|it| it.to_str().ok());
        // The weaker of the two is what the keys rest on.
        let verified_by = match (discovery.verified_by, answer.verified_by) {
            (VerificationMethod::TrustStore, other) => other,
            (weaker, _) => weaker,
        };
        Ok(Fetched {
            keys,
            verified_by,
            max_age: max_age(text(CACHE_CONTROL), text(AGE)),
        })
    }

    /// Gets one document: status 200 at the very URL, or nothing.
    async fn get(
        &self,
        target: &Target,
        verifier: Verifier,
        bytes: usize,
    ) -> Result<Answer, FetchError> {
        let stream = self.connect(target).await?;
        if !target.is_tls {
            return exchange(stream, target, bytes, VerificationMethod::Loopback).await;
        }
        let verifier = Arc::new(verifier);
        let config = ClientConfig::builder_with_details(
            Arc::clone(&self.provider),
            Arc::new(OurTime(Arc::clone(&self.clock))),
        )
        .with_safe_default_protocol_versions()
        .map_err(connection)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
        .with_no_client_auth();
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| FetchError::Refused("not a name of a host"))?;
        let connected = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await;
        match (verifier.outcome(), connected) {
            (Some(Err(())), _) => Err(FetchError::Certificate),
            (_, Err(error)) => Err(connection(error)),
            (Some(Ok(method)), Ok(stream)) => exchange(stream, target, bytes, method).await,
            (None, Ok(_)) => Err(FetchError::Certificate),
        }
    }

    /// Connects to an address of the host that may be reached. Names are resolved once: what is connected to is what
    /// was checked.
    async fn connect(&self, target: &Target) -> Result<TcpStream, FetchError> {
        let addresses = self
            .resolver
            .resolve(&target.host, target.port)
            .await
            .map_err(connection)?;
        let mut error = match target.reach {
            _ if addresses.is_empty() => FetchError::Connection("no address".to_owned()),
            Reach::PublicOnly => FetchError::Refused(
                "no public address (--allow-issuer allows an issuer to have a private one)",
            ),
            Reach::Anywhere | Reach::Loopback => FetchError::Refused("no address to connect to"),
        };
        let may = |address: &SocketAddr| target.reach.allows(address.ip());
        for address in addresses.into_iter().filter(may).take(limits::ADDRESSES) {
            match TcpStream::connect(SocketAddr::new(address.ip(), target.port)).await {
                Ok(stream) => return Ok(stream),
                Err(failed) => error = connection(failed),
            }
        }
        Err(error)
    }
}

/// Sends the request and reads the answer, bounded.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    target: &Target,
    bytes: usize,
    verified_by: VerificationMethod,
) -> Result<Answer, FetchError> {
    let (mut sender, driver) = http1::Builder::new()
        .max_buf_size(limits::HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(connection)?;
    let _driver = Driver(tokio::spawn(async move {
        // Whatever ends the connection early is seen by the one who reads from it.
        let _ = driver.await;
    }));
    let request = Request::get(target.path.as_str())
        .header(HOST, target.authority.as_str())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "keyward")
        .body(Empty::<Bytes>::new())
        .map_err(connection)?;
    let response = sender.send_request(request).await.map_err(connection)?;
    let (head, body) = response.into_parts();
    let odd = |why: String| FetchError::Answer(format!("{}{}: {why}", target.host, target.path));
    // A redirection is an answer like any other that is not 200: nothing is followed.
    if head.status != StatusCode::OK {
        return Err(odd(format!("status {}", head.status.as_u16())));
    }
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(odd("an encoding that was not asked for".to_owned()));
    }
    let too_large = || odd(format!("more than {bytes} bytes"));
    if body.size_hint().lower() > u64::try_from(bytes).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    match Limited::new(body, bytes).collect().await {
        Ok(whole) => Ok(Answer {
            headers: head.headers,
            body: whole.to_bytes(),
            verified_by,
        }),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Err(error) => Err(connection(error)),
    }
}

fn connection(error: impl fmt::Display) -> FetchError {
    FetchError::Connection(error.to_string())
}

/// The task that drives a connection; it ends with the exchange.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Certificates are held against the same clock as tokens.
struct OurTime(Seconds);

impl fmt::Debug for OurTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OurTime")
    }
}

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
