//! A question put to an account: all of `keyward explain` but reading and printing.

use keyward_arn::{AccountId, Arn};
use keyward_diagnose::{Case, Report, diagnose};
use keyward_engine::Request;

use super::account::{BadInput, Source};
use super::context::{Asked, Given, context, given};
use super::gather::Gathered;
use super::principal::{Caller, Kind};

/// Who asks for what.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    principal: String,
    action: String,
    resource: String,
    context: Vec<Given>,
}

impl Question {
    /// Checks what can be checked without an account.
    pub(crate) fn new(
        principal: &str,
        action: &str,
        resource: &str,
        context: &[String],
    ) -> Result<Self, BadInput> {
        let is_action = action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !name.contains(':')
        });
        if !is_action || action.contains(char::is_whitespace) {
            return Err(BadInput(format!(
                "--action {action:?} is not of the form service:Name, such as s3:GetObject"
            )));
        }
        if action.contains(['*', '?']) {
            return Err(BadInput(format!(
                "--action {action}: ask for one action, without wildcards"
            )));
        }
        if resource != "*" && Arn::parse(resource).is_none() {
            return Err(BadInput(format!(
                "--resource {resource:?} is neither an ARN nor *, which stands for actions without a resource"
            )));
        }
        Ok(Self {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: given(context)?,
        })
    }
}

/// Answers a question; `now` is in seconds since the Unix epoch.
pub(crate) fn explain(source: &Source, question: &Question, now: i64) -> Result<Report, BadInput> {
    let caller = Caller::find(&question.principal, source)?;
    let (owner, mut notes) = resource_account(question, &caller)?;
    let known = match source {
        Source::Account(account) => Some(account),
        Source::Directory(_) => None,
    };
    let owner_text = owner.to_string();
    let asked = Asked {
        action: &question.action,
        resource: &question.resource,
        resource_account: &owner_text,
    };
    let context = context(&question.context, &caller, known, asked, now);
    let gathered = Gathered::of(source, &caller, &question.action, &question.resource);
    let mut request = Request::new(
        caller.principal(),
        &question.action,
        &question.resource,
        &context,
    );
    request.resource_account = Some(owner);
    if let Kind::Session { session: None, .. } = &caller.kind {
        notes.push(
            "A role acts in sessions: this is the answer for one without a session policy."
                .to_owned(),
        );
    }
    let mut report = diagnose(&Case {
        request,
        layers: &gathered.layers(),
        documents: &gathered.documents,
        unseen: &gathered.unseen,
        notes: &notes,
    });
    if !report.keys_not_given.is_empty() {
        report
            .notes
            .push("Give a condition key with --context KEY=VALUE.".to_owned());
    }
    Ok(report)
}

/// Returns the account that owns the resource: as given, as the ARN says, or else the caller's, which is told.
fn resource_account(
    question: &Question,
    caller: &Caller<'_>,
) -> Result<(AccountId, Vec<String>), BadInput> {
    let given = question
        .context
        .iter()
        .find(|it| it.key.eq_ignore_ascii_case("aws:ResourceAccount"));
    if let Some(given) = given {
        let account = given
            .values
            .first()
            .and_then(|value| AccountId::parse(value).ok());
        return match account.filter(|_| given.values.len() == 1) {
            Some(account) => Ok((account, Vec::new())),
            None => Err(BadInput(
                "--context aws:ResourceAccount takes one account id of 12 digits".to_owned(),
            )),
        };
    }
    let arn = Arn::parse(&question.resource);
    if let Some(account) = arn.and_then(|arn| arn.account_id()) {
        return Ok((account, Vec::new()));
    }
    let mut notes = Vec::new();
    if arn.is_some() {
        notes.push(format!(
            "The resource's ARN names no account: taken to be of account {}; say otherwise with --context \
             aws:ResourceAccount=ID.",
            caller.account
        ));
    }
    Ok((caller.account, notes))
}

#[cfg(test)]
mod tests;
