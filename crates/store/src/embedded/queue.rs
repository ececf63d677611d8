//! The commits that wait for the writer, and the thread that takes them in groups.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::engine::Engine;
use crate::feed::Feed;
use crate::limits::{GROUP_BYTES_MAX, QUEUE_BYTES_MAX};
use crate::{Commit, CommitError, Revision};

/// How long a group is waited for, at most.
const PATIENCE_MAX: Duration = Duration::from_millis(2);

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
    /// How many jobs wake the writer, where it sleeps: waking one that does not costs a system call all the same.
    wakes_at: Option<usize>,
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
        let wakes = {
            let mut waiting = self.lock();
            if waiting.closed {
                return Err(closed());
            }
            waiting.jobs.push_back(Job {
                commit,
                reply,
                _room: room,
            });
            let count = waiting.jobs.len();
            waiting.wakes_at.take_if(|wakes_at| count >= *wakes_at)
        };
        if wakes.is_some() {
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
    ///
    /// Where the last group had several, as many are waited for, but no longer than `pace` says: whoever was answered a
    /// moment ago is often about to commit again.
    fn take_group(&self, pace: Pace) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting.wakes_at = Some(1);
            waiting = self
                .filled
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let is_short = |waiting: &mut Waiting| !waiting.closed && waiting.jobs.len() < pace.last;
        if is_short(&mut waiting) {
            waiting.wakes_at = Some(pace.last);
            let waited = self
                .filled
                .wait_timeout_while(waiting, pace.patience, is_short);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.wakes_at = None;
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

/// How long the next group may be waited for.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Commits in the last group.
    last: usize,
    /// Half of what the last group took: a group that waits in vain takes half as long again.
    patience: Duration,
}

/// Runs the writer until the queue is closed and empty; then closes the engine.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a sync takes; nothing is decided by it"
)]
pub(super) fn write(queue: &Queue, mut engine: Engine, feed: &Feed) -> Result<(), String> {
    let run = AssertUnwindSafe(|| {
        let mut pace = Pace::default();
        while let Some(jobs) = queue.take_group(pace) {
            let (begun, last) = (Instant::now(), jobs.len());
            write_group(&mut engine, jobs, feed);
            let patience = (begun.elapsed() / 2).min(PATIENCE_MAX);
            pace = Pace { last, patience };
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// Commits as many times at once. Nobody waits for an answer, so the jobs are there when it returns, or were taken.
    fn commit_times(queue: &Queue, count: usize) {
        for number in 0..count {
            let mut commit = pin!(queue.commit(Commit::new().put(format!("key {number}"), "")));
            let mut context = Context::from_waker(Waker::noop());
            assert!(commit.as_mut().poll(&mut context).is_pending());
        }
    }

    fn taken(queue: &Arc<Queue>, pace: Pace) -> tokio::task::JoinHandle<Option<Vec<Job>>> {
        let queue = Arc::clone(queue);
        tokio::task::spawn_blocking(move || queue.take_group(pace))
    }

    async fn until_it_wakes_at(queue: &Queue, count: usize) {
        while queue.lock().wakes_at != Some(count) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_group_is_taken_once_it_is_as_large_as_the_last() {
        let queue = Queue::new();
        let pace = Pace {
            last: 3,
            patience: LONG,
        };
        let group = taken(&queue, pace);
        until_it_wakes_at(&queue, 1).await;
        commit_times(&queue, 1);
        until_it_wakes_at(&queue, 3).await;
        commit_times(&queue, 2);
        assert_eq!(group.await.unwrap().unwrap().len(), 3);
        assert_eq!(queue.lock().wakes_at, None);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_group_that_does_not_come() {
        let queue = Queue::new();
        commit_times(&queue, 1);
        // One at a time: at once, whatever the patience.
        for last in [0, 1] {
            let patience = LONG;
            let group = taken(&queue, Pace { last, patience });
            assert_eq!(group.await.unwrap().unwrap().len(), 1);
            commit_times(&queue, 1);
        }
        let patience = Duration::from_millis(5);
        let group = taken(&queue, Pace { last: 9, patience });
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_waits_is_taken_when_the_queue_closes() {
        let queue = Queue::new();
        commit_times(&queue, 1);
        let pace = Pace {
            last: 3,
            patience: LONG,
        };
        let group = taken(&queue, pace);
        until_it_wakes_at(&queue, 3).await;
        queue.close();
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
        assert!(taken(&queue, pace).await.unwrap().is_none());
    }
}
