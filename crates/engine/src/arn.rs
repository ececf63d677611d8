//! ARNs and ARN patterns, taken apart for matching.

/// How many parts an ARN has; the last may hold colons.
pub(crate) const PARTS: usize = 6;

/// The place of the resource part.
const RESOURCE: usize = 5;

/// A text that begins with `arn:`, split at its first five colons.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments<'t> {
    parts: [&'t str; PARTS],
    count: usize,
}

/// Whether `${…}` is a policy variable whose colons do not split, or plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variables {
    Known,
    Text,
}

impl<'t> Segments<'t> {
    /// Splits a text that begins with `arn:`; one with too few colons has too few parts.
    pub(crate) fn split(text: &'t str, variables: Variables) -> Option<Self> {
        if !text.starts_with("arn:") {
            return None;
        }
        let mut segments = Self {
            parts: [""; PARTS],
            count: 0,
        };
        let mut rest = Some(text);
        for (index, part) in segments.parts.iter_mut().enumerate() {
            let Some(tail) = rest else { break };
            let (head, next) = if index == RESOURCE {
                (tail, None)
            } else {
                cut(tail, variables)
            };
            *part = head;
            rest = next;
            segments.count = index.saturating_add(1);
        }
        Some(segments)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.count == PARTS
    }

    /// Returns the parts that are there.
    pub(crate) fn parts(&self) -> &[&'t str] {
        self.parts.get(..self.count).unwrap_or_default()
    }

    /// Returns the parts before the resource that are there.
    pub(crate) fn head(&self) -> &[&'t str] {
        self.parts
            .get(..self.count.min(RESOURCE))
            .unwrap_or_default()
    }

    /// Returns the resource part; empty where it is missing.
    pub(crate) fn resource(&self) -> &'t str {
        let [.., resource] = self.parts;
        resource
    }

    pub(crate) fn service(&self) -> &'t str {
        let [_, _, service, ..] = self.parts;
        service
    }

    pub(crate) fn partition(&self) -> &'t str {
        let [_, partition, ..] = self.parts;
        partition
    }
}

/// Cuts at the first colon that splits.
fn cut(text: &str, variables: Variables) -> (&str, Option<&str>) {
    let bytes = text.as_bytes();
    let mut at = 0_usize;
    // The parts are short, so that reading byte by byte is the fastest.
    while let Some(byte) = bytes.get(at) {
        match byte {
            b':' => {
                return text
                    .split_at_checked(at)
                    .map_or((text, None), |(head, tail)| (head, tail.get(1..)));
            }
            // Jump over a variable; one that never ends takes the rest.
            b'$' if variables == Variables::Known
                && bytes.get(at.saturating_add(1)) == Some(&b'{') =>
            {
                match bytes.get(at..).and_then(|rest| memchr::memchr(b'}', rest)) {
                    Some(end) => at = at.saturating_add(end),
                    None => return (text, None),
                }
            }
            _ => at = at.saturating_add(1),
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, variables: Variables, expected: Option<&[&str]>) {
        let segments = Segments::split(text, variables);
        assert_eq!(segments.as_ref().map(Segments::parts), expected, "{text}");
    }

    #[test]
    fn splits_at_five_colons() {
        use Variables::{Known, Text};
        check("*", Text, None);
        check("arn", Text, None);
        check("arn:", Text, Some(&["arn", ""]));
        check(
            "arn:aws:s3:::b/k:x:y",
            Text,
            Some(&["arn", "aws", "s3", "", "", "b/k:x:y"]),
        );
        check(
            "arn:aws:sqs:*:q",
            Text,
            Some(&["arn", "aws", "sqs", "*", "q"]),
        );
        let variable = "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}";
        check(
            variable,
            Known,
            Some(&[
                "arn",
                "aws",
                "iam",
                "",
                "${aws:PrincipalAccount}",
                "user/${aws:username}",
            ]),
        );
        check(
            variable,
            Text,
            Some(&[
                "arn",
                "aws",
                "iam",
                "",
                "${aws",
                "PrincipalAccount}:user/${aws:username}",
            ]),
        );
        check(
            "arn:aws:iam::${aws:x:y",
            Known,
            Some(&["arn", "aws", "iam", "", "${aws:x:y"]),
        );
        check(
            "arn:a$:iam::$$:x",
            Known,
            Some(&["arn", "a$", "iam", "", "$$", "x"]),
        );
    }
}
