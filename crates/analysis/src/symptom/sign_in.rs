//! The third symptom: somebody can't sign in. The cause is for the administrator; the one who signs in is told one and the
//! same whatever it is.
// SOURCE: spec/signin-recovery.md §1, §3.

mod cause;

use keyward_diagnose::Diagnosis;

use self::cause::Cause;
use crate::date::seconds;
use crate::near::nearest;

const DAY: i64 = 86_400;

/// What is known of an account and of who signs in to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The account's id.
    pub account: String,
    /// The alias that stands for it, where it has one.
    pub alias: Option<String>,
    /// Whether it is closed; `None` where nobody here knows.
    pub is_closed: Option<bool>,
    /// The root user's address, where it is known.
    pub root_email: Option<String>,
    /// Days for which a password is good.
    pub max_age_days: Option<i64>,
    /// Whether an expired password can't be changed by its user.
    pub hard_expiry: bool,
    /// What was typed as the account, where that is known.
    pub typed_account: Option<String>,
    /// Who signs in.
    pub who: SignInUser,
    /// What could not be looked at.
    pub unseen: Vec<String>,
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInUser {
    /// There is no user of the name that was typed.
    Missing {
        /// What was typed.
        typed: String,
        /// Names that are like it.
        similar: Vec<String>,
        /// Whether a role has the name.
        is_role: bool,
    },
    /// The root user.
    Root(Credentials),
    /// A user.
    User {
        /// Its name.
        name: String,
        /// What it has.
        credentials: Credentials,
        /// Virtual MFA devices of its name that were made and never enabled.
        orphans: Vec<String>,
    },
}

impl Default for SignInUser {
    fn default() -> Self {
        Self::Root(Credentials::default())
    }
}

/// What somebody has to sign in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The password; `None` where there is none.
    pub password: Option<Password>,
    /// The serial numbers of MFA devices that are enabled; `None` where they could not be listed.
    pub mfa_devices: Option<Vec<String>>,
}

/// A password, as far as it is known. Times are ISO 8601.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Password {
    /// When it was last set.
    pub changed: Option<String>,
    /// When it was last used.
    pub last_used: Option<String>,
    /// Whether a new one must be set at the next sign-in.
    pub must_change: bool,
}

/// Returns up to three of the names that are like one that was typed.
#[must_use]
pub fn similar_names(typed: &str, names: &[String]) -> Vec<String> {
    let near = nearest(typed, names.iter().map(String::as_str));
    near.into_iter().map(str::to_owned).collect()
}

/// Says why somebody can't sign in. `now` is in seconds since the Unix epoch.
#[must_use]
pub fn cannot_sign_in(it: &SignIn, now: i64) -> Diagnosis {
    let mut causes = cause::account(it);
    match &it.who {
        SignInUser::Missing {
            typed,
            similar,
            is_role,
        } => causes.push(cause::missing(it, typed, similar, *is_role)),
        SignInUser::Root(credentials) => causes.extend(cause::root(it, credentials)),
        SignInUser::User {
            name,
            credentials,
            orphans,
        } => causes.extend(cause::user(it, name, credentials, orphans, now)),
    }
    let (certain, possible): (Vec<Cause>, Vec<Cause>) =
        causes.into_iter().partition(|cause| cause.certain);
    let titles: Vec<String> = certain.iter().map(|it| lower(&it.finding.title)).collect();
    let verdict = match titles.as_slice() {
        [_, ..] => format!("{} can't sign in: {}.", who(it), titles.join("; ")),
        [] => format!(
            "Nothing in the account's state keeps {} from signing in. What remains is how it is tried.",
            who(it)
        ),
    };
    let mut notes = vec![
        "For the administrator alone: whoever signs in is told one and the same, whatever the cause.".to_owned(),
        "Not stored here, so not known: failed attempts and throttling, mails and codes that were sent.".to_owned(),
    ];
    notes.extend(it.unseen.iter().cloned());
    Diagnosis {
        verdict: vec![verdict],
        facts: facts(it, now),
        findings: certain
            .into_iter()
            .chain(possible)
            .map(|cause| cause.finding)
            .collect(),
        notes,
    }
}

fn who(it: &SignIn) -> String {
    match &it.who {
        SignInUser::Missing { typed, .. } => typed.clone(),
        SignInUser::Root(_) => "the root user".to_owned(),
        SignInUser::User { name, .. } => name.clone(),
    }
}

/// Begins a title as the middle of a sentence.
fn lower(title: &str) -> String {
    let mut characters = title.chars();
    let first = characters.next().map(|it| it.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn facts(it: &SignIn, now: i64) -> Vec<(String, String)> {
    let mut facts = vec![("account".to_owned(), it.account.clone())];
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    add(
        "alias",
        it.alias.clone().unwrap_or_else(|| "none".to_owned()),
    );
    match it.is_closed {
        Some(true) => add("state", "closed".to_owned()),
        Some(false) => add("state", "in use".to_owned()),
        None => {}
    }
    let credentials = match &it.who {
        SignInUser::Missing { .. } => return facts,
        SignInUser::Root(credentials) => {
            if let Some(email) = &it.root_email {
                add("root user", email.clone());
            }
            credentials
        }
        SignInUser::User {
            name, credentials, ..
        } => {
            add("user", name.clone());
            credentials
        }
    };
    add(
        "password",
        match &credentials.password {
            None => "none".to_owned(),
            Some(password) => described(password, now),
        },
    );
    add(
        "MFA",
        match credentials.mfa_devices.as_deref() {
            None => "not known".to_owned(),
            Some([]) => "none".to_owned(),
            Some(devices) => devices.join(", "),
        },
    );
    facts
}

fn described(password: &Password, now: i64) -> String {
    let ago = |time: &str| match seconds(time) {
        Some(then) => match now.saturating_sub(then).div_euclid(DAY) {
            0 => " (today)".to_owned(),
            1 => " (yesterday)".to_owned(),
            days => format!(" ({days} days ago)"),
        },
        None => String::new(),
    };
    let mut parts = Vec::new();
    match &password.changed {
        None => parts.push("set at a time that is not stored".to_owned()),
        Some(time) => parts.push(format!("set {time}{}", ago(time))),
    }
    match &password.last_used {
        None => parts.push("no sign-in is known".to_owned()),
        Some(time) => parts.push(format!("last used {time}{}", ago(time))),
    }
    if password.must_change {
        parts.push("must be changed".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests;
