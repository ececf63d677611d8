//! Signed requests as the AWS CLI sends them.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use keyward_sigv4::{Credentials, Payload, RequestParts, SecretKey, Signing, sign};

pub(crate) const ACCOUNT_ID: &str = "111122223333";
pub(crate) const ACCESS_KEY_ID: &str = "AKIABENCHBENCHBENCH1";
pub(crate) const SECRET_ACCESS_KEY: &str = "bench/bench+bench/bench+bench/bench+benc";

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
const USER_AGENT: &str = "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0 md/arch#x86_64 \
    lang/python#3.13.7 md/pyimpl#CPython m/Z,b,E,C cfg/retry-mode#standard md/installer#exe md/prompt#off";

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Iam,
    Sts,
}

impl Target {
    fn service(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }
}

/// Signs requests of the root user to one address.
pub(crate) struct Signer {
    host: String,
    credentials: Credentials,
}

impl Signer {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::of(address, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    }

    /// Signs with another key.
    pub(crate) fn of(address: SocketAddr, access_key_id: &str, secret: &str) -> Self {
        Self {
            host: address.to_string(),
            credentials: Credentials {
                access_key_id: access_key_id.to_owned(),
                secret: SecretKey::new(secret.to_owned()),
                session_token: None,
            },
        }
    }

    /// Signs as a session.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.credentials.session_token = Some(token.to_owned());
        self
    }

    /// Makes the bytes of a request; `action` is the operation with its parameters, percent-encoded.
    pub(crate) fn request(&self, target: Target, action: &str, now: i64) -> Bytes {
        let body = format!("Action={action}&Version={}", target.version());
        let headers = [("host", &*self.host), ("content-type", CONTENT_TYPE)];
        let parts = RequestParts {
            method: "POST",
            headers: &headers,
            payload: Payload::Body(body.as_bytes()),
            ..RequestParts::get("/")
        };
        let signing = Signing {
            credentials: &self.credentials,
            region: "us-east-1",
            service: target.service(),
            headers: &["content-type"],
        };
        let mut text = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: identity\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: {CONTENT_TYPE}\r\n",
            self.host
        );
        for (name, value) in sign(&parts, &signing, now) {
            text.extend([name, ": ", &value, "\r\n"]);
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        text.into()
    }
}

/// Returns the time in seconds since the Unix epoch.
pub(crate) fn now() -> anyhow::Result<i64> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(i64::try_from(seconds)?)
}
