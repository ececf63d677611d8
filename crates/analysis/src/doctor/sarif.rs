//! The doctor's findings as SARIF 2.1.0, for CI.

use keyward_diagnose::Json;

use super::{Bite, Diagnoses, Rule};

/// Writes findings as a SARIF log of one run. `version` is the program's; paths are taken as they were given.
#[must_use]
pub fn sarif(found: &Diagnoses, version: &str) -> String {
    let rules = Rule::ALL.iter().map(|rule| {
        Json::object([
            ("id", Json::text(rule.id())),
            ("name", Json::text(name(rule.id()))),
            ("shortDescription", text(rule.title())),
            ("fullDescription", text(rule.help())),
            (
                "defaultConfiguration",
                Json::object([("level", Json::text(rule.severity().as_str()))]),
            ),
        ])
    });
    let driver = Json::object([
        ("name", Json::text("keyward doctor")),
        ("version", Json::text(version)),
        ("rules", Json::List(rules.collect())),
    ]);
    let notes = found
        .notes
        .iter()
        .map(|note| Json::object([("level", Json::text("note")), ("message", text(note))]));
    let run = Json::object([
        ("tool", Json::object([("driver", driver)])),
        ("columnKind", Json::text("unicodeCodePoints")),
        (
            "results",
            Json::List(found.bites.iter().map(result).collect()),
        ),
        (
            "invocations",
            Json::List(vec![Json::object([
                ("executionSuccessful", Json::Bool(true)),
                ("toolExecutionNotifications", Json::List(notes.collect())),
            ])]),
        ),
    ]);
    Json::object([
        (
            "$schema",
            Json::text("https://json.schemastore.org/sarif-2.1.0.json"),
        ),
        ("version", Json::text("2.1.0")),
        ("runs", Json::List(vec![run])),
    ])
    .pretty()
}

fn text(text: &str) -> Json {
    Json::object([("text", Json::text(text))])
}

/// `action-unknown` is `ActionUnknown`.
fn name(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect()
}

fn result(bite: &Bite) -> Json {
    let index = Rule::ALL
        .iter()
        .position(|rule| *rule == bite.rule)
        .unwrap_or(0);
    let account = bite.account.map(|id| format!("{id}/")).unwrap_or_default();
    let full = format!("{account}{}", bite.subject);
    let mut location = vec![(
        "logicalLocations",
        Json::List(vec![Json::object([(
            "fullyQualifiedName",
            Json::text(&full),
        )])]),
    )];
    if let Some((place, file)) = bite
        .place
        .as_ref()
        .and_then(|it| Some((it, it.file.as_deref()?)))
    {
        let region = Json::object([
            ("startLine", Json::Number(u64::from(place.position.line))),
            (
                "startColumn",
                Json::Number(u64::from(place.position.column)),
            ),
        ]);
        location.push((
            "physicalLocation",
            Json::object([
                (
                    "artifactLocation",
                    Json::object([("uri", Json::text(uri(file)))]),
                ),
                ("region", region),
            ]),
        ));
    }
    Json::object([
        ("ruleId", Json::text(bite.rule.id())),
        ("ruleIndex", Json::count(index)),
        ("level", Json::text(bite.rule.severity().as_str())),
        (
            "message",
            text(&format!("{}: {} {}", bite.subject, bite.message, bite.fix)),
        ),
        ("locations", Json::List(vec![Json::object(location)])),
        (
            "partialFingerprints",
            Json::object([(
                "keyward/v1",
                Json::text(format!("{}:{full}:{}", bite.rule.id(), bite.message)),
            )]),
        ),
    ])
}

/// Writes a path so that it is a reference by RFC 3986.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        let is_plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
        if is_plain {
            out.push(char::from(byte));
        } else if byte == b'\\' {
            out.push('/');
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
