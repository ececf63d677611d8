//! Engine against oracle on generated lines.
//!
//! `KEYWARD_DIFFERENTIAL_SEED` and `KEYWARD_DIFFERENTIAL_PAIRS` set another seed and more or fewer lines.

use std::collections::BTreeMap;
use std::thread;

use keyward_conformance::compare::{Policies, difference, oracle};
use keyward_conformance::generate;
use keyward_conformance::random::Random;
use keyward_conformance::shrink::shrink;
use serde_json::Value;

const SEED: u64 = 20_261_123;
const PAIRS: u64 = 200_000;
const REQUESTS: u64 = 8;

#[expect(
    clippy::disallowed_methods,
    reason = "a failure is looked into with a seed and a number from outside"
)]
fn setting(name: &str, default: u64) -> Result<u64, String> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("{name} is not a number: {text}")),
        Err(_) => Ok(default),
    }
}

/// The first line of the stretch on which the two differ; the error is a line that one of them does not understand.
///
/// A case is one set of policies and several requests, so that most of the time goes into decisions.
fn first_difference(
    seed: u64,
    cases: impl Iterator<Item = u64>,
) -> Result<Option<(u64, Value)>, String> {
    for case in cases {
        let random = &mut Random::new(seed, case);
        let policies = generate::policies(random);
        let fault = |error, line: &Value| format!("seed {seed}, case {case}: {error}\n{line}");
        let mut read = None;
        for _ in 0..REQUESTS {
            let request = generate::request(random);
            let read = match &read {
                Some(read) => read,
                None => {
                    let line = generate::with_policies(request.clone(), &policies);
                    read.insert(Policies::of(&line).map_err(|error| fault(error, &line))?)
                }
            };
            if read
                .difference(&request)
                .map_err(|error| fault(error, &request))?
                .is_some()
            {
                return Ok(Some((case, generate::with_policies(request, &policies))));
            }
        }
    }
    Ok(None)
}

#[test]
fn engine_and_oracle_agree() {
    let seed = setting("KEYWARD_DIFFERENTIAL_SEED", SEED).unwrap();
    let pairs = setting("KEYWARD_DIFFERENTIAL_PAIRS", PAIRS).unwrap();
    let threads = thread::available_parallelism()
        .map_or(1, |threads| u64::try_from(threads.get()).unwrap())
        .min(8);
    let found = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|start| {
                let cases =
                    (start..pairs.div_ceil(REQUESTS)).step_by(usize::try_from(threads).unwrap());
                scope.spawn(move || first_difference(seed, cases))
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().unwrap().unwrap())
            .min_by_key(|(case, _)| *case)
    });
    if let Some((case, line)) = found {
        let small = shrink(line, |line| matches!(difference(line), Ok(Some(_))));
        let difference = difference(&small).unwrap().unwrap();
        panic!("seed {seed}, case {case}:\n{difference}\n  line       {small}\n");
    }
}

/// A generator that only makes refusals would compare nothing.
#[test]
fn generated_lines_reach_every_kind_of_decision() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for case in 0..8_000 {
        let verdict = oracle(&generate::line(&mut Random::new(SEED, case))).unwrap();
        *seen
            .entry(format!("{} by {}", verdict.decision, verdict.decided_by))
            .or_default() += 1;
    }
    for expected in [
        "allowed by identity",
        "allowed by none",
        "allowed by resource",
        "explicitDeny by endpoint",
        "explicitDeny by identity",
        "explicitDeny by permissionsBoundary",
        "explicitDeny by resource",
        "explicitDeny by resourceControl",
        "explicitDeny by serviceControl",
        "explicitDeny by session",
        "implicitDeny by endpoint",
        "implicitDeny by identity",
        "implicitDeny by none",
        "implicitDeny by permissionsBoundary",
        "implicitDeny by resource",
        "implicitDeny by resourceControl",
        "implicitDeny by serviceControl",
        "implicitDeny by session",
    ] {
        assert!(
            seen.get(expected).is_some_and(|count| *count >= 20),
            "{expected} is rare: {seen:#?}"
        );
    }
}
