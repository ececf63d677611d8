//! Drives the release program beside bare floors, in the same run, and prints ratios.
//!
//! A bench fails where an answer is wrong and never by time. `docs/bench.md` says what each figure means; start
//! reading at `api.rs`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench reports to the terminal"
)]

mod api;
mod calls;
mod client;
mod drive;
mod explain;
mod hello;
mod large;
mod load;
mod mix;
mod process;
mod request;
mod start;
mod sts;
mod table;
mod train;
mod writes;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: keyward-bench api PROGRAM FOLDER   drives PROGRAM, with its data in a new folder within FOLDER
       keyward-bench mix PROGRAM FOLDER MOTO    drives PROGRAM and moto's server, the program MOTO, with reads and writes
       keyward-bench sts PROGRAM FOLDER MOTO    makes and uses sessions, beside moto's server
       keyward-bench large PROGRAM FOLDER       fills an account to its quotas, and 100 accounts with 1,000 users each
       keyward-bench explain PROGRAM FOLDER PEER    asks an export of 5,000 roles, beside the node script PEER
       keyward-bench drive PROGRAM FOLDER mix|read|write|GetUser|TagUser… CONNECTIONS SECONDS    one load, for a profiler beside it
       keyward-bench train PROGRAM FOLDER       has PROGRAM do what it mostly does, for a profile of it
       keyward-bench hello PORT BYTES     serves a body of BYTES bytes until standard input ends
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["api", program, folder] => api::run(Path::new(program), Path::new(folder)),
        ["large", program, folder] => large::run(Path::new(program), Path::new(folder)),
        ["mix", program, folder, moto] => {
            mix::run(Path::new(program), Path::new(folder), Path::new(moto))
        }
        ["sts", program, folder, moto] => {
            sts::run(Path::new(program), Path::new(folder), Path::new(moto))
        }
        ["explain", program, folder, peer] => {
            explain::run(Path::new(program), Path::new(folder), Path::new(peer))
        }
        ["drive", program, folder, kind, connections, seconds] => drive::run(
            Path::new(program),
            Path::new(folder),
            kind,
            connections,
            seconds,
        ),
        ["train", program, folder] => train::run(Path::new(program), Path::new(folder)),
        ["hello", port, bytes] => hello::run(port, bytes),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyward-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
