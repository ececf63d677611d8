//! What keeps somebody from signing in, or may.

use std::fmt::Write as _;

use keyward_diagnose::Finding;

use super::{Credentials, DAY, Password, SignIn};
use crate::date::{iso8601, seconds};

/// Something that keeps somebody out, or may.
pub(super) struct Cause {
    /// Whether it is known to, and not only possible.
    pub(super) certain: bool,
    /// What it is, and what to do.
    pub(super) finding: Finding,
}

fn cause(certain: bool, title: &str, sentence: String, commands: Vec<String>) -> Cause {
    Cause {
        certain,
        finding: Finding {
            title: title.to_owned(),
            sentences: vec![sentence],
            commands,
        },
    }
}

/// What keeps everybody out, or leads to another account.
pub(super) fn account(it: &SignIn) -> Vec<Cause> {
    let mut causes = Vec::new();
    if it.is_closed == Some(true) {
        causes.push(cause(
            true,
            "The account is closed",
            "Nothing of a closed account authenticates: no password, no access key, no session. The operator of the installation \
             closed it, and can open it."
                .to_owned(),
            vec![format!("keyward admin account reopen {}", it.account)],
        ));
    }
    if let Some(typed) = &it.typed_account {
        let is_alias = it.alias.as_deref() == Some(typed.as_str());
        let digits = typed.replace('-', "");
        if !is_alias && digits != it.account {
            let named = match &it.alias {
                None => format!("{}, and it has no alias", it.account),
                Some(alias) => format!("{} or {alias}", it.account),
            };
            let title = if typed.contains('@') {
                "An address was typed as the account"
            } else {
                "Another account was typed"
            };
            causes.push(cause(
                true,
                title,
                format!(
                    "{typed} does not name this account. It is {named}; an alias has small letters, and one that was changed \
                     leads nowhere."
                ),
                vec!["aws iam list-account-aliases".to_owned()],
            ));
        }
    }
    causes
}

/// What is behind a user that is not there.
pub(super) fn missing(it: &SignIn, typed: &str, similar: &[String], is_role: bool) -> Cause {
    if typed.contains('@') {
        let is_root = it
            .root_email
            .as_deref()
            .is_some_and(|email| email.eq_ignore_ascii_case(typed));
        let sentence = if is_root {
            format!(
                "{typed} is the address of the root user. The root user signs in with it on the page for root users; the page for \
                 IAM users takes account and user name."
            )
        } else {
            format!(
                "{typed} is an address, and no user is called so. IAM users sign in with account and user name; an address belongs \
                 on the page for root users."
            )
        };
        return cause(
            true,
            "Root user and IAM user are mixed up",
            sentence,
            Vec::new(),
        );
    }
    let mut sentence = format!("Account {} has no user {typed}.", it.account);
    if is_role {
        sentence.push_str(
            " There is a role of that name: nobody signs in as a role; sign in as a user and assume it.",
        );
    }
    if !similar.is_empty() {
        sentence.push_str(&format!(" Did you mean {}?", similar.join(" or ")));
    }
    sentence.push_str(" A user name is typed without its path, and letter case does not count.");
    cause(
        true,
        "There is no such user",
        sentence,
        vec!["aws iam list-users --query 'Users[].UserName'".to_owned()],
    )
}

/// What may keep the root user out.
pub(super) fn root(it: &SignIn, credentials: &Credentials) -> Vec<Cause> {
    let mut causes = Vec::new();
    let email = it.root_email.as_deref().unwrap_or("its e-mail address");
    causes.push(cause(
        false,
        "Root user and IAM user are mixed up",
        format!(
            "The root user signs in with {email} and its own password on the page for root users, never with account and user \
             name. Who is signed in as an IAM user signs out first."
        ),
        Vec::new(),
    ));
    match credentials.mfa_devices.as_deref() {
        Some([]) => causes.push(cause(
            false,
            "A code is mailed to a new browser",
            "The root user has no MFA device, so a browser that is not known yet asks for a code that goes to the root user's \
             mailbox. Whether it was sent and arrived is not stored here."
                .to_owned(),
            Vec::new(),
        )),
        Some(devices) => causes.push(lost_device(None, devices)),
        None => {}
    }
    causes
}

/// What keeps a user out, or may.
pub(super) fn user(
    it: &SignIn,
    name: &str,
    credentials: &Credentials,
    orphans: &[String],
    now: i64,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    match &credentials.password {
        None => causes.push(cause(
            true,
            "The user has no password",
            format!(
                "{name} has no login profile: it was never made or was deleted, so {name} works with access keys alone. To let it \
                 sign in:"
            ),
            vec![format!(
                "aws iam create-login-profile --user-name {name} --password-reset-required --password NEW"
            )],
        )),
        Some(password) => causes.extend(of_password(it, name, password, now)),
    }
    if let Some(devices) = credentials
        .mfa_devices
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        causes.push(lost_device(Some(name), devices));
    } else if let [serial, ..] = orphans {
        causes.push(cause(
            false,
            "An MFA device was made and never enabled",
            format!(
                "{serial} belongs to nobody, so no code is asked for, and where a policy denies everything without MFA {name} signs \
                 in and may do nothing. The policy is right: delete the device, then {name} enables a new one."
            ),
            vec![format!(
                "aws iam delete-virtual-mfa-device --serial-number {serial}"
            )],
        ));
    }
    causes
}

fn of_password(it: &SignIn, name: &str, password: &Password, now: i64) -> Vec<Cause> {
    let mut causes = Vec::new();
    let reset = format!(
        "aws iam update-login-profile --user-name {name} --password-reset-required --password NEW"
    );
    let changed = password.changed.as_deref().and_then(seconds);
    let expired = it
        .max_age_days
        .zip(changed)
        .map(|(days, changed)| changed.saturating_add(days.saturating_mul(DAY)))
        .filter(|expires| *expires <= now);
    if let Some(expired) = expired {
        let since = iso8601(expired);
        let days = it.max_age_days.unwrap_or_default();
        if it.hard_expiry {
            causes.push(cause(
                true,
                "The password has expired, and the user can't change it",
                format!(
                    "It was good for {days} days, until {since}, and the account's password policy has HardExpiry: only an \
                     administrator sets a new one. Access keys of {name} still work."
                ),
                vec![reset.clone()],
            ));
        } else {
            causes.push(cause(
                false,
                "The password has expired",
                format!(
                    "It was good for {days} days, until {since}. At sign-in {name} must set a new one, and needs \
                     iam:ChangePassword for that. Access keys of {name} still work."
                ),
                may_change(it, name),
            ));
        }
    } else if password.must_change {
        causes.push(cause(
            false,
            "A new password must be set at sign-in",
            format!("{name} needs iam:ChangePassword for that; without it the sign-in does not come to its end."),
            may_change(it, name),
        ));
    }
    causes.push(cause(
        false,
        "The password was forgotten",
        format!(
            "An IAM user has no link to reset it by mail: an administrator sets a new one. Letter case counts in passwords. {name} \
             then sets its own."
        ),
        vec![reset],
    ));
    causes
}

fn may_change(it: &SignIn, name: &str) -> Vec<String> {
    let arn = format!("arn:aws:iam::{}:user/{name}", it.account);
    vec![format!(
        "keyward explain --endpoint URL --principal {arn} --action iam:ChangePassword --resource {arn}"
    )]
}

/// Says whether a serial number is that of a security key or passkey. Such a device gives no codes, so it is never out of step.
// SOURCE: spec/signin-recovery.md §1.
fn is_fido(serial: &str) -> bool {
    serial.contains(":u2f/")
}

fn lost_device(user: Option<&str>, devices: &[String]) -> Cause {
    let first = devices.first().map(String::as_str).unwrap_or_default();
    let with_codes = devices.iter().find(|serial| !is_fido(serial));
    let title = match with_codes {
        None => "The security key or passkey is lost",
        Some(_) => "The MFA device is lost or out of step",
    };
    let Some(name) = user else {
        let sentence = "Any one of the devices will do. Where all are lost, the way is by the root user's mailbox and telephone, or the operator.";
        return cause(false, title, sentence.to_owned(), Vec::new());
    };
    let mut sentence =
        "Any one of the devices will do. A lost one is deactivated by an administrator".to_owned();
    let lost = with_codes.map_or(first, String::as_str);
    let mut commands = vec![format!(
        "aws iam deactivate-mfa-device --user-name {name} --serial-number {lost}"
    )];
    if let Some(serial) = with_codes {
        let _ = write!(
            sentence,
            ", and {name} enables a new one; where it was stolen, the password is changed too. One whose clock is off is brought \
             back into step with two codes that follow each other. Whether codes were refused is not stored here."
        );
        commands.push(format!(
            "aws iam delete-virtual-mfa-device --serial-number {serial}"
        ));
        commands.push(format!(
            "aws iam resync-mfa-device --user-name {name} --serial-number {serial} --authentication-code1 CODE --authentication-code2 NEXT"
        ));
    } else {
        let _ = write!(
            sentence,
            ", and the operator registers a new one, or {name} enables a virtual one; where it was stolen, the password is \
             changed too. It has no clock that could be out of step."
        );
    }
    cause(false, title, sentence, commands)
}
