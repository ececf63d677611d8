//! The profile that release builds are optimised by: `docs/decisions/0018`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::bench::{driver, target};
use crate::process::{root, run_command};

/// Where the profile stands; `profile/rustc` gives it to the compiler.
const PROFILE: &str = "profile/keyward.profdata";

/// Builds the program so that it counts what it does, has it do what it mostly does, and writes the profile anew.
pub(crate) fn run() -> anyhow::Result<()> {
    let tool = llvm_profdata()?;
    let folder = target().join("profile");
    let counts = folder.join("counts");
    let mut counting = Command::new("cargo");
    counting.args(["build", "--release", "--package", "keyward-cli"]);
    counting.env("CARGO_TARGET_DIR", &folder).env(
        "RUSTFLAGS",
        format!("-Cprofile-generate={}", counts.display()),
    );
    run_command(&mut counting)?;
    let mut driver = Command::new(driver()?);
    // Macros and build scripts counted too, while the compiler ran them.
    if counts.exists() {
        std::fs::remove_dir_all(&counts)?;
    }
    driver.arg("train").arg(folder.join("release/keyward"));
    run_command(driver.arg(target().join("bench")))?;
    let mut merge = Command::new(tool);
    // What never ran is not in it: the compiler then knows as little of it as without a profile.
    merge
        .args(["merge", "--sparse", "--output"])
        .arg(root().join(PROFILE));
    run_command(merge.arg(counts))?;
    // Cargo does not look at the profile.
    run_command(Command::new("cargo").args(["clean", "--quiet", "--profile", "release"]))
}

/// Finds the tool that reads what the compiler's own version of LLVM counts.
fn llvm_profdata() -> anyhow::Result<PathBuf> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    let host = rustc(&["--print", "host-tuple"])?;
    let tool = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/llvm-profdata");
    ensure!(
        tool.exists(),
        "llvm-profdata is missing: rustup component add llvm-tools"
    );
    Ok(tool)
}

fn rustc(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .args(arguments)
        .output()
        .context("can't run rustc")?;
    ensure!(
        output.status.success(),
        "rustc ended with {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
