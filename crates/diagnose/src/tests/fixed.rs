use super::*;

const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

#[test]
fn allowed() {
    let scene = Scene {
        context: &[
            ("aws:SourceIp", "203.0.113.9"),
            ("aws:SecureTransport", "true"),
        ],
        ..scene("s3:GetObject", "arn:aws:s3:::reports/x")
    };
    insta::assert_snapshot!(scene.inline("ReadReports", READ).text());
}

#[test]
fn allowed_by_rule() {
    insta::assert_snapshot!(scene("sts:GetCallerIdentity", "*").text());
}

#[test]
fn json() {
    let scene = scene("s3:GetObject", "arn:aws:s3:::reports/x").inline("ReadReports", READ);
    let json = render_json(&scene.report());
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    insta::assert_snapshot!(json);
}

#[test]
fn colours_add_nothing_but_codes() {
    let scene = scene("s3:GetObject", "arn:aws:s3:::reports/x").inline("ReadReports", READ);
    let report = scene.report();
    let mut plain = String::new();
    let coloured = render_text(&report, Style::Colour);
    for (index, part) in coloured.split("\u{1b}[").enumerate() {
        plain.push_str(if index == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(
        plain.lines().map(str::trim_end).collect::<Vec<_>>(),
        render_text(&report, Style::Plain)
            .lines()
            .collect::<Vec<_>>()
    );
}

/// Every statement that is proposed for pasting allows the request when it is pasted.
#[test]
fn names_with_wildcards_are_written_exactly() {
    for (resource, pattern) in [
        ("arn:aws:s3:::b/a*b", "arn:aws:s3:::b/a${*}b"),
        ("arn:aws:s3:::b/what?", "arn:aws:s3:::b/what${?}"),
        (
            "arn:aws:s3:::b/${aws:username}",
            "arn:aws:s3:::b/${$}{aws:username}",
        ),
        ("arn:aws:s3:::b/plain$", "arn:aws:s3:::b/plain$"),
    ] {
        let report = scene("s3:GetObject", resource).report();
        let [fix] = report.fixes.as_slice() else {
            panic!("{resource}: {:?}", report.fixes)
        };
        let [Step::AddStatement { statement, .. }] = fix.steps.as_slice() else {
            panic!("{resource}")
        };
        let statement: serde_json::Value = serde_json::from_str(statement).unwrap();
        assert_eq!(statement["Resource"], pattern);
    }
}

/// A fix never opens a resource to everyone.
#[test]
fn nothing_is_proposed_for_anonymous_callers() {
    let context = Context::new();
    let layers = Layers::default();
    let request = Request::new(
        Principal::Anonymous,
        "s3:GetObject",
        "arn:aws:s3:::b/k",
        &context,
    );
    let report = diagnose(&Case {
        request,
        layers: &layers,
        documents: &Documents::new(),
        unseen: &[],
        notes: &[],
    });
    assert!(report.fixes.is_empty());
    assert!(report.no_fix.unwrap().starts_with("Sign the request"));
}

/// What is proposed for pasting allows the request once it is pasted.
#[test]
fn pasted_statements_allow() {
    const ADMIN: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const OTHER: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}"#;
    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}}"#;
    let boundary = "arn:aws:iam::111122223333:policy/B";
    let object = || scene("s3:GetObject", "arn:aws:s3:::b/k*");
    let role = "arn:aws:iam::111122223333:role/Deploy";

    let mut scenes = vec![scene("s3:ListAllMyBuckets", "*"), object()];
    scenes.push(object().inline("P", OTHER));
    scenes.push(object().inline("P", ADMIN).boundary(boundary, OTHER));
    scenes.push(object().boundary(boundary, OTHER));
    scenes.push(object().boundary(boundary, ADMIN).with(
        LayerKind::Session,
        AttachedTo::Session,
        "S",
        OTHER,
    ));
    scenes.push(object().with(
        LayerKind::ServiceControl,
        AttachedTo::Organization("r".into()),
        "S",
        OTHER,
    ));
    scenes.push(scene("sts:AssumeRole", role).trust("T", TRUST));
    scenes.push(Scene {
        kind: ResourceKind::Role,
        ..scene("sts:AssumeRole", role)
    });
    for scene in scenes {
        let report = scene.report();
        let is_new = |step: &&Step| matches!(step, Step::AddStatement { .. });
        let fix = report
            .fixes
            .iter()
            .find(|fix| fix.steps.iter().all(|step| is_new(&step)));
        let mut pasted = scene;
        for step in &fix.expect("a fix of new statements").steps {
            let Step::AddStatement {
                layer, statement, ..
            } = step
            else {
                unreachable!()
            };
            let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
            pasted = pasted.with(
                *layer,
                AttachedTo::User("alice".into()),
                "pasted",
                document.leak(),
            );
        }
        assert_eq!(
            pasted.report().decision.as_str(),
            "allowed",
            "{:?}",
            fix.unwrap()
        );
    }
}

/// AWS's own policies cannot be edited, and a Deny in one is not proposed to be.
#[test]
fn policies_of_aws_are_left_alone() {
    let deny =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let report = scene("s3:GetObject", "arn:aws:s3:::b/k")
        .managed(
            AttachedTo::User("alice".into()),
            "arn:aws:iam::aws:policy/AWSDenyAll",
            deny,
        )
        .report();
    assert!(report.fixes.is_empty());
    assert!(report.no_fix.unwrap().contains("No edit was found"));

    let allow = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}"#;
    let report = scene("s3:GetObject", "arn:aws:s3:::b/k")
        .managed(
            AttachedTo::User("alice".into()),
            "arn:aws:iam::aws:policy/Lister",
            allow,
        )
        .report();
    let edits = report
        .fixes
        .iter()
        .flat_map(|fix| &fix.steps)
        .filter(|step| matches!(step, Step::EditStatement { .. }));
    assert_eq!(edits.count(), 0);
}

/// Asking in another way, from a condition of a statement and what the request has. `None`: there is no such way.
fn check_request(
    effect: &str,
    condition: &'static str,
    context: &'static [(&'static str, &'static str)],
    expected: Option<&str>,
) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{condition}}}]}}"#
    );
    let admin =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let scene = Scene {
        context,
        ..scene("s3:GetObject", "arn:aws:s3:::b/k")
    }
    .inline("P", policy.leak());
    let report = if effect == "Deny" {
        scene.inline("Admin", admin)
    } else {
        scene
    }
    .report();
    let found = report
        .fixes
        .iter()
        .flat_map(|fix| &fix.steps)
        .find_map(|step| match step {
            Step::ChangeRequest { key, value, .. } => {
                Some(format!("{key}={}", value.as_deref().unwrap_or("-")))
            }
            Step::AddStatement { .. } | Step::EditStatement { .. } => None,
        });
    assert_eq!(found.as_deref(), expected, "{effect} {condition}");
}

#[test]
fn asking_in_another_way() {
    let allow = |condition, context, expected| check_request("Allow", condition, context, expected);
    let deny = |condition, context, expected| check_request("Deny", condition, context, expected);
    allow(
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
        &[],
        Some("aws:MultiFactorAuthPresent=true"),
    );
    deny(
        r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
        &[],
        Some("aws:MultiFactorAuthPresent=true"),
    );
    deny(
        r#"{"Null":{"aws:MultiFactorAuthAge":"true"}}"#,
        &[],
        Some("aws:MultiFactorAuthAge=some value"),
    );
    allow(
        r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#,
        &[("aws:MultiFactorAuthAge", "9999")],
        Some("aws:MultiFactorAuthAge=less than 3600"),
    );
    deny(
        r#"{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24"]}}"#,
        &[("aws:SourceIp", "203.0.113.7")],
        Some("aws:SourceIp=192.0.2.0/24"),
    );
    deny(
        r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}"#,
        &[("aws:SourceIp", "203.0.113.7")],
        None,
    );
    allow(
        r#"{"StringLike":{"aws:RequestedRegion":"eu-*"}}"#,
        &[("aws:RequestedRegion", "us-east-1")],
        Some("aws:RequestedRegion=eu-*"),
    );
    allow(
        r#"{"Null":{"aws:SourceVpce":"true"}}"#,
        &[("aws:SourceVpce", "vpce-1")],
        Some("aws:SourceVpce=-"),
    );
    allow(
        r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}}"#,
        &[],
        Some("aws:TagKeys=team"),
    );
    // Who asks cannot be changed by asking otherwise.
    allow(
        r#"{"StringEquals":{"aws:username":"bob"}}"#,
        &[("aws:username", "alice")],
        None,
    );
    allow(
        r#"{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}"#,
        &[],
        None,
    );
    // An unknown operator never holds.
    allow(r#"{"stringequals":{"aws:SourceVpce":"x"}}"#, &[], None);
}

/// No character of a policy or request reaches the terminal as a command.
#[test]
fn control_characters_are_not_printed() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Sid":"a\u001b[31mb","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:UserAgent":"\u009b2J"}}}}"#;
    let scene = Scene {
        context: &[("aws:UserAgent", "\u{7}")],
        ..scene("s3:GetObject", "arn:aws:s3:::b/\u{1b}]0;x\u{7}")
    };
    let report = scene.inline("P\u{1b}[2J", policy).report();
    let text = render_text(&report, Style::Plain);
    assert!(
        !text
            .chars()
            .any(|character| character.is_control() && character != '\n'),
        "{text:?}"
    );
}

/// What is sent in another way is held against requests near it too, sent the same way.
#[test]
fn requests_sent_in_another_way_are_proven() {
    const MFA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}"#;
    const ONE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}]}"#;
    let proof = |policy: &'static str| {
        let report = scene("s3:GetObject", "arn:aws:s3:::b/k")
            .inline("P", policy)
            .report();
        let is_asking = |step: &Step| matches!(step, Step::ChangeRequest { .. });
        let fix = report
            .fixes
            .iter()
            .find(|fix| fix.steps.iter().all(is_asking));
        fix.expect("a way to ask").proof.clone().expect("a proof")
    };
    let wide = proof(MFA);
    assert!(wide.tried > 100 && wide.more > 10, "{wide:?}");
    let narrow = proof(ONE);
    assert_eq!((narrow.tried, narrow.more), (wide.tried, 0));
}

/// A way of asking that needs a statement besides is proven as that statement is: nobody else gets anything.
#[test]
fn ways_of_asking_with_a_new_statement_are_proven() {
    const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}"#;
    const LIST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}"#;
    let report = scene("s3:GetObject", "arn:aws:s3:::b/k")
        .inline("P", READ)
        .boundary("arn:aws:iam::111122223333:policy/B", LIST)
        .report();
    for fix in &report.fixes {
        let proof = fix.proof.as_ref().expect("a proof");
        assert!(proof.tried > 100, "{fix:?}");
    }
}

/// The version that knows variables turns on every statement that has some; one statement gives less.
#[test]
fn the_least_comes_first() {
    const OLD: &str = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"},{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:${aws:username}-*"}]}"#;
    let report = Scene {
        context: &[("aws:username", "alice")],
        ..scene("s3:GetObject", "arn:aws:s3:::home/alice/x")
    }
    .inline("P", OLD)
    .report();
    let kinds: Vec<&str> = report
        .fixes
        .iter()
        .map(|fix| match fix.steps.first() {
            Some(Step::AddStatement { .. }) => "add",
            Some(Step::EditStatement { json, .. }) if json.contains("Version") => "version",
            Some(Step::ChangeRequest { .. } | Step::EditStatement { .. }) | None => "other",
        })
        .collect();
    assert_eq!(kinds, ["add", "version"]);
    let breadths: Vec<u64> = report.fixes.iter().map(|fix| fix.breadth).collect();
    assert!(breadths.is_sorted() && breadths[1] > 1, "{breadths:?}");
}
