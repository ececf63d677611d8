//! Benches: figures as ratios against a bare floor in the same run. `docs/bench.md` says what they mean.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use crate::process::{self, root, run_command};

const NAMES: &[&str] = &["sigv4", "engine", "store", "explain", "api", "sts", "large"];

/// The peer that `bench api` drives beside Keyward, from PyPI.
const MOTO: &str = "moto[server,iam,sts]==5.2.5";

/// The peer that `bench explain` asks beside Keyward, from npm. It is run as a program and never shipped: its licence is
/// the AGPL.
const SIMULATE: &str = "@cloud-copilot/iam-simulate@0.1.173";

/// Runs one bench by its name, or all.
pub(crate) fn run(names: &[&str]) -> anyhow::Result<()> {
    match names {
        [] => NAMES.iter().try_for_each(|name| one(name)),
        [name] => one(name),
        _ => bail!("one bench at a time, or none for all"),
    }
}

fn one(name: &str) -> anyhow::Result<()> {
    match name {
        "api" => api(),
        "engine" => engine(),
        "explain" => drive("explain", &[node_peer()?]),
        "large" => drive("large", &[]),
        "sigv4" => process::run(
            "cargo",
            &[
                "bench",
                "--quiet",
                "--package",
                "keyward-sigv4",
                "--bench",
                "verify",
            ],
        ),
        "store" => store(),
        "sts" => drive("sts", &[python_peer(MOTO, "moto_server")?]),
        _ => bail!("no bench {name}; there are {}", NAMES.join(", ")),
    }
}

/// Builds the program and its driver as they are released, and runs the one with the other: beside a bare server, and
/// beside moto's.
fn api() -> anyhow::Result<()> {
    drive("api", &[])?;
    let moto = python_peer(MOTO, "moto_server")?;
    drive("mix", &[moto])
}

/// Runs the driver with the program.
fn drive(bench: &str, more: &[PathBuf]) -> anyhow::Result<()> {
    // As the README builds it: with another package beside it, its libraries could have more features.
    let build = ["build", "--quiet", "--release", "--package", "keyward-cli"];
    process::run("cargo", &build)?;
    let mut driver = Command::new(driver()?);
    driver.arg(bench).arg(target().join("release/keyward"));
    run_command(driver.arg(target().join("bench")).args(more))
}

/// Builds the driver and returns its program. It and the bare server in it are built as anybody builds one, without the
/// profile that the program's own release builds have.
pub(crate) fn driver() -> anyhow::Result<PathBuf> {
    let folder = target().join("bench-driver");
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "keyward-bench",
    ]);
    cargo.env("CARGO_TARGET_DIR", &folder);
    run_command(cargo.env("RUSTC_WRAPPER", ""))?;
    Ok(folder.join("release/keyward-bench"))
}

/// Installs a peer into a virtual environment of its own and returns its program.
fn python_peer(package: &str, program: &str) -> anyhow::Result<PathBuf> {
    let folder = target().join("peers");
    let found = folder.join("bin").join(program);
    if !found.exists() {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut install = Command::new(folder.join("bin/python"));
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        run_command(install.arg(package))?;
    }
    Ok(found)
}

/// Installs the peer from npm beside a copy of the script that asks it, and returns the script.
fn node_peer() -> anyhow::Result<PathBuf> {
    let folder = target().join("peers-npm");
    std::fs::create_dir_all(&folder)?;
    let script = folder.join("simulate.mjs");
    std::fs::copy(root().join("crates/bench/peers/simulate.mjs"), &script)?;
    if !folder
        .join("node_modules/@cloud-copilot/iam-simulate")
        .exists()
    {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", SIMULATE]);
        run_command(npm.arg("--prefix").arg(&folder))?;
    }
    Ok(script)
}

/// The engine beside cedar-policy, which is built in a workspace of its own.
fn engine() -> anyhow::Result<()> {
    let folder = target().join("bench-cedar");
    let mut cargo = Command::new("cargo");
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
        "crates/engine/benches/cedar/Cargo.toml",
        "--target-dir",
    ]);
    run_command(cargo.arg(folder))
}

fn store() -> anyhow::Result<()> {
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let mut cargo = Command::new("cargo");
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "keyward-store",
        "--example",
        "bench",
        "--",
    ]);
    run_command(cargo.arg(folder))
}

/// Where cargo builds: on the disk of the checkout, unlike a system's folder for temporary files, which may be memory.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}
