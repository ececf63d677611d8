//! What must hold for every policy and every request, on generated lines.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests; indexing JSON by name does not panic on reading"
)]

use keyward_conformance::compare::{Verdict, engine};
use keyward_conformance::generate;
use keyward_conformance::random::Random;
use serde_json::{Map, Value, json};

const SEED: u64 = 7;
const LINES: u64 = 3_000;
const LISTS: [&str; 6] = [
    "identityPolicies",
    "permissionsBoundary",
    "sessionPolicies",
    "serviceControlPolicies",
    "resourceControlPolicies",
    "endpointPolicies",
];

fn ask(line: &Value) -> Verdict {
    engine(&line.to_string()).unwrap()
}

/// The same line with the statements of each document, and the documents of each list, the other way round.
fn reversed(value: &Value, inside_policies: bool) -> Value {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| reversed(item, inside_policies));
            Value::Array(if inside_policies {
                items.rev().collect()
            } else {
                items.collect()
            })
        }
        Value::Object(fields) => {
            Value::Object(Map::from_iter(fields.iter().map(|(key, field)| {
                // The lists of a context and of a statement's elements have no order either.
                let inside = inside_policies
                    || key == "context"
                    || key == "resourcePolicy"
                    || LISTS.contains(&key.as_str());
                (key.clone(), reversed(field, inside))
            })))
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn order_does_not_matter() {
    for case in 0..LINES {
        let line = generate::line(&mut Random::new(SEED, case));
        let (there, back) = (ask(&line), ask(&reversed(&line, false)));
        assert_eq!(
            (&there.decision, &there.decided_by, there.statements.len()),
            (&back.decision, &back.decided_by, back.statements.len()),
            "case {case}: {line}"
        );
    }
}

/// Lines that differ from this one by something more that can only forbid.
fn narrowed(line: &Value, random: &mut Random) -> Vec<Value> {
    let mut narrowed = Vec::new();
    let with = |field: &str, value: Value| {
        let mut changed = line.clone();
        changed[field] = value;
        changed
    };
    let other = generate::policies(random);
    // A Deny in a layer that is there.
    for field in [
        "identityPolicies",
        "permissionsBoundary",
        "sessionPolicies",
        "endpointPolicies",
    ] {
        if let Some(list) = line[field].as_array() {
            let mut list = list.clone();
            list.push(deny(random));
            narrowed.push(with(field, Value::Array(list)));
        }
    }
    if let Some(statements) = line["resourcePolicy"]["Statement"].as_array() {
        let mut statements = statements.clone();
        statements.push(deny(random)["Statement"][0].clone());
        let mut changed = line.clone();
        changed["resourcePolicy"]["Statement"] = Value::Array(statements);
        narrowed.push(changed);
    }
    // A level more.
    for field in ["serviceControlPolicies", "resourceControlPolicies"] {
        let mut levels = line[field].as_array().cloned().unwrap_or_default();
        levels.extend(other[field].as_array().into_iter().flatten().cloned());
        narrowed.push(with(field, Value::Array(levels)));
    }
    // A layer that was not there. A federated session without a session policy is allowed nothing, so there one widens.
    let is_federated = line["principal"]
        .as_str()
        .is_some_and(|arn| arn.contains(":federated-user/"));
    for field in ["permissionsBoundary", "sessionPolicies", "endpointPolicies"] {
        if line[field].is_null()
            && !other[field].is_null()
            && !(is_federated && field == "sessionPolicies")
        {
            narrowed.push(with(field, other[field].clone()));
        }
    }
    narrowed
}

/// A policy with one Deny, as generated lines have it.
fn deny(random: &mut Random) -> Value {
    loop {
        let policies = generate::policies(random);
        let statements = policies["resourcePolicy"]["Statement"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if let Some(statement) = statements
            .into_iter()
            .find(|statement| statement["Effect"] == "Deny")
        {
            return json!({"Version": "2012-10-17", "Statement": [statement]});
        }
    }
}

#[test]
fn what_only_forbids_never_allows() {
    let mut allowed = 0;
    for case in 0..LINES {
        let random = &mut Random::new(SEED + 1, case);
        let line = generate::line(random);
        let before = ask(&line);
        for narrower in narrowed(&line, random) {
            let after = ask(&narrower);
            allowed += u64::from(after.decision == "allowed");
            assert!(
                after.decision != "allowed" || before.decision == "allowed",
                "case {case}\n  before {before}\n  {line}\n  after  {after}\n  {narrower}"
            );
            assert!(
                after.decision == "explicitDeny" || before.decision != "explicitDeny",
                "case {case}: a Deny was lost\n  {line}\n  {narrower}"
            );
        }
    }
    assert!(
        allowed > LINES / 10,
        "only {allowed} narrower lines were allowed"
    );
}

/// A session can do no more than its role, whatever its session policies say.
#[test]
fn session_policies_never_widen_what_identity_allows() {
    for case in 0..LINES {
        let random = &mut Random::new(SEED + 2, case);
        let mut line = generate::line(random);
        line["principal"] = json!("arn:aws:sts::111111111111:assumed-role/R/s");
        if let Value::Object(fields) = &mut line {
            fields.remove("principalIssuer");
        }
        let with = ask(&line);
        if let Value::Object(fields) = &mut line {
            fields.remove("sessionPolicies");
        }
        let without = ask(&line);
        assert!(
            with.decision != "allowed" || without.decision == "allowed",
            "case {case}: {line}"
        );
    }
}
