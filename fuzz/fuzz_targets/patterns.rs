//! Patterns of actions and resources with variables: engine and oracle match them alike.

#![no_main]

use keyward_conformance::compare::difference;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|input: (bool, bool, &str, &str, &str)| {
    let (denies, except, action, pattern, resource) = input;
    let element = if except { "NotResource" } else { "Resource" };
    let line = json!({
        "principal": "arn:aws:iam::111111111111:user/bob", "action": "s3:GetObject", "resource": resource,
        "context": {"a": "b", "b": "*"},
        "identityPolicies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": if denies { "Deny" } else { "Allow" }, "Action": ["s3:Get*", action], element: pattern}]}],
    });
    if let Ok(Some(difference)) = difference(&line) {
        panic!("{difference}\n{line}");
    }
});
