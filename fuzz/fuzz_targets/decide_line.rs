//! Lines of `keyward decide`: each is answered by a line of JSON.

#![no_main]

use keyward_simulate::answer_line;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let reply = answer_line(text).to_json();
    let json: serde_json::Value = serde_json::from_str(&reply).expect("a reply is JSON");
    assert!(json.get("decision").is_some() != json.get("error").is_some());
});
