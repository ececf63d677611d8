//! The servers under test: started, watched through `/proc`, and ended.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::request::{ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY};

/// How long a server may take to get ready or to end before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a server that is not there yet is asked again.
const PAUSE: Duration = Duration::from_micros(200);
/// Linux counts a process's time in hundredths of a second, whatever the kernel's own tick is (`man 5 proc`).
const TICK: Duration = Duration::from_millis(10);

/// A server that runs; it is killed on drop.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first ready answer.
    pub(crate) start_time: Duration,
}

impl Server {
    /// Starts `keyward serve` and waits until it is ready.
    pub(crate) fn keyward(program: &Path, data: &Path) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(program);
        // Nothing of the caller's environment may configure it.
        command
            .env_clear()
            .arg("serve")
            .arg("--data-dir")
            .arg(data)
            .args(["--listen", &address.to_string(), "--log", "warn"])
            .env("KEYWARD_ACCOUNT_ID", ACCOUNT_ID)
            .env("KEYWARD_ROOT_EMAIL", "root@bench.test")
            .env("KEYWARD_ROOT_PASSWORD", "a long enough bench password 1!")
            .env("KEYWARD_ROOT_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("KEYWARD_ROOT_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        Self::start(&mut command, address, "/readyz")
    }

    /// Starts moto's server, which keeps everything in memory, and waits until it is ready.
    pub(crate) fn moto(program: &Path) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(program);
        let port = address.port().to_string();
        command
            .args(["-H", "127.0.0.1", "-p", &port])
            .stderr(Stdio::null());
        Self::start(&mut command, address, "/moto-api/")
    }

    /// Starts this program's own bare server and waits until it is ready.
    pub(crate) fn hello(body_bytes: usize) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "hello",
            &address.port().to_string(),
            &body_bytes.to_string(),
        ]);
        Self::start(&mut command, address, "/readyz")
    }

    fn start(command: &mut Command, address: SocketAddr, ready: &str) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("can't start {}", command.get_program().display()))?;
        let mut server = Self {
            child,
            address,
            start_time: Duration::ZERO,
        };
        while !is_ready(address, ready)? {
            if let Some(status) = server.child.try_wait()? {
                bail!(
                    "{} ended before it was ready: {status}",
                    command.get_program().display()
                );
            }
            ensure!(
                started.elapsed() < PATIENCE,
                "{} does not get ready",
                command.get_program().display()
            );
            std::thread::sleep(PAUSE);
        }
        server.start_time = started.elapsed();
        Ok(server)
    }

    /// Tells the server to end in order and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        // The shell's own `kill`: sending a signal is unsafe code otherwise.
        let kill = format!("kill -TERM {}", self.child.id());
        ensure!(
            Command::new("sh").arg("-c").arg(kill).status()?.success(),
            "can't send a signal"
        );
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                // A signal that comes before the program listens for it ends it too.
                ensure!(
                    status.success() || status.signal() == Some(15),
                    "the server ended with {status}"
                );
                return Ok(());
            }
            ensure!(asked.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(PAUSE);
        }
    }

    /// Returns the CPU time of the process so far, in user and kernel mode.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu_time(&self.child.id().to_string())
    }

    /// Returns the resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u32> {
        self.status_kib("VmRSS:")
    }

    /// Forgets how much memory was resident at the most.
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        // `man 5 proc`: 5 sets the peak to what is resident now.
        Ok(std::fs::write(
            format!("/proc/{}/clear_refs", self.child.id()),
            "5",
        )?)
    }

    /// Returns the most memory that was resident since [`forget_peak`](Self::forget_peak), in KiB.
    pub(crate) fn peak_kib(&self) -> anyhow::Result<u32> {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, name: &str) -> anyhow::Result<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        Ok(line
            .with_context(|| format!("/proc has no {name}"))?
            .parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns where the program stands whatever the current folder, and a new folder within `folder` for its data, which is removed at
/// the end, also after an error.
pub(crate) fn places(program: &Path, folder: &Path) -> anyhow::Result<(PathBuf, TempDir)> {
    let program = program
        .canonicalize()
        .with_context(|| program.display().to_string())?;
    std::fs::create_dir_all(folder)?;
    Ok((program, tempfile::tempdir_in(folder)?))
}

/// Returns the CPU time of a process, `self` or a number.
pub(crate) fn cpu_time(process: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    ticks(&stat)
        .map(|ticks| TICK * ticks)
        .context("/proc has an unknown form")
}

/// Adds up `utime` and `stime`, the fields 14 and 15. The name in field 2 may hold anything, but ends at the last `)`.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, kernel): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    user.checked_add(kernel)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

/// Asks for a path once; a connection that is refused or ends early means "not yet".
fn is_ready(address: SocketAddr, path: &str) -> anyhow::Result<bool> {
    let mut stream = match TcpStream::connect(address) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let exchanged = stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.read_to_end(&mut answer));
    Ok(exchanged.is_ok()
        && answer.get(..7) == Some(b"HTTP/1.")
        && answer.get(8..13) == Some(b" 200 "))
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_counted_after_the_name() {
        let fields = "S 1 2 3 0 -1 4194304 500 0 0 0 70 8 0 0 20 0 3 0 100";
        assert_eq!(ticks(&format!("42 (keyward) {fields}")), Some(78));
        assert_eq!(ticks(&format!("42 (a) b (c d) {fields}")), Some(78));
        assert_eq!(ticks("42 (keyward) S 1"), None);
        assert_eq!(ticks(""), None);
    }
}
