//! `keyward admin`: the operator's commands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use keyward_server::{AdminClient, AdminRequest};
use serde_json::Value;

#[derive(Debug, Args)]
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
    /// Lists all accounts
    List,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let request = match &arguments.command {
        Command::Account(Account::Create { email, id, name }) => AdminRequest::AccountCreate {
            email: email.clone(),
            id: id.clone(),
            name: name.clone(),
        },
        Command::Account(Account::List) => AdminRequest::AccountList,
        Command::Key(Key::Rotate) => AdminRequest::KeyRotate,
        Command::Session(Session::Revoke { access_key_id }) => AdminRequest::SessionRevoke {
            access_key_id: access_key_id.clone(),
        },
        Command::Status => AdminRequest::Status,
    };
    let answer = AdminClient::connect(&arguments.data_dir)?.ask(&request)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    match answer {
        Value::Array(rows) => rows.iter().for_each(|row| println!("{}", columns(row))),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| println!("{:<20} {}", spoken(name), plain(value))),
        other => println!("{}", plain(&other)),
    }
    Ok(())
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
        other => other.to_string(),
    }
}
