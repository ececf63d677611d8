//! Waking the connections of a lane from other threads, many at a time.
//!
//! A runtime is woken by a system call for each task that another thread wakes. Here whoever comes while the lane still
//! has what it was woken for only leaves a note: when a group of commits is durable, those who wait for it cost one call.

use std::cell::Cell;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    /// Where the thread delivers mail: the address of the [`Mail`], which lives as long as its thread.
    static HERE: Cell<usize> = const { Cell::new(0) };
}

/// The wakers of a lane's tasks that other threads want woken.
#[derive(Debug, Default)]
pub(super) struct Mail(Mutex<Pending>);

#[derive(Debug, Default)]
struct Pending {
    wakers: Vec<Waker>,
    /// Wakes the lane, where it waits for mail.
    lane: Option<Waker>,
}

/// The waker of one task of a lane.
struct Address {
    task: Waker,
    mail: Arc<Mail>,
}

impl Mail {
    /// Makes the thread that asks the one that delivers.
    pub(super) fn deliver_here(self: &Arc<Self>) {
        HERE.set(self.place());
    }

    /// Wakes whom other threads want woken; never ends.
    pub(super) async fn deliver(&self) {
        let mut wakers = Vec::new();
        std::future::poll_fn(|context: &mut Context<'_>| {
            let mut pending = self.lock();
            pending.lane = Some(context.waker().clone());
            mem::swap(&mut pending.wakers, &mut wakers);
            drop(pending);
            wakers.drain(..).for_each(Waker::wake);
            Poll::Pending
        })
        .await
    }

    fn post(&self, waker: Waker) {
        let lane = {
            let mut pending = self.lock();
            pending.wakers.push(waker);
            pending.lane.take()
        };
        if let Some(lane) = lane {
            lane.wake();
        }
    }

    fn place(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        // Nothing between the lines that change it can panic, so it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Address {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if HERE.get() == self.mail.place() {
            self.task.wake_by_ref();
        } else {
            self.mail.post(self.task.clone());
        }
    }
}

/// Runs a task of a lane to its end, and has it woken by the lane's mail.
pub(super) async fn addressed(mail: Arc<Mail>, task: impl Future<Output = ()>) {
    let mut task = pin!(task);
    let mut own: Option<(Waker, Waker)> = None;
    std::future::poll_fn(|context| {
        let (_, waker) = match &mut own {
            Some(known) if known.0.will_wake(context.waker()) => known,
            known => {
                let address = Address {
                    task: context.waker().clone(),
                    mail: Arc::clone(&mail),
                };
                known.insert((context.waker().clone(), Arc::new(address).into()))
            }
        };
        task.as_mut().poll(&mut Context::from_waker(waker))
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Count {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What [`addressed`] gives a task to be woken by.
    fn waker_of(mail: &Arc<Mail>, task: &Arc<Count>) -> Waker {
        let mut given = None;
        {
            let mut serving = pin!(addressed(
                Arc::clone(mail),
                std::future::poll_fn(|context| {
                    given = Some(context.waker().clone());
                    Poll::Pending
                })
            ));
            let waker = Waker::from(Arc::clone(task));
            let polled = serving.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        given.unwrap()
    }

    #[test]
    fn many_who_are_woken_from_outside_wake_the_lane_once() {
        let (mail, lane) = (Arc::new(Mail::default()), Arc::new(Count::default()));
        let lane_waker = Waker::from(Arc::clone(&lane));
        let mut context = Context::from_waker(&lane_waker);
        let tasks: Vec<_> = (0..9).map(|_| Arc::new(Count::default())).collect();
        let mut delivering = pin!(mail.deliver());
        assert!(delivering.as_mut().poll(&mut context).is_pending());
        for round in 1..4 {
            for task in &tasks {
                waker_of(&mail, task).wake();
            }
            assert_eq!(lane.count(), round);
            assert!(tasks.iter().all(|task| task.count() == round - 1));
            assert!(delivering.as_mut().poll(&mut context).is_pending());
            assert!(tasks.iter().all(|task| task.count() == round));
        }
    }

    #[test]
    fn mail_that_comes_before_the_lane_looks_is_delivered_too() {
        let (mail, task) = (Arc::new(Mail::default()), Arc::new(Count::default()));
        waker_of(&mail, &task).wake_by_ref();
        assert_eq!(task.count(), 0);
        let mut delivering = pin!(mail.deliver());
        let polled = (delivering.as_mut()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        assert_eq!(task.count(), 1);
    }

    #[test]
    fn the_lane_itself_wakes_without_mail() {
        let (mail, task) = (Arc::new(Mail::default()), Arc::new(Count::default()));
        let waker = waker_of(&mail, &task);
        mail.deliver_here();
        waker.wake_by_ref();
        assert_eq!(task.count(), 1);
        let elsewhere = std::thread::spawn(move || waker.wake());
        elsewhere.join().unwrap();
        assert_eq!(task.count(), 1);
        assert_eq!(mail.lock().wakers.len(), 1);
    }
}
