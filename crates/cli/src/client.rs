//! A client of IAM and STS: sends forms, signed where somebody signs, and reads what answers.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pool, Error as HyperError};
use hyper_util::rt::TokioExecutor;
use keyward_analysis::BadQuestion;
use keyward_sigv4::{Payload, RequestParts, Signing, sign};
use keyward_wire::Element;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::endpoint::credentials::{Environment, Identity};

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// The largest answer that is read.
const ANSWER_BYTES: usize = 64 << 20;

/// How answers name the revision that they are of.
const REVISION: &str = "x-keyward-revision";

/// How requests name the form that they send.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

type HttpClient = Pool<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server says no, in AWS's form.
    #[error("{uri} answers {code}: {message}")]
    Refused {
        uri: String,
        code: String,
        message: String,
    },
    /// A good answer that is not what was asked for.
    #[error("the answer of {uri} {what}")]
    Malformed { uri: String, what: String },
    /// Something answers that is no such server, or a server that is broken.
    #[error("{uri} answers with status {status}, and not as {} does", service.to_uppercase())]
    Strange {
        uri: String,
        status: StatusCode,
        service: &'static str,
    },
    /// Nothing answers.
    #[error("can't reach {uri}: {why}")]
    Unreachable { uri: String, why: String },
}

impl CallError {
    /// Returns the action that the caller may not, where the server refused for want of a permission.
    pub(crate) fn missing_permission(&self) -> Option<&str> {
        let Self::Refused { message, .. } = self else {
            return None;
        };
        let (_, rest) = message.split_once("is not authorized to perform: ")?;
        rest.split_whitespace().next()
    }
}

/// Sends requests to one server.
pub(crate) struct Client {
    http: HttpClient,
    uri: Uri,
    host: String,
}

/// One call: the form of an operation and the service that has it.
pub(crate) struct Form {
    /// Such as `sts`.
    pub(crate) service: &'static str,
    /// The encoded parameters.
    pub(crate) text: String,
}

impl Client {
    /// Makes a client of the server at a URL, `http://HOST:PORT` or `https://HOST`.
    pub(crate) fn new(endpoint: &str, environment: Environment<'_>) -> Result<Self, BadQuestion> {
        let wrong = || {
            BadQuestion::new(format!(
                "--endpoint {endpoint} is not of the form http://HOST:PORT or https://HOST"
            ))
        };
        let uri: Uri = endpoint.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        if !matches!(uri.scheme_str(), Some("http" | "https"))
            || authority.contains('@')
            || uri.query().is_some()
        {
            return Err(wrong());
        }
        let host = authority.to_owned();
        let http = http_client(&uri, environment)?;
        Ok(Self { http, uri, host })
    }

    /// Returns where requests go.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Sends a form, signed unless `identity` is `None`, and returns the body of a good answer.
    pub(crate) async fn post(
        &self,
        form: Form,
        identity: Option<&Identity>,
        now: i64,
    ) -> Result<String, CallError> {
        let call = Call {
            method: Method::POST,
            path: self.uri.path(),
            service: form.service,
            body: form.text,
        };
        self.good(call, identity, now).await
    }

    /// Gets what is at a path below the server's own, signed for a service, and returns the body of a good answer.
    pub(crate) async fn get(
        &self,
        path: &str,
        service: &'static str,
        identity: &Identity,
        now: i64,
    ) -> Result<String, CallError> {
        let path = self.below(path);
        let call = Call {
            method: Method::GET,
            path: &path,
            service,
            body: String::new(),
        };
        self.good(call, Some(identity), now).await
    }

    /// Gets what is at a path for anybody, whatever its status, in a bounded time.
    pub(crate) async fn look(&self, path: &str, within: Duration) -> Result<Answer, CallError> {
        let path = self.below(path);
        let call = Call {
            method: Method::GET,
            path: &path,
            service: "",
            body: String::new(),
        };
        self.exchange(call, None, 0, within).await
    }

    fn below(&self, path: &str) -> String {
        format!("{}{path}", self.uri.path().trim_end_matches('/'))
    }

    async fn good(
        &self,
        call: Call<'_>,
        identity: Option<&Identity>,
        now: i64,
    ) -> Result<String, CallError> {
        let service = call.service;
        let answer = self.exchange(call, identity, now, ANSWER_TIME).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let uri = self.uri.to_string();
        Err(match error(&answer.body) {
            Some((code, message)) => CallError::Refused { uri, code, message },
            None => CallError::Strange {
                uri,
                status: answer.status,
                service,
            },
        })
    }

    async fn exchange(
        &self,
        call: Call<'_>,
        identity: Option<&Identity>,
        now: i64,
        within: Duration,
    ) -> Result<Answer, CallError> {
        let unreachable = |why: String| CallError::Unreachable {
            uri: self.uri.to_string(),
            why,
        };
        let request = self
            .request(call, identity, now)
            .map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| innermost(&error))?;
            let status = response.status();
            let revision = response.headers().get(REVISION);
            let revision = revision.and_then(|value| value.to_str().ok()?.parse().ok());
            let body = Limited::new(response.into_body(), ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            Ok::<_, String>(Answer {
                status,
                revision,
                body,
            })
        };
        tokio::time::timeout(within, exchange)
            .await
            .map_err(|_| unreachable(format!("no answer within {} s", within.as_secs_f32())))?
            .map_err(unreachable)
    }

    fn request(
        &self,
        call: Call<'_>,
        identity: Option<&Identity>,
        now: i64,
    ) -> http::Result<Request<Full<Bytes>>> {
        let mut unsigned = vec![("host", self.host.as_str())];
        let mut signed: &[&str] = &[];
        if call.method == Method::POST {
            unsigned.push(("content-type", FORM));
            signed = &["content-type"];
        }
        let (path, query) = match call.path.split_once('?') {
            None => (call.path, None),
            Some((path, query)) => (path, Some(query)),
        };
        let parts = RequestParts {
            method: call.method.as_str(),
            query,
            headers: &unsigned,
            payload: Payload::Body(call.body.as_bytes()),
            ..RequestParts::get(path)
        };
        let added = identity.map(|identity| {
            let signing = Signing {
                credentials: &identity.credentials,
                region: &identity.region,
                service: call.service,
                headers: signed,
            };
            sign(&parts, &signing, now)
        });
        let mut uri = self.uri.clone().into_parts();
        uri.path_and_query = Some(call.path.parse()?);
        let mut request = Request::builder()
            .method(call.method)
            .uri(Uri::from_parts(uri)?);
        for (name, value) in unsigned {
            request = request.header(name, value);
        }
        for (name, value) in added.into_iter().flatten() {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(call.body)))
    }
}

/// A request before it is signed.
struct Call<'a> {
    method: Method,
    path: &'a str,
    service: &'static str,
    body: String,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The revision that the server made or saw, where it says so.
    pub(crate) revision: Option<u64>,
    pub(crate) body: String,
}

/// Returns code and message of an error, in XML or in JSON.
fn error(body: &str) -> Option<(String, String)> {
    let Ok(root) = Element::parse(body) else {
        let json: serde_json::Value = serde_json::from_str(body).ok()?;
        let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
        return Some((text("__type")?, text("message")?));
    };
    let error = root.child("Error")?;
    let text = |name: &str| error.child_text(name).unwrap_or_default().to_owned();
    Some((text("Code"), text("Message")))
}

/// Returns what an error was caused by at bottom: `connection refused` and not `client error (Connect)`.
fn innermost(error: &HyperError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

fn http_client(uri: &Uri, environment: Environment<'_>) -> Result<HttpClient, BadQuestion> {
    let is_https = uri.scheme_str() == Some("https");
    let roots = if is_https {
        roots(environment)?
    } else {
        RootCertStore::empty()
    };
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| BadQuestion::new(format!("can't use TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Pool::builder(TokioExecutor::new()).build(connector))
}

/// Returns the certificates to trust: those of `AWS_CA_BUNDLE`, else the platform's.
fn roots(environment: Environment<'_>) -> Result<RootCertStore, BadQuestion> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = environment("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let wrong = |error: rustls::pki_types::pem::Error| {
            BadQuestion::new(format!("AWS_CA_BUNDLE: can't read {path}: {error}"))
        };
        for certificate in CertificateDer::pem_file_iter(&path).map_err(wrong)? {
            roots
                .add(certificate.map_err(wrong)?)
                .map_err(|error| BadQuestion::new(format!("AWS_CA_BUNDLE: {path}: {error}")))?;
        }
    } else {
        // Single certificates that cannot be read are left out, as every client of the platform's store does.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(BadQuestion::new(
            "no certificates to trust: set AWS_CA_BUNDLE to a file that holds some".to_owned(),
        ));
    }
    Ok(roots)
}
