//! Whether a text is a date that AWS stores.

/// Tells whether `text` is epoch seconds or a date, as far as AWS looks when a policy is written.
///
/// Laxer than evaluation: `01T` passes here and matches nothing later.
// SOURCE: spec/policy-language.md §7, identity row 3.
pub(super) fn is_date(text: &str) -> bool {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().is_ok();
    }
    match text.split_once(['T', 't']) {
        None => is_day(text),
        Some((day, time)) => is_day(day) && (time.is_empty() || is_time(time)),
    }
}

fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn is_within(text: &str, low: u64, high: u64) -> bool {
    number(text).is_some_and(|value| low <= value && value <= high)
}

/// `year`, `year-month` or `year-month-day`, the year perhaps negative.
fn is_day(text: &str) -> bool {
    let (text, last_year) = match text.strip_prefix('-') {
        None => (text, 292_278_993),
        Some(rest) => (rest, 292_275_054),
    };
    let mut parts = text.split('-');
    parts
        .next()
        .is_some_and(|year| is_within(year, 0, last_year))
        && parts.next().is_none_or(|month| is_within(month, 1, 12))
        && parts.next().is_none_or(|day| is_within(day, 1, 31))
        && parts.next().is_none()
}

/// `hour`, `hour:minute` or `hour:minute:second`, the second perhaps with a fraction, then perhaps a zone.
fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, None),
        None => match text.split_once(['+', '-']) {
            None => (text, None),
            Some((clock, zone)) => (clock, Some(zone)),
        },
    };
    let mut parts = clock.split(':');
    zone.is_none_or(is_zone)
        && parts.next().is_some_and(|hour| is_within(hour, 0, 23))
        && parts.next().is_none_or(|minute| is_within(minute, 0, 59))
        && parts.next().is_none_or(is_second)
        && parts.next().is_none()
}

fn is_second(text: &str) -> bool {
    match text.split_once('.') {
        None => is_within(text, 0, 59),
        Some((second, fraction)) => is_within(second, 0, 59) && is_within(fraction, 0, 999_999_999),
    }
}

/// `hh` or `hh:mm`.
fn is_zone(text: &str) -> bool {
    let (hours, minutes) = text
        .split_once(':')
        .map_or((text, None), |(hours, minutes)| (hours, Some(minutes)));
    let is_pair = |pair: &str| pair.len() == 2 && number(pair).is_some();
    is_pair(hours) && minutes.is_none_or(is_pair)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_date(text), expected, "{text:?}");
    }

    #[test]
    fn dates() {
        for text in [
            "0",
            "0001",
            "1700000000",
            "9223372036854775807",
            "2020",
            "2020-01",
            "2020-1",
            "2020-12-31",
            "-1",
            "-292275054",
            "-292275054-12-31",
            "292278993-01",
            "01T",
            "01t",
            "2020-01-01T",
            "2020-01-01T00",
            "2020-01-01T23:59",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:59",
            "2020-01-01T00:00:00Z",
            "2020-01-01t00:00:00z",
            "2020-01-01T00:00:00.123456789Z",
            "2020-01-01T00:00:00+01",
            "2020-01-01T00:00:00-01:30",
            "2020-01-01T00:00:00.5+00:00",
        ] {
            check(text, true);
        }
    }

    #[test]
    fn not_dates() {
        for text in [
            "",
            " ",
            "T",
            "Z",
            "-",
            "--",
            "yesterday",
            "9223372036854775808",
            "1e9",
            "1.5",
            "+5",
            "2020-00",
            "2020-13",
            "2020-01-00",
            "2020-01-32",
            "2020-01-01-01",
            "2020-",
            "2020--01",
            "-292275055",
            "292278994-01",
            "--5",
            "2020-01-01 00:00",
            "2020-01-01T24",
            "2020-01-01T00:60",
            "2020-01-01T00:00:60",
            "2020-01-01T00:00:00:00",
            "2020-01-01T00:00:00.",
            "2020-01-01T00:00:00.1234567890",
            "2020-01-01T00.5",
            "2020-01-01TZ",
            "2020-01-01T00:00:00+1",
            "2020-01-01T00:00:00+001",
            "2020-01-01T00:00:00+01:3",
            "2020-01-01T00:00:00+",
            "2020-01-01T00:00:00+01:30Z",
            "2020-01-01T00:00:00+-1",
            "${aws:CurrentTime}",
            "2020-01-01T00:00:00ZZ",
            "٢٠٢٠",
        ] {
            check(text, false);
        }
    }
}
