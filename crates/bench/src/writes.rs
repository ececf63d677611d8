//! Durable writes of a single record through the API, beside a raw append + fdatasync loop.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::calls::Calls;
use crate::client::Connection;
use crate::load::{self, MANY, Requests, Slice};
use crate::process::Server;
use crate::request::{Signer, Target, now};
use crate::table::{Row, Spread};

/// Rounds of raw loop, one writer, many writers; short and many, as `api::SLICES` says.
const ROUNDS: usize = 11;
const ROUND: Duration = Duration::from_millis(1000);
const TAG: &[&str] =
    &["TagUser&UserName=writer-{n}&Tags.member.1.Key=bench&Tags.member.1.Value={value}"];
/// About what a record takes.
const RECORD: [u8; 512] = [7; 512];

/// The figures of a round.
struct Round {
    raw: f64,
    one: Slice,
    many: Slice,
}

/// Each writer tags a user of its own, again and again, with a value that changes.
pub(crate) fn measure(server: &Server, signer: Signer, folder: &Path) -> anyhow::Result<Vec<Row>> {
    create_users(server, &signer)?;
    let tags = tag_requests(signer)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(Round {
            raw: raw(folder)?,
            one: load::drive(server, 1, ROUND, &tags)?,
            many: load::drive(server, MANY, ROUND, &tags)?,
        });
    }
    let raw = Spread::of(rounds.iter().map(|round| round.raw)).median;
    let rate = |figure, slice: fn(&Round) -> &Slice, goal| Row {
        figure,
        keyward: whole(&rounds, |round| slice(round).rate()),
        floor: format!("{raw:.0}"),
        ratio: Spread::of(rounds.iter().map(|round| slice(round).rate() / round.raw)).text(2),
        goal,
    };
    let latency = |figure, slice: fn(&Round) -> &Slice, percent| Row {
        figure,
        keyward: whole(&rounds, |round| slice(round).latency(percent)),
        ..Row::default()
    };
    Ok(vec![
        rate(
            "TagUser, 1 writer, durable writes/s",
            |round| &round.one,
            "≥ 0.5",
        ),
        latency("  latency p50, µs", |round| &round.one, 50),
        latency("  latency p99, µs", |round| &round.one, 99),
        rate(
            "TagUser, 64 writers, durable writes/s",
            |round| &round.many,
            "≥ 5",
        ),
        latency("  latency p50, µs", |round| &round.many, 50),
        latency("  latency p99, µs", |round| &round.many, 99),
        Row {
            figure: "  server's CPU time, µs/request",
            keyward: format!(
                "{:.1}",
                Spread::of(rounds.iter().map(|round| round.many.server_cpu())).median
            ),
            ..Row::default()
        },
    ])
}

fn whole(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> String {
    format!("{:.0}", Spread::of(rounds.iter().map(figure)).median)
}

pub(crate) fn create_users(server: &Server, signer: &Signer) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        for number in 0..MANY {
            let action = format!("CreateUser&UserName=writer-{number}");
            let request = signer.request(Target::Iam, &action, now()?);
            connection.exchange(&request).await?;
        }
        Ok(())
    })
}

/// Makes writes that each change what the one before left.
pub(crate) fn tag_requests(signer: Signer) -> anyhow::Result<Requests> {
    let calls = Calls::new(signer, TAG)?;
    Ok(Arc::new(move |number| calls.request(number, 0)))
}

/// Returns the appends a second that the disk makes durable one by one.
fn raw(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("raw");
    let mut file = File::create(&path)?;
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < ROUND {
        file.write_all(&RECORD)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
