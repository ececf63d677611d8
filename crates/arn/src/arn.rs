//! Amazon Resource Names.

use std::fmt;

/// The partitions that AWS names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// `aws`.
    #[default]
    Aws,
    /// `aws-cn`.
    AwsCn,
    /// `aws-us-gov`.
    AwsUsGov,
}

impl Partition {
    /// Returns the partition as an ARN writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// Reads a partition name; case counts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "aws" => Some(Self::Aws),
            "aws-cn" => Some(Self::AwsCn),
            "aws-us-gov" => Some(Self::AwsUsGov),
            _ => None,
        }
    }
}

/// An ARN split at its first five colons: `arn:partition:service:region:account:resource`.
///
/// Nothing but the shape is checked: parts may be empty and the resource may hold more colons.
///
/// # Examples
/// ```
/// let arn = keyward_arn::Arn::parse("arn:aws:iam::111122223333:user/a/alice").unwrap();
/// assert_eq!((arn.account, arn.resource), ("111122223333", "user/a/alice"));
/// assert!(keyward_arn::Arn::parse("arn:aws:iam::111122223333").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn<'a> {
    /// Such as `aws`.
    pub partition: &'a str,
    /// Such as `iam`.
    pub service: &'a str,
    /// Such as `us-east-1`; empty for global services.
    pub region: &'a str,
    /// Twelve digits, `aws`, or empty.
    pub account: &'a str,
    /// All after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits a text that begins with `arn:` and has at least five colons; `None` for any other.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// Returns the account part where it is an account id.
    #[must_use]
    pub fn account_id(&self) -> Option<crate::AccountId> {
        crate::AccountId::parse(self.account).ok()
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_prints_back() {
        for text in [
            "arn:aws:s3:::bucket/key:with:colons",
            "arn:aws:iam::111122223333:root",
            "arn:::::",
            "arn:aws-cn:sqs:cn-north-1:111122223333:q",
        ] {
            assert_eq!(
                Arn::parse(text).map(|arn| arn.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            "*",
            "arn",
            "arn:aws:s3::",
            "ARN:aws:s3:::b",
            " arn:aws:s3:::b",
        ] {
            assert_eq!(Arn::parse(text), None, "{text:?}");
        }
    }
}
