//! A processor for each of the threads that share some work.
//!
//! Linux starts a thread on the processor of the one that makes it. Where that one goes on working, both share it until the
//! balancer looks, and threads that ran a moment ago it leaves where they are: of a work of ten milliseconds, two
//! processors mostly had as much as one. So each thread asks for its own.

#[cfg(target_os = "linux")]
mod linux;

use std::sync::mpsc;
use std::time::Duration;

#[cfg(target_os = "linux")]
use linux::Seats;

/// How long the first thread waits for another to get away: longer where that one's processor is busy.
const PATIENCE: Duration = Duration::from_millis(1);

/// How often it lets others run before it sleeps.
const YIELDS: usize = 100;

/// Elsewhere a thread runs where it runs.
#[cfg(not(target_os = "linux"))]
struct Seats;

#[cfg(not(target_os = "linux"))]
impl Seats {
    fn find(_threads: usize) -> Option<Self> {
        None
    }

    fn take(&self, _number: usize) {}
}

/// Returns how many processors the process may use. What a control group gives it of them is not asked: to read that takes as long
/// as a thread takes to start, and more threads than that do the same work in the same time.
pub(super) fn processors() -> Option<usize> {
    #[cfg(target_os = "linux")]
    return linux::count();
    #[cfg(not(target_os = "linux"))]
    return std::thread::available_parallelism()
        .map(std::num::NonZero::get)
        .ok();
}

/// Does the same on some threads, of which the calling one is the first, each on a processor of its own if there are as
/// many; returns what each made of its number, from 0 on.
pub(super) fn each<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let seats = Seats::find(threads).filter(|_| threads > 1);
    let take = |number| seats.as_ref().map(|seats| seats.take(number));
    std::thread::scope(|scope| {
        // Before the others are made, so that no other processor is found for it.
        let own = take(0);
        let (seated, others_seated) = mpsc::channel();
        let others: Vec<_> = (1..threads)
            .map(|number| {
                let (seated, take, work) = (seated.clone(), &take, &work);
                scope.spawn(move || {
                    let _seat = take(number);
                    // The first thread waits for it, or has panicked.
                    let _ = seated.send(());
                    work(number)
                })
            })
            .collect();
        // They begin on this processor, and get away from it only while it has nothing else to do.
        for _ in &others {
            // To be woken would take longer than that mostly takes.
            let seated = (0..YIELDS).any(|_| {
                std::thread::yield_now();
                others_seated.try_recv().is_ok()
            });
            if !seated {
                let _ = others_seated.recv_timeout(PATIENCE);
            }
        }
        let mut made = vec![work(0)];
        drop(own);
        for other in others {
            match other.join() {
                Ok(more) => made.push(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}
