//! How large compiled policies are, how fast they come about, and hostile documents.

use std::fmt::Write;

use keyward_policy::Policy;

use super::world::{Case, GO, check};
use crate::CompiledPolicy;

fn compile(document: &str) -> CompiledPolicy {
    CompiledPolicy::compile(&Policy::parse(document).unwrap())
}

/// The document with neither line breaks nor indentation, as it counts against AWS's limits.
fn minified(document: &str) -> String {
    document.lines().map(str::trim).collect()
}

const BUCKET_ADMIN: &str = r#"{
    "Version":"2012-10-17",
    "Statement":[
        {"Sid":"List","Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::reports"},
        {"Sid":"Objects","Effect":"Allow",
         "Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:GetObjectTagging"],
         "Resource":["arn:aws:s3:::reports/${aws:username}/*","arn:aws:s3:::reports/shared/*"]},
        {"Effect":"Deny","Action":"s3:*","Resource":"*",
         "Condition":{"Bool":{"aws:SecureTransport":"false"},"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-north-1"]}}},
        {"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]}}}
    ]}"#;

#[test]
fn compiled_policies_are_small() {
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let mut reader = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["#.to_owned();
    for service in 0..400 {
        write!(reader, r#"{}"svc{service}:Get*","svc{service}:List*""#, if service == 0 { "" } else { "," }).unwrap();
    }
    reader += r#"],"Resource":"*"}]}"#;
    let mut statements = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    for index in 0..100 {
        let comma = if index == 0 { "" } else { "," };
        write!(statements, r#"{comma}{{"Effect":"Allow","Action":"a:B{index}","Resource":"*"}}"#).unwrap();
    }
    statements += "]}";
    let admin = minified(BUCKET_ADMIN);
    for document in [full, &reader, &statements, &admin] {
        let (size, source) = (compile(document).size(), document.len());
        assert!(size <= 3 * source, "{size} bytes for {source} of {:.60}", document);
    }
}

/// A document as long as documents may be, with as many statements as fit.
#[test]
fn the_largest_document_decides() {
    let mut document = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    let mut count = 0;
    while document.len() < 131_072 - 100 {
        let comma = if count == 0 { "" } else { "," };
        write!(
            document,
            r#"{comma}{{"Effect":"Allow","Action":"s3:Get{count}","Resource":"arn:aws:s3:::b{count}/*"}}"#
        )
        .unwrap();
        count += 1;
    }
    document += "]}";
    let policy = compile(&document);
    assert_eq!(policy.statements().count(), count);
    assert!(policy.size() <= 3 * document.len());
    let (action, resource) = (format!("s3:Get{}", count - 1), format!("arn:aws:s3:::b{}/x", count - 1));
    check("last", Case { id: &[&document], action: &action, resource: &resource, ..GO }, "allow identity");
    check("crosswise", Case { id: &[&document], action: &action, ..GO }, "implicit identity");
}

#[test]
fn hostile_documents() {
    // Every pair of many actions and resources would be too many keys.
    let list = |prefix: &str, count: usize| (0..count).map(|index| format!("{prefix}{index}")).collect::<Vec<_>>();
    let (actions, resources) = (list("s3:A", 1000), list("arn:aws:s3:::b", 1000));
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{actions:?},"Resource":{resources:?}}}}}"#
    );
    assert!(compile(&document).size() <= 3 * document.len());
    check(
        "all pairs",
        Case { id: &[&document], action: "s3:A999", resource: "arn:aws:s3:::b0", ..GO },
        "allow identity",
    );
    // Thousands of spellings of one key.
    let spellings = (0..1 << 11).map(|bits: u32| {
        let spelled: String = (0..11).map(|bit| if bits >> bit & 1 == 1 { 'K' } else { 'k' }).collect();
        format!(r#""{spelled}":"v{bits}""#)
    });
    let keys = spellings.collect::<Vec<_>>().join(",");
    for (effect, operator, expected) in
        [("Allow", "StringEquals", "implicit identity"), ("Deny", "StringEquals", "explicit identity")]
    {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{{"{operator}":{{{keys}}}}}}}}}"#
        );
        let id: &[&str] = if effect == "Allow" { &[&document] } else { &["+*", &document] };
        check(effect, Case { id, context: &[("kkkkkkkkkkk", "v17")], ..GO }, expected);
    }
}

#[test]
fn points_back_at_its_document() {
    let policy = compile(BUCKET_ADMIN);
    let statements: Vec<_> =
        policy.statements().map(|statement| (statement.index, statement.sid, statement.span.start.line)).collect();
    assert_eq!(statements, [(0, Some("List"), 4), (1, Some("Objects"), 5), (2, None, 8), (3, None, 10)]);
    assert_eq!(policy.statement(4), None);
    assert_eq!(CompiledPolicy::unusable("why").unusable_reason(), Some("why"));
}
