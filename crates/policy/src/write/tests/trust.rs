//! The trust list of spec/policy-language.md §7.

use super::answers;
use crate::PolicyKind::Trust;

const SYNTAX: &str = "Syntax error in policy.";

fn document(statements: &str, expected: Result<(), &str>) {
    answers(
        &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
        Trust,
        expected,
    );
}

/// A statement that trusts this principal.
fn principal(principal: &str, expected: Result<(), &str>) {
    let statement =
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#);
    document(&statement, expected);
}

fn action(action: &str, expected: Result<(), &str>) {
    let statement = format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":{action}}}"#);
    document(&statement, expected);
}

#[test]
fn document_rules() {
    let json = "This policy contains invalid Json";
    let version = "The policy must contain a valid version string";
    let empty = "Could not parse the policy: Statement is empty!";
    let good = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#;
    for (text, message) in [
        ("", json),
        ("{", json),
        ("[]", json),
        (r#"{"Statement":[],"Statement":[]}"#, json),
        (r#"{"Version":"2012","Statement":[]}"#, version),
        (r#"{"Version":5,"Statement":[]}"#, version),
        ("{}", empty),
        (r#"{"Version":"2012-10-17"}"#, empty),
        (r#"{"Statement":[]}"#, empty),
        (r#"{"Statement":null}"#, empty),
        (&format!(r#"{{"Id":5,"Statement":{good}}}"#), SYNTAX),
        (&format!(r#"{{"Other":5,"Statement":{good}}}"#), SYNTAX),
        (&format!(r#"{{"Statement":[{good},5]}}"#), SYNTAX),
    ] {
        answers(text, Trust, Err(message));
    }
    for version in [
        "",
        r#""Version":"2008-10-17","#,
        r#""Version":"2012-10-17","Id":"x","#,
    ] {
        answers(
            &format!(r#"{{{version}"Statement":{good}}}"#),
            Trust,
            Ok(()),
        );
    }
}

#[test]
fn many_problems_do_not_hide_others() {
    let text = format!(
        r#"{{"Statement":[{}],"Version":"x"}}"#,
        vec!["{}"; 1000].join(",")
    );
    answers(
        &text,
        Trust,
        Err("The policy must contain a valid version string"),
    );
    answers(
        &text.replace("\"x\"", "\"2012-10-17\""),
        Trust,
        Err("Missing required field Effect"),
    );
}

#[test]
fn statement_ids() {
    let statement = |sid: &str| {
        format!(r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"sts:*"}}"#)
    };
    let message = "The Statement Ids in the policy are not unique";
    document(
        &format!("{},{}", statement("a"), statement("a")),
        Err(message),
    );
    document(&format!("{},{}", statement(""), statement("")), Ok(()));
}

#[test]
fn effects() {
    let rest = r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;
    document(&format!("{{{rest}}}"), Err("Missing required field Effect"));
    document(
        &format!(r#"{{{rest},"Effect":"allow"}}"#),
        Err("Invalid effect: allow"),
    );
    document(
        &format!(r#"{{{rest},"Effect":"Permit"}}"#),
        Err("Invalid effect: Permit"),
    );
    document(&format!(r#"{{{rest},"Effect":5}}"#), Err(SYNTAX));
    document(&format!(r#"{{{rest},"Effect":"Deny"}}"#), Ok(()));
}

#[test]
fn principal_element() {
    let rest = r#""Action":"sts:AssumeRole""#;
    let no_object = "Principal must be a JSON object.";
    document(
        &format!(r#"{{"Effect":"Allow",{rest}}}"#),
        Err("Missing required field Principal"),
    );
    principal(
        "{}",
        Err("Missing required field Principal cannot be empty!"),
    );
    principal(
        r#"{"AWS":[]}"#,
        Err("Missing required field Principal cannot be empty!"),
    );
    let star = "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".";
    principal(r#""*""#, Err(star));
    principal(r#""arn:aws:iam::111122223333:root""#, Err(no_object));
    principal("[]", Err(no_object));
    principal("null", Err(no_object));
    let not = r#""NotPrincipal":{"AWS":"111122223333"}"#;
    document(
        &format!(r#"{{"Effect":"Allow",{not},{rest}}}"#),
        Err("Allow with NotPrincipal is not allowed."),
    );
    document(
        &format!(r#"{{"Effect":"Deny",{not},{rest}}}"#),
        Err("AssumeRole policy must not contain NotPrincipal field."),
    );
    document(
        &format!(r#"{{"Effect":"Deny","Principal":{{"AWS":"*"}},{not},{rest}}}"#),
        Err(SYNTAX),
    );
    principal(r#"{"aws":"*"}"#, Err(SYNTAX));
    principal(r#"{"AWS":5}"#, Err(SYNTAX));
}

#[test]
fn actions() {
    let missing = "Missing required field Action";
    let only_sts = "AssumeRole policy may only specify STS AssumeRole actions.";
    document(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#,
        Err(missing),
    );
    action("[]", Err(missing));
    action("[null]", Err(missing));
    action("5", Err(SYNTAX));
    for bad in [
        "*",
        "*:*",
        "st?:AssumeRole",
        "s3:GetObject",
        "AssumeRole",
        "",
        "sts",
        "sts:",
        "sts:a:b",
        "stsx:AssumeRole",
    ] {
        action(&format!("\"{bad}\""), Err(only_sts));
        action(&format!("[\"sts:AssumeRole\",\"{bad}\"]"), Err(only_sts));
    }
    for good in [
        "sts:AssumeRole",
        "STS:assumerole",
        "sts:*",
        "sts:Assume*",
        "sts:TagSession",
        "sts:SetSourceIdentity",
    ] {
        action(&format!("\"{good}\""), Ok(()));
    }
    document(
        r#"{"Effect":"Deny","Principal":{"AWS":"*"},"NotAction":"sts:AssumeRole"}"#,
        Err(only_sts),
    );
}

#[test]
fn resources() {
    let rest = r#""Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;
    document(
        &format!(r#"{{{rest},"Resource":"*"}}"#),
        Err("Has prohibited field Resource"),
    );
    document(
        &format!(r#"{{{rest},"Resource":[]}}"#),
        Err("Has prohibited field Resource"),
    );
    document(
        &format!(r#"{{{rest},"NotResource":"*"}}"#),
        Err("AssumeRole policy must not contain resources."),
    );
    document(&format!(r#"{{{rest},"Resource":5}}"#), Err(SYNTAX));
}

#[test]
fn conditions() {
    let with = |condition: &str| {
        let rest = r#""Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;
        format!(r#"{{{rest},"Condition":{condition}}}"#)
    };
    for bad in [
        "[]",
        r#"{"Foo":{"k":"v"}}"#,
        r#"{"Bool":"x"}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"soon"}}"#,
    ] {
        document(&with(bad), Err(SYNTAX));
    }
    for good in [
        "{}",
        r#"{"Foo":{}}"#,
        r#"{"Bool":{"aws:MultiFactorAuthPresent":true}}"#,
    ] {
        document(&with(good), Ok(()));
    }
    document(&with(r#"{},"Other":1"#), Err(SYNTAX));
}

#[test]
fn aws_principals() {
    for good in [
        "*",
        "111122223333",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/a",
        "AROAIOSFODNN7EXAMPLE",
        "arn:aws-cn:iam::111122223333:role/p/q/r",
        "arn:aws:sts::111122223333:assumed-role/r/s",
        "AIDACKCEVSQ6C2EXAMPLE",
        "arn:aws:sts::111122223333:federated-user/f",
        "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/Y",
    ] {
        principal(&format!(r#"{{"AWS":"{good}"}}"#), Ok(()));
    }
    for bad in [
        "",
        "x",
        "11112222333",
        "1111222233334",
        "arn:aws:iam::111122223333:user/*",
        "arn:aws:iam::111122223333:role/r?",
        "arn:aws:iam::111122223333:*",
        "arn:aws:iam::*:root",
        "arn:*:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:group/g",
        "arn:aws:iam:us-east-1:111122223333:root",
        "arn:aws:iam::111122223333:user",
        "arn:aws:sts::111122223333:assumed-role/r",
        "arn:aws:sts::111122223333:assumed-role/r/*",
        "arn:aws:s3:::bucket",
        "arn:aws:sts::111122223333:assumed-role/r/s/t",
        "arn:aws:iam::111122223333:Root",
        "arn:aws:iam:::root",
        "arn:aws:iam::111122223333:policy/p",
        "AKIAIOSFODNN7EXAMPLE",
        "AROA*",
        "AROAshort",
        "**",
        "ec2.amazonaws.com",
    ] {
        let message = format!("Invalid principal in policy: \"AWS\":\"{bad}\"");
        principal(&format!(r#"{{"AWS":"{bad}"}}"#), Err(&message));
        principal(
            &format!(r#"{{"AWS":["111122223333","{bad}"]}}"#),
            Err(&message),
        );
    }
}

#[test]
fn other_principals() {
    let invalid =
        |label: &str, value: &str| format!("Invalid principal in policy: \"{label}\":\"{value}\"");
    for good in [
        "ec2.amazonaws.com",
        "s3.us-east-1.amazonaws.com",
        "ec2.amazonaws.com.cn",
        "ops.apigateway.amazonaws.com",
    ] {
        principal(&format!(r#"{{"Service":"{good}"}}"#), Ok(()));
    }
    for bad in [
        "",
        "*",
        "ec2",
        "ec2.example.com",
        "*.amazonaws.com",
        ".amazonaws.com",
        "a b.amazonaws.com",
        "a..amazonaws.com",
    ] {
        principal(
            &format!(r#"{{"Service":"{bad}"}}"#),
            Err(&invalid("SERVICE", bad)),
        );
    }
    for good in [
        "accounts.google.com",
        "www.amazon.com",
        "graph.facebook.com",
        "arn:aws:iam::111122223333:saml-provider/p",
        "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id",
    ] {
        principal(&format!(r#"{{"Federated":"{good}"}}"#), Ok(()));
    }
    for bad in [
        "",
        "*",
        "example.com",
        "arn:aws:iam::111122223333:oidc-provider/",
        "arn:aws:iam::111122223333:saml-provider/*",
        "arn:aws:iam::*:saml-provider/p",
        "arn:aws:iam::111122223333:user/u",
        "111122223333",
    ] {
        principal(
            &format!(r#"{{"Federated":"{bad}"}}"#),
            Err(&invalid("FEDERATED", bad)),
        );
    }
    let id = "0123456789abcdef".repeat(4);
    principal(
        &format!(r#"{{"CanonicalUser":"{id}"}}"#),
        Err(&invalid("CANONICALUSER", &id)),
    );
}

#[test]
fn shared_providers_need_a_tenant() {
    let check = |provider: &str, action: &str, condition: &str, expected: Result<(), &str>| {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"{action}","Condition":{condition}}}"#
        );
        document(&statement, expected);
        document(&statement.replace("Allow", "Deny"), Ok(()));
    };
    let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let sub = "token.actions.githubusercontent.com:sub";
    let open = "A condition on token.actions.githubusercontent.com:sub must be present for the shared identity \
         provider token.actions.githubusercontent.com";
    let web = "sts:AssumeRoleWithWebIdentity";
    for (operator, key, value) in [
        (
            "StringEquals",
            "token.actions.githubusercontent.com:aud",
            r#""sts.amazonaws.com""#,
        ),
        ("StringLike", sub, r#""*""#),
        ("StringLike", sub, r#"["repo:o/r:*","*?"]"#),
        ("StringLike", sub, "[]"),
        ("StringNotEquals", sub, r#""x""#),
        ("StringEqualsIfExists", sub, r#""x""#),
        ("ForAllValues:StringEquals", sub, r#""x""#),
        ("Null", sub, r#""false""#),
    ] {
        check(
            github,
            web,
            &format!(r#"{{"{operator}":{{"{key}":{value}}}}}"#),
            Err(open),
        );
    }
    check(github, web, "{}", Err(open));
    check(github, "sts:*", "{}", Err(open));
    check(github, "sts:tagsession", "{}", Ok(()));
    for operator in [
        "StringEquals",
        "StringLike",
        "StringEqualsIgnoreCase",
        "ForAnyValue:StringLike",
    ] {
        check(
            github,
            web,
            &format!(r#"{{"{operator}":{{"{sub}":"repo:o/r:*"}}}}"#),
            Ok(()),
        );
        check(
            github,
            web,
            &format!(
                r#"{{"{operator}":{{"{}":"repo:o/r:*"}}}}"#,
                sub.to_uppercase()
            ),
            Ok(()),
        );
    }
    let own = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com";
    check(own, web, "{}", Ok(()));

    let cognito = "cognito-identity.amazonaws.com";
    check(
        cognito,
        web,
        "{}",
        Err("A condition block must be present for the Cognito provider"),
    );
    check(
        cognito,
        web,
        r#"{"StringEquals":{"other":"x"}}"#,
        Err(
            "A condition on cognito-identity.amazonaws.com:aud must be present for the shared identity provider \
             cognito-identity.amazonaws.com",
        ),
    );
    check(
        cognito,
        web,
        r#"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}"#,
        Ok(()),
    );
}

#[test]
fn earlier_rules_win() {
    for (statement, message) in [
        (
            r#"{"Principal":"*","Action":"*","Resource":"*"}"#,
            "Missing required field Effect",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"*","Resource":"*"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:*","Resource":"*"}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:*","Condition":{"Foo":{"k":"v"}}}"#,
            "Syntax error in policy.",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:*"}"#,
            "Invalid principal in policy: \"AWS\":\"x\"",
        ),
    ] {
        document(statement, Err(message));
    }
    let good = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#;
    document(
        &format!(r#"{good},{{"Effect":"Allow"}},{{}}"#),
        Err("Missing required field Principal"),
    );
}
