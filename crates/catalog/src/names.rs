//! What AWS calls its services.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One service a line: the prefix, a tab, the name.
static NAMES: &str = include_str!("../data/service-names.txt");

pub(crate) fn find(prefix: &str) -> Option<&'static str> {
    static FOUND: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let lines = NAMES.lines();
        lines.filter_map(|line| line.split_once('\t')).collect()
    });
    found.get(prefix).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_name() {
        let named = NAMES.lines().count();
        assert_eq!(named, crate::services().count());
        for service in crate::services() {
            assert!(find(service.prefix()).is_some(), "{}", service.prefix());
        }
        assert_eq!(
            find("iam"),
            Some("AWS Identity and Access Management (IAM)")
        );
    }
}
