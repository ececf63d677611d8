//! Account ids.

use std::fmt;
use std::str::FromStr;

use crate::limits::ACCOUNT_ID_MAXIMUM;

/// The id of an account: twelve decimal digits, such as `111122223333`; leading zeros count.
///
/// # Examples
/// ```
/// let account = keyward_arn::AccountId::parse("000000000042").unwrap();
/// assert_eq!(account.to_string(), "000000000042");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The text is not twelve ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseAccountIdError;

impl AccountId {
    /// Reads exactly twelve ASCII digits.
    ///
    /// # Errors
    /// [`ParseAccountIdError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseAccountIdError> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseAccountIdError);
        }
        text.parse().map(Self).map_err(|_| ParseAccountIdError)
    }

    /// Takes a number below 10^12.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (number <= ACCOUNT_ID_MAXIMUM).then_some(Self(number))
    }

    /// Draws an account id from 8 random bytes: twelve digits without a leading zero, as AWS's mostly are.
    #[must_use]
    pub fn from_random(random: [u8; 8]) -> Self {
        const LOWEST: u64 = 100_000_000_000;
        const SPAN: u64 = ACCOUNT_ID_MAXIMUM - LOWEST + 1;
        Self(LOWEST.saturating_add(u64::from_be_bytes(random).checked_rem(SPAN).unwrap_or(0)))
    }

    /// Appends the twelve digits. Every request writes its account several times, and formatting costs ten times as much.
    pub fn append_to(self, out: &mut String) {
        self.with_digits(|digits| out.push_str(digits));
    }

    /// Hands on the twelve digits: those behind the first of a number that has one more.
    fn with_digits<T>(self, then: impl FnOnce(&str) -> T) -> T {
        let mut buffer = itoa::Buffer::new();
        let number = self.0.saturating_add(ACCOUNT_ID_MAXIMUM).saturating_add(1);
        then(buffer.format(number).get(1..).unwrap_or_default())
    }

    /// Returns the id as a number.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_digits(|digits| f.write_str(digits))
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountId {
    type Err = ParseAccountIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ParseAccountIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an account id is exactly 12 digits")
    }
}

impl std::error::Error for ParseAccountIdError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_twelve_digits_only() {
        for (text, good) in [
            ("111122223333", true),
            ("000000000000", true),
            ("999999999999", true),
            ("11112222333", false),
            ("1111222233334", false),
            ("11112222333x", false),
            ("+11122223333", false),
            ("١١١١٢٢٢٢٣٣٣٣", false),
            ("", false),
        ] {
            assert_eq!(AccountId::parse(text).is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn random_ids_have_twelve_digits() {
        for byte in 0..=255 {
            let id = AccountId::from_random([byte; 8]).to_string();
            assert!(
                AccountId::parse(&id).is_ok() && !id.starts_with('0'),
                "{id}"
            );
        }
    }
}
