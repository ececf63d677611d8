//! Who writes: a thread that takes commits in groups or, while it sleeps, whoever has one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::pace::Pace;
use super::queue::{Job, Queue};
use crate::feed::Feed;
use crate::{Commit, CommitError, Revision};

/// A caller does not write on its own thread where the last write took longer: it may have been started for more than this.
const SHORT: Duration = Duration::from_millis(5);

/// Writes commits, one group at a time.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    feed: Arc<Feed>,
    /// `None` once it is closed or has panicked.
    desk: Mutex<Option<Desk>>,
}

/// What one writes with.
#[derive(Debug)]
struct Desk {
    engine: Engine,
    pace: Pace,
    /// How long the last group took.
    took: Duration,
}

impl Writer {
    pub(super) fn new(engine: Engine, queue: Arc<Queue>, feed: Arc<Feed>) -> Arc<Self> {
        let desk = Desk {
            engine,
            pace: Pace::default(),
            took: Duration::ZERO,
        };
        Arc::new(Self {
            queue,
            feed,
            desk: Mutex::new(Some(desk)),
        })
    }

    /// Writes what waits until the queue is closed and empty; then closes the engine.
    pub(super) fn run(&self) -> Result<(), String> {
        let panicked = || Err("the store's writer has panicked".to_owned());
        let run = AssertUnwindSafe(|| {
            while self.queue.wait() {
                // Locked before commits are taken: one that comes now joins the group.
                let mut place = self.lock();
                let Some(desk) = &mut *place else { break };
                desk.write_group(self.queue.take_group(desk.pace), &self.feed);
            }
            let desk = self.lock().take();
            desk.map_or_else(panicked, |desk| desk.engine.close())
        });
        let result = catch_unwind(run).unwrap_or_else(|_| panicked());
        // After a panic the queue is still open: nobody would ever answer.
        self.stop();
        result
    }

    /// Writes a commit on the thread of its caller, which spares two threads waking each other; gives it back where somebody
    /// writes or waits, or where it could take long.
    pub(super) fn write_here(
        &self,
        commit: Commit,
    ) -> Result<Result<Revision, CommitError>, Commit> {
        if !self.queue.is_idle() {
            return Err(commit);
        }
        let mut place = match self.desk.try_lock() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => return Err(commit),
        };
        let Some(desk) = place.as_mut().filter(|desk| desk.is_soon_done(&commit)) else {
            return Err(commit);
        };
        let write = AssertUnwindSafe(|| desk.write(slice::from_ref(&commit), &self.feed));
        if let Ok(Some(outcome)) = catch_unwind(write).map(|mut outcomes| outcomes.pop()) {
            return Ok(outcome);
        }
        drop(place.take());
        drop(place);
        self.stop();
        Ok(Err(CommitError::OutcomeUnknown {
            reason: "the store's writer has panicked".to_owned(),
        }))
    }

    /// Ends everything, after a panic as well.
    fn stop(&self) {
        drop(self.lock().take());
        self.queue.close();
        self.queue.abandon();
        self.feed.close();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Desk>> {
        // Whoever panics with it stops everything; the engine then writes nothing more.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Whether nothing is known that would keep the writer of one commit long: others to wait for, a slow disk, a checkpoint.
    fn is_soon_done(&self, commit: &Commit) -> bool {
        self.pace.wanted() == 1 && self.took < SHORT && self.engine.has_room(commit.size())
    }

    fn write_group(&mut self, jobs: Vec<Job>, feed: &Feed) {
        let mut commits = Vec::with_capacity(jobs.len());
        let mut callers = Vec::with_capacity(jobs.len());
        for Job { commit, caller } in jobs {
            commits.push(commit);
            callers.push(caller);
        }
        for (outcome, caller) in self.write(&commits, feed).into_iter().zip(callers) {
            caller.tell(outcome);
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long a sync takes; nothing is decided by it"
    )]
    fn write(&mut self, commits: &[Commit], feed: &Feed) -> Vec<Result<Revision, CommitError>> {
        let begun = Instant::now();
        let outcomes = self.engine.apply(commits, feed);
        self.took = begun.elapsed();
        self.pace = self.pace.after(commits.len(), self.took);
        outcomes
    }
}
