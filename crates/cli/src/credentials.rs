//! `keyward credentials`: temporary credentials for programs.
//!
//! Printed for `credential_process`, or served as containers get theirs. Start at [`run`]; what is asked of STS is in
//! `ask.rs`.

mod ask;
mod container;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::terminal;
use ask::{Asker, Issued, Wanted};

/// What `keyward credentials` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward credentials --role arn:aws:iam::111122223333:role/Deploy
  keyward credentials --serve 127.0.0.1:7611 --role arn:aws:iam::111122223333:role/Deploy

In ~/.aws/config:
  [profile deploy]
  credential_process = keyward credentials --profile default --role arn:aws:iam::111122223333:role/Deploy

The credentials to ask with are those of the environment or of ~/.aws/credentials. With --serve, the token that clients
show is made at random, or taken from KEYWARD_CONTAINER_TOKEN.

Exit status: 0 done, 1 refused or unreachable, 2 wrong options.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    wanted: Wanted,
    /// Serve the credentials here, as AWS_CONTAINER_CREDENTIALS_FULL_URI asks for them, and renew them before they end
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["serial_number", "token_code"])]
    serve: Option<SocketAddr>,
    /// Let --serve listen on an address that other machines reach: the token then passes over the network in the clear
    #[arg(long, requires = "serve")]
    allow_remote: bool,
}

/// Prints or serves credentials.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    match try_run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Words of a server must not command the terminal.
            let text = format!("{error:#}").replace(char::is_control, "\u{fffd}");
            eprintln!("keyward: {text}");
            ExitCode::FAILURE
        }
    }
}

fn try_run(arguments: Arguments) -> anyhow::Result<()> {
    let environment = |name: &str| std::env::var(name).ok();
    let asker = Asker::new(arguments.wanted, &environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't start")?;
    match arguments.serve {
        None => {
            let issued = runtime.block_on(asker.ask(terminal::now()))?;
            println!("{}", for_process(&issued));
            Ok(())
        }
        Some(address) => runtime.block_on(container::serve(asker, address, arguments.allow_remote)),
    }
}

/// Writes credentials as `credential_process` wants them.
fn for_process(issued: &Issued) -> String {
    let json = json!({
        "Version": 1,
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret.expose(),
        "SessionToken": issued.session_token.expose(),
        "Expiration": issued.expiration,
    });
    format!("{json:#}")
}
