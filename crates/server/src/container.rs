//! The endpoint that `AWS_CONTAINER_CREDENTIALS_FULL_URI` names: one set of credentials for whoever knows the token.
//!
//! The credentials come from somewhere else; here they are kept, renewed one at a time before they end, and shown.
//!
//! DIFFERS: the texts of AWS's own endpoints for a wrong token or a refusal are not documented.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::http::Reply;
use crate::limits::{CONTAINER_RENEWED_BEFORE, CONTAINER_RETRY_AFTER};
use crate::local::{reply, serve, single};

const JSON: &str = "application/json";

/// Credentials as programs in containers are handed them.
pub struct ContainerCredentials {
    /// The JSON object that is answered.
    pub body: Zeroizing<String>,
    /// When they end, in seconds since the Unix epoch.
    pub expires: i64,
}

/// Why there are no new credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerError {
    /// The server refuses them.
    Refused {
        /// Such as `AccessDenied`.
        code: String,
        /// In the server's words.
        message: String,
    },
    /// Nothing answers that could give some.
    Unavailable(String),
}

/// Where credentials come from.
pub trait ContainerSource: Send + Sync + 'static {
    /// Makes new ones.
    fn renew(&self) -> impl Future<Output = Result<ContainerCredentials, ContainerError>> + Send;

    /// Tells the time, in seconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// What was made last, and when making some failed.
#[derive(Default)]
struct Kept {
    credentials: Option<ContainerCredentials>,
    failed: Option<(i64, ContainerError)>,
}

struct Endpoint<S> {
    source: S,
    token: Zeroizing<String>,
    kept: Mutex<Kept>,
}

/// Serves the credentials of a source at `/credentials` to whoever sends the token as `Authorization`, until the future
/// that this returns is dropped.
pub async fn serve_container_credentials<S: ContainerSource>(
    listener: TcpListener,
    token: Zeroizing<String>,
    source: S,
) {
    let endpoint = Arc::new(Endpoint {
        source,
        token,
        kept: Mutex::default(),
    });
    serve(listener, move |head| {
        let endpoint = Arc::clone(&endpoint);
        async move { endpoint.answer(&head).await }
    })
    .await;
}

impl<S: ContainerSource> Endpoint<S> {
    async fn answer(&self, head: &Parts) -> Reply {
        let sent = single(head, "authorization").unwrap_or_default();
        if !bool::from(sent.as_bytes().ct_eq(self.token.as_bytes())) {
            return refusal(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "The Authorization header does not hold the token of this endpoint.",
            );
        }
        if head.uri.path() != "/credentials" {
            return refusal(
                StatusCode::NOT_FOUND,
                "NotFound",
                "Credentials are at /credentials.",
            );
        }
        if head.method != Method::GET {
            return refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "Credentials are read by GET.",
            );
        }
        match self.credentials().await {
            Ok(body) => reply(StatusCode::OK, JSON, body),
            Err(ContainerError::Refused { code, message }) => {
                refusal(StatusCode::FORBIDDEN, &code, &message)
            }
            Err(ContainerError::Unavailable(message)) => {
                refusal(StatusCode::SERVICE_UNAVAILABLE, "Unavailable", &message)
            }
        }
    }

    /// Returns what is kept, or something new shortly before that ends. Who asks meanwhile waits for the same.
    async fn credentials(&self) -> Result<String, ContainerError> {
        let mut kept = self.kept.lock().await;
        let now = self.source.now();
        let left = |credentials: &ContainerCredentials| credentials.expires.saturating_sub(now);
        if let Some(held) = &kept.credentials
            && left(held) > CONTAINER_RENEWED_BEFORE
        {
            return Ok(held.body.to_string());
        }
        let pausing = kept.failed.as_ref().filter(|(moment, _)| {
            (0..CONTAINER_RETRY_AFTER).contains(&now.saturating_sub(*moment))
        });
        let error = match pausing.map(|(_, error)| error.clone()) {
            Some(error) => error,
            None => match self.source.renew().await {
                Ok(new) => {
                    let body = new.body.to_string();
                    *kept = Kept {
                        credentials: Some(new),
                        failed: None,
                    };
                    return Ok(body);
                }
                Err(error) => {
                    kept.failed = Some((now, error.clone()));
                    error
                }
            },
        };
        // What was handed out before is good to its end.
        match kept.credentials.as_ref().filter(|held| left(held) > 0) {
            Some(held) => Ok(held.body.to_string()),
            None => Err(error),
        }
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Reply {
    let body = json!({ "Code": code, "Message": message });
    reply(status, JSON, body.to_string())
}

#[cfg(test)]
mod tests;
