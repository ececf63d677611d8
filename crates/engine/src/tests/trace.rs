//! Traces: what is told of a decision.

use std::fmt::Write;

use super::world::{Case, FULL, GO, run};
use crate::{
    AccountRelation, ActualValues, ConditionReason, ElementTrace, Expansion, LayerOutcome, ListTrace, StatementOutcome,
    Trace,
};

/// Prints a trace in short.
fn print(trace: &Trace) -> String {
    let mut text = String::new();
    for layer in &trace.layers {
        if layer.policies.is_empty() && layer.outcome == LayerOutcome::NoImpact {
            continue;
        }
        let levels = &layer.levels_without_allow;
        writeln!(text, "{} {:?} {:?} {levels:?}", layer.layer, layer.applicability, layer.outcome).unwrap();
        for statement in layer.policies.iter().flat_map(|policy| &policy.statements) {
            let outcome = match statement.outcome {
                StatementOutcome::Matched(_) => "matched",
                StatementOutcome::MatchedWithoutEffect => "matched without effect",
                StatementOutcome::Missed => "missed",
            };
            writeln!(text, "  {:?} {outcome}", statement.effect).unwrap();
            for element in &statement.elements {
                let sign = if element.matched() { '+' } else { '-' };
                match element {
                    ElementTrace::Action(list) => {
                        writeln!(text, "    {sign}action {}", list_text(list))
                    }
                    ElementTrace::Principal(list) => {
                        writeln!(text, "    {sign}principal {}", list_text(list))
                    }
                    ElementTrace::Resource(list) => {
                        writeln!(text, "    {sign}resource {}", list_text(list))
                    }
                    ElementTrace::Condition(condition) => {
                        let wanted: Vec<_> = condition.wanted.iter().map(|value| &value.text).collect();
                        let (operator, key) = (&condition.operator, &condition.key);
                        writeln!(
                            text,
                            "    {sign}{operator} {key} {wanted:?} {:?} {:?}",
                            condition.actual, condition.reason
                        )
                    }
                }
                .unwrap();
            }
        }
    }
    text
}

fn list_text(list: &ListTrace) -> String {
    let patterns = list.patterns.iter().map(|pattern| {
        let sign = if pattern.fits { '+' } else { '-' };
        match &pattern.expansion {
            Expansion::None => format!("{sign}{}", pattern.text),
            Expansion::Replaced(text) => format!("{sign}{}={text}", pattern.text),
            Expansion::Unresolved(variable) => format!("{sign}{}!{variable}", pattern.text),
        }
    });
    let not = if list.form.is_negated() { "not " } else { "" };
    format!("{not}[{}]", patterns.collect::<Vec<_>>().join(", "))
}

fn check(case: &Case<'_>, expected: &str) {
    let (_, trace) = run(case);
    let expected: String = expected.trim_matches('\n').lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(print(&trace), expected);
}

#[test]
fn tells_every_element_that_misses() {
    let case = Case {
        id: &[
            r#"+ec2:*,s3:Put* @arn:aws:s3:::b/${aws:username}/*,arn:aws:s3:::c/${aws:PrincipalTag/t} ?{"StringEquals":{"k":["x","y"],"l":"x"}}"#,
            "+!s3:Get*",
        ],
        context: &[("k", "z")],
        ..GO
    };
    check(
        &case,
        r#"
identity Applies ImplicitDeny []
  Allow missed
    -action [-ec2:*, -s3:Put*]
    -resource [-arn:aws:s3:::b/${aws:username}/*=arn:aws:s3:::b/bob/*, -arn:aws:s3:::c/${aws:PrincipalTag/t}!${aws:PrincipalTag/t}]
    -StringEquals k ["x", "y"] Single("z") Compared
    -StringEquals l ["x"] Missing MissingKey
  Allow missed
    -action not [+s3:Get*]
    +resource [+*]
"#,
    );
}

#[test]
fn tells_all_layers() {
    let case = Case {
        id: &["+s3:*"],
        rp: &["-s3:* !P:cat,C", "+* P:root"],
        pb: Some(&["+ec2:*"]),
        scp: Some(&[&["+*"], &[], &["+ec2:*"]]),
        rcp: Some(&[&[FULL, "+s3:* P:*"]]),
        vpce: Some(&["+* P:root"]),
        ..GO
    };
    check(
        &case,
        r#"
resourceControl Applies Allow []
  Allow matched
    +action [+*]
    +resource [+*]
    +principal [+*]
  Allow matched without effect
    +action [+s3:*]
    +resource [+*]
    +principal [+*]
serviceControl Applies ImplicitDeny [1, 2]
  Allow matched
    +action [+*]
    +resource [+*]
  Allow missed
    -action [-ec2:*]
    +resource [+*]
endpoint Applies ImplicitDeny []
  Allow matched without effect
    +action [+*]
    +resource [+*]
    +principal [+arn:aws:iam::111111111111:root]
resource Applies ExplicitDeny []
  Deny matched
    +action [+s3:*]
    +resource [+*]
    +principal not [-arn:aws:iam::222222222222:user/cat, -222222222222]
  Allow matched
    +action [+*]
    +resource [+*]
    +principal [+arn:aws:iam::111111111111:root]
identity Applies Allow []
  Allow matched
    +action [+s3:*]
    +resource [+*]
permissionsBoundary Applies ImplicitDeny []
  Allow missed
    -action [-ec2:*]
    +resource [+*]
"#,
    );
}

#[test]
fn tells_exemptions() {
    let unlock = Case {
        who: "root",
        action: "s3:DeleteBucketPolicy",
        resource: "arn:aws:s3:::b",
        rp: &["-s3:* P:*"],
        id: &["-*"],
        ..GO
    };
    check(
        &unlock,
        r#"
resource Exempt(OwnerRootUnlocks) NoImpact []
  Deny matched without effect
    +action [+s3:*]
    +resource [+*]
    +principal [+*]
"#,
    );
    let task = Case { who: "task:s3", sp: Some(&["+s3:*"]), ..GO };
    check(
        &task,
        r#"
session Applies NoImpact []
  Allow matched without effect
    +action [+s3:*]
    +resource [+*]
"#,
    );
    let fixed = Case { action: "sts:GetCallerIdentity", ..GO };
    check(&fixed, "");
}

#[test]
fn tells_conditions() {
    let case = Case {
        id: &[
            r#"+s3:* ?{"Odd":{"k":"x"},"ForAnyValue:StringLike":{"m":"x*"},"StringEquals":{"m":"x"},"NumericEquals":{"k":[]},"BoolIfExists":{"none":"true"}}"#,
        ],
        context: &[("k", "x"), ("K", "y")],
        lists: &[("m", &["x", "y"])],
        ..GO
    };
    let (_, trace) = run(&case);
    let statement = &trace.layers.iter().flat_map(|layer| &layer.policies).next().unwrap().statements[0];
    let conditions: Vec<_> = statement
        .elements
        .iter()
        .filter_map(|element| match element {
            ElementTrace::Condition(condition) => Some((condition.operator.as_str(), condition)),
            _ => None,
        })
        .collect();
    let find = |operator: &str| conditions.iter().find(|(name, _)| *name == operator).unwrap().1;
    assert_eq!(find("Odd").reason, ConditionReason::UnknownOperator);
    assert_eq!(find("Odd").actual, ActualValues::Ambiguous(vec!["x".into(), "y".into()]));
    assert_eq!(find("ForAnyValue:StringLike").actual, ActualValues::Multiple(vec!["x".into(), "y".into()]));
    assert!(find("ForAnyValue:StringLike").matched);
    assert_eq!(find("StringEquals").reason, ConditionReason::MissingSetOperator);
    assert_eq!(find("NumericEquals").wanted, []);
    assert_eq!(find("BoolIfExists").reason, ConditionReason::MissingKey);
    assert!(find("BoolIfExists").matched);
}

#[test]
fn spans_point_into_the_document() {
    let document = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": {\"Sid\": \"S\", \"Effect\": \"Allow\",\n  \"Action\": [\"s3:Put*\", \"s3:Get*\"],\n  \"Resource\": \"*\",\n  \"Condition\": {\"StringEquals\": {\"k\": \"v\"}}}}";
    let (_, trace) = run(&Case { id: &[document], ..GO });
    let policy = trace.layers.iter().flat_map(|layer| &layer.policies).next().unwrap();
    let statement = &policy.statements[0];
    assert_eq!(statement.sid.as_deref(), Some("S"));
    assert_eq!(statement.span.start.line, 3);
    let source = |span: keyward_policy::Span| {
        let line = document.lines().nth(span.start.line as usize - 1).unwrap();
        let (from, to) = (span.start.column as usize - 1, span.end.column as usize - 1);
        line.chars().skip(from).take(to - from).collect::<String>()
    };
    let ElementTrace::Action(actions) = &statement.elements[0] else { panic!("action first") };
    assert_eq!(source(actions.patterns[1].span), "\"s3:Get*\"");
    let ElementTrace::Condition(condition) = &statement.elements[2] else { panic!("condition last") };
    assert_eq!(source(condition.operator_span), "\"StringEquals\"");
    assert_eq!(source(condition.key_span), "\"k\"");
    assert_eq!(source(condition.wanted[0].span), "\"v\"");
}

#[test]
fn tells_account_relations() {
    for (who, owner, resource, expected) in [
        ("bob", super::world::A, GO.resource, AccountRelation::SameAccount),
        ("bob", super::world::C, GO.resource, AccountRelation::CrossAccount),
        ("bob", "", GO.resource, AccountRelation::CrossAccount),
        ("bob", "", "*", AccountRelation::SameAccount),
        ("china", super::world::A, GO.resource, AccountRelation::CrossPartition),
        ("anonymous", super::world::A, GO.resource, AccountRelation::CrossAccount),
        ("anonymous", "", "*", AccountRelation::CrossAccount),
    ] {
        assert_eq!(run(&Case { who, owner, resource, ..GO }).1.accounts, expected, "{who} {owner} {resource}");
    }
}
