//! `keyward explain`: which statement decides, and what would change the answer.
//!
//! Reads an account from an export, a directory of policy files or a server, puts the question to `keyward-diagnose`,
//! and prints. Start at [`run`]; what it does beyond printing is [`report::explain`], which tests call.

mod account;
mod context;
mod credentials;
mod directory;
mod export;
mod fetch;
mod gather;
mod principal;
mod report;
mod response;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use keyward_diagnose::{Report, Style, render_json, render_text};
use keyward_engine::Decision;

use account::{BadInput, Source};
use report::Question;

/// The request was refused.
const DENIED: u8 = 3;

/// The question could not be answered.
const BAD_INPUT: u8 = 2;

/// What `keyward explain` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aws iam get-account-authorization-details > account.json
  keyward explain --export account.json --principal arn:aws:iam::111122223333:user/alice \\
      --action s3:GetObject --resource arn:aws:s3:::reports/q1.csv
  keyward explain --endpoint http://127.0.0.1:7600 --principal arn:aws:iam::111122223333:user/alice \\
      --action iam:CreateUser --resource 'arn:aws:iam::111122223333:user/*' \\
      --context aws:SourceIp=203.0.113.7

Exit status: 0 allowed, 3 denied, 2 bad input.")]
#[command(group(clap::ArgGroup::new("source").required(true)))]
pub(crate) struct Arguments {
    /// What `aws iam get-account-authorization-details` printed, or a directory whose *.json files are the policies of
    /// the principal
    #[arg(long, value_name = "FILE", group = "source")]
    export: Option<PathBuf>,
    /// Where to ask for the account's details, with the credentials of the environment or of ~/.aws/credentials
    #[arg(long, value_name = "URL", group = "source")]
    endpoint: Option<String>,
    /// Who asks: the ARN of a user, a role, a session of a role, or a root user
    #[arg(long, value_name = "ARN")]
    principal: String,
    /// What for, such as s3:GetObject
    #[arg(long, value_name = "ACTION")]
    action: String,
    /// On what: an ARN, or * for an action that has no resource
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// A condition key of the request; a key that is given several times has a list of values
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Explains, prints, and says by the exit status what the answer is.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match answer(arguments) {
        Ok(report) => {
            if arguments.json {
                println!("{}", render_json(&report));
            } else {
                print!("{}", render_text(&report, style()));
            }
            match report.decision {
                Decision::Allow(_) => ExitCode::SUCCESS,
                Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => ExitCode::from(DENIED),
            }
        }
        Err(BadInput(message)) => {
            // Names of an export and words of a server must not command the terminal.
            eprintln!("keyward: {}", message.replace(char::is_control, "\u{fffd}"));
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn answer(arguments: &Arguments) -> Result<Report, BadInput> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    // What is wrong with the question itself is told before anything is read or fetched.
    let question = Question::new(
        &arguments.principal,
        &arguments.action,
        &arguments.resource,
        &arguments.context,
    )?;
    let source = match (&arguments.export, &arguments.endpoint) {
        (Some(path), _) => read(path)?,
        (None, Some(endpoint)) => Source::Account(fetch::account(endpoint, now)?),
        (None, None) => return Err(BadInput("give --export FILE or --endpoint URL".to_owned())),
    };
    report::explain(&source, &question, now)
}

fn read(path: &Path) -> Result<Source, BadInput> {
    if path.is_dir() {
        Ok(Source::Directory(directory::read(path)?))
    } else {
        Ok(Source::Account(export::read(path)?))
    }
}

/// Colours are for terminals whose user has not turned them off.
fn style() -> Style {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if std::io::stdout().is_terminal() && !no_colour && !dumb {
        Style::Colour
    } else {
        Style::Plain
    }
}
