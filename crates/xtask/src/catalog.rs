//! `cargo xtask catalog`: the committed tables of `crates/catalog`.
//!
//! - `catalog` and `catalog --check` read the tables through the crate's public functions, print what was read and
//!   compare: a table that holds more, less or something else than the crate understands fails. Needs no network.
//! - `catalog --refresh FOLDER` writes the tables from packages unpacked in FOLDER. How to get them, and their licences:
//!   `docs/decisions/0004-catalog-sources.md`.

mod actions;
mod committed;
mod frame;
mod iam_data;
mod managed;
mod moto;
mod policy_sentry;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use actions::Actions;
use managed::Policies;

/// The file of what AWS calls its services.
const NAMES: &str = "service-names.txt";

/// The file of the services that resource control policies cover, which the table of actions says as well.
const COVERED: &str = "rcp-services.txt";

/// Where a table's facts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    name: String,
    version: String,
    date: String,
    licence: String,
}

impl Source {
    /// Returns the line of a table's header.
    fn print(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}",
            self.name, self.version, self.date, self.licence
        )
    }
}

/// Runs the chore with the words that follow `catalog`.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        [] | ["--check"] => check(),
        ["--refresh", folder] => refresh(Path::new(folder)),
        _ => bail!("usage: cargo xtask catalog [--check | --refresh FOLDER]"),
    }
}

fn refresh(folder: &Path) -> Result<()> {
    let mut actions = iam_data::read(&folder.join("package"))?;
    policy_sentry::add_dependents(folder, &mut actions)?;
    let policies = moto::read(folder)?;
    let data = data()?;
    for (name, frames) in [
        ("actions.bin", actions.frames()?),
        ("policies.bin", policies.frames()?),
    ] {
        let packed = frame::pack(&frames)?;
        fs::write(data.join(name), &packed).with_context(|| format!("cannot write {name}"))?;
        println!(
            "{name}: {} bytes, {} unpacked",
            packed.len(),
            frames.iter().map(String::len).sum::<usize>()
        );
    }
    let names = iam_data::names(&folder.join("package"))?;
    fs::write(data.join(NAMES), names).with_context(|| format!("cannot write {NAMES}"))?;
    fs::write(data.join(COVERED), actions.covered_by_rcps())
        .with_context(|| format!("cannot write {COVERED}"))?;
    report(&actions, &policies);
    Ok(())
}

fn check() -> Result<()> {
    let data = data()?;
    let (actions, policies) = (committed::actions()?, committed::policies()?);
    for (name, frames) in [
        ("actions.bin", actions.frames()?),
        ("policies.bin", policies.frames()?),
    ] {
        let bytes = fs::read(data.join(name)).with_context(|| format!("cannot read {name}"))?;
        // Unpacked: what a compressor makes of the same text may change with its version.
        let there = frame::unpack(&bytes).with_context(|| format!("{name} is damaged"))?;
        ensure!(
            there == frames,
            "{name} is not what the crate reads from it: restore it, or `catalog --refresh` it"
        );
    }
    let there =
        fs::read_to_string(data.join(NAMES)).with_context(|| format!("cannot read {NAMES}"))?;
    ensure!(
        there == committed::service_names()?,
        "{NAMES} does not name each service once: restore it, or `catalog --refresh` it"
    );
    let there =
        fs::read_to_string(data.join(COVERED)).with_context(|| format!("cannot read {COVERED}"))?;
    ensure!(
        there == actions.covered_by_rcps(),
        "{COVERED} is not what the table of actions says: restore it, or `catalog --refresh` it"
    );
    report(&actions, &policies);
    Ok(())
}

fn report(actions: &Actions, policies: &Policies) {
    for source in actions.sources.iter().chain([&policies.source]) {
        println!(
            "from {} {} ({}, {})",
            source.name, source.version, source.date, source.licence
        );
    }
    println!(
        "{}; {} managed policies",
        actions.summary(),
        policies.policies.len()
    );
}

fn data() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    Ok(root
        .context("the crate is not in a workspace")?
        .join("crates/catalog/data"))
}

/// Finds the version of an unpacked Python package by the name of its `NAME-VERSION.dist-info` folder.
fn python_version(folder: &Path, package: &str) -> Result<String> {
    let mut versions = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let name = entry?.file_name();
        let version = name
            .to_str()
            .and_then(|name| name.strip_suffix(".dist-info"));
        versions.extend(
            version
                .and_then(|name| name.strip_prefix(package)?.strip_prefix('-'))
                .map(str::to_owned),
        );
    }
    match versions.as_slice() {
        [version] => Ok(version.clone()),
        _ => bail!(
            "{} does not hold exactly one {package}-VERSION.dist-info",
            folder.display()
        ),
    }
}
