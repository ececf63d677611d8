//! Lines of `keyward decide`: each is answered by a line of JSON.

#![no_main]

use std::collections::BTreeMap;

use keyward_simulate::answer_line;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|text: &str| {
    let reply = answer_line(text).to_json();
    // Not read into values: an id comes back as it was sent, also a number that is out of range of all that is usual.
    let json: BTreeMap<String, IgnoredAny> = serde_json::from_str(&reply).expect("a reply is JSON");
    assert!(json.contains_key("decision") != json.contains_key("error"));
});
