//! One load for as long as wanted, for whoever looks at the server meanwhile: with `perf record -p`, say.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::load;
use crate::process::Server;
use crate::request::Signer;
use crate::{api, mix, writes};

/// Drives the program, with its data in a new folder within `folder`, and prints what it did.
pub(crate) fn run(
    program: &Path,
    folder: &Path,
    kind: &str,
    connections: &str,
    seconds: &str,
) -> anyhow::Result<()> {
    let connections: usize = connections.parse().context("the number of connections")?;
    let time = Duration::from_secs(seconds.parse().context("the number of seconds")?);
    std::fs::create_dir_all(folder)?;
    let folder = tempfile::tempdir_in(folder)?;
    let server = Server::keyward(&program.canonicalize()?, &folder.path().join("data"))?;
    let signer = Signer::new(server.address);
    let requests = match kind {
        "mix" => mix::requests(&server, None)?,
        "read" => api::identity_requests(&signer)?,
        "write" => {
            writes::create_users(&server, &signer)?;
            writes::tag_requests(signer)?
        }
        other => match mix::call(other) {
            Some(call) => mix::requests(&server, Some(call))?,
            None => bail!("{other} is neither mix, read or write nor a call of the mix"),
        },
    };
    let slice = load::drive(&server, connections.min(load::MANY), time, &requests)?;
    println!(
        "{:.0} requests/s; p50 {:.0} µs, p99 {:.0} µs; CPU time a request: server {:.1} µs, load generator {:.1} µs",
        slice.rate(),
        slice.latency(50),
        slice.latency(99),
        slice.server_cpu(),
        slice.own_cpu(),
    );
    server.stop()
}
