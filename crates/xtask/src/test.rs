//! Installs what the tests need and runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::process::{self, root, run_command};

/// Programs that tests start, with the Debian package that carries each.
const SYSTEM_PROGRAMS: &[(&str, &str)] = &[
    ("/usr/bin/aws", "awscli"),
    ("/usr/bin/node", "nodejs"),
    ("/usr/bin/npm", "npm"),
    ("/usr/bin/openssl", "openssl"),
    ("/usr/bin/xmlsec1", "xmlsec1"),
];

/// Runs everything that CI runs and is not a lint.
pub(crate) fn run() -> anyhow::Result<()> {
    install_system_packages()?;
    let python = install_python_packages()?;
    install_node_packages()?;
    // With the features of the tests, so that nothing is built twice.
    process::run(
        "cargo",
        &["build", "--workspace", "--bins", "--tests", "--quiet"],
    )?;
    process::run("cargo", &["test", "--workspace", "--quiet"])?;
    let mut clients = Command::new(python);
    clients.args([
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/clients",
    ]);
    run_command(clients.env("KEYWARD_PROGRAM", program()))
}

/// Returns the program that `cargo build` left.
fn program() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug/keyward")
}

fn install_system_packages() -> anyhow::Result<()> {
    let missing = SYSTEM_PROGRAMS
        .iter()
        .filter(|(program, _)| !Path::new(program).exists());
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() {
        bail!(
            "the tests need these packages: apt-get install {}",
            packages.join(" ")
        );
    }
    process::run("apt-get", &["update", "-qq"])?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-qq", "-y", "--no-install-recommends"])
        .args(packages);
    run_command(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Makes or renews the virtual environment and returns its interpreter.
fn install_python_packages() -> anyhow::Result<PathBuf> {
    let requirements = root().join("tests/clients/requirements.txt");
    let wanted = fs::read_to_string(&requirements).context("tests/clients/requirements.txt")?;
    let folder = root().join(".venv");
    let (python, stamp) = (folder.join("bin/python"), folder.join("installed.txt"));
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let mut create = Command::new("python3");
    run_command(create.args(["-m", "venv", "--clear"]).arg(&folder))
        .context("python3 with its venv module is needed (Debian: apt-get install python3-venv)")?;
    let mut install = Command::new(&python);
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&requirements);
    run_command(&mut install)?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}

/// Installs what the lock file of the JavaScript client names, unless it is there.
fn install_node_packages() -> anyhow::Result<()> {
    let folder = root().join("tests/clients/javascript");
    let wanted = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // Commands run in the root of the checkout, so the folder is named.
    let mut install = Command::new("npm");
    install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    run_command(install.arg("--prefix").arg(&folder))?;
    fs::write(&stamp, wanted)?;
    Ok(())
}
