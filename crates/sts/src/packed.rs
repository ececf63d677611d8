//! The packed size of what a caller passes into a session.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::limits::{PACKED_BYTES, UNPACKED_BYTES};
use crate::{SessionPolicies, SessionTags};

/// How much of the space for policies and tags a session uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedSize {
    percent: u32,
}

/// Policies and tags take more than their space.
// SOURCE: spec/sts.md §2, packed size: the texts; with both, AWS's is not known, and the policy's is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackedTooLarge {
    /// Policies, or policies and tags.
    #[error("Packed policy consumes {0}% of allotted space")]
    Policies(u32),
    /// Tags alone.
    #[error("Packed size of session tags consumes {0}% of allotted space.")]
    Tags(u32),
}

impl PackedSize {
    /// Measures policies and tags, inherited ones included: their deflated size against 2,048 bytes.
    ///
    /// # Errors
    /// [`PackedTooLarge`] above 100 %.
    pub fn measure(policies: &SessionPolicies, tags: &SessionTags) -> Result<Self, PackedTooLarge> {
        if policies.is_empty() && tags.is_empty() {
            return Ok(Self { percent: 0 });
        }
        let mut text = String::new();
        for part in policies
            .inline
            .as_deref()
            .into_iter()
            .chain(policies.managed.iter().map(|arn| arn.as_str()))
        {
            text.push_str(part);
            text.push('\n');
        }
        for own in tags.iter() {
            text.push_str(&own.tag.key);
            text.push('=');
            text.push_str(&own.tag.value);
            text.push('\n');
        }
        let percent = deflate(text.as_bytes())
            .len()
            .saturating_mul(100)
            .div_ceil(PACKED_BYTES);
        let percent = u32::try_from(percent).unwrap_or(u32::MAX);
        if percent <= 100 {
            Ok(Self { percent })
        } else if policies.is_empty() {
            Err(PackedTooLarge::Tags(percent))
        } else {
            Err(PackedTooLarge::Policies(percent))
        }
    }

    /// Returns the share of the space that is used, 0 to 100; `None` where nothing was passed.
    #[must_use]
    pub fn percent(self) -> Option<u32> {
        (self.percent > 0).then_some(self.percent)
    }
}

/// Packs bytes; writing to memory can't fail.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    match encoder.write_all(bytes) {
        Ok(()) => encoder.finish().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Unpacks bytes that [`deflate`] packed; `None` for others, and for what unpacks to more than a session can hold.
pub(crate) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let mut decoder = DeflateDecoder::new(bytes).take(UNPACKED_BYTES);
    decoder.read_to_end(&mut unpacked).ok()?;
    let length = u64::try_from(unpacked.len()).ok()?;
    (length < UNPACKED_BYTES).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_directory::Tag;

    fn tags(count: usize, value: usize) -> SessionTags {
        let random = |number: usize| {
            let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(12_345);
            let mut character = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
            };
            (0..value).map(|_| character()).collect::<String>()
        };
        let made = (0..count).map(|number| Tag {
            key: format!("key{number}"),
            value: random(number),
        });
        SessionTags::of_call(made.collect(), &[], &SessionTags::default()).unwrap()
    }

    #[test]
    fn nothing_is_no_size() {
        let size = PackedSize::measure(&SessionPolicies::default(), &SessionTags::default());
        assert_eq!(size.unwrap().percent(), None);
    }

    #[test]
    fn six_long_tags_and_ten_more_fit() {
        let none = SessionPolicies::default();
        let size = PackedSize::measure(&none, &tags(16, 60)).unwrap();
        assert!(
            size.percent()
                .is_some_and(|percent| (10..=100).contains(&percent))
        );
        assert!(
            matches!(PackedSize::measure(&none, &tags(50, 256)), Err(PackedTooLarge::Tags(percent)) if percent > 100)
        );
    }

    #[test]
    fn what_unpacks_without_end_is_refused() {
        let bomb = deflate(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000 && inflate(&bomb).is_none());
        assert_eq!(inflate(&deflate(b"text")).as_deref(), Some(&b"text"[..]));
        assert_eq!(inflate(b"\xff\xff"), None);
    }
}
