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

/// How long a group is waited for: as long as as many of the last kind took, shared by its commits. Measured on a mixed
/// load of 64 clients; below a quarter of it, commits that overlap by chance mostly miss each other.
const PATIENCE: u32 = 16;
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
    /// Where groups mostly have several, as many are waited for, but no longer than `pace` says.
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
        let is_short =
            |waiting: &mut Waiting| !waiting.closed && waiting.jobs.len() < pace.wanted();
        if is_short(&mut waiting) {
            waiting.wakes_at = Some(pace.wanted());
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

/// How many commits the next group waits for, and how long.
///
/// Each sync costs a write of its own processor time, whoever else has work: where commits overlap, fewer and larger
/// groups are better for all. A commit that comes alone never waits.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Commits a group on average, in 256ths; newer groups count more.
    average: u32,
    patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            average: 256,
            patience: Duration::ZERO,
        }
    }
}

impl Pace {
    /// Rounded up but for a fifth: so groups grow for as long as commits keep coming.
    fn wanted(self) -> usize {
        usize::try_from(self.average.saturating_add(205) / 256).unwrap_or(usize::MAX)
    }

    /// Learns from a group: how many it had, and how long it took.
    fn after(self, count: usize, took: Duration) -> Self {
        // What was waited for in vain is soon no longer waited for.
        let weight = if count < self.wanted() { 4 } else { 8 };
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(1 << 16) * 256;
        let next = Self {
            average: (self.average * (weight - 1) + count) / weight,
            patience: Duration::ZERO,
        };
        // The more share a sync, the less is one more worth waiting for.
        let commits = u32::try_from(next.wanted()).unwrap_or(u32::MAX).max(1);
        Self {
            patience: (took.saturating_mul(PATIENCE) / commits).min(PATIENCE_MAX),
            ..next
        }
    }
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
            let (begun, count) = (Instant::now(), jobs.len());
            write_group(&mut engine, jobs, feed);
            pace = pace.after(count, begun.elapsed());
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

    fn pace_of(average: u32, patience: Duration) -> Pace {
        Pace {
            average: average * 256,
            patience,
        }
    }

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
        let pace = pace_of(3, LONG);
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
            let group = taken(&queue, pace_of(last, patience));
            assert_eq!(group.await.unwrap().unwrap().len(), 1);
            commit_times(&queue, 1);
        }
        let patience = Duration::from_millis(5);
        let group = taken(&queue, pace_of(9, patience));
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_waits_is_taken_when_the_queue_closes() {
        let queue = Queue::new();
        commit_times(&queue, 1);
        let pace = pace_of(3, LONG);
        let group = taken(&queue, pace);
        until_it_wakes_at(&queue, 3).await;
        queue.close();
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
        assert!(taken(&queue, pace).await.unwrap().is_none());
    }

    /// The pace after groups of these sizes, each of which took a tenth of a millisecond.
    fn paced(start: Pace, sizes: impl IntoIterator<Item = usize>) -> Pace {
        let took = Duration::from_micros(100);
        (sizes.into_iter()).fold(start, |pace, count| pace.after(count, took))
    }

    #[test]
    fn a_group_waits_for_as_many_as_mostly_come() {
        let alone = paced(Pace::default(), [1; 100]);
        assert_eq!(alone.wanted(), 1);
        // Now and then two at once are no reason to wait.
        assert_eq!(paced(alone, [1, 1, 1, 1, 1, 1, 1, 2]).wanted(), 1);
        let overlapping = paced(alone, [1, 2, 1, 1, 2, 2, 1, 2]);
        assert_eq!(overlapping.wanted(), 2);
        assert_eq!(overlapping.patience, Duration::from_micros(800));
        // Two that always come together are two; where a third joins, three are waited for.
        assert_eq!(paced(overlapping, [2; 100]).wanted(), 2);
        assert_eq!(paced(overlapping, [3; 8]).wanted(), 3);
    }

    #[test]
    fn what_comes_no_more_is_soon_not_waited_for() {
        let many = paced(Pace::default(), [64; 100]);
        assert_eq!(many.wanted(), 64);
        assert_eq!(many.patience, Duration::from_micros(25));
        assert_eq!(paced(many, [1; 24]).wanted(), 1);
        // A disk that hangs is not waited for.
        let hung = many.after(2, Duration::from_secs(60));
        assert_eq!(hung.patience, PATIENCE_MAX);
        assert!(hung.after(usize::MAX, Duration::MAX / 16).wanted() <= 1 << 16);
    }
}
