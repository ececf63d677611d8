//! What holds for any text at all.

use proptest::prelude::*;

use crate::testing::{any_policy, bare};
use crate::{Policy, PolicyKind, check};

const KINDS: [PolicyKind; 8] = [
    PolicyKind::Boundary,
    PolicyKind::Identity,
    PolicyKind::Resource,
    PolicyKind::ResourceControl,
    PolicyKind::ServiceControl,
    PolicyKind::Session,
    PolicyKind::Trust,
    PolicyKind::VpcEndpoint,
];

/// Reads the text in every way; whatever a kind accepts must be read the same when it is loaded.
fn holds(text: &str) {
    let parsed = Policy::parse(text);
    for kind in KINDS {
        match (check(text, kind), &parsed) {
            (Ok(checked), Ok(parsed)) => assert_eq!(&checked, parsed),
            (Ok(_), Err(error)) => {
                panic!("{kind:?} accepts {text:?}, which does not load: {error}")
            }
            (Err(error), _) => {
                assert!(!error.message().is_empty() && !error.explanation().is_empty());
            }
        }
    }
    if let Ok(parsed) = parsed {
        let again = Policy::parse(&parsed.to_json()).unwrap();
        assert_eq!(bare(&again), bare(&parsed));
    }
}

const DOCUMENTS: [&str; 4] = [
    r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Allow","Action":["s3:Get*","iam:PassRole"],"Resource":["arn:aws:s3:::b/${aws:username}","*"],"Condition":{"StringEquals":{"aws:x":["a","b"]},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"Bool":{"k":true}}}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/r"],"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]},{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}}]}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"arn:aws:iam::111122223333:user/u"}}"#,
];

/// Replaces a stretch of one document by a piece of JSON, of another document, or by nothing.
fn mutated() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        prop::sample::select(vec![
            "",
            "\"",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "null",
            "5",
            "\\",
            "\\u",
            "\\ud800",
            "é",
            "\u{1F511}",
            "*",
            "::",
            "-",
            "T",
            "Z",
            "\"Effect\":\"Allow\",",
            "[null]",
            "{}",
            "[]",
            "Not",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let edit = (any::<prop::sample::Index>(), 0..12_usize, pieces);
    (
        prop::sample::select(DOCUMENTS.to_vec()),
        prop::collection::vec(edit, 1..4),
    )
        .prop_map(|(document, edits)| {
            let mut characters: Vec<char> = document.chars().collect();
            for (place, length, piece) in edits {
                let start = place.index(characters.len() + 1);
                let end = (start + length).min(characters.len());
                characters.splice(start..end, piece.chars());
            }
            characters.into_iter().collect()
        })
}

#[test]
fn whole_documents() {
    for document in DOCUMENTS {
        holds(document);
        // Cut off anywhere.
        for end in 0..document.len() {
            holds(document.get(..end).unwrap());
        }
    }
    for (document, kind) in DOCUMENTS.iter().zip([
        PolicyKind::Identity,
        PolicyKind::Trust,
        PolicyKind::ResourceControl,
        PolicyKind::ServiceControl,
    ]) {
        assert!(check(document, kind).is_ok(), "{kind:?}: {document}");
    }
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn mutated_documents(text in mutated()) {
        holds(&text);
    }

    #[test]
    fn generated_policies(policy in any_policy()) {
        holds(&policy.to_json());
    }

    #[test]
    fn dates(text in "[-+0-9TZtz:.]{0,24}") {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"DateEquals":{{"k":"{text}"}}}}}}}}"#);
        holds(&text);
    }

    #[test]
    fn resources(text in "(arn)?[:*a-z0-9/]{0,24}") {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":["{text}"]}}}}"#);
        holds(&text);
    }
}
