//! Decimal numbers of any length, compared exactly.

use std::cmp::Ordering;

/// A number as its digits: no leading zeros before the point, no trailing zeros behind it.
struct Number<'t> {
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

/// Compares two numbers; `None` unless both are `[+-]digits[.digits]` in whole.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Number::parse(left)?, Number::parse(right)?);
    let magnitude = left
        .whole
        .len()
        .cmp(&right.whole.len())
        .then_with(|| left.whole.cmp(right.whole))
        .then_with(|| left.fraction.cmp(right.fraction));
    Some(match (left.is_negative, right.is_negative) {
        (false, false) => magnitude,
        (true, true) => magnitude.reverse(),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    })
}

impl<'t> Number<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            None => (digits, None),
            Some((whole, fraction)) => (whole, Some(fraction)),
        };
        let is_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || fraction.is_some_and(|fraction| !is_digits(fraction)) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.unwrap_or_default().trim_end_matches('0');
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            is_negative: is_negative && !is_zero,
            whole,
            fraction,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_exactly() {
        let equal = Some(Ordering::Equal);
        let (less, greater) = (Some(Ordering::Less), Some(Ordering::Greater));
        for (left, right, expected) in [
            ("5", "5", equal),
            ("5", "05.00", equal),
            ("-0", "+0.0", equal),
            ("10", "9", greater),
            ("-10", "-9", less),
            ("-1", "1", less),
            ("0.1", "0.09", greater),
            ("1.10", "1.1", equal),
            ("9007199254740993", "9007199254740992", greater),
            (
                "123456789012345678901234567890.000000000000000001",
                "123456789012345678901234567890",
                greater,
            ),
            ("", "5", None),
            ("5", "", None),
            ("5.", "5", None),
            (".5", "5", None),
            ("1e3", "1000", None),
            ("0x10", "16", None),
            (" 5", "5", None),
            ("5 ", "5", None),
            ("--5", "5", None),
            ("+-5", "5", None),
            ("٣", "3", None),
            ("abc", "abc", None),
        ] {
            assert_eq!(compare(left, right), expected, "{left} {right}");
        }
    }
}
