//! The keyward program: serve, admin, explain, decide, test.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the terminal's shell"
)]

mod admin;
mod decide;
mod explain;
mod input;
mod serve;
mod terminal;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Identity and access management that you run yourself, compatible with AWS IAM and STS, that tells you why.
#[derive(Debug, Parser)]
#[command(name = "keyward", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Commands of the operator, over the socket in the data directory.
    Admin(admin::Arguments),
    /// Answers requests that carry their policies: JSON lines in, JSON lines out.
    ///
    /// Exit status: 0 if every line was answered, 2 on a malformed line (which is answered with an error).
    Decide(decide::Arguments),
    /// Says which statement of which policy decides a request, and what would change the answer.
    ///
    /// Exit status: 0 allowed, 3 denied, 2 bad input.
    Explain(explain::Arguments),
    /// Starts the server.
    Serve(serve::Arguments),
    /// Tests policies: asks a table of requests and compares the decisions with those expected.
    #[command(after_long_help = test::HELP, after_help = test::HELP)]
    Test(test::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Admin(arguments) => admin::run(&arguments),
        Command::Decide(arguments) => return decide::run(&arguments),
        Command::Explain(arguments) => return explain::run(&arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Test(arguments) => return test::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyward: {error:#}");
            ExitCode::FAILURE
        }
    }
}
