//! Patterns held against patterns.

/// Whether some text fits both patterns, in which `*` stands for any characters and `?` for one.
///
/// Quadratic in the lengths. Two patterns can share a text if and only if this finds a way through both at once.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // `row[j]`: whether the rest of `one` from here on and the rest of `other` from `j` on share a text.
    let mut below: Vec<bool> = end_row(&other);
    for first in one.iter().rev() {
        let mut row = vec![false; below.len()];
        let last = below.len().saturating_sub(1);
        for j in (0..=last).rev() {
            let down = below.get(j).copied().unwrap_or(false);
            let right = row.get(j.saturating_add(1)).copied().unwrap_or(false);
            let across = below.get(j.saturating_add(1)).copied().unwrap_or(false);
            let value = match (first, other.get(j)) {
                ('*', None) => down,
                ('*', Some(_)) => down || right,
                (_, Some('*')) => right || down,
                ('?', Some(_)) | (_, Some('?')) => across,
                (a, Some(b)) => a == b && across,
                (_, None) => false,
            };
            if let Some(slot) = row.get_mut(j) {
                *slot = value;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

/// For an empty first pattern: the rest of the other must be stars.
fn end_row(other: &[char]) -> Vec<bool> {
    let mut row = vec![true];
    for character in other.iter().rev() {
        let before = row.last().copied().unwrap_or(false);
        row.push(before && *character == '*');
    }
    row.reverse();
    row
}

/// Whether every text that fits `inner` fits `outer` too. A `false` may be wrong, a `true` never is.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<char>, Vec<char>) = (outer.chars().collect(), inner.chars().collect());
    // `row[j]`: whether the pattern so far covers the first `j` characters of `inner`. A star of `inner` is covered by a
    // star only.
    let mut row = vec![false; inner.len().saturating_add(1)];
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    for character in outer {
        let mut next = vec![false; row.len()];
        let mut left = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let above = row.get(j).copied().unwrap_or(false);
            let before = j
                .checked_sub(1)
                .and_then(|before| row.get(before))
                .copied()
                .unwrap_or(false);
            let seen = j.checked_sub(1).and_then(|at| inner.get(at));
            *slot = match (character, seen) {
                ('*', _) => above || left,
                (_, None) => false,
                ('?', Some(seen)) => before && *seen != '*',
                (wanted, Some(seen)) => before && wanted == *seen && *seen != '?',
            };
            left = *slot;
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps() {
        for (one, other, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*", "*b", true),
            ("a*b", "a?b", true),
            ("ab", "a", false),
            ("a?", "a", false),
            ("arn:*:s3:::*", "arn:aws:s3:::b/*", true),
            ("arn:*:ec2:*:*:instance/*", "arn:aws:s3:::b", false),
            ("Get*", "*Object", true),
            ("Get*", "Put*", false),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn coverings() {
        for (outer, inner, expected) in [
            ("*", "", true),
            ("*", "a*?", true),
            ("s3:*", "s3:get*", true),
            ("s3:get*", "s3:*", false),
            ("a?c", "abc", true),
            ("a?c", "a?c", true),
            ("a?c", "a*c", false),
            ("abc", "a?c", false),
            ("a*c", "a*b*c", true),
            ("", "*", false),
        ] {
            assert_eq!(covers(outer, inner), expected, "{outer} {inner}");
        }
    }
}
