//! How many commits share a sync, and how long they are waited for.

use std::time::Duration;

/// How long a group is waited for: as long as as many of the last kind took, shared by its commits. Measured on a mixed
/// load of 64 clients; below a quarter of it, commits that overlap by chance mostly miss each other.
const PATIENCE: u32 = 16;
/// How long a group is waited for, at most.
const PATIENCE_MAX: Duration = Duration::from_millis(2);

/// How many commits the next group waits for, and how long.
///
/// Each sync costs a write of its own processor time, whoever else has work: where commits overlap, fewer and larger
/// groups are better for all. A commit that comes alone never waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
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
    pub(super) fn wanted(self) -> usize {
        usize::try_from(self.average.saturating_add(205) / 256).unwrap_or(usize::MAX)
    }

    /// How long they are waited for.
    pub(super) fn patience(self) -> Duration {
        self.patience
    }

    /// Learns from a group: how many it had, and how long it took.
    pub(super) fn after(self, count: usize, took: Duration) -> Self {
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

#[cfg(test)]
impl Pace {
    /// A pace that is known already.
    pub(super) fn of(average: u32, patience: Duration) -> Self {
        Self {
            average: average * 256,
            patience,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
