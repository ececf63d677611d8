//! Every parameter of every operation, wrong in every way that the model knows: AWS's error, and never a 500.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail the test that calls them"
)]

use keyward_service::{Incoming, Transport, Unread};
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Kind, Member, Operation, Shape};

use form::{Parameters, form, required, sample};

mod form;

/// Returns what the answer to a wrong call must be, with the call.
fn wrong_calls(operation: Operation) -> Vec<(Parameters, Expected)> {
    let mut calls = Vec::new();
    let whole = required(operation);
    for member in operation.facts().members() {
        let others: Parameters = whole
            .iter()
            .filter(|(name, _)| !is_of(member, name))
            .cloned()
            .collect();
        if member.required {
            calls.push((
                others.clone(),
                Expected::Violation("Member must not be null"),
            ));
        }
        for (parameters, expected) in wrong_values(member.name, member.shape) {
            let call = others.iter().cloned().chain(parameters).collect();
            calls.push((call, expected));
        }
    }
    calls
}

fn is_of(member: &Member, parameter: &str) -> bool {
    parameter.split('.').next() == Some(member.name)
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    /// `MalformedInput`: the parameter is not of its type.
    Malformed,
    /// `ValidationError`, and the constraint that is named.
    Violation(&'static str),
}

/// Returns values that break each constraint of a shape, one at a time.
fn wrong_values(name: &str, shape: &Shape) -> Vec<(Parameters, Expected)> {
    let filled = |text: String| vec![(name.to_owned(), text)];
    match &shape.kind {
        Kind::Boolean => vec![(filled("perhaps".to_owned()), Expected::Malformed)],
        Kind::Enumeration(_) => vec![(
            filled("No such value".to_owned()),
            Expected::Violation("Member must satisfy enum value set"),
        )],
        Kind::Integer => {
            let mut wrong = vec![(filled("abc".to_owned()), Expected::Malformed)];
            if let Some(min) = shape.min.and_then(|min| min.checked_sub(1)) {
                let text = "Member must have value greater than or equal to";
                wrong.push((filled(min.to_string()), Expected::Violation(text)));
            }
            if let Some(max) = shape.max.filter(|max| *max < i64::from(i32::MAX)) {
                let text = "Member must have value less than or equal to";
                wrong.push((filled((max + 1).to_string()), Expected::Violation(text)));
            }
            wrong
        }
        Kind::String => wrong_texts(name, shape),
        Kind::List(inner) => {
            let mut wrong = vec![(filled("text".to_owned()), Expected::Malformed)];
            if let Some(max) = shape.max.filter(|max| *max < 1_000) {
                let items: Parameters = (1..=max + 1)
                    .flat_map(|at| sample(&format!("{name}.member.{at}"), inner))
                    .collect();
                // An element without a required member can't be written as nothing.
                if !items.is_empty() {
                    let text = "Member must have length less than or equal to";
                    wrong.push((items, Expected::Violation(text)));
                }
            }
            wrong.extend(wrong_values(&format!("{name}.member.1"), inner));
            wrong
        }
        Kind::Map { .. } => vec![(filled("text".to_owned()), Expected::Malformed)],
        Kind::Structure(members) | Kind::Union(members) => {
            let mut wrong = vec![(filled("text".to_owned()), Expected::Malformed)];
            let whole = sample(name, shape);
            for member in members() {
                let place = format!("{name}.{}", member.name);
                let others: Parameters = whole
                    .iter()
                    .filter(|(parameter, _)| !parameter.starts_with(&place))
                    .cloned()
                    .collect();
                for (parameters, expected) in wrong_values(&place, member.shape) {
                    wrong.push((others.iter().cloned().chain(parameters).collect(), expected));
                }
            }
            wrong
        }
    }
}

const PATTERN: &str = "Member must satisfy regular expression pattern";

fn wrong_texts(name: &str, shape: &Shape) -> Vec<(Parameters, Expected)> {
    let filled = |text: String| vec![(name.to_owned(), text)];
    let mut wrong = vec![(
        vec![(format!("{name}.member.1"), "x".to_owned())],
        Expected::Malformed,
    )];
    if let Some(min) = shape.min.filter(|min| *min > 0) {
        let short = "a".repeat(usize::try_from(min - 1).unwrap());
        let text = "Member must have length greater than or equal to";
        wrong.push((filled(short), Expected::Violation(text)));
    }
    // Above that a text would not fit into the largest body.
    if let Some(max) = shape.max.filter(|max| *max <= 200_000) {
        let long = "a".repeat(usize::try_from(max + 1).unwrap());
        let text = "Member must have length less than or equal to";
        wrong.push((filled(long), Expected::Violation(text)));
    }
    if let Some(pattern) = shape.pattern {
        let length = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap();
        for character in ['\u{1}', '\u{2603}', ' ', '/', '!'] {
            let text = character.to_string().repeat(length);
            if !pattern.matches(&text) {
                wrong.push((filled(text), Expected::Violation(PATTERN)));
                break;
            }
        }
    }
    wrong
}

fn check(operation: Operation, parameters: &Parameters, expected: Expected, answer: &Answer) {
    let said = answer.element("Message").unwrap_or_default();
    let fits = match expected {
        Expected::Malformed => answer.code() == "MalformedInput",
        Expected::Violation(constraint) => {
            answer.code() == "ValidationError"
                && (said.contains("validation error") && said.contains(constraint)
                    || constraint == PATTERN && said.starts_with("The specified value for "))
        }
    };
    let shown: Vec<(&str, String)> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.chars().take(40).collect()))
        .collect();
    assert!(
        fits && answer.status == 400,
        "{} {shown:?}: expected {expected:?}, answered {} {}: {said}",
        operation.name(),
        answer.status,
        answer.code(),
    );
}

#[tokio::test]
async fn every_wrong_parameter_of_every_operation() {
    let server = InProcess::start().await.unwrap();
    let pending = keyward_service::pending();
    let mut calls = 0;
    for operation in Operation::ALL {
        if pending.contains(&operation) {
            continue;
        }
        for (parameters, expected) in wrong_calls(operation) {
            let form = form(operation, &parameters);
            let answer = server.send(&server.root, operation, form.as_bytes()).await;
            check(operation, &parameters, expected, &answer);
            calls += 1;
        }
    }
    println!("{calls} wrong calls were refused");
    assert!(calls > 200, "the generator makes hardly any call: {calls}");
}

#[tokio::test]
async fn bodies_that_were_not_read_are_refused_as_any_request() {
    let server = InProcess::start().await.unwrap();
    let (most_bytes, most_seconds) = (1024, 20);
    for (why, status, code, message) in [
        (
            Unread::Cut,
            400,
            "MalformedInput",
            "The request body ended early.",
        ),
        (
            Unread::TooLarge { most_bytes },
            413,
            "RequestEntityTooLarge",
            "The request body is larger than 1024 bytes.",
        ),
        (
            Unread::TooSlow { most_seconds },
            408,
            "RequestTimeout",
            "The request body took longer than 20 seconds.",
        ),
    ] {
        for (accept, shown) in [
            ("application/xml", format!("<Code>{code}</Code>")),
            ("application/json", format!(r#""Code":"{code}""#)),
        ] {
            let headers = [("accept".to_owned(), accept.as_bytes().to_vec())];
            let incoming = Incoming {
                method: "POST",
                path: "/",
                query: None,
                authority: None,
                headers: &headers,
                body: &[],
                source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
                transport: Transport::Plain,
            };
            let answer = server.service.without_body(&incoming, why);
            assert_eq!(answer.status, status);
            let body = String::from_utf8(answer.body.to_vec()).unwrap();
            assert!(body.contains(&shown) && body.contains(message), "{body}");
            let events = server.audit.take();
            assert!(events.len() == 1 && events[0].contains(code), "{events:?}");
        }
    }
}
