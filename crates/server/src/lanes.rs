//! The threads that requests are answered on.
//!
//! Each has a runtime of its own, and a connection stays where it began: no thread takes work from another, wakes another,
//! or frees what another allocated. A request that keeps its thread busy holds up the other connections of that thread;
//! what takes long (hashing passwords) is done on threads of its own.

mod mail;

use std::cell::OnceCell;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;

use self::mail::Mail;
use crate::limits::{BODY_TIME, HEAD_TIME};

/// How often a lane wakes for nothing: before any timer of a request ends. A timer that would end before all others is
/// announced by a system call, one that ends later is not.
const TICK: Duration = Duration::from_secs(10);
const _: () = assert!(TICK.as_secs() < BODY_TIME.as_secs() && TICK.as_secs() < HEAD_TIME.as_secs());

thread_local! {
    /// The runtime of the lane that the thread is.
    static LANE: OnceCell<Handle> = const { OnceCell::new() };
}

/// Returns whether the thread that asks is a lane, and what it runs now is all that it has: nobody is kept waiting where it
/// waits, but for a connection that is still to come.
pub(crate) fn is_alone() -> bool {
    LANE.with(|lane| {
        let runtime = lane.get();
        runtime.is_some_and(|runtime| runtime.metrics().num_alive_tasks() == 1)
    })
}

/// Threads that share out connections. Once dropped, they end, and what they still do is cut off.
pub(crate) struct Lanes(Vec<Lane>);

struct Lane {
    runtime: Handle,
    mail: Arc<Mail>,
    open: Arc<AtomicUsize>,
    _end: oneshot::Sender<()>,
}

/// One of the connections of a lane, counted for as long as it is there.
struct Place(Arc<AtomicUsize>);

impl Lanes {
    /// Starts as many threads, at least one.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let lanes = (1..=count.max(1)).map(Lane::start);
        lanes.collect::<io::Result<_>>().map(Self)
    }

    /// Runs to its end, on the thread that has the fewest, what serves a connection.
    pub(crate) fn spawn(&self, serving: impl Future<Output = ()> + Send + 'static) {
        let open = |lane: &&Lane| lane.open.load(Ordering::Relaxed);
        let Some(lane) = self.0.iter().min_by_key(open) else {
            return;
        };
        let place = Place::take(&lane.open);
        let serving = mail::addressed(Arc::clone(&lane.mail), async move {
            serving.await;
            drop(place);
        });
        lane.runtime.spawn(serving);
    }
}

impl Lane {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let mail = Arc::<Mail>::default();
        let own = Arc::clone(&mail);
        Builder::new()
            .name(format!("requests-{number}"))
            .spawn(move || run(runtime, &own, ended))?;
        Ok(Self {
            runtime: handle,
            mail,
            open: Arc::default(),
            _end: end,
        })
    }
}

/// Is the lane until the sender of `ended` is gone.
fn run(runtime: Runtime, mail: &Arc<Mail>, ended: oneshot::Receiver<()>) {
    LANE.with(|lane| drop(lane.set(runtime.handle().clone())));
    mail.deliver_here();
    runtime.block_on(async {
        let ticking = async {
            loop {
                tokio::time::sleep(TICK).await;
            }
        };
        let mut ended = pin!(ended);
        tokio::select! {
            _ = &mut ended => {}
            () = ticking => {}
            () = mail.deliver() => {}
        }
    });
    // Does not wait for what else it runs.
    runtime.shutdown_background();
}

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn open(lanes: &Lanes) -> Vec<usize> {
        let counts = lanes.0.iter().map(|lane| lane.open.load(Ordering::Relaxed));
        counts.collect()
    }

    #[tokio::test]
    async fn connections_are_shared_out_evenly_and_stay_where_they_are() {
        let lanes = Lanes::start(3).unwrap();
        let (told, mut names) = tokio::sync::mpsc::unbounded_channel();
        let mut ends = Vec::new();
        for _ in 0..9 {
            let (end, ended) = oneshot::channel::<()>();
            let told = told.clone();
            ends.push(end);
            lanes.spawn(async move {
                let name = || std::thread::current().name().unwrap().to_owned();
                let before = name();
                let _ = ended.await;
                told.send((before, name())).unwrap();
            });
        }
        assert_eq!(open(&lanes), [3, 3, 3]);
        drop(ends);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..9 {
            let (before, after) = names.recv().await.unwrap();
            assert_eq!(before, after);
            *counts.entry(after).or_default() += 1;
        }
        assert_eq!(counts.len(), 3);
        assert!(counts.values().all(|count| *count == 3), "{counts:?}");
        while open(&lanes) != [0, 0, 0] {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_panics_leaves_its_place_and_its_lane_goes_on() {
        let lanes = Lanes::start(1).unwrap();
        lanes.spawn(async { panic!("on purpose") });
        let (told, heard) = oneshot::channel();
        lanes.spawn(async move { told.send(()).unwrap() });
        heard.await.unwrap();
        while open(&lanes) != [0] {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_connection_is_alone_where_its_lane_has_no_other() {
        assert!(!is_alone(), "no lane");
        let lanes = Lanes::start(1).unwrap();
        let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel::<oneshot::Sender<bool>>();
        lanes.spawn(async move {
            while let Some(answer) = asked.recv().await {
                answer.send(is_alone()).unwrap();
            }
        });
        let ask = async || {
            let (answer, answered) = oneshot::channel();
            asks.send(answer).unwrap();
            answered.await.unwrap()
        };
        assert!(ask().await);
        let (end, ended) = oneshot::channel::<()>();
        lanes.spawn(async move { drop(ended.await) });
        assert!(!ask().await);
        drop(end);
        while open(&lanes) != [1] {
            tokio::task::yield_now().await;
        }
        // Counted off a moment after its place is given back.
        while !ask().await {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_under_way_ends_with_the_lanes() {
        let lanes = Lanes::start(2).unwrap();
        let (told, cut_off) = oneshot::channel::<()>();
        lanes.spawn(async move {
            let _told = told;
            std::future::pending::<()>().await;
        });
        drop(lanes);
        assert!(cut_off.await.is_err());
    }
}
