//! Values of conditions (dates, addresses, numbers, ARNs, variables): engine and oracle compare them alike.

#![no_main]

use keyward_conformance::compare::difference;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const OPERATORS: [&str; 12] = [
    "ArnLike",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateLessThan",
    "DateNotEquals",
    "NotIpAddress",
    "Null",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringLike",
    "StringNotEqualsIgnoreCase",
];

fuzz_target!(|input: (u8, bool, &str, &str)| {
    let (operator, denies, wanted, actual) = input;
    let operator = OPERATORS[usize::from(operator) % OPERATORS.len()];
    let effect = if denies { "Deny" } else { "Allow" };
    let line = json!({
        "principal": "arn:aws:iam::111111111111:user/bob", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/o",
        "context": {"k": actual, "a": "value"},
        "identityPolicies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {"k": wanted}}}]}],
    });
    if let Ok(Some(difference)) = difference(&line) {
        panic!("{difference}\n{line}");
    }
});
