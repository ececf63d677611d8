//! `keyward who-can` and `keyward can`: every principal that can do something, and all that a principal can do.

use std::process::ExitCode;

use clap::Args;
use keyward_analysis::{
    BadQuestion, Question, can, can_json, can_text, who_can, who_can_json, who_can_text,
};

use crate::input;
use crate::source::Source;
use crate::terminal;

/// What `keyward who-can` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward who-can --export account.json --action s3:GetObject --resource arn:aws:s3:::reports/q1.csv
  keyward who-can --export accounts/ --action iam:CreateAccessKey \\
      --resource 'arn:aws:iam::111122223333:user/*' --context aws:MultiFactorAuthPresent=true
  keyward who-can --endpoint http://127.0.0.1:7600 --action iam:CreateUser \\
      --resource 'arn:aws:iam::111122223333:user/*'

Condition keys that are not given are left open: who can only if they have certain values is told with these.

Exit status: 0 answered, 2 bad input.")]
pub(crate) struct WhoCanArguments {
    #[command(flatten)]
    source: Source,
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

/// What `keyward can` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward can --export account.json --principal arn:aws:iam::111122223333:user/alice
  keyward can --export account.json --principal arn:aws:iam::111122223333:role/Deploy --json
  keyward can --endpoint http://127.0.0.1:7600 --principal arn:aws:iam::111122223333:user/alice

Exit status: 0 answered, 2 bad input.")]
pub(crate) struct CanArguments {
    #[command(flatten)]
    source: Source,
    /// Who: the ARN of a user, a role, a session of a role or a federated user
    #[arg(long, value_name = "ARN")]
    principal: String,
    /// The user that made a federated session
    #[arg(long, value_name = "ARN")]
    issuer: Option<String>,
    /// A condition key of the request; a key that is given several times has a list of values
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run_who_can(arguments: &WhoCanArguments) -> ExitCode {
    let answer = || -> Result<String, BadQuestion> {
        let question = Question::new(
            "",
            &arguments.action,
            &arguments.resource,
            &arguments.context,
        )?;
        let now = terminal::now();
        let export = arguments.source.everyone(now)?;
        let mut progress = terminal::Progress::new("principals");
        let found = who_can(&export, &question, now, input::threads(), |done, total| {
            progress.at(done, total);
        })?;
        drop(progress);
        // The program ends: nobody waits for it to be taken apart.
        std::mem::forget(export);
        Ok(if arguments.json {
            who_can_json(&found) + "\n"
        } else {
            who_can_text(&found, terminal::style())
        })
    };
    print(answer())
}

pub(crate) fn run_can(arguments: &CanArguments) -> ExitCode {
    let answer = || -> Result<String, BadQuestion> {
        let mut question =
            Question::new(&arguments.principal, "iam:GetUser", "*", &arguments.context)?;
        question.issuer.clone_from(&arguments.issuer);
        let now = terminal::now();
        let export = arguments.source.everyone(now)?;
        let found = terminal::busy("trying every action", || can(&export, &question, now))?;
        Ok(if arguments.json {
            can_json(&found) + "\n"
        } else {
            can_text(&found, terminal::style())
        })
    };
    print(answer())
}

fn print(answer: Result<String, BadQuestion>) -> ExitCode {
    match answer {
        Ok(text) => {
            terminal::print(&text);
            ExitCode::SUCCESS
        }
        Err(error) => terminal::bad_input(&error),
    }
}
