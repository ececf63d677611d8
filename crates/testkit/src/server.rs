//! The whole service in one process, called by its wire form.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_records::MasterKey;
use keyward_service::{CreatedAccount, Incoming, NewAccount, Ports, Service, Transport};
use keyward_sigv4::{Credentials, PathStyle, Payload, RequestParts, SecretKey, Signing, sign};
use keyward_store::{MemoryStore, Revision, Store};
use keyward_view::{View, follow, load};
use keyward_wire::{Call, Operation, encode};
use tokio::task::JoinHandle;

use crate::{AuditLines, FakeClock, FakeIssuers, SeededEntropy};

/// The account of every test, unless it makes others.
pub const ACCOUNT: &str = "111122223333";
/// Where the server says that it is reached.
pub const PUBLIC_URL: &str = "https://keyward.test";
/// When tests begin: 2026-01-02T03:04:05Z.
pub const NOW: i64 = 1_767_323_045;

/// A service over a store in memory, with one account.
pub struct InProcess {
    /// The application.
    pub service: Arc<Service>,
    /// What it keeps its records in, for what no operation makes.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<FakeClock>,
    /// Its audit events.
    pub audit: Arc<AuditLines>,
    /// The OpenID Connect issuers that it knows keys of.
    pub issuers: Arc<FakeIssuers>,
    /// The credentials of the account's root user.
    pub root: Credentials,
    entropy: Arc<SeededEntropy>,
    follower: JoinHandle<()>,
}

/// What a call answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// What decided, encoded, where the policies refused.
    pub authorization_message: Option<String>,
}

impl Answer {
    /// Returns the text of the first element of a name.
    #[must_use]
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    /// Returns the texts of all elements of a name that lie behind one another.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let mut rest = self.body.as_str();
        let mut next = || {
            let (_, after) = rest.split_once(&open)?;
            let (text, behind) = after.split_once(&close)?;
            rest = behind;
            Some(text)
        };
        std::iter::from_fn(&mut next).collect()
    }

    /// Returns the error code, or `OK`.
    #[must_use]
    pub fn code(&self) -> &str {
        if self.status == 200 {
            "OK"
        } else {
            self.element("Code").unwrap_or("?")
        }
    }
}

impl InProcess {
    /// Starts a service with the account [`ACCOUNT`].
    ///
    /// # Errors
    /// Whatever stands in the way, as text.
    pub async fn start() -> Result<Self, String> {
        Self::over(Arc::new(MemoryStore::new())).await
    }

    /// Starts a service over an empty store, with the account [`ACCOUNT`].
    ///
    /// # Errors
    /// Whatever stands in the way, as text.
    pub async fn over(store: Arc<dyn Store>) -> Result<Self, String> {
        let unsigned = Credentials {
            access_key_id: String::new(),
            secret: SecretKey::new(String::new()),
            session_token: None,
        };
        let clock = Arc::new(FakeClock::at(NOW));
        let mut server = Self::serve(store, clock, Arc::default(), unsigned).await?;
        let id = AccountId::parse(ACCOUNT).map_err(|error| error.to_string())?;
        let new = NewAccount {
            id: Some(id),
            ..new_account("root@example.test")
        };
        let created = server
            .service
            .create_account(new)
            .await
            .map_err(|error| error.to_string())?;
        drop(server.audit.take());
        server.root = credentials(&created);
        Ok(server)
    }

    /// Starts another service, with the clock and the credentials of this one, over a store that holds what this one's
    /// does, such as a fork of it.
    ///
    /// # Errors
    /// Whatever stands in the way, as text.
    pub async fn beside(&self, store: Arc<dyn Store>) -> Result<Self, String> {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        Self::serve(store, clock, entropy, self.root.clone()).await
    }

    async fn serve(
        store: Arc<dyn Store>,
        clock: Arc<FakeClock>,
        entropy: Arc<SeededEntropy>,
        root: Credentials,
    ) -> Result<Self, String> {
        let view = Arc::new(View::new(MasterKey::from_bytes([7; 32])));
        load(&*store, &view)
            .await
            .map_err(|error| error.to_string())?;
        let audit = Arc::new(AuditLines::default());
        let issuers = Arc::new(FakeIssuers::default());
        let ports = Ports {
            audit: Arc::clone(&audit) as _,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::clone(&entropy) as _,
            details: None,
            issuers: Arc::clone(&issuers) as _,
            public_url: PUBLIC_URL.to_owned(),
        };
        let service = Arc::new(Service::new(Arc::clone(&store), Arc::clone(&view), ports));
        let followed = Arc::clone(&store);
        let follower = tokio::spawn(async move {
            // A feed that ends leaves the view unfollowed, which every later request of the test shows.
            let _ = follow(&*followed, &view).await;
        });
        Ok(Self {
            service,
            store,
            clock,
            audit,
            issuers,
            root,
            entropy,
            follower,
        })
    }

    /// Makes another account and returns its root user's credentials.
    ///
    /// # Errors
    /// Whatever stands in the way, as text.
    pub async fn account(&self, email: &str) -> Result<(AccountId, Credentials), String> {
        let created = self
            .service
            .create_account(new_account(email))
            .await
            .map_err(|error| error.to_string())?;
        Ok((created.id, credentials(&created)))
    }

    /// Makes an access key for a user and returns it as credentials.
    pub async fn key_of(&self, user: &str) -> Credentials {
        let call = keyward_wire::iam::CreateAccessKey {
            user_name: Some(user.to_owned()),
        };
        let answer = self.call(&self.root, &call).await;
        let element = |name| answer.element(name).unwrap_or_default().to_owned();
        Credentials {
            access_key_id: element("AccessKeyId"),
            secret: SecretKey::new(element("SecretAccessKey")),
            session_token: None,
        }
    }

    /// Calls an operation.
    pub async fn call<C: Call>(&self, credentials: &Credentials, call: &C) -> Answer {
        self.send(credentials, C::OPERATION, encode(call).as_bytes())
            .await
    }

    /// Calls an operation that is to see a revision at least.
    pub async fn call_at<C: Call>(
        &self,
        credentials: &Credentials,
        call: &C,
        revision: Revision,
    ) -> Answer {
        let (revision, form) = (revision.to_string().into_bytes(), encode(call));
        let header = ("x-keyward-min-revision".to_owned(), revision);
        self.send_with(credentials, C::OPERATION, form.as_bytes(), [header])
            .await
    }

    /// Signs and sends a form, whatever is in it.
    pub async fn send(
        &self,
        credentials: &Credentials,
        operation: Operation,
        form: &[u8],
    ) -> Answer {
        self.send_with(credentials, operation, form, []).await
    }

    async fn send_with(
        &self,
        credentials: &Credentials,
        operation: Operation,
        form: &[u8],
        unsigned: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Answer {
        let mut headers = vec![("host".to_owned(), b"keyward.test".to_vec())];
        let parts = RequestParts {
            method: "POST",
            path: "/",
            query: None,
            authority: None,
            headers: &headers,
            payload: Payload::Body(form),
            path_style: PathStyle::Normalized,
        };
        let service = operation.service().signing_name();
        let signing = Signing {
            credentials,
            region: "us-east-1",
            service,
            headers: &[],
        };
        let added = sign(
            &parts,
            &signing,
            keyward_service::Clock::now(&*self.clock).unix_seconds(),
        );
        headers.extend(
            added
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into_bytes())),
        );
        headers.extend(unsigned);
        let incoming = Incoming {
            method: "POST",
            path: "/",
            query: None,
            authority: None,
            headers: &headers,
            body: form,
            source_ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
            transport: Transport::Plain,
        };
        let outgoing = self.service.call(&incoming).await;
        Answer {
            status: outgoing.status,
            body: String::from_utf8_lossy(&outgoing.body).into_owned(),
            authorization_message: outgoing.authorization_message,
        }
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

fn new_account(email: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        ..NewAccount::default()
    }
}

fn credentials(created: &CreatedAccount) -> Credentials {
    Credentials {
        access_key_id: created.access_key_id.to_string(),
        secret: created.secret_access_key.clone(),
        session_token: None,
    }
}
