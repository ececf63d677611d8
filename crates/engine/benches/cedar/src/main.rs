//! The engine and cedar-policy on one question, in one run: `cargo xtask bench engine`.
//!
//! The statements are the same, written in each language the way its own guide does: Cedar names the principal and the
//! action in a policy's scope, puts `Get*` into a group of actions, and asks for the home by an attribute, since it has no
//! policy variables. Both have everything parsed and compiled beforehand; only the decision is measured.

use std::hint::black_box;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use cedar_policy::{
    Authorizer, Context as CedarContext, Entities, EntityUid, PolicySet, Request as CedarRequest,
};
use keyward_engine::{Decision, Layers, PolicyLists, decide};

use question::{ACTION, RESOURCE, Shape};

#[path = "../../shared/question.rs"]
mod question;

/// Policies, statements of each, and how many times faster than Cedar the engine is to be.
const SIZES: [(usize, usize, f64); 4] = [
    (1, 10, 20.0),
    (10, 10, 100.0),
    (10, 100, f64::NAN),
    (100, 100, 1_000.0),
];
/// Rounds of which the best counts: many and short, so that some are not disturbed by what else the machine does.
const ROUNDS: u32 = 200;
/// How long a round takes, or one decision where that takes longer.
const ROUND: Duration = Duration::from_millis(1);

fn main() {
    println!("one principal; 3 statements match, with 3 variables and 4 conditions; both allow");
    println!(
        "{:>10} {:>14} {:>14} {:>10} {:>8}",
        "statements", "keyward, µs", "Cedar, µs", "ratio", "goal"
    );
    let context = question::context();
    let request = question::request(&context);
    for (count, statements, goal) in SIZES {
        let policies = question::policies(count, statements);
        let layers = Layers {
            identity: PolicyLists::from(policies.as_slice()),
            ..Layers::default()
        };
        assert!(matches!(decide(&request, &layers), Decision::Allow(_)));
        let cedar = Cedar::new(&question::shapes(count, statements));
        assert_eq!(cedar.decide(), cedar_policy::Decision::Allow);
        // One after the other in turns, so that a busy machine slows both.
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            ours = ours.min(round(|| decide(black_box(&request), black_box(&layers))));
            theirs = theirs.min(round(|| cedar.decide()));
        }
        let goal = if goal.is_nan() {
            String::new()
        } else {
            format!("≥ {goal}")
        };
        println!(
            "{:>10} {ours:>14.3} {theirs:>14.1} {:>10.0} {goal:>8}",
            count * statements,
            theirs / ours
        );
    }
}

/// Runs for a while and returns how many microseconds one run takes.
fn round<T>(mut run: impl FnMut() -> T) -> f64 {
    let (start, mut runs) = (Instant::now(), 0_u32);
    // The clock is read seldom, so that it does not count.
    let mut batch = 1_u32;
    loop {
        for _ in 0..batch {
            black_box(run());
        }
        runs += batch;
        let elapsed = start.elapsed();
        if elapsed >= ROUND {
            return elapsed.as_secs_f64() * 1e6 / f64::from(runs);
        }
        if elapsed < ROUND / 8 {
            batch = batch.saturating_mul(2);
        }
    }
}

/// The question as Cedar has it.
struct Cedar {
    authorizer: Authorizer,
    entities: Entities,
    policies: PolicySet,
    request: CedarRequest,
}

impl Cedar {
    fn new(shapes: &[Vec<Shape>]) -> Self {
        let text: String = shapes.iter().flatten().map(to_cedar).collect();
        let entities = serde_json::json!([
            {"uid": {"type": "User", "id": "alice"}, "attrs": {"name": "alice"}, "parents": []},
            {"uid": {"type": "Object", "id": RESOURCE}, "attrs": {"arn": RESOURCE, "home": "alice"}, "parents": []},
            {"uid": {"type": "Action", "id": ACTION}, "attrs": {}, "parents": [
                {"type": "Action", "id": "s3:Get*"}, {"type": "Action", "id": "s3:*"}]},
            {"uid": {"type": "Action", "id": "s3:Get*"}, "attrs": {}, "parents": []},
            {"uid": {"type": "Action", "id": "s3:*"}, "attrs": {}, "parents": []},
        ]);
        let context = serde_json::json!({
            "secureTransport": true,
            "sourceIp": {"__extn": {"fn": "ip", "arg": "10.1.2.3"}},
        });
        let uid = |text: String| EntityUid::from_str(&text).unwrap();
        Self {
            authorizer: Authorizer::new(),
            entities: Entities::from_json_value(entities, None).unwrap(),
            policies: PolicySet::from_str(&text).unwrap(),
            request: CedarRequest::new(
                uid("User::\"alice\"".to_owned()),
                uid(format!("Action::\"{ACTION}\"")),
                uid(format!("Object::\"{RESOURCE}\"")),
                CedarContext::from_json_value(context, None).unwrap(),
                None,
            )
            .unwrap(),
        }
    }

    fn decide(&self) -> cedar_policy::Decision {
        self.authorizer
            .is_authorized(
                black_box(&self.request),
                black_box(&self.policies),
                &self.entities,
            )
            .decision()
    }
}

/// Writes a statement as a Cedar policy.
fn to_cedar(shape: &Shape) -> String {
    let Shape {
        service,
        action,
        bucket,
        has_conditions,
    } = shape;
    let relation = if action.ends_with('*') { "in" } else { "==" };
    let conditions = if *has_conditions {
        " && context.secureTransport && context.sourceIp.isInRange(ip(\"10.0.0.0/8\"))"
    } else {
        ""
    };
    format!(
        "permit(principal == User::\"alice\", action {relation} Action::\"{service}:{action}\", resource) when {{ \
         (resource.arn like \"arn:aws:{service}:::bucket-{bucket}/*\" || \
         (resource.arn like \"arn:aws:{service}:::home/*\" && resource.home == principal.name)){conditions} }};\n"
    )
}
