//! What a service demands of the requests signed for it.

use crate::limits::{REGION_BYTES, SKEW_MINUTES};

/// Which regions a credential scope may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionRule<'a> {
    /// Any name in the shape of a region: `us-east-1`, `cn-north-1`, `us-gov-west-1`.
    ///
    /// DIFFERS: AWS's IAM takes the home region of the partition only. Clients of a server of one's own sign with
    /// whatever region they have configured, and the region guards nothing here: it is part of the signature.
    AnyShape,
    /// These names only.
    OneOf(&'a [&'a str]),
}

impl RegionRule<'_> {
    pub(crate) fn accepts(self, region: &str) -> bool {
        match self {
            Self::AnyShape => is_region(region),
            Self::OneOf(regions) => regions.contains(&region),
        }
    }
}

/// What a service demands of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The signing names that are accepted: `iam`, `sts`… The first is named to a client that used none of them.
    pub services: &'a [&'a str],
    /// The regions that are accepted.
    pub region: RegionRule<'a>,
    /// How far the request's time may lie from `now` in either direction, in minutes; the bound itself is accepted.
    pub skew_minutes: u16,
}

impl<'a> Expected<'a> {
    /// Expects one of these signing names, any region and a time within [`SKEW_MINUTES`].
    #[must_use]
    pub fn new(services: &'a [&'a str]) -> Self {
        Self {
            services,
            region: RegionRule::AnyShape,
            skew_minutes: SKEW_MINUTES,
        }
    }
}

/// Says whether a name has the shape of a region: letters, one or more further words, a number of one or two digits.
fn is_region(name: &str) -> bool {
    let mut labels = name.rsplit('-');
    let number = labels.next().is_some_and(|last| {
        matches!(last.len(), 1 | 2) && last.bytes().all(|b| b.is_ascii_digit())
    });
    let mut words = 0_usize;
    for label in labels {
        if label.is_empty() || !label.bytes().all(|b| b.is_ascii_lowercase()) {
            return false;
        }
        words = words.saturating_add(1);
    }
    number && words >= 2 && name.len() <= REGION_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_shapes() {
        for good in [
            "us-east-1",
            "eu-central-1",
            "cn-north-1",
            "us-gov-west-1",
            "ap-southeast-5",
            "us-isob-east-1",
            "eusc-de-east-1",
            "xx-test-12",
        ] {
            assert!(RegionRule::AnyShape.accepts(good), "{good}");
        }
        for bad in [
            "",
            "local",
            "aws-global",
            "us-east",
            "us-1",
            "US-EAST-1",
            "us--east-1",
            "-east-1",
            "us-east-",
            "us-east-123",
            "us-east-1 ",
            "us_east_1",
            "1",
            "us-éast-1",
            "aaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaa-1",
        ] {
            assert!(!RegionRule::AnyShape.accepts(bad), "{bad}");
        }
        assert!(RegionRule::OneOf(&["us-east-1"]).accepts("us-east-1"));
        assert!(!RegionRule::OneOf(&["us-east-1"]).accepts("us-west-2"));
        assert!(!RegionRule::OneOf(&[]).accepts("us-east-1"));
    }
}
