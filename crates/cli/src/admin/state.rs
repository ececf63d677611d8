//! The state of an account, as the operator's socket tells it, made into what diagnoses are made from.

use anyhow::Context as _;
use keyward_analysis::{Credentials, OldAccount, Password, SignIn, SignInUser, similar_names};
use serde::Deserialize;
use serde_json::Value;

/// The answer of the socket.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    account_id: String,
    name: String,
    email: String,
    status: String,
    created: String,
    alias: Option<String>,
    max_password_age_days: Option<i64>,
    hard_expiry: bool,
    root: Root,
    users: u64,
    users_with_password: u64,
    active_access_keys: u64,
    last_activity: Option<String>,
    user: Option<User>,
    user_names: Vec<String>,
    is_role: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Root {
    mfa_devices: Vec<String>,
    access_keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    access_key_id: String,
    active: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_name: String,
    password: Option<RawPassword>,
    mfa_devices: Vec<String>,
    orphaned_mfa_devices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPassword {
    changed: String,
    last_used: Option<String>,
    must_change: bool,
}

impl State {
    /// Reads the answer.
    pub(super) fn read(answer: &Value) -> anyhow::Result<Self> {
        Self::deserialize(answer).context("the server answered something else")
    }

    /// Returns what the account holds about itself.
    pub(super) fn old_account(&self) -> OldAccount {
        let active = self.root.access_keys.iter().filter(|key| key.active);
        OldAccount {
            account: self.account_id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            created: self.created.clone(),
            alias: self.alias.clone(),
            is_closed: self.is_closed(),
            root_mfa: self.root.mfa_devices.clone(),
            root_keys: active.map(|key| key.access_key_id.clone()).collect(),
            users: self.users,
            users_with_password: self.users_with_password,
            active_keys: self.active_access_keys,
            last_activity: self.last_activity.clone(),
        }
    }

    /// Returns what is known of who signs in as `user`, or as the root user; `typed` found the account.
    pub(super) fn sign_in(&self, typed: &str, user: &str) -> SignIn {
        SignIn {
            account: self.account_id.clone(),
            alias: self.alias.clone(),
            is_closed: Some(self.is_closed()),
            root_email: Some(self.email.clone()),
            max_age_days: self.max_password_age_days,
            hard_expiry: self.hard_expiry,
            // An address finds the account here, and not on the page for IAM users.
            typed_account: Some(typed.to_owned()).filter(|it| !it.contains('@')),
            who: self.who(user),
            unseen: Vec::new(),
        }
    }

    fn is_closed(&self) -> bool {
        self.status == "closed"
    }

    fn who(&self, user: &str) -> SignInUser {
        if super::is_root(user) {
            return SignInUser::Root(Credentials {
                password: Some(Password::default()),
                mfa_devices: Some(self.root.mfa_devices.clone()),
            });
        }
        match &self.user {
            None => SignInUser::Missing {
                typed: user.to_owned(),
                similar: similar_names(user, &self.user_names),
                is_role: self.is_role,
            },
            Some(found) => SignInUser::User {
                name: found.user_name.clone(),
                credentials: Credentials {
                    password: found.password.as_ref().map(|password| Password {
                        changed: Some(password.changed.clone()),
                        last_used: password.last_used.clone(),
                        must_change: password.must_change,
                    }),
                    mfa_devices: Some(found.mfa_devices.clone()),
                },
                orphans: found.orphaned_mfa_devices.clone(),
            },
        }
    }
}
