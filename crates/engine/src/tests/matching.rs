//! Actions and resources.

use super::world::{Case, GO, allows, check};

#[test]
fn actions() {
    for (patterns, action, expected) in [
        ("s3:GetObject", "s3:GetObject", true),
        ("S3:getobject", "s3:GetObject", true),
        ("s3:GetObject", "s3:GetObjectAcl", false),
        ("s3:Get*", "s3:GetObject", true),
        ("s3:get*", "s3:GetObject", true),
        ("s3:Get*", "s3:PutObject", false),
        ("s3:G*", "s3:GetObject", true),
        ("s3:*Object", "s3:GetObject", true),
        ("s3:*", "s3:GetObject", true),
        ("s3:*", "s3express:CreateSession", false),
        ("s3:Get*t*", "s3:GetObject", true),
        ("S3:get?bject", "s3:GetObject", true),
        ("s3:GetObject?", "s3:GetObject", false),
        ("s3:Get*Acl,s3:Get*ject", "s3:GetObject", true),
        ("*", "s3:GetObject", true),
        ("*:*", "s3:GetObject", true),
        ("*:GetObject", "s3:GetObject", true),
        ("s?:GetObject", "s3:GetObject", true),
        ("code*:List*", "codebuild:ListBuilds", true),
        ("code*:List*", "codebuild:StartBuild", false),
        ("s3*:*", "s3express:CreateSession", true),
        ("s3:", "s3:", false),
        (":GetObject", ":GetObject", false),
        ("GetObject", "s3:GetObject", false),
        ("*Object", "s3:GetObject", false),
        ("**", "s3:GetObject", false),
        ("", "s3:GetObject", false),
        ("s3:Get", "s3:Ge", false),
        ("s3:Ge*", "s3:Ge", true),
        ("s3:Get*", "s3:Get", true),
        ("s3:??", "s3:Ge", true),
    ] {
        let statement = format!("+{patterns}");
        allows(patterns, Case { id: &[&statement], action, ..GO }, expected);
        let not = format!("+!{patterns}");
        let expected = if patterns.is_empty() { false } else { !expected };
        allows(&not, Case { id: &[&not], action, ..GO }, expected);
    }
}

#[test]
fn odd_actions() {
    let document = |effect: &str, actions: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{actions}"Resource":"*"}}}}"#)
    };
    for (actions, in_allow, in_deny) in [
        ("", false, true),
        (r#""Action":[],"#, false, false),
        (r#""NotAction":[],"#, false, true),
        (r#""Action":"s3: GetObject","#, false, false),
        (r#""Action":"s3:Get\tObject","#, false, false),
        (r#""NotAction":"s3: GetObject","#, true, true),
    ] {
        allows(actions, Case { id: &[&document("Allow", actions)], ..GO }, in_allow);
        let expected = if in_deny { "explicit identity" } else { "allow identity" };
        check(actions, Case { id: &["+*", &document("Deny", actions)], ..GO }, expected);
    }
    // Whitespace fits nothing, not even itself.
    let spaced = r#""Action":"s3:Get *","#;
    allows("whitespace", Case { id: &[&document("Allow", spaced)], action: "s3:Get Object", ..GO }, false);
    // An action without a service is covered by `*` alone.
    allows("no colon", Case { id: &["+*"], action: "GetObject", ..GO }, true);
    allows("no colon", Case { id: &["+*:*"], action: "GetObject", ..GO }, false);
}

/// Checks a resource pattern: in an Allow, in a Deny, and as the exception of an Allow and of a Deny.
fn resource(pattern: &str, asked: &str, [allow, deny, not_allow, not_deny]: [bool; 4]) {
    let case = Case { resource: asked, ..GO };
    let plain = format!("+* @{pattern}");
    allows(&format!("{plain} on {asked}"), Case { id: &[&plain], ..case }, allow);
    let not = format!("+* !@{pattern}");
    allows(&format!("{not} on {asked}"), Case { id: &[&not], ..case }, not_allow);
    for (sign, denies) in [("@", deny), ("!@", not_deny)] {
        let denying = format!("-* {sign}{pattern}");
        let expected = if denies { "explicit identity" } else { "allow identity" };
        check(&format!("{denying} on {asked}"), Case { id: &["+*", &denying], ..case }, expected);
    }
}

#[test]
fn resources() {
    const YES: [bool; 4] = [true, true, false, false];
    const NO: [bool; 4] = [false, false, true, true];
    for (pattern, asked, expected) in [
        ("*", "arn:aws:s3:::b", YES),
        ("*", "*", YES),
        ("arn:aws:s3:::b", "arn:aws:s3:::b", YES),
        ("arn:aws:s3:::b", "arn:aws:s3:::B", NO),
        ("arn:aws:s3:::b", "arn:aws:s3:::bb", NO),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/o/p:q", YES),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", YES),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", NO),
        ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/o", YES),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/o", YES),
        ("arn:aws:s3:::", "arn:aws:s3:::", YES),
        ("arn:aws:s3:::", "arn:aws:s3:::b", NO),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/x", YES),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/", NO),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/é", YES),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/xy", NO),
        ("arn:aws:*:::b", "arn:aws:s3:::b", YES),
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:r:1:q", YES),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:r:1:q", NO),
        ("arn:aws:sqs:*q", "arn:aws:sqs:r:1:q", NO),
        ("arn:*:sqs:r:1:q", "arn:aws:sqs:r:1:q", YES),
        ("arn:aws:dynamodb:r:1:table/t", "arn:aws:dynamodb:r:1:table/t", YES),
        ("arn:aws:dynamodb:r:1:table/t", "arn:aws:dynamodb:r:1:table/t/index/i", NO),
        ("arn:aws:dynamodb:r:1:table/t/*", "arn:aws:dynamodb:r:1:table/t/index/i", YES),
        ("arn:aws:logs:r:1:log-group:g:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", YES),
        ("b", "arn:aws:s3:::b", NO),
        ("**", "arn:aws:s3:::b", NO),
        ("", "arn:aws:s3:::b", NO),
        ("a*", "arn:aws:s3:::b", NO),
        ("ARN:aws:s3:::b", "arn:aws:s3:::b", NO),
    ] {
        // In a list of a `Not…` element an empty pattern is no pattern.
        if pattern.is_empty() {
            continue;
        }
        resource(pattern, asked, expected);
    }
    for (asked, expected) in [
        ("b/1///test///o", true),
        ("b//test/o", true),
        ("b/1/test/", true),
        ("b/1/2/test/3/o", true),
        ("b/test/o", false),
        ("b/1-test/o", false),
        ("b/1/2/test.jpg", false),
    ] {
        let asked = format!("arn:aws:s3:::{asked}");
        resource("arn:aws:s3:::b/*/test/*", &asked, if expected { YES } else { NO });
    }
}

/// What is in doubt never helps the request: `[Allow, Deny, Allow with NotResource, Deny with NotResource]`.
#[test]
fn doubtful_resources() {
    const DOUBT: [bool; 4] = [false, true, false, true];
    for (pattern, asked) in [
        ("arn:aws:S3:::b", "arn:aws:s3:::b"),
        ("arn:AWS:s3:::b*", "arn:aws:s3:::b/o"),
        ("arn:aws:sqs:US-*:1:q", "arn:aws:sqs:us-east-1:1:q"),
        ("arn:aws:s3", "arn:aws:s3:::b"),
        ("arn:aws:sqs:r", "arn:aws:sqs:r:1:q"),
        ("arn:", "arn::sqs:r:1:q"),
        ("arn:aws:iam::1:u*", "arn:aws:iam::1:user/bob"),
        ("arn:aws:iam::1:*/bob", "arn:aws:iam::1:user/bob"),
        ("arn:aws:iam::1:use?/bob", "arn:aws:iam::1:user/bob"),
        ("arn:aws:*::1:u*", "arn:aws:iam::1:user/bob"),
    ] {
        resource(pattern, asked, DOUBT);
    }
    const YES: [bool; 4] = [true, true, false, false];
    for (pattern, asked) in [
        ("arn:aws:sqs:*", "arn:aws:sqs:r:1:q"),
        ("arn:aws:s*", "arn:aws:sqs:r:1:q"),
        ("arn:*", "arn:aws:sqs:r:1:q"),
        ("arn:aws:iam::1:*", "arn:aws:iam::1:user/bob"),
        ("arn:aws:iam::1:user/*", "arn:aws:iam::1:user/a/b/Jane"),
        ("arn:aws:iam::1:user/d*", "arn:aws:iam::1:user/dan"),
        ("arn:aws:sns:r:1:u*", "arn:aws:sns:r:1:user"),
    ] {
        resource(pattern, asked, YES);
    }
    resource("arn:aws:iam::1:user/div*", "arn:aws:iam::1:user/JohnDoe", [false, false, true, true]);
}

#[test]
fn no_resource() {
    // Specific ARNs neither hold nor leave out an action without a resource.
    resource("arn:aws:s3:::*", "*", [false, false, false, true]);
    resource("arn:aws:s3:::b", "*", [false, false, false, true]);
    resource("arn:aws:s3:::b", "something else", [false, false, false, true]);
    resource("arn:aws:s3:::b,*", "*", [true, true, false, false]);
    let describe = Case { action: "ec2:DescribeInstances", resource: "*", ..GO };
    allows("c20", Case { id: &["+* @arn:aws:s3:::*"], ..describe }, false);
    allows("c20", Case { id: &["+* @arn:aws:s3:::*"], resource: "arn:aws:s3:::b", ..GO }, true);
    let list = Case { action: "s3:ListAllMyBuckets", resource: "*", ..GO };
    for (pattern, in_allow, in_deny) in [
        ("*", true, true),
        ("arn:aws:s3:::*", true, true),
        ("arn:aws:s3:::b", false, false),
        ("arn:aws:s3:::?", false, true),
        ("arn:aws:s*", false, true),
        ("arn:aws:s3::*:*", false, true),
        ("arn:aws:sqs:::*", false, false),
    ] {
        let (allow, deny) = (format!("+* @{pattern}"), format!("-* @{pattern}"));
        allows(pattern, Case { id: &[&allow], ..list }, in_allow);
        check(
            pattern,
            Case { id: &["+*", &deny], ..list },
            if in_deny { "explicit identity" } else { "allow identity" },
        );
    }
    let start = Case { action: "ec2:StartInstances", resource: "arn:aws:ec2:r:1:instance/i", ..GO };
    allows("c22", Case { id: &["+!s3:* @arn:aws:s3:::*"], ..start }, false);
}

#[test]
fn absent_and_empty_resources() {
    allows("absent", Case { id: &["+* @"], ..GO }, false);
    check("absent", Case { id: &["+*", "-* @"], ..GO }, "explicit identity");
    check("attached", Case { rp: &["+* @ P:bob"], ..GO }, "allow resource");
    check("endpoint", Case { id: &["+*"], vpce: Some(&["+* @ P:*"]), ..GO }, "implicit endpoint");
    let document = |effect: &str, element: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"*","{element}":[]}}}}"#)
    };
    allows("empty", Case { id: &[&document("Allow", "Resource")], ..GO }, false);
    allows("empty", Case { id: &[&document("Allow", "NotResource")], ..GO }, false);
    check("empty", Case { id: &["+*", &document("Deny", "Resource")], ..GO }, "allow identity");
    check("empty", Case { id: &["+*", &document("Deny", "NotResource")], ..GO }, "explicit identity");
}
