//! What the service answers the operator, as JSON.

use keyward_arn::AccountId;
use keyward_service::{
    AccountState, AccountStatus, AccountSummary, KeyState, OrphanedMfaDevice, RecoveredAccount,
    RegisteredFidoDevice, UserState,
};
use keyward_store::Revision;
use serde_json::{Value, json};

/// Shows an account of a list.
pub(super) fn summary(account: &AccountSummary) -> Value {
    json!({
        "accountId": account.id.to_string(),
        "name": account.name,
        "email": account.email,
        "status": status(account.status),
        "created": account.created,
    })
}

fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Closed => "closed",
    }
}

/// Shows an account that is open or closed from a revision on.
pub(super) fn set(id: AccountId, set: AccountStatus, revision: Revision) -> Value {
    json!({ "accountId": id.to_string(), "status": status(set), "revision": revision.number() })
}

/// Shows an account whose owner is let in again, with its secrets.
pub(super) fn recovered(recovered: &RecoveredAccount) -> Value {
    json!({
        "accountId": recovered.id.to_string(),
        "email": recovered.email,
        "rootPassword": recovered.password.as_str(),
        "rootAccessKeyId": recovered.access_key_id.to_string(),
        "rootSecretAccessKey": recovered.secret_access_key.expose(),
        "otherActiveAccessKeys": recovered.other_keys.iter().map(ToString::to_string).collect::<Value>(),
    })
}

/// Shows devices that were made and never enabled.
pub(super) fn devices(devices: &[OrphanedMfaDevice]) -> Value {
    let shown = devices.iter().map(|device| {
        json!({
            "accountId": device.account.to_string(),
            "serialNumber": device.serial_number,
            "created": device.created,
            "ageSeconds": device.age_seconds,
        })
    });
    shown.collect()
}

/// Shows a FIDO device that was registered.
pub(super) fn fido_device(device: &RegisteredFidoDevice) -> Value {
    let certifications = device.certifications.iter();
    json!({
        "accountId": device.account.to_string(),
        "userName": device.user,
        "serialNumber": device.serial_number,
        "enabled": device.enabled,
        "algorithm": device.algorithm,
        "certifications": certifications.copied().collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// Shows the state of an account.
pub(super) fn state(state: &AccountState) -> Value {
    let mut shown = summary(&state.summary);
    let more = json!({
        "alias": state.alias,
        "maxPasswordAgeDays": state.max_age_days,
        "hardExpiry": state.hard_expiry,
        "root": {
            "mfaDevices": state.root.mfa_devices,
            "accessKeys": state.root.access_keys.iter().map(key).collect::<Value>(),
        },
        "users": state.users,
        "usersWithPassword": state.users_with_password,
        "activeAccessKeys": state.active_keys,
        "lastActivity": state.last_activity,
        "user": state.user.as_ref().map(user),
        "userNames": state.names,
        "isRole": state.is_role,
    });
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    shown
}

fn key(key: &KeyState) -> Value {
    json!({
        "accessKeyId": key.id,
        "active": key.is_active,
        "created": key.created,
        "lastUsed": key.last_used,
    })
}

fn user(user: &UserState) -> Value {
    json!({
        "userName": user.name,
        "password": user.password.as_ref().map(|password| json!({
            "changed": password.changed,
            "lastUsed": password.last_used,
            "mustChange": password.must_change,
        })),
        "mfaDevices": user.mfa_devices,
        "orphanedMfaDevices": user.orphans,
    })
}
