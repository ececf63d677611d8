//! What the credential report tells.

use keyward_arn::Arn;
use keyward_diagnose::Place;
use keyward_export::{CredentialReport, CredentialRow};
use keyward_policy::Position;

use super::{Bite, Rule, Ward};
use crate::date::days_ago;

/// After how many days without use a key is told.
const UNUSED_DAYS: i64 = 90;

pub(super) fn check(ward: &mut Ward<'_>, report: &CredentialReport, now: i64) {
    for row in &report.rows {
        let is_root = row.user == "<root_account>";
        if (row.has_password || is_root) && !row.mfa_active {
            let who = if is_root { "The root user" } else { "The user" };
            ward.bites.push(bite(
                report,
                row,
                Rule::UserWithoutMfa,
                format!("{who} signs in with a password alone."),
                if is_root {
                    "Sign in as the root user and assign an MFA device.".to_owned()
                } else {
                    format!("aws iam create-virtual-mfa-device and aws iam enable-mfa-device --user-name {}, or delete the password if nobody uses it.", row.user)
                },
            ));
        }
        for key in row.keys.iter().filter(|key| key.active) {
            let since = key.last_used.as_ref().or(key.created.as_ref());
            let Some(days) = since.and_then(|since| days_ago(since, now)) else {
                continue;
            };
            if days < UNUSED_DAYS {
                continue;
            }
            let used = match &key.last_used {
                None => format!("was never used in the {days} days since it was made"),
                Some(_) => format!("was not used for {days} days"),
            };
            let user = if is_root {
                String::new()
            } else {
                format!(" --user-name {}", row.user)
            };
            ward.bites.push(bite(
                report,
                row,
                Rule::CredentialUnused,
                format!("Access key {} {used}.", key.number),
                format!("Deactivate it, and delete it when nothing breaks: aws iam list-access-keys{user}, then aws iam update-access-key{user} --status Inactive --access-key-id ID."),
            ));
        }
    }
}

fn bite(
    report: &CredentialReport,
    row: &CredentialRow,
    rule: Rule,
    message: String,
    fix: String,
) -> Bite {
    Bite {
        rule,
        account: Arn::parse(&row.arn).and_then(|arn| arn.account_id()),
        subject: if row.user == "<root_account>" {
            "the root user".to_owned()
        } else {
            format!("user {}", row.user)
        },
        message,
        place: Some(Place {
            file: Some(report.path.as_str().into()),
            position: Position {
                line: row.line,
                column: 1,
            },
            one_line: false,
            inner: None,
        }),
        fix,
    }
}
