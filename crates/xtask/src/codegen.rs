//! `cargo xtask codegen`: the wire shapes from the service models.
//!
//! - `codegen` writes `crates/wire/src/generated/` from `models/*.json`;
//! - `codegen --check` does it in memory and fails on a difference;
//! - `codegen --refresh DIR` first writes `models/*.json` from an unpacked botocore wheel (`DIR` holds `botocore/data`).

mod emit;
mod model;
mod names;
mod pattern;
mod refresh;
mod service;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use model::Model;

/// A service whose shapes are generated.
struct Source {
    /// The name of its module and the variant of `Service`.
    module: &'static str,
    variant: &'static str,
    version: &'static str,
}

const SOURCES: [Source; 2] = [
    Source {
        module: "iam",
        variant: "Iam",
        version: "2010-05-08",
    },
    Source {
        module: "sts",
        variant: "Sts",
        version: "2011-06-15",
    },
];

/// Runs the chore with the words that follow `codegen`.
pub(crate) fn run_with(words: &[&str]) -> Result<()> {
    match words {
        [] => run(false),
        ["--check"] => run(true),
        ["--refresh", folder] => {
            refresh_models(Path::new(folder))?;
            run(false)
        }
        _ => bail!("usage: cargo xtask codegen [--check | --refresh DIR]"),
    }
}

/// Generates the code; with `check` only compares it with what is there.
pub(crate) fn run(check: bool) -> Result<()> {
    let target = root()?.join("crates/wire/src/generated");
    let files = generate()?;
    let present = present_files(&target)?;
    if check {
        for (path, text) in &files {
            let stale = present.get(path).is_none_or(|there| there != text);
            ensure!(
                !stale,
                "{} is stale: run `cargo xtask codegen`",
                target.join(path).display()
            );
        }
        for path in present.keys() {
            ensure!(
                files.contains_key(path),
                "{} is not generated: remove it",
                target.join(path).display()
            );
        }
        return Ok(());
    }
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(target.join(path))?;
    }
    for (path, text) in &files {
        if present.get(path) != Some(text) {
            let path = target.join(path);
            fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.map(Path::to_path_buf)
        .context("the crate is not in a workspace")
}

fn model_path(source: &Source) -> Result<PathBuf> {
    Ok(root()?
        .join("models")
        .join(format!("{}-{}.json", source.module, source.version)))
}

fn refresh_models(folder: &Path) -> Result<()> {
    for source in &SOURCES {
        let model = refresh::trim(
            &folder
                .join("botocore/data")
                .join(source.module)
                .join(source.version),
        )?;
        fs::write(model_path(source)?, model.print()?)?;
    }
    Ok(())
}

/// All generated files by their path below `generated/`.
fn generate() -> Result<BTreeMap<PathBuf, String>> {
    let mut models = Vec::new();
    for source in &SOURCES {
        let path = model_path(source)?;
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let model = Model::parse(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            model.metadata.api_version == source.version,
            "{} has another version",
            path.display()
        );
        models.push((source, model));
    }
    let mut files = BTreeMap::new();
    files.insert(PathBuf::from("mod.rs"), emit::root_module());
    files.insert(PathBuf::from("operation.rs"), emit::operation(&models)?);
    files.insert(
        PathBuf::from("for_operation.rs"),
        emit::for_operation(&models)?,
    );
    files.insert(PathBuf::from("error_shape.rs"), emit::error_shape(&models)?);
    for (source, model) in &models {
        for (name, text) in service::emit(source, model)? {
            files.insert(Path::new(source.module).join(name), text);
        }
    }
    for text in files.values_mut() {
        *text = rustfmt(text)?;
    }
    Ok(files)
}

fn present_files(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.exists() {
            continue;
        }
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(folder)?.to_path_buf(),
                    fs::read_to_string(&path)?,
                );
            }
        }
    }
    Ok(files)
}

fn rustfmt(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start rustfmt")?;
    child
        .stdin
        .take()
        .context("rustfmt has no input")?
        .write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "rustfmt refuses the generated code:\n{text}"
    );
    Ok(String::from_utf8(output.stdout)?)
}
