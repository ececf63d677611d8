//! `keyward doctor`: what will bite.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keyward_analysis::{BadQuestion, Severity, doctor, doctor_json, doctor_text, sarif};
use keyward_export::CredentialReport;

use crate::{input, terminal};

/// Something does not do what it says.
const WARNINGS: u8 = 1;
/// Something refuses or opens what it should not.
const ERRORS: u8 = 3;

/// What `keyward doctor` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aws iam get-account-authorization-details > account.json
  keyward doctor --export account.json
  keyward doctor --export account.json --credential-report report.csv --sarif findings.sarif

The rules are in docs/doctor.md; what may stand beside an export is in docs/exports.md.

Exit status: 0 nothing or notes only, 1 warnings, 3 errors, 2 bad input.")]
pub(crate) struct Arguments {
    /// What `aws iam get-account-authorization-details` printed, or a directory of such and of the policies beside them;
    /// may be repeated
    #[arg(long, value_name = "FILE|DIR", required = true)]
    export: Vec<PathBuf>,
    /// The account's credential report, for MFA and unused keys
    #[arg(long, value_name = "FILE")]
    credential_report: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the findings as SARIF 2.1.0 too
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match examine(arguments) {
        Ok(code) => code,
        Err(error) => terminal::bad_input(&error),
    }
}

fn examine(arguments: &Arguments) -> Result<ExitCode, BadQuestion> {
    let report = match &arguments.credential_report {
        None => None,
        Some(path) => {
            let text = input::text(path)?;
            Some(CredentialReport::read(&path.to_string_lossy(), &text)?)
        }
    };
    let export = input::export(&arguments.export)?;
    let found = terminal::busy("looking at every document", || {
        doctor(&export, report.as_ref(), terminal::now())
    });
    if let Some(path) = &arguments.sarif {
        let log = sarif(&found, env!("CARGO_PKG_VERSION"));
        std::fs::write(path, log).map_err(|error| {
            BadQuestion::new(format!("can't write {}: {error}", path.display()))
        })?;
    }
    if arguments.json {
        terminal::print(&(doctor_json(&found) + "\n"));
    } else {
        terminal::print(&doctor_text(&found, terminal::style()));
    }
    Ok(match found.worst() {
        None | Some(Severity::Note) => ExitCode::SUCCESS,
        Some(Severity::Warning) => ExitCode::from(WARNINGS),
        Some(Severity::Error) => ExitCode::from(ERRORS),
    })
}
