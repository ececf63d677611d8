//! What simulations answer.

use std::fmt::Write as _;

use keyward_arn::AccountId;

use super::*;

fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn documents(kind: SourceKind, list: &str, texts: &[&str]) -> Documents {
    let mut documents = Documents::new(kind);
    for (text, number) in texts.iter().zip(1..) {
        documents.add(format!("{list}.{number}"), text).unwrap();
    }
    documents
}

fn identity(texts: &[&str]) -> Simulation {
    Simulation {
        caller: SimulatedCaller {
            arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
            account: account("111122223333"),
            kind: CallerKind::User,
        },
        identity: documents(SourceKind::Identity, "P", texts),
        boundary: None,
        organization: None,
        resource: None,
        context: Vec::new(),
    }
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}"#)
}

fn policy(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn allow(action: &str) -> String {
    policy(&[statement("Allow", action, "*")])
}

/// Writes an outcome in short.
fn words(outcome: &ActionOutcome) -> String {
    let mut text = format!("{:?}", outcome.verdict);
    let told = |text: &mut String, matched: &[MatchedStatement]| {
        for MatchedStatement { source, span, .. } in matched {
            let (start, end) = (span.start, span.end);
            let _ = write!(
                text,
                " {source}@{}:{}-{}:{}",
                start.line, start.column, end.line, end.column
            );
        }
    };
    told(&mut text, &outcome.matched);
    for (name, value) in [
        ("boundary", outcome.allowed_by_boundary),
        ("organization", outcome.allowed_by_organization),
    ] {
        if let Some(value) = value {
            let _ = write!(text, " {name}={value}");
        }
    }
    if let Some(details) = &outcome.details {
        let _ = write!(text, " {details:?}");
    }
    for (name, outcome) in outcome.resources.iter().flatten() {
        let _ = write!(text, "; {name} {:?}", outcome.verdict);
        told(&mut text, &outcome.matched);
        if let Some(details) = &outcome.details {
            let _ = write!(text, " {details:?}");
        }
    }
    text
}

fn simulate(simulation: &Simulation, action: &str, resources: &[&str]) -> String {
    let resources: Vec<String> = resources.iter().map(|name| (*name).to_owned()).collect();
    words(&simulation.simulate(action, &resources))
}

#[test]
fn statements_stand_where_aws_says() {
    // SOURCE: the first example of the AWS CLI for simulate-custom-policy: columns 38 to 167.
    let lone = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
    let mut simulation = identity(&[lone]);
    let now = SimulatedValue::Single("2019-04-25T11:00:00Z".to_owned());
    simulation.context.push(("aws:CurrentTime".to_owned(), now));
    assert_eq!(
        simulate(&simulation, "dynamodb:CreateBackup", &[]),
        "Allowed P.1@1:38-1:167"
    );
    // SOURCE: AWS's answers for AdministratorAccess: line 3, column 17 to line 8, column 6.
    let administrator = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}";
    assert_eq!(
        simulate(&identity(&[administrator]), "s3:GetObject", &[]),
        "Allowed P.1@3:17-8:6"
    );
    // The second statement of a list begins where the first one ended.
    let two = policy(&[
        statement("Allow", "a:b", "*"),
        statement("Allow", "c:d", "*"),
    ]);
    let simulation = identity(&[&two]);
    assert_eq!(simulate(&simulation, "a:b", &[]), "Allowed P.1@1:38-1:86");
    assert_eq!(simulate(&simulation, "c:d", &[]), "Allowed P.1@1:86-1:135");
}

#[test]
fn only_statements_that_made_the_decision_are_told() {
    let (all, read) = (allow("*"), allow("s3:Get*"));
    let deny = policy(&[statement("Deny", "s3:GetObject", "*")]);
    let simulation = identity(&[&all, &read]);
    assert_eq!(
        simulate(&simulation, "s3:GetObject", &[]),
        "Allowed P.1@1:38-1:84 P.2@1:38-1:90"
    );
    let simulation = identity(&[&all, &deny, &read]);
    assert_eq!(
        simulate(&simulation, "s3:GetObject", &[]),
        "ExplicitDeny P.2@1:38-1:94"
    );
    assert_eq!(
        simulate(&simulation, "s3:PutObject", &[]),
        "Allowed P.1@1:38-1:84"
    );
    assert_eq!(
        simulate(&identity(&[&read]), "s3:PutObject", &[]),
        "ImplicitDeny"
    );
    assert_eq!(
        simulate(&identity(&[]), "s3:PutObject", &[]),
        "ImplicitDeny"
    );
}

#[test]
fn the_gravest_decision_stands_for_all_resources() {
    let text = policy(&[
        statement("Allow", "s3:*", "arn:aws:s3:::good*"),
        statement("Deny", "s3:*", "arn:aws:s3:::goodbye"),
    ]);
    let simulation = identity(&[&text]);
    let (good, goodbye, other) = (
        "arn:aws:s3:::good",
        "arn:aws:s3:::goodbye",
        "arn:aws:s3:::x",
    );
    assert_eq!(
        simulate(&simulation, "s3:ListBucket", &[good]),
        "Allowed P.1@1:38-1:104 {}; arn:aws:s3:::good Allowed P.1@1:38-1:104"
    );
    assert_eq!(
        simulate(&simulation, "s3:ListBucket", &[good, other]),
        "ImplicitDeny {}; arn:aws:s3:::good Allowed P.1@1:38-1:104; arn:aws:s3:::x ImplicitDeny"
    );
    assert_eq!(
        simulate(&simulation, "s3:ListBucket", &[good, other, goodbye]),
        "ExplicitDeny P.1@1:104-1:172 {}; arn:aws:s3:::good Allowed P.1@1:38-1:104; arn:aws:s3:::x ImplicitDeny; \
         arn:aws:s3:::goodbye ExplicitDeny P.1@1:104-1:172"
    );
}

#[test]
fn a_boundary_and_scps_are_told_apart() {
    let (all, read) = (allow("*"), allow("s3:Get*"));
    let deny = policy(&[statement("Deny", "s3:GetObject", "*")]);
    let bounded = |text: &str| Simulation {
        boundary: Some(documents(SourceKind::Identity, "B", &[text])),
        ..identity(&[&all])
    };
    assert_eq!(
        simulate(&bounded(&read), "s3:GetObject", &[]),
        "Allowed P.1@1:38-1:84 boundary=true"
    );
    assert_eq!(
        simulate(&bounded(&read), "s3:PutObject", &[]),
        "ImplicitDeny boundary=false"
    );
    assert_eq!(
        simulate(&bounded(&deny), "s3:GetObject", &[]),
        "ExplicitDeny boundary=false"
    );
    let organized = |levels: &[&[&str]]| Simulation {
        organization: Some(
            levels
                .iter()
                .map(|texts| documents(SourceKind::Organization, "O", texts))
                .collect(),
        ),
        ..identity(&[&all])
    };
    assert_eq!(
        simulate(&organized(&[&[&all], &[&read]]), "s3:GetObject", &[]),
        "Allowed P.1@1:38-1:84 organization=true"
    );
    assert_eq!(
        simulate(&organized(&[&[&all], &[]]), "s3:GetObject", &[]),
        "ImplicitDeny organization=false"
    );
    assert_eq!(
        simulate(
            &organized(&[&[&all, &deny]]),
            "s3:GetObject",
            &["arn:aws:s3:::b/o"]
        ),
        "ExplicitDeny organization=false; arn:aws:s3:::b/o ExplicitDeny"
    );
}

fn bucket_policy(effect: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
    )
}

#[test]
fn a_resource_policy_counts_within_an_account_and_across_two() {
    let object = "arn:aws:s3:::b/o";
    let with = |identity_policies: &[&str], bucket: &str, owner: &str| Simulation {
        resource: Some((
            documents(SourceKind::Resource, "R", &[bucket]),
            account(owner),
        )),
        ..identity(identity_policies)
    };
    let alice = r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#;
    let (own, other) = ("111122223333", "444455556666");
    let grants = bucket_policy("Allow", alice);
    let denies = bucket_policy("Deny", r#""*""#);
    let read = allow("s3:Get*");
    assert_eq!(
        simulate(&with(&[], &grants, own), "s3:GetObject", &[object]),
        "Allowed R.1@1:38-1:169 {}; arn:aws:s3:::b/o Allowed R.1@1:38-1:169"
    );
    assert_eq!(
        simulate(&with(&[&read], &grants, own), "s3:GetObject", &[object]),
        "Allowed R.1@1:38-1:169 P.1@1:38-1:90 {}; arn:aws:s3:::b/o Allowed R.1@1:38-1:169 P.1@1:38-1:90"
    );
    assert_eq!(
        simulate(&with(&[&read], &denies, own), "s3:GetObject", &[object]),
        "ExplicitDeny R.1@1:38-1:125 {}; arn:aws:s3:::b/o ExplicitDeny R.1@1:38-1:125"
    );
    assert_eq!(
        simulate(&with(&[], &grants, other), "s3:GetObject", &[object]),
        r#"ImplicitDeny {"IAM Policy": ImplicitDeny, "Resource Policy": Allowed}; arn:aws:s3:::b/o ImplicitDeny {"IAM Policy": ImplicitDeny, "Resource Policy": Allowed}"#
    );
    let both = simulate(&with(&[&read], &grants, other), "s3:GetObject", &[object]);
    assert!(
        both.starts_with(r#"Allowed R.1@1:38-1:169 P.1@1:38-1:90 {"IAM Policy": Allowed, "Resource Policy": Allowed}"#),
        "{both}"
    );
}

#[test]
fn the_trust_policy_of_a_role_must_grant_where_it_is_given() {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:AssumeRole"}}"#;
    let all = allow("*");
    let role = "arn:aws:iam::111122223333:role/r";
    let mut simulation = identity(&[&all]);
    assert!(simulate(&simulation, "sts:AssumeRole", &[role]).starts_with("Allowed"));
    simulation.resource = Some((
        documents(SourceKind::Resource, "R", &[trust]),
        account("111122223333"),
    ));
    assert!(simulate(&simulation, "sts:AssumeRole", &[role]).starts_with("ImplicitDeny"));
}

#[test]
fn keys_that_no_value_was_given_for_are_missing() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"aws:PrincipalTag/Team":"x"}}},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}]}"#;
    let mut simulation = identity(&[text]);
    let missing = |simulation: &Simulation| simulation.simulate("s3:ListBucket", &[]).missing;
    // SOURCE: what AWS was seen to answer: also the keys of statements about other actions.
    assert_eq!(
        missing(&simulation),
        ["aws:PrincipalTag/Team", "aws:username"]
    );
    let value = SimulatedValue::Single("alice".to_owned());
    simulation.context.push(("AWS:UserName".to_owned(), value));
    assert_eq!(missing(&simulation), ["aws:PrincipalTag/Team"]);
    let outcome = simulation.simulate("s3:GetObject", &["arn:aws:s3:::b/alice".to_owned()]);
    assert_eq!(outcome.verdict, Verdict::Allowed);
    assert_eq!(outcome.missing, ["aws:PrincipalTag/Team"]);
    assert_eq!(
        outcome.resources.unwrap()[0].1.missing,
        ["aws:PrincipalTag/Team"]
    );
}

#[test]
fn multivalued_keys_are_lists() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}}}"#;
    let mut simulation = identity(&[text]);
    for (values, verdict) in [
        (&["a", "b"][..], Verdict::Allowed),
        (&["a", "c"][..], Verdict::ImplicitDeny),
    ] {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        simulation.context = vec![("aws:TagKeys".to_owned(), SimulatedValue::Multiple(values))];
        assert_eq!(simulation.simulate("a:b", &[]).verdict, verdict);
    }
}

#[test]
fn documents_that_are_none_of_their_kind_are_refused() {
    let (grants, read) = (bucket_policy("Allow", r#""*""#), allow("s3:Get*"));
    for (kind, text, message) in [
        (SourceKind::Identity, "{", "policy: not valid JSON"),
        (
            SourceKind::Identity,
            grants.as_str(),
            "Statement[0]: Policy document should not specify a principal.",
        ),
        (
            SourceKind::Resource,
            read.as_str(),
            "Statement[0]: Missing required field Principal",
        ),
    ] {
        let refused = Documents::new(kind).add("x", text).unwrap_err().to_string();
        assert!(refused.starts_with(message), "{refused}");
    }
    let mut stored = Documents::new(SourceKind::Identity);
    stored.add_stored("broken", "{");
    let simulation = Simulation {
        identity: stored,
        ..identity(&[])
    };
    assert_eq!(simulate(&simulation, "a:b", &[]), "ImplicitDeny");
}
