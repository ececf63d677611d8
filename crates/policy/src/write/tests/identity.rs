//! Every row of spec/policy-language.md §7, "Identity policies".

use super::answers;
use crate::PolicyKind::Identity;

const SYNTAX: &str = "Syntax errors in policy.";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const LEGACY: &str = "The policy failed legacy parsing";
const SID: &str = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
const SID_TWICE: &str = "Statement IDs (SID) in a single policy must be unique.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_VENDOR: &str =
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const COLONS: &str = "Actions/Condition can contain only one colon.";
const PRINCIPAL: &str = "Policy document should not specify a principal.";
const IAM_PATH: &str = "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
     instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, \
     access-report/.";

/// A document of these statements under the current version.
fn document(statements: &str, expected: Result<(), &str>) {
    answers(
        &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
        Identity,
        expected,
    );
}

fn refuses(statements: &str, message: &str) {
    document(statements, Err(message));
}

fn resource(resource: &str, expected: Result<(), &str>) {
    for element in ["Resource", "NotResource"] {
        document(
            &format!(r#"{{"Effect":"Allow","Action":"*","{element}":{resource}}}"#),
            expected,
        );
    }
}

fn action(action: &str, expected: Result<(), &str>) {
    for element in ["Action", "NotAction"] {
        document(
            &format!(r#"{{"Effect":"Allow","{element}":{action},"Resource":"*"}}"#),
            expected,
        );
    }
}

fn condition(condition: &str, expected: Result<(), &str>) {
    let elements = r#""Effect":"Allow","Action":"*","Resource":"*""#;
    document(
        &format!(r#"{{{elements},"Condition":{condition}}}"#),
        expected,
    );
}

#[test]
fn row_1_syntax() {
    for text in [
        "",
        "{",
        "[]",
        "5",
        "{}",
        "\u{feff}{}",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":["x"]}"#,
        r#"{"Version":"2012-10-17","Statement":[null]}"#,
        r#"{"Version":"2012-10-17","Statement":null}"#,
        r#"{"Version":"2012-10-18","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":20121017,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Id":5,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Other":5,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    ] {
        answers(text, Identity, Err(SYNTAX));
    }
    for statement in [
        r#"{"Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Permit","Action":"*","Resource":"*"}"#,
        r#"{"Effect":["Allow"],"Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}"#,
        r#"{"Effect":"Allow","Action":5,"Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":[5]}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":{}}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Sid":5}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Conditions":{}}"#,
        r#"{"effect":"Allow","Action":"*","Resource":"*"}"#,
    ] {
        refuses(statement, SYNTAX);
    }
    for block in [
        r#""x""#,
        "[]",
        "5",
        r#"{"StringEquals":"x"}"#,
        r#"{"StringEquals":[]}"#,
        r#"{"StringEquals":{"k":{}}}"#,
        r#"{"stringequals":{"k":"v"}}"#,
        r#"{"Foo":{"k":"v"}}"#,
        r#"{"ForAnyValue::StringEquals":{"k":"v"}}"#,
        r#"{"NullIfExists":{"k":"true"}}"#,
    ] {
        condition(block, Err(SYNTAX));
    }
}

#[test]
fn row_2_version() {
    let statement = r#""Statement":{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    answers(&format!("{{{statement}}}"), Identity, Err(VERSION));
    answers(
        &format!(r#"{{"Version":"2008-10-17",{statement}}}"#),
        Identity,
        Err(VERSION),
    );
    answers(
        &format!(r#"{{{statement},"Version":"2012-10-17"}}"#),
        Identity,
        Ok(()),
    );
}

#[test]
fn row_3_legacy_parsing() {
    refuses(r#"{"Effect":"allow","Action":"*","Resource":"*"}"#, LEGACY);
    refuses(r#"{"Effect":"denY","Action":"*","Resource":"*"}"#, LEGACY);
    for bad in [
        r#""arn:aws:s3::x""#,
        r#""arn:aws::x""#,
        r#""arn::x""#,
        r#""arn:aws:""#,
        r#""arn:aws:::::x""#,
        r#"["*","a::"]"#,
    ] {
        resource(bad, Err(LEGACY));
    }
    for operator in [
        "DateEquals",
        "DateLessThanIfExists",
        "ForAnyValue:DateNotEquals",
        "DateGreaterThanEquals",
    ] {
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":"yesterday"}}}}"#),
            Err(LEGACY),
        );
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":["2020-01-01","2020-13-01"]}}}}"#),
            Err(LEGACY),
        );
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":1.5}}}}"#),
            Err(LEGACY),
        );
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":1600000000}}}}"#),
            Ok(()),
        );
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":["2020-01-01T00:00:00Z"]}}}}"#),
            Ok(()),
        );
        condition(
            &format!(r#"{{"{operator}":{{"aws:CurrentTime":[]}}}}"#),
            Ok(()),
        );
    }
    condition(
        r#"{"StringEquals":{"aws:CurrentTime":"yesterday"}}"#,
        Ok(()),
    );
}

#[test]
fn row_4_statement_ids() {
    let statement =
        |sid: &str| format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":"*","Resource":"*"}}"#);
    refuses(&format!("{},{}", statement("a"), statement("a")), SID_TWICE);
    document(&format!("{},{}", statement("a"), statement("A")), Ok(()));
    document(&format!("{},{}", statement(""), statement("")), Ok(()));
    for sid in ["a b", "a-b", "a_b", "é", "a%20b"] {
        refuses(&statement(sid), SID);
    }
    refuses(&format!("{},{}", statement("a-b"), statement("a-b")), SID);
}

#[test]
fn row_5_actions_exist() {
    refuses(r#"{"Effect":"Allow","Resource":"*"}"#, NO_ACTIONS);
    for list in ["[]", "[null]"] {
        action(list, Err(NO_ACTIONS));
    }
}

#[test]
fn row_6_resource_format() {
    let no_arn = r#"Resource bucket must be in ARN format or "*"."#;
    resource(r#""bucket""#, Err(no_arn));
    resource(r#""""#, Err(r#"Resource  must be in ARN format or "*"."#));
    resource(
        r#""**""#,
        Err(r#"Resource ** must be in ARN format or "*"."#),
    );
    let partition = |partition: &str, rest: &str| {
        format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{rest}\".")
    };
    resource(r#""arn:bad:s3:::b""#, Err(&partition("bad", "s3:::b")));
    // AWS's own managed policies mean any partition by it.
    resource(r#""arn:*:s3:::b/k:x""#, Ok(()));
    resource(
        r#""arn:**:s3:::b/k:x""#,
        Err(&partition("**", "s3:::b/k:x")),
    );
    resource(r#""arn:${P}:s3:::b""#, Err(&partition("${P}", "s3:::b")));
    resource(r#""a:b""#, Err(&partition("b", "*:*:*:*")));
    resource(r#""arn:AWS:s3""#, Err(&partition("AWS", "s3:*:*:*")));
    resource(r#""arn:x:s3:r""#, Err(&partition("x", "s3:r:*:*")));
    resource(
        r#""arn:aws""#,
        Err("Resource vendor must be fully qualified and cannot contain regexes."),
    );
    resource(
        r#""arn:aws:iam:us-east-1:111122223333:user/a""#,
        Err(
            "IAM resource arn:aws:iam:us-east-1:111122223333:user/a cannot contain region information.",
        ),
    );
    resource(
        r#""arn:aws:s3:us-east-1:111122223333:bucket""#,
        Err(
            "Resource arn:aws:s3:us-east-1:111122223333:bucket can not contain region information.",
        ),
    );
    // The fourth segment is the region, also where the author left some out.
    resource(
        r#""arn:aws:s3:bucket""#,
        Err("Resource arn:aws:s3:bucket can not contain region information."),
    );
    for bad in [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:*/*",
        "arn:aws:iam::1:u*",
        "arn:aws:iam::1:",
        "arn:aws:iam",
    ] {
        resource(&format!("\"{bad}\""), Err(IAM_PATH));
    }
    for good in [
        "*",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::*",
        "arn:aws-cn:s3:::b",
        "arn:aws-us-gov:s3:::b/${aws:username}",
        "arn:aws:s3",
        "arn:aws:sqs:queue",
        "arn:aws:iam::*:*",
        "arn:aws:iam::111122223333:user/${aws:username}",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::1:oidc-provider/x",
        "arn:aws:sqs:us-east-1:1:queue",
        "arn:aws:s3:us-west-2:111122223333:accesspoint/a",
        "arn:aws:s3:us-west-2:111122223333:job/j",
        "arn:aws:*:*:*:*",
    ] {
        resource(&format!("\"{good}\""), Ok(()));
    }
}

#[test]
fn row_6_takes_lists_backwards() {
    let refused = |name: &str| format!("Resource {name} must be in ARN format or \"*\".");
    resource(r#"["b","c","a"]"#, Err(&refused("c")));
    resource(r#"["B","a"]"#, Err(&refused("a")));
    resource(r#"["a","arn:aws:s3:::z","*",null]"#, Err(&refused("a")));
}

#[test]
fn row_7_action_format() {
    for bad in ["ListBucket", "", "**", "s3*"] {
        action(&format!("\"{bad}\""), Err(NO_VENDOR));
    }
    for bad in ["s3:a:b", "a::b", "::"] {
        action(&format!("\"{bad}\""), Err(COLONS));
    }
    action(r#"":a""#, Err("Vendor  is not valid"));
    action(r#""s 3:a""#, Err("Vendor s 3 is not valid"));
    action(r#""s_3:a""#, Err("Vendor s_3 is not valid"));
    action(r#"["s3:Get*","$:a"]"#, Err("Vendor $ is not valid"));
    for good in [
        "*",
        "s3:*",
        "S3:getobject",
        "*:*",
        "code*:List*",
        "aaaa:ListBucket",
        "iam: asdf safdsf af ",
        "a.b-c:",
        "s3:?",
    ] {
        action(&format!("\"{good}\""), Ok(()));
    }
}

#[test]
fn row_8_resources_exist() {
    refuses(r#"{"Effect":"Allow","Action":"*"}"#, NO_RESOURCES);
    for list in ["[]", "[null]"] {
        resource(list, Err(NO_RESOURCES));
    }
}

#[test]
fn principals_are_prohibited() {
    for principal in [
        r#""Principal":"*""#,
        r#""NotPrincipal":{"AWS":"*"}"#,
        r#""Principal":{}"#,
    ] {
        refuses(
            &format!(r#"{{"Effect":"Allow",{principal},"Action":"*","Resource":"*"}}"#),
            PRINCIPAL,
        );
    }
    refuses(
        r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        PRINCIPAL,
    );
}

#[test]
fn earlier_rows_win() {
    let worst = r#"{"Sid":"a","Effect":"allow","Action":"x","Resource":"y"},{"Sid":"a","Effect":"Allow","Resource":"y"}"#;
    answers(
        &format!(r#"{{"Statement":[{worst}],"X":1}}"#),
        Identity,
        Err(SYNTAX),
    );
    answers(
        &format!(r#"{{"Statement":[{worst}]}}"#),
        Identity,
        Err(VERSION),
    );
    refuses(worst, LEGACY);
    let steps = [
        (
            r#"{"Sid":"a","Effect":"Allow","Action":"x"},{"Sid":"a","Effect":"Allow","Resource":"y"}"#,
            SID_TWICE,
        ),
        (
            r#"{"Effect":"Allow","Action":"x"},{"Effect":"Allow","Resource":"y"}"#,
            NO_ACTIONS,
        ),
        (
            r#"{"Effect":"Allow","Action":"x"},{"Effect":"Allow","Action":"x","Resource":"y"}"#,
            "Resource y must be in ARN format or \"*\".",
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b"},{"Effect":"Allow","Action":"x","Resource":"*"}"#,
            NO_VENDOR,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b"},{"Effect":"Allow","Action":"a:b","Resource":"*"}"#,
            NO_RESOURCES,
        ),
    ];
    for (statements, message) in steps {
        refuses(statements, message);
    }
}

#[test]
fn many_problems_do_not_hide_others() {
    let wrong_case = r#"{"Effect":"allow","Action":"*","Resource":"*"}"#;
    let many = vec![wrong_case; 1000].join(",");
    refuses(&many, LEGACY);
    refuses(&format!(r#"{many},{{"Effect":"Allow","Other":1}}"#), SYNTAX);
    answers(
        &format!(r#"{{"Statement":[{many}]}}"#),
        Identity,
        Err(VERSION),
    );
}

#[test]
fn accepted() {
    for text in [
        r#"{"Version":"2012-10-17","Id":"anything","Conditions":5,"Statement":{"Effect":"Deny","NotAction":"*","NotResource":"*"}}"#,
        "\n{\"Version\" : \"2012-10-17\",\t\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:*\",null],\"Resource\":[\"*\",null]}]}\r\n",
    ] {
        answers(text, Identity, Ok(()));
    }
    for block in [
        "{}",
        r#"{"DateGreaterThan":{}}"#,
        r#"{"anything":{}}"#,
        r#"{"StringEquals":{"k":[]}}"#,
        r#"{"StringEquals":{"k":["v",1,true,null]}}"#,
        r#"{"ForAllValues:StringLikeIfExists":{"k":"v"}}"#,
        r#"{"ForAllValues:Null":{"k":"true"}}"#,
        r#"{"StringEquals":{"k":"a","K":"b"}}"#,
        r#"{"NumericEquals":{"k":"not a number"}}"#,
    ] {
        condition(block, Ok(()));
    }
}
