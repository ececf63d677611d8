//! `keyward test`: policies and the decisions that they must lead to, for CI.

mod expected;
mod junit;
mod known;
mod report;
mod shape;
mod suite;
mod yaml;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use report::{Outcome, report};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files of tests, in YAML or JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Writes the results to this file too, as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Lists the tests that pass too
    #[arg(long, short)]
    verbose: bool,
}

/// What is printed below the options of `keyward test --help`.
pub(crate) const HELP: &str = "\
A file of tests:

  policies:                      # by name: a document, or a JSON file beside this one
    read-reports: read-reports.json
    no-deletes:
      Version: 2012-10-17
      Statement: {Effect: Deny, Action: \"s3:Delete*\", Resource: \"*\"}
  given:                         # fields that all tests share, as in a line of `keyward decide`
    principal: arn:aws:iam::111122223333:user/alice
    identityPolicies: [read-reports, no-deletes]
  tests:
    - {action: s3:GetObject, resource: \"arn:aws:s3:::reports/2026.csv\", expect: allowed}
    - name: nothing is deleted   # optional; a list of actions or resources makes a test for each
      action: [s3:DeleteObject, s3:DeleteBucket]
      resource: arn:aws:s3:::reports/2026.csv
      expect: {decision: explicitDeny, decidedBy: identity, statements: [identity/no-deletes/0]}

A policy is named, or given by the ARN of an AWS managed policy, or written in place. A field of a test replaces that of
`given`; context entries are added to it; null takes one away. What AWS itself would know of principal and resource is
in the context unless a test says otherwise: aws:username, aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType,
aws:PrincipalIsAWSService, aws:PrincipalServiceName, aws:ResourceAccount. `expect` is allowed, explicitDeny, implicitDeny or denied
(either), or a mapping with decision and what else matters: decidedBy, statements (all of them, as layer/policy/index or
layer/policy/Sid) and message.

Examples:
  keyward test examples/policy-test.yaml
  keyward test examples/policy-test.yaml --junit report.xml

Exit status: 0 if all tests pass, 1 if one fails, 2 on bad input (the other files are still tested).";

/// The tests of a file, or why they can't be read.
struct Tested {
    file: String,
    result: Result<Vec<Outcome>, String>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let tested: Vec<Tested> = arguments.files.iter().map(|file| test(file)).collect();
    print!("{}", report(&tested, arguments.verbose));
    let mut is_bad = false;
    for tested in &tested {
        if let Err(error) = &tested.result {
            is_bad = true;
            eprintln!("keyward: {error}");
        }
    }
    if let Some(path) = &arguments.junit {
        let written = std::fs::write(path, junit::document(&tested))
            .with_context(|| format!("can't write {}", path.display()));
        if let Err(error) = written {
            is_bad = true;
            eprintln!("keyward: {error:#}");
        }
    }
    let has_failed = tested
        .iter()
        .flat_map(|tested| tested.result.iter().flatten())
        .any(|outcome| outcome.failure.is_some());
    match (is_bad, has_failed) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    }
}

fn test(path: &Path) -> Tested {
    let file = path.display().to_string();
    let result = std::fs::read_to_string(path)
        .map_err(|error| format!("{file}: {error}"))
        .and_then(|text| {
            let folder = path.parent().unwrap_or(Path::new(""));
            let tests = suite::read(&text, folder).map_err(|fault| {
                let yaml::Place { line, column } = fault.place;
                format!("{file}:{line}:{column}: {}", fault.message)
            })?;
            Ok(tests.iter().map(Outcome::of).collect())
        });
    Tested { file, result }
}

#[cfg(test)]
mod tests;
