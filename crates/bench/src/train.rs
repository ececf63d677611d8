//! What the profile of release builds is taken of: the loads of the other benches, without their peers.

use std::path::Path;
use std::time::Duration;

use crate::load::{self, MANY, Requests};
use crate::process::{self, Server};
use crate::request::Signer;
use crate::{api, explain, mix, sts, writes};

const TIME: Duration = Duration::from_secs(4);
/// How often each question about an export is asked.
const QUESTIONS: usize = 10;

/// Has the program do what it mostly does, with its data in a new folder within `folder`.
pub(crate) fn run(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let (program, folder) = process::places(program, folder)?;
    for number in 0..2 {
        let server = Server::keyward(&program, &folder.path().join(format!("data-{number}")))?;
        for requests in loads(&server, number)? {
            for connections in [1, MANY] {
                let slice = load::drive(&server, connections, TIME, &requests)?;
                println!("{connections} connections: {:.0} requests/s", slice.rate());
            }
        }
        // What it counted is written as it ends in order.
        server.stop()?;
    }
    let export = explain::write_export(folder.path())?;
    (0..QUESTIONS).try_for_each(|_| explain::ask_once(&program, &export))
}

/// The mix makes users of the same names as the writes, so it has a server of its own.
fn loads(server: &Server, number: usize) -> anyhow::Result<Vec<Requests>> {
    if number == 0 {
        let signer = Signer::new(server.address);
        writes::create_users(server, &signer)?;
        let reads = api::identity_requests(&signer)?;
        return Ok(vec![reads, writes::tag_requests(signer)?]);
    }
    let mut loads = vec![mix::requests(server, None)?];
    loads.extend(sts::requests(server)?);
    Ok(loads)
}
