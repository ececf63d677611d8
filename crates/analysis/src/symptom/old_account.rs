//! The second symptom: an old account that nobody gets into any more.
// SOURCE: spec/signin-recovery.md §2; "Troubleshoot IAM", general issues: "I need to access an old account".

use keyward_diagnose::{Diagnosis, Finding};

use crate::date::days_ago;

/// What an account holds about itself. Times are ISO 8601.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldAccount {
    /// Its id.
    pub account: String,
    /// What the operator calls it; may be empty.
    pub name: String,
    /// The root user's address.
    pub email: String,
    /// When it was made.
    pub created: String,
    /// Its alias.
    pub alias: Option<String>,
    /// Whether it is closed.
    pub is_closed: bool,
    /// The serial numbers of the root user's MFA devices.
    pub root_mfa: Vec<String>,
    /// The ids of the root user's active access keys.
    pub root_keys: Vec<String>,
    /// How many users there are.
    pub users: u64,
    /// How many of them have a password.
    pub users_with_password: u64,
    /// How many of their access keys are active.
    pub active_keys: u64,
    /// When a user last did anything.
    pub last_activity: Option<String>,
}

/// Says which ways into an account are left, in the order in which they are tried. `now` is in seconds since the Unix
/// epoch.
#[must_use]
pub fn old_account(it: &OldAccount, now: i64) -> Diagnosis {
    let verdict = if it.is_closed {
        format!(
            "Account {} is closed: nothing of it authenticates, and no step below opens it but the operator's.",
            it.account
        )
    } else {
        format!(
            "Account {} is in use. Its root user is {}; these ways in are left, in this order.",
            it.account, it.email
        )
    };
    let ways = [
        Some(mailed(it)),
        Some(mailbox(it)),
        others(it, now),
        Some(operator(it)),
    ];
    let mut findings: Vec<Finding> = (1..)
        .zip(ways.into_iter().flatten())
        .map(|(number, way)| Finding {
            title: format!("{number}. {}", way.title),
            ..way
        })
        .collect();
    findings.push(close(it));
    Diagnosis {
        verdict: vec![verdict],
        facts: facts(it, now),
        findings,
        notes: vec![
            "Sign-in pages and mail are not part of this version: until they are, the first two ways can't be taken.".to_owned(),
            "No telephone number is stored, so nobody can be called.".to_owned(),
        ],
    }
}

fn facts(it: &OldAccount, now: i64) -> Vec<(String, String)> {
    let or_none = |list: &[String]| match list {
        [] => "none".to_owned(),
        list => list.join(", "),
    };
    let activity = it.last_activity.as_ref().map(|time| {
        let days = days_ago(time, now).unwrap_or_default();
        format!(
            "{time} ({} ago)",
            counted(u64::try_from(days).unwrap_or(0), "day")
        )
    });
    [
        ("account", it.account.clone()),
        ("name", it.name.clone()),
        (
            "alias",
            it.alias.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        (
            "state",
            if it.is_closed { "closed" } else { "in use" }.to_owned(),
        ),
        ("made", it.created.clone()),
        ("root user", it.email.clone()),
        ("root user's MFA", or_none(&it.root_mfa)),
        ("root user's keys", or_none(&it.root_keys)),
        (
            "users",
            format!(
                "{}, {} with a password, {}",
                it.users,
                it.users_with_password,
                counted(it.active_keys, "active access key")
            ),
        ),
        (
            "last activity",
            activity.unwrap_or_else(|| "none of a user is known".to_owned()),
        ),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn finding(title: &str, sentences: Vec<String>, commands: Vec<String>) -> Finding {
    Finding {
        title: title.to_owned(),
        sentences,
        commands,
    }
}

fn mailed(it: &OldAccount) -> Finding {
    let mut sentences = vec![format!(
        "On the sign-in page for root users, \"Forgot your password?\" mails a link to {}. The page says the same whether the address \
         is right or not.",
        it.email
    )];
    if !it.root_mfa.is_empty() {
        sentences.push(
            "The root user's MFA device is asked for all the same: any one of those above will do."
                .to_owned(),
        );
    }
    finding("The mailed reset", sentences, Vec::new())
}

fn mailbox(it: &OldAccount) -> Finding {
    let domain = it.email.rsplit('@').next().unwrap_or_default();
    finding(
        "The mailbox is gone",
        vec![
            format!(
                "Whoever administers the mail of {domain} makes the address anew, or a catch-all mailbox that takes what is sent to \
                 addresses that are gone. Then the reset is mailed there."
            ),
            format!(
                "Where {domain} is nobody's any more, whoever registers it receives this account's mail: do so before another does."
            ),
        ],
        Vec::new(),
    )
}

fn others(it: &OldAccount, now: i64) -> Option<Finding> {
    if it.users_with_password == 0 && it.active_keys == 0 {
        return None;
    }
    let days = it.last_activity.as_deref();
    let days = days.and_then(|time| u64::try_from(days_ago(time, now)?).ok());
    let when = days.map_or(String::new(), |days| {
        format!(
            "; the last use that is known was {} ago",
            counted(days, "day")
        )
    });
    Some(finding(
        "Somebody who is still in",
        vec![format!(
            "The account has {} with a password and {}{when}. An administrator among them works on without the root user.",
            counted(it.users_with_password, "user"),
            counted(it.active_keys, "active access key")
        )],
        Vec::new(),
    ))
}

fn operator(it: &OldAccount) -> Finding {
    let mut known = vec![
        "the root user's address".to_owned(),
        "when the account was made".to_owned(),
    ];
    if it.alias.is_some() {
        known.push("its alias".to_owned());
    }
    if !it.root_keys.is_empty() {
        known.push("the ids of the root user's access keys".to_owned());
    }
    if !it.root_mfa.is_empty() {
        known.push("what the root user's MFA devices are called".to_owned());
    }
    finding(
        "The operator of this installation",
        vec![
            format!(
                "Who asks proves it by what the account holds: {}. Let them tell it and compare; read nothing of it out, and answer \
                 nothing about other accounts.",
                known.join(", ")
            ),
            "Then the operator opens the account if it is closed, and gives its root user a new password and a new access key. This and \
             every look at an account, as this one, are in the audit trail."
                .to_owned(),
        ],
        vec![format!(
            "keyward admin account recover {} --deactivate-access-keys",
            it.account
        )],
    )
}

fn close(it: &OldAccount) -> Finding {
    let mut commands = vec!["keyward doctor --endpoint URL".to_owned()];
    commands.extend(
        it.root_keys
            .iter()
            .map(|id| format!("aws iam delete-access-key --access-key-id {id}")),
    );
    if !it.is_closed {
        commands.push(format!("keyward admin account close {}", it.account));
    }
    finding(
        "Once in: close what nobody needs",
        vec![
            "Change the root user's password, give it an MFA device, delete its access keys, and put an address there that several \
             people read. Then delete users and keys that nobody uses; doctor lists them."
                .to_owned(),
            "An account that nobody needs at all is closed by the operator: nothing of it authenticates any more, and everything stays."
                .to_owned(),
        ],
        commands,
    )
}

#[cfg(test)]
mod tests {
    use keyward_diagnose::{Style, diagnosis_text};

    use super::*;

    /// 2026-01-02T03:04:05Z.
    const NOW: i64 = 1_767_323_045;

    #[test]
    fn as_people_read_it() {
        let it = OldAccount {
            account: "111122223333".to_owned(),
            name: "Old shop".to_owned(),
            email: "ops@example.com".to_owned(),
            created: "2020-01-01T00:00:00Z".to_owned(),
            alias: Some("old-shop".to_owned()),
            root_mfa: vec!["arn:aws:iam::111122223333:mfa/root".to_owned()],
            root_keys: vec!["AKIAEXAMPLE1".to_owned()],
            users: 3,
            users_with_password: 1,
            active_keys: 2,
            last_activity: Some("2025-01-01T00:00:00Z".to_owned()),
            ..OldAccount::default()
        };
        insta::assert_snapshot!(diagnosis_text(&old_account(&it, NOW), Style::Plain));
    }

    #[test]
    fn closed_and_empty() {
        let it = OldAccount {
            is_closed: true,
            email: "ops@example.com".to_owned(),
            ..OldAccount::default()
        };
        let told = old_account(&it, NOW);
        assert!(told.verdict[0].contains("is closed"));
        assert_eq!(
            told.findings[2].title,
            "3. The operator of this installation"
        );
    }
}
