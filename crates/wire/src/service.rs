//! The services that speak this protocol.

use std::fmt;

/// A service that Keyward serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// AWS Identity and Access Management, version 2010-05-08.
    Iam,
    /// AWS Security Token Service, version 2011-06-15.
    Sts,
}

impl Service {
    /// Both services.
    pub const ALL: [Self; 2] = [Self::Iam, Self::Sts];

    /// The value of `Version` in requests: `2010-05-08` or `2011-06-15`.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }

    /// The service that has this `Version`.
    #[must_use]
    pub fn from_version(version: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.version() == version)
    }

    /// The XML namespace of responses, with a slash at the end.
    // SOURCE: spec/access-denied-messages.md §7
    #[must_use]
    pub const fn xml_namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    /// The service part of a credential scope, and the prefix of its actions in policies: `iam` or `sts`.
    #[must_use]
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// The service that a credential scope names. Case-sensitive, as AWS is.
    #[must_use]
    pub fn from_signing_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.signing_name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.signing_name())
    }
}
