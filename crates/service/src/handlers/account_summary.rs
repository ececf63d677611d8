//! How many there are of everything, and how many there may be.

use keyward_directory::{RootUser, VirtualMfaDevice, limits};
use keyward_records::{Counter, Kind};
use keyward_wire::iam::{self, SummaryKeyType as Key};

use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// The quotas that `GetAccountSummary` tells, one line each.
// SOURCE: spec/iam-entities.md §6 "Account summary".
#[rustfmt::skip]
const QUOTAS: [(Key, u64); 20] = [
    (Key::AccessKeysPerUserQuota, wide(limits::ACCESS_KEYS_PER_USER)),
    (Key::AssumeRolePolicySizeQuota, wide(limits::TRUST_POLICY_SIZE)),
    (Key::AttachedPoliciesPerGroupQuota, wide(limits::ATTACHED_POLICIES_PER_ENTITY)),
    (Key::AttachedPoliciesPerRoleQuota, wide(limits::ATTACHED_POLICIES_PER_ENTITY)),
    (Key::AttachedPoliciesPerUserQuota, wide(limits::ATTACHED_POLICIES_PER_ENTITY)),
    (Key::GroupPolicySizeQuota, wide(limits::GROUP_INLINE_POLICY_SIZE)),
    (Key::GroupsPerUserQuota, wide(limits::GROUPS_PER_USER)),
    (Key::GroupsQuota, limits::GROUPS_PER_ACCOUNT),
    (Key::InstanceProfilesQuota, limits::INSTANCE_PROFILES_PER_ACCOUNT),
    (Key::PoliciesQuota, limits::POLICIES_PER_ACCOUNT),
    (Key::PolicySizeQuota, wide(limits::MANAGED_POLICY_SIZE)),
    (Key::PolicyVersionsInUseQuota, limits::POLICY_VERSIONS_PER_ACCOUNT),
    (Key::RolePolicySizeQuota, wide(limits::ROLE_INLINE_POLICY_SIZE)),
    (Key::RolesQuota, limits::ROLES_PER_ACCOUNT),
    (Key::ServerCertificatesQuota, limits::SERVER_CERTIFICATES_PER_ACCOUNT),
    (Key::SigningCertificatesPerUserQuota, wide(limits::SIGNING_CERTIFICATES_PER_USER)),
    (Key::UserPolicySizeQuota, wide(limits::USER_INLINE_POLICY_SIZE)),
    (Key::UsersQuota, limits::USERS_PER_ACCOUNT),
    (Key::VersionsPerPolicyQuota, wide(limits::VERSIONS_PER_POLICY)),
    // The version of the session tokens that the global endpoint of STS hands out.
    (Key::GlobalEndpointTokenVersion, 1),
];

/// Returns how many there are of everything, one line each.
#[rustfmt::skip]
async fn counts(reader: &Reader, root: &RootUser) -> Result<[(Key, u64); 14], ServiceError> {
    let count = |counter| reader.count(counter);
    Ok([
        (Key::AccountAccessKeysPresent, u64::from(!root.access_keys.is_empty())),
        (Key::AccountMFAEnabled, 0),
        (Key::AccountPasswordPresent, 1),
        (Key::AccountSigningCertificatesPresent, 0),
        (Key::Groups, count(Counter::Groups).await?),
        (Key::InstanceProfiles, count(Counter::InstanceProfiles).await?),
        (Key::MFADevices, count(Counter::VirtualMfaDevices).await?),
        (Key::MFADevicesInUse, devices_in_use(reader).await?),
        (Key::Policies, count(Counter::ManagedPolicies).await?),
        (Key::PolicyVersionsInUse, count(Counter::ManagedPolicyVersions).await?),
        (Key::Providers, 0),
        (Key::Roles, count(Counter::Roles).await?),
        (Key::ServerCertificates, 0),
        (Key::Users, count(Counter::Users).await?),
    ])
}

/// Counts the devices that somebody signs in with.
async fn devices_in_use(reader: &Reader) -> Result<u64, ServiceError> {
    let devices = reader
        .all::<VirtualMfaDevice>(&Kind::VirtualMfaDevices)
        .await?;
    let used = devices.iter().filter(|device| device.assignment.is_some());
    Ok(wide(used.count()))
}

const fn wide(number: usize) -> u64 {
    // A `usize` has at most 64 bits wherever this runs, and the numbers here are small.
    #[expect(clippy::as_conversions, reason = "`try_from` is not const")]
    {
        number as u64
    }
}

impl Operate for iam::GetAccountSummary {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccountSummaryOutput>, ServiceError> {
        let reader = service.reader(call.caller()).await?;
        let account = reader.account(service.view().master()).await?.account;
        let counts = counts(&reader, &account.root).await?;
        let entries = counts.into_iter().chain(QUOTAS);
        let entries = entries.map(|(key, number)| (key, i32::try_from(number).unwrap_or(i32::MAX)));
        let output = iam::GetAccountSummaryOutput {
            summary_map: Some(entries.collect()),
        };
        Ok(Done::at(reader.revision(), output))
    }
}
