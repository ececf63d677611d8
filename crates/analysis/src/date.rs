//! Dates, as far as findings need them: moments as seconds since the Unix epoch, and days between them.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
const DAY_SECONDS: i64 = 86_400;
const ERA_DAYS: i64 = 146_097;

/// A moment, as condition keys have it.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// Such as `2026-01-02T03:04:05Z`.
    pub(crate) iso8601: String,
    /// Seconds since the Unix epoch.
    pub(crate) seconds: String,
}

impl Moment {
    /// Takes seconds since the Unix epoch.
    pub(crate) fn of(seconds: i64) -> Self {
        Self {
            iso8601: iso8601(seconds),
            seconds: seconds.to_string(),
        }
    }
}

/// Writes a moment in seconds since the Unix epoch as `2026-01-02T03:04:05Z`.
///
/// # Examples
/// ```
/// assert_eq!(keyward_analysis::iso8601(0), "1970-01-01T00:00:00Z");
/// assert_eq!(keyward_analysis::iso8601(1_767_323_045), "2026-01-02T03:04:05Z");
/// ```
#[must_use]
pub fn iso8601(seconds: i64) -> String {
    let (days, second) = (
        seconds.div_euclid(DAY_SECONDS),
        seconds.rem_euclid(DAY_SECONDS),
    );
    let (year, month, day) = date(days);
    let (hour, minute, second) = (
        second.div_euclid(3_600),
        second.div_euclid(60).rem_euclid(60),
        second.rem_euclid(60),
    );
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Turns days since the epoch into a date of the Gregorian calendar. SOURCE: H. Hinnant, "chrono-compatible low-level
/// date algorithms", `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let z = days.saturating_add(EPOCH_DAYS);
    let era = z.div_euclid(ERA_DAYS);
    let doe = z.rem_euclid(ERA_DAYS);
    let yoe = doe
        .saturating_sub(doe.div_euclid(1_460))
        .saturating_add(doe.div_euclid(36_524))
        .saturating_sub(doe.div_euclid(146_096))
        .div_euclid(365);
    let doy = doe.saturating_sub(days_before_year(yoe));
    let mp = doy.saturating_mul(5).saturating_add(2).div_euclid(153);
    let day = doy
        .saturating_sub(mp.saturating_mul(153).saturating_add(2).div_euclid(5))
        .saturating_add(1);
    let month = if mp < 10 {
        mp.saturating_add(3)
    } else {
        mp.saturating_sub(9)
    };
    let year = yoe
        .saturating_add(era.saturating_mul(400))
        .saturating_add(i64::from(month <= 2));
    (year, month, day)
}

/// Counts the days before a year of an era that begins in March.
fn days_before_year(year: i64) -> i64 {
    year.saturating_mul(365)
        .saturating_add(year.div_euclid(4))
        .saturating_sub(year.div_euclid(100))
}

/// Reads the date of a moment as the credential report prints it (`2026-01-02T03:04:05+00:00`), and returns days since
/// the epoch.
pub(crate) fn days(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (part()?, part()?, part()?);
    let year = if month <= 2 {
        year.saturating_sub(1)
    } else {
        year
    };
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let mp = month.saturating_add(9).rem_euclid(12);
    let doy = mp
        .saturating_mul(153)
        .saturating_add(2)
        .div_euclid(5)
        .saturating_add(day)
        .saturating_sub(1);
    Some(
        era.saturating_mul(ERA_DAYS)
            .saturating_add(days_before_year(yoe))
            .saturating_add(doy)
            .saturating_sub(EPOCH_DAYS),
    )
}

/// Reads a moment such as `2026-01-02T03:04:05Z` in UTC.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let days = days(text)?;
    let mut parts = text.get(11..19)?.split(':');
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    Some(
        days.saturating_mul(DAY_SECONDS)
            .saturating_add(hour.saturating_mul(3_600))
            .saturating_add(minute.saturating_mul(60))
            .saturating_add(second),
    )
}

/// Returns how many days lie between a date and a moment in seconds since the epoch.
pub(crate) fn days_ago(text: &str, now: i64) -> Option<i64> {
    Some(now.div_euclid(DAY_SECONDS).saturating_sub(days(text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for day in (-800_000..800_000).step_by(997) {
            let text = iso8601(day * DAY_SECONDS + 45_296);
            if text.len() == 20 && !text.starts_with('-') {
                assert_eq!(days(&text), Some(day), "{text}");
                assert_eq!(seconds(&text), Some(day * DAY_SECONDS + 45_296), "{text}");
            }
        }
        assert_eq!(days("2000-02-29T00:00:00+00:00"), Some(11_016));
        assert_eq!(days("N/A"), None);
        assert_eq!(days_ago("1970-01-01", 90 * DAY_SECONDS), Some(90));
    }
}
