//! How far the picture has come, and who waits for it to come further.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyward_store::Revision;
use tokio::sync::oneshot;

/// The newest revision that is shown.
///
/// Every write waits for its own revision, many at a time: each waiter is woken once, when its revision is there.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    shown: Revision,
    waiting: BTreeMap<Revision, Vec<oneshot::Sender<()>>>,
}

impl Progress {
    pub(crate) fn revision(&self) -> Revision {
        self.lock().shown
    }

    /// Shows a revision, unless a newer one is shown.
    pub(crate) fn advance(&self, revision: Revision) {
        let mut state = self.lock();
        state.shown = state.shown.max(revision);
        let shown = state.shown;
        let reached: Vec<_> = state.waiting.extract_if(..=shown, |_, _| true).collect();
        drop(state);
        for (_, waiters) in reached {
            for waiter in waiters {
                // It may have lost its patience.
                let _ = waiter.send(());
            }
        }
    }

    /// Waits until a revision is shown, but no longer than `patience`; returns whether it is.
    pub(crate) async fn wait_for(&self, revision: Revision, patience: Duration) -> bool {
        let reached = {
            let mut state = self.lock();
            if state.shown >= revision {
                return true;
            }
            let (waiter, reached) = oneshot::channel();
            state.waiting.entry(revision).or_default().push(waiter);
            reached
        };
        if matches!(tokio::time::timeout(patience, reached).await, Ok(Ok(()))) {
            return true;
        }
        self.forget_impatient(revision);
        false
    }

    fn forget_impatient(&self, revision: Revision) {
        let mut state = self.lock();
        if let Some(waiting) = state.waiting.get_mut(&revision) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                state.waiting.remove(&revision);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing between the lines that change it can panic, so it is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn revision(number: u64) -> Revision {
        Revision::new(number)
    }

    #[tokio::test]
    async fn a_waiter_is_woken_by_its_own_revision_and_not_before() {
        let progress = std::sync::Arc::new(Progress::default());
        let wait = |number| {
            let progress = std::sync::Arc::clone(&progress);
            tokio::spawn(async move { progress.wait_for(revision(number), LONG).await })
        };
        let (second, fourth) = (wait(2), wait(4));
        while progress.lock().waiting.len() < 2 {
            tokio::task::yield_now().await;
        }
        progress.advance(revision(3));
        assert!(second.await.unwrap());
        assert!(!fourth.is_finished());
        progress.advance(revision(1));
        assert_eq!(progress.revision(), revision(3));
        progress.advance(revision(4));
        assert!(fourth.await.unwrap());
        assert!(progress.lock().waiting.is_empty());
    }

    #[tokio::test]
    async fn who_loses_patience_is_forgotten() {
        let progress = Progress::default();
        assert!(!progress.wait_for(revision(1), Duration::ZERO).await);
        assert!(progress.lock().waiting.is_empty());
        progress.advance(revision(1));
        assert!(progress.wait_for(revision(1), Duration::ZERO).await);
    }
}
