//! `keyward doctor`: what will bite.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keyward_analysis::{
    BadQuestion, Diagnoses, Severity, doctor, doctor_json, doctor_of_server, doctor_text, sarif,
};

use crate::source::Source;
use crate::{input, terminal};

/// What is shown while it takes long.
const DOING: &str = "looking at every document";

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
  keyward doctor --endpoint http://127.0.0.1:7600

The rules are in docs/doctor.md; what may stand beside an export is in docs/exports.md. A server is asked for everything
that the rules need; what you may not see there is told.

Exit status: 0 nothing or notes only, 1 warnings, 3 errors, 2 bad input.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// The account's credential report, for MFA and unused keys
    #[arg(long, value_name = "FILE", conflicts_with = "endpoint")]
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
    let found = diagnoses(arguments)?;
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

fn diagnoses(arguments: &Arguments) -> Result<Diagnoses, BadQuestion> {
    let now = terminal::now();
    // A report that can't be read is told before large files are opened.
    let report = input::credential_report(arguments.credential_report.as_deref())?;
    let (mut export, server) = arguments.source.open(now)?;
    Ok(match server {
        None => terminal::busy(DOING, || doctor(&export, report.as_ref(), now)),
        Some(server) => {
            let beside = server.beside(&mut export);
            terminal::busy(DOING, || {
                doctor_of_server(&export, beside.report.as_ref(), beside.notes, now)
            })
        }
    })
}
