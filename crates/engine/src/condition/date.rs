//! Moments in time: the W3C profile of ISO 8601, or seconds since 1970.

use std::cmp::Ordering;

/// A moment: seconds since 1970-01-01T00:00Z and nanoseconds.
type Moment = (i64, u32);

/// Compares two moments; `None` where one of them is none.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    Some(parse(left)?.cmp(&parse(right)?))
}

/// Reads `2020`, `2020-01`, `2020-01-31`, `2020-01-31T23:59Z` with seconds, up to nine digits of a fraction, `Z` or
/// `±hh[:mm]`; or seconds since 1970, which are told from a year by not having four digits.
///
/// A time without a zone is in UTC: AWS stores such dates, and a Deny until a date that nobody could read would never hold.
// SOURCE: spec/policy-language.md §6.
fn parse(text: &str) -> Option<Moment> {
    let mut input = Input(text.as_bytes());
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits && text.len() != 4 {
        return text.parse().ok().map(|seconds| (seconds, 0));
    }
    let year = input.number(4)?;
    let (mut month, mut day) = (1, 1);
    if input.take(b'-') {
        month = input.number(2)?;
        if input.take(b'-') {
            day = input.number(2)?;
            if input.take(b'T') || input.take(b't') {
                let midnight = midnight(year, month, day)?;
                let (seconds, nanoseconds) = time(&mut input)?;
                return input
                    .is_empty()
                    .then(|| (midnight.saturating_add(seconds), nanoseconds));
            }
        }
    }
    input.is_empty().then_some((midnight(year, month, day)?, 0))
}

/// Reads the time of a day: seconds since its midnight in UTC and nanoseconds.
fn time(input: &mut Input<'_>) -> Option<Moment> {
    let hour = input.below(24)?;
    input.take(b':').then_some(())?;
    let minute = input.below(60)?;
    let (mut second, mut nanoseconds) = (0, 0);
    if input.take(b':') {
        second = input.below(60)?;
        if input.take(b'.') {
            nanoseconds = input.fraction()?;
        }
    }
    let zone = input.zone()?;
    let local = hour
        .saturating_mul(3600)
        .saturating_add(minute.saturating_mul(60))
        .saturating_add(second);
    Some((local.saturating_sub(zone), nanoseconds))
}

/// Returns the seconds from 1970 to the beginning of a day, `None` for a day that no calendar has.
fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years from March, so that the leap day is the last of its year; 1461 days in four of them, less three in 400.
    let (year, month) = if month > 2 {
        (year, month.checked_sub(3)?)
    } else {
        (year.checked_sub(1)?, month.checked_add(9)?)
    };
    let leap_days = year
        .div_euclid(4)
        .checked_sub(year.div_euclid(100))?
        .checked_add(year.div_euclid(400))?;
    let days_before_month = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
    let days = year
        .checked_mul(365)?
        .checked_add(leap_days)?
        .checked_add(days_before_month)?
        .checked_add(day)?;
    // 1970-01-01 by this count.
    const EPOCH: i64 = 719_469;
    days.checked_sub(EPOCH)?.checked_mul(86_400)
}

/// What is left to read.
struct Input<'t>(&'t [u8]);

impl Input<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, wanted: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == wanted => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn digit(&mut self) -> Option<i64> {
        match self.0 {
            [first @ b'0'..=b'9', rest @ ..] => {
                self.0 = rest;
                Some(i64::from(first.saturating_sub(b'0')))
            }
            _ => None,
        }
    }

    /// Reads this many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0_i64, |number, _| {
            Some(number.saturating_mul(10).saturating_add(self.digit()?))
        })
    }

    /// Reads two digits of a number below a bound.
    fn below(&mut self, bound: i64) -> Option<i64> {
        self.number(2).filter(|number| *number < bound)
    }

    /// Reads one to nine digits behind a point, as nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let mut nanoseconds = self.digit()?;
        for _ in 1..9 {
            nanoseconds = nanoseconds
                .saturating_mul(10)
                .saturating_add(self.digit().unwrap_or(0));
        }
        u32::try_from(nanoseconds).ok()
    }

    /// Reads `Z`, `±hh:mm`, `±hh` or nothing at all, as seconds east of UTC.
    fn zone(&mut self) -> Option<i64> {
        if self.is_empty() || self.take(b'Z') || self.take(b'z') {
            return Some(0);
        }
        let is_west = !self.take(b'+');
        if is_west && !self.take(b'-') {
            return None;
        }
        let hours = self.below(24)?;
        let minutes = if self.is_empty() {
            0
        } else {
            self.take(b':').then_some(())?;
            self.below(60)?
        };
        let seconds = hours
            .saturating_mul(3600)
            .saturating_add(minutes.saturating_mul(60));
        Some(if is_west {
            seconds.saturating_neg()
        } else {
            seconds
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments() {
        for (text, expected) in [
            ("1970", Some((0, 0))),
            ("1970-01", Some((0, 0))),
            ("1970-01-02", Some((86_400, 0))),
            ("2000-03-01", Some((951_868_800, 0))),
            ("2020-02-29T12:30Z", Some((1_582_979_400, 0))),
            ("2020-02-29T12:30:01Z", Some((1_582_979_401, 0))),
            ("2020-02-29T12:30:01.5Z", Some((1_582_979_401, 500_000_000))),
            (
                "2020-02-29T12:30:01.123456789Z",
                Some((1_582_979_401, 123_456_789)),
            ),
            ("2020-02-29T14:30:01+02:00", Some((1_582_979_401, 0))),
            ("2020-02-29T07:00:01-05:30", Some((1_582_979_401, 0))),
            ("2020-02-29T14:30:01+02", Some((1_582_979_401, 0))),
            ("2020-02-29T12:30:01", Some((1_582_979_401, 0))),
            ("2020-02-29t12:30:01z", Some((1_582_979_401, 0))),
            ("1969-12-31T23:59:59Z", Some((-1, 0))),
            ("0000-01-01", Some((-62_167_219_200, 0))),
            ("9999-12-31T23:59:59Z", Some((253_402_300_799, 0))),
            ("1582979401", Some((1_582_979_401, 0))),
            ("0", Some((0, 0))),
            ("9223372036854775808", None),
            ("", None),
            ("2019-02-29", None),
            ("2020-13", None),
            ("2020-00", None),
            ("2020-01-32", None),
            ("2020-04-31", None),
            ("2020-1-1", None),
            ("2020-01-01T", None),
            ("2020-01-01T00Z", None),
            ("2020-01-01T24:00Z", None),
            ("2020-01-01T00:60Z", None),
            ("2020-01-01T00:00:60Z", None),
            ("2020-01-01T00:00:00.Z", None),
            ("2020-01-01T00:00:00.1234567890Z", None),
            ("2020-01-01 00:00Z", None),
            ("2020-01-01T00:00Z ", None),
            ("2020-01-01T00:00+0200", None),
            ("2020-01-01T00:00+24:00", None),
            ("2020-", None),
            ("-5", None),
            ("1582979401.5", None),
            ("tomorrow", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
