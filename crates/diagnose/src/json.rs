//! The report as JSON, for machines.

use crate::report::{
    Diagnosis, Element, Finding, Fix, LayerReport, Mark, Report, Seen, StatementReport, Step,
    Wanted,
};
use crate::words::effect_name;
use crate::write::Json;

/// Writes a report as JSON over several lines, without a line end.
///
/// | member | what |
/// |---|---|
/// | `decision` | `allowed`, `explicitDeny`, `implicitDeny` |
/// | `decidedBy` | a layer such as `permissionsBoundary`, or `none` where a rule decided that no policy changes |
/// | `uncertain` | `true` where it hangs on a layer that was not part of the input |
/// | `overruled` | `true` where AWS's own message names a layer that was not part of the input: it is denied, whatever `decision` says of the rest |
/// | `verdict` | the answer in words |
/// | `principal`, `action`, `resource` | the request |
/// | `message` | AWS's words for the refusal; absent where the request is allowed |
/// | `statements` | those that determined the decision |
/// | `layers` | every layer: `layer`, `state`, `sentence`, `decided`, `statements`, `nearMisses` |
/// | `keysNotGiven` | condition keys that statements ask for and the request lacks |
/// | `turns` | for an allowed request, what would turn the answer |
/// | `fixes` | `gives`, `steps`, `by` (whose change, where not the account's own), `proof` (how many requests near this one were tried, how many more become allowed, examples); the least first; `noFix` where there is none |
/// | `findings` | what is known beyond the policies: `title`, `sentences`, `commands`; absent where there is nothing |
/// | `notes` | what was taken for granted; absent where nothing was |
///
/// A statement has `layer`, `policy`, `policyArn`, `attachedTo`, `index` (from 0), `sid`, `effect`, `file`, `line` and
/// `column` (from 1, in the file where `file` is there, else in the document), and `elements`. What is not known is
/// absent.
#[must_use]
pub fn render_json(report: &Report) -> String {
    let mut members = vec![
        member("decision", Json::text(report.decision.as_str())),
        member(
            "decidedBy",
            Json::text(
                report
                    .decision
                    .layer()
                    .map_or("none", |layer| layer.as_str()),
            ),
        ),
        member("uncertain", Json::Bool(report.uncertain)),
        member("overruled", Json::Bool(report.overruled)),
        member("verdict", Json::text(report.verdict.join(" "))),
        member("principal", Json::text(&report.principal)),
        member("action", Json::text(&report.action)),
        member("resource", Json::text(&report.resource)),
    ];
    optional(&mut members, "message", report.message.as_deref());
    members.push(member(
        "statements",
        Json::List(report.determining().map(statement).collect()),
    ));
    members.push(member(
        "layers",
        Json::List(report.layers.iter().map(layer).collect()),
    ));
    members.push(member("keysNotGiven", texts(&report.keys_not_given)));
    if !report.turns.is_empty() {
        members.push(member("turns", texts(&report.turns)));
    }
    members.push(member(
        "fixes",
        Json::List(report.fixes.iter().map(fix).collect()),
    ));
    optional(&mut members, "noFix", report.no_fix.as_deref());
    findings(&mut members, &report.findings);
    if !report.notes.is_empty() {
        members.push(member("notes", texts(&report.notes)));
    }
    Json::Object(members).pretty()
}

/// Writes a diagnosis as JSON: `diagnosis`, `facts` by name, `findings` and `notes` as in [`render_json`].
#[must_use]
pub fn diagnosis_json(diagnosis: &Diagnosis) -> String {
    let facts = diagnosis
        .facts
        .iter()
        .map(|(name, value)| member(name, Json::text(value)))
        .collect();
    let mut members = vec![
        member("diagnosis", Json::text(diagnosis.verdict.join(" "))),
        member("facts", Json::Object(facts)),
    ];
    findings(&mut members, &diagnosis.findings);
    if !diagnosis.notes.is_empty() {
        members.push(member("notes", texts(&diagnosis.notes)));
    }
    Json::Object(members).pretty()
}

fn findings(members: &mut Vec<(String, Json)>, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    let list = findings.iter().map(|it| {
        let mut finding = vec![
            member("title", Json::text(&it.title)),
            member("sentences", texts(&it.sentences)),
        ];
        if !it.commands.is_empty() {
            finding.push(member("commands", texts(&it.commands)));
        }
        Json::Object(finding)
    });
    members.push(member("findings", Json::List(list.collect())));
}

fn member(name: &str, value: Json) -> (String, Json) {
    (name.to_owned(), value)
}

fn optional(members: &mut Vec<(String, Json)>, name: &str, text: Option<&str>) {
    members.extend(text.map(|text| member(name, Json::text(text))));
}

fn texts(texts: &[String]) -> Json {
    Json::List(texts.iter().map(Json::text).collect())
}

fn layer(layer: &LayerReport) -> Json {
    let mut members = vec![
        member("layer", Json::text(layer.layer.as_str())),
        member("state", Json::text(layer.state.as_str())),
        member("sentence", Json::text(&layer.sentence)),
        member("decided", Json::Bool(layer.decided)),
    ];
    let lists = [
        ("statements", &layer.statements),
        ("nearMisses", &layer.near_misses),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        members.push(member(
            name,
            Json::List(list.iter().map(statement).collect()),
        ));
    }
    Json::Object(members)
}

fn statement(statement: &StatementReport) -> Json {
    let mut members = vec![
        member("layer", Json::text(statement.layer.as_str())),
        member("policy", Json::text(&statement.policy)),
    ];
    optional(&mut members, "policyArn", statement.arn.as_deref());
    members.push(member("attachedTo", Json::text(&statement.attached_to)));
    members.push(member("index", Json::count(statement.index)));
    optional(&mut members, "sid", statement.sid.as_deref());
    members.push(member("effect", Json::text(effect_name(statement.effect))));
    if let Some(place) = &statement.place {
        optional(&mut members, "file", place.file.as_deref());
        members.push(member("line", Json::Number(u64::from(place.position.line))));
        members.push(member(
            "column",
            Json::Number(u64::from(place.position.column)),
        ));
    }
    members.push(member(
        "elements",
        Json::List(statement.elements.iter().map(element).collect()),
    ));
    Json::Object(members)
}

fn element(element: &Element) -> Json {
    let mut members = vec![member("element", Json::text(element.name))];
    if let Some((operator, key)) = &element.condition {
        members.push(member("operator", Json::text(operator)));
        members.push(member("key", Json::text(key)));
    }
    members.push(member("matched", Json::Bool(element.mark == Mark::Fits)));
    members.push(member(
        "wanted",
        Json::List(element.wanted.iter().map(wanted).collect()),
    ));
    if element.more > 0 {
        members.push(member("more", Json::count(element.more)));
    }
    members.push(member(
        "seen",
        match &element.seen {
            Seen::NotGiven => Json::Null,
            Seen::One(text) => Json::text(text),
            Seen::Several(several) => texts(several),
        },
    ));
    optional(&mut members, "hint", element.hint.as_deref());
    Json::Object(members)
}

fn wanted(wanted: &Wanted) -> Json {
    match &wanted.replaced {
        None => Json::text(&wanted.text),
        Some(replaced) => Json::Object(vec![
            member("written", Json::text(&wanted.text)),
            member("means", Json::text(replaced)),
        ]),
    }
}

fn fix(fix: &Fix) -> Json {
    let mut members = vec![
        member("gives", Json::text(&fix.gives)),
        member("steps", Json::List(fix.steps.iter().map(step).collect())),
    ];
    optional(&mut members, "by", fix.by.as_deref());
    if let Some(proof) = &fix.proof {
        members.push(member(
            "proof",
            Json::Object(vec![
                member("tried", Json::count(proof.tried)),
                member("more", Json::count(proof.more)),
                member("examples", texts(&proof.examples)),
            ]),
        ));
    }
    Json::Object(members)
}

fn step(step: &Step) -> Json {
    Json::Object(match step {
        Step::AddStatement {
            layer,
            place,
            statement,
        } => vec![
            member("kind", Json::text("addStatement")),
            member("layer", Json::text(layer.as_str())),
            member("place", Json::text(place)),
            member("json", Json::text(statement)),
        ],
        Step::ChangeRequest { what, key, value } => vec![
            member("kind", Json::text("changeRequest")),
            member("what", Json::text(what)),
            member("key", Json::text(key)),
            member("value", Json::optional(value.as_deref())),
        ],
        Step::EditStatement {
            layer,
            policy,
            index,
            what,
            json,
        } => vec![
            member("kind", Json::text("editStatement")),
            member("layer", Json::text(layer.as_str())),
            member("policy", Json::text(policy)),
            member("index", Json::count(*index)),
            member("what", Json::text(what)),
            member("json", Json::text(json)),
        ],
    })
}
