//! Policy variables.

use keyward_policy::Policy;

use crate::CompiledPolicy;

use super::world::{Case, GO, allows, check};

/// Checks a resource pattern in an Allow, by a user with some tags.
fn resource(pattern: &str, asked: &str, expected: bool) {
    let statement = format!("+s3:* @{pattern}");
    allows(pattern, Case { id: &[&statement], resource: asked, context: TAGS, lists: LISTS, ..GO }, expected);
}

const TAGS: &[(&str, &str)] = &[
    ("aws:PrincipalTag/team", "red"),
    ("aws:PrincipalTag/path", "a/b"),
    ("aws:PrincipalTag/wild", "*"),
    ("aws:PrincipalTag/variable", "${aws:username}"),
    ("aws:PrincipalTag/empty", ""),
    ("aws:PrincipalTag/colon", "x:y"),
    ("aws:PrincipalTag/twice", "1"),
    ("aws:PrincipalTag/TWICE", "1"),
];
const LISTS: &[(&str, &[&str])] = &[("aws:TagKeys", &["one"])];

#[test]
fn in_resources() {
    for (pattern, asked, expected) in [
        ("b/${aws:username}/*", "b/bob/x", true),
        ("b/${AWS:UserName}/*", "b/bob/x", true),
        ("b/${aws:username}/*", "b/alice/x", false),
        ("b/${aws:username}", "b/bob", true),
        ("b/${aws:username}", "b/bobby", false),
        ("${aws:username}-*/${aws:PrincipalTag/team}", "bob-1/red", true),
        ("b/${aws:PrincipalTag/path}/*", "b/a/b/c", true),
        ("b/${aws:PrincipalTag/colon}/*", "b/x:y/c", true),
        ("b/${aws:PrincipalTag/wild}", "b/x", false),
        ("b/${aws:PrincipalTag/wild}", "b/*", true),
        ("b/${aws:PrincipalTag/variable}", "b/bob", false),
        ("b/${aws:PrincipalTag/variable}", "b/${aws:username}", true),
        ("b/${aws:PrincipalTag/empty}*", "b/x", false),
        ("b/${aws:PrincipalTag/none}*", "b/x", false),
        ("b/${aws:PrincipalTag/twice}", "b/1", false),
        ("b/${aws:TagKeys}", "b/one", false),
        ("b/${*}", "b/*", true),
        ("b/${*}", "b/x", false),
        ("b/${?}${$}", "b/?$", true),
        ("b/$x", "b/$x", true),
        ("b/$", "b/$", true),
        ("b/$*", "b/$x", true),
        ("b/$$${*}", "b/$$*", true),
    ] {
        resource(&format!("arn:aws:s3:::{pattern}"), &format!("arn:aws:s3:::{asked}"), expected);
    }
}

/// Patterns with commas cannot stand in the short notation.
#[test]
fn defaults() {
    for (pattern, asked, expected) in [
        ("b/${aws:PrincipalTag/none, 'd'}/*", "b/d/x", true),
        ("b/${aws:PrincipalTag/empty, 'd'}/*", "b/d/x", true),
        ("b/${aws:PrincipalTag/team, 'd'}/*", "b/d/x", false),
        ("b/${aws:PrincipalTag/team, 'd'}/*", "b/red/x", true),
        ("b/${aws:PrincipalTag/none, '*'}", "b/x", false),
        ("b/${aws:PrincipalTag/none, '*'}", "b/*", true),
        ("b/${aws:PrincipalTag/none, ''}/*", "b//x", true),
        ("b/${aws:PrincipalTag/none,'d'}", "b/d", false),
        ("b/${aws:PrincipalTag/none, d}", "b/d", false),
        ("b/${aws:PrincipalTag/none,  'd'}", "b/d", false),
        ("b/${aws:PrincipalTag/none , 'd'}", "b/d", false),
        ("b/${aws:TagKeys, 'd'}", "b/d", false),
        ("b/${}", "b/", false),
        ("b/${}", "b/${}", false),
        ("b/${aws:username", "b/bob", false),
        ("b/${aws:username", "b/${aws:username", false),
        ("b/${aws: username}", "b/bob", false),
    ] {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{pattern}"}}}}"#
        );
        let asked = format!("arn:aws:s3:::{asked}");
        let case = Case { id: &[&document], resource: &asked, context: TAGS, lists: LISTS, ..GO };
        allows(pattern, case, expected);
    }
}

#[test]
fn before_the_resource_part() {
    let asked = "arn:aws:sqs:us-east-1:111111111111:q";
    for (pattern, value) in [
        ("arn:aws:sqs:*:${aws:PrincipalTag/a}:q", "111111111111"),
        ("arn:aws:sqs:*:${aws:PrincipalTag/a}:*", "111111111111"),
        ("arn:aws:sqs:${aws:PrincipalTag/a}:111111111111:*", "us-east-1"),
        // Partition and service are no place for one.
        ("arn:aws:${aws:PrincipalTag/a}:us-east-1:111111111111:q", "sqs"),
        ("arn:${aws:PrincipalTag/a}:sqs:us-east-1:111111111111:q", "aws"),
        // Nor is half an ARN.
        ("arn:aws:sqs:${aws:PrincipalTag/a}*", "us-east-1"),
    ] {
        let belongs = pattern.starts_with("arn:aws:sqs:") && pattern.matches(':').count() > 5;
        let (allow, deny) = (format!("+* @{pattern}"), format!("-* @{pattern}"));
        let (tags, other) = ([("aws:PrincipalTag/a", value)], [("aws:PrincipalTag/a", "other")]);
        let case = Case { resource: asked, context: &tags, ..GO };
        allows(pattern, Case { id: &[&allow], ..case }, belongs);
        allows(pattern, Case { id: &[&allow], context: &other, ..case }, false);
        allows(pattern, Case { id: &[&allow], context: &[], ..case }, false);
        check(pattern, Case { id: &["+*", &deny], ..case }, "explicit identity");
        check(pattern, Case { id: &["+*", &deny], context: &[], ..case }, "allow identity");
        let (allow, deny) = (format!("+* !@{pattern}"), format!("-* !@{pattern}"));
        allows(pattern, Case { id: &[&allow], ..case }, false);
        allows(pattern, Case { id: &[&allow], context: &[], ..case }, false);
        let spared = if belongs { "allow identity" } else { "explicit identity" };
        check(pattern, Case { id: &["+*", &deny], ..case }, spared);
        check(pattern, Case { id: &["+*", &deny], context: &[], ..case }, "explicit identity");
    }
}

#[test]
fn instead_of_an_arn() {
    let context = [("aws:SourceArn", "arn:aws:s3:::b/o")];
    let case = Case { context: &context, ..GO };
    allows("allow", Case { id: &["+* @${aws:SourceArn}"], ..case }, false);
    allows("not", Case { id: &["+* !@${aws:SourceArn}"], ..case }, false);
    check("deny not", Case { id: &["+*", "-* !@${aws:SourceArn}"], ..case }, "explicit identity");
}

#[test]
fn in_not_resource() {
    let missing = "arn:aws:s3:::b/${aws:PrincipalTag/none}/*";
    let (allow, deny) = (format!("+* !@{missing}"), format!("-* !@{missing}"));
    allows("allow", Case { id: &[&allow], ..GO }, false);
    check("deny", Case { id: &["+*", &deny], ..GO }, "explicit identity");
    // Each pattern stands for itself: what another one excepts stays excepted.
    let deny = format!("-* !@{missing},arn:aws:s3:::b/*");
    check("deny, excepted", Case { id: &["+*", &deny], ..GO }, "allow identity");
    // A Deny on a resource that nobody can name hits nothing.
    let deny = format!("-* @{missing}");
    check("deny, positive", Case { id: &["+*", &deny], ..GO }, "allow identity");
}

#[test]
fn in_conditions() {
    let tag = |value| [("aws:PrincipalTag/t", value), ("k", "x")];
    for (operator, wanted, value, expected) in [
        ("StringEquals", "${aws:PrincipalTag/t}", "x", true),
        ("StringEquals", "${aws:PrincipalTag/t}", "y", false),
        ("StringLike", "${aws:PrincipalTag/t}*", "x", true),
        ("StringLike", "${aws:PrincipalTag/t}", "*", false),
        ("StringLike", "?", "*", true),
        ("StringNotEquals", "${aws:PrincipalTag/t}", "y", true),
        ("StringEqualsIgnoreCase", "${aws:PrincipalTag/t}", "X", true),
        // Without a value nothing is equal, and nothing safely different.
        ("StringEquals", "${aws:PrincipalTag/none}", "y", false),
        ("StringNotEquals", "${aws:PrincipalTag/none}", "y", false),
        ("StringLike", "${aws:PrincipalTag/none}*", "y", false),
    ] {
        let statement = format!(r#"+s3:* ?{{"{operator}":{{"k":"{wanted}"}}}}"#);
        allows(&statement, Case { id: &[&statement], context: &tag(value), ..GO }, expected);
    }
    let context =
        [("k", "a*"), ("l", "ab"), ("arn", "arn:aws:s3:::red:x/1"), ("b", "true"), ("aws:PrincipalTag/b", "true")];
    for (condition, in_allow, in_deny) in [
        (r#"{"StringLike":{"k":"a${*}"}}"#, true, true),
        (r#"{"StringLike":{"l":"a${*}"}}"#, false, false),
        (r#"{"StringEquals":{"k":"a${*}"}}"#, true, true),
        (r#"{"ArnLike":{"arn":"arn:aws:s3:::${aws:username}/*"}}"#, false, false),
        (r#"{"ArnLike":{"arn":"arn:aws:s3:::${aws:x, 'red'}:*"}}"#, true, true),
        (r#"{"ArnNotLike":{"arn":"arn:aws:s3:::${aws:none}/*"}}"#, false, true),
        (r#"{"StringNotEquals":{"k":["z","${aws:none}"]}}"#, false, true),
        (r#"{"StringNotEquals":{"k":["a*","${aws:none}"]}}"#, false, false),
        (r#"{"StringEquals":{"k":["a*","${aws:none}"]}}"#, true, true),
        // Whether Bool takes variables is not agreed on.
        (r#"{"Bool":{"b":"${aws:PrincipalTag/b}"}}"#, false, true),
        (r#"{"Bool":{"b":"${aws:PrincipalTag/none}"}}"#, false, false),
        (r#"{"NumericEquals":{"k":"${aws:username}"}}"#, false, false),
    ] {
        let allow = format!("+s3:* ?{condition}");
        allows(condition, Case { id: &[&allow], context: &context, ..GO }, in_allow);
        let deny = format!("-s3:* ?{condition}");
        let expected = if in_deny { "explicit identity" } else { "allow identity" };
        check(condition, Case { id: &["+*", &deny], context: &context, ..GO }, expected);
    }
}

#[test]
fn not_in_the_old_version() {
    for version in ["", r#""Version":"2008-10-17","#] {
        let document = |resource: &str| {
            format!(
                r#"{{{version}"Statement":{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{resource}"}}}}"#
            )
        };
        for (pattern, asked, expected) in [
            ("b/${aws:username}/*", "b/bob/x", false),
            ("b/${aws:username}/*", "b/${aws:username}/x", true),
            ("b/${*}", "b/${x}", true),
        ] {
            let asked = format!("arn:aws:s3:::{asked}");
            allows(pattern, Case { id: &[&document(pattern)], resource: &asked, ..GO }, expected);
        }
        let condition = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"k":"${{aws:username}}"}}}}}}}}"#
        );
        allows("literal", Case { id: &[&condition], context: &[("k", "${aws:username}")], ..GO }, true);
        allows("replaced", Case { id: &[&condition], context: &[("k", "bob")], ..GO }, false);
    }
}

#[test]
fn what_looks_at_the_context() {
    let reads = |version: &str, rest: &str| {
        let text = format!(r#"{{"Version":"{version}","Statement":{{"Effect":"Deny",{rest}}}}}"#);
        CompiledPolicy::compile(&Policy::parse(&text).unwrap()).reads_context()
    };
    let (new, old) = ("2012-10-17", "2008-10-17");
    let plain = r#""Action":"s3:*","Resource":"arn:aws:s3:::b/*""#;
    assert!(!reads(new, plain));
    let condition = r#","Condition":{"Null":{"aws:username":"true"}}"#;
    assert!(reads(new, &format!("{plain}{condition}")));
    for resource in [
        "arn:aws:s3:::${aws:username}/*",
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3:${aws:RequestedRegion}::b",
        "arn:aws:s3:::b/${aws:username, 'x'}",
    ] {
        for element in ["Resource", "NotResource"] {
            let statement = format!(r#""Action":"s3:*","{element}":["*","{resource}"]"#);
            assert!(reads(new, &statement), "{statement}");
            assert!(!reads(old, &statement), "plain text: {statement}");
        }
    }
    assert!(!CompiledPolicy::unusable("${aws:username}").reads_context());
}
