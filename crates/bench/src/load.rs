//! The load: connections that each send the next request when the answer to the last has come.

use std::num::NonZero;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::process::{Server, cpu_time};

/// Makes the next request of a connection, by the connection's number.
pub(crate) type Requests = Arc<dyn Fn(usize) -> Bytes + Send + Sync>;

/// The connections of the larger load.
pub(crate) const MANY: usize = 64;
/// How much longer than its time a slice may take before the server counts as hung.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server did in a slice of time.
pub(crate) struct Slice {
    elapsed: Duration,
    /// Of every request in nanoseconds, sorted.
    latencies: Vec<u64>,
    server_cpu: Duration,
    own_cpu: Duration,
}

impl Slice {
    /// Returns the requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    /// Returns the server's CPU time a request, in microseconds.
    pub(crate) fn server_cpu(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.count()
    }

    /// Returns the load generator's CPU time a request, in microseconds.
    pub(crate) fn own_cpu(&self) -> f64 {
        self.own_cpu.as_secs_f64() * 1e6 / self.count()
    }

    /// Returns the latency in microseconds that this share of the requests did not exceed.
    pub(crate) fn latency(&self, percent: usize) -> f64 {
        let place =
            (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        let nanoseconds = self.latencies.get(place).copied().unwrap_or_default();
        Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap_or(u32::MAX))
    }
}

/// Drives a server for some time.
///
/// The connections are open, and warm by one request each, when the time begins. Half of the cores drive, so that the
/// other half is the server's.
///
/// # Errors
/// Where any answer is not 200.
pub(crate) fn drive(
    server: &Server,
    connections: usize,
    time: Duration,
    requests: &Requests,
) -> anyhow::Result<Slice> {
    let threads = (cores() / 2).clamp(1, connections);
    let start = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for thread in 0..threads {
            let numbers = (thread..connections).step_by(threads);
            let start = &start;
            running.push(scope.spawn(move || drive_some(server, numbers, time, requests, start)));
        }
        start.wait();
        let (server_before, own_before) = (server.cpu_time()?, cpu_time("self")?);
        let begun = Instant::now();
        let mut latencies = Vec::new();
        for thread in running {
            let done = thread
                .join()
                .map_err(|_| anyhow!("a thread of the load generator has died"))?;
            latencies.extend(done?);
        }
        let elapsed = begun.elapsed();
        let (server_cpu, own_cpu) = (server.cpu_time()?, cpu_time("self")?);
        latencies.sort_unstable();
        Ok(Slice {
            elapsed,
            latencies,
            server_cpu: server_cpu.saturating_sub(server_before),
            own_cpu: own_cpu.saturating_sub(own_before),
        })
    })
}

/// Returns the number of cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn drive_some(
    server: &Server,
    numbers: impl Iterator<Item = usize>,
    time: Duration,
    requests: &Requests,
    start: &Barrier,
) -> anyhow::Result<Vec<u64>> {
    let prepared = prepare(server, numbers, requests);
    // Whatever happened: the other threads wait for this one.
    start.wait();
    let (runtime, connections) = prepared?;
    let deadline = Instant::now() + time;
    let whole = async {
        let mut tasks = JoinSet::new();
        for (number, connection) in connections {
            tasks.spawn(repeat(connection, number, Arc::clone(requests), deadline));
        }
        let mut latencies = Vec::new();
        while let Some(done) = tasks.join_next().await {
            latencies.extend(done??);
        }
        Ok(latencies)
    };
    runtime.block_on(async {
        tokio::time::timeout(time + PATIENCE, whole)
            .await
            .context("the server does not answer")?
    })
}

type Prepared = (tokio::runtime::Runtime, Vec<(usize, Connection)>);

fn prepare(
    server: &Server,
    numbers: impl Iterator<Item = usize>,
    requests: &Requests,
) -> anyhow::Result<Prepared> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let connections = runtime.block_on(async {
        let mut connections = Vec::new();
        for number in numbers {
            let mut connection = Connection::open(server.address).await?;
            connection.exchange(&requests(number)).await?;
            connections.push((number, connection));
        }
        anyhow::Ok(connections)
    })?;
    Ok((runtime, connections))
}

async fn repeat(
    mut connection: Connection,
    number: usize,
    requests: Requests,
    deadline: Instant,
) -> anyhow::Result<Vec<u64>> {
    let mut latencies = Vec::with_capacity(64 * 1024);
    let mut before = Instant::now();
    while before < deadline {
        connection.exchange(&requests(number)).await?;
        let after = Instant::now();
        latencies.push(u64::try_from((after - before).as_nanos())?);
        before = after;
    }
    Ok(latencies)
}
