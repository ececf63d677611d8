//! A question put to an export, through `keyward_diagnose`.

use std::collections::BTreeSet;

use keyward_arn::{AccountId, Arn};
use keyward_diagnose::{Case, Finding, Report, diagnose};
use keyward_engine::Request;
use keyward_export::Export;

use crate::caller::{Caller, Kind};
use crate::context::{Asked, context};
use crate::date::Moment;
use crate::error::BadQuestion;
use crate::gather::{Gathered, Shelf, Target, endpoint_of, resource_policy};
use crate::question::Question;

/// Answers a question; `now` is in seconds since the Unix epoch.
///
/// # Errors
/// Where the principal is not in the export, or a fact that the question needs is missing.
pub fn explain(export: &Export, question: &Question, now: i64) -> Result<Report, BadQuestion> {
    let caller = Caller::find(&question.principal, question.issuer.as_deref(), export)?;
    let (owner, mut notes) = resource_account(export, question, &caller)?;
    let asked = Asked {
        action: &question.action,
        resource: &question.resource,
        resource_account: owner,
    };
    let context = context(&question.context, &caller, export, asked, &Moment::of(now));
    let target = Target {
        action: &question.action,
        resource: &question.resource,
        owner,
        endpoint: endpoint_of(&question.context),
    };
    let mut shelf = Shelf::default();
    let session_policies = question.session_policies.as_deref();
    let gathered = Gathered::of(export, &mut shelf, &caller, target, session_policies);
    let mut request = Request::new(
        caller.principal(),
        &question.action,
        &question.resource,
        &context,
    );
    request.resource_account = owner;
    if let Kind::Session { session: None, .. } = &caller.kind {
        notes.push(match session_policies {
            None => {
                "A role acts in sessions: this is the answer for one without a session policy."
            }
            Some(_) => {
                "A role acts in sessions: this is the answer for one with the session policies that were given."
            }
        }
        .to_owned());
    }
    notes.extend(chained(&caller, question));
    notes.extend(from_catalog(&gathered.from_catalog));
    let mut report = diagnose(&Case {
        request,
        layers: &gathered.layers(),
        documents: &gathered.documents,
        unseen: &gathered.unseen,
        notes: &notes,
    });
    report.findings.extend(device(export, question));
    if !report.keys_not_given.is_empty() {
        report
            .notes
            .push("Give a condition key with --context KEY=VALUE.".to_owned());
    }
    Ok(report)
}

/// What a finding is called that says that a virtual MFA device is no orphan.
const ASSIGNED: &str = "The MFA device is somebody's";

/// Looks a virtual MFA device up that is to be deleted.
fn device(export: &Export, question: &Question) -> Option<Finding> {
    let serial = &question.resource;
    let mut devices = export.devices.iter().flatten();
    let device = devices.find(|it| it.serial == *serial)?;
    let deletes = question
        .action
        .eq_ignore_ascii_case("iam:DeleteVirtualMFADevice");
    (deletes && device.is_assigned).then(|| Finding {
        title: ASSIGNED.to_owned(),
        sentences: vec![format!(
            "The list of virtual MFA devices has {serial} as assigned: it was enabled, so it is no orphan. It is deactivated \
             before it is deleted, by its user with a code of it, or by an administrator."
        )],
        commands: vec![
            format!(
                "aws iam list-virtual-mfa-devices --assignment-status Assigned --query \"VirtualMFADevices[?SerialNumber=='{serial}'].User.UserName\""
            ),
            format!("aws iam deactivate-mfa-device --user-name NAME --serial-number {serial}"),
            format!("aws iam delete-virtual-mfa-device --serial-number {serial}"),
        ],
    })
}

/// What a session gets that assumes a role, beyond what policies say.
// SOURCE: spec/sts.md §2 (DurationSeconds), §1 (transitive tags, SourceIdentity).
fn chained(caller: &Caller<'_>, question: &Question) -> Option<String> {
    let is_session = match caller.kind {
        Kind::Session { .. } => true,
        Kind::Anonymous
        | Kind::Federated { .. }
        | Kind::Root
        | Kind::Service
        | Kind::User { .. } => false,
    };
    let assumes = question.action.eq_ignore_ascii_case("sts:AssumeRole");
    (is_session && assumes).then(|| {
        "A session that assumes a role chains it: the new session lasts an hour at most, whatever the role's maximum is; it \
         takes over the source identity and transitive tags; session policies of the old session bind this call and do not \
         follow into the new session."
            .to_owned()
    })
}

/// Tells which documents are not the account's own.
pub(crate) fn from_catalog(names: &BTreeSet<String>) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        format!(
            "The export lacks AWS's managed {} {}: taken from Keyward's own copy of AWS's policies, which may be of another \
             day. Export without --filter to have the account's.",
            if names.len() == 1 {
                "policy"
            } else {
                "policies"
            },
            names.join(", ")
        )
    })
}

/// Returns the account that owns the resource: as given, as the ARN says, as a file says, or else the caller's, which
/// is told.
pub(crate) fn resource_account(
    export: &Export,
    question: &Question,
    caller: &Caller<'_>,
) -> Result<(Option<AccountId>, Vec<String>), BadQuestion> {
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
            Some(account) => Ok((Some(account), Vec::new())),
            None => Err(BadQuestion::new(
                "--context aws:ResourceAccount takes one account id of 12 digits",
            )),
        };
    }
    let arn = Arn::parse(&question.resource);
    let told = resource_policy(export, &question.resource).and_then(|it| it.account);
    if let Some(account) = arn.and_then(|arn| arn.account_id()).or(told) {
        return Ok((Some(account), Vec::new()));
    }
    let mut notes = Vec::new();
    if arn.is_some() {
        notes.push(match caller.account {
            Some(account) => format!(
                "The resource's ARN names no account: taken to be of account {account}; say otherwise with --context \
                 aws:ResourceAccount=ID."
            ),
            None => "The resource's ARN names no account: say which owns it with --context aws:ResourceAccount=ID."
                .to_owned(),
        });
    }
    Ok((caller.account, notes))
}

#[cfg(test)]
mod tests;
