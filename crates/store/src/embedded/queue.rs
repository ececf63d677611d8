//! The commits that wait for the writer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::pace::Pace;
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
    /// How many jobs wake the writer, where it sleeps: waking one that does not costs a system call all the same.
    wakes_at: Option<usize>,
}

/// A commit that waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) commit: Commit,
    pub(super) caller: Caller,
}

/// Who waits for what becomes of a commit.
#[derive(Debug)]
pub(super) struct Caller {
    reply: oneshot::Sender<Result<Revision, CommitError>>,
    /// Given back when the job is done.
    _room: OwnedSemaphorePermit,
}

impl Caller {
    /// Says what became of the commit.
    pub(super) fn tell(self, outcome: Result<Revision, CommitError>) {
        // The caller may be gone; the commit is done all the same.
        let _ = self.reply.send(outcome);
    }
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
            let caller = Caller { reply, _room: room };
            waiting.jobs.push_back(Job { commit, caller });
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

    /// Drops the commits that wait; their callers are told that nobody knows what became of them.
    pub(super) fn abandon(&self) {
        self.lock().jobs.clear();
    }

    /// Returns whether nothing waits and more may come.
    pub(super) fn is_idle(&self) -> bool {
        let waiting = self.lock();
        waiting.jobs.is_empty() && !waiting.closed
    }

    /// Waits for a commit; returns whether there is one, or that there will be no more.
    pub(super) fn wait(&self) -> bool {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.wakes_at = Some(1);
            waiting = self
                .filled
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Takes as many of the commits that wait as fit into a group.
    ///
    /// Where groups mostly have several, as many are waited for, but no longer than `pace` says.
    pub(super) fn take_group(&self, pace: Pace) -> Vec<Job> {
        let mut waiting = self.lock();
        let is_short =
            |waiting: &mut Waiting| !waiting.closed && waiting.jobs.len() < pace.wanted();
        if is_short(&mut waiting) {
            waiting.wakes_at = Some(pace.wanted());
            let waited = self
                .filled
                .wait_timeout_while(waiting, pace.patience(), is_short);
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
        let count = count.min(waiting.jobs.len());
        waiting.jobs.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing between the lines that change it can panic, so it is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

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
        tokio::task::spawn_blocking(move || queue.wait().then(|| queue.take_group(pace)))
    }

    async fn until_it_wakes_at(queue: &Queue, count: usize) {
        while queue.lock().wakes_at != Some(count) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_group_is_taken_once_it_is_as_large_as_the_last() {
        let queue = Queue::new();
        let pace = Pace::of(3, LONG);
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
            let group = taken(&queue, Pace::of(last, patience));
            assert_eq!(group.await.unwrap().unwrap().len(), 1);
            commit_times(&queue, 1);
        }
        let patience = Duration::from_millis(5);
        let group = taken(&queue, Pace::of(9, patience));
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_waits_is_taken_when_the_queue_closes() {
        let queue = Queue::new();
        commit_times(&queue, 1);
        let pace = Pace::of(3, LONG);
        let group = taken(&queue, pace);
        until_it_wakes_at(&queue, 3).await;
        queue.close();
        assert_eq!(group.await.unwrap().unwrap().len(), 1);
        assert!(taken(&queue, pace).await.unwrap().is_none());
    }
}
