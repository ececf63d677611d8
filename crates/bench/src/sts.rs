//! Sessions: making them beside moto's server, using them beside long-term keys, and the memory that they take.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::load::{self, MANY, Requests, Slice, cores};
use crate::process::{self, Server};
use crate::request::{ACCOUNT_ID, Signer, Target, now};
use crate::table::{Row, Spread, layout};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Sessions that are alive when the memory is read a second time.
const LIVE: u64 = 1_000_000;
/// What lets the user assume the role, percent-encoded.
const ALLOW: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C\
    %22Action%22%3A%22sts%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
/// Trusts the account, percent-encoded.
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C\
    %22Principal%22%3A%7B%22AWS%22%3A%22111122223333%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";

/// What one round measured.
struct Round {
    assumed: [Slice; 2],
    peer: [Slice; 2],
    by_session: Slice,
    by_key: Slice,
}

/// Measures and prints the table.
pub(crate) fn run(program: &Path, folder: &Path, moto: &Path) -> anyhow::Result<()> {
    let (program, folder) = process::places(program, folder)?;
    println!("sessions; {} cores, all on one machine", cores());
    let keyward = Server::keyward(&program, &folder.path().join("data"))?;
    let peer = Server::moto(moto)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let user = Arc::new(runtime.block_on(prepare(&keyward))?);
    let others = Arc::new(runtime.block_on(prepare(&peer))?);
    let session = Arc::new(runtime.block_on(assume(&keyward, &user))?);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(Round {
            assumed: both(&keyward, &repeated(&user, Target::Sts, assume_call())?)?,
            peer: both(&peer, &repeated(&others, Target::Sts, assume_call())?)?,
            by_session: load::drive(&keyward, MANY, ROUND, &identity(&session)?)?,
            by_key: load::drive(&keyward, MANY, ROUND, &identity(&user)?)?,
        });
    }
    let before = keyward.resident_kib()?;
    runtime.block_on(make_many(&keyward, &user))?;
    print!(
        "{}",
        layout(&rows(&rounds, before, keyward.resident_kib()?))
    );
    keyward.stop()
}

/// Makes a user and a session of a role; returns the requests that assume the role, and those of the session.
pub(crate) fn requests(server: &Server) -> anyhow::Result<[Requests; 2]> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let user = Arc::new(runtime.block_on(prepare(server))?);
    let session = Arc::new(runtime.block_on(assume(server, &user))?);
    let assuming = repeated(&user, Target::Sts, assume_call())?;
    Ok([assuming, identity(&session)?])
}

fn both(server: &Server, requests: &Requests) -> anyhow::Result<[Slice; 2]> {
    Ok([
        load::drive(server, 1, ROUND, requests)?,
        load::drive(server, MANY, ROUND, requests)?,
    ])
}

fn assume_call() -> String {
    format!(
        "AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A{ACCOUNT_ID}%3Arole%2Fbench&RoleSessionName=bench"
    )
}

/// Makes a user who may assume a role, and returns what signs as that user.
async fn prepare(server: &Server) -> anyhow::Result<Signer> {
    let signer = Signer::new(server.address);
    let mut connection = Connection::open(server.address).await?;
    for action in [
        "CreateUser&UserName=bench".to_owned(),
        format!("PutUserPolicy&UserName=bench&PolicyName=p&PolicyDocument={ALLOW}"),
        format!("CreateRole&RoleName=bench&AssumeRolePolicyDocument={TRUST}"),
    ] {
        connection
            .exchange(&signer.request(Target::Iam, &action, now()?))
            .await?;
    }
    let request = signer.request(Target::Iam, "CreateAccessKey&UserName=bench", now()?);
    let answer = String::from_utf8(connection.exchange(&request).await?.to_vec())?;
    Ok(Signer::of(
        server.address,
        element(&answer, "AccessKeyId")?,
        element(&answer, "SecretAccessKey")?,
    ))
}

/// Assumes the role once, and returns what signs as its session.
async fn assume(server: &Server, user: &Signer) -> anyhow::Result<Signer> {
    let mut connection = Connection::open(server.address).await?;
    let request = user.request(Target::Sts, &assume_call(), now()?);
    let answer = String::from_utf8(connection.exchange(&request).await?.to_vec())?;
    let signer = Signer::of(
        server.address,
        element(&answer, "AccessKeyId")?,
        element(&answer, "SecretAccessKey")?,
    );
    Ok(signer.with_token(element(&answer, "SessionToken")?))
}

fn element<'a>(answer: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = answer
        .split_once(&format!("<{name}>"))
        .context("no such element")?;
    let (text, _) = rest.split_once('<').context("no end of an element")?;
    Ok(text)
}

fn repeated(signer: &Arc<Signer>, target: Target, action: String) -> anyhow::Result<Requests> {
    let (signer, begun, clock) = (Arc::clone(signer), now()?, Instant::now());
    Ok(Arc::new(move |_| {
        let seconds = i64::try_from(clock.elapsed().as_secs()).unwrap_or_default();
        signer.request(target, &action, begun + seconds)
    }))
}

fn identity(signer: &Arc<Signer>) -> anyhow::Result<Requests> {
    repeated(signer, Target::Sts, "GetCallerIdentity".to_owned())
}

/// Makes sessions that stay alive while the memory is read.
async fn make_many(server: &Server, user: &Arc<Signer>) -> anyhow::Result<()> {
    let made = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for _ in 0..MANY {
        let (address, user, made) = (server.address, Arc::clone(user), Arc::clone(&made));
        running.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let call = assume_call();
            while made.fetch_add(1, Ordering::Relaxed) < LIVE {
                let request = user.request(Target::Sts, &call, now()?);
                connection.exchange(&request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

fn rows(rounds: &[Round], before: u32, after: u32) -> Vec<Row> {
    let rate = |of: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(of)).median;
    let assumed = |figure, place: usize, goal| Row {
        figure,
        keyward: format!("{:.0}", rate(&|round| slice(&round.assumed, place))),
        floor: format!("{:.0}", rate(&|round| slice(&round.peer, place))),
        ratio: Spread::of(
            rounds
                .iter()
                .map(|round| slice(&round.assumed, place) / slice(&round.peer, place)),
        )
        .text(1),
        goal,
    };
    let cost = |of: fn(&Round) -> &Slice| rate(&|round| of(round).server_cpu());
    vec![
        assumed("AssumeRole, 1 client, requests/s; floor: moto", 0, ""),
        assumed("AssumeRole, 64 clients, requests/s; floor: moto", 1, "≥ 50"),
        Row {
            figure: "CPU of a request with a token, µs; floor: with a long-term key",
            keyward: format!("{:.1}", cost(|round| &round.by_session)),
            floor: format!("{:.1}", cost(|round| &round.by_key)),
            ratio: Spread::of(
                rounds
                    .iter()
                    .map(|round| round.by_session.server_cpu() / round.by_key.server_cpu()),
            )
            .text(2),
            goal: "≤ 1.3",
        },
        Row {
            figure: "resident memory with 1,000,000 live sessions, KiB; floor: before",
            keyward: after.to_string(),
            floor: before.to_string(),
            ratio: format!("{:.2}", f64::from(after) / f64::from(before)),
            goal: "none more",
        },
    ]
}

fn slice(slices: &[Slice; 2], place: usize) -> f64 {
    slices.get(place).map_or(f64::NAN, Slice::rate)
}
