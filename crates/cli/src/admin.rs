//! `keyward admin`: the operator's commands.

mod register;
mod state;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use keyward_analysis::{cannot_sign_in, old_account};
use keyward_diagnose::{Diagnosis, diagnosis_json, diagnosis_text};
use keyward_server::{AdminClient, AdminRequest};
use serde_json::{Map, Value};

use crate::{terminal, wait};

/// What `keyward admin` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward admin status
  keyward admin account create --email ops@example.com --name Shop --json
  keyward admin account diagnose 111122223333
  keyward admin account close 111122223333
  keyward admin account recover 111122223333 --deactivate-access-keys
  keyward admin account diagnose my-alias --user alice
  keyward admin mfa-device list
  keyward admin mfa-device expire --older-than 1d
  keyward admin mfa-device register --account 111122223333 --user-name alice \
      --device-name yubikey --registration credential.json --certification FIDO=L1

Exit status: 0 done, 1 failed, 2 wrong arguments.")]
pub(crate) struct Arguments {
    /// The data directory of the running server
    #[arg(
        long,
        value_name = "DIR",
        env = "KEYWARD_DATA_DIR",
        default_value = "./keyward-data",
        global = true
    )]
    data_dir: PathBuf,
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accounts
    #[command(subcommand)]
    Account(Account),
    /// Keys of the installation
    #[command(subcommand)]
    Key(Key),
    /// MFA devices: virtual ones that were never enabled, and security keys and passkeys to register
    #[command(subcommand)]
    MfaDevice(MfaDevice),
    /// Sessions of STS
    #[command(subcommand)]
    Session(Session),
    /// How the installation is
    Status,
}

#[derive(Debug, Subcommand)]
enum Key {
    /// Makes new keys that seal session tokens; sessions that live stay good
    Rotate,
}

#[derive(Debug, Subcommand)]
enum Session {
    /// Ends one session, on every node
    Revoke {
        /// Its access key id, as audit events show it
        #[arg(value_name = "ASIA…")]
        access_key_id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Account {
    /// Closes an account: nothing of it authenticates any more, and everything stays as it is
    Close {
        /// Twelve digits
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Makes an account; its secrets are shown this once
    Create {
        /// The root user's address
        #[arg(long, value_name = "EMAIL")]
        email: String,
        /// Twelve digits [default: at random]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// What you call it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Says which ways into an account are left, or why somebody can't sign in to it
    ///
    /// Without --user, of the root user: the steps to get into an old account, in their order.
    Diagnose {
        /// The account's id, its alias, or its root user's address
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// Who can't sign in: the name that was typed, or root
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Lists all accounts
    List,
    /// Lets the owner of an account in again: opens it if it is closed, and gives its root user a new password and a new
    /// access key, which are shown this once
    ///
    /// Make sure first that whoever asks is the owner: `account diagnose` says what proves it.
    Recover {
        /// Twelve digits
        #[arg(value_name = "ID")]
        id: String,
        /// The root user's address from now on
        #[arg(long, value_name = "EMAIL")]
        email: Option<String>,
        /// The root user's access key that the new one replaces, where it has two
        #[arg(long, value_name = "AKIA…")]
        replace_access_key: Option<String>,
        /// Deactivates the root user's other access keys
        #[arg(long)]
        deactivate_access_keys: bool,
    },
    /// Opens a closed account; its keys and passwords are good again
    Reopen {
        /// Twelve digits
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum MfaDevice {
    /// Deletes virtual devices that were never enabled and are older; each deletion is in the audit trail
    Expire {
        /// How old, such as 12h or 1d
        #[arg(long, value_name = "TIME", value_parser = wait::duration)]
        older_than: Duration,
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<String>,
    },
    /// Lists virtual devices that were made and never enabled, with their age
    List {
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<String>,
    },
    /// Registers a security key or passkey for a user, and enables it
    Register(register::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let request = request(&arguments.command)?;
    let answer = AdminClient::connect(&arguments.data_dir)?.ask(&request)?;
    if let Command::Account(Account::Diagnose { account, user }) = &arguments.command {
        let diagnosis = diagnosis(&answer, account, user.as_deref())?;
        terminal::print(&if arguments.json {
            diagnosis_json(&diagnosis) + "\n"
        } else {
            diagnosis_text(&diagnosis, terminal::style())
        });
        return Ok(());
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    match (answer, &arguments.command) {
        (Value::Array(rows), Command::MfaDevice(which)) => devices(&rows, which),
        (Value::Array(rows), _) => rows.iter().for_each(|row| println!("{}", columns(row))),
        (Value::Object(fields), _) => print_fields(&fields),
        (other, _) => println!("{}", plain(&other)),
    }
    Ok(())
}

fn request(command: &Command) -> anyhow::Result<AdminRequest> {
    Ok(match command {
        Command::Account(Account::Close { id }) => AdminRequest::AccountClose { id: id.clone() },
        Command::Account(Account::Create { email, id, name }) => AdminRequest::AccountCreate {
            email: email.clone(),
            id: id.clone(),
            name: name.clone(),
        },
        Command::Account(Account::Diagnose { account, user }) => AdminRequest::AccountDiagnose {
            account: account.clone(),
            user: user.clone().filter(|user| !is_root(user)),
        },
        Command::Account(Account::List) => AdminRequest::AccountList,
        Command::Account(Account::Recover {
            id,
            email,
            replace_access_key,
            deactivate_access_keys,
        }) => AdminRequest::AccountRecover {
            id: id.clone(),
            email: email.clone(),
            replaced_key: replace_access_key.clone(),
            deactivates_keys: *deactivate_access_keys,
        },
        Command::Account(Account::Reopen { id }) => AdminRequest::AccountReopen { id: id.clone() },
        Command::Key(Key::Rotate) => AdminRequest::KeyRotate,
        Command::MfaDevice(MfaDevice::Expire {
            older_than,
            account,
        }) => AdminRequest::MfaDeviceExpire {
            account: account.clone(),
            older_than_seconds: older_than.as_secs(),
        },
        Command::MfaDevice(MfaDevice::List { account }) => AdminRequest::MfaDeviceList {
            account: account.clone(),
        },
        Command::MfaDevice(MfaDevice::Register(arguments)) => arguments.request()?,
        Command::Session(Session::Revoke { access_key_id }) => AdminRequest::SessionRevoke {
            access_key_id: access_key_id.clone(),
        },
        Command::Status => AdminRequest::Status,
    })
}

/// Nobody can be called so: a user name of `root` is not told from the root user by those who sign in.
fn is_root(user: &str) -> bool {
    user.eq_ignore_ascii_case("root")
}

fn diagnosis(answer: &Value, typed: &str, user: Option<&str>) -> anyhow::Result<Diagnosis> {
    let state = state::State::read(answer)?;
    let now = terminal::now();
    Ok(match user {
        None => old_account(&state.old_account(), now),
        Some(user) => cannot_sign_in(&state.sign_in(typed, user), now),
    })
}

fn print_fields(fields: &Map<String, Value>) {
    let told = || fields.iter().filter(|(_, value)| !value.is_null());
    let width = told().map(|(name, _)| spoken(name).len()).max();
    for (name, value) in told() {
        println!(
            "{:<width$}  {}",
            spoken(name),
            plain(value),
            width = width.unwrap_or_default()
        );
    }
}

fn devices(rows: &[Value], which: &MfaDevice) {
    for row in rows {
        let cell = |name: &str| plain(row.get(name).unwrap_or(&Value::Null));
        let age = row.get("ageSeconds").and_then(Value::as_i64).unwrap_or(0);
        println!(
            "{}  {}  {:>10}  {}",
            cell("accountId"),
            cell("created"),
            aged(age),
            cell("serialNumber")
        );
    }
    match (which, rows.len()) {
        (MfaDevice::Expire { .. }, count) => println!("{count} deleted"),
        (MfaDevice::List { .. }, 0) => println!("none"),
        (MfaDevice::List { .. } | MfaDevice::Register(_), _) => {}
    }
}

/// Says an age in its largest unit.
fn aged(seconds: i64) -> String {
    let (count, unit) = match seconds {
        86_400.. => (seconds / 86_400, "day"),
        3_600.. => (seconds / 3_600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds.max(0), "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

fn columns(account: &Value) -> String {
    let cell = |name: &str| plain(account.get(name).unwrap_or(&Value::Null));
    format!(
        "{}  {:<7} {}  {:<24} {}",
        cell("accountId"),
        cell("status"),
        cell("created"),
        cell("email"),
        cell("name")
    )
}

/// Turns `rootAccessKeyId` into `root access key id`.
fn spoken(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, character| {
        if character.is_ascii_uppercase() {
            text.push(' ');
        }
        text.push(character.to_ascii_lowercase());
        text
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Object(items) => {
            let pairs = items
                .iter()
                .map(|(name, value)| format!("{name}={}", plain(value)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
