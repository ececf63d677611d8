//! Points in time, to the second.

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// 0001-01-01T00:00:00Z.
const EARLIEST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const LATEST: i64 = 253_402_300_799;

impl Timestamp {
    /// Appends the ISO 8601 form that AWS sends: `2026-01-01T00:00:00Z`.
    ///
    /// A time outside of the years 1 to 9999 prints as the nearest one inside, so the form always has 20 characters.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "seconds are clamped to the years 1 to 9999, so no intermediate value leaves i64"
    )]
    pub fn print(self, out: &mut String) {
        let seconds = self.0.clamp(EARLIEST, LATEST);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days to a civil date, counting years from March so that the leap day is a year's last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        digits(out, year, 4);
        out.push('-');
        digits(out, month, 2);
        out.push('-');
        digits(out, day, 2);
        out.push('T');
        digits(out, of_day / 3_600, 2);
        out.push(':');
        digits(out, of_day / 60 % 60, 2);
        out.push(':');
        digits(out, of_day % 60, 2);
        out.push('Z');
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(20);
        self.print(&mut text);
        formatter.write_str(&text)
    }
}

/// Appends the last digits of a number that is not negative.
fn digits(out: &mut String, number: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = number
            .checked_div(10_i64.saturating_pow(place))
            .map_or(0, |shifted| shifted.rem_euclid(10));
        out.push(char::from(
            b'0'.saturating_add(u8::try_from(digit).unwrap_or(0)),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn prints_as_aws_does() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MIN, "0001-01-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(Timestamp(seconds).to_string(), expected);
        }
    }
}
