//! One-time passwords of virtual MFA devices: RFC 6238 with SHA-1, 30 seconds, 6 digits.
//!
//! A code is good once: the newest step whose code was taken is remembered, and no step up to it is taken again. The
//! distance between the device's clock and ours is remembered too. SOURCE: spec/signin-recovery.md §1, §5.

use std::ops::RangeInclusive;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::limits::{CODE_SECONDS, ENABLE_STEPS, RESYNC_STEPS};
use crate::{OneTimeSeed, Refusal, RefusalKind, Timestamp};

/// Codes have six digits.
const MODULUS: u32 = 1_000_000;

/// Two codes that a device has shown one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodePair {
    first: u32,
    second: u32,
}

/// One code that a device shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OneTimeCode(u32);

/// What is known of a device's clock, in steps of 30 seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceClock {
    /// How far it was ahead of ours when its codes were last taken.
    pub drift: i64,
    /// The newest step, by the device's clock, whose code was taken.
    pub used: Option<i64>,
}

/// How far a device's clock may be from where it is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// As far as typing two codes takes: when a device is enabled.
    Enabling,
    /// As far as a clock set to another time zone is: when a device is brought back into step.
    Resynchronizing,
}

impl Window {
    fn steps(self) -> i64 {
        match self {
            Self::Enabling => ENABLE_STEPS,
            Self::Resynchronizing => RESYNC_STEPS,
        }
    }
}

impl OneTimeCode {
    /// Reads a code of six digits; `None` for any other text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Self)
    }
}

impl CodePair {
    /// Reads two codes of six digits.
    ///
    /// # Errors
    /// `InvalidAuthenticationCode` where one is no such code.
    pub fn read(first: &str, second: &str) -> Result<Self, Refusal> {
        match (OneTimeCode::read(first), OneTimeCode::read(second)) {
            (Some(OneTimeCode(first)), Some(OneTimeCode(second))) => Ok(Self { first, second }),
            _ => Err(refused()),
        }
    }
}

impl DeviceClock {
    /// Takes two codes of consecutive steps, and remembers where the device's clock stands.
    ///
    /// The steps nearest to where the clock is expected are looked at first. Of a window of n steps either side, one
    /// pair in 10^12 / 2n fits by chance.
    ///
    /// # Errors
    /// `InvalidAuthenticationCode` where the codes are not of two such steps in the window, or are used up.
    pub fn take(
        &mut self,
        seed: &OneTimeSeed,
        codes: CodePair,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let here = step(now);
        let first = find(seed, codes, around(here, window.steps()), here).ok_or_else(refused)?;
        let second = first.saturating_add(1);
        // Both codes are used up by this, so both must be new.
        if self.used.is_some_and(|used| first <= used) {
            return Err(refused());
        }
        self.drift = second.saturating_sub(here);
        self.used = Some(second);
        Ok(())
    }

    /// Takes one code: of the step at which the device's clock is expected, or of one beside it; returns whether it was
    /// right and new. What was taken once is not taken again, nor is any code before it.
    // SOURCE: spec/sts.md §2: single-use within its step ±1.
    pub fn take_one(&mut self, seed: &OneTimeSeed, code: OneTimeCode, now: Timestamp) -> bool {
        let here = step(now);
        let expected = here.saturating_add(self.drift);
        let is_new = |step: &i64| self.used.is_none_or(|used| *step > used);
        let mut steps = around(expected, 1).filter(is_new);
        let found = steps.find(|step| self::code(seed, *step) == Some(code.0));
        if let Some(found) = found {
            self.drift = found.saturating_sub(here);
            self.used = Some(found);
        }
        found.is_some()
    }
}

fn refused() -> Refusal {
    Refusal::other(
        RefusalKind::InvalidAuthenticationCode,
        "Authentication code for device is not valid.",
    )
}

/// Returns the step of a moment.
fn step(now: Timestamp) -> i64 {
    now.unix_seconds().div_euclid(CODE_SECONDS)
}

fn around(middle: i64, distance: i64) -> RangeInclusive<i64> {
    middle.saturating_sub(distance)..=middle.saturating_add(distance)
}

/// Finds the step of the first code, where the second is of the step after; of several the one nearest to `here`.
fn find(
    seed: &OneTimeSeed,
    codes: CodePair,
    window: RangeInclusive<i64>,
    here: i64,
) -> Option<i64> {
    let fits = |first: &i64| {
        code(seed, *first) == Some(codes.first)
            && code(seed, first.saturating_add(1)) == Some(codes.second)
    };
    window
        .filter(fits)
        .min_by_key(|first| first.saturating_sub(here).saturating_abs())
}

/// Returns the code of a step; `None` before 1970, when there were none.
// SOURCE: RFC 4226 §5.3, RFC 6238 §4.
fn code(seed: &OneTimeSeed, step: i64) -> Option<u32> {
    let counter = u64::try_from(step).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(seed.expose()).ok()?;
    mac.update(&counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let start = usize::from(digest.last()? & 0x0f);
    let bytes = digest.get(start..)?.first_chunk::<4>()?;
    let number = u32::from_be_bytes(*bytes) & 0x7fff_ffff;
    number.checked_rem(MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed of RFC 6238, appendix B.
    fn seed() -> OneTimeSeed {
        OneTimeSeed::from_stored(b"12345678901234567890".to_vec())
    }

    fn at(step: i64) -> Timestamp {
        Timestamp::from_unix_seconds(step * 30 + 7)
    }

    fn pair(first: i64, second: i64) -> CodePair {
        let code = |step| code(&seed(), step).unwrap();
        CodePair {
            first: code(first),
            second: code(second),
        }
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B: the last six of eight digits.
        for (seconds, expected) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code(&seed(), seconds / 30), Some(expected), "{seconds}");
        }
        assert_eq!(code(&seed(), -1), None);
    }

    #[test]
    fn only_consecutive_codes_are_taken() {
        let now = at(1_000);
        for (first, second, good) in [
            (999, 1_000, true),
            (1_000, 1_001, true),
            (980, 981, true),
            (1_020, 1_021, true),
            (979, 980, false),
            (1_021, 1_022, false),
            (1_000, 1_000, false),
            (1_000, 1_002, false),
            (1_001, 1_000, false),
        ] {
            let mut clock = DeviceClock::default();
            let taken = clock.take(&seed(), pair(first, second), Window::Enabling, now);
            assert_eq!(taken.is_ok(), good, "{first} {second}");
            let expected = if good {
                DeviceClock {
                    drift: second - 1_000,
                    used: Some(second),
                }
            } else {
                DeviceClock::default()
            };
            assert_eq!(clock, expected, "{first} {second}");
        }
    }

    #[test]
    fn a_used_step_is_not_taken_again() {
        let mut clock = DeviceClock::default();
        let take = |clock: &mut DeviceClock, first| {
            clock
                .take(
                    &seed(),
                    pair(first, first + 1),
                    Window::Resynchronizing,
                    at(1_000),
                )
                .is_ok()
        };
        assert!(take(&mut clock, 1_000));
        for first in [999, 1_000, 1_001] {
            assert!(!take(&mut clock, first), "{first}");
        }
        assert!(take(&mut clock, 1_002));
        assert!(!take(&mut clock, 1_000));
    }

    #[test]
    fn resynchronizing_finds_a_clock_in_another_time_zone() {
        let mut clock = DeviceClock::default();
        let ahead = 1_000_000 + 12 * 120;
        let codes = pair(ahead, ahead + 1);
        let now = at(1_000_000);
        assert!(clock.take(&seed(), codes, Window::Enabling, now).is_err());
        clock
            .take(&seed(), codes, Window::Resynchronizing, now)
            .unwrap();
        assert_eq!(clock.drift, 12 * 120 + 1);
        let beyond = pair(ahead + 1, ahead + 2);
        let before = &mut DeviceClock::default();
        assert!(
            before
                .take(&seed(), beyond, Window::Resynchronizing, now)
                .is_err()
        );
    }

    #[test]
    fn codes_have_six_digits() {
        for (text, good) in [
            ("000000", true),
            ("999999", true),
            ("99999", false),
            ("1234567", false),
            ("12345a", false),
            ("+12345", false),
            ("１２", false),
        ] {
            assert_eq!(CodePair::read(text, "123456").is_ok(), good, "{text}");
            assert_eq!(CodePair::read("123456", text).is_ok(), good, "{text}");
        }
    }
}
