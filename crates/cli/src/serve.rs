//! `keyward serve`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use keyward_arn::AccountId;
use keyward_server::{
    AllowedIssuer, Config, FirstStart, ImdsConfig, IssuerOptions, MasterKeySource, Running,
    reachable, start,
};
use keyward_sigv4::SecretKey;
use serde::Deserialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

const DATA_DIR: &str = "./keyward-data";
const LISTEN: &str = "127.0.0.1:7600";
const EMAIL: &str = "root@keyward.local";
const AUDIT_FILE_MIB: u64 = 64;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward serve
  keyward serve --data-dir /var/lib/keyward --listen 0.0.0.0:7600 \\
      --tls-cert server.pem --tls-key server.key --public-url https://iam.example.com

Exit status: 0 ended by a signal, 1 failed, 2 wrong arguments.")]
pub(crate) struct Arguments {
    /// Where everything is kept [default: ./keyward-data]
    #[arg(long, value_name = "DIR", env = "KEYWARD_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Where the API listens [default: 127.0.0.1:7600]
    #[arg(long, value_name = "ADDRESS", env = "KEYWARD_LISTEN")]
    listen: Option<SocketAddr>,
    /// A TOML file with these options, such as data_dir = "…"
    #[arg(long, value_name = "FILE", env = "KEYWARD_CONFIG")]
    config: Option<PathBuf>,
    /// A PEM certificate chain; with --tls-key the API speaks TLS
    #[arg(long, value_name = "FILE", env = "KEYWARD_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The PEM key of the certificate
    #[arg(long, value_name = "FILE", env = "KEYWARD_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// The URL that clients reach the API by, such as https://iam.example [default: where it listens]
    #[arg(long, value_name = "URL", env = "KEYWARD_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,
    /// A command that prints the master key as base64 [default: master.key in the data directory]
    #[arg(long, value_name = "COMMAND", env = "KEYWARD_MASTER_KEY_COMMAND")]
    master_key_command: Option<String>,
    /// The size in MiB at which an audit file is closed and a new one begun [default: 64]
    #[arg(long, value_name = "MIB", env = "KEYWARD_AUDIT_FILE_MIB", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    audit_file_mib: Option<u64>,
    /// Keeps what refusals were made of for a while, and names in each the page PREFIX/authorization-details/ID; of what is
    /// allowed too, where the request has the header x-keyward-authorization-details: true
    #[arg(long, value_name = "PREFIX", env = "KEYWARD_AUTHORIZATION_DETAILS")]
    authorization_details: Option<String>,
    /// Where an instance metadata service like EC2's listens: whoever reaches it has the permissions of the role in
    /// the instance profile
    #[arg(long, value_name = "ADDRESS", env = "KEYWARD_IMDS")]
    imds: Option<SocketAddr>,
    /// The ARN of the instance profile whose role the instance metadata service hands out
    #[arg(long, value_name = "ARN", env = "KEYWARD_IMDS_INSTANCE_PROFILE")]
    imds_instance_profile: Option<String>,
    /// How many hops an answer with a token of the instance metadata service goes: 1 keeps it on this machine, away from
    /// containers with a network of their own [default: 1]
    #[arg(long, value_name = "HOPS", env = "KEYWARD_IMDS_HOP_LIMIT", value_parser = clap::value_parser!(u8).range(1..=64))]
    imds_hop_limit: Option<u8>,
    /// An OpenID Connect issuer that may have a private address: https://ISSUER, or https://ISSUER=URL where its documents
    /// are at another URL; may be repeated, and a comma separates several in the variable
    #[arg(
        long,
        value_name = "ISSUER",
        env = "KEYWARD_ALLOW_ISSUER",
        value_delimiter = ','
    )]
    allow_issuer: Vec<String>,
    /// PEM certificates that vouch for the servers of allowed issuers, besides the system's
    #[arg(long, value_name = "FILE", env = "KEYWARD_ISSUER_CA")]
    issuer_ca: Option<PathBuf>,
    /// What to log, as JSON lines on standard error: error, warn, info, debug [default: info]
    #[arg(long, value_name = "LEVEL", env = "KEYWARD_LOG")]
    log: Option<String>,
    #[command(flatten)]
    first: First,
}

/// What the first start makes; secrets come by the environment only, where other users can't see them.
#[derive(Debug, Args)]
struct First {
    #[arg(long, hide = true, env = "KEYWARD_ACCOUNT_ID")]
    account_id: Option<String>,
    #[arg(long, hide = true, env = "KEYWARD_ROOT_EMAIL")]
    root_email: Option<String>,
    #[arg(
        long,
        hide = true,
        env = "KEYWARD_ROOT_PASSWORD",
        hide_env_values = true
    )]
    root_password: Option<String>,
    #[arg(long, hide = true, env = "KEYWARD_ROOT_ACCESS_KEY_ID")]
    root_access_key_id: Option<String>,
    #[arg(
        long,
        hide = true,
        env = "KEYWARD_ROOT_SECRET_ACCESS_KEY",
        hide_env_values = true
    )]
    root_secret_access_key: Option<String>,
    #[arg(long, hide = true, env = "KEYWARD_MASTER_KEY", hide_env_values = true)]
    master_key: Option<String>,
}

/// The configuration file: the same options under the same names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    listen: Option<SocketAddr>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    public_url: Option<String>,
    master_key_command: Option<String>,
    audit_file_mib: Option<u64>,
    authorization_details: Option<String>,
    imds: Option<SocketAddr>,
    imds_instance_profile: Option<String>,
    imds_hop_limit: Option<u8>,
    #[serde(default)]
    allow_issuer: Vec<String>,
    issuer_ca: Option<PathBuf>,
    log: Option<String>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    begin_with_allocator_options();
    let file = arguments
        .config
        .as_deref()
        .map(read_file)
        .transpose()?
        .unwrap_or_default();
    let log = arguments
        .log
        .clone()
        .or(file.log.clone())
        .unwrap_or_else(|| "info".to_owned());
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_new(&log)
                .with_context(|| format!("the log level {log:?}"))?,
        )
        .init();
    let config = configuration(arguments, file)?;
    // For what is not a request; those have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (data_dir, tls) = (config.data_dir.clone(), config.tls.clone());
        // From here on a signal ends the program in order: never between making secrets and showing them.
        let end = Ends::listen()?;
        let running = start(config).await?;
        tracing::info!(address = %running.address, "listening");
        let certificate = tls.as_ref().map(|(certificate, _)| certificate.as_path());
        let shown = show(&block(&running, &data_dir, certificate).await?);
        if shown.is_ok() {
            end.wait().await;
        }
        running.stop().await;
        shown
    })
}

/// Begins the program anew, in the same process, with the allocator set to give memory back as soon as it is freed.
///
/// A start frees some 30 MB that a server at rest would keep otherwise. mimalloc reads its options from the environment
/// before `main`, and sets them later only through unsafe code. Where the program can't begin anew, it goes on as it is.
fn begin_with_allocator_options() {
    const OPTION: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(OPTION).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // Returns only where it failed.
        let _ = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(OPTION, "0")
            .exec();
    }
}

/// Prints the start block; without it nobody would ever know the secrets of a first start.
fn show(block: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(block.as_bytes())
        .and_then(|()| out.flush())
        .context("can't print the start block")
}

/// Returns the hop limit, which the file may name unchecked.
// SOURCE: EC2's HttpPutResponseHopLimit, 1 to 64.
fn hop_limit(given: Option<u8>) -> anyhow::Result<u8> {
    match given {
        None => Ok(1),
        Some(hops @ 1..=64) => Ok(hops),
        Some(hops) => bail!("imds_hop_limit is from 1 to 64, not {hops}"),
    }
}

fn read_file(path: &Path) -> anyhow::Result<File> {
    let named = || format!("can't use the configuration {}", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    toml::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{}", error.message()))
        .with_context(named)
}

/// Puts the options together: a flag or variable before the file before the default.
fn configuration(arguments: Arguments, file: File) -> anyhow::Result<Config> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let tls = match (
        arguments.tls_cert.or(file.tls_cert),
        arguments.tls_key.or(file.tls_key),
    ) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => bail!("TLS needs both --tls-cert and --tls-key"),
    };
    let hops = arguments.imds_hop_limit.or(file.imds_hop_limit);
    let imds = match (
        arguments.imds.or(file.imds),
        given(
            arguments
                .imds_instance_profile
                .or(file.imds_instance_profile),
        ),
    ) {
        (Some(listen), Some(instance_profile)) => Some(ImdsConfig {
            listen,
            instance_profile,
            hop_limit: hop_limit(hops)?,
        }),
        (None, None) if hops.is_none() => None,
        _ => bail!("the instance metadata service needs both --imds and --imds-instance-profile"),
    };
    // A list that is given takes the place of the file's.
    let allowed = if arguments.allow_issuer.is_empty() {
        file.allow_issuer
    } else {
        arguments.allow_issuer
    };
    let allowed = allowed.iter().filter(|text| !text.is_empty());
    let issuers = IssuerOptions {
        allowed: allowed
            .map(|text| AllowedIssuer::parse(text))
            .collect::<Result<_, _>>()
            .context("--allow-issuer")?,
        authorities: arguments.issuer_ca.or(file.issuer_ca),
    };
    let first = arguments.first;
    let account_id = given(first.account_id)
        .map(|id| AccountId::parse(&id))
        .transpose();
    let command = given(arguments.master_key_command.or(file.master_key_command));
    let master_key = match (given(first.master_key), command) {
        (Some(_), Some(_)) => bail!("the master key is given twice: as a value and as a command"),
        (Some(value), None) => MasterKeySource::Value(value),
        (None, Some(command)) => MasterKeySource::Command(command),
        (None, None) => MasterKeySource::File,
    };
    Ok(Config {
        data_dir: arguments
            .data_dir
            .or(file.data_dir)
            .unwrap_or_else(|| PathBuf::from(DATA_DIR)),
        listen: match arguments.listen.or(file.listen) {
            Some(address) => address,
            None => LISTEN.parse()?,
        },
        tls,
        public_url: match arguments.public_url {
            Some(url) => Some(url),
            None => file.public_url.as_deref().map(public_url).transpose()?,
        },
        master_key,
        audit_file_bytes: arguments
            .audit_file_mib
            .or(file.audit_file_mib)
            .unwrap_or(AUDIT_FILE_MIB)
            << 20,
        authorization_details: given(
            arguments
                .authorization_details
                .or(file.authorization_details),
        ),
        imds,
        issuers,
        first: FirstStart {
            email: given(first.root_email).unwrap_or_else(|| EMAIL.to_owned()),
            name: String::new(),
            id: account_id.context("KEYWARD_ACCOUNT_ID")?,
            password: given(first.root_password).map(Into::into),
            access_key_id: given(first.root_access_key_id),
            secret_access_key: given(first.root_secret_access_key).map(SecretKey::new),
        },
    })
}

/// Reads a URL that others are told: its scheme, a host and nothing behind a path.
fn public_url(text: &str) -> anyhow::Result<String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}@".contains(&byte);
    match rest {
        Some(rest) if rest.bytes().all(plain) => Ok(text.trim_end_matches('/').to_owned()),
        Some(_) | None => bail!("a URL such as https://iam.example is meant, not {text:?}"),
    }
}

/// Writes what a person needs to go on; secrets on the first start only.
async fn block(
    running: &Running,
    data_dir: &Path,
    certificate: Option<&Path>,
) -> anyhow::Result<String> {
    let scheme = if certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let url = format!("{scheme}://{}", reachable(running.address));
    let mut text = String::from("Keyward is ready\n\n");
    writeln!(text, "  API          {url}")?;
    writeln!(text, "  Data         {}", data_dir.display())?;
    if let Some(imds) = running.imds {
        writeln!(text, "  Metadata     http://{}", reachable(imds))?;
    }
    for account in running.service.accounts().await?.iter().take(3) {
        writeln!(text, "  Account      {}", account.id)?;
        writeln!(text, "  Root user    {}", account.email)?;
    }
    let (mut id, mut secret) = ("AKIA…".to_owned(), "…".to_owned());
    if let Some(created) = &running.created {
        id = created.access_key_id.to_string();
        created.secret_access_key.expose().clone_into(&mut secret);
        writeln!(text, "\n  Shown once, now:")?;
        writeln!(text, "    Root password      {}", created.password.as_str())?;
        writeln!(text, "    Access key id      {id}")?;
        writeln!(text, "    Secret access key  {secret}")?;
    }
    writeln!(text, "\n  Use it from another terminal:")?;
    writeln!(text, "    export AWS_ACCESS_KEY_ID={id}")?;
    writeln!(text, "    export AWS_SECRET_ACCESS_KEY={secret}")?;
    writeln!(text, "    export AWS_DEFAULT_REGION=us-east-1")?;
    if let Some(certificate) = certificate {
        writeln!(text, "    export AWS_CA_BUNDLE={}", certificate.display())?;
    }
    writeln!(text, "    aws --endpoint-url {url} sts get-caller-identity")?;
    writeln!(
        text,
        "    aws --endpoint-url {url} iam create-user --user-name diego\n"
    )?;
    Ok(text)
}

/// The signals that end the program.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    /// Takes the signals from the system's own handling, which ends the program at once.
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
