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

use crate::explain::credentials::{Environment, Identity};

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// The largest answer that is read.
const ANSWER_BYTES: usize = 64 << 20;

/// How requests name the form that they send.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

type HttpClient = Pool<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server says no, in AWS's form.
    #[error("{uri} answers {code}: {message}")]
    Refused {
        uri: Uri,
        code: String,
        message: String,
    },
    /// Something answers that is no such server, or a server that is broken.
    #[error("{uri} answers with status {status}, and not as {} does", service.to_uppercase())]
    Strange {
        uri: Uri,
        status: StatusCode,
        service: &'static str,
    },
    /// Nothing answers.
    #[error("can't reach {uri}: {why}")]
    Unreachable { uri: Uri, why: String },
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
        let service = form.service;
        let unreachable = |why: String| CallError::Unreachable {
            uri: self.uri.clone(),
            why,
        };
        let request = self
            .request(form, identity, now)
            .map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| innermost(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            Ok::<_, String>((status, body.to_bytes()))
        };
        let (status, body) = tokio::time::timeout(ANSWER_TIME, exchange)
            .await
            .map_err(|_| unreachable("no answer within a minute".to_owned()))?
            .map_err(unreachable)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() {
            return Ok(body);
        }
        let uri = self.uri.clone();
        Err(match error(&body) {
            Some((code, message)) => CallError::Refused { uri, code, message },
            None => CallError::Strange {
                uri,
                status,
                service,
            },
        })
    }

    fn request(
        &self,
        form: Form,
        identity: Option<&Identity>,
        now: i64,
    ) -> http::Result<Request<Full<Bytes>>> {
        let unsigned = [("host", self.host.as_str()), ("content-type", FORM)];
        let parts = RequestParts {
            method: "POST",
            headers: &unsigned,
            payload: Payload::Body(form.text.as_bytes()),
            ..RequestParts::get(self.uri.path())
        };
        let added = identity.map(|identity| {
            let signing = Signing {
                credentials: &identity.credentials,
                region: &identity.region,
                service: form.service,
                headers: &["content-type"],
            };
            sign(&parts, &signing, now)
        });
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.uri.clone());
        for (name, value) in unsigned {
            request = request.header(name, value);
        }
        for (name, value) in added.into_iter().flatten() {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(form.text)))
    }
}

/// Returns code and message of an error.
fn error(body: &str) -> Option<(String, String)> {
    let root = Element::parse(body).ok()?;
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
