//! Asks a server for an account's details, as the AWS CLI would.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyward_sigv4::{Payload, RequestParts, Signing, sign};
use keyward_wire::{encode, iam};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use keyward_analysis::BadQuestion;
use keyward_export::Account;

use super::credentials::{self, Environment, Identity};
use super::response;

/// How long one page may take.
const PAGE_TIME: Duration = Duration::from_secs(60);

/// The largest page that is read.
const PAGE_BYTES: usize = 64 << 20;

/// More pages than any account has: 1,000,000 entities by quota at most, 1,000 a page.
const PAGES: usize = 10_000;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Asks for everything, page by page.
pub(crate) fn account(endpoint: &str, now: i64) -> Result<Account, BadQuestion> {
    account_with(endpoint, now, &|name| std::env::var(name).ok())
}

/// As [`account`], with another environment.
pub(crate) fn account_with(
    endpoint: &str,
    now: i64,
    environment: Environment<'_>,
) -> Result<Account, BadQuestion> {
    let server = Server::new(endpoint)?;
    let identity = credentials::find(environment)?;
    let client = client(&server.uri, environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
    runtime.block_on(pages(&client, &server, &identity, now))
}

/// Where to send requests.
struct Server {
    uri: Uri,
    host: String,
}

impl Server {
    fn new(endpoint: &str) -> Result<Self, BadQuestion> {
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
        Ok(Self { uri, host })
    }
}

async fn pages(
    client: &HttpClient,
    server: &Server,
    identity: &Identity,
    now: i64,
) -> Result<Account, BadQuestion> {
    let mut account = Account::default();
    let mut marker = None;
    for _ in 0..PAGES {
        let call = iam::GetAccountAuthorizationDetails {
            filter: None,
            max_items: Some(1000),
            marker,
        };
        let body = post(client, server, identity, encode(&call), now).await?;
        let page = response::add(&body, &mut account)
            .map_err(|what| BadQuestion::new(format!("the answer of {} {what}", server.uri)))?;
        match page.marker {
            None => return Ok(account),
            next => marker = next,
        }
    }
    Err(BadQuestion::new(format!(
        "{} does not stop answering with more pages",
        server.uri
    )))
}

/// Sends a signed form and returns the body of a good answer.
async fn post(
    client: &HttpClient,
    server: &Server,
    identity: &Identity,
    form: String,
    now: i64,
) -> Result<String, BadQuestion> {
    let unreachable = |why: &str| BadQuestion::new(format!("can't reach {}: {why}", server.uri));
    let request =
        request(server, identity, form, now).map_err(|error| unreachable(&error.to_string()))?;
    let exchange = async {
        let response = client
            .request(request)
            .await
            .map_err(|error| innermost(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), PAGE_BYTES)
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok::<_, String>((status, body.to_bytes()))
    };
    let (status, body) = tokio::time::timeout(PAGE_TIME, exchange)
        .await
        .map_err(|_| unreachable("no answer within a minute"))?
        .map_err(|why| unreachable(&why))?;
    let body = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        return Ok(body);
    }
    Err(BadQuestion::new(match response::error(&body) {
        Some((code, message)) => format!("{} answers {code}: {message}", server.uri),
        None => format!(
            "{} answers with status {status}, and not as IAM does",
            server.uri
        ),
    }))
}

fn request(
    server: &Server,
    identity: &Identity,
    form: String,
    now: i64,
) -> http::Result<Request<Full<Bytes>>> {
    let unsigned = [
        ("host", server.host.as_str()),
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
    ];
    let parts = RequestParts {
        method: "POST",
        headers: &unsigned,
        payload: Payload::Body(form.as_bytes()),
        ..RequestParts::get(server.uri.path())
    };
    let signing = Signing {
        credentials: &identity.credentials,
        region: &identity.region,
        service: "iam",
        headers: &["content-type"],
    };
    let added = sign(&parts, &signing, now);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(server.uri.clone());
    for (name, value) in unsigned {
        request = request.header(name, value);
    }
    for (name, value) in added {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(form)))
}

/// Returns what an error was caused by at bottom: `connection refused` and not `client error (Connect)`.
fn innermost(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

fn client(uri: &Uri, environment: Environment<'_>) -> Result<HttpClient, BadQuestion> {
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
    Ok(Client::builder(TokioExecutor::new()).build(connector))
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

#[cfg(test)]
mod tests;
