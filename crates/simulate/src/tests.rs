use crate::{Question, Reply, answer_line};

/// A line with the least that a line needs, and these fields.
fn line(fields: &str) -> String {
    let separator = if fields.is_empty() { "" } else { "," };
    format!(
        r#"{{"principal":"arn:aws:iam::111111111111:user/bob","action":"s3:GetObject","resource":"arn:aws:s3:::b/o"{separator}{fields}}}"#
    )
}

fn error(line: &str) -> String {
    match answer_line(line) {
        Reply::Malformed(error) => error.message,
        Reply::Answered(answer) => panic!("answered: {} {line}", answer.to_json()),
    }
}

#[test]
fn malformed_lines_name_what_is_wrong() {
    let check = |line: &str, expected: &str| {
        let message = error(line);
        assert!(message.contains(expected), "{line}\n{message}");
    };
    check("", "EOF");
    check("{", "EOF");
    check("[]", "must be an object");
    check(
        r#" ["1","*",null,"s3:GetObject","*",null,{},[],null,[],[],[],[],[]]"#,
        "must be an object",
    );
    check("null", "expected struct");
    check(&format!("{} x", line("")), "trailing characters");
    check(
        r#"{"action":"s3:GetObject","resource":"*"}"#,
        "missing field `principal`",
    );
    check(
        r#"{"principal":"*","resource":"*"}"#,
        "missing field `action`",
    );
    check(
        r#"{"principal":"*","action":"s3:GetObject"}"#,
        "missing field `resource`",
    );
    check(
        &line(r#""identityPolicy":[]"#),
        "unknown field `identityPolicy`",
    );
    check(
        &line(r#""action":"s3:PutObject""#),
        "duplicate field `action`",
    );
    check(
        &line(r#""sessionPolicies":[],"sessionPolicies":null"#),
        "duplicate field `sessionPolicies`",
    );
    check(&line(r#""identityPolicies":{}"#), "expected a sequence");
    check(
        &line(r#""serviceControlPolicies":[{}]"#),
        "expected a sequence",
    );
    check(&line(r#""context":[]"#), "expected an object");
    check(
        &line(r#""context":{"k":{}}"#),
        "neither a scalar nor a list of scalars",
    );
    check(
        &line(r#""context":{"k":[["a"]]}"#),
        "neither a scalar nor a list of scalars",
    );
    check(
        &line(r#""context":{"k":[null]}"#),
        "neither a scalar nor a list of scalars",
    );
    check(
        &line(r#""context":{"k":"a","k":"b"}"#),
        "\"k\" stands there twice",
    );
    check(
        &line(r#""resourceAccount":"1""#),
        "resourceAccount: \"1\" is not 12 digits",
    );
    check(
        &line(r#""identityPolicies":[{"document":{},"arn":"x"}]"#),
        "identityPolicies[0]: unknown field \"arn\"",
    );
    check(
        &line(r#""identityPolicies":[{"document":{},"document":{}}]"#),
        "identityPolicies[0].document: stands there twice",
    );
    check(
        &line(r#""identityPolicies":[{"name":5,"document":{}}]"#),
        "identityPolicies[0].name: must be a string",
    );
    check(
        &line(r#""principalIssuer":"arn:aws:iam::111111111111:role/R""#),
        "is not a session",
    );
}

#[test]
fn actions_have_a_service_and_a_name() {
    for action in [
        "",
        "*",
        "GetObject",
        "s3:",
        ":GetObject",
        "s3:Get:Object",
        "s3: GetObject",
        "s3:GetObject ",
    ] {
        let line = format!(r#"{{"principal":"*","action":"{action}","resource":"*"}}"#);
        assert!(error(&line).starts_with("action: "), "{action}");
    }
}

#[test]
fn principals() {
    let parses = |principal: &str, issuer: &str| {
        let issuer = if issuer.is_empty() {
            String::new()
        } else {
            format!(r#","principalIssuer":"{issuer}""#)
        };
        let line = format!(
            r#"{{"principal":"{principal}","action":"s3:GetObject","resource":"*"{issuer}}}"#
        );
        Question::parse(&line).is_ok()
    };
    for (principal, issuer, expected) in [
        ("*", "", true),
        ("s3.amazonaws.com", "", true),
        ("accounts.google.com", "", true),
        ("arn:aws:iam::111111111111:root", "", true),
        ("arn:aws:iam::111111111111:user/p/bob", "", true),
        ("arn:aws:iam::111111111111:role/p/R", "", true),
        (
            "arn:aws:iam::111111111111:oidc-provider/idp.example",
            "",
            true,
        ),
        ("arn:aws-cn:sts::111111111111:assumed-role/R/s", "", true),
        (
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws:iam::111111111111:role/p/R",
            true,
        ),
        (
            "arn:aws:sts::111111111111:federated-user/f",
            "arn:aws:iam::111111111111:user/bob",
            true,
        ),
        (
            "arn:aws:sts::111111111111:federated-user/f",
            "arn:aws:iam::111111111111:root",
            true,
        ),
        ("", "", false),
        ("bob", "", false),
        ("111111111111", "", false),
        ("s3.amazonaws.com/x", "", false),
        ("arn:aws:iam::111111111111:group/g", "", false),
        ("arn:aws:iam::111111111111:user/", "", false),
        ("arn:aws:iam::111111111111:user", "", false),
        ("arn:aws:iam::111111111111:roots", "", false),
        ("arn:aws:iam::1:user/bob", "", false),
        ("arn:aws:iam:us-east-1:111111111111:user/bob", "", false),
        ("arn:aws:sts::111111111111:assumed-role/R", "", false),
        ("arn:aws:sts::111111111111:assumed-role/R/", "", false),
        ("arn:aws:sts::111111111111:assumed-role/R/s/t", "", false),
        ("arn:aws:s3:::b", "", false),
        // What the issuer says must not contradict the session.
        (
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws:iam::222222222222:role/R",
            false,
        ),
        (
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws:iam::111111111111:role/S",
            false,
        ),
        (
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws:iam::111111111111:user/R",
            false,
        ),
        (
            "arn:aws:sts::111111111111:assumed-role/R/s",
            "arn:aws-cn:iam::111111111111:role/R",
            false,
        ),
        (
            "arn:aws:sts::111111111111:federated-user/f",
            "arn:aws:iam::111111111111:role/R",
            false,
        ),
        (
            "arn:aws:iam::111111111111:user/bob",
            "arn:aws:iam::111111111111:user/bob",
            false,
        ),
        ("*", "arn:aws:iam::111111111111:user/bob", false),
    ] {
        assert_eq!(parses(principal, issuer), expected, "{principal} {issuer}");
    }
}

#[test]
fn an_id_comes_back_as_it_was() {
    for id in [r#""1""#, "7", "null", r#"{"a":[1]}"#, r#""é""#] {
        let good = answer_line(&line(&format!(r#""id":{id}"#))).to_json();
        let bad = answer_line(&line(&format!(r#""id":{id},"what":1"#))).to_json();
        if id == "null" {
            assert!(good.starts_with(r#"{"decision""#), "{good}");
            assert!(bad.starts_with(r#"{"error""#), "{bad}");
        } else {
            assert!(
                good.starts_with(&format!(r#"{{"id":{id},"decision":"#)),
                "{good}"
            );
            assert!(
                bad.starts_with(&format!(r#"{{"id":{id},"error":"#)),
                "{bad}"
            );
        }
    }
}

#[test]
fn answers_in_the_words_of_the_contract() {
    let policies = r#""id":"1","identityPolicies":[
        {"name":"P1","document":{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":"s3:*","Resource":"*"}]}},
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}]"#;
    assert_eq!(
        answer_line(&line(policies)).to_json(),
        r#"{"id":"1","decision":"allowed","decidedBy":"identity","statements":[{"layer":"identity","policy":"P1","index":0,"sid":"S"},{"layer":"identity","policy":"identityPolicies[1]","index":0}]}"#
    );
    assert_eq!(
        answer_line(&line("")).to_json(),
        r#"{"decision":"implicitDeny","decidedBy":"identity","statements":[],"message":"User: arn:aws:iam::111111111111:user/bob is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/o\" because no identity-based policy allows the s3:GetObject action"}"#
    );
}

#[test]
fn an_unusable_policy_refuses_and_is_named() {
    let check = |policies: &str, expected: &str| {
        let Reply::Answered(answer) = answer_line(&line(policies)) else {
            panic!("{policies}")
        };
        assert_eq!(answer.decision, "implicitDeny", "{policies}");
        let message = answer.message.unwrap();
        assert!(message.contains(expected), "{policies}\n{message}");
    };
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    check(
        &format!(r#""identityPolicies":[{all},{{}}]"#),
        "policy identityPolicies[1] cannot be used: policy: Statement is missing",
    );
    check(
        &format!(r#""identityPolicies":[{all},"{{}}"]"#),
        "identityPolicies[1]",
    );
    check(
        &format!(r#""identityPolicies":[{all},null]"#),
        "identityPolicies[1]",
    );
    check(
        &format!(r#""identityPolicies":[{all}],"resourcePolicy":{{"name":"B","document":{{}}}}"#),
        "policy B cannot be used: resourcePolicy: policy: Statement is missing",
    );
    // A reader that kept the last of two keys would drop a restriction.
    let twice = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::x","Resource":"*"}}"#;
    check(
        &format!(r#""identityPolicies":[{twice}]"#),
        "the key is given twice",
    );
    let twice = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"k":"true"},"Bool":{}}}}"#;
    check(
        &format!(r#""identityPolicies":[{twice}]"#),
        "the key is given twice",
    );
}

#[test]
fn context_values_keep_their_text() {
    let check = |context: &str, condition: &str, expected: &str| {
        let policy = format!(
            r#""identityPolicies":[{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}]"#
        );
        let reply = answer_line(&line(&format!(r#""context":{context},{policy}"#)));
        let Reply::Answered(answer) = reply else {
            panic!("{context}")
        };
        assert_eq!(answer.decision, expected, "{context} {condition}");
    };
    check(r#"{"k":5}"#, r#"{"StringEquals":{"k":"5"}}"#, "allowed");
    check(
        r#"{"k":5.00}"#,
        r#"{"StringEquals":{"k":"5.00"}}"#,
        "allowed",
    );
    check(
        r#"{"k":9007199254740993}"#,
        r#"{"NumericEquals":{"k":9007199254740993}}"#,
        "allowed",
    );
    check(
        r#"{"k":9007199254740993}"#,
        r#"{"NumericEquals":{"k":9007199254740992}}"#,
        "implicitDeny",
    );
    check(r#"{"k":true}"#, r#"{"Bool":{"k":"true"}}"#, "allowed");
    check(
        r#"{"k":"\u0041"}"#,
        r#"{"StringEquals":{"k":"A"}}"#,
        "allowed",
    );
    check(
        r#"{"k":[1,true,"a"]}"#,
        r#"{"ForAllValues:StringEquals":{"k":["1","true","a"]}}"#,
        "allowed",
    );
    check(r#"{"k":null}"#, r#"{"Null":{"k":"true"}}"#, "allowed");
    check(
        r#"{"k":["a"]}"#,
        r#"{"StringEquals":{"k":"a"}}"#,
        "implicitDeny",
    );
}

#[test]
fn another_request_over_the_same_policies() {
    let policies = r#""identityPolicies":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}]"#;
    let first = Question::parse(&line(policies)).unwrap();
    let ask = |line: &str| {
        first
            .parse_another(line)
            .map(|question| crate::answer(&question).decision)
    };
    assert_eq!(ask(&line("")), Ok("allowed"));
    let put = r#"{"principal":"arn:aws:iam::111111111111:user/bob","action":"s3:PutObject","resource":"*"}"#;
    assert_eq!(ask(put), Ok("implicitDeny"));
    let error = ask(&line(policies)).unwrap_err();
    assert_eq!(error.message, "the line has policies of its own");
    assert!(ask("{}").is_err());
}
