//! Measures durable commits of the embedded store against a raw append + fdatasync on the same disk.
//!
//! `cargo run --release -p keyward-store --example bench -- FOLDER [COMMITS]`: the folder must be on
//! the disk in question (not a tmpfs); it is left empty. Ratios, as the disk's own speed varies.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench measures time and prints it"
)]

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use keyward_store::{Commit, OpenMode, RedbStore, Store, scan_all};

const ROUNDS: usize = 5;
const VALUE: [u8; 512] = [7; 512];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: bench FOLDER [COMMITS]")?;
    let commits: usize = args.next().map_or(Ok(2000), |text| text.parse())?;
    let folder = Path::new(&folder).join("keyward-store-bench");
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    println!(
        "durable commits of one 512-byte record; 1.00 is a raw append + fdatasync in the same round"
    );
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        ratios.push(runtime.block_on(round(&folder, commits))?);
    }
    for (name, pick) in [("one writer", 0), ("64 writers", 1)] {
        let mut sorted: Vec<f64> = ratios
            .iter()
            .filter_map(|pair| pair.get(pick).copied())
            .collect();
        sorted.sort_by(f64::total_cmp);
        println!(
            "median, {name}: {:.2}",
            sorted.get(ROUNDS / 2).copied().unwrap_or_default()
        );
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn round(folder: &Path, commits: usize) -> Result<[f64; 2], Box<dyn Error>> {
    let raw = raw(folder, commits)?;
    let path = folder.join("store");
    let store = Arc::new(RedbStore::open(&path, OpenMode::CreateNew)?);
    let one = writers(&store, 1, commits).await?;
    let many = writers(&store, 64, commits * 8).await?;

    let start = Instant::now();
    let snapshot = store.snapshot().await?;
    let rows = scan_all(snapshot.as_ref(), b"", 1000).await?.len();
    let scan = rows as f64 / start.elapsed().as_secs_f64();
    drop(snapshot);
    let start = Instant::now();
    store.close()?;
    let close = start.elapsed();
    let bytes = std::fs::metadata(&path)?.len();
    let start = Instant::now();
    drop(RedbStore::open(&path, OpenMode::Existing)?);
    let open = start.elapsed();
    println!(
        "raw {raw:6.0}/s | one writer {:.2} ({one:.0}/s) | 64 writers {:.1} ({many:.0}/s) | scan {scan:.0} rows/s, \
         close {close:.1?}, open+close {open:.1?}, {rows} rows in {} MiB",
        one / raw,
        many / raw,
        bytes / (1024 * 1024),
    );
    std::fs::remove_file(&path)?;
    std::fs::remove_file(folder.join("store.log"))?;
    Ok([one / raw, many / raw])
}

fn raw(folder: &Path, count: usize) -> Result<f64, Box<dyn Error>> {
    let path = folder.join("raw");
    let mut file = std::fs::File::create(&path)?;
    let start = Instant::now();
    for _ in 0..count {
        file.write_all(&VALUE)?;
        file.sync_data()?;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}

async fn writers(
    store: &Arc<RedbStore>,
    writers: usize,
    commits: usize,
) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            for number in 0..commits / writers {
                // Scattered keys, the worst case for the tables.
                let scattered = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let key = format!("{scattered:016x}/{writers}/{writer}");
                store
                    .commit(
                        Commit::new()
                            .if_absent(key.clone())
                            .put(key, VALUE.to_vec()),
                    )
                    .await?;
            }
            Ok::<_, keyward_store::CommitError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(commits as f64 / start.elapsed().as_secs_f64())
}
