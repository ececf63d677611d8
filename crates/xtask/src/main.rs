//! The project's chores. `cargo xtask` lists them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reports to the terminal"
)]

mod bench;
mod catalog;
mod codegen;
mod process;
mod profile;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  test                 everything that CI runs and is not a lint; installs what the tests need
  lint                 format, clippy, tidy, codegen --check
  ci                   lint, then test
  tidy                 holds the crates against the tier map of ARCHITECTURE.md
  codegen [--check]    writes the wire shapes from models/; --check only compares, --refresh DIR renews models/
  catalog [--check]    checks the tables of actions and managed policies; --refresh DIR rebuilds them
  bench [NAME]         drives the release binary and prints ratios; NAMEs: api, engine, explain, large, store, sigv4
  profile              counts anew what the program mostly does, which release builds are optimised by; takes some twenty minutes
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test"] => test::run(),
        ["lint"] => lint(),
        ["ci"] => lint().and_then(|()| test::run()),
        ["tidy"] => tidy::run(),
        ["catalog", rest @ ..] => catalog::run(rest),
        ["codegen", rest @ ..] => codegen::run_with(rest),
        ["profile"] => profile::run(),
        ["bench", rest @ ..] => bench::run(rest),
        _ => {
            print!("{USAGE}");
            return if words.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn lint() -> anyhow::Result<()> {
    process::run("cargo", &["fmt", "--all", "--check"])?;
    let client = "tests/clients/rust/Cargo.toml";
    process::run("cargo", &["fmt", "--manifest-path", client, "--check"])?;
    process::run(
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    tidy::run()?;
    codegen::run_with(&["--check"])?;
    catalog::run(&["--check"])
}
