//! From what a service kept of a refusal to its explanation: nothing of the request is guessed.

use keyward_diagnose::{Diagnosis, Finding, Report};
use keyward_engine::Decision;
use keyward_export::{Deny, Export, Recorded};

use super::{Hints, finish};
use crate::error::BadQuestion;
use crate::explain::explain;
use crate::question::{Given, Question};

/// Explains a request that a service kept, with the policies as they are in the export. `words` are the message of the
/// refusal where there is one; `now` is in seconds since the Unix epoch.
///
/// # Errors
/// As [`explain`], and where neither record nor hints say who asked.
pub fn explain_recorded(
    export: &Export,
    recorded: &Recorded,
    words: Option<&str>,
    hints: &Hints,
    now: i64,
) -> Result<Report, BadQuestion> {
    let question = question(recorded, hints)?;
    let when = recorded
        .value("aws:EpochTime")
        .and_then(|text| text.parse().ok());
    let mut report = explain(export, &question, when.unwrap_or(now))?;
    report.findings.push(source(recorded));
    report.findings.extend(since_then(recorded, &report));
    if let Some(words) = words {
        report.message = Some(words.to_owned());
    }
    finish(&mut report, export);
    Ok(report)
}

fn question(recorded: &Recorded, hints: &Hints) -> Result<Question, BadQuestion> {
    let principal = hints.principal.clone().or(recorded.principal.clone());
    let principal = principal.ok_or_else(|| {
        BadQuestion::new("the record does not say who asked: add --principal ARN")
    })?;
    let mut question = Question::new(&principal, &recorded.action, &recorded.resource, &[])?;
    question.issuer.clone_from(&hints.issuer);
    question
        .session_policies
        .clone_from(&hints.session_policies);
    // What a person gives wins: it asks how another request would fare.
    question.context.clone_from(&hints.context);
    for (key, values) in &recorded.context {
        let is_given = |it: &Given| it.key.eq_ignore_ascii_case(key);
        if !question.context.iter().any(is_given) {
            question.context.push(Given {
                key: key.clone(),
                values: values.clone(),
            });
        }
    }
    Ok(question)
}

/// Says where principal, action, resource and context come from.
fn source(recorded: &Recorded) -> Finding {
    let time = recorded.value("aws:CurrentTime");
    let time = time.map(|it| format!(" of {it}")).unwrap_or_default();
    Finding {
        title: "The request itself".to_owned(),
        sentences: vec![format!(
            "Who asked, for what and with which {} condition keys is from the server's own record{time}: nothing of it is \
             guessed. The policies are those of now.",
            recorded.context.len()
        )],
        commands: Vec::new(),
    }
}

/// Compares the decision of then with the one of now.
fn since_then(recorded: &Recorded, report: &Report) -> Option<Finding> {
    let same = match (&report.decision, recorded.deny) {
        (Decision::Allow(_), None)
        | (Decision::ExplicitDeny(_), Some(Deny::Explicit))
        | (Decision::ImplicitDeny(_), Some(Deny::Implicit)) => true,
        (Decision::Allow(_) | Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_), _) => false,
    };
    if same {
        return None;
    }
    let now = match report.decision {
        Decision::Allow(_) => "allowed",
        Decision::ExplicitDeny(_) => "denied by a statement",
        Decision::ImplicitDeny(_) => "denied for want of an Allow",
    };
    let mut sentences = vec![format!(
        "Then it was {}; with the policies of now it is {now}.",
        effect(recorded.deny)
    )];
    sentences.extend(matched(recorded, "DENY").map(|it| format!("Then denied by {it}.")));
    Some(Finding {
        title: "The policies have changed since".to_owned(),
        sentences,
        commands: Vec::new(),
    })
}

fn effect(deny: Option<Deny>) -> &'static str {
    match deny {
        None => "allowed",
        Some(Deny::Explicit) => "denied by a statement",
        Some(Deny::Implicit) => "denied for want of an Allow",
    }
}

/// Names the statements with an effect that matched, as far as the record knows them.
fn matched<'a>(recorded: &'a Recorded, wanted: &'static str) -> impl Iterator<Item = String> + 'a {
    let all = recorded.checks.iter().flat_map(|check| &check.matched);
    all.filter(move |(_, _, effect)| effect == wanted)
        .map(|(uri, sid, _)| {
            let known = recorded.policies.iter().find(|policy| policy.uri == *uri);
            let statement = match sid.as_str() {
                "" => "a statement".to_owned(),
                sid => format!("statement {sid}"),
            };
            match known {
                Some(policy) if !uri.starts_with("arn:") => {
                    let kind = spoken(&policy.kind);
                    let on = policy.attached_to.first();
                    let on = on.map(|arn| format!(" on {arn}")).unwrap_or_default();
                    format!("{statement} of an inline {kind}{on}")
                }
                Some(_) | None => format!("{statement} of {uri}"),
            }
        })
}

/// Turns `IDENTITY_BASED_POLICY` into `identity-based policy`.
fn spoken(word: &str) -> String {
    let spaced = word.to_ascii_lowercase().replace('_', " ");
    spaced.replace(" based", "-based")
}

/// Names the policies that a check is of.
// SOURCE: spec/evaluation.md §7.
fn layer(check: &str) -> String {
    match check {
        "PERMISSIONS_BOUNDARY" => "the permissions boundary",
        "PRINCIPAL" => "the principal's policies",
        "RESOURCE" => "the resource's policy",
        "RESOURCE_CONTROL_POLICY" => "the resource control policies",
        "SERVICE_CONTROL_POLICY" => "the service control policies",
        "SESSION" => "the session policies",
        "VPC_ENDPOINT" => "the VPC endpoint policy",
        other => return spoken(other),
    }
    .to_owned()
}

/// Says what a check came to.
fn outcome(effect: &str) -> String {
    match effect {
        "ALLOW" => "an Allow",
        "EXPLICIT_DENY" => "a Deny",
        "IMPLICIT_DENY" => "no Allow",
        "NO_IMPACT" => "no say in it",
        other => return spoken(other),
    }
    .to_owned()
}

/// Tells what a service kept of a refusal, where the account's policies can't be looked at.
#[must_use]
pub fn recorded_diagnosis(recorded: &Recorded, note: String) -> Diagnosis {
    let denies: Vec<String> = matched(recorded, "DENY").collect();
    let verdict = match (recorded.deny, denies.as_slice()) {
        (None, _) => format!("{} was allowed.", recorded.action),
        (Some(Deny::Explicit), [first, ..]) => {
            format!("{} was denied by {first}.", recorded.action)
        }
        (Some(Deny::Explicit), []) => format!(
            "{} was denied by a statement of a policy that the record does not show.",
            recorded.action
        ),
        (Some(Deny::Implicit), _) => {
            let lacking = lacking(recorded);
            format!(
                "{} was denied for want of an Allow{lacking}.",
                recorded.action
            )
        }
    };
    let principal = recorded.principal.clone();
    let mut facts = vec![
        (
            "principal".to_owned(),
            principal.unwrap_or_else(|| "not in the record".to_owned()),
        ),
        ("action".to_owned(), recorded.action.clone()),
        ("resource".to_owned(), recorded.resource.clone()),
    ];
    facts.extend(
        recorded
            .context
            .iter()
            .map(|(key, values)| (key.clone(), values.join(", "))),
    );
    let sentences: Vec<String> = recorded
        .checks
        .iter()
        .filter(|check| check.kind != "STATEMENT")
        .map(|check| format!("In {}: {}.", layer(&check.kind), outcome(&check.effect)))
        .chain(matched(recorded, "ALLOW").map(|it| format!("Allowed by {it}.")))
        .chain(denies.iter().map(|it| format!("Denied by {it}.")))
        .collect();
    let findings = if sentences.is_empty() {
        Vec::new()
    } else {
        vec![Finding {
            title: "What was looked at then".to_owned(),
            sentences,
            commands: Vec::new(),
        }]
    };
    Diagnosis {
        verdict: vec![verdict],
        facts,
        findings,
        notes: vec![note],
    }
}

/// Names the layers without an Allow.
fn lacking(recorded: &Recorded) -> String {
    let layers: Vec<String> = recorded
        .checks
        .iter()
        .filter(|check| check.effect == "IMPLICIT_DENY")
        .map(|check| layer(&check.kind))
        .collect();
    if layers.is_empty() {
        String::new()
    } else {
        format!(" in {}", layers.join(" and in "))
    }
}

#[cfg(test)]
mod tests {
    use keyward_diagnose::{Style, diagnosis_text};

    use super::*;

    const DETAILS: &str = r#"{"requestContext":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/ann","aws:SourceIp":"203.0.113.7"},
        "evaluations":[{"action":"iam:DeleteUser","resource":"arn:aws:iam::111122223333:user/bob","context":{},"evaluatedEffect":"EFFECT",
        "checks":[{"checkType":"PRINCIPAL","evaluatedEffect":"EFFECT","matchedPolicies":[MATCHED]}]}],
        "policies":[{"type":"IDENTITY_BASED_POLICY","inline":true,"uri":"inline-0","attachedTo":[{"arn":"arn:aws:iam::111122223333:user/ann"}]}]}"#;

    fn recorded(effect: &str, matched: &str) -> Recorded {
        let text = DETAILS.replace("EFFECT", effect);
        Recorded::of_details(&text.replace("MATCHED", matched)).unwrap()
    }

    #[test]
    fn as_people_read_it() {
        let denied = recorded(
            "EXPLICIT_DENY",
            r#"{"uri":"inline-0","matchedStatements":[{"sid":"Never","evaluatedEffect":"DENY"},{"sid":"All","evaluatedEffect":"ALLOW"}]}"#,
        );
        let told = recorded_diagnosis(&denied, "A note.".to_owned());
        insta::assert_snapshot!(diagnosis_text(&told, Style::Plain));
        let told = recorded_diagnosis(&recorded("IMPLICIT_DENY", ""), String::new());
        assert_eq!(
            told.verdict,
            ["iam:DeleteUser was denied for want of an Allow in the principal's policies."]
        );
    }

    #[test]
    fn what_a_person_gives_wins() {
        let hints = Hints::default()
            .with_context(&["AWS:sourceip=198.51.100.1".to_owned()])
            .unwrap();
        let asked = question(&recorded("IMPLICIT_DENY", ""), &hints).unwrap();
        let given: Vec<&str> = asked.context.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(given, ["AWS:sourceip", "aws:PrincipalArn"]);
        let nobody = Recorded {
            principal: None,
            ..recorded("IMPLICIT_DENY", "")
        };
        assert!(question(&nobody, &Hints::default()).is_err());
    }
}
