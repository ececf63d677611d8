use keyward_diagnose::Style;
use keyward_export::read;

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

fn export(statements: &[(&str, &str)], beside: &[(&str, &str)]) -> Export {
    let users: Vec<String> = statements
        .iter()
        .map(|(name, statements)| {
            format!(
                r#"{{"UserName":"{name}","UserId":"AIDA{name}","Arn":"arn:aws:iam::111122223333:user/{name}","Tags":[{{"Key":"team","Value":"red"}}],"UserPolicyList":[{{"PolicyName":"p","PolicyDocument":{{"Version":"2012-10-17","Statement":[{statements}]}}}}]}}"#
            )
        })
        .collect();
    let account = format!(r#"{{"UserDetailList":[{}]}}"#, users.join(","));
    let files = [("account.json", account.as_str())];
    let pieces = files
        .iter()
        .chain(beside)
        .flat_map(|(path, text)| read(path, (*text).to_owned()).unwrap());
    Export::of(pieces).unwrap()
}

fn ask(export: &Export, action: &str, resource: &str, context: &[&str]) -> WhoCan {
    let context: Vec<String> = context.iter().map(|it| (*it).to_owned()).collect();
    let question = Question::new("", action, resource, &context).unwrap();
    who_can(export, &question, NOW, 2, |_, _| ()).unwrap()
}

/// One word a user: `always`, `if`, or nothing.
fn check(statements: &str, context: &[&str], expected: &str) {
    let export = export(&[("a", statements)], &[]);
    let found = ask(&export, "s3:GetObject", "arn:aws:s3:::b/k", context);
    let word = match found.rows.as_slice() {
        [] => "never",
        [row] if row.is_always() => "always",
        [_] => "if",
        _ => panic!("one user"),
    };
    assert_eq!(word, expected, "{statements} {context:?}");
}

const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;

fn with(effect: &str, rest: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"s3:GetObject",{rest}}}"#)
}

#[test]
fn conditions_that_are_known_and_open() {
    let all = r#""Resource":"*""#;
    check(ALLOW, &[], "always");
    check(&with("Deny", all), &[], "never");
    for (condition, open, given) in [
        (
            r#"{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#,
            "always",
            "always",
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
            "never",
            "never",
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalTag/none":"x"}}"#,
            "never",
            "never",
        ),
        (
            r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            "if",
            "always",
        ),
        (
            r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
            "if",
            "never",
        ),
        (
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            "if",
            "never",
        ),
        (
            r#"{"StringEquals":{"aws:username":"a"}}"#,
            "always",
            "always",
        ),
        (
            r#"{"StringEquals":{"aws:PrincipalArn":"${aws:SourceIdentity}"}}"#,
            "if",
            "if",
        ),
        (
            r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
            "never",
            "never",
        ),
    ] {
        let statement = with("Allow", &format!(r#"{all},"Condition":{condition}"#));
        check(&statement, &[], open);
        check(&statement, &["aws:SourceIp=203.0.113.7"], given);
    }
    // A Deny whose condition is open, and one that is known not to hold.
    let deny = with(
        "Deny",
        r#""Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
    );
    check(&format!("{ALLOW},{deny}"), &[], "if");
    check(
        &format!("{ALLOW},{deny}"),
        &["aws:MultiFactorAuthPresent=true"],
        "always",
    );
    check(
        &format!("{ALLOW},{deny}"),
        &["aws:MultiFactorAuthPresent=false"],
        "never",
    );
    let deny = with(
        "Deny",
        r#""Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
    );
    check(&format!("{ALLOW},{deny}"), &[], "always");
}

#[test]
fn variables_that_are_open() {
    check(
        &with(
            "Allow",
            r#""Resource":"arn:aws:s3:::${aws:SourceIdentity}/*""#,
        ),
        &[],
        "if",
    );
    check(
        &with(
            "Allow",
            r#""Resource":["arn:aws:s3:::${aws:SourceIdentity}/*","arn:aws:s3:::b/*"]"#,
        ),
        &[],
        "always",
    );
    check(
        &with(
            "Allow",
            r#""NotResource":"arn:aws:s3:::${aws:SourceIdentity}/*""#,
        ),
        &[],
        "if",
    );
    check(
        &with("Allow", r#""Resource":"arn:aws:s3:::${aws:username}/*""#),
        &[],
        "never",
    );
    let deny = with(
        "Deny",
        r#""Resource":"arn:aws:s3:::${aws:SourceIdentity}/*""#,
    );
    check(&format!("{ALLOW},{deny}"), &[], "if");
    let deny = with(
        "Deny",
        r#""NotResource":"arn:aws:s3:::${aws:SourceIdentity}/*""#,
    );
    check(&format!("{ALLOW},{deny}"), &[], "if");
}

/// For many contexts: who always can, can; who never can, cannot.
#[test]
fn always_and_never_hold_for_every_context() {
    let pieces = [
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"x"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"x"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"Null":{"s3:prefix":"true"}}}"#,
        r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:RequestedRegion":["x","y"]}}}"#,
        r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::${s3:prefix}/*"}"#,
        r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"x"},"Bool":{"aws:SecureTransport":"false"}}}"#,
    ];
    let contexts: [&[&str]; 7] = [
        &["aws:RequestedRegion=x"],
        &["aws:RequestedRegion=y", "s3:prefix=b"],
        &["aws:RequestedRegion=z", "s3:prefix=c"],
        &[
            "aws:RequestedRegion=x",
            "aws:TagKeys=x",
            "aws:SecureTransport=false",
        ],
        &[
            "aws:RequestedRegion=x",
            "aws:TagKeys=y",
            "aws:SecureTransport=false",
        ],
        &["s3:prefix=b"],
        &["aws:SecureTransport=false"],
    ];
    for bits in 1_u32..64 {
        let chosen: Vec<&str> = pieces
            .iter()
            .enumerate()
            .filter(|(index, _)| bits >> index & 1 == 1)
            .map(|(_, piece)| *piece)
            .collect();
        let export = export(&[("a", &chosen.join(","))], &[]);
        let found = ask(&export, "s3:GetObject", "arn:aws:s3:::b/k", &[]);
        for context in contexts {
            let given: Vec<String> = context.iter().map(|it| (*it).to_owned()).collect();
            let question = Question::new(
                "arn:aws:iam::111122223333:user/a",
                "s3:GetObject",
                "arn:aws:s3:::b/k",
                &given,
            )
            .unwrap();
            let report = crate::explain(&export, &question, NOW).unwrap();
            let can = matches!(report.decision, Decision::Allow(_));
            match found.rows.as_slice() {
                [] => assert!(!can, "{chosen:?} {context:?}"),
                [row] if row.is_always() => assert!(can, "{chosen:?} {context:?}"),
                _ => {}
            }
        }
    }
}

#[test]
fn as_people_read_it() {
    let bucket = r#"{"Resource":"arn:aws:s3:::b","Account":"111122223333","Policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::111122223333:user/named"],"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}}"#;
    let export = export(
        &[
            ("plain", ALLOW),
            (
                "named",
                r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
            ),
            (
                "nobody",
                r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
            ),
            (
                "office",
                r#"{"Sid":"Office","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}},{"Sid":"Mfa","Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#,
            ),
        ],
        &[("bucket.json", bucket)],
    );
    let found = ask(&export, "s3:GetObject", "arn:aws:s3:::b/k", &[]);
    insta::assert_snapshot!(who_can_text(&found, Style::Plain));
    let json: serde_json::Value = serde_json::from_str(&who_can_json(&found)).unwrap();
    assert_eq!(json["principals"].as_array().unwrap().len(), 3);
    assert_eq!(json["outside"][0], "arn:aws:iam::444455556666:root");
}

#[test]
fn nobody_to_ask() {
    let question = Question::new("", "s3:GetObject", "*", &[]).unwrap();
    let error = who_can(&Export::default(), &question, NOW, 1, |_, _| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("no user and no role"), "{error}");
}
