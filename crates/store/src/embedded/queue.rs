//! The commits that wait for the writer, and the thread that takes them in groups.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::engine::Engine;
use crate::feed::Feed;
use crate::limits::{GROUP_BYTES_MAX, QUEUE_BYTES_MAX};
use crate::{Commit, CommitError, Revision};

/// Commits that wait, bounded in bytes.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    /// A permit a KiB.
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
    /// Whether the writer sleeps: waking one that does not costs a system call all the same.
    asleep: bool,
}

#[derive(Debug)]
struct Job {
    commit: Commit,
    reply: oneshot::Sender<Result<Revision, CommitError>>,
    /// Given back when the job is done.
    _room: OwnedSemaphorePermit,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX / 1024));
        Arc::new(Self {
            waiting: Mutex::default(),
            filled: Condvar::new(),
            room,
        })
    }

    /// Waits for room, hands the commit to the writer, and waits for what became of it.
    pub(super) async fn commit(&self, commit: Commit) -> Result<Revision, CommitError> {
        let closed = || CommitError::Unavailable {
            reason: "the store is closed".to_owned(),
        };
        // A commit is below 1 MiB, so this is far from either bound.
        let kib = u32::try_from(commit.size() / 1024 + 1).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(kib)
            .await
            .map_err(|_| closed())?;
        let (reply, outcome) = oneshot::channel();
        let asleep = {
            let mut waiting = self.lock();
            if waiting.closed {
                return Err(closed());
            }
            waiting.jobs.push_back(Job {
                commit,
                reply,
                _room: room,
            });
            std::mem::take(&mut waiting.asleep)
        };
        if asleep {
            self.filled.notify_one();
        }
        // No answer: the writer died of a panic with the commit in its hands.
        let died = || CommitError::OutcomeUnknown {
            reason: "the store's writer has stopped".to_owned(),
        };
        outcome.await.unwrap_or_else(|_| Err(died()))
    }

    /// Takes no more commits; those that wait are still done.
    pub(super) fn close(&self) {
        self.room.close();
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Waits for commits and takes as many as fit into a group; `None` when there will be no more.
    fn take_group(&self) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting.asleep = true;
            waiting = self
                .filled
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        // Where the cores are busy, others that are about to commit get so far, and share the sync; an idle core comes back
        // at once.
        drop(waiting);
        std::thread::yield_now();
        let mut waiting = self.lock();
        let mut size = 0;
        let fits = |job: &&Job| {
            size += job.commit.size();
            size <= GROUP_BYTES_MAX
        };
        // One commit always fits.
        let count = waiting.jobs.iter().take_while(fits).count().max(1);
        Some(waiting.jobs.drain(..count).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing between the lines that change it can panic, so it is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the writer until the queue is closed and empty; then closes the engine.
pub(super) fn write(queue: &Queue, mut engine: Engine, feed: &Feed) -> Result<(), String> {
    let run = AssertUnwindSafe(|| {
        while let Some(jobs) = queue.take_group() {
            write_group(&mut engine, jobs, feed);
        }
        engine.close()
    });
    let result =
        catch_unwind(run).unwrap_or_else(|_| Err("the store's writer has panicked".to_owned()));
    // After a panic the queue is still open: nobody would ever answer.
    queue.close();
    queue.lock().jobs.clear();
    feed.close();
    result
}

fn write_group(engine: &mut Engine, jobs: Vec<Job>, feed: &Feed) {
    let mut commits = Vec::with_capacity(jobs.len());
    let mut replies = Vec::with_capacity(jobs.len());
    for Job {
        commit,
        reply,
        _room,
    } in jobs
    {
        commits.push(commit);
        replies.push((reply, _room));
    }
    for (outcome, (reply, _room)) in engine.apply(&commits, feed).into_iter().zip(replies) {
        // The caller may be gone; the commit is done all the same.
        let _ = reply.send(outcome);
    }
}
