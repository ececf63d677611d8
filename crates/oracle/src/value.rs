//! The values that conditions compare: numbers, dates, booleans, addresses, bytes.
//!
//! Every reader answers `None` for a text that is not wholly a value of its family.

use std::cmp::Ordering;
use std::net::IpAddr;

/// A decimal number: sign, digits before the point without leading zeros, digits after it without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Number {
    // SOURCE: spec/policy-language.md §6, Numeric: int or decimal, whole string.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if all_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        if !all_digits(whole) {
            return None;
        }
        let (whole, fraction) = (
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0'),
        );
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: negative && !zero,
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let size = |left: &Self, right: &Self| {
            (left.whole.len().cmp(&right.whole.len()))
                .then_with(|| left.whole.cmp(&right.whole))
                .then_with(|| left.fraction.cmp(&right.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// Reads a date as (seconds since 1970, nanoseconds).
// SOURCE: spec/policy-language.md §6, Date: the W3C profile of ISO 8601, or epoch seconds; four digits are a year.
pub(crate) fn date(text: &str) -> Option<(i128, u32)> {
    if all_digits(text) && text.len() != 4 {
        // "epoch 0…2^63-1".
        let seconds: i64 = text.parse().ok()?;
        return Some((i128::from(seconds), 0));
    }
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let day_of_month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let complete = day.len() == 10;
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    if day_of_month < 1 || day_of_month > days_in_month(year, month) {
        return None;
    }
    let midnight = days_since_1970(year, month, day_of_month) * 86_400;
    match time {
        None => Some((midnight, 0)),
        Some(time) if complete => {
            let (seconds, nanoseconds) = time_of_day(time)?;
            Some((midnight + seconds, nanoseconds))
        }
        Some(_) => None,
    }
}

/// Reads `hh:mm[:ss[.fraction]][Z|±hh[:mm]]` as (seconds since midnight UTC, nanoseconds). Without a zone it is in UTC.
fn time_of_day(text: &str) -> Option<(i128, u32)> {
    let signed = text
        .rsplit_once('+')
        .map(|split| (split, 1))
        .or_else(|| text.rsplit_once('-').map(|split| (split, -1)));
    let (clock, offset) = match signed {
        None => (text.strip_suffix(['Z', 'z']).unwrap_or(text), 0),
        Some(((clock, zone), sign)) => {
            let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
            (
                clock,
                sign * (in_range(hours, 23)? * 3600 + in_range(minutes, 59)? * 60),
            )
        }
    };
    let mut parts = clock.split(':');
    let hours = in_range(parts.next()?, 23)?;
    let minutes = in_range(parts.next()?, 59)?;
    let (seconds, nanoseconds) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (in_range(seconds, 59)?, 0),
            Some((whole, fraction)) if all_digits(fraction) && fraction.len() <= 9 => (
                in_range(whole, 59)?,
                format!("{fraction:0<9}").parse().ok()?,
            ),
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    Some((hours * 3600 + minutes * 60 + seconds - offset, nanoseconds))
}

fn in_range(text: &str, maximum: i128) -> Option<i128> {
    digits(text, 2).filter(|number| *number <= maximum)
}

fn digits(text: &str, length: usize) -> Option<i128> {
    if all_digits(text) && text.len() == length {
        text.parse().ok()
    } else {
        None
    }
}

fn is_leap(year: i128) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days one year and one month at a time.
fn days_since_1970(year: i128, month: i128, day: i128) -> i128 {
    let days_in_year = |year| if is_leap(year) { 366 } else { 365 };
    let years: i128 = if year >= 1970 {
        (1970..year).map(days_in_year).sum()
    } else {
        -(year..1970).map(days_in_year).sum::<i128>()
    };
    let months: i128 = (1..month).map(|month| days_in_month(year, month)).sum();
    years + months + day - 1
}

// SOURCE: spec/policy-language.md §6, Bool: any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// An address as its bits, four or sixteen bytes; an IPv4 address written as IPv6 is an IPv4 address.
// SOURCE: spec/policy-language.md §6, IP.
pub(crate) fn address(text: &str) -> Option<Vec<bool>> {
    let address: IpAddr = text.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(v4) => bits(&v4.octets()),
        IpAddr::V6(v6) => bits(&v6.octets()),
    })
}

/// A range: how many bits the family has, and the bits that an address in the range begins with.
pub(crate) fn range(text: &str) -> Option<(usize, Vec<bool>)> {
    let Some((base, prefix)) = text.split_once('/') else {
        let bits = address(text)?;
        return Some((bits.len(), bits));
    };
    let prefix = Some(prefix)
        .filter(|prefix| all_digits(prefix))?
        .parse::<usize>()
        .ok()?;
    let written = match base.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => bits(&v4.octets()),
        IpAddr::V6(v6) => bits(&v6.octets()),
    };
    if prefix > written.len() {
        return None;
    }
    let mapped = address(base)?;
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    if mapped.len() < written.len() && prefix >= 96 {
        return Some((32, mapped.into_iter().take(prefix - 96).collect()));
    }
    Some((written.len(), written.into_iter().take(prefix).collect()))
}

fn bits(bytes: &[u8]) -> Vec<bool> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1 == 1))
        .collect()
}

/// Decodes standard base64 with padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let data = text.trim_end_matches('=');
    let padding = text.len() - data.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut stream: Vec<bool> = Vec::new();
    for c in data.chars() {
        let six = ALPHABET.find(c)?;
        stream.extend((0..6).rev().map(|bit| (six >> bit) & 1 == 1));
    }
    let bytes = stream.chunks_exact(8);
    // The bits left over by the padding must be zero.
    if bytes.remainder().iter().any(|bit| *bit) {
        return None;
    }
    Some(
        bytes
            .map(|bits| {
                bits.iter()
                    .fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly() {
        for (left, right, expected) in [
            ("1", "1.0", Some(Ordering::Equal)),
            ("05", "5", Some(Ordering::Equal)),
            ("-0", "0", Some(Ordering::Equal)),
            ("10", "9", Some(Ordering::Greater)),
            ("-10", "-9", Some(Ordering::Less)),
            ("1.10", "1.1", Some(Ordering::Equal)),
            ("1.09", "1.1", Some(Ordering::Less)),
            (
                "9007199254740993",
                "9007199254740992",
                Some(Ordering::Greater),
            ),
            ("1e3", "1000", None),
            ("", "0", None),
            (" 1", "1", None),
            ("1.", "1", None),
            (".5", "0.5", None),
        ] {
            let read = Number::parse(left).zip(Number::parse(right));
            assert_eq!(
                read.map(|(left, right)| left.compare(&right)),
                expected,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn dates() {
        for (text, expected) in [
            ("1970", Some((0, 0))),
            ("1970-01", Some((0, 0))),
            ("1970-01-02", Some((86_400, 0))),
            ("1969-12-31T23:59:59Z", Some((-1, 0))),
            ("2000-02-29", Some((951_782_400, 0))),
            ("2023-02-29", None),
            ("2020-01-01T00:00Z", Some((1_577_836_800, 0))),
            ("2020-01-01T01:00+01:00", Some((1_577_836_800, 0))),
            (
                "2019-12-31T23:00:00.5-01:00",
                Some((1_577_836_800, 500_000_000)),
            ),
            ("1577836800", Some((1_577_836_800, 0))),
            ("9223372036854775808", None),
            ("2020-01-01T00:00", Some((1_577_836_800, 0))),
            ("2020-01-01t01:00+01", Some((1_577_836_800, 0))),
            ("2020-01-01T00:00z", Some((1_577_836_800, 0))),
            ("2020-01-01T00:00+", None),
            ("2020-01-01T00:00Z+01:00", None),
            ("2020-01T00:00Z", None),
            ("2020-13", None),
            ("2020-01-01T24:00Z", None),
            ("2020-01-01T00:00:60Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses() {
        let inside = |value: &str, text: &str| {
            let (family, prefix) = range(text)?;
            let bits = address(value)?;
            Some(bits.len() == family && bits.starts_with(&prefix))
        };
        for (value, text, expected) in [
            ("10.1.2.3", "10.0.0.0/8", Some(true)),
            ("11.1.2.3", "10.0.0.0/8", Some(false)),
            ("10.1.2.3", "10.1.2.3", Some(true)),
            ("::ffff:10.1.2.3", "10.0.0.0/8", Some(true)),
            ("10.1.2.3", "::ffff:10.0.0.0/104", Some(true)),
            ("10.1.2.3", "::/0", Some(false)),
            ("2001:db8::1", "2001:db8::/32", Some(true)),
            ("2001:db8::1", "2001:db8::", Some(false)),
            ("2001:db8::1", "0.0.0.0/0", Some(false)),
            ("10.1.2.3", "10.0.0.0/33", None),
            ("10.1.2.3/8", "10.0.0.0/8", None),
            ("10.1.2.3", "10.0.0.0/+8", None),
        ] {
            assert_eq!(inside(value, text), expected, "{value} {text}");
        }
    }

    #[test]
    fn bytes() {
        for (text, expected) in [
            ("", Some("")),
            ("QQ==", Some("A")),
            ("QUI=", Some("AB")),
            ("QUJD", Some("ABC")),
            ("QQ=", None),
            ("QR==", None),
            ("Q===", None),
            ("Q!==", None),
        ] {
            assert_eq!(
                base64(text),
                expected.map(|text| text.as_bytes().to_vec()),
                "{text}"
            );
        }
    }
}
