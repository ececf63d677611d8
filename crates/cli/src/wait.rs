//! `keyward wait`: until every node answers from a revision.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use keyward_analysis::{BadQuestion, NodeAnswer, NodeState, wanted_revision};
use keyward_diagnose::{Ink, Json, Page};

use crate::nodes::Nodes;
use crate::terminal;

/// Nodes answer, and are behind.
const BEHIND: u8 = 1;
/// A node can't be asked.
const UNKNOWN: u8 = 3;

/// The shortest time between two looks; it doubles up to the longest.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// What `keyward wait` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward wait --endpoint http://127.0.0.1:7600 --endpoint http://127.0.0.1:7601 --revision 42
  keyward wait --endpoint http://127.0.0.1:7600 --revision 42 --timeout 2m
  keyward wait --endpoint http://127.0.0.1:7600 --endpoint http://127.0.0.1:7601 --timeout 0s

Each answer to a write has its revision in the header x-keyward-revision. Nobody needs credentials to wait.

Exit status: 0 every node answers from it, 1 a node is behind, 2 bad input, 3 a node can't be asked.")]
pub(crate) struct Arguments {
    /// A node; may be repeated
    #[arg(long, value_name = "URL", required = true)]
    endpoint: Vec<String>,
    /// The revision to wait for [default: the furthest that any of the nodes has when the wait begins]
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// How long to wait, such as 500ms, 30s or 2m; 0s looks once
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads a time such as `30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time such as 500ms, 30s, 2m, 3h or 1d");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        _ => None,
    }
    .ok_or_else(wrong)
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match wait(arguments) {
        Ok((wanted, nodes)) => {
            terminal::print(&if arguments.json {
                json(wanted, &nodes)
            } else {
                text(wanted, &nodes)
            });
            code(wanted, &nodes)
        }
        Err(error) => terminal::bad_input(&error),
    }
}

fn wait(arguments: &Arguments) -> Result<(u64, Vec<NodeState>), BadQuestion> {
    let nodes = Nodes::new(&arguments.endpoint)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
    let started = Instant::now();
    let mut progress = terminal::Progress::new("nodes answer from the revision");
    Ok(runtime.block_on(async {
        let (mut wanted, mut pause) = (arguments.revision, SHORTEST);
        loop {
            let left = arguments.timeout.saturating_sub(started.elapsed());
            // The last look is not cut short: it is what is told.
            let states = nodes.look(left.max(Duration::from_secs(1))).await;
            let revision = *wanted.get_or_insert_with(|| wanted_revision(&states, None));
            let there = states.iter().filter(|node| node.has(revision)).count();
            if there == states.len() || started.elapsed() >= arguments.timeout {
                return (revision, states);
            }
            progress.at(there, states.len());
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST);
        }
    }))
}

fn code(wanted: u64, nodes: &[NodeState]) -> ExitCode {
    let is_unknown = |node: &NodeState| matches!(node.answer, NodeAnswer::Unknown(_));
    if nodes.iter().any(is_unknown) {
        ExitCode::from(UNKNOWN)
    } else if nodes.iter().all(|node| node.has(wanted)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BEHIND)
    }
}

fn text(wanted: u64, nodes: &[NodeState]) -> String {
    let mut page = Page::new(terminal::style());
    let width = nodes.iter().map(|node| node.endpoint.chars().count());
    let width = width.max().unwrap_or(0);
    for node in nodes {
        let (sign, ink) = match node.has(wanted) {
            true => ("✓", Ink::Good),
            false => ("✗", Ink::Bad),
        };
        let sign = page.ink(sign, ink);
        let (endpoint, described) = (&node.endpoint, node.described(wanted));
        page.line(&format!("{sign} {endpoint:<width$}  {described}"));
    }
    page.finish()
}

fn json(wanted: u64, nodes: &[NodeState]) -> String {
    let shown = nodes.iter().map(|node| {
        let (revision, why) = match &node.answer {
            NodeAnswer::NotReady(revision, why) => (Some(*revision), Some(why)),
            NodeAnswer::Ready(revision) => (Some(*revision), None),
            NodeAnswer::Unknown(why) => (None, Some(why)),
        };
        Json::object([
            ("endpoint", Json::text(&node.endpoint)),
            ("revision", revision.map_or(Json::Null, Json::Number)),
            (
                "behind",
                revision.map_or(Json::Null, |it| Json::Number(wanted.saturating_sub(it))),
            ),
            ("ready", Json::Bool(node.revision().is_some())),
            ("error", Json::optional(why)),
        ])
    });
    let shown = Json::List(shown.collect());
    Json::object([("revision", Json::Number(wanted)), ("nodes", shown)]).pretty() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("0s", Some(0)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("1d", Some(86_400_000)),
            ("30", None),
            ("", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("99999999999999999d", None),
            ("ä", None),
        ] {
            let read = duration(text).ok().map(|it| it.as_millis());
            assert_eq!(read, expected, "{text}");
        }
    }
}
