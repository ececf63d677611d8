//! One explanation and one `who-can` over an export of 5,000 roles, each a process of its own that reads the file, beside
//! `@cloud-copilot/iam-simulate` on the same question.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use keyward_testkit::exports::{many_roles, role_arn};

use crate::table::{Row, Spread, layout};

/// How often Keyward is asked.
const ROUNDS: usize = 11;
/// How often the peer is asked, which takes longer.
const PEER_ROUNDS: usize = 3;

const ACTION: &str = "s3:GetObject";
const RESOURCE: &str = "arn:aws:s3:::shared-reports/x";

/// Runs the bench. `peer` is a script for node.
pub(crate) fn run(program: &Path, folder: &Path, peer: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = many_roles().into_iter().next().context("no export")?;
    let export = folder.join("5000-roles.json");
    std::fs::write(&export, &file.text)?;
    println!(
        "{} MB, {ROUNDS} rounds of keyward and {PEER_ROUNDS} of the peer, in milliseconds; {}",
        file.text.len() / 1_000_000,
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

fn explain(program: &Path, peer: &Path, export: &Path, role: &str) -> anyhow::Result<Row> {
    let ours = rounds(ROUNDS, || {
        let mut command = Command::new(program);
        command.arg("explain").arg("--export").arg(export);
        command.args([
            "--principal",
            role,
            "--action",
            ACTION,
            "--resource",
            RESOURCE,
            "--json",
        ]);
        let text = output(&mut command)?;
        ensure!(
            text.contains(r#""decision": "allowed""#),
            "keyward says {text}"
        );
        Ok(())
    })?;
    let theirs = rounds(PEER_ROUNDS, || {
        let mut command = Command::new("node");
        command
            .arg(peer)
            .arg(export)
            .args(["explain", role, ACTION, RESOURCE]);
        let text = output(&mut command)?;
        ensure!(text.trim() == "Allowed", "the peer says {text}");
        Ok(())
    })?;
    Ok(row(
        "one explanation, cold, ms",
        ours,
        theirs,
        "< 300, 50 times faster",
    ))
}

fn who_can(program: &Path, peer: &Path, export: &Path) -> anyhow::Result<Row> {
    let mut count = 0;
    let ours = rounds(ROUNDS, || {
        let mut command = Command::new(program);
        command.arg("who-can").arg("--export").arg(export);
        command.args(["--action", ACTION, "--resource", RESOURCE, "--json"]);
        count = output(&mut command)?.matches(r#""principal": "#).count();
        ensure!(count > 0, "keyward finds nobody");
        Ok(())
    })?;
    let theirs = rounds(PEER_ROUNDS, || {
        let mut command = Command::new("node");
        command
            .arg(peer)
            .arg(export)
            .args(["who-can", ACTION, RESOURCE]);
        let found: usize = output(&mut command)?.trim().parse()?;
        ensure!(found == count, "keyward finds {count} and the peer {found}");
        Ok(())
    })?;
    Ok(row(
        "who-can over 5,000 roles, ms",
        ours,
        theirs,
        "< 2000, 50 times faster",
    ))
}

fn row(figure: &'static str, ours: Spread, theirs: Spread, goal: &'static str) -> Row {
    Row {
        figure,
        keyward: ours.text(0),
        floor: theirs.text(0),
        ratio: format!("{:.1} times", theirs.median / ours.median),
        goal,
    }
}

/// Times something again and again, in milliseconds.
fn rounds(count: usize, mut one: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Spread> {
    let mut figures = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        one()?;
        figures.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(Spread::of(figures))
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
