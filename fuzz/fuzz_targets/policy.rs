//! Policy documents: whatever is read prints back to the same, and whatever may be written can be read.

#![no_main]

use keyward_policy::{Policy, PolicyKind, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = Policy::parse(text);
    if let Ok(policy) = &parsed {
        let printed = policy.to_string();
        let again =
            Policy::parse_at_most(&printed, usize::MAX).expect("what is printed can be read");
        assert_eq!(again.to_string(), printed);
    }
    for kind in [
        PolicyKind::Boundary,
        PolicyKind::Identity,
        PolicyKind::Resource,
        PolicyKind::ResourceControl,
        PolicyKind::ServiceControl,
        PolicyKind::Session,
        PolicyKind::Trust,
        PolicyKind::VpcEndpoint,
    ] {
        assert!(check(text, kind).is_err() || parsed.is_ok(), "{kind:?}");
    }
});
