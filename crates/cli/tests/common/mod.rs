//! What the tests of the program share.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in a folder, without the environment of whoever tests.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keyward"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}
