//! Lines of `keyward decide` made by chance.
//!
//! The alphabets are small, so that patterns, keys and values meet often, and hold what evaluators trip over: odd
//! spellings, short ARNs, variables without value, values that do not parse. [`line`] is deterministic in its seed.

use serde_json::{Map, Value, json};

use crate::random::Random;

#[rustfmt::skip]
mod words;

use words::{
    ACTION_PATTERNS, CONTEXT, FAMILIES, OPERATOR_ODDITIES, PRINCIPAL_ENTRIES, PRINCIPALS,
    RESOURCE_PATTERNS, TARGETS, VARIABLE_VALUES,
};

/// Makes a whole line: policies and a request.
#[must_use]
pub fn line(random: &mut Random) -> Value {
    let policies = policies(random);
    with_policies(request(random), &policies)
}

/// Puts policies into a line that has none.
#[must_use]
pub fn with_policies(request: Value, policies: &Value) -> Value {
    match (request, policies) {
        (Value::Object(mut line), Value::Object(policies)) => {
            line.extend(policies.clone());
            Value::Object(line)
        }
        (request, _) => request,
    }
}

/// Makes the policies of a line.
#[must_use]
pub fn policies(random: &mut Random) -> Value {
    let mut line = Map::new();
    layers(random, &mut line);
    Value::Object(line)
}

/// Makes a line without policies.
#[must_use]
pub fn request(random: &mut Random) -> Value {
    let (action, resource, owner) = target(random);
    let mut line = Map::new();
    let (principal, issuer) = random.pick(PRINCIPALS);
    line.insert("principal".to_owned(), json!(principal));
    if let Some(issuer) = issuer {
        line.insert("principalIssuer".to_owned(), json!(issuer));
    }
    line.insert("action".to_owned(), json!(action));
    line.insert("resource".to_owned(), json!(resource));
    if let Some(owner) = owner {
        line.insert("resourceAccount".to_owned(), json!(owner));
    }
    if random.percent(85) {
        line.insert("context".to_owned(), context(random));
    }
    Value::Object(line)
}

fn target(random: &mut Random) -> (&'static str, &'static str, Option<&'static str>) {
    let (action, resource, owner) = random.pick(TARGETS);
    if random.percent(95) {
        (action, resource, owner)
    } else {
        // An action on a resource of another kind.
        let (_, resource, owner) = random.pick(TARGETS);
        (action, resource, owner)
    }
}

fn layers(random: &mut Random, line: &mut Map<String, Value>) {
    let identity = Shape {
        allow: 75,
        principals: Principals::None,
    };
    let resource = Shape {
        allow: 70,
        principals: Principals::Anyone,
    };
    let guard = Shape {
        allow: 60,
        principals: Principals::None,
    };
    let public_guard = Shape {
        allow: 60,
        principals: Principals::Mostly,
    };
    let mut add = |field: &str, value: Value| line.insert(field.to_owned(), value);
    if random.percent(75) {
        add("identityPolicies", list(random, 3, identity));
    }
    if random.percent(65) {
        add("resourcePolicy", policy(random, resource));
    }
    if random.percent(25) {
        add("permissionsBoundary", list(random, 1, guard));
    }
    if random.percent(40) {
        add("sessionPolicies", list(random, 2, guard));
    }
    if random.percent(20) {
        add(
            "serviceControlPolicies",
            levels(random, guard, &full_access(None)),
        );
    }
    if random.percent(20) {
        let denies = Shape {
            allow: 15,
            ..public_guard
        };
        add(
            "resourceControlPolicies",
            levels(random, denies, &full_access(Some("*"))),
        );
    }
    if random.percent(15) {
        add("endpointPolicies", list(random, 2, public_guard));
    }
}

/// The chances of the statements of a layer.
#[derive(Clone, Copy)]
struct Shape {
    /// Allow in so many of a hundred, Deny else.
    allow: usize,
    principals: Principals,
}

#[derive(Clone, Copy, PartialEq)]
enum Principals {
    /// All kinds.
    Anyone,
    /// `*` mostly.
    Mostly,
    /// No principal element, but for mistakes.
    None,
}

fn full_access(principal: Option<&str>) -> Value {
    let mut statement = Map::from_iter([
        ("Effect".to_owned(), json!("Allow")),
        ("Action".to_owned(), json!("*")),
        ("Resource".to_owned(), json!("*")),
    ]);
    if let Some(principal) = principal {
        statement.insert("Principal".to_owned(), json!(principal));
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn levels(random: &mut Random, shape: Shape, full: &Value) -> Value {
    let mut levels = Vec::new();
    for _ in 0..random.below(4) {
        let mut level = Vec::new();
        if random.percent(85) {
            level.push(full.clone());
        }
        if random.percent(40) {
            level.push(policy(
                random,
                Shape {
                    allow: shape.allow / 2,
                    ..shape
                },
            ));
        }
        levels.push(Value::Array(level));
    }
    Value::Array(levels)
}

fn list(random: &mut Random, most: usize, shape: Shape) -> Value {
    if random.percent(4) {
        return Value::Array(Vec::new());
    }
    let count = 1 + random.below(most);
    Value::Array((0..count).map(|_| policy(random, shape)).collect())
}

fn policy(random: &mut Random, shape: Shape) -> Value {
    let mut policy = Map::new();
    let version = match random.below(20) {
        0 => None,
        1 => Some("2008-10-17"),
        _ => Some("2012-10-17"),
    };
    if let Some(version) = version {
        policy.insert("Version".to_owned(), json!(version));
    }
    let count = random.pick(&[1, 1, 1, 2, 2, 3]);
    let statements = (0..count).map(|_| statement(random, shape)).collect();
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Value::Object(policy)
}

fn statement(random: &mut Random, shape: Shape) -> Value {
    let mut statement = Map::new();
    let allow = random.percent(shape.allow);
    statement.insert(
        "Effect".to_owned(),
        json!(if allow { "Allow" } else { "Deny" }),
    );
    let not_action = random.percent(12);
    if !random.percent(1) {
        let field = if not_action { "NotAction" } else { "Action" };
        statement.insert(
            field.to_owned(),
            patterns(random, ACTION_PATTERNS, if not_action { 0 } else { 35 }),
        );
    }
    let not_resource = random.percent(12);
    let absent = if shape.principals == Principals::None {
        1
    } else {
        12
    };
    if !random.percent(absent) {
        let field = if not_resource {
            "NotResource"
        } else {
            "Resource"
        };
        statement.insert(
            field.to_owned(),
            patterns(random, RESOURCE_PATTERNS, if not_resource { 3 } else { 45 }),
        );
    }
    let everyone = match shape.principals {
        Principals::Anyone => Some(25),
        Principals::Mostly => Some(70),
        Principals::None => random.percent(1).then_some(50),
    };
    if let Some(everyone) = everyone.filter(|_| !random.percent(2)) {
        let not = random.percent(if allow { 3 } else { 25 });
        let field = if not { "NotPrincipal" } else { "Principal" };
        let value = if !not && random.percent(everyone) {
            json!("*")
        } else {
            principals(random, not)
        };
        statement.insert(field.to_owned(), value);
    }
    // Allows mostly without a condition: several that must all hold seldom do.
    if random.percent(if allow { 45 } else { 75 }) {
        statement.insert("Condition".to_owned(), conditions(random));
    }
    Value::Object(statement)
}

fn patterns(random: &mut Random, words: &[&str], star: usize) -> Value {
    if random.percent(star) {
        return json!("*");
    }
    match random.below(20) {
        0 => json!([]),
        1..=5 => json!([random.pick(words), random.pick(words)]),
        6 => json!([random.pick(words), random.pick(words), random.pick(words)]),
        _ => json!(random.pick(words)),
    }
}

fn principals(random: &mut Random, whole_chain: bool) -> Value {
    let mut kinds: Map<String, Value> = Map::new();
    let count = if whole_chain {
        1 + random.below(5)
    } else {
        random.pick(&[0, 1, 1, 1, 2, 2, 3])
    };
    for _ in 0..count {
        let (kind, text) = random.pick(PRINCIPAL_ENTRIES);
        if let Value::Array(entries) = kinds.entry(kind).or_insert_with(|| json!([])) {
            entries.push(json!(text));
        }
    }
    Value::Object(kinds)
}

fn conditions(random: &mut Random) -> Value {
    let mut block = Map::new();
    for _ in 0..random.pick(&[1, 1, 1, 2, 2, 0]) {
        let (tests, keys, values) = random.pick(FAMILIES);
        let operator = operator(random, tests);
        let mut tested = Map::new();
        for _ in 0..random.pick(&[1, 1, 1, 1, 2]) {
            tested.insert(key(random, keys), wanted(random, values));
        }
        block.insert(operator, Value::Object(tested));
    }
    Value::Object(block)
}

fn operator(random: &mut Random, tests: &[&str]) -> String {
    if random.percent(2) {
        return random.pick(OPERATOR_ODDITIES).to_owned();
    }
    let qualifier = random.pick(&["", "", "", "ForAllValues:", "ForAnyValue:"]);
    let if_exists = random.pick(&["", "", "IfExists"]);
    format!("{qualifier}{}{if_exists}", random.pick(tests))
}

/// A key of the family, at times of another, at times in another spelling.
fn key(random: &mut Random, keys: &[&str]) -> String {
    let key = if random.percent(95) {
        random.pick(keys)
    } else {
        random.pick(CONTEXT).0
    };
    spelling(random, key)
}

fn spelling(random: &mut Random, key: &str) -> String {
    match random.below(20) {
        0 => key.to_ascii_uppercase(),
        1 => key.to_ascii_lowercase(),
        _ => key.to_owned(),
    }
}

fn wanted(random: &mut Random, values: &[&str]) -> Value {
    let one = |random: &mut Random| {
        if random.percent(8) {
            json!(random.pick(VARIABLE_VALUES))
        } else {
            json!(random.pick(values))
        }
    };
    match random.below(20) {
        0 => json!([]),
        1..=5 => json!([one(random), one(random)]),
        6 => json!([one(random), one(random), one(random)]),
        _ => one(random),
    }
}

fn context(random: &mut Random) -> Value {
    let mut context = Map::new();
    for (key, values) in CONTEXT {
        if random.percent(40) {
            continue;
        }
        context.insert(spelling(random, key), actual(random, values));
        if random.percent(3) {
            // A second spelling of the same name.
            context.insert(key.to_ascii_uppercase(), actual(random, values));
        }
    }
    Value::Object(context)
}

fn actual(random: &mut Random, values: &[&str]) -> Value {
    let one = |random: &mut Random| {
        if random.percent(4) {
            json!("")
        } else {
            json!(random.pick(values))
        }
    };
    match random.below(20) {
        0 => json!([]),
        1..=2 => json!([one(random)]),
        3..=4 => json!([one(random), one(random)]),
        _ => one(random),
    }
}
