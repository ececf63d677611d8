//! Moments as XML documents write them.

use x509_cert::der::DateTime;

use crate::Timestamp;

impl Timestamp {
    /// Reads an `xs:dateTime` such as `2027-01-01T00:00:00Z`, with a fraction or another offset where there is one; without
    /// an offset, as UTC. A fraction is cut off. `None` for anything else, for years before 1970 and after 9999, and for
    /// leap seconds.
    #[must_use]
    pub fn parse_date_time(text: &str) -> Option<Self> {
        let (date, clock) = text.split_once('T')?;
        let (clock, offset_minutes) = offset(clock)?;
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let small = |number: u16| u8::try_from(number).ok();
        let moment = DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
        )
        .ok()?;
        let seconds = i64::try_from(moment.unix_duration().as_secs()).ok()?;
        let shift = offset_minutes.checked_mul(60)?;
        Some(Self::from_unix_seconds(seconds.checked_sub(shift)?))
    }
}

/// Splits an offset from UTC off, in minutes.
fn offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.find(['+', '-']) else {
        return Some((clock, 0));
    };
    let (clock, offset) = clock.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers(offset.get(1..)?, ':', [2, 2])?;
    let minutes = i64::from(hours)
        .checked_mul(60)?
        .checked_add(i64::from(minutes))?;
    (hours <= 14 && minutes <= 840).then_some((clock, minutes.checked_mul(sign)?))
}

/// Reads numbers of exact widths with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = digits.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}
