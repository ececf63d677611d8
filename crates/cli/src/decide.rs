//! `keyward decide`: JSON lines in, JSON lines out.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use keyward_simulate::{Reply, answer_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward decide --file requests.jsonl
  keyward decide < requests.jsonl > answers.jsonl

A line has principal, action and resource, and where they matter: id, principalIssuer, resourceAccount, context, identityPolicies,
resourcePolicy, permissionsBoundary, sessionPolicies, serviceControlPolicies, resourceControlPolicies, endpointPolicies.")]
pub(crate) struct Arguments {
    /// Reads the lines of a file instead of standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Whether every line could be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    All,
    NotAll,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let result = match &arguments.file {
        None => answer_lines(std::io::stdin().lock(), std::io::stdout().lock()),
        Some(path) => File::open(path)
            .with_context(|| format!("can't read {}", path.display()))
            .and_then(|file| answer_lines(file, std::io::stdout().lock())),
    };
    match result {
        Ok(Lines::All) => ExitCode::SUCCESS,
        Ok(Lines::NotAll) => ExitCode::from(2),
        Err(error) => {
            eprintln!("keyward: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Answers each line that is not blank; a malformed one is answered with its error, and the rest go on.
fn answer_lines(input: impl Read, output: impl Write) -> anyhow::Result<Lines> {
    let (mut input, mut output) = (BufReader::new(input), BufWriter::new(output));
    let mut lines = Lines::All;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input
            .read_until(b'\n', &mut line)
            .context("can't read a line")?
            == 0
        {
            break;
        }
        // What is not UTF-8 is no JSON either, and is answered as such.
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let reply = answer_line(text.trim());
        if matches!(reply, Reply::Malformed(_)) {
            lines = Lines::NotAll;
        }
        writeln!(output, "{}", reply.to_json()).context("can't write an answer")?;
        // Whoever waits at the other end of a pipe gets its answer before the next line is waited for.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &[&str], lines: Lines) {
        let mut output = Vec::new();
        assert_eq!(answer_lines(input.as_bytes(), &mut output).unwrap(), lines);
        let output = String::from_utf8(output).unwrap();
        assert_eq!(output.lines().count(), expected.len(), "{output}");
        for (line, part) in output.lines().zip(expected) {
            assert!(line.contains(part), "{line} lacks {part}");
        }
    }

    #[test]
    fn every_line_gets_its_answer() {
        let good = r#"{"id":"1","principal":"arn:aws:iam::111122223333:user/alice","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333","identityPolicies":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}]}"#;
        check("", &[], Lines::All);
        check(good, &[r#""decision":"allowed""#], Lines::All);
        check(
            &format!("{good}\n\n{good}\n"),
            &["allowed", "allowed"],
            Lines::All,
        );
        check(
            &format!("nonsense\n{good}"),
            &["error", "allowed"],
            Lines::NotAll,
        );
        check(
            "{\"id\":\"7\"}\n\u{fffd}",
            &[r#""id":"7""#, "error"],
            Lines::NotAll,
        );
    }
}
