//! Gathers from a server what is known of somebody who can't sign in.

use keyward_analysis::{
    BadQuestion, Credentials, Password, SignIn, SignInUser, cannot_sign_in, similar_names,
};
use keyward_diagnose::Diagnosis;
use keyward_wire::{Call, Element, iam};

use crate::client::CallError;
use crate::endpoint::{Server, text, told};

/// Says why somebody can't sign in to the caller's account. `account` and `user` are what was typed; without `user` it is
/// the root user.
pub(super) fn diagnosis(
    server: &Server,
    account: Option<&str>,
    user: Option<&str>,
    now: i64,
) -> Result<Diagnosis, BadQuestion> {
    let mut it = SignIn {
        account: server.account_id()?.to_string(),
        typed_account: account.map(str::to_owned),
        ..SignIn::default()
    };
    let mut seen = Seen {
        server,
        unseen: Vec::new(),
    };
    if let Some(result) = seen.ask(&iam::ListAccountAliases::default(), "the alias")? {
        it.alias = result
            .members("AccountAliases")
            .next()
            .map(|it| it.text.clone());
    }
    if let Some(result) = seen.ask(&iam::GetAccountPasswordPolicy {}, "the password policy")?
        && let Some(policy) = result.child("PasswordPolicy")
    {
        it.max_age_days = policy
            .child_text("MaxPasswordAge")
            .and_then(|days| days.parse().ok());
        it.hard_expiry = policy.child_text("HardExpiry") == Some("true");
    }
    it.who = match user {
        None => SignInUser::Root(seen.root()?),
        Some(user) => seen.user(user, it.max_age_days.is_some())?,
    };
    it.unseen = seen.unseen;
    Ok(cannot_sign_in(&it, now))
}

/// What was asked for, and what the caller may not see.
struct Seen<'a> {
    server: &'a Server,
    unseen: Vec<String>,
}

impl Seen<'_> {
    /// Asks; `None` where there is no such thing, or the caller may not see it, which is remembered.
    fn ask<C: Call>(&mut self, call: &C, what: &str) -> Result<Option<Element>, BadQuestion> {
        match self.server.ask(call) {
            Ok(result) => Ok(Some(result)),
            Err(CallError::Refused { code, .. }) if code == "NoSuchEntity" => Ok(None),
            Err(error) => {
                let action = error.missing_permission();
                let note = action.map(|it| format!("Not looked at: {what}. You may not {it}."));
                self.unseen.push(note.ok_or_else(|| told(error))?);
                Ok(None)
            }
        }
    }

    fn root(&mut self) -> Result<Credentials, BadQuestion> {
        let call = iam::ListVirtualMFADevices {
            assignment_status: Some(iam::AssignmentStatusType::Assigned),
            ..iam::ListVirtualMFADevices::default()
        };
        let result = self.ask(&call, "the root user's MFA devices")?;
        let is_root = |it: &&Element| {
            let user = it.child("User").and_then(|user| user.child_text("Arn"));
            user.is_some_and(|arn| arn.ends_with(":root"))
        };
        let mut devices: Option<Vec<String>> = result.map(|result| {
            let devices = result.members("VirtualMFADevices").filter(is_root);
            devices.map(|it| text(it, "SerialNumber")).collect()
        });
        // A security key or passkey is in no list that others than the root user see.
        if devices.as_ref().is_some_and(Vec::is_empty) && self.has_root_device()? != Some(false) {
            devices = None;
        }
        Ok(Credentials {
            password: Some(Password::default()),
            mfa_devices: devices,
        })
    }

    /// Returns whether the root user has an MFA device of any kind; `None` where the caller may not see it.
    fn has_root_device(&mut self) -> Result<Option<bool>, BadQuestion> {
        let summary = self.ask(&iam::GetAccountSummary {}, "whether the root user has MFA")?;
        let map = summary.as_ref().and_then(|it| it.child("SummaryMap"));
        let entries = map.into_iter().flat_map(|map| map.children.iter());
        let mut enabled = entries.filter(|it| it.child_text("key") == Some("AccountMFAEnabled"));
        let enabled = enabled.next().and_then(|it| it.child_text("value"));
        let has = enabled.map(|it| it != "0");
        if has == Some(true) {
            let note = "Not looked at: which security keys or passkeys the root user has. Only the root user sees them.";
            self.unseen.push(note.to_owned());
        }
        Ok(has)
    }

    fn user(&mut self, typed: &str, ages: bool) -> Result<SignInUser, BadQuestion> {
        let user_name = Some(typed.to_owned());
        let call = iam::GetUser { user_name };
        let found = match self.server.ask(&call) {
            Ok(result) => result.child("User").cloned().unwrap_or_default(),
            Err(CallError::Refused { code, .. })
                if code == "NoSuchEntity" || code == "ValidationError" =>
            {
                return self.missing(typed);
            }
            Err(error) => return Err(told(error)),
        };
        let name = text(&found, "UserName");
        let call = iam::GetLoginProfile {
            user_name: Some(name.clone()),
        };
        let before = self.unseen.len();
        let profile = self.ask(&call, "the password")?;
        let mut password = profile.as_ref().map(|result| {
            let profile = result.child("LoginProfile").cloned().unwrap_or_default();
            Password {
                changed: profile.child_text("CreateDate").map(str::to_owned),
                last_used: found.child_text("PasswordLastUsed").map(str::to_owned),
                must_change: profile.child_text("PasswordResetRequired") == Some("true"),
            }
        });
        if self.unseen.len() > before {
            // Whether there is one is not known, so nothing is said of it.
            password = Some(Password::default());
        }
        if let Some(password) = password.as_mut().filter(|_| ages) {
            self.age(password, &text(&found, "Arn"));
        }
        let call = iam::ListMFADevices {
            user_name: Some(name.clone()),
            ..iam::ListMFADevices::default()
        };
        let devices = self.ask(&call, "the user's MFA devices")?;
        let mfa_devices = devices.map(|result| {
            let devices = result.members("MFADevices");
            devices.map(|it| text(it, "SerialNumber")).collect()
        });
        let of_name = |serial: &str| {
            let last = serial.rsplit('/').next();
            last.is_some_and(|last| last.eq_ignore_ascii_case(&name))
        };
        let unassigned = self.server.devices().unwrap_or_default().into_iter();
        let orphans = unassigned.filter(|it| !it.is_assigned && of_name(&it.serial));
        Ok(SignInUser::User {
            orphans: orphans.map(|it| it.serial).collect(),
            credentials: Credentials {
                password,
                mfa_devices,
            },
            name,
        })
    }

    /// Learns from the credential report when the password was last set, which nothing else tells. An old report may not
    /// know a login profile that was made since.
    fn age(&mut self, password: &mut Password, arn: &str) {
        match self.server.report() {
            Ok((report, _)) => {
                let row = report.row(arn);
                let changed = row.and_then(|row| row.password_changed.clone());
                // Both are ISO 8601 in UTC, the one ending in Z and the other in +00:00.
                let changed = changed.map(|it| it.replace("+00:00", "Z"));
                password.changed = password.changed.take().max(changed);
            }
            Err(error) => {
                password.changed = None;
                self.unseen.push(match error.missing_permission() {
                    Some(action) => format!(
                        "Not looked at: when the password was last set. You may not {action}."
                    ),
                    None => format!("Not looked at: when the password was last set. {error}."),
                });
            }
        }
    }

    fn missing(&mut self, typed: &str) -> Result<SignInUser, BadQuestion> {
        let call = iam::ListUsers {
            max_items: Some(1000),
            ..iam::ListUsers::default()
        };
        let users = self.ask(&call, "users of a like name")?;
        let names: Vec<String> = users
            .iter()
            .flat_map(|result| result.members("Users"))
            .map(|it| text(it, "UserName"))
            .collect();
        let role = iam::GetRole {
            role_name: typed.to_owned(),
        };
        Ok(SignInUser::Missing {
            typed: typed.to_owned(),
            similar: similar_names(typed, &names),
            // Where it can't be seen, nothing is said of it.
            is_role: self.server.ask(&role).is_ok(),
        })
    }
}
