//! Every operation against its own descriptors: what they say is valid is read, and what they forbid is refused.

use std::collections::BTreeSet;

use crate::{
    Call, DecodeError, ErrorShape, Kind, Member, Operation, Parameters, Pattern, Service, Shape,
    WireError, decode, encode,
};
use proptest::prelude::*;

/// Names and values in model order.
type Form = Vec<(String, String)>;

/// Which members a request gets.
#[derive(Clone, Copy, PartialEq)]
enum Fill {
    All,
    Required,
}

fn body(operation: Operation, form: &Form) -> String {
    let mut body = format!(
        "Action={}&Version={}",
        operation.name(),
        operation.service().version()
    );
    for (name, value) in form {
        body.push('&');
        body.push_str(name);
        body.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                body.push(char::from(byte));
            } else {
                body.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    body
}

/// Reads a body, writes it again, reads that, and returns what was written.
fn round_trip(operation: Operation, body: &str) -> Result<String, DecodeError> {
    fn typed<C: Call + PartialEq + std::fmt::Debug>(body: &str) -> Result<String, DecodeError> {
        let call: C = decode(&Parameters::parse(None, body.as_bytes()).unwrap())?;
        let written = encode(&call);
        let again: C = decode(&Parameters::parse(None, written.as_bytes()).unwrap()).unwrap();
        assert_eq!(call, again);
        Ok(written)
    }
    for_operation!(operation, C => typed::<C>(body))
}

fn message(operation: Operation, form: &Form) -> Result<(), String> {
    round_trip(operation, &body(operation, form))
        .map(|_| ())
        .map_err(|error| WireError::from(error).to_string())
}

const SEEDS: [&str; 14] = [
    "a",
    "0",
    "/",
    "v1",
    "/a/",
    "ab1",
    "000000000000",
    "https://a/",
    "o-aaaaaaaaaa",
    "aa/r-aaaa",
    "A",
    "Ns/Prop",
    "o-aaaaaaaaaa/r-aaaa",
    "p-aaaaaaaa",
];

fn length_fits(shape: &Shape, text: &str) -> bool {
    let length = i64::try_from(text.chars().count()).unwrap();
    shape.min.is_none_or(|min| length >= min) && shape.max.is_none_or(|max| length <= max)
}

/// Some text that satisfies every constraint.
fn valid_text(shape: &Shape) -> String {
    let least = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap();
    let longer = SEEDS.iter().map(|seed| {
        let last = seed.chars().last().unwrap();
        let missing = least.saturating_sub(seed.chars().count());
        format!("{seed}{}", last.to_string().repeat(missing))
    });
    let fits = |text: &String| {
        length_fits(shape, text) && shape.pattern.is_none_or(|pattern| pattern.matches(text))
    };
    longer
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| panic!("no seed fits {}", shape.name))
}

fn fill(members: &'static [Member], fill: Fill, prefix: &str, form: &mut Form) {
    for member in members {
        if member.required || fill == Fill::All {
            fill_shape(
                member.shape,
                fill,
                &format!("{prefix}{}", member.name),
                form,
            );
        }
    }
}

fn fill_shape(shape: &'static Shape, how: Fill, name: &str, form: &mut Form) {
    let count = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap();
    match &shape.kind {
        Kind::Boolean => form.push((name.to_owned(), "true".to_owned())),
        Kind::Enumeration(values) => form.push((name.to_owned(), values[0].to_owned())),
        Kind::Integer => form.push((name.to_owned(), shape.min.unwrap_or(1).to_string())),
        Kind::String => form.push((name.to_owned(), valid_text(shape))),
        Kind::List(element) => {
            (1..=count).for_each(|n| fill_shape(element, how, &format!("{name}.member.{n}"), form));
        }
        Kind::Map { key, value } => {
            fill_shape(key, how, &format!("{name}.entry.1.key"), form);
            fill_shape(value, how, &format!("{name}.entry.1.value"), form);
        }
        Kind::Structure(members) => {
            let before = form.len();
            fill(members(), how, &format!("{name}."), form);
            // A structure of which no member is required is there only if one member is.
            if form.len() == before {
                fill(&members()[..1], Fill::All, &format!("{name}."), form);
            }
        }
        // One member of a union.
        Kind::Union(members) => fill(&members()[..1], Fill::All, &format!("{name}."), form),
    }
}

fn filled(operation: Operation, how: Fill) -> Form {
    let mut form = Form::new();
    fill(operation.facts().members(), how, "", &mut form);
    form
}

/// A name on the wire as messages print it: `Tags.member.1.Key` → `tags.1.member.key`.
fn message_path(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').collect();
    let mut path = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        if steps[at] == "member" && at + 1 < steps.len() {
            path.extend([steps[at + 1].to_owned(), "member".to_owned()]);
            at += 2;
        } else {
            let (first, rest) = steps[at].split_at(1);
            path.push(first.to_lowercase() + rest);
            at += 1;
        }
    }
    path.join(".")
}

/// The plain values of a request: the place that a message names, the name on the wire, the shape, and how a
/// constraint is wrapped.
fn leaves(members: &'static [Member], prefix: &str, found: &mut Vec<Leaf>) {
    for member in members {
        leaves_of(member.shape, &format!("{prefix}{}", member.name), found);
    }
}

struct Leaf {
    name: String,
    path: String,
    shape: &'static Shape,
    wrap: Option<&'static str>,
}

fn leaves_of(shape: &'static Shape, name: &str, found: &mut Vec<Leaf>) {
    let inside = |shape: &'static Shape, step: &str, wrap: &'static str, found: &mut Vec<Leaf>| {
        let before = found.len();
        leaves_of(shape, &format!("{name}.{step}"), found);
        // A plain value directly inside is reported at the list or map.
        if found.len() == before + 1 && found[before].name == format!("{name}.{step}") {
            found[before].path = message_path(name);
            found[before].wrap = Some(wrap);
        }
    };
    match &shape.kind {
        Kind::Boolean | Kind::Enumeration(_) | Kind::Integer | Kind::String => {
            found.push(Leaf {
                name: name.to_owned(),
                path: message_path(name),
                shape,
                wrap: None,
            });
        }
        Kind::List(element) => inside(
            element,
            "member.1",
            "Member must satisfy constraint: [",
            found,
        ),
        Kind::Map { key, value } => {
            inside(
                key,
                "entry.1.key",
                "Map keys must satisfy constraint: [",
                found,
            );
            if matches!(value.kind, Kind::String) {
                inside(
                    value,
                    "entry.1.value",
                    "Map value must satisfy constraint: [",
                    found,
                );
            }
        }
        Kind::Structure(members) => leaves(members(), &format!("{name}."), found),
        Kind::Union(members) => leaves(&members()[..1], &format!("{name}."), found),
    }
}

/// Values that break one constraint at least, each with the text of the constraint that it breaks.
fn violations(service: Service, shape: &Shape) -> Vec<(String, String)> {
    let mut broken = Vec::new();
    let text = |length: i64| "a".repeat(usize::try_from(length).unwrap());
    match &shape.kind {
        Kind::Integer => {
            broken.extend(shape.min.map(|min| (min - 1, "greater", min)));
            broken.extend(shape.max.map(|max| (max + 1, "less", max)));
            return broken
                .into_iter()
                .map(|(value, word, bound)| {
                    (
                        value.to_string(),
                        format!("Member must have value {word} than or equal to {bound}"),
                    )
                })
                .collect();
        }
        Kind::Enumeration(values) => {
            let set = match service {
                Service::Iam => "Member must satisfy enum value set".to_owned(),
                Service::Sts => format!(
                    "Member must satisfy enum value set: [{}]",
                    values.join(", ")
                ),
            };
            return vec![("no-such-value".to_owned(), set)];
        }
        Kind::String => {}
        Kind::Boolean | Kind::List(_) | Kind::Map { .. } | Kind::Structure(_) | Kind::Union(_) => {
            return Vec::new();
        }
    }
    let mut broken = Vec::new();
    if let Some(min) = shape.min.filter(|min| *min > 0) {
        broken.push((
            text(min - 1),
            format!("Member must have length greater than or equal to {min}"),
        ));
    }
    // Longer values would make a test of many megabytes.
    if let Some(max) = shape.max.filter(|max| *max < 100_000) {
        broken.push((
            text(max + 1),
            format!("Member must have length less than or equal to {max}"),
        ));
    }
    if let Some(pattern) = shape.pattern {
        let bad = ["\u{1}", "é!", "漢", "", "a\n"]
            .into_iter()
            .find(|text| !pattern.matches(text))
            .unwrap();
        let bad = if bad == "\u{1}" {
            "\u{1}".repeat(usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap())
        } else {
            bad.to_owned()
        };
        broken.push((
            bad,
            format!(
                "Member must satisfy regular expression pattern: {}",
                pattern.text()
            ),
        ));
    }
    broken
}

#[test]
fn the_model_has_all_operations() {
    let of = |service| {
        Operation::ALL
            .iter()
            .filter(|operation| operation.service() == service)
            .count()
    };
    assert_eq!((of(Service::Iam), of(Service::Sts)), (180, 11));
    for operation in Operation::ALL {
        assert_eq!(
            Operation::from_name(operation.service(), operation.name()),
            Some(operation)
        );
        assert_eq!(
            for_operation!(operation, C => <C as Call>::OPERATION),
            operation
        );
        assert!(operation.facts().errors.len() <= 12, "{}", operation.name());
    }
    assert!(Operation::ALL.is_sorted_by_key(|operation| operation.name()));
    let anonymous: Vec<_> = Operation::ALL
        .iter()
        .filter(|o| o.facts().anonymous)
        .map(|o| o.name())
        .collect();
    assert_eq!(
        anonymous,
        ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]
    );
    assert_eq!(Operation::from_name(Service::Sts, "CreateUser"), None);
}

#[test]
fn errors_have_a_status() {
    for error in ErrorShape::ALL {
        let code = error.code();
        assert!(
            (400..=599).contains(&code.status) && !code.code.is_empty(),
            "{error:?}"
        );
    }
    let of = |error: ErrorShape| {
        (
            error.code().code,
            error.code().status,
            error.code().fault.as_str(),
        )
    };
    assert_eq!(
        of(ErrorShape::NoSuchEntity),
        ("NoSuchEntity", 404, "Sender")
    );
    assert_eq!(
        of(ErrorShape::ServiceFailure),
        ("ServiceFailure", 500, "Receiver")
    );
    assert_eq!(
        of(ErrorShape::ServiceNotSupported),
        ("NotSupportedService", 404, "Sender")
    );
    assert_eq!(
        of(ErrorShape::OrganizationNotFound),
        ("OrganizationNotFoundException", 400, "Sender")
    );
}

#[test]
fn every_pattern_compiles() {
    fn collect(shape: &'static Shape, found: &mut Vec<&'static Pattern>) {
        found.extend(shape.pattern);
        match &shape.kind {
            Kind::List(element) => collect(element, found),
            Kind::Map { key, value } => {
                collect(key, found);
                collect(value, found);
            }
            Kind::Structure(members) | Kind::Union(members) => {
                members()
                    .iter()
                    .for_each(|member| collect(member.shape, found));
            }
            Kind::Boolean | Kind::Enumeration(_) | Kind::Integer | Kind::String => {}
        }
    }
    let mut patterns = Vec::new();
    for operation in Operation::ALL {
        operation
            .facts()
            .members()
            .iter()
            .for_each(|member| collect(member.shape, &mut patterns));
    }
    let texts: BTreeSet<_> = patterns.iter().map(|pattern| pattern.text()).collect();
    assert!(texts.len() > 30);
    for pattern in patterns {
        // A pattern that did not compile would match nothing.
        let any = SEEDS
            .iter()
            .any(|seed| pattern.matches(seed) || pattern.matches(&seed.repeat(12)));
        assert!(any, "{}", pattern.text());
        assert!(!pattern.matches("\u{1}"), "{}", pattern.text());
    }
}

#[test]
fn valid_requests_are_read() {
    for operation in Operation::ALL {
        for how in [Fill::Required, Fill::All] {
            let form = filled(operation, how);
            let request = body(operation, &form);
            assert_eq!(round_trip(operation, &request).as_ref(), Ok(&request));
        }
    }
}

#[test]
fn required_members_are_missed() {
    for operation in Operation::ALL {
        let form = filled(operation, Fill::All);
        for member in operation
            .facts()
            .members()
            .iter()
            .filter(|member| member.required)
        {
            let below = format!("{}.", member.name);
            let rest = form
                .iter()
                .filter(|(name, _)| *name != member.name && !name.starts_with(&below));
            let expected = format!(
                "ValidationError: 1 validation error detected: Value null at '{}' failed to satisfy constraint: \
                 Member must not be null",
                message_path(member.name)
            );
            assert_eq!(
                message(operation, &rest.cloned().collect()),
                Err(expected),
                "{operation:?}"
            );
        }
    }
}

#[test]
fn broken_constraints_are_named() {
    let mut tried = 0;
    for operation in Operation::ALL {
        let form = filled(operation, Fill::All);
        let mut places = Vec::new();
        leaves(operation.facts().members(), "", &mut places);
        for leaf in places {
            for (value, constraint) in violations(operation.service(), leaf.shape) {
                let mut form = form.clone();
                let place = form.iter_mut().find(|(name, _)| *name == leaf.name);
                place
                    .unwrap_or_else(|| panic!("{operation:?} {}", leaf.name))
                    .1 = value;
                let found = message(operation, &form).unwrap_err();
                let opening = match leaf.wrap {
                    Some(wrap) => {
                        format!("' at '{}' failed to satisfy constraint: {wrap}", leaf.path)
                    }
                    None => format!(
                        " at '{}' failed to satisfy constraint: {constraint}",
                        leaf.path
                    ),
                };
                assert!(found.starts_with("ValidationError: "), "{found}");
                let own = format!("The specified value for {} is invalid.", leaf.path);
                if constraint.contains("pattern") && found.contains(&own) {
                    continue;
                }
                assert!(
                    found.contains(&opening),
                    "{operation:?}: {found}\n{opening}"
                );
                assert!(
                    found.contains(&constraint),
                    "{operation:?}: {found}\n{constraint}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn unions_take_one_member() {
    let two = "PolicySourceArn=arn:aws:iam::111122223333:user/a&ActionNames.member.1=a:b\
               &PolicyExclusionList.member.1.ExactPolicyArn=x&PolicyExclusionList.member.1.Nothing=y";
    let error = round_trip(Operation::SimulatePrincipalPolicy, two).unwrap_err();
    assert_eq!(
        WireError::from(error).to_string(),
        "MalformedInput: Unexpected value for PolicyExclusionList.member.1"
    );
}

fn any_operation() -> impl Strategy<Value = Operation> {
    (0..Operation::ALL.len()).prop_map(|at| Operation::ALL[at])
}

/// Names that are close to real ones.
fn any_form(operation: Operation) -> impl Strategy<Value = Form> {
    let names: Vec<String> = filled(operation, Fill::All)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let known = prop::sample::select(if names.is_empty() {
        vec!["X".to_owned()]
    } else {
        names
    });
    let name = (
        known,
        "(|\\.|\\.member|\\.1|\\.member\\.[0-3]|\\.entry\\.1|\\.key|x)",
        any::<bool>(),
    )
        .prop_map(|(known, end, cut)| {
            let known = if cut {
                known
                    .rsplit_once('.')
                    .map_or("", |(before, _)| before)
                    .to_owned()
            } else {
                known
            };
            known + &end
        });
    prop::collection::vec((name, "(|true|1|-1|[a-z]{1,3}|\\PC{0,3})"), 0..12).prop_map(
        |mut form| {
            form.sort();
            form.dedup_by(|a, b| a.0 == b.0);
            form
        },
    )
}

/// A request with some of the optional members and texts of many lengths.
fn any_valid_form() -> impl Strategy<Value = (Operation, Form)> {
    (any_operation(), any::<u64>()).prop_map(|(operation, seed)| {
        let mut state = seed;
        let mut next = move |bound: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let all = filled(operation, Fill::All);
        let required: BTreeSet<String> = operation
            .facts()
            .members()
            .iter()
            .filter(|member| member.required)
            .map(|m| m.name.to_owned())
            .collect();
        let mut kept = BTreeSet::new();
        for member in operation.facts().members() {
            if required.contains(member.name) || next(2) == 0 {
                kept.insert(member.name);
            }
        }
        let mut places = Vec::new();
        leaves(operation.facts().members(), "", &mut places);
        let mut form = Form::new();
        for (name, value) in all {
            if !kept.contains(name.split('.').next().unwrap_or("")) {
                continue;
            }
            let shape = places
                .iter()
                .find(|leaf| leaf.name == name)
                .map(|leaf| leaf.shape);
            let longer = "aé &%+=/\u{1F600}"
                .chars()
                .cycle()
                .take(usize::try_from(next(20)).unwrap())
                .collect::<String>();
            let fits = shape.is_some_and(|shape| {
                matches!(shape.kind, Kind::String)
                    && length_fits(shape, &longer)
                    && shape.pattern.is_none_or(|pattern| pattern.matches(&longer))
            });
            form.push((name, if fits { longer } else { value }));
        }
        (operation, form)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parse_never_panics(query in "\\PC{0,40}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Parameters::parse(Some(&query), &body);
    }

    #[test]
    fn parse_undoes_encoding(pairs in prop::collection::btree_map("\\PC{0,8}", "\\PC{0,8}", 0..8)) {
        let form: Form = pairs.clone().into_iter().collect();
        let text = form.iter().map(|(name, value)| {
            let plain = body(Operation::CreateUser, &vec![("x".to_owned(), name.clone())]);
            let name = plain.rsplit_once('=').unwrap().1.to_owned();
            let plain = body(Operation::CreateUser, &vec![("x".to_owned(), value.clone())]);
            format!("{name}={}", plain.rsplit_once('=').unwrap().1)
        }).collect::<Vec<_>>().join("&");
        let parsed = Parameters::parse(None, text.as_bytes()).unwrap();
        let found: Vec<_> = parsed.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(found, form);
    }

    #[test]
    fn decode_never_panics((operation, form) in any_operation().prop_flat_map(|o| (Just(o), any_form(o)))) {
        let _ = message(operation, &form);
    }

    #[test]
    fn decode_undoes_encode((operation, form) in any_valid_form()) {
        let request = body(operation, &form);
        prop_assert_eq!(round_trip(operation, &request), Ok(request));
    }
}
