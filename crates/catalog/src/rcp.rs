//! The services that resource control policies cover, apart from the large table: every explanation asks for one of
//! them, and most ask for nothing else.

use std::sync::OnceLock;

use crate::fold;

/// One prefix a line, sorted as all names are.
static COVERED: &str = include_str!("../data/rcp-services.txt");

pub(crate) fn covers(prefix: &str) -> bool {
    static FOUND: OnceLock<Vec<&'static str>> = OnceLock::new();
    let found = FOUND.get_or_init(|| COVERED.lines().collect());
    fold::find(found, prefix, |it| it).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_table_of_services_has_them() {
        assert!(COVERED.ends_with('\n'));
        let of_table = crate::services()
            .filter(|service| service.is_covered_by_rcps())
            .map(|service| service.prefix());
        assert!(COVERED.lines().eq(of_table));
        for service in crate::services() {
            let prefix = service.prefix().to_ascii_uppercase();
            assert_eq!(covers(&prefix), service.is_covered_by_rcps(), "{prefix}");
        }
    }
}
