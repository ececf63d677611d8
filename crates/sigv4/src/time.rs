//! Civil dates: the forms in which clients send a time, and the one that is signed.
//!
//! Times are seconds since the Unix epoch, UTC, leap seconds not counted.

use crate::limits::DATE_BYTES;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what four digits of a year can say.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

const DAY_SECONDS: i64 = 86_400;

const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Bytes of `YYYYMMDDTHHMMSSZ`.
pub(crate) const BASIC_BYTES: usize = 16;

/// Turns minutes into seconds.
pub(crate) fn minutes(minutes: u16) -> i64 {
    i64::from(minutes).saturating_mul(60)
}

/// Writes `YYYYMMDDTHHMMSSZ`; a time outside of the years 1 to 9999 is moved to their nearer end.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the clamp bounds every term by a few million; no divisor is zero"
)]
pub(crate) fn basic(time: i64) -> [u8; BASIC_BYTES] {
    let time = time.clamp(FIRST, LAST);
    let (days, second) = (time.div_euclid(DAY_SECONDS), time.rem_euclid(DAY_SECONDS));
    // Years start in March here, so that the leap day is the last; 719468 days lie between 0000-03-01 and the epoch.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let digit =
        |number: i64| u8::try_from(number.rem_euclid(10)).map_or(b'0', |digit| b'0' + digit);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        digit(month / 10),
        digit(month),
        digit(day / 10),
        digit(day),
        b'T',
        digit(hour / 10),
        digit(hour),
        digit(minute / 10),
        digit(minute),
        digit(second / 10),
        digit(second),
        b'Z',
    ]
}

/// [`basic`] as text, for messages.
pub(crate) fn basic_text(time: i64) -> String {
    basic(time).map(char::from).iter().collect()
}

/// Reads `YYYYMMDDTHHMMSSZ`.
pub(crate) fn parse_basic(text: &[u8]) -> Option<i64> {
    let [
        y1,
        y2,
        y3,
        y4,
        o1,
        o2,
        d1,
        d2,
        b'T',
        h1,
        h2,
        i1,
        i2,
        s1,
        s2,
        b'Z',
    ] = *text
    else {
        return None;
    };
    from_digits([
        [y1, y2],
        [y3, y4],
        [o1, o2],
        [d1, d2],
        [h1, h2],
        [i1, i2],
        [s1, s2],
    ])
}

/// Reads the ISO forms of the `X-Amz-Date` header: `YYYYMMDDTHHMMSSZ` and `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn parse_iso(text: &[u8]) -> Option<i64> {
    if let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        o1,
        o2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b'Z',
    ] = *text
    {
        return from_digits([
            [y1, y2],
            [y3, y4],
            [o1, o2],
            [d1, d2],
            [h1, h2],
            [i1, i2],
            [s1, s2],
        ]);
    }
    parse_basic(text)
}

/// Reads what a `Date` header may hold: the ISO forms, RFC 1123, RFC 850, asctime and RFC 2822.
pub(crate) fn parse_http(text: &[u8]) -> Option<i64> {
    parse_iso(text).or_else(|| parse_words(text))
}

/// Reads `[Weekday,] day month year time zone`, with blanks or hyphens within the date, and asctime's
/// `Weekday month day time year`. The weekday is not checked against the date, nor does any client need it.
fn parse_words(text: &[u8]) -> Option<i64> {
    if text.len() > DATE_BYTES {
        return None;
    }
    let mut words = text
        .split(|byte| matches!(byte, b' ' | b','))
        .filter(|word| !word.is_empty())
        .peekable();
    if words
        .peek()
        .is_some_and(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_alphabetic))
    {
        words.next();
    }
    let first = words.next()?;
    let (day, month, year, clock, zone) = if let Some(month) = month(first) {
        let (day, clock, year) = (words.next()?, words.next()?, words.next()?);
        (day, month, four_digit_year(year)?, clock, 0)
    } else {
        let mut date = first.split(|byte| *byte == b'-');
        let day = date.next()?;
        let (month_word, year) = match (date.next(), date.next(), date.next()) {
            (Some(month), Some(year), None) => (month, year),
            (None, None, None) => (words.next()?, words.next()?),
            _ => return None,
        };
        (
            day,
            month(month_word)?,
            four_digit_year(year)?,
            words.next()?,
            zone(words.next()?)?,
        )
    };
    if words.next().is_some() || !matches!(day.len(), 1 | 2) {
        return None;
    }
    let [h1, h2, b':', i1, i2, b':', s1, s2] = *clock else {
        return None;
    };
    let time = from_civil(
        year,
        month,
        number(day)?,
        number(&[h1, h2])?,
        number(&[i1, i2])?,
        number(&[s1, s2])?,
    )?;
    Some(time.saturating_sub(zone))
}

fn month(word: &[u8]) -> Option<i64> {
    MONTHS
        .iter()
        .zip(1..)
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, number)| number)
}

/// Two digits are of the years 1970 to 2069.
fn four_digit_year(word: &[u8]) -> Option<i64> {
    let year = number(word)?;
    match word.len() {
        2 if year < 70 => Some(year.saturating_add(2000)),
        2 => Some(year.saturating_add(1900)),
        4 => Some(year),
        _ => None,
    }
}

/// Returns how many seconds a zone is ahead of UTC; botocore sends `-0000`.
fn zone(word: &[u8]) -> Option<i64> {
    match *word {
        [b'G', b'M', b'T'] | [b'U', b'T', b'C'] | [b'U', b'T'] | [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, i1, i2] => {
            let (hours, minutes) = (number(&[h1, h2])?, number(&[i1, i2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = hours
                .saturating_mul(3600)
                .saturating_add(minutes.saturating_mul(60));
            Some(if sign == b'-' {
                ahead.saturating_neg()
            } else {
                ahead
            })
        }
        _ => None,
    }
}

fn from_digits(pairs: [[u8; 2]; 7]) -> Option<i64> {
    let [century, year, month, day, hour, minute, second] = pairs;
    let year = number(&century)?
        .saturating_mul(100)
        .saturating_add(number(&year)?);
    from_civil(
        year,
        number(&month)?,
        number(&day)?,
        number(&hour)?,
        number(&minute)?,
        number(&second)?,
    )
}

/// Reads up to four decimal digits.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, byte| {
        let digit = byte
            .is_ascii_digit()
            .then(|| i64::from(byte.wrapping_sub(b'0')))?;
        Some(sum.saturating_mul(10).saturating_add(digit))
    })
}

/// Turns a date of the years 1 to 9999 into seconds; `None` where there is no such date or time. No leap seconds.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "every term is bounded by the checks above it; no divisor is zero"
)]
fn from_civil(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year)
        || !(1..=days_in_month).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let (march_year, month_from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era - 719_468) * DAY_SECONDS + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOV_6: i64 = 784_111_777; // 1994-11-06T08:49:37Z, the example of RFC 9110 §5.6.7

    #[test]
    fn http_dates() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(parse_http(text.as_bytes()), expected, "{text}")
        };
        for good in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun Nov 06 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 -0000",
            "Sun, 6 Nov 1994 09:49:37 +0100",
            "6 Nov 1994 03:19:37 -0530",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "19941106T084937Z",
            "1994-11-06T08:49:37Z",
        ] {
            check(good, Some(NOV_6));
        }
        for bad in [
            "",
            " ",
            "Sun",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 EST",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 0 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 94x 08:49:37 GMT",
            "Sun, 006 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-94-1 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +2400",
            "784111777",
            "1994-11-06T08:49:37",
            "1994-11-06 08:49:37Z",
            "1994-11-06T08:49:37.5Z",
            "1994-11-06T08:49:37+00:00",
            "19941106T084937z",
            "19941306T084937Z",
            "19940229T084937Z",
            "19941106T084960Z",
            "00000106T084937Z",
            "1994110ٳT084937Z",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn rfc_850_years() {
        assert_eq!(
            parse_http(b"Monday, 05-Jan-26 00:00:00 GMT"),
            parse_basic(b"20260105T000000Z")
        );
        assert_eq!(
            parse_http(b"Monday, 05-Jan-70 00:00:00 GMT"),
            parse_basic(b"19700105T000000Z")
        );
    }

    #[test]
    fn basic_form_and_back() {
        let check = |text: &str, time: i64| {
            assert_eq!(basic_text(time), text);
            assert_eq!(parse_basic(text.as_bytes()), Some(time), "{text}");
        };
        check("19700101T000000Z", 0);
        check("19691231T235959Z", -1);
        check("20000229T120000Z", 951_825_600);
        check("20150830T123600Z", 1_440_938_160);
        check("20260102T030405Z", 1_767_323_045);
        check("00010101T000000Z", FIRST);
        check("99991231T235959Z", LAST);
        assert_eq!(basic_text(i64::MIN), "00010101T000000Z");
        assert_eq!(basic_text(i64::MAX), "99991231T235959Z");
    }

    proptest::proptest! {
        #[test]
        fn every_second_round_trips(time in FIRST..=LAST) {
            assert_eq!(parse_basic(&basic(time)), Some(time));
        }

        #[test]
        fn arbitrary_dates_do_not_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let _ = parse_http(&bytes);
        }
    }
}
