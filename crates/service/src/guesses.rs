//! How often somebody may guess a one-time code.
//!
//! Six digits are soon guessed by a program that holds the access key: a million tries, of which three are right at any
//! moment. So a device takes only a few wrong codes in the life of one. Counted by each node for itself, in memory.

use keyward_arn::AccountId;
use keyward_directory::Timestamp;
use keyward_directory::limits::CODE_SECONDS;
use papaya::HashMap;

/// Wrong codes that a device takes in 30 seconds: a person who mistypes needs no more.
const WRONG_CODES: u32 = 5;
/// Devices that are counted; above it, those of earlier steps are forgotten.
const DEVICES: usize = 10_000;

/// Wrong codes by device: the step of time, and how many in it.
#[derive(Debug, Default)]
pub(crate) struct Guesses(HashMap<(AccountId, String), (i64, u32)>);

impl Guesses {
    /// Returns whether a code of the device may be looked at.
    pub(crate) fn may_guess(&self, account: AccountId, device: &str, now: Timestamp) -> bool {
        let wrong = self.0.pin();
        let found = wrong.get(&(account, device.to_owned()));
        found.is_none_or(|(at, count)| *at != step(now) || *count < WRONG_CODES)
    }

    /// Counts a wrong code.
    pub(crate) fn note_failure(&self, account: AccountId, device: &str, now: Timestamp) {
        let wrong = self.0.pin();
        if wrong.len() >= DEVICES {
            wrong.retain(|_, (at, _)| *at == step(now));
        }
        let first = (step(now), 1);
        wrong.update_or_insert(
            (account, device.to_owned()),
            |(at, count)| {
                if *at == first.0 {
                    (*at, count.saturating_add(1))
                } else {
                    first
                }
            },
            first,
        );
    }
}

fn step(now: Timestamp) -> i64 {
    now.unix_seconds().div_euclid(CODE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_codes_in_thirty_seconds() {
        let guesses = Guesses::default();
        let account = AccountId::parse("111122223333").unwrap();
        let at = Timestamp::from_unix_seconds;
        for _ in 0..5 {
            assert!(guesses.may_guess(account, "a", at(60)));
            guesses.note_failure(account, "a", at(60));
        }
        assert!(!guesses.may_guess(account, "a", at(89)));
        assert!(guesses.may_guess(account, "b", at(89)), "another device");
        assert!(guesses.may_guess(account, "a", at(90)), "the next step");
        guesses.note_failure(account, "a", at(90));
        assert!(guesses.may_guess(account, "a", at(90)));
    }
}
