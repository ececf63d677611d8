//! Comparison without regard to ASCII case, the order of the tables.

use std::cmp::Ordering;

/// Orders two names as their ASCII lower case would be ordered by bytes.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
    left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// Finds the row with that name in rows that are sorted by [`compare`].
pub(crate) fn find<'t, T>(
    rows: &'t [T],
    name: &str,
    name_of: impl Fn(&T) -> &str,
) -> Option<&'t T> {
    let position = rows
        .binary_search_by(|row| compare(name_of(row), name))
        .ok()?;
    rows.get(position)
}
