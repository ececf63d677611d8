//! `keyward explain`: which statement decides, and what would change the answer.
//!
//! Reads accounts from exports, directories of policy files or a server, puts the question to `keyward-analysis`, and
//! prints. Start at [`run`].

mod kept;
mod read;
mod sign_in;

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyward_analysis::{
    BadQuestion, Question, Symptom, change_not_visible, explain, explain_asked, finish,
    lost_access_key, of_event, of_message, wanted_revision,
};
use keyward_diagnose::{
    Diagnosis, Report, diagnosis_html, diagnosis_json, diagnosis_text, render_html, render_json,
    render_svg, render_text,
};
use keyward_engine::Decision;
use keyward_export::{Export, Wanted};

use crate::endpoint::{self, Server};
use crate::input::{self, Source};
use crate::nodes::{LOOK, Nodes};
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
  keyward explain --endpoint http://127.0.0.1:7600 --authorization-id 0a4bcd9efghijk1mnopq2rstu
  keyward explain --endpoint http://127.0.0.1:7600 --endpoint http://127.0.0.1:7601 --change-not-visible
  keyward explain --endpoint http://127.0.0.1:7600 --cannot-sign-in --account my-alias --user alice
  keyward explain --export account.json --principal arn:aws:iam::111122223333:user/alice \\
      --lost-access-key --credential-report report.csv

A server is asked for what it kept of a refusal (authorization id, encoded message) where the message has it.
What may stand beside an export (organization, SCPs, RCPs, resource policies) is in docs/exports.md.

Exit status: 0 allowed, 3 denied, 2 bad input.")]
#[command(group(clap::ArgGroup::new("source").required(true).multiple(true)))]
#[command(group(clap::ArgGroup::new("symptom")))]
pub(crate) struct Arguments {
    /// What `aws iam get-account-authorization-details` printed, or a directory of such and of the policies beside them;
    /// may be repeated
    #[arg(long, value_name = "FILE|DIR", group = "source")]
    export: Vec<PathBuf>,
    /// A running server to ask instead, with the credentials of the environment or of ~/.aws/credentials; several nodes for
    /// --change-not-visible
    #[arg(long, value_name = "URL", group = "source", conflicts_with = "export")]
    endpoint: Vec<String>,
    /// An error message of AWS, as any tool prints it, or an HTTP response pasted whole; - reads standard input
    #[arg(long, value_name = "TEXT", group = "symptom")]
    message: Option<String>,
    /// The authorization id that a refusal ends with: the server is asked for what it kept of the request
    #[arg(long, value_name = "ID", group = "symptom", requires = "endpoint")]
    authorization_id: Option<String>,
    /// The encoded message of a refusal (x-keyward-authorization-message): the server is asked to decode it
    #[arg(long, value_name = "TEXT", group = "symptom", requires = "endpoint")]
    encoded_message: Option<String>,
    /// A CloudTrail record, a file of records, or what `aws cloudtrail lookup-events` prints
    #[arg(long, value_name = "FILE", group = "symptom")]
    event: Option<PathBuf>,
    /// Which record of the file is meant
    #[arg(long, value_name = "ID", requires = "event")]
    event_id: Option<String>,
    /// A secret access key of --principal was lost: says how to replace it
    #[arg(long, group = "symptom", requires = "principal")]
    lost_access_key: bool,
    /// Somebody can't sign in to the account: --user NAME, or without it the root user
    #[arg(long, group = "symptom", requires = "endpoint")]
    cannot_sign_in: bool,
    /// What was typed as the account: its id or alias
    #[arg(long, value_name = "TEXT", requires = "cannot_sign_in")]
    account: Option<String>,
    /// What was typed as the user name
    #[arg(long, value_name = "TEXT", requires = "cannot_sign_in")]
    user: Option<String>,
    /// A change is not visible yet: says which of the nodes is behind, and by how much
    #[arg(long, group = "symptom", requires = "endpoint")]
    change_not_visible: bool,
    /// The revision that the change was answered with, in x-keyward-revision
    #[arg(long, value_name = "N", requires = "change_not_visible")]
    revision: Option<u64>,
    /// The account's credential report, for the age and last use of access keys
    #[arg(long, value_name = "FILE", requires = "lost_access_key")]
    credential_report: Option<PathBuf>,
    /// Who asks: the ARN of a user, a role, a session of a role, a federated user or a root user; a service; * for anyone
    #[arg(long, value_name = "ARN", required_unless_present_any = ["message", "event", "authorization_id", "encoded_message", "change_not_visible", "cannot_sign_in"])]
    principal: Option<String>,
    /// The user that made a federated session
    #[arg(long, value_name = "ARN")]
    issuer: Option<String>,
    /// What for, such as s3:GetObject
    #[arg(long, value_name = "ACTION", required_unless_present_any = ["message", "event", "authorization_id", "encoded_message", "lost_access_key", "change_not_visible", "cannot_sign_in"])]
    action: Option<String>,
    /// On what: an ARN, or * for an action that has no resource
    #[arg(long, value_name = "ARN", required_unless_present_any = ["message", "event", "authorization_id", "encoded_message", "lost_access_key", "change_not_visible", "cannot_sign_in"])]
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
    /// Of a refusal.
    Diagnosis(Diagnosis),
    Report(Box<Report>),
    /// Of what is no refusal.
    Told(Diagnosis),
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
        Answer::Diagnosis(diagnosis) | Answer::Told(diagnosis) if arguments.json => {
            diagnosis_json(diagnosis) + "\n"
        }
        Answer::Diagnosis(diagnosis) | Answer::Told(diagnosis) => diagnosis_text(diagnosis, style),
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
        Answer::Told(_) => ExitCode::SUCCESS,
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
                Answer::Diagnosis(diagnosis) | Answer::Told(diagnosis) => diagnosis_html(diagnosis),
                Answer::Report(report) => render_html(report),
            },
        )?;
    }
    match (&arguments.svg, answer) {
        (Some(path), Answer::Report(report)) => to(path, render_svg(report)),
        (Some(_), Answer::Diagnosis(_) | Answer::Told(_)) => Err(BadQuestion::new(
            "--svg draws the way to a decision, and no policy was asked here: use --html",
        )),
        (None, _) => Ok(()),
    }
}

fn answer(arguments: &Arguments) -> Result<Answer, BadQuestion> {
    let now = terminal::now();
    // What is wrong with the question itself is told before anything is read or fetched.
    let question = question(arguments)?;
    let text = arguments
        .message
        .as_deref()
        .map(read::message)
        .transpose()?;
    if arguments.change_not_visible {
        return nodes(arguments);
    }
    let server = match arguments.endpoint.as_slice() {
        [] => None,
        [endpoint] => Some(Server::connect(endpoint, now)?),
        [_, ..] => {
            return Err(BadQuestion::new(
                "several --endpoint are for --change-not-visible: give one",
            ));
        }
    };
    if let Some(server) = server.as_ref().filter(|_| arguments.cannot_sign_in) {
        let (account, user) = (arguments.account.as_deref(), arguments.user.as_deref());
        return sign_in::diagnosis(server, account, user, now).map(Answer::Told);
    }
    let mut hints = read::hints(arguments)?;
    if let Some(server) = &server
        && let Some(answer) = kept::answer(arguments, server, text.as_deref(), &mut hints, now)?
    {
        return Ok(answer);
    }
    // The program ends with the answer: nobody waits for it to be taken apart.
    let source = ManuallyDrop::new(match &server {
        None => Source::of(&arguments.export)?,
        Some(server) => {
            let mut export = server.export()?;
            let about = text.as_deref().or(arguments.action.as_deref());
            look_at_devices(server, about.unwrap_or_default(), &mut export);
            Source::Export(Box::new(export))
        }
    });
    if arguments.lost_access_key {
        return lost_key(arguments, server.as_ref(), &source, now);
    }
    if let Some(question) = question {
        let ask = |export: &Export| {
            let mut report = explain(export, &question, now)?;
            finish(&mut report, export);
            Ok(report)
        };
        let report = source.ask(&wanted(arguments, ""), ask)?;
        return Ok(Answer::Report(Box::new(report)));
    }
    match (text, &arguments.event) {
        (Some(text), _) => symptom(&source, wanted(arguments, &text), now, |export| {
            of_message(export, &text, &hints)
        }),
        (None, Some(path)) => {
            let event = read::event(path, arguments.event_id.as_deref())?;
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

fn nodes(arguments: &Arguments) -> Result<Answer, BadQuestion> {
    let nodes = Nodes::new(&arguments.endpoint)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
    let states = runtime.block_on(nodes.look(LOOK));
    let wanted = wanted_revision(&states, arguments.revision);
    let diagnosis = change_not_visible(&states, arguments.revision);
    Ok(if states.iter().all(|node| node.has(wanted)) {
        Answer::Told(diagnosis)
    } else {
        Answer::Diagnosis(diagnosis)
    })
}

fn lost_key(
    arguments: &Arguments,
    server: Option<&Server>,
    source: &Source,
    now: i64,
) -> Result<Answer, BadQuestion> {
    let principal = arguments.principal.as_deref().unwrap_or_default();
    let report = match (server, &arguments.credential_report) {
        (Some(server), None) => Some(server.keys_of(principal).map_err(endpoint::told)?),
        (_, path) => input::credential_report(path.as_deref())?,
    };
    let ask = |export: &Export| lost_access_key(export, principal, report.as_ref(), now);
    source.ask(&wanted(arguments, ""), ask).map(Answer::Told)
}

/// Asks the server for the MFA devices, where one may be about to be deleted. Who may not list them does without.
fn look_at_devices(server: &Server, about: &str, export: &mut Export) {
    if about
        .to_ascii_lowercase()
        .contains("deletevirtualmfadevice")
    {
        export.devices = server.devices().ok();
    }
}

/// Returns the question, where it is put as one.
fn question(arguments: &Arguments) -> Result<Option<Question>, BadQuestion> {
    let has_symptom = arguments.message.is_some()
        || arguments.event.is_some()
        || arguments.authorization_id.is_some()
        || arguments.encoded_message.is_some();
    let (Some(principal), Some(action), Some(resource), false) = (
        &arguments.principal,
        &arguments.action,
        &arguments.resource,
        has_symptom,
    ) else {
        return Ok(None);
    };
    let mut question = Question::new(principal, action, resource, &arguments.context)?;
    question.issuer.clone_from(&arguments.issuer);
    question.session_policies = read::session_policies(&arguments.session_policy)?;
    Ok(Some(question))
}
