//! How much an account holds: what is large is counted as if it were there.

use keyward_arn::AccountId;
use keyward_directory::limits;
use keyward_records::{Cell, Counter};
use keyward_store::Commit;
use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::{Call, iam};

use crate::world::{ok, refused, start};

/// Fills an account up to one below a quota, makes one more, and is refused the next until one is gone.
async fn check<C: Call, D: Call>(
    counter: Counter,
    quota: (&str, u64),
    make: impl Fn(&str) -> C,
    delete: impl Fn(&str) -> D,
) {
    let server: InProcess = start().await;
    let root = &server.root;
    let account = AccountId::parse(ACCOUNT).unwrap();
    let key = Cell::Count(counter).of(account).encode();
    let (name, limit) = quota;
    let there = i64::try_from(limit - 1).unwrap();
    let commit = Commit::new().add(key, there, None);
    server.store.commit(commit).await.unwrap();
    ok(&server, root, &make("last")).await;
    let text = format!("Cannot exceed quota for {name}: {limit}");
    let refusal = (409, "LimitExceeded", text.as_str());
    refused(&server, root, &make("more"), refusal).await;
    ok(&server, root, &delete("last")).await;
    ok(&server, root, &make("more")).await;
    refused(&server, root, &make("last"), refusal).await;
}

#[tokio::test]
async fn users() {
    let make = |name: &str| iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    let delete = |name: &str| iam::DeleteUser {
        user_name: name.to_owned(),
    };
    let quota = ("UsersPerAccount", limits::USERS_PER_ACCOUNT);
    check(Counter::Users, quota, make, delete).await;
}

#[tokio::test]
async fn roles() {
    let make = |name: &str| iam::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
            "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#
            .into(),
        ..iam::CreateRole::default()
    };
    let delete = |name: &str| iam::DeleteRole {
        role_name: name.to_owned(),
    };
    let quota = ("RolesPerAccount", limits::ROLES_PER_ACCOUNT);
    check(Counter::Roles, quota, make, delete).await;
}

#[tokio::test]
async fn instance_profiles() {
    let make = |name: &str| iam::CreateInstanceProfile {
        instance_profile_name: name.to_owned(),
        ..iam::CreateInstanceProfile::default()
    };
    let delete = |name: &str| iam::DeleteInstanceProfile {
        instance_profile_name: name.to_owned(),
    };
    let limit = limits::INSTANCE_PROFILES_PER_ACCOUNT;
    let quota = ("InstanceProfilesPerAccount", limit);
    check(Counter::InstanceProfiles, quota, make, delete).await;
}

#[tokio::test]
async fn policy_versions() {
    let server = start().await;
    let root = &server.root;
    let document =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let policy = iam::CreatePolicy {
        policy_name: "p".to_owned(),
        policy_document: document.into(),
        ..iam::CreatePolicy::default()
    };
    ok(&server, root, &policy).await;
    let account = AccountId::parse(ACCOUNT).unwrap();
    let key = Cell::Count(Counter::ManagedPolicyVersions).of(account);
    let limit = limits::POLICY_VERSIONS_PER_ACCOUNT;
    let there = i64::try_from(limit - 2).unwrap();
    let commit = Commit::new().add(key.encode(), there, None);
    server.store.commit(commit).await.unwrap();
    let version = iam::CreatePolicyVersion {
        policy_arn: format!("arn:aws:iam::{ACCOUNT}:policy/p"),
        policy_document: document.into(),
        set_as_default: None,
    };
    ok(&server, root, &version).await;
    let text = format!("Cannot exceed quota for PolicyVersionsInUse: {limit}");
    let refusal = (409, "LimitExceeded", text.as_str());
    refused(&server, root, &version, refusal).await;
    let another = iam::CreatePolicy {
        policy_name: "q".to_owned(),
        ..policy
    };
    refused(&server, root, &another, refusal).await;
}

#[tokio::test]
async fn virtual_mfa_devices() {
    let make = |name: &str| iam::CreateVirtualMFADevice {
        virtual_mfa_device_name: name.to_owned(),
        ..iam::CreateVirtualMFADevice::default()
    };
    let delete = |name: &str| iam::DeleteVirtualMFADevice {
        serial_number: format!("arn:aws:iam::{ACCOUNT}:mfa/{name}"),
    };
    let limit = limits::VIRTUAL_MFA_DEVICES_PER_ACCOUNT;
    let quota = ("VirtualMFADevicesPerAccount", limit);
    check(Counter::VirtualMfaDevices, quota, make, delete).await;
}
