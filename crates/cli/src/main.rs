//! The keyward program: serve, admin, credentials, explain, doctor, who-can, decide, test.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the terminal's shell"
)]

mod admin;
mod client;
mod credentials;
mod decide;
mod doctor;
mod endpoint;
mod explain;
mod input;
mod nodes;
mod serve;
mod shell;
mod source;
mod terminal;
mod test;
mod wait;
mod who_can;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A write makes some 150 small allocations and frees them on another thread than the one that made them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Says all that a principal can do, and what the other layers leave of it.
    ///
    /// Exit status: 0 answered, 2 bad input.
    Can(who_can::CanArguments),
    /// Prints what a shell completes commands by.
    Completions(shell::CompletionsArguments),
    /// Gets temporary credentials: prints them for credential_process, or serves them as containers get theirs.
    Credentials(credentials::Arguments),
    /// Answers requests that carry their policies: JSON lines in, JSON lines out.
    ///
    /// Exit status: 0 if every line was answered, 2 on a malformed line (which is answered with an error).
    Decide(decide::Arguments),
    /// Goes through an account and lists what will bite: what does not do what it was written for.
    ///
    /// Exit status: 0 nothing or notes only, 1 warnings, 3 errors, 2 bad input.
    Doctor(doctor::Arguments),
    /// Says which statement of which policy decides a request, and what would change the answer.
    ///
    /// Exit status: 0 allowed, 3 denied, 2 bad input.
    Explain(explain::Arguments),
    /// Writes manual pages.
    Man(shell::ManArguments),
    /// Starts the server.
    Serve(serve::Arguments),
    /// Tests policies: asks a table of requests and compares the decisions with those expected.
    #[command(after_long_help = test::HELP, after_help = test::HELP)]
    Test(test::Arguments),
    /// Waits until every node answers from a revision: until a change is visible everywhere.
    ///
    /// Exit status: 0 every node answers from it, 1 a node is behind, 2 bad input, 3 a node can't be asked.
    Wait(wait::Arguments),
    /// Says which principals can do something, through which statement, and under which conditions.
    ///
    /// Exit status: 0 answered, 2 bad input.
    WhoCan(who_can::WhoCanArguments),
}

/// Reads the command line.
fn command() -> Command {
    // What all commands take is put together in half a millisecond, of the ten that an explanation has. Where it is asked
    // for with anything that it does not take, or for help, all that is told is told by all of them together.
    match alone::<explain::Arguments>("explain", std::env::args_os().skip(1)) {
        Some(arguments) => Command::Explain(arguments),
        None => Arguments::parse().command,
    }
}

/// Reads a command line that is of one command, and right; `None` for any other.
fn alone<A: Args>(name: &str, mut words: impl Iterator<Item = OsString>) -> Option<A> {
    if words.next()? != name {
        return None;
    }
    let command = A::augment_args(clap::Command::new("keyward").no_binary_name(true));
    let matches = command.try_get_matches_from(words).ok()?;
    A::from_arg_matches(&matches).ok()
}

fn main() -> ExitCode {
    let result = match command() {
        Command::Admin(arguments) => admin::run(&arguments),
        Command::Can(arguments) => return who_can::run_can(&arguments),
        Command::Completions(arguments) => {
            shell::completions(&arguments);
            Ok(())
        }
        Command::Credentials(arguments) => return credentials::run(arguments),
        Command::Decide(arguments) => return decide::run(&arguments),
        Command::Doctor(arguments) => return doctor::run(&arguments),
        Command::Explain(arguments) => return explain::run(&arguments),
        Command::Man(arguments) => shell::man(&arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Test(arguments) => return test::run(&arguments),
        Command::Wait(arguments) => return wait::run(&arguments),
        Command::WhoCan(arguments) => return who_can::run_who_can(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyward: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read by itself is read as it is among all commands; all else is left to these.
    #[test]
    fn a_command_by_itself() {
        for line in [
            "explain --export a --export b --principal p --action s3:* --resource r --json",
            "explain --endpoint=http://a --message=m --context k=v --context k=w --html h",
            "explain --export a --event - --event-id x",
            "explain --export a --principal p --action s3:*",
            "explain --export a --endpoint b --message m",
            "explain --export a --message m --event e",
            "explain --export a --principal p --lost-access-key --credential-report c",
            "explain --exprt a",
            "explain --help",
            "explain -h",
            "explain --version",
            "explain -V",
            "explain help",
            "explain",
            "who-can --export a --action s3:* --resource r",
            "--help",
            "",
        ] {
            let words = || line.split_whitespace().map(OsString::from);
            let name = std::iter::once(OsString::from("keyward"));
            let all = Arguments::try_parse_from(name.chain(words()));
            let expected = match all.map(|it| it.command) {
                Ok(Command::Explain(arguments)) => Some(format!("{arguments:?}")),
                Ok(_) | Err(_) => None,
            };
            let found = alone::<explain::Arguments>("explain", words());
            assert_eq!(found.map(|it| format!("{it:?}")), expected, "{line}");
        }
    }
}
