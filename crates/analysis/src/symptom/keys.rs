//! The first symptom: a secret access key that was lost.

use keyward_arn::Arn;
use keyward_diagnose::{Diagnosis, Finding};
use keyward_export::{CredentialReport, CredentialRow, Export, Key};

use crate::caller::{Caller, Kind};
use crate::date::days_ago;
use crate::error::BadQuestion;

/// How many access keys a user can have.
// SOURCE: spec/iam-entities.md §3.
const MOST: usize = 2;

/// Says which access keys a user has and in which order to replace the one that was lost. `now` is in seconds since the
/// Unix epoch.
///
/// # Errors
/// Where the principal is no user of the export or of the report.
pub fn lost_access_key(
    export: &Export,
    principal: &str,
    report: Option<&CredentialReport>,
    now: i64,
) -> Result<Diagnosis, BadQuestion> {
    let caller = Caller::find(principal, None, export)?;
    let name = match &caller.kind {
        Kind::Root => None,
        Kind::User { .. } => Some(principal.rsplit('/').next().unwrap_or(principal)),
        Kind::Anonymous | Kind::Federated { .. } | Kind::Service | Kind::Session { .. } => {
            return Err(BadQuestion::new(format!(
                "{principal} has no access keys of its own: users and root users have; a role's session gets new ones by \
                 assuming the role again"
            )));
        }
    };
    let row = match report {
        None => None,
        Some(report) => Some(report.row(principal).ok_or_else(|| {
            BadQuestion::new(format!(
                "the credential report has no line for {principal}: it is of another account or from before the user was made; \
                 get it anew with aws iam generate-credential-report"
            ))
        })?),
    };
    let keys = row.map(|row| row.keys.as_slice());
    let mut facts = vec![("user".to_owned(), principal.to_owned())];
    facts.extend(
        keys.unwrap_or_default()
            .iter()
            .map(|key| (format!("access key {}", key.number), named(key, now))),
    );
    Ok(Diagnosis {
        verdict: vec![verdict(keys)],
        facts,
        findings: findings(name, row, now),
        notes: notes(principal, row.is_some()),
    })
}

fn verdict(keys: Option<&[Key]>) -> String {
    let lost = "A secret access key is shown once, when it is made: nobody can show it again, AWS neither.";
    match keys {
        None => format!(
            "{lost} Make a second key, switch over, then deactivate and delete the lost one."
        ),
        Some([]) => format!("{lost} The user has no access key any more: make a new one."),
        Some(keys) if keys.len() >= MOST => format!(
            "{lost} The user has two keys, which is the most: one must go before a new one can be made."
        ),
        Some(_) => format!(
            "{lost} The user has one key, so a second one can be made before the lost one goes."
        ),
    }
}

fn named(key: &Key, now: i64) -> String {
    match &key.id {
        None => described(key, now),
        Some(id) => format!("{id}: {}", described(key, now)),
    }
}

fn described(key: &Key, now: i64) -> String {
    let age = match &key.created {
        None => "of unknown age".to_owned(),
        Some(created) => match days_ago(created, now) {
            Some(days) => format!("{days} days old (made {created})"),
            None => format!("made {created}"),
        },
    };
    let used = match &key.last_used {
        None => "never used".to_owned(),
        Some(used) => {
            let service = key
                .last_service
                .as_ref()
                .map(|service| format!(" for {service}"))
                .unwrap_or_default();
            match days_ago(used, now) {
                Some(days) => format!("last used {days} days ago{service}"),
                None => format!("last used {used}{service}"),
            }
        }
    };
    let state = if key.active { "active" } else { "inactive" };
    format!("{state}, {age}, {used}")
}

/// The key that is least missed: an inactive one, else the one that was not used for longest.
fn least_missed(keys: &[Key]) -> Option<&Key> {
    keys.iter()
        .min_by_key(|key| (key.active, key.last_used.clone().unwrap_or_default()))
}

fn findings(name: Option<&str>, row: Option<&CredentialRow>, now: i64) -> Vec<Finding> {
    let user = name
        .map(|name| format!(" --user-name {name}"))
        .unwrap_or_default();
    let keys = row.map(|row| row.keys.as_slice()).unwrap_or_default();
    let list = format!("aws iam list-access-keys{user}");
    let mut findings = Vec::new();
    if keys.len() >= MOST
        && let Some(key) = least_missed(keys)
    {
        let sentence = format!(
            "Access key {} is missed least: {}. If it is the lost one, or nothing uses it, deactivate it, wait whether \
             anything breaks, and delete it.",
            key.number,
            named(key, now)
        );
        let (sentence, id, look) = match &key.id {
            None => (
                format!("{sentence} Its id stands in the list."),
                "OLD",
                Some(list),
            ),
            Some(id) => (sentence, id.as_str(), None),
        };
        findings.push(Finding {
            title: "First, make room".to_owned(),
            sentences: vec![sentence],
            commands: look
                .into_iter()
                .chain([
                    format!(
                        "aws iam update-access-key{user} --status Inactive --access-key-id {id}"
                    ),
                    format!("aws iam delete-access-key{user} --access-key-id {id}"),
                ])
                .collect(),
        });
    }
    // Which of two was lost, only its owner knows.
    let old = match keys {
        [Key { id: Some(id), .. }] => id.as_str(),
        _ => "OLD",
    };
    findings.push(Finding {
        title: "Replace the lost key".to_owned(),
        sentences: vec![
            "In this order, so that nothing stands still: make the new one and keep its secret, use it wherever the old one was \
             used, look that the old one is used no more, deactivate it, and delete it after some days."
                .to_owned(),
        ],
        commands: vec![
            format!("aws iam create-access-key{user}"),
            format!("aws iam get-access-key-last-used --access-key-id {old}"),
            format!("aws iam update-access-key{user} --status Inactive --access-key-id {old}"),
            format!("aws iam delete-access-key{user} --access-key-id {old}"),
        ],
    });
    if name.is_none() {
        findings.push(Finding {
            title: "This is the root user".to_owned(),
            sentences: vec![
                "Its keys can do everything and no policy of its own account holds them: delete them and use a role.".to_owned(),
            ],
            commands: Vec::new(),
        });
    }
    findings
}

fn notes(principal: &str, has_report: bool) -> Vec<String> {
    if has_report {
        return Vec::new();
    }
    let account = Arn::parse(principal)
        .map(|arn| arn.account)
        .unwrap_or_default();
    vec![format!(
        "The export does not list access keys. For their age and last use give the credential report of account {account} with \
         --credential-report: aws iam generate-credential-report, then aws iam get-credential-report --query Content --output \
         text | base64 -d."
    )]
}
