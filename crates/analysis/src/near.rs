//! Names that are near to one that is not there.

/// Returns up to three of the names that are nearest to one that is not there.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let limit = wanted.chars().count().div_ceil(2);
    let mut found: Vec<(usize, &str)> = names
        .map(|name| (distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit || name.to_lowercase().contains(&wanted))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Counts the insertions, deletions and replacements between two texts.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, character) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut last = index.saturating_add(1);
        next.push(last);
        for (above, (diagonal, theirs)) in row.iter().skip(1).zip(row.iter().zip(&other)) {
            let replaced = diagonal.saturating_add(usize::from(*theirs != character));
            last = replaced
                .min(last.saturating_add(1))
                .min(above.saturating_add(1));
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("alice", "alcie", 2),
            ("kitten", "sitting", 3),
            ("bob", "bob", 0),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn nearest_names() {
        let names = ["alice", "alicia", "bob", "Administrator"];
        assert_eq!(nearest("alise", names.into_iter()), ["alice", "alicia"]);
        assert_eq!(nearest("admin", names.into_iter()), ["Administrator"]);
        assert!(nearest("zzzzzz", names.into_iter()).is_empty());
    }
}
