//! How long a start takes, and what memory a server at rest holds.

use std::path::Path;
use std::time::Duration;

use crate::process::Server;
use crate::table::{Row, Spread};

/// Starts are short and vary: a median of this many.
const STARTS: usize = 5;
/// How long a server rests after it is ready before its memory is read.
const REST: Duration = Duration::from_millis(200);

/// Starts the program on empty data directories, and each again on what it left.
pub(crate) fn measure(program: &Path, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..STARTS {
        let data = folder.join(format!("start-{number}"));
        let server = Server::keyward(program, &data)?;
        first.push(milliseconds(server.start_time));
        std::thread::sleep(REST);
        memory.push(f64::from(server.resident_kib()?) / 1000.0 * 1.024);
        server.stop()?;
        let server = Server::keyward(program, &data)?;
        again.push(milliseconds(server.start_time));
        server.stop()?;
        std::fs::remove_dir_all(&data)?;
    }
    let row = |figure, figures, goal| Row {
        figure,
        keyward: Spread::of(figures).text(1),
        goal,
        ..Row::default()
    };
    Ok(vec![
        row("ready on an empty directory, ms", first, "< 100"),
        row("ready after a restart, ms", again, "< 100"),
        row("resident memory at rest, MB", memory, "< 30"),
    ])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
