//! Four reads to one write, beside moto's server, which keeps nothing on disk and checks no signature.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::calls::Calls;
use crate::client::Connection;
use crate::load::{self, MANY, Requests, Slice, cores};
use crate::process::{self, Server};
use crate::request::{Signer, Target, now};
use crate::table::{Row, Spread, layout};

/// Rounds; each drives both servers with one client and with many.
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(3);
const DOCUMENT: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
    %22Action%22%3A%22iam%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";

/// The calls of the mix: about the user of a connection, `{n}`; what changes something has another `{value}` than before.
const CALLS: [&str; 5] = [
    "GetUser&UserName=user-{n}",
    "ListAccessKeys&UserName=user-{n}",
    "GetUserPolicy&UserName=user-{n}&PolicyName=p",
    "ListUserTags&UserName=user-{n}",
    "TagUser&UserName=user-{n}&Tags.member.1.Key=bench&Tags.member.1.Value={value}",
];

/// One server's share of a round.
struct Share {
    one: Slice,
    many: Slice,
}

/// Measures both and prints the table.
pub(crate) fn run(program: &Path, folder: &Path, moto: &Path) -> anyhow::Result<()> {
    let (program, folder) = process::places(program, folder)?;
    println!(
        "80 % reads, 20 % writes; keyward durable, moto in memory; {} cores, all on one machine",
        cores()
    );
    let keyward = Server::keyward(&program, &folder.path().join("data"))?;
    let peer = Server::moto(moto)?;
    let (own, others) = (requests(&keyward, None)?, requests(&peer, None)?);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((share(&keyward, &own)?, share(&peer, &others)?));
    }
    let rows = [
        row(
            "mix, 1 client, requests/s",
            &rounds,
            |share| &share.one,
            "≥ 10",
        ),
        row(
            "mix, 64 clients, requests/s",
            &rounds,
            |share| &share.many,
            "≥ 100",
        ),
    ];
    print!("{}", layout(&rows));
    keyward.stop()
}

fn share(server: &Server, requests: &Requests) -> anyhow::Result<Share> {
    Ok(Share {
        one: load::drive(server, 1, ROUND, requests)?,
        many: load::drive(server, MANY, ROUND, requests)?,
    })
}

fn row(
    figure: &'static str,
    rounds: &[(Share, Share)],
    slice: fn(&Share) -> &Slice,
    goal: &'static str,
) -> Row {
    let rates = |of: fn(&(Share, Share)) -> &Share| {
        Spread::of(rounds.iter().map(|round| slice(of(round)).rate())).median
    };
    let ratio = rounds
        .iter()
        .map(|(own, peer)| slice(own).rate() / slice(peer).rate());
    Row {
        figure,
        keyward: format!("{:.0}", rates(|round| &round.0)),
        floor: format!("{:.0}", rates(|round| &round.1)),
        ratio: Spread::of(ratio).text(1),
        goal,
    }
}

/// Finds a call of the mix by its operation.
pub(crate) fn call(operation: &str) -> Option<&'static [&'static str]> {
    let is_it = |call: &&str| call.split('&').next() == Some(operation);
    let number = CALLS.iter().position(is_it)?;
    CALLS.get(number..=number)
}

/// Makes a user with an inline policy for each connection, and returns the calls that all make in turn, or `only` one.
pub(crate) fn requests(
    server: &Server,
    only: Option<&'static [&'static str]>,
) -> anyhow::Result<Requests> {
    let signer = Signer::new(server.address);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        for number in 0..MANY {
            for action in [
                format!("CreateUser&UserName=user-{number}"),
                format!(
                    "PutUserPolicy&UserName=user-{number}&PolicyName=p&PolicyDocument={DOCUMENT}"
                ),
            ] {
                let request = signer.request(Target::Iam, &action, now()?);
                connection.exchange(&request).await?;
            }
        }
        anyhow::Ok(())
    })?;
    let (calls, turn) = (
        Calls::new(signer, only.unwrap_or(&CALLS))?,
        AtomicUsize::new(0),
    );
    Ok(Arc::new(move |number| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        calls.request(number, turn % calls.len())
    }))
}
