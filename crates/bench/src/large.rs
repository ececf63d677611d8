//! Accounts of the largest size: what a call costs there, and what they take of memory and of the time to start.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::load::{self, MANY, Requests};
use crate::process::{self, Server};
use crate::request::{Signer, Target, now};
use crate::table::{Row, Spread, layout};

const USERS: usize = 5_000;
const ROLES: usize = 1_000;
const POLICIES: usize = 1_500;
const ACCOUNTS: usize = 100;
const USERS_EACH: usize = 1_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(700);
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
    %22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
const DOCUMENT: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
    %22Action%22%3A%22iam%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";

/// Measures everything and prints the table.
pub(crate) fn run(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let (program, folder) = process::places(program, folder)?;
    println!(
        "an account at its quotas beside one of {MANY} users; {ACCOUNTS} accounts of {USERS_EACH} users"
    );
    let mut rows = at_quotas(&program, folder.path())?;
    rows.extend(many_accounts(&program, folder.path())?);
    print!("{}", layout(&rows));
    Ok(())
}

fn at_quotas(program: &Path, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let full = Server::keyward(program, &folder.join("full"))?;
    let small = Server::keyward(program, &folder.join("small"))?;
    let fill = |server: &Server, users, roles, policies| {
        let signer = Arc::new(Signer::new(server.address));
        let user = |number| format!("CreateUser&UserName=user-{number:05}");
        let role = |number| {
            format!("CreateRole&RoleName=role-{number:05}&AssumeRolePolicyDocument={TRUST}")
        };
        let policy = |number| {
            format!("CreatePolicy&PolicyName=policy-{number:05}&PolicyDocument={DOCUMENT}")
        };
        let calls = (0..users).map(user);
        let calls = calls
            .chain((0..roles).map(role))
            .chain((0..policies).map(policy));
        send(
            server,
            calls.map(|call| (Arc::clone(&signer), call)).collect(),
        )
    };
    fill(&full, USERS, ROLES, POLICIES)?;
    fill(&small, MANY, 0, 0)?;
    [
        (
            "ListUsers, 100 a page, at the quotas, requests/s",
            "ListUsers",
        ),
        (
            "GetUser at the quotas, requests/s",
            "GetUser&UserName=user-00042",
        ),
        (
            "GetAccountAuthorizationDetails, 100 a page, requests/s",
            "GetAccountAuthorizationDetails",
        ),
    ]
    .into_iter()
    .map(|(figure, call)| compare(&full, &small, figure, call))
    .chain([details(&full)])
    .collect()
}

/// Reads all pages of an account's details, and returns what the server held for that at the most.
fn details(server: &Server) -> anyhow::Result<Row> {
    let signer = Signer::new(server.address);
    server.forget_peak()?;
    let before = server.resident_kib()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (pages, bytes) = runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        let (mut marker, mut pages, mut bytes) = (String::new(), 0, 0);
        loop {
            let call = format!("GetAccountAuthorizationDetails&MaxItems=1000{marker}");
            let request = signer.request(Target::Iam, &call, now()?);
            let body = String::from_utf8_lossy(connection.exchange(&request).await?).into_owned();
            ensure!(
                body.contains("<GetAccountAuthorizationDetailsResult>"),
                "{body}"
            );
            (pages, bytes) = (pages + 1, bytes + body.len());
            let found = body
                .split_once("<Marker>")
                .and_then(|(_, rest)| rest.split_once('<'));
            let Some((text, _)) = found else { break };
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            marker = format!("&Marker={encoded}");
        }
        anyhow::Ok((pages, bytes))
    })?;
    let above = server.peak_kib()?.saturating_sub(before);
    let megabytes = f64::from(u32::try_from(bytes)?) / 1e6;
    println!("the account's details are {megabytes:.1} MB in {pages} pages of 1,000");
    Ok(Row {
        figure: "  memory for all its pages, 1,000 a page, above rest, MB",
        keyward: format!("{:.1}", f64::from(above) * 1.024 / 1000.0),
        goal: "bounded by a page",
        ..Row::default()
    })
}

/// Drives both in turn; a page of the small account has fewer items, so the cost is compared by the item.
fn compare(full: &Server, small: &Server, figure: &'static str, call: &str) -> anyhow::Result<Row> {
    let (fulls, full_items) = (requests(full, call)?, items(full, call)?);
    let (smalls, small_items) = (requests(small, call)?, items(small, call)?);
    let (mut own, mut floor, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let large = load::drive(full, 1, ROUND, &fulls)?.rate();
        let little = load::drive(small, 1, ROUND, &smalls)?.rate();
        own.push(large);
        floor.push(little);
        ratio.push((little * small_items) / (large * full_items));
    }
    Ok(Row {
        figure,
        keyward: format!("{:.0}", Spread::of(own).median),
        floor: format!("{:.0}", Spread::of(floor).median),
        ratio: Spread::of(ratio).text(2),
        goal: "cost an item ≤ 1.5",
    })
}

fn requests(server: &Server, call: &str) -> anyhow::Result<Requests> {
    let (signer, call) = (Signer::new(server.address), call.to_owned());
    let request: Bytes = signer.request(Target::Iam, &call, now()?);
    Ok(Arc::new(move |_| request.clone()))
}

/// Returns how many users an answer shows.
fn items(server: &Server, call: &str) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let request = requests(server, call)?;
    runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        let body = connection.exchange(&request(0)).await?;
        let count = String::from_utf8_lossy(body).matches("<UserName>").count();
        ensure!(count > 0, "the answer to {call} shows no user");
        Ok(f64::from(u32::try_from(count)?))
    })
}

fn many_accounts(program: &Path, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let data = folder.join("many");
    let server = Server::keyward(program, &data)?;
    let idle = server.resident_kib()?;
    let mut calls = Vec::new();
    for number in 0..ACCOUNTS {
        let signer = Arc::new(account(program, &data, &server, number)?);
        let users = (0..USERS_EACH).map(|user| format!("CreateUser&UserName=user-{user:04}"));
        calls.extend(users.map(|call| (Arc::clone(&signer), call)));
    }
    let begun = Instant::now();
    send(&server, calls)?;
    let seconds = begun.elapsed().as_secs_f64();
    server.stop()?;
    let again = Server::keyward(program, &data)?;
    let users = f64::from(u32::try_from(ACCOUNTS * USERS_EACH)?);
    let above = f64::from(again.resident_kib()?.saturating_sub(idle)) * 1024.0;
    let rows = vec![
        Row {
            figure: "100,000 users made, durable, users/s",
            keyward: format!("{:.0}", users / seconds),
            ..Row::default()
        },
        Row {
            figure: "memory above idle, bytes a user",
            keyward: format!("{:.0}", above / users),
            goal: "≤ 1,024",
            ..Row::default()
        },
        Row {
            figure: "ready after a restart with 100,000 users, ms",
            keyward: format!("{:.0}", again.start_time.as_secs_f64() * 1e3),
            goal: "< 3,000",
            ..Row::default()
        },
    ];
    again.stop()?;
    Ok(rows)
}

/// Makes an account as the operator does and returns what signs for its root user.
fn account(program: &Path, data: &Path, server: &Server, number: usize) -> anyhow::Result<Signer> {
    let made = Command::new(program)
        .args(["admin", "--data-dir"])
        .arg(data)
        .args(["account", "create", "--json", "--email"])
        .arg(format!("root-{number}@bench.test"))
        .output()?;
    ensure!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let text = String::from_utf8(made.stdout)?;
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("\"{name}\""))?;
        rest.split('"').nth(1)
    };
    let id = field("rootAccessKeyId").context("the operator's answer has no access key id")?;
    let secret = field("rootSecretAccessKey").context("the operator's answer has no secret")?;
    Ok(Signer::of(server.address, id, secret))
}

/// Sends calls over as many connections as the load has.
fn send(server: &Server, calls: Vec<(Arc<Signer>, String)>) -> anyhow::Result<()> {
    let (calls, address) = (Arc::new(calls), server.address);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for first in 0..MANY {
            let calls = Arc::clone(&calls);
            tasks.spawn(async move {
                let mut connection = Connection::open(address).await?;
                for (signer, call) in calls.iter().skip(first).step_by(MANY) {
                    let request = signer.request(Target::Iam, call, now()?);
                    connection.exchange(&request).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    })
}
