//! `keyward explain`: which statement decides, and what would change the answer.
//!
//! Reads accounts from exports, directories of policy files or a server, puts the question to `keyward-analysis`, and
//! prints. Start at [`run`].

pub(crate) mod credentials;
mod fetch;
mod response;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyward_analysis::{
    BadQuestion, Hints, Question, Symptom, explain, explain_asked, finish, lost_access_key,
    of_event, of_message,
};
use keyward_diagnose::{
    Diagnosis, Report, diagnosis_html, diagnosis_json, diagnosis_text, render_html, render_json,
    render_svg, render_text,
};
use keyward_engine::Decision;
use keyward_export::{
    Account, CredentialReport, Event, Export, Inline, Piece, Wanted, events, limits,
};

use crate::input::{self, Source};
use crate::terminal;

/// The request was refused.
const DENIED: u8 = 3;

/// What `keyward explain` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aws iam get-account-authorization-details > account.json
  keyward explain --export account.json --principal arn:aws:iam::111122223333:user/alice \\
      --action s3:GetObject --resource arn:aws:s3:::reports/q1.csv
  keyward explain --export account.json \\
      --message 'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:ListAllMyBuckets'
  keyward explain --export account.json --export organization/ --event record.json --html report.html
  keyward explain --endpoint http://127.0.0.1:7600 --principal arn:aws:iam::111122223333:user/alice \\
      --action iam:CreateUser --resource 'arn:aws:iam::111122223333:user/*' \\
      --context aws:SourceIp=203.0.113.7
  keyward explain --export account.json --principal arn:aws:iam::111122223333:user/alice \\
      --lost-access-key --credential-report report.csv

What may stand beside an export (organization, SCPs, RCPs, resource policies) is in docs/exports.md.

Exit status: 0 allowed, 3 denied, 2 bad input.")]
#[command(group(clap::ArgGroup::new("source").required(true).multiple(true)))]
#[command(group(clap::ArgGroup::new("symptom")))]
pub(crate) struct Arguments {
    /// What `aws iam get-account-authorization-details` printed, or a directory of such and of the policies beside them;
    /// may be repeated
    #[arg(long, value_name = "FILE|DIR", group = "source")]
    export: Vec<PathBuf>,
    /// Where to ask for the account's details, with the credentials of the environment or of ~/.aws/credentials
    #[arg(long, value_name = "URL", group = "source", conflicts_with = "export")]
    endpoint: Option<String>,
    /// An error message of AWS, as any tool prints it, or an HTTP response pasted whole; - reads standard input
    #[arg(long, value_name = "TEXT", group = "symptom")]
    message: Option<String>,
    /// A CloudTrail record, a file of records, or what `aws cloudtrail lookup-events` prints
    #[arg(long, value_name = "FILE", group = "symptom")]
    event: Option<PathBuf>,
    /// Which record of the file is meant
    #[arg(long, value_name = "ID", requires = "event")]
    event_id: Option<String>,
    /// A secret access key of --principal was lost: says how to replace it
    #[arg(long, group = "symptom", requires = "principal")]
    lost_access_key: bool,
    /// The account's credential report, for the age and last use of access keys
    #[arg(long, value_name = "FILE", requires = "lost_access_key")]
    credential_report: Option<PathBuf>,
    /// Who asks: the ARN of a user, a role, a session of a role, a federated user or a root user; a service; * for anyone
    #[arg(long, value_name = "ARN", required_unless_present_any = ["message", "event"])]
    principal: Option<String>,
    /// The user that made a federated session
    #[arg(long, value_name = "ARN")]
    issuer: Option<String>,
    /// What for, such as s3:GetObject
    #[arg(long, value_name = "ACTION", required_unless_present_any = ["message", "event", "lost_access_key"])]
    action: Option<String>,
    /// On what: an ARN, or * for an action that has no resource
    #[arg(long, value_name = "ARN", required_unless_present_any = ["message", "event", "lost_access_key"])]
    resource: Option<String>,
    /// A condition key of the request; a key that is given several times has a list of values
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// A policy that the session was made with; may be repeated
    #[arg(long, value_name = "FILE")]
    session_policy: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a report as a page of HTML too, with the way to the decision drawn
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the way to the decision as a drawing too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// What is told.
enum Answer {
    Diagnosis(Diagnosis),
    Report(Box<Report>),
}

/// Explains, prints, and says by the exit status what the answer is.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match answer(arguments).and_then(|answer| {
        write(arguments, &answer)?;
        Ok(answer)
    }) {
        Ok(answer) => show(arguments, &answer),
        Err(error) => terminal::bad_input(&error),
    }
}

fn show(arguments: &Arguments, answer: &Answer) -> ExitCode {
    let style = terminal::style();
    let text = match answer {
        Answer::Diagnosis(diagnosis) if arguments.json => diagnosis_json(diagnosis) + "\n",
        Answer::Diagnosis(diagnosis) => diagnosis_text(diagnosis, style),
        Answer::Report(report) if arguments.json => render_json(report) + "\n",
        Answer::Report(report) => render_text(report, style),
    };
    terminal::print(&text);
    match answer {
        Answer::Report(report) if report.overruled => ExitCode::from(DENIED),
        Answer::Report(report) => match report.decision {
            Decision::Allow(_) => ExitCode::SUCCESS,
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => ExitCode::from(DENIED),
        },
        Answer::Diagnosis(_) if arguments.lost_access_key => ExitCode::SUCCESS,
        Answer::Diagnosis(_) => ExitCode::from(DENIED),
    }
}

/// Writes the files that are asked for.
fn write(arguments: &Arguments, answer: &Answer) -> Result<(), BadQuestion> {
    let to = |path: &Path, text: String| {
        std::fs::write(path, text)
            .map_err(|error| BadQuestion::new(format!("can't write {}: {error}", path.display())))
    };
    if let Some(path) = &arguments.html {
        to(
            path,
            match answer {
                Answer::Diagnosis(diagnosis) => diagnosis_html(diagnosis),
                Answer::Report(report) => render_html(report),
            },
        )?;
    }
    match (&arguments.svg, answer) {
        (Some(path), Answer::Report(report)) => to(path, render_svg(report)),
        (Some(_), Answer::Diagnosis(_)) => Err(BadQuestion::new(
            "--svg draws the way to a decision, and no policy was asked here: use --html",
        )),
        (None, _) => Ok(()),
    }
}

fn answer(arguments: &Arguments) -> Result<Answer, BadQuestion> {
    let now = terminal::now();
    // What is wrong with the question itself is told before anything is read or fetched.
    let question = question(arguments)?;
    let source = source(arguments, now)?;
    if arguments.lost_access_key {
        let principal = arguments.principal.as_deref().unwrap_or_default();
        let report = arguments
            .credential_report
            .as_ref()
            .map(|path| {
                let text = input::text(path)?;
                Ok::<_, BadQuestion>(CredentialReport::read(&path.to_string_lossy(), &text)?)
            })
            .transpose()?;
        let ask = |export: &Export| lost_access_key(export, principal, report.as_ref(), now);
        return source
            .ask(&wanted(arguments, ""), ask)
            .map(Answer::Diagnosis);
    }
    if let Some(question) = question {
        let ask = |export: &Export| explain(export, &question, now);
        let mut report = source.ask(&wanted(arguments, ""), ask)?;
        finish(&mut report);
        return Ok(Answer::Report(Box::new(report)));
    }
    let hints = hints(arguments)?;
    match (&arguments.message, &arguments.event) {
        (Some(text), _) => {
            let text = message(text)?;
            symptom(&source, wanted(arguments, &text), now, |export| {
                of_message(export, &text, &hints)
            })
        }
        (None, Some(path)) => {
            let event = event(path, arguments.event_id.as_deref())?;
            let mut wanted = wanted(arguments, "");
            for arn in [&event.identity.arn, &event.identity.issuer_arn] {
                wanted.add(arn.as_deref().unwrap_or_default());
            }
            symptom(&source, wanted, now, |export| {
                of_event(export, &event, &hints)
            })
        }
        (None, None) => Err(BadQuestion::new(
            "give --principal, --action and --resource",
        )),
    }
}

/// Asks what a symptom comes to, until no question names what was not looked at.
fn symptom(
    source: &Source,
    mut wanted: Wanted,
    now: i64,
    of: impl Fn(&Export) -> Result<Symptom, BadQuestion>,
) -> Result<Answer, BadQuestion> {
    loop {
        let asked = match source.ask(&wanted, &of)? {
            Symptom::Diagnosis(diagnosis) => return Ok(Answer::Diagnosis(diagnosis)),
            Symptom::Question(asked) => asked,
        };
        let before = wanted.names().count();
        let question = &asked.question;
        wanted.add(&question.principal);
        wanted.add(&question.resource);
        wanted.add(question.issuer.as_deref().unwrap_or_default());
        if wanted.names().count() == before {
            let ask = |export: &Export| explain_asked(export, &asked, now);
            return source
                .ask(&wanted, ask)
                .map(|report| Answer::Report(Box::new(report)));
        }
    }
}

/// Returns the names that the question touches.
fn wanted(arguments: &Arguments, symptom: &str) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.add(symptom);
    for text in [&arguments.principal, &arguments.issuer, &arguments.resource] {
        wanted.add(text.as_deref().unwrap_or_default());
    }
    wanted
}

/// Returns the question, where it is put as one.
fn question(arguments: &Arguments) -> Result<Option<Question>, BadQuestion> {
    let (Some(principal), Some(action), Some(resource), None, None) = (
        &arguments.principal,
        &arguments.action,
        &arguments.resource,
        &arguments.message,
        &arguments.event,
    ) else {
        return Ok(None);
    };
    let mut question = Question::new(principal, action, resource, &arguments.context)?;
    question.issuer.clone_from(&arguments.issuer);
    question.session_policies = session_policies(&arguments.session_policy)?;
    Ok(Some(question))
}

fn hints(arguments: &Arguments) -> Result<Hints, BadQuestion> {
    Hints {
        principal: arguments.principal.clone(),
        issuer: arguments.issuer.clone(),
        action: arguments.action.clone(),
        resource: arguments.resource.clone(),
        session_policies: session_policies(&arguments.session_policy)?,
        ..Hints::default()
    }
    .with_context(&arguments.context)
}

fn session_policies(paths: &[PathBuf]) -> Result<Option<Vec<Inline>>, BadQuestion> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut policies = Vec::new();
    for path in paths {
        for piece in keyward_export::read(&path.to_string_lossy(), input::text(path)?)? {
            match piece {
                Piece::Bare(policy) => policies.push(policy),
                Piece::Account { .. }
                | Piece::Control { .. }
                | Piece::Devices(_)
                | Piece::Endpoints(_)
                | Piece::Organization(_)
                | Piece::Resources(_) => {
                    return Err(BadQuestion::new(format!(
                        "{} is not one policy, as --session-policy takes it",
                        path.display()
                    )));
                }
            }
        }
    }
    Ok(Some(policies))
}

/// Returns the message, from standard input where it is `-`.
fn message(text: &str) -> Result<String, BadQuestion> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    std::io::stdin()
        .take(limits::MESSAGE_BYTES as u64 + 1)
        .read_to_string(&mut read)
        .map_err(|error| BadQuestion::new(format!("can't read the message: {error}")))?;
    Ok(read)
}

/// Chooses a record: the one that is named, the only one, or the only one that was refused.
fn event(path: &Path, id: Option<&str>) -> Result<Event, BadQuestion> {
    let shown = path.display();
    let mut events = events(&path.to_string_lossy(), &input::text(path)?)?;
    let count = events.len();
    if let Some(id) = id {
        events.retain(|it| it.id == id);
        return events.pop().ok_or_else(|| {
            BadQuestion::new(format!(
                "{shown} has {count} records, and none has the eventID {id}"
            ))
        });
    }
    if count > 1 {
        events.retain(|it| it.error_code.is_some());
    }
    let listed: Vec<String> = events
        .iter()
        .take(5)
        .map(|it| format!("{} ({} at {})", it.id, it.name, it.time))
        .collect();
    match (events.pop(), listed.as_slice()) {
        (Some(event), [_]) => Ok(event),
        (None, _) => Err(BadQuestion::new(format!(
            "{shown} has {count} records and none was refused: choose one with --event-id"
        ))),
        (Some(_), listed) => Err(BadQuestion::new(format!(
            "{shown} has several records that were refused: choose one with --event-id, such as {}",
            listed.join(", ")
        ))),
    }
}

fn source(arguments: &Arguments, now: i64) -> Result<Source, BadQuestion> {
    match &arguments.endpoint {
        Some(endpoint) => {
            let account = fetch::account(endpoint, now)?;
            let mut export = Export::of([Piece::Account {
                account,
                continues: false,
            }])?;
            if export.accounts.is_empty() {
                let id = fetch::account_id(endpoint, now)?;
                export.accounts.insert(id, Account::default());
            }
            Ok(Source::Export(export))
        }
        None => Source::of(&arguments.export),
    }
}
