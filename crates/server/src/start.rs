//! Starting: from a configuration to a server that answers.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use keyward_issuers::{AllowedIssuer, Issuers};
use keyward_service::{
    AuthorizationDetails, Clock as _, CreatedAccount, HashedPassword, NewAccount, Ports, Service,
    ServiceError, View, follow, load,
};
use keyward_store::{OpenMode, RedbStore, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::audit::AuditFile;
use crate::clock::SystemClock;
use crate::data::DataDirectory;
use crate::details::DetailFiles;
use crate::entropy::SystemEntropy;
use crate::imds::{self, ImdsConfig};
use crate::lanes::{self, Lanes};
use crate::{admin, listen, tls};

/// How often the last use of access keys is written to the store.
const SAVE_KEY_USES: Duration = Duration::from_secs(30);
/// How long the server waits before it loads its picture again after the change feed failed.
const RELOAD: Duration = Duration::from_millis(100);

/// What a server is started with.
#[derive(Debug)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the API listens.
    pub listen: SocketAddr,
    /// A PEM certificate chain and its PEM key; without them the API is plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The URL that clients reach the API by, where it is not the one that it listens on: `https://iam.example`. SAML assertions
    /// may be addressed to `/saml` below it.
    pub public_url: Option<String>,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// The size at which an audit file is closed and a new one begun, in bytes.
    pub audit_file_bytes: u64,
    /// What the address of the page of a refusal's details begins with; without it none are kept.
    pub authorization_details: Option<String>,
    /// The instance metadata service, where there shall be one.
    pub imds: Option<ImdsConfig>,
    /// Which OpenID Connect issuers may have private addresses.
    pub issuers: IssuerOptions,
    /// The account that the first start makes.
    pub first: FirstStart,
}

/// What the operator says of OpenID Connect issuers.
#[derive(Debug, Default)]
pub struct IssuerOptions {
    /// Issuers that may have private addresses.
    pub allowed: Vec<AllowedIssuer>,
    /// PEM certificates that vouch for the servers of allowed issuers.
    pub authorities: Option<PathBuf>,
}

/// Where the master key comes from.
#[derive(Debug)]
pub enum MasterKeySource {
    /// What a shell command prints.
    Command(String),
    /// `master.key` in the data directory, made on the first start.
    File,
    /// This base64 text.
    Value(String),
}

/// The account that the first start makes: what is `None` in it is made at random.
pub type FirstStart = NewAccount;

/// A server that answers.
pub struct Running {
    /// The address that the API listens on.
    pub address: SocketAddr,
    /// The address of the instance metadata service, where there is one.
    pub imds: Option<SocketAddr>,
    /// The account of the first start, with its secrets, where this is it.
    pub created: Option<CreatedAccount>,
    /// The application, to ask for what the start block shows.
    pub service: Arc<Service>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    helpers: Vec<JoinHandle<()>>,
    audit: Arc<AuditFile>,
    store: Arc<RedbStore>,
}

/// Starts a server.
///
/// The port is taken first and the store opened next, so that a start that must fail leaves nothing behind.
///
/// # Errors
/// One line for whatever stands in the way.
pub async fn start(mut config: Config) -> anyhow::Result<Running> {
    let listener = bind(config.listen, "--listen").await?;
    let imds = match &config.imds {
        Some(imds) => Some((
            bind(imds.listen, "--imds").await?,
            imds.instance()?,
            imds.hop_limit,
        )),
        None => None,
    };
    let acceptor = config
        .tls
        .as_ref()
        .map(|(certificate, key)| tls::acceptor(certificate, key))
        .transpose()?;
    let data = DataDirectory::new(config.data_dir);
    let has_store = data.has_store()?;
    data.create()?;
    let entropy = Arc::new(SystemEntropy);
    let issuers = issuers(config.issuers)?;
    let address = listener.local_addr()?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let public_url = config
        .public_url
        .unwrap_or_else(|| format!("{scheme}://{}", reachable(address)));
    let master = data.read_master_key(&config.master_key, has_store, &*entropy)?;
    let mode = if has_store {
        OpenMode::Existing
    } else {
        OpenMode::CreateNew
    };
    // A first start waits for the disk and for the hash of a password: at the same time.
    let password = (!has_store).then(|| hash(config.first.password.take(), Arc::clone(&entropy)));
    let store =
        RedbStore::open(data.store(), mode).with_context(|| data.store().display().to_string())?;
    let store = Arc::new(store.writing_where_called(lanes::is_alone));
    let view = Arc::new(View::new(master));
    load(&*store, &view)
        .await
        .context("can't load the store (is it the right master key?)")?;
    let folder = data.audit();
    let audit = AuditFile::open(&folder, config.audit_file_bytes)
        .with_context(|| format!("can't write audit files in {}", folder.display()))?;
    let audit = Arc::new(audit);
    let ports = Ports {
        audit: Arc::clone(&audit) as _,
        clock: Arc::new(SystemClock),
        entropy,
        details: details(config.authorization_details, &data)?,
        issuers: Arc::new(issuers),
        public_url,
    };
    let as_store: Arc<dyn Store> = Arc::clone(&store) as _;
    let service = Service::new(Arc::clone(&as_store), Arc::clone(&view), ports);
    let service = Arc::new(service);
    let mut helpers = vec![tokio::spawn(keep_following(as_store, view))];
    let created = if service.accounts().await?.is_empty() {
        Some(
            create_first(&service, config.first, password)
                .await
                .context("can't make the first account")?,
        )
    } else {
        None
    };
    helpers.push(admin::serve(Arc::clone(&service), &data.socket())?);
    helpers.push(tokio::spawn(keep_saving(Arc::clone(&service))));
    let imds = match imds {
        Some((listener, instance, hop_limit)) => {
            let address = listener.local_addr()?;
            let serving = imds::serve(Arc::clone(&service), instance, hop_limit, listener);
            helpers.push(tokio::spawn(serving));
            Some(address)
        }
        None => None,
    };
    let (stop, mut stopped) = watch::channel(false);
    let until_stop = async move {
        // The sender lives as long as the server, so an error can only mean the end.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let serving = tokio::spawn(listen::serve(
        Arc::clone(&service),
        Lanes::start(cores).context("can't start threads")?,
        listener,
        acceptor,
        until_stop,
    ));
    Ok(Running {
        address,
        imds,
        created,
        service,
        stop,
        serving,
        helpers,
        audit,
        store,
    })
}

/// Puts together what fetches the keys of issuers.
fn issuers(options: IssuerOptions) -> anyhow::Result<Issuers> {
    let authorities = match &options.authorities {
        None => Vec::new(),
        Some(path) => tls::certificates(path)?,
    };
    let config = keyward_issuers::Config {
        allowed: options.allowed,
        authorities,
        ..keyward_issuers::Config::default()
    };
    Ok(Issuers::new(config, || SystemClock.now().unix_seconds())?)
}

/// Returns an address that a client on this machine can connect to.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let loopback = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(loopback, address.port())
}

impl Running {
    /// Stops accepting, lets requests under way end, writes what waits, and closes the store.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.serving.await.is_err() {
            tracing::error!("the listener had died");
        }
        for helper in &self.helpers {
            helper.abort();
        }
        if let Err(error) = self.service.save_uses().await {
            tracing::warn!(%error, "what was used could not be saved");
        }
        self.audit.close();
        if let Err(error) = self.store.close() {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }
}

/// Begins to keep what refusals were made of, where the configuration names their page.
fn details(
    page: Option<String>,
    data: &DataDirectory,
) -> anyhow::Result<Option<AuthorizationDetails>> {
    let Some(page) = page else { return Ok(None) };
    let folder = data.details();
    let keeper = DetailFiles::open(&folder)
        .with_context(|| format!("can't keep details of refusals in {}", folder.display()))?;
    Ok(Some(AuthorizationDetails {
        keeper: Box::new(keeper),
        page,
    }))
}

type Hashing = JoinHandle<Result<HashedPassword, ServiceError>>;

fn hash(password: Option<Zeroizing<String>>, entropy: Arc<SystemEntropy>) -> Hashing {
    tokio::spawn(async move { HashedPassword::make(password, &*entropy).await })
}

/// Makes the first account, with the password that is being hashed where the directory was new.
async fn create_first(
    service: &Service,
    first: FirstStart,
    password: Option<Hashing>,
) -> anyhow::Result<CreatedAccount> {
    let Some(hashing) = password else {
        // An earlier start made the store and came no further.
        return Ok(service.create_account(first).await?);
    };
    Ok(service.create_account_with(first, hashing.await??).await?)
}

async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                anyhow::anyhow!("the address {address} is in use; choose another with {option}")
            }
            _ => anyhow::Error::new(error).context(format!("can't listen on {address}")),
        })
}

/// Follows the change feed for good; after a failure, loads everything again. Meanwhile nothing is decided.
async fn keep_following(store: Arc<dyn Store>, view: Arc<View>) {
    loop {
        let Err(error) = follow(&*store, &view).await;
        tracing::error!(%error, "the change feed ended; loading again");
        while let Err(error) = load(&*store, &view).await {
            tracing::error!(%error, "loading failed");
            tokio::time::sleep(RELOAD).await;
        }
    }
}

async fn keep_saving(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(SAVE_KEY_USES);
    loop {
        ticks.tick().await;
        if let Err(error) = service.save_uses().await {
            tracing::warn!(%error, "what was used could not be saved");
        }
    }
}
