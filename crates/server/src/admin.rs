//! The operator's socket: one JSON line asks, one answers. Whoever may open the file is the operator.

mod answer;

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader as StdBufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use keyward_arn::AccountId;
use keyward_service::{AccountStatus, NewAccount, NewFidoDevice, Recovery, Service};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::limits::ADMIN_LINE_BYTES;

/// What the operator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(
    tag = "command",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum AdminRequest {
    /// Closes an account; answers its id and state, and the revision from which on that holds.
    AccountClose {
        /// Twelve digits.
        id: String,
    },
    /// Makes an account; answers its id and secrets.
    AccountCreate {
        /// The root user's address.
        email: String,
        /// Twelve digits; made at random where absent.
        id: Option<String>,
        /// What the operator calls it.
        name: Option<String>,
    },
    /// Tells the state of an account whose owner does not get in.
    AccountDiagnose {
        /// Its id, its alias, or its root user's address.
        account: String,
        /// The name of a user of it.
        user: Option<String>,
    },
    /// Lists all accounts.
    AccountList,
    /// Lets the root user of an account in again; answers its new secrets.
    AccountRecover {
        /// Twelve digits.
        id: String,
        /// The root user's new address.
        email: Option<String>,
        /// The id of the access key that the new one replaces.
        replaced_key: Option<String>,
        /// Whether its other access keys are deactivated.
        deactivates_keys: bool,
    },
    /// Opens a closed account; answers as closing does.
    AccountReopen {
        /// Twelve digits.
        id: String,
    },
    /// Makes new keys that seal sessions; answers for how many accounts.
    KeyRotate,
    /// Deletes virtual MFA devices that were never enabled; answers which.
    MfaDeviceExpire {
        /// The account; all where absent.
        account: Option<String>,
        /// How old they are at least.
        older_than_seconds: u64,
    },
    /// Lists virtual MFA devices that were never enabled.
    MfaDeviceList {
        /// The account; all where absent.
        account: Option<String>,
    },
    /// Registers a FIDO device for a user; answers its serial number.
    MfaDeviceRegister {
        /// The account.
        account: String,
        /// What it is certified for, each with its level.
        certifications: Vec<(String, String)>,
        /// What it is called.
        device_name: String,
        /// What `JSON.stringify` gave of the browser's credential.
        registration: String,
        /// The name of the user; the root user where absent.
        user_name: Option<String>,
    },
    /// Ends a session; answers the revision from which on it is refused.
    SessionRevoke {
        /// The access key id of the session, `ASIA…`.
        access_key_id: String,
    },
    /// Says how the installation is.
    Status,
}

/// Speaks to the socket of a running server.
#[derive(Debug)]
pub struct AdminClient {
    line: StdBufReader<StdUnixStream>,
}

impl AdminClient {
    /// Connects to the server that has a data directory.
    ///
    /// # Errors
    /// One line: the server is not running, or the directory is another user's.
    pub fn connect(data_dir: &Path) -> anyhow::Result<Self> {
        let socket = data_dir.join("admin.sock");
        let stream = StdUnixStream::connect(&socket).with_context(|| {
            format!(
                "can't reach the server at {}; is it running, and is this the right --data-dir?",
                socket.display()
            )
        })?;
        Ok(Self {
            line: StdBufReader::new(stream),
        })
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub fn ask(&mut self, request: &AdminRequest) -> anyhow::Result<Value> {
        let mut text = serde_json::to_string(request)?;
        text.push('\n');
        self.line.get_mut().write_all(text.as_bytes())?;
        let mut answer = String::new();
        self.line.read_line(&mut answer)?;
        let mut answer: Value =
            serde_json::from_str(&answer).context("the server answered something else")?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => bail!("{error}"),
            None => Ok(answer.get_mut("ok").map(Value::take).unwrap_or_default()),
        }
    }
}

/// Listens on the socket; a stale one of a server that was killed is replaced.
pub(crate) fn serve(service: Arc<Service>, socket: &Path) -> anyhow::Result<JoinHandle<()>> {
    let named = || format!("can't listen on {}", socket.display());
    if socket.exists() {
        // The store's lock says that no other server has this directory.
        std::fs::remove_file(socket).with_context(named)?;
    }
    let listener = UnixListener::bind(socket).with_context(named)?;
    std::fs::set_permissions(socket, Permissions::from_mode(0o600)).with_context(named)?;
    Ok(tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(converse(Arc::clone(&service), stream))),
                Err(error) => {
                    tracing::warn!(%error, "the operator's socket failed");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }))
}

async fn converse(service: Arc<Service>, stream: UnixStream) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut line = String::new();
    loop {
        line.clear();
        match (&mut reader)
            .take(ADMIN_LINE_BYTES)
            .read_line(&mut line)
            .await
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let answer = match answer(&service, &line).await {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        if writer
            .write_all(format!("{answer}\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}

async fn answer(service: &Service, line: &str) -> anyhow::Result<Value> {
    match serde_json::from_str(line).context("not a command of the operator")? {
        AdminRequest::AccountClose { id } => {
            let id = AccountId::parse(&id)?;
            let revision = service.close_account(id).await?;
            Ok(
                json!({ "accountId": id.to_string(), "status": "closed", "revision": revision.number() }),
            )
        }
        AdminRequest::AccountCreate { email, id, name } => {
            let id = id.map(|id| AccountId::parse(&id)).transpose()?;
            let new = NewAccount {
                email,
                id,
                name: name.unwrap_or_default(),
                ..NewAccount::default()
            };
            let created = service.create_account(new).await?;
            Ok(json!({
                "accountId": created.id.to_string(),
                "rootAccessKeyId": created.access_key_id.to_string(),
                "rootSecretAccessKey": created.secret_access_key.expose(),
                "rootPassword": created.password.as_str(),
            }))
        }
        AdminRequest::AccountDiagnose { account, user } => {
            let state = service.account_state(&account, user.as_deref()).await?;
            Ok(answer::state(&state))
        }
        AdminRequest::AccountList => {
            let accounts = service.accounts().await?;
            Ok(accounts.iter().map(answer::summary).collect())
        }
        AdminRequest::AccountRecover {
            id,
            email,
            replaced_key,
            deactivates_keys,
        } => {
            let recovery = Recovery {
                email,
                replaced_key,
                deactivates_keys,
            };
            let recovered = service.recover_account(AccountId::parse(&id)?, &recovery);
            Ok(answer::recovered(&recovered.await?))
        }
        AdminRequest::AccountReopen { id } => {
            let id = AccountId::parse(&id)?;
            let revision = service.reopen_account(id).await?;
            Ok(answer::set(id, AccountStatus::Active, revision))
        }
        AdminRequest::KeyRotate => {
            let accounts = service.rotate_session_keys().await?;
            Ok(json!({ "accounts": accounts }))
        }
        AdminRequest::MfaDeviceExpire {
            account,
            older_than_seconds,
        } => {
            let account = account.map(|id| AccountId::parse(&id)).transpose()?;
            let deleted = service.expire_mfa_devices(account, older_than_seconds);
            Ok(answer::devices(&deleted.await?))
        }
        AdminRequest::MfaDeviceList { account } => {
            let account = account.map(|id| AccountId::parse(&id)).transpose()?;
            let found = service.orphaned_mfa_devices(account);
            Ok(answer::devices(&found.await?))
        }
        AdminRequest::MfaDeviceRegister {
            account,
            certifications,
            device_name,
            registration,
            user_name,
        } => {
            let new = NewFidoDevice {
                account: AccountId::parse(&account)?,
                user: user_name,
                name: device_name,
                registration,
                certifications,
            };
            let registered = service.register_fido_device(new).await?;
            Ok(answer::fido_device(&registered))
        }
        AdminRequest::SessionRevoke { access_key_id } => {
            let revision = service.revoke_session(&access_key_id).await?;
            Ok(json!({ "accessKeyId": access_key_id, "revision": revision.number() }))
        }
        AdminRequest::Status => {
            let status = service.status().await?;
            Ok(json!({
                "ready": status.ready,
                "accounts": status.accounts,
                "users": status.users,
                "storeRevision": status.store_revision.number(),
                "viewRevision": status.view_revision.number(),
            }))
        }
    }
}
