//! One handler an operation: authenticate, authorize, apply, commit, respond.
//!
//! Every way in (the API, the operator's socket, later the console and the gateway) ends here, and there is no other
//! door to the store. No HTTP types: a shell hands in [`Incoming`] and gets [`Outgoing`]. Start at `call.rs`, the life
//! of a request, and `operations.rs`, the table of operations.

mod accesses;
mod authenticate;
mod authorization_details;
mod authorization_message;
mod authorize;
mod call;
mod context;
mod error;
mod event;
mod exchange;
mod guesses;
mod handlers;
mod identity_keys;
mod instance;
mod metrics;
mod operations;
mod operator;
mod page;
mod passwords;
mod ports;
mod qr;
mod question;
mod reader;
mod transaction;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use keyward_records::RecordKey;
use keyward_saml::Endpoints;
use keyward_store::{Revision, Store};
use tokio::sync::Semaphore;

pub use authorization_details::{AuthorizationDetails, DetailsKeeper};
pub use error::ServiceError;
pub use exchange::{Incoming, Outgoing, RequestId, Transport, Unread};
pub use identity_keys::IssuerDocument;
pub use instance::{
    AttachedProfile, Instance, InstanceCredentials, InstanceError, ParseInstanceProfileArnError,
    REGION,
};
pub use metrics::{Metrics, Sample};
pub use operations::{Summary, pending, summaries};
pub use operator::{
    AccountState, AccountSummary, CreateAccountError, CreatedAccount, HashedPassword, KeyState,
    NewAccount, NewFidoDevice, NoAccount, OrphanedMfaDevice, PasswordState, RecoverAccountError,
    RecoveredAccount, Recovery, RegisterFidoDeviceError, RegisteredFidoDevice, RevokeSessionError,
    RootState, Status, UserState,
};
pub use ports::{AuditFull, AuditSink, Clock, Entropy, Now};

// What a shell needs to start and to name things, so that it depends on the service alone.
pub use keyward_directory::AccountStatus;
pub use keyward_issuers::KeySource;
pub use keyward_records::{MASTER_KEY_LENGTH, MasterKey};
pub use keyward_view::{View, follow, load};

use crate::accesses::Accesses;
use crate::authenticate::Caller;
use crate::guesses::Guesses;
use crate::identity_keys::ParsedRings;
use crate::passwords::Passwords;
use crate::reader::Reader;
use crate::transaction::{Further, Transaction, Wanted, transact};

/// How long a request waits for a revision that its node has not seen.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many requests that no known key signed may wait for a revision at once: anybody can send them.
const WAITING_STRANGERS: usize = 64;

/// The application: what every shell calls.
pub struct Service {
    store: Arc<dyn Store>,
    view: Arc<View>,
    ports: Ports,
    metrics: Metrics,
    passwords: Passwords,
    accesses: Accesses,
    guesses: Guesses,
    strangers: Semaphore,
    rings: ParsedRings,
    saml_endpoints: Endpoints,
}

/// What the shell gives.
pub struct Ports {
    /// Keeps audit events.
    pub audit: Arc<dyn AuditSink>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Keeps what refusals were made of; without it their messages lead nowhere.
    pub details: Option<AuthorizationDetails>,
    /// Gives the keys of OpenID Connect issuers.
    pub issuers: Arc<dyn KeySource>,
    /// Where this server is reached from outside, `https://keyward.example`, without a slash at the end: what the
    /// account's own issuers are named by.
    pub public_url: String,
}

impl Service {
    /// Puts the application together; the view must be loaded from the same store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, view: Arc<View>, ports: Ports) -> Self {
        // SAML assertions may be addressed to the service itself, besides AWS's own endpoints.
        let saml = format!("{}/saml", ports.public_url);
        Self {
            store,
            view,
            ports,
            metrics: Metrics::default(),
            passwords: Passwords::default(),
            accesses: Accesses::default(),
            guesses: Guesses::default(),
            strangers: Semaphore::new(WAITING_STRANGERS),
            rings: ParsedRings::default(),
            saml_endpoints: Endpoints::new(vec![saml]),
        }
    }

    /// Returns counters of what was done.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the picture that decisions are made from.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Returns the same picture, for what keeps it.
    pub(crate) fn shared_view(&self) -> &Arc<View> {
        &self.view
    }

    /// Returns the store's newest revision.
    ///
    /// # Errors
    /// [`ServiceError::Store`] where the store can't be read.
    pub async fn store_revision(&self) -> Result<Revision, ServiceError> {
        Ok(self.store.revision().await?)
    }

    /// Says whether requests can be answered.
    ///
    /// # Errors
    /// One line that says why not.
    pub fn readiness(&self) -> Result<(), &'static str> {
        if !self.view.is_followed() {
            return Err("the store's change feed is not followed\n");
        }
        self.ports
            .audit
            .check()
            .map_err(|_| "the audit trail can't be written\n")
    }

    /// Returns the places for requests that wait for a revision without a known signature.
    pub(crate) fn strangers(&self) -> &Semaphore {
        &self.strangers
    }

    pub(crate) fn now(&self) -> Now {
        self.ports.clock.now()
    }

    pub(crate) fn issuers(&self) -> &dyn KeySource {
        &*self.ports.issuers
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.ports.public_url
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.ports.entropy
    }

    pub(crate) fn audit(&self) -> &dyn AuditSink {
        &*self.ports.audit
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    pub(crate) fn accesses(&self) -> &Accesses {
        &self.accesses
    }

    pub(crate) fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    pub(crate) fn saml_endpoints(&self) -> &Endpoints {
        &self.saml_endpoints
    }

    pub(crate) fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Opens the newest state of the caller's account.
    pub(crate) async fn reader(&self, caller: &Caller) -> Result<Reader, ServiceError> {
        Reader::open(&*self.store, caller.account(), caller.cell().vault()).await
    }

    /// Changes the caller's account, and waits until this node's own view shows it: the node that took a write always
    /// reads it.
    pub(crate) async fn transact<T: Send>(
        &self,
        caller: &Caller,
        wanted: &[RecordKey],
        change: impl FnMut(&mut Transaction) -> Result<T, ServiceError> + Send,
    ) -> Result<(T, Revision), ServiceError> {
        self.transact_further(caller, wanted, &|_| Ok(Vec::new()), change)
            .await
    }

    /// Changes the caller's account as [`transact`](Self::transact) does, where some of the records that the change
    /// depends on can be named only by what others say: `further` names them.
    pub(crate) async fn transact_further<T: Send>(
        &self,
        caller: &Caller,
        wanted: Wanted<'_>,
        further: Further<'_>,
        change: impl FnMut(&mut Transaction) -> Result<T, ServiceError> + Send,
    ) -> Result<(T, Revision), ServiceError> {
        let (account, vault) = (caller.account(), caller.cell().vault());
        let done = transact(&*self.store, account, vault, wanted, further, change).await?;
        if !self.view.wait_for(done.1, PATIENCE).await {
            tracing::warn!(revision = %done.1, "the view lags behind a commit of its own node");
        }
        Ok(done)
    }
}
