//! An instance metadata service like EC2's, version 2: what a program on a virtual machine asks for its role.
//!
//! A session is begun by a PUT, which a proxy or a fooled server does not send, and every GET shows its token; version 1,
//! which knew no tokens, is not served. What may be handed out decides `keyward-service`. Start at [`Imds::answer`].
//!
//! DIFFERS: there is no version 1, no page of what only a machine of EC2 has, and one region.

mod pages;
mod tokens;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use keyward_service::{
    AttachedProfile, Clock, Instance, InstanceCredentials, InstanceError, Now,
    ParseInstanceProfileArnError, REGION, Service, ServiceError,
};
use tokio::net::TcpListener;

use crate::clock::SystemClock;
use crate::connection::Connection;
use crate::entropy::SystemEntropy;
use crate::http::Reply;
use crate::local::{self, single};
use pages::{error, json, text};
use tokens::Tokens;

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_LIFE: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const ZONE: &str = "us-east-1a";

/// How the instance metadata service is started.
#[derive(Clone, Debug)]
pub struct ImdsConfig {
    /// Where it listens. Whoever reaches it has the role's permissions.
    pub listen: SocketAddr,
    /// The ARN of the instance profile, which need not exist yet.
    pub instance_profile: String,
    /// How far the answer that holds a token goes: it is dropped by the router with this number, so that 1 keeps it on the
    /// machine, as EC2 does.
    pub hop_limit: u8,
}

impl ImdsConfig {
    /// Makes the machine: its id is another at each start.
    pub(crate) fn instance(&self) -> Result<Instance, ParseInstanceProfileArnError> {
        Instance::new(&self.instance_profile, &SystemEntropy)
    }
}

/// The service and what it remembers.
struct Imds {
    service: Arc<Service>,
    instance: Instance,
    address: SocketAddr,
    hop_limit: u8,
    started: Now,
    tokens: Mutex<Tokens>,
    /// What was handed out last; who asks meanwhile waits for the same.
    held: tokio::sync::Mutex<Option<Arc<InstanceCredentials>>>,
}

/// Serves the metadata of a machine until the future that this returns is dropped.
pub(crate) async fn serve(
    service: Arc<Service>,
    instance: Instance,
    hop_limit: u8,
    listener: TcpListener,
) {
    let Ok(address) = listener.local_addr() else {
        return tracing::error!("the instance metadata service has no address");
    };
    tracing::info!(
        %address, instance = instance.id(), profile = instance.profile_arn(),
        "the instance metadata service listens"
    );
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!("whoever reaches {address} has the permissions of the machine's role");
    }
    let imds = Arc::new(Imds {
        service,
        instance,
        address,
        hop_limit,
        started: SystemClock.now(),
        tokens: Mutex::default(),
        held: tokio::sync::Mutex::default(),
    });
    local::serve(listener, move |head| {
        let imds = Arc::clone(&imds);
        async move { imds.answer(&head).await }
    })
    .await;
}

impl Imds {
    async fn answer(&self, head: &Parts) -> Reply {
        let path = head.uri.path();
        if head.method == Method::PUT && path == "/latest/api/token" {
            return self.make_token(head);
        }
        let known = single(head, TOKEN).is_some_and(|token| {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.is_good(token, SystemClock.now().unix_seconds())
        });
        if !known {
            return error(StatusCode::UNAUTHORIZED);
        }
        if head.method != Method::GET && head.method != Method::HEAD {
            return error(StatusCode::METHOD_NOT_ALLOWED);
        }
        match self.page(path).await {
            Ok(Some(page)) => page,
            Ok(None) => error(StatusCode::NOT_FOUND),
            Err(failure) => {
                tracing::error!(error = %failure, "the instance metadata service failed");
                error(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    /// Makes a token, for nobody who was sent on by a proxy or runs in a web page.
    // DIFFERS: EC2 does not look at Origin; a page of a name that leads to this address would be let in.
    fn make_token(&self, head: &Parts) -> Reply {
        if head.headers.contains_key("x-forwarded-for") || head.headers.contains_key(ORIGIN) {
            return error(StatusCode::FORBIDDEN);
        }
        let Some(life) = single(head, TOKEN_LIFE).and_then(Tokens::life) else {
            return error(StatusCode::BAD_REQUEST);
        };
        let connection = head.extensions.get::<Connection>();
        let limited = connection.map(|connection| connection.limit_hops(self.hop_limit));
        if !matches!(limited, Some(Ok(()))) {
            tracing::error!(?limited, "a token's hops can't be limited, so none is made");
            return error(StatusCode::SERVICE_UNAVAILABLE);
        }
        let now = SystemClock.now().unix_seconds();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reply = text(tokens.make(life, now, &SystemEntropy));
        reply
            .headers_mut()
            .insert(TOKEN_LIFE, HeaderValue::from(life));
        reply
    }

    /// Returns a page; `None` where there is none.
    async fn page(&self, path: &str) -> Result<Option<Reply>, ServiceError> {
        let Some(rest) = path.strip_prefix("/latest/") else {
            return Ok(None);
        };
        if let Some(role) = rest.strip_prefix("meta-data/iam/") {
            return self.iam_page(role).await;
        }
        Ok(match rest {
            "dynamic/instance-identity/document" => Some(json(&pages::document(
                &self.instance,
                self.address.ip(),
                REGION,
                ZONE,
                self.started,
            ))),
            "meta-data" | "meta-data/" => Some(text("iam/\ninstance-id\nplacement/")),
            "meta-data/instance-id" => Some(text(self.instance.id().to_owned())),
            "meta-data/placement" | "meta-data/placement/" => {
                Some(text("availability-zone\nregion"))
            }
            "meta-data/placement/availability-zone" => Some(text(ZONE)),
            "meta-data/placement/region" => Some(text(REGION)),
            _ => None,
        })
    }

    /// Returns what the machine's instance profile gives: without a profile there is no such page.
    async fn iam_page(&self, rest: &str) -> Result<Option<Reply>, ServiceError> {
        let Some(profile) = self.service.instance_profile(&self.instance).await? else {
            return Ok(None);
        };
        let role = match rest {
            "" => return Ok(Some(text("info\nsecurity-credentials/"))),
            "info" => {
                let AttachedProfile { arn, id, .. } = &profile;
                return Ok(Some(json(&pages::info(arn, id, SystemClock.now()))));
            }
            "security-credentials" | "security-credentials/" => {
                return Ok(profile.role.map(text));
            }
            rest => rest.strip_prefix("security-credentials/"),
        };
        match role {
            Some(role) => self.credentials(role).await,
            None => Ok(None),
        }
    }

    async fn credentials(&self, role: &str) -> Result<Option<Reply>, ServiceError> {
        let mut held = self.held.lock().await;
        let found = self
            .service
            .instance_credentials(&self.instance, role, held.clone())
            .await;
        match found {
            Ok(credentials) => {
                let page = json(&pages::credentials(&credentials));
                *held = Some(credentials);
                Ok(Some(page))
            }
            Err(InstanceError::NoRole(..)) => Ok(None),
            Err(InstanceError::Refused(reason)) => {
                tracing::warn!(%reason, "EC2 can't assume the role of the instance profile");
                Ok(Some(json(&pages::unauthorized(role, SystemClock.now()))))
            }
            Err(InstanceError::Service(failure)) => Err(failure),
        }
    }
}
