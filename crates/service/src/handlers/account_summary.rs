//! How many there are of everything, and how many there may be.

use keyward_directory::{
    AccountSettings, Holder, RootUser, TokenVersion, UserCredentials, VirtualMfaDevice, limits,
};
use keyward_records::{Cell, Counter, Kind};
use keyward_wire::iam::{self, SummaryKeyType as Key};

use super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// The quotas that `GetAccountSummary` tells, one line each.
// SOURCE: spec/iam-entities.md §6 "Account summary".
#[rustfmt::skip]
const QUOTAS: [(Key, u64); 19] = [
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
];

/// Returns how many there are of everything, one line each.
#[rustfmt::skip]
async fn counts(reader: &Reader, root: &RootUser) -> Result<[(Key, u64); 15], ServiceError> {
    let count = |counter| reader.count(counter);
    let devices = DevicesInUse::read(reader).await?;
    Ok([
        (Key::AccountAccessKeysPresent, u64::from(!root.access_keys.is_empty())),
        (Key::AccountMFAEnabled, u64::from(devices.of_root)),
        (Key::AccountPasswordPresent, 1),
        (Key::AccountSigningCertificatesPresent, u64::from(root_has_certificates(reader).await?)),
        (Key::GlobalEndpointTokenVersion, token_version(&reader.settings().await?)),
        (Key::Groups, count(Counter::Groups).await?),
        (Key::InstanceProfiles, count(Counter::InstanceProfiles).await?),
        (Key::MFADevices, count(Counter::VirtualMfaDevices).await? + count(Counter::FidoDevices).await?),
        (Key::MFADevicesInUse, devices.count),
        (Key::Policies, count(Counter::ManagedPolicies).await?),
        (Key::PolicyVersionsInUse, count(Counter::ManagedPolicyVersions).await?),
        (Key::Providers, count(Counter::OidcProviders).await? + count(Counter::SamlProviders).await?),
        (Key::Roles, count(Counter::Roles).await?),
        (Key::ServerCertificates, count(Counter::ServerCertificates).await?),
        (Key::Users, count(Counter::Users).await?),
    ])
}

/// The devices that somebody signs in with.
struct DevicesInUse {
    count: u64,
    /// Whether the root user has one.
    of_root: bool,
}

impl DevicesInUse {
    async fn read(reader: &Reader) -> Result<Self, ServiceError> {
        let devices = reader
            .all::<VirtualMfaDevice>(&Kind::VirtualMfaDevices)
            .await?;
        let assigned = devices
            .iter()
            .filter_map(|device| device.assignment.as_ref());
        let root_fido = reader.count(Counter::RootFidoDevices).await?;
        Ok(Self {
            // A FIDO device is always somebody's.
            count: wide(assigned.clone().count()) + reader.count(Counter::FidoDevices).await?,
            of_root: root_fido > 0
                || assigned
                    .into_iter()
                    .any(|assignment| assignment.holder == Holder::Root),
        })
    }
}

/// Returns whether the root user has a signing certificate.
async fn root_has_certificates(reader: &Reader) -> Result<bool, ServiceError> {
    let cell = Cell::UserCredentials(Holder::Root);
    let credentials = reader.get::<UserCredentials>(cell).await?;
    Ok(credentials.is_some_and(|found| !found.signing_certificates.is_empty()))
}

/// Returns the version of the session tokens that the global endpoint of STS hands out.
fn token_version(settings: &AccountSettings) -> u64 {
    match settings.token_version {
        TokenVersion::V1 => 1,
        TokenVersion::V2 => 2,
    }
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
