//! One explanation and one `who-can` over an export of 5,000 roles, each a process of its own that reads the file, beside
//! `@cloud-copilot/iam-simulate` on the same question.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use keyward_testkit::exports::{many_roles, role_arn};

use crate::table::{Row, Spread, layout};

/// How often the peer is asked.
const ROUNDS: usize = 3;
/// How often Keyward is asked before each time, since it takes less.
const EACH: usize = 5;

const ACTION: &str = "s3:GetObject";
const RESOURCE: &str = "arn:aws:s3:::shared-reports/x";

/// Runs the bench. `peer` is a script for node.
pub(crate) fn run(program: &Path, folder: &Path, peer: &Path) -> anyhow::Result<()> {
    let export = write_export(folder)?;
    println!(
        "{} MB, {} rounds of keyward and {ROUNDS} of the peer in turn, in milliseconds; {}",
        export.metadata()?.len() / 1_000_000,
        EACH * ROUNDS,
        std::fs::read_to_string("/proc/loadavg")?.trim()
    );
    let role = role_arn(14);
    let rows = [
        explain(program, peer, &export, &role)?,
        who_can(program, peer, &export)?,
    ];
    print!("{}", layout(&rows));
    Ok(())
}

/// Asks both questions once, without a peer.
pub(crate) fn ask_once(program: &Path, export: &Path) -> anyhow::Result<()> {
    output(&mut explanation(program, export, &role_arn(14)))?;
    output(&mut search(program, export)).map(drop)
}

/// Writes the export that is asked about, and returns where.
pub(crate) fn write_export(folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let file = many_roles().into_iter().next().context("no export")?;
    let export = folder.join("5000-roles.json");
    std::fs::write(&export, &file.text)?;
    Ok(export)
}

fn explanation(program: &Path, export: &Path, role: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("explain").arg("--export").arg(export);
    command.args(["--principal", role, "--action", ACTION]);
    command.args(["--resource", RESOURCE, "--json"]);
    command
}

fn search(program: &Path, export: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("who-can").arg("--export").arg(export);
    command.args(["--action", ACTION, "--resource", RESOURCE, "--json"]);
    command
}

fn explain(program: &Path, peer: &Path, export: &Path, role: &str) -> anyhow::Result<Row> {
    let ours = || {
        let text = output(&mut explanation(program, export, role))?;
        ensure!(
            text.contains(r#""decision": "allowed""#),
            "keyward says {text}"
        );
        Ok(())
    };
    let theirs = || {
        let mut command = Command::new("node");
        command
            .arg(peer)
            .arg(export)
            .args(["explain", role, ACTION, RESOURCE]);
        let text = output(&mut command)?;
        ensure!(text.trim() == "Allowed", "the peer says {text}");
        Ok(())
    };
    row(
        "one explanation, cold, ms",
        ours,
        theirs,
        "< 300, 50 times faster",
    )
}

fn who_can(program: &Path, peer: &Path, export: &Path) -> anyhow::Result<Row> {
    let count = Cell::new(0);
    let ours = || {
        let found = output(&mut search(program, export))?;
        count.set(found.matches(r#""principal": "#).count());
        ensure!(count.get() > 0, "keyward finds nobody");
        Ok(())
    };
    let theirs = || {
        let mut command = Command::new("node");
        command
            .arg(peer)
            .arg(export)
            .args(["who-can", ACTION, RESOURCE]);
        let found: usize = output(&mut command)?.trim().parse()?;
        let count = count.get();
        ensure!(found == count, "keyward finds {count} and the peer {found}");
        Ok(())
    };
    row(
        "who-can over 5,000 roles, ms",
        ours,
        theirs,
        "< 2000, 50 times faster",
    )
}

/// Times both in turn, so that what else the machine does is the same for both.
fn row(
    figure: &'static str,
    mut ours: impl FnMut() -> anyhow::Result<()>,
    mut theirs: impl FnMut() -> anyhow::Result<()>,
    goal: &'static str,
) -> anyhow::Result<Row> {
    let (mut mine, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..EACH {
            mine.push(milliseconds(&mut ours)?);
        }
        peers.push(milliseconds(&mut theirs)?);
    }
    let (mine, peers) = (Spread::of(mine), Spread::of(peers));
    Ok(Row {
        figure,
        keyward: mine.text(0),
        floor: peers.text(0),
        ratio: format!("{:.1} times", peers.median / mine.median),
        goal,
    })
}

fn milliseconds(one: &mut impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let started = Instant::now();
    one()?;
    Ok(started.elapsed().as_secs_f64() * 1_000.0)
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .output()
        .with_context(|| format!("can't run {}", command.get_program().display()))?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "{} ended with {}: {text}{}",
        command.get_program().display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}
