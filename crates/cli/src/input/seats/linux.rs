//! Processors of Linux.

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// As many processors as there are threads. The first is the one of the thread that asked.
pub(super) struct Seats {
    /// What the process may use.
    all: CpuSet,
    processors: Vec<usize>,
}

/// A thread's place on its processor; afterwards it may run anywhere again.
pub(super) struct Seat<'a>(&'a Seats);

/// Returns how many processors the process may use.
pub(super) fn count() -> Option<usize> {
    let all = sched_getaffinity(None).ok()?;
    usize::try_from(all.count()).ok()
}

impl Seats {
    /// Finds processors for so many threads; `None` where there are not as many.
    pub(super) fn find(threads: usize) -> Option<Self> {
        let (all, own) = (sched_getaffinity(None).ok()?, sched_getcpu());
        let others = (0..CpuSet::MAX_CPU).filter(|number| *number != own);
        let others = others.filter(|number| all.is_set(*number));
        let processors: Vec<usize> = std::iter::once(own).chain(others).take(threads).collect();
        (processors.len() == threads && all.is_set(own)).then_some(Self { all, processors })
    }

    /// Has the thread that calls run on the processor of a number, from 0 on.
    pub(super) fn take(&self, number: usize) -> Seat<'_> {
        if let Some(processor) = self.processors.get(number) {
            let mut one = CpuSet::new();
            one.set(*processor);
            // Where that is refused, it runs where it runs.
            let _ = sched_setaffinity(None, &one);
        }
        Seat(self)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0.all);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::each;
    use super::*;

    fn allowed() -> BTreeSet<usize> {
        let all = sched_getaffinity(None).unwrap();
        (0..CpuSet::MAX_CPU)
            .filter(|number| all.is_set(*number))
            .collect()
    }

    #[test]
    fn each_thread_has_a_processor_of_its_own_and_gives_it_back() {
        let before = allowed();
        let threads = before.len();
        let found = each(threads, |number| (number, allowed()));
        let numbers: Vec<usize> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (0..threads).collect::<Vec<_>>());
        let taken: BTreeSet<usize> = found.into_iter().flat_map(|(_, own)| own).collect();
        assert_eq!(taken, before, "one each, and all of them");
        assert_eq!(allowed(), before);
    }

    #[test]
    fn more_threads_than_processors_sit_nowhere() {
        let before = allowed();
        let threads = before.len() + 1;
        let found = each(threads, |_| allowed());
        assert_eq!(found, vec![before; threads]);
    }

    #[test]
    fn a_panic_is_that_of_the_caller() {
        let before = allowed();
        for who in [0, 1] {
            let work = |number| assert_ne!(number, who, "on purpose");
            let ended = std::panic::catch_unwind(|| each(2, work));
            assert!(ended.is_err());
            assert_eq!(allowed(), before);
        }
    }
}
