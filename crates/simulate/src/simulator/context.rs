//! The values that a simulation gives to condition keys.

use std::net::IpAddr;

/// The type that a caller says a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Base64.
    Binary,
    /// `true` or `false`.
    Boolean,
    /// A date and time, or seconds since 1970.
    Date,
    /// An address.
    Ip,
    /// A number.
    Numeric,
    /// Any text.
    String,
}

/// The value of a condition key in a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimulatedValue {
    /// Of a key that has any number of values.
    Multiple(Vec<String>),
    /// Of a key that has one.
    Single(String),
}

/// A value that its type does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not a value of type {}", kind.as_str())]
pub struct InvalidContextValue {
    /// What was sent.
    pub value: String,
    /// The type that it was sent as.
    pub kind: ValueType,
}

impl ValueType {
    /// Returns the type's name in the API, without the `List` of the list types.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Ip => "ip",
            Self::Numeric => "numeric",
            Self::String => "string",
        }
    }

    /// Checks values.
    ///
    /// # Errors
    /// [`InvalidContextValue`] for the first that is none of the type.
    pub fn check(self, values: &[String]) -> Result<(), InvalidContextValue> {
        match values.iter().find(|value| !self.has(value)) {
            None => Ok(()),
            Some(value) => Err(InvalidContextValue {
                value: value.clone(),
                kind: self,
            }),
        }
    }

    fn has(self, value: &str) -> bool {
        let digit = |character: char| character.is_ascii_digit();
        match self {
            Self::Binary => value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)),
            Self::Boolean => ["true", "false"]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(value)),
            // The engine reads the forms of dates; what is certainly none is refused here.
            Self::Date => value.trim_start_matches(['+', '-']).starts_with(digit),
            Self::Ip => {
                let address = value.split_once('/').map_or(value, |(address, _)| address);
                address.parse::<IpAddr>().is_ok()
            }
            Self::Numeric => value.contains(digit) && value.parse::<f64>().is_ok(),
            Self::String => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_their_type() {
        for (kind, value, good) in [
            (ValueType::Boolean, "TRUE", true),
            (ValueType::Boolean, "1", false),
            (ValueType::Numeric, "-12.5", true),
            (ValueType::Numeric, "twelve", false),
            (ValueType::Numeric, "inf", false),
            (ValueType::Ip, "203.0.113.7", true),
            (ValueType::Ip, "2001:db8::1", true),
            (ValueType::Ip, "203.0.113", false),
            (ValueType::Date, "2026-01-01T00:00:00Z", true),
            (ValueType::Date, "1767225600", true),
            (ValueType::Date, "tomorrow", false),
            (ValueType::Binary, "QmluYXJ5", true),
            (ValueType::Binary, "not binary", false),
            (ValueType::String, "", true),
        ] {
            assert_eq!(kind.check(&[value.to_owned()]).is_ok(), good, "{value}");
        }
        let refused = ValueType::Ip.check(&["::1".to_owned(), "x".to_owned()]);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "x is not a value of type ip"
        );
    }
}
