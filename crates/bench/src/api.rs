//! The API beside a bare server: the same bytes to both, in turn.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;

use crate::client::Connection;
use crate::load::{self, MANY, Requests, Slice, cores};
use crate::process::{self, Server};
use crate::request::{ACCOUNT_ID, Signer, Target, now};
use crate::table::{Row, Spread, layout};
use crate::{start, writes};

/// Slices of each server; a slice of one is followed by a slice of the other. Short and many: what else the machine does comes
/// and goes within seconds, and the middle of many ratios hardly sees it.
const SLICES: usize = 11;
const SLICE_WITH_MANY: Duration = Duration::from_millis(1200);
const SLICE_WITH_ONE: Duration = Duration::from_millis(600);

/// Measures everything and prints the table.
pub(crate) fn run(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let (program, folder) = process::places(program, folder)?;
    println!(
        "keyward beside a bare hyper server and a raw append + fdatasync loop; {} cores, all on one machine",
        cores()
    );
    let mut rows = start::measure(&program, folder.path())?;
    let data = folder.path().join("data");
    let keyward = Server::keyward(&program, &data)?;
    let signer = Signer::new(keyward.address);
    let identity = identity_requests(&signer)?;
    let bare = Server::hello(answer_length(&keyward, &identity)?)?;
    let pairs = slices(&keyward, &bare, MANY, SLICE_WITH_MANY, &identity)?;
    let own_cpu = Spread::of(pairs.iter().map(|pair| pair.keyward.own_cpu()));
    rows.extend(busy_rows(&pairs));
    let pairs = slices(&keyward, &bare, 1, SLICE_WITH_ONE, &identity)?;
    rows.extend(quiet_rows(&pairs));
    drop(bare);
    rows.push(Row {
        figure: "resident memory after that, MB",
        keyward: format!("{:.1}", f64::from(keyward.resident_kib()?) * 1.024 / 1000.0),
        ..Row::default()
    });
    rows.extend(writes::measure(&keyward, signer, &data)?);
    keyward.stop()?;
    print!("{}", layout(&rows));
    println!(
        "the load generator itself took {:.1} µs of CPU time a request; the goals are those of an otherwise idle machine",
        own_cpu.median
    );
    Ok(())
}

/// A slice of each, one right after the other.
struct Pair {
    keyward: Slice,
    bare: Slice,
}

/// Signs a request for each connection, each at another second, so that no two signatures are the same.
pub(crate) fn identity_requests(signer: &Signer) -> anyhow::Result<Requests> {
    let signed: Vec<Bytes> = (0..MANY)
        .map(|number| {
            let at = now()? - i64::try_from(number)?;
            Ok(signer.request(Target::Sts, "GetCallerIdentity", at))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Arc::new(move |number| {
        signed.get(number).cloned().unwrap_or_default()
    }))
}

/// Checks one answer by its content and returns the length of its body.
fn answer_length(server: &Server, requests: &Requests) -> anyhow::Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        let body = connection.exchange(&requests(0)).await?;
        let text = String::from_utf8_lossy(body);
        ensure!(
            text.contains(&format!("<Account>{ACCOUNT_ID}</Account>")),
            "a wrong answer: {text}"
        );
        Ok(body.len())
    })
}

fn slices(
    keyward: &Server,
    bare: &Server,
    connections: usize,
    time: Duration,
    requests: &Requests,
) -> anyhow::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for _ in 0..SLICES {
        pairs.push(Pair {
            keyward: load::drive(keyward, connections, time, requests)?,
            bare: load::drive(bare, connections, time, requests)?,
        });
    }
    Ok(pairs)
}

fn busy_rows(pairs: &[Pair]) -> Vec<Row> {
    vec![
        row(
            "GetCallerIdentity, 64 connections, requests/s",
            pairs,
            Slice::rate,
            0,
            "≥ 0.75",
        ),
        row(
            "  server's CPU time, µs/request",
            pairs,
            Slice::server_cpu,
            1,
            "",
        ),
        row("  latency p50, µs", pairs, |slice| slice.latency(50), 0, ""),
        row("  latency p99, µs", pairs, |slice| slice.latency(99), 0, ""),
    ]
}

fn quiet_rows(pairs: &[Pair]) -> Vec<Row> {
    vec![
        row(
            "GetCallerIdentity, 1 connection, requests/s",
            pairs,
            Slice::rate,
            0,
            "",
        ),
        row("  latency p50, µs", pairs, |slice| slice.latency(50), 0, ""),
        row("  latency p99, µs", pairs, |slice| slice.latency(99), 0, ""),
    ]
}

fn row(
    figure: &'static str,
    pairs: &[Pair],
    measure: impl Fn(&Slice) -> f64,
    decimals: usize,
    goal: &'static str,
) -> Row {
    let of = |slice: fn(&Pair) -> &Slice| {
        let median = Spread::of(pairs.iter().map(|pair| measure(slice(pair)))).median;
        format!("{median:.decimals$}")
    };
    let ratios = pairs
        .iter()
        .map(|pair| measure(&pair.keyward) / measure(&pair.bare));
    Row {
        figure,
        keyward: of(|pair| &pair.keyward),
        floor: of(|pair| &pair.bare),
        ratio: Spread::of(ratios).text(2),
        goal,
    }
}
