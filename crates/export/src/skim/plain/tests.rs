use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use super::*;
use crate::read::Reader;

fn plain(text: &str) -> Option<Entity> {
    let file = File::new("x", format!(" {text}"));
    let documents = Documents::of(file.text());
    let range = 1..file.text().len();
    Plain::new(&file, range, &documents, &mut Known::default()).entity()
}

fn by_serde(text: &str) -> Option<Entity> {
    let file = Arc::new(File::new("x", format!(" {text}")));
    let raw = serde_json::from_str(file.text()).ok()?;
    Some(Reader { file: &file }.entity(raw))
}

/// All that is in it, with the places of documents.
fn shown(entity: &Entity) -> String {
    let document = |it: &Text| format!("{} at {:?}", it.text(), it.start());
    let inline = entity.inline.iter();
    let inline: Vec<_> = inline
        .map(|it| (&it.name, document(&it.document)))
        .collect();
    let trust = entity.trust.as_ref().map(document);
    format!(
        "{:?}",
        (
            (&entity.name, &entity.id, &entity.arn, trust, inline),
            (&entity.groups, &entity.attached),
            (&entity.boundary, &entity.tags)
        )
    )
}

const ROLE: &str = r#"{
    "Path": "/a/", "RoleName": "rä", "RoleId": "AROA1", "Arn": "arn:aws:iam::111122223333:role/a/r",
    "CreateDate": "2024-03-01T09:30:00+00:00",
    "AssumeRolePolicyDocument": {"Statement": [{"a": "}]\""}]},
    "InstanceProfileList": [{"Roles": [{"AssumeRolePolicyDocument": {}, "RoleName": "r"}], "n": -12, "z": 0}],
    "RolePolicyList": [
        {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17"}, "more": [true, false, null, {}, []]},
        {"PolicyDocument": {"Version": "2012-10-17"}, "PolicyName": ""}
    ],
    "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": "arn:aws:iam::aws:policy/m"}],
    "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/b"},
    "Tags": [ {"Key": "k", "Value": "v"} ], "GroupList": ["g", "h"]
}"#;

#[test]
fn as_serde_reads_it() {
    for text in [
        ROLE,
        &ROLE.replace(['\n', ' '], ""),
        &ROLE.replace('\n', "\r\n\t"),
        r#"{"UserName":"u"}"#,
        r#"{"GroupName":"g","GroupPolicyList":[],"Tags":[]}"#,
    ] {
        let plain = plain(text).expect(text);
        assert_eq!(shown(&plain), shown(&by_serde(text).unwrap()), "{text}");
    }
}

#[test]
fn what_is_left_to_serde() {
    for text in [
        "{}",
        "[]",
        r#"{"UserName":"u"#,
        r#"{"UserName":"u"} "#,
        r#"{"UserName":"u",}"#,
        r#"{"UserName":"u" "x":1}"#,
        r#"{"UserName":"u","RoleName":"u"}"#,
        r#"{"UserName":"\u0061"}"#,
        "{\"UserName\":\"a\nb\"}",
        r#"{"UserName":null}"#,
        r#"{"UserName":"u","AssumeRolePolicyDocument":null}"#,
        r#"{"UserName":"u","AssumeRolePolicyDocument":"{}"}"#,
        r#"{"UserName":"u","AssumeRolePolicyDocument":{"a"}}"#,
        r#"{"UserName":"u","GroupList":null}"#,
        r#"{"UserName":"u","GroupList":["g",]}"#,
        r#"{"UserName":"u","Tags":[{"Key":"k"}]}"#,
        r#"{"UserName":"u","x":1.5}"#,
        r#"{"UserName":"u","x":01}"#,
        r#"{"UserName":"u","x":-}"#,
        r#"{"UserName":"u","x":truely}"#,
        r#"{"UserName":"u","x":[1}}"#,
        r#"{"UserName":"u","x":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}"#,
        "{\"UserName\":\"u\",\u{a0}\"x\":1}",
    ] {
        assert!(plain(text).is_none(), "{text}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 2_000, ..Config::default() })]

    /// What is changed anywhere is read as serde reads it, or left to it.
    #[test]
    fn never_otherwise(changes in vec((0..ROLE.len(), 0..4_usize, select(&[
        "", "\"", "{", "}", "[", "]", ",", ":", "\\", " ", "\n", "0", "1", ".", "e", "-", "null", "ä", "Document\":{}",
        "\"Tags\":[],", "\"RoleName\":\"x\",", "\"x\":",
    ][..])), 1..4)) {
        let mut text = ROLE.to_owned();
        for (at, length, with) in changes {
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at.min(end)) && text.is_char_boundary(end) {
                text.replace_range(at.min(end)..end, with);
            }
        }
        if let Some(plain) = plain(&text) {
            let serde = by_serde(&text);
            prop_assert_eq!(Some(shown(&plain)), serde.as_ref().map(shown), "{}", text);
        }
    }
}
