//! The table of operations: one row each, and none without a row compiles.

use std::future::Future;
use std::pin::Pin;

use keyward_wire::{Operation, decode, iam, sts, write_success};

use crate::authenticate::{Authenticated, Caller};
use crate::authorize::{Circumstances, authorize};
use crate::call::{Reply, Routed};
use crate::event::is_read_only;
use crate::handlers::{Operate, Unsigned};
use crate::{Service, ServiceError};

/// What the table says of an operation.
pub(crate) enum Row {
    /// It answers `NotImplemented`.
    #[expect(
        dead_code,
        reason = "none is left; what a new model brings begins here"
    )]
    Pending,
    /// It is served.
    Served(Served),
    /// It is served to callers without a signature, whom a token or assertion in it speaks of.
    Unsigned(Served),
}

/// How an operation is served.
pub(crate) struct Served {
    /// What policies must allow.
    pub(crate) action: &'static str,
    /// The ARN of the resource that is asked about.
    pub(crate) resource: &'static str,
    /// The condition keys of the call itself, besides the global ones.
    pub(crate) keys: &'static [&'static str],
    /// Decodes, authorizes, applies, writes the answer.
    pub(crate) run: Run,
}

/// An operation from its parameters to its answer.
pub(crate) type Run =
    for<'a> fn(
        &'a Service,
        Routed<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, ServiceError>> + Send + 'a>>;

const USER: &str = "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}";
const MFA: &str = "arn:${Partition}:iam::${Account}:mfa/${MfaTokenIdWithPath}";
const GROUP: &str = "arn:${Partition}:iam::${Account}:group/${GroupNameWithPath}";
const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
const POLICY: &str = "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}";
/// A group, a role or a user.
const IDENTITY: &str = "arn:${Partition}:iam::${Account}:*";
const ROLE_TEMPLATE: &str = "arn:${Partition}:iam::aws:role-template/${AWSServicePrincipal}/${RoleTemplateName}:${RoleTemplateMajorVersion}";
const INSTANCE_PROFILE: &str =
    "arn:${Partition}:iam::${Account}:instance-profile/${InstanceProfileNameWithPath}";
const ACCESS_REPORT: &str = "arn:${Partition}:iam::${Account}:access-report/${EntityPath}";
/// A group, a policy, a role or a user: whichever the ARN of the call is of.
const PRINCIPAL_OR_POLICY: &str = "arn:${Partition}:iam::${Account}:${Kind}/${NameWithPath}";
const SERVER_CERTIFICATE: &str =
    "arn:${Partition}:iam::${Account}:server-certificate/${CertificateNameWithPath}";
const OIDC_PROVIDER: &str = "arn:${Partition}:iam::${Account}:oidc-provider/${OidcProviderName}";
const SAML_PROVIDER: &str = "arn:${Partition}:iam::${Account}:saml-provider/${SamlProviderName}";
const DELEGATION_REQUEST: &str =
    "arn:${Partition}:iam::${Account}:delegation-request/${DelegationRequestId}";
const ROOT: &str = "arn:${Partition}:iam::${TargetAccount}:root";
const FEDERATED_USER: &str = "arn:${Partition}:sts::${Account}:federated-user/${Name}";
const ANY: &str = "*";
/// Of assuming a role.
/// Those of an assertion, and those that it passes to the session. SOURCE: spec/sts.md §6b.
const WITH_SAML: &[&str] = &[
    "saml:aud",
    "saml:cn",
    "saml:commonName",
    "saml:doc",
    "saml:eduOrgHomePageURI",
    "saml:eduOrgIdentityAuthNPolicyURI",
    "saml:eduOrgLegalName",
    "saml:eduOrgSuperiorURI",
    "saml:eduOrgWhitePagesURI",
    "saml:eduPersonAffiliation",
    "saml:eduPersonAssurance",
    "saml:eduPersonEntitlement",
    "saml:eduPersonNickname",
    "saml:eduPersonOrgDN",
    "saml:eduPersonOrgUnitDN",
    "saml:eduPersonPrimaryAffiliation",
    "saml:eduPersonPrimaryOrgUnitDN",
    "saml:eduPersonPrincipalName",
    "saml:eduPersonScopedAffiliation",
    "saml:eduPersonTargetedID",
    "saml:givenName",
    "saml:iss",
    "saml:mail",
    "saml:name",
    "saml:namequalifier",
    "saml:organizationStatus",
    "saml:primaryGroupSID",
    "saml:sub",
    "saml:sub_type",
    "saml:surname",
    "saml:uid",
    "saml:x500UniqueIdentifier",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
const ASSUMING: &[&str] = &[
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of assuming a role by a token of an OpenID Connect issuer, besides those that the token gives.
const WEB_IDENTITY: &[&str] = &[
    "sts:RoleAuthorizedByIdp",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of asking for a token for services outside.
const IDENTITY_TOKEN: &[&str] = &[
    "sts:DurationSeconds",
    "sts:IdentityTokenAudience",
    "sts:SigningAlgorithm",
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
];
/// Of a call on a user that exists. SOURCE: spec/condition-keys.md §2.
const EXISTING_USER: &[&str] = &["aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"];
const EXISTING_DEVICE: &[&str] = EXISTING_USER;
/// Of tagging what exists.
const TAGGED: &[&str] = &[
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of taking tags away.
const UNTAGGED: &[&str] = &[
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of attaching a managed policy to a user or role that exists.
const ATTACHING: &[&str] = &[
    "iam:PolicyARN",
    "iam:PermissionsBoundary",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of a call on a certificate or an identity provider that exists.
const HAS_TAGS: &[&str] = &["aws:ResourceTag/${TagKey}"];
/// Of a call that gives tags to a new resource.
const NEW_TAGS: &[&str] = &["aws:RequestTag/${TagKey}", "aws:TagKeys"];
/// Of a call that gives tags to a resource that exists.
const MORE_TAGS: &[&str] = &[
    "aws:RequestTag/${TagKey}",
    "aws:TagKeys",
    "aws:ResourceTag/${TagKey}",
];
/// Of a call that takes tags away.
const FEWER_TAGS: &[&str] = &["aws:TagKeys", "aws:ResourceTag/${TagKey}"];
/// Of a call on a service-specific credential that exists.
const SERVICE_CREDENTIAL: &[&str] = &[
    "iam:ServiceSpecificCredentialServiceName",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];
/// Of a change to the policies of a user or role that exists.
const BOUNDED: &[&str] = &[
    "iam:PermissionsBoundary",
    "aws:ResourceTag/${TagKey}",
    "iam:ResourceTag/${TagKey}",
];

const fn served<C: Operate>(
    action: &'static str,
    resource: &'static str,
    keys: &'static [&'static str],
) -> Row {
    Row::Served(Served {
        action,
        resource,
        keys,
        run: run::<C>,
    })
}

/// Makes the row of an operation that is not signed.
const fn unsigned<C: Unsigned>(
    action: &'static str,
    resource: &'static str,
    keys: &'static [&'static str],
) -> Row {
    Row::Unsigned(Served {
        action,
        resource,
        keys,
        run: run_unsigned::<C>,
    })
}

/// Returns the row of an operation.
#[rustfmt::skip]
pub(crate) const fn row(operation: Operation) -> Row {
    match operation {
        Operation::AcceptDelegationRequest => served::<iam::AcceptDelegationRequest>("iam:AcceptDelegationRequest", DELEGATION_REQUEST, &[]),
        Operation::AcquireRole => served::<iam::AcquireRole>("iam:CreateRole", ROLE, &["iam:RoleTemplateARN"]),
        Operation::AddClientIDToOpenIDConnectProvider => served::<iam::AddClientIDToOpenIDConnectProvider>("iam:AddClientIDToOpenIDConnectProvider", OIDC_PROVIDER, HAS_TAGS),
        Operation::AddRoleToInstanceProfile => served::<iam::AddRoleToInstanceProfile>("iam:AddRoleToInstanceProfile", INSTANCE_PROFILE, EXISTING_USER),
        Operation::AddUserToGroup => served::<iam::AddUserToGroup>("iam:AddUserToGroup", GROUP, &[]),
        Operation::AssociateDelegationRequest => served::<iam::AssociateDelegationRequest>("iam:AssociateDelegationRequest", DELEGATION_REQUEST, &[]),
        Operation::AttachGroupPolicy => served::<iam::AttachGroupPolicy>("iam:AttachGroupPolicy", GROUP, &["iam:PolicyARN"]),
        Operation::AttachRolePolicy => served::<iam::AttachRolePolicy>("iam:AttachRolePolicy", ROLE, ATTACHING),
        Operation::AttachUserPolicy => served::<iam::AttachUserPolicy>("iam:AttachUserPolicy", USER, ATTACHING),
        Operation::ChangePassword => served::<iam::ChangePassword>("iam:ChangePassword", USER, EXISTING_USER),
        Operation::CreateAccessKey => served::<iam::CreateAccessKey>("iam:CreateAccessKey", USER, EXISTING_USER),
        Operation::CreateAccountAlias => served::<iam::CreateAccountAlias>("iam:CreateAccountAlias", ANY, &[]),
        Operation::CreateDelegationRequest => served::<iam::CreateDelegationRequest>("iam:CreateDelegationRequest", DELEGATION_REQUEST, &["iam:DelegationDuration", "iam:NotificationChannel", "iam:TemplateArn"]),
        Operation::CreateGroup => served::<iam::CreateGroup>("iam:CreateGroup", GROUP, &[]),
        Operation::CreateInstanceProfile => served::<iam::CreateInstanceProfile>("iam:CreateInstanceProfile", INSTANCE_PROFILE, &["aws:RequestTag/${TagKey}", "aws:TagKeys"]),
        Operation::CreateLoginProfile => served::<iam::CreateLoginProfile>("iam:CreateLoginProfile", USER, EXISTING_USER),
        Operation::CreateOpenIDConnectProvider => served::<iam::CreateOpenIDConnectProvider>("iam:CreateOpenIDConnectProvider", OIDC_PROVIDER, NEW_TAGS),
        Operation::CreatePolicy => served::<iam::CreatePolicy>("iam:CreatePolicy", POLICY, &["aws:RequestTag/${TagKey}", "aws:TagKeys"]),
        Operation::CreatePolicyVersion => served::<iam::CreatePolicyVersion>("iam:CreatePolicyVersion", POLICY, EXISTING_USER),
        Operation::CreateRole => served::<iam::CreateRole>("iam:CreateRole", ROLE, &["iam:PermissionsBoundary", "aws:RequestTag/${TagKey}", "aws:TagKeys"]),
        Operation::CreateSAMLProvider => served::<iam::CreateSAMLProvider>("iam:CreateSAMLProvider", SAML_PROVIDER, NEW_TAGS),
        Operation::CreateServiceLinkedRole => served::<iam::CreateServiceLinkedRole>("iam:CreateServiceLinkedRole", ROLE, &["iam:AWSServiceName"]),
        Operation::CreateServiceSpecificCredential => served::<iam::CreateServiceSpecificCredential>("iam:CreateServiceSpecificCredential", USER, &["iam:ServiceSpecificCredentialAgeDays", "iam:ServiceSpecificCredentialServiceName", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::CreateUser => served::<iam::CreateUser>("iam:CreateUser", USER, &["iam:PermissionsBoundary", "aws:RequestTag/${TagKey}", "aws:TagKeys"]),
        Operation::CreateVirtualMFADevice => served::<iam::CreateVirtualMFADevice>("iam:CreateVirtualMFADevice", MFA, &["aws:RequestTag/${TagKey}", "aws:TagKeys"]),
        Operation::DeactivateMFADevice => served::<iam::DeactivateMFADevice>("iam:DeactivateMFADevice", USER, EXISTING_USER),
        Operation::DeleteAccessKey => served::<iam::DeleteAccessKey>("iam:DeleteAccessKey", USER, EXISTING_USER),
        Operation::DeleteAccountAlias => served::<iam::DeleteAccountAlias>("iam:DeleteAccountAlias", ANY, &[]),
        Operation::DeleteAccountPasswordPolicy => served::<iam::DeleteAccountPasswordPolicy>("iam:DeleteAccountPasswordPolicy", ANY, &[]),
        Operation::DeleteGroup => served::<iam::DeleteGroup>("iam:DeleteGroup", GROUP, &[]),
        Operation::DeleteGroupPolicy => served::<iam::DeleteGroupPolicy>("iam:DeleteGroupPolicy", GROUP, &[]),
        Operation::DeleteInstanceProfile => served::<iam::DeleteInstanceProfile>("iam:DeleteInstanceProfile", INSTANCE_PROFILE, EXISTING_USER),
        Operation::DeleteLoginProfile => served::<iam::DeleteLoginProfile>("iam:DeleteLoginProfile", USER, EXISTING_USER),
        Operation::DeleteOpenIDConnectProvider => served::<iam::DeleteOpenIDConnectProvider>("iam:DeleteOpenIDConnectProvider", OIDC_PROVIDER, HAS_TAGS),
        Operation::DeletePolicy => served::<iam::DeletePolicy>("iam:DeletePolicy", POLICY, EXISTING_USER),
        Operation::DeletePolicyVersion => served::<iam::DeletePolicyVersion>("iam:DeletePolicyVersion", POLICY, EXISTING_USER),
        Operation::DeleteRole => served::<iam::DeleteRole>("iam:DeleteRole", ROLE, BOUNDED),
        Operation::DeleteRolePermissionsBoundary => served::<iam::DeleteRolePermissionsBoundary>("iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED),
        Operation::DeleteRolePolicy => served::<iam::DeleteRolePolicy>("iam:DeleteRolePolicy", ROLE, BOUNDED),
        Operation::DeleteSAMLProvider => served::<iam::DeleteSAMLProvider>("iam:DeleteSAMLProvider", SAML_PROVIDER, HAS_TAGS),
        Operation::DeleteSSHPublicKey => served::<iam::DeleteSSHPublicKey>("iam:DeleteSSHPublicKey", USER, EXISTING_USER),
        Operation::DeleteServerCertificate => served::<iam::DeleteServerCertificate>("iam:DeleteServerCertificate", SERVER_CERTIFICATE, HAS_TAGS),
        Operation::DeleteServiceLinkedRole => served::<iam::DeleteServiceLinkedRole>("iam:DeleteServiceLinkedRole", ROLE, EXISTING_USER),
        Operation::DeleteServiceSpecificCredential => served::<iam::DeleteServiceSpecificCredential>("iam:DeleteServiceSpecificCredential", USER, SERVICE_CREDENTIAL),
        Operation::DeleteSigningCertificate => served::<iam::DeleteSigningCertificate>("iam:DeleteSigningCertificate", USER, EXISTING_USER),
        Operation::DeleteUser => served::<iam::DeleteUser>("iam:DeleteUser", USER, EXISTING_USER),
        Operation::DeleteUserPermissionsBoundary => served::<iam::DeleteUserPermissionsBoundary>("iam:DeleteUserPermissionsBoundary", USER, BOUNDED),
        Operation::DeleteUserPolicy => served::<iam::DeleteUserPolicy>("iam:DeleteUserPolicy", USER, BOUNDED),
        Operation::DeleteVirtualMFADevice => served::<iam::DeleteVirtualMFADevice>("iam:DeleteVirtualMFADevice", MFA, EXISTING_DEVICE),
        Operation::DetachGroupPolicy => served::<iam::DetachGroupPolicy>("iam:DetachGroupPolicy", GROUP, &["iam:PolicyARN"]),
        Operation::DetachRolePolicy => served::<iam::DetachRolePolicy>("iam:DetachRolePolicy", ROLE, ATTACHING),
        Operation::DetachUserPolicy => served::<iam::DetachUserPolicy>("iam:DetachUserPolicy", USER, ATTACHING),
        Operation::DisableOrganizationsRootCredentialsManagement => served::<iam::DisableOrganizationsRootCredentialsManagement>("iam:DisableOrganizationsRootCredentialsManagement", ANY, &[]),
        Operation::DisableOrganizationsRootSessions => served::<iam::DisableOrganizationsRootSessions>("iam:DisableOrganizationsRootSessions", ANY, &[]),
        Operation::DisableOutboundWebIdentityFederation => served::<iam::DisableOutboundWebIdentityFederation>("iam:DisableOutboundWebIdentityFederation", ANY, &[]),
        Operation::EnableMFADevice => served::<iam::EnableMFADevice>("iam:EnableMFADevice", USER, EXISTING_USER),
        Operation::EnableOrganizationsRootCredentialsManagement => served::<iam::EnableOrganizationsRootCredentialsManagement>("iam:EnableOrganizationsRootCredentialsManagement", ANY, &[]),
        Operation::EnableOrganizationsRootSessions => served::<iam::EnableOrganizationsRootSessions>("iam:EnableOrganizationsRootSessions", ANY, &[]),
        Operation::EnableOutboundWebIdentityFederation => served::<iam::EnableOutboundWebIdentityFederation>("iam:EnableOutboundWebIdentityFederation", ANY, &[]),
        Operation::GenerateCredentialReport => served::<iam::GenerateCredentialReport>("iam:GenerateCredentialReport", ANY, &[]),
        Operation::GenerateOrganizationsAccessReport => served::<iam::GenerateOrganizationsAccessReport>("iam:GenerateOrganizationsAccessReport", ACCESS_REPORT, &["iam:OrganizationsPolicyId"]),
        Operation::GenerateServiceLastAccessedDetails => served::<iam::GenerateServiceLastAccessedDetails>("iam:GenerateServiceLastAccessedDetails", PRINCIPAL_OR_POLICY, &[]),
        Operation::GetAccessKeyLastUsed => served::<iam::GetAccessKeyLastUsed>("iam:GetAccessKeyLastUsed", USER, EXISTING_USER),
        Operation::GetAccountAuthorizationDetails => served::<iam::GetAccountAuthorizationDetails>("iam:GetAccountAuthorizationDetails", ANY, &[]),
        Operation::GetAccountPasswordPolicy => served::<iam::GetAccountPasswordPolicy>("iam:GetAccountPasswordPolicy", ANY, &[]),
        Operation::GetAccountProperties => served::<iam::GetAccountProperties>("iam:GetAccountProperties", ANY, &[]),
        Operation::GetAccountSummary => served::<iam::GetAccountSummary>("iam:GetAccountSummary", ANY, &[]),
        Operation::GetCallerIdentity => served::<sts::GetCallerIdentity>("sts:GetCallerIdentity", ANY, &[]),
        Operation::GetContextKeysForCustomPolicy => served::<iam::GetContextKeysForCustomPolicy>("iam:GetContextKeysForCustomPolicy", ANY, &[]),
        Operation::GetContextKeysForPrincipalPolicy => served::<iam::GetContextKeysForPrincipalPolicy>("iam:GetContextKeysForPrincipalPolicy", IDENTITY, EXISTING_USER),
        Operation::GetCredentialReport => served::<iam::GetCredentialReport>("iam:GetCredentialReport", ANY, &[]),
        Operation::GetDelegationRequest => served::<iam::GetDelegationRequest>("iam:GetDelegationRequest", DELEGATION_REQUEST, &[]),
        Operation::GetGroup => served::<iam::GetGroup>("iam:GetGroup", GROUP, &[]),
        Operation::GetGroupPolicy => served::<iam::GetGroupPolicy>("iam:GetGroupPolicy", GROUP, &[]),
        Operation::GetHumanReadableSummary => served::<iam::GetHumanReadableSummary>("iam:GetHumanReadableSummary", DELEGATION_REQUEST, &[]),
        Operation::GetInstanceProfile => served::<iam::GetInstanceProfile>("iam:GetInstanceProfile", INSTANCE_PROFILE, EXISTING_USER),
        Operation::GetLoginProfile => served::<iam::GetLoginProfile>("iam:GetLoginProfile", USER, EXISTING_USER),
        Operation::GetMFADevice => served::<iam::GetMFADevice>("iam:GetMFADevice", USER, EXISTING_USER),
        Operation::GetOpenIDConnectProvider => served::<iam::GetOpenIDConnectProvider>("iam:GetOpenIDConnectProvider", OIDC_PROVIDER, HAS_TAGS),
        Operation::GetOrganizationsAccessReport => served::<iam::GetOrganizationsAccessReport>("iam:GetOrganizationsAccessReport", ANY, &[]),
        Operation::GetOutboundWebIdentityFederationInfo => served::<iam::GetOutboundWebIdentityFederationInfo>("iam:GetOutboundWebIdentityFederationInfo", ANY, &[]),
        Operation::GetPolicy => served::<iam::GetPolicy>("iam:GetPolicy", POLICY, EXISTING_USER),
        Operation::GetPolicyVersion => served::<iam::GetPolicyVersion>("iam:GetPolicyVersion", POLICY, EXISTING_USER),
        Operation::GetRole => served::<iam::GetRole>("iam:GetRole", ROLE, BOUNDED),
        Operation::GetRolePolicy => served::<iam::GetRolePolicy>("iam:GetRolePolicy", ROLE, EXISTING_USER),
        Operation::GetRoleTemplateVersion => served::<iam::GetRoleTemplateVersion>("iam:GetRoleTemplateVersion", ROLE_TEMPLATE, &[]),
        Operation::GetSAMLProvider => served::<iam::GetSAMLProvider>("iam:GetSAMLProvider", SAML_PROVIDER, HAS_TAGS),
        Operation::GetSSHPublicKey => served::<iam::GetSSHPublicKey>("iam:GetSSHPublicKey", USER, EXISTING_USER),
        Operation::GetServerCertificate => served::<iam::GetServerCertificate>("iam:GetServerCertificate", SERVER_CERTIFICATE, HAS_TAGS),
        Operation::GetServiceLastAccessedDetails => served::<iam::GetServiceLastAccessedDetails>("iam:GetServiceLastAccessedDetails", ANY, &[]),
        Operation::GetServiceLastAccessedDetailsWithEntities => served::<iam::GetServiceLastAccessedDetailsWithEntities>("iam:GetServiceLastAccessedDetailsWithEntities", ANY, &[]),
        Operation::GetServiceLinkedRoleDeletionStatus => served::<iam::GetServiceLinkedRoleDeletionStatus>("iam:GetServiceLinkedRoleDeletionStatus", ROLE, &[]),
        Operation::GetUser => served::<iam::GetUser>("iam:GetUser", USER, EXISTING_USER),
        Operation::GetUserPolicy => served::<iam::GetUserPolicy>("iam:GetUserPolicy", USER, EXISTING_USER),
        Operation::ListAccessKeys => served::<iam::ListAccessKeys>("iam:ListAccessKeys", USER, EXISTING_USER),
        Operation::ListAccountAliases => served::<iam::ListAccountAliases>("iam:ListAccountAliases", ANY, &[]),
        Operation::ListAttachedGroupPolicies => served::<iam::ListAttachedGroupPolicies>("iam:ListAttachedGroupPolicies", GROUP, &[]),
        Operation::ListAttachedRolePolicies => served::<iam::ListAttachedRolePolicies>("iam:ListAttachedRolePolicies", ROLE, EXISTING_USER),
        Operation::ListAttachedUserPolicies => served::<iam::ListAttachedUserPolicies>("iam:ListAttachedUserPolicies", USER, EXISTING_USER),
        Operation::ListDelegationRequests => served::<iam::ListDelegationRequests>("iam:ListDelegationRequests", ANY, &["iam:DelegationRequestOwner"]),
        Operation::ListEntitiesForPolicy => served::<iam::ListEntitiesForPolicy>("iam:ListEntitiesForPolicy", POLICY, EXISTING_USER),
        Operation::ListGroupPolicies => served::<iam::ListGroupPolicies>("iam:ListGroupPolicies", GROUP, &[]),
        Operation::ListGroups => served::<iam::ListGroups>("iam:ListGroups", GROUP, &[]),
        Operation::ListGroupsForUser => served::<iam::ListGroupsForUser>("iam:ListGroupsForUser", USER, EXISTING_USER),
        Operation::ListInstanceProfileTags => served::<iam::ListInstanceProfileTags>("iam:ListInstanceProfileTags", INSTANCE_PROFILE, EXISTING_USER),
        Operation::ListInstanceProfiles => served::<iam::ListInstanceProfiles>("iam:ListInstanceProfiles", INSTANCE_PROFILE, &[]),
        Operation::ListInstanceProfilesForRole => served::<iam::ListInstanceProfilesForRole>("iam:ListInstanceProfilesForRole", ROLE, EXISTING_USER),
        Operation::ListMFADeviceTags => served::<iam::ListMFADeviceTags>("iam:ListMFADeviceTags", MFA, EXISTING_DEVICE),
        Operation::ListMFADevices => served::<iam::ListMFADevices>("iam:ListMFADevices", USER, EXISTING_USER),
        Operation::ListOpenIDConnectProviderTags => served::<iam::ListOpenIDConnectProviderTags>("iam:ListOpenIDConnectProviderTags", OIDC_PROVIDER, HAS_TAGS),
        Operation::ListOpenIDConnectProviders => served::<iam::ListOpenIDConnectProviders>("iam:ListOpenIDConnectProviders", OIDC_PROVIDER, &[]),
        Operation::ListOrganizationsFeatures => served::<iam::ListOrganizationsFeatures>("iam:ListOrganizationsFeatures", ANY, &[]),
        Operation::ListPolicies => served::<iam::ListPolicies>("iam:ListPolicies", ANY, &[]),
        Operation::ListPoliciesGrantingServiceAccess => served::<iam::ListPoliciesGrantingServiceAccess>("iam:ListPoliciesGrantingServiceAccess", IDENTITY, EXISTING_USER),
        Operation::ListPolicyTags => served::<iam::ListPolicyTags>("iam:ListPolicyTags", POLICY, EXISTING_USER),
        Operation::ListPolicyVersions => served::<iam::ListPolicyVersions>("iam:ListPolicyVersions", POLICY, EXISTING_USER),
        Operation::ListRolePolicies => served::<iam::ListRolePolicies>("iam:ListRolePolicies", ROLE, EXISTING_USER),
        Operation::ListRoleTags => served::<iam::ListRoleTags>("iam:ListRoleTags", ROLE, EXISTING_USER),
        Operation::ListRoles => served::<iam::ListRoles>("iam:ListRoles", ROLE, &[]),
        Operation::ListSAMLProviderTags => served::<iam::ListSAMLProviderTags>("iam:ListSAMLProviderTags", SAML_PROVIDER, HAS_TAGS),
        Operation::ListSAMLProviders => served::<iam::ListSAMLProviders>("iam:ListSAMLProviders", SAML_PROVIDER, &[]),
        Operation::ListSSHPublicKeys => served::<iam::ListSSHPublicKeys>("iam:ListSSHPublicKeys", USER, EXISTING_USER),
        Operation::ListServerCertificateTags => served::<iam::ListServerCertificateTags>("iam:ListServerCertificateTags", SERVER_CERTIFICATE, HAS_TAGS),
        Operation::ListServerCertificates => served::<iam::ListServerCertificates>("iam:ListServerCertificates", SERVER_CERTIFICATE, &[]),
        Operation::ListServiceSpecificCredentials => served::<iam::ListServiceSpecificCredentials>("iam:ListServiceSpecificCredentials", USER, EXISTING_USER),
        Operation::ListSigningCertificates => served::<iam::ListSigningCertificates>("iam:ListSigningCertificates", USER, EXISTING_USER),
        Operation::ListUserPolicies => served::<iam::ListUserPolicies>("iam:ListUserPolicies", USER, EXISTING_USER),
        Operation::ListUserTags => served::<iam::ListUserTags>("iam:ListUserTags", USER, EXISTING_USER),
        Operation::ListUsers => served::<iam::ListUsers>("iam:ListUsers", USER, &[]),
        Operation::ListVirtualMFADevices => served::<iam::ListVirtualMFADevices>("iam:ListVirtualMFADevices", MFA, &[]),
        Operation::PutAccountProperties => served::<iam::PutAccountProperties>("iam:PutAccountProperties", ANY, &["iam:AccountPropertyNamespaces"]),
        Operation::PutGroupPolicy => served::<iam::PutGroupPolicy>("iam:PutGroupPolicy", GROUP, &[]),
        Operation::PutRolePermissionsBoundary => served::<iam::PutRolePermissionsBoundary>("iam:PutRolePermissionsBoundary", ROLE, BOUNDED),
        Operation::PutRolePolicy => served::<iam::PutRolePolicy>("iam:PutRolePolicy", ROLE, BOUNDED),
        Operation::PutUserPermissionsBoundary => served::<iam::PutUserPermissionsBoundary>("iam:PutUserPermissionsBoundary", USER, BOUNDED),
        Operation::PutUserPolicy => served::<iam::PutUserPolicy>("iam:PutUserPolicy", USER, BOUNDED),
        Operation::RejectDelegationRequest => served::<iam::RejectDelegationRequest>("iam:RejectDelegationRequest", DELEGATION_REQUEST, &[]),
        Operation::RemoveClientIDFromOpenIDConnectProvider => served::<iam::RemoveClientIDFromOpenIDConnectProvider>("iam:RemoveClientIDFromOpenIDConnectProvider", OIDC_PROVIDER, HAS_TAGS),
        Operation::RemoveRoleFromInstanceProfile => served::<iam::RemoveRoleFromInstanceProfile>("iam:RemoveRoleFromInstanceProfile", INSTANCE_PROFILE, EXISTING_USER),
        Operation::RemoveUserFromGroup => served::<iam::RemoveUserFromGroup>("iam:RemoveUserFromGroup", GROUP, &[]),
        Operation::ResetServiceSpecificCredential => served::<iam::ResetServiceSpecificCredential>("iam:ResetServiceSpecificCredential", USER, SERVICE_CREDENTIAL),
        Operation::ResyncMFADevice => served::<iam::ResyncMFADevice>("iam:ResyncMFADevice", USER, EXISTING_USER),
        Operation::SendDelegationToken => served::<iam::SendDelegationToken>("iam:SendDelegationToken", DELEGATION_REQUEST, &[]),
        Operation::SetDefaultPolicyVersion => served::<iam::SetDefaultPolicyVersion>("iam:SetDefaultPolicyVersion", POLICY, EXISTING_USER),
        Operation::SetSecurityTokenServicePreferences => served::<iam::SetSecurityTokenServicePreferences>("iam:SetSecurityTokenServicePreferences", ANY, &[]),
        Operation::SimulateCustomPolicy => served::<iam::SimulateCustomPolicy>("iam:SimulateCustomPolicy", ANY, &[]),
        Operation::SimulatePrincipalPolicy => served::<iam::SimulatePrincipalPolicy>("iam:SimulatePrincipalPolicy", IDENTITY, EXISTING_USER),
        Operation::TagInstanceProfile => served::<iam::TagInstanceProfile>("iam:TagInstanceProfile", INSTANCE_PROFILE, &["aws:RequestTag/${TagKey}", "aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::TagMFADevice => served::<iam::TagMFADevice>("iam:TagMFADevice", MFA, TAGGED),
        Operation::TagOpenIDConnectProvider => served::<iam::TagOpenIDConnectProvider>("iam:TagOpenIDConnectProvider", OIDC_PROVIDER, MORE_TAGS),
        Operation::TagPolicy => served::<iam::TagPolicy>("iam:TagPolicy", POLICY, &["aws:RequestTag/${TagKey}", "aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::TagRole => served::<iam::TagRole>("iam:TagRole", ROLE, &["aws:RequestTag/${TagKey}", "aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::TagSAMLProvider => served::<iam::TagSAMLProvider>("iam:TagSAMLProvider", SAML_PROVIDER, MORE_TAGS),
        Operation::TagServerCertificate => served::<iam::TagServerCertificate>("iam:TagServerCertificate", SERVER_CERTIFICATE, MORE_TAGS),
        Operation::TagUser => served::<iam::TagUser>("iam:TagUser", USER, &["aws:RequestTag/${TagKey}", "aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::UntagInstanceProfile => served::<iam::UntagInstanceProfile>("iam:UntagInstanceProfile", INSTANCE_PROFILE, &["aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::UntagMFADevice => served::<iam::UntagMFADevice>("iam:UntagMFADevice", MFA, UNTAGGED),
        Operation::UntagOpenIDConnectProvider => served::<iam::UntagOpenIDConnectProvider>("iam:UntagOpenIDConnectProvider", OIDC_PROVIDER, FEWER_TAGS),
        Operation::UntagPolicy => served::<iam::UntagPolicy>("iam:UntagPolicy", POLICY, &["aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::UntagRole => served::<iam::UntagRole>("iam:UntagRole", ROLE, &["aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::UntagSAMLProvider => served::<iam::UntagSAMLProvider>("iam:UntagSAMLProvider", SAML_PROVIDER, FEWER_TAGS),
        Operation::UntagServerCertificate => served::<iam::UntagServerCertificate>("iam:UntagServerCertificate", SERVER_CERTIFICATE, FEWER_TAGS),
        Operation::UntagUser => served::<iam::UntagUser>("iam:UntagUser", USER, &["aws:TagKeys", "aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"]),
        Operation::UpdateAccessKey => served::<iam::UpdateAccessKey>("iam:UpdateAccessKey", USER, EXISTING_USER),
        Operation::UpdateAccountPasswordPolicy => served::<iam::UpdateAccountPasswordPolicy>("iam:UpdateAccountPasswordPolicy", ANY, &[]),
        Operation::UpdateAssumeRolePolicy => served::<iam::UpdateAssumeRolePolicy>("iam:UpdateAssumeRolePolicy", ROLE, BOUNDED),
        Operation::UpdateDelegationRequest => served::<iam::UpdateDelegationRequest>("iam:UpdateDelegationRequest", DELEGATION_REQUEST, &[]),
        Operation::UpdateGroup => served::<iam::UpdateGroup>("iam:UpdateGroup", GROUP, &[]),
        Operation::UpdateLoginProfile => served::<iam::UpdateLoginProfile>("iam:UpdateLoginProfile", USER, EXISTING_USER),
        Operation::UpdateOpenIDConnectProviderThumbprint => served::<iam::UpdateOpenIDConnectProviderThumbprint>("iam:UpdateOpenIDConnectProviderThumbprint", OIDC_PROVIDER, HAS_TAGS),
        Operation::UpdateRole => served::<iam::UpdateRole>("iam:UpdateRole", ROLE, BOUNDED),
        Operation::UpdateRoleDescription => served::<iam::UpdateRoleDescription>("iam:UpdateRoleDescription", ROLE, BOUNDED),
        Operation::UpdateSAMLProvider => served::<iam::UpdateSAMLProvider>("iam:UpdateSAMLProvider", SAML_PROVIDER, HAS_TAGS),
        Operation::UpdateSSHPublicKey => served::<iam::UpdateSSHPublicKey>("iam:UpdateSSHPublicKey", USER, EXISTING_USER),
        Operation::UpdateServerCertificate => served::<iam::UpdateServerCertificate>("iam:UpdateServerCertificate", SERVER_CERTIFICATE, HAS_TAGS),
        Operation::UpdateServiceSpecificCredential => served::<iam::UpdateServiceSpecificCredential>("iam:UpdateServiceSpecificCredential", USER, SERVICE_CREDENTIAL),
        Operation::UpdateSigningCertificate => served::<iam::UpdateSigningCertificate>("iam:UpdateSigningCertificate", USER, EXISTING_USER),
        Operation::UpdateUser => served::<iam::UpdateUser>("iam:UpdateUser", USER, EXISTING_USER),
        Operation::UploadSSHPublicKey => served::<iam::UploadSSHPublicKey>("iam:UploadSSHPublicKey", USER, EXISTING_USER),
        Operation::UploadServerCertificate => served::<iam::UploadServerCertificate>("iam:UploadServerCertificate", SERVER_CERTIFICATE, NEW_TAGS),
        Operation::UploadSigningCertificate => served::<iam::UploadSigningCertificate>("iam:UploadSigningCertificate", USER, EXISTING_USER),
        Operation::AssumeRole => served::<sts::AssumeRole>("sts:AssumeRole", ROLE, ASSUMING),
        Operation::AssumeRoot => served::<sts::AssumeRoot>("sts:AssumeRoot", ROOT, &["sts:TaskPolicyArn"]),
        Operation::DecodeAuthorizationMessage => served::<sts::DecodeAuthorizationMessage>("sts:DecodeAuthorizationMessage", ANY, &[]),
        Operation::GetAccessKeyInfo => served::<sts::GetAccessKeyInfo>("sts:GetAccessKeyInfo", ANY, &[]),
        Operation::GetDelegatedAccessToken => served::<sts::GetDelegatedAccessToken>("sts:GetDelegatedAccessToken", ANY, &[]),
        Operation::GetFederationToken => served::<sts::GetFederationToken>("sts:GetFederationToken", FEDERATED_USER, NEW_TAGS),
        Operation::GetSessionToken => served::<sts::GetSessionToken>("sts:GetSessionToken", ANY, &[]),
        Operation::AssumeRoleWithWebIdentity => unsigned::<sts::AssumeRoleWithWebIdentity>("sts:AssumeRoleWithWebIdentity", ROLE, WEB_IDENTITY),
        Operation::GetWebIdentityToken => served::<sts::GetWebIdentityToken>("sts:GetWebIdentityToken", ANY, IDENTITY_TOKEN),
        Operation::AssumeRoleWithSAML => unsigned::<sts::AssumeRoleWithSAML>("sts:AssumeRoleWithSAML", ROLE, WITH_SAML),
    }
}

/// Runs an operation whose caller signed.
fn run<'a, C: Operate>(
    service: &'a Service,
    routed: Routed<'a>,
) -> Pin<Box<dyn Future<Output = Result<Reply, ServiceError>> + Send + 'a>> {
    Box::pin(async move {
        let mut routed = routed;
        let call: C = decode(routed.parameters).map_err(keyward_wire::WireError::from)?;
        routed.detail.note_request(&call);
        let caller = routed.caller.take();
        let mut caller = caller.ok_or_else(|| ServiceError::internal("a caller is missing"))?;
        call.prove(service, &mut caller).await?;
        finish(service, routed, caller, call).await
    })
}

/// Runs an operation that nobody signed: what it carries says who calls.
fn run_unsigned<'a, C: Unsigned>(
    service: &'a Service,
    routed: Routed<'a>,
) -> Pin<Box<dyn Future<Output = Result<Reply, ServiceError>> + Send + 'a>> {
    Box::pin(async move {
        let call: C = decode(routed.parameters).map_err(keyward_wire::WireError::from)?;
        routed.detail.note_request(&call);
        let caller = call.authenticate(service).await?;
        routed.detail.bearer = Some(caller.shared());
        finish(service, routed, caller, call).await
    })
}

/// Asks the policies, does what they allow, and writes the answer.
async fn finish<C: Operate>(
    service: &Service,
    routed: Routed<'_>,
    caller: Authenticated<Caller>,
    call: C,
) -> Result<Reply, ServiceError> {
    let Routed {
        incoming,
        now,
        request_id,
        format,
        detail,
        ..
    } = routed;
    let (Row::Served(Served { action, .. }) | Row::Unsigned(Served { action, .. })) =
        row(C::OPERATION)
    else {
        return Err(ServiceError::NotImplemented(C::OPERATION));
    };
    let circumstances = Circumstances { incoming, now };
    let authorized = authorize(action, caller, call, &circumstances, service, detail)?;
    let done = C::apply(service, authorized).await?;
    if !is_read_only(C::OPERATION) {
        detail.note_response(&done.output);
    }
    let body = write_success::<C>(&done.output, request_id.as_str(), format);
    Ok(Reply {
        body,
        revision: done.revision,
    })
}

/// What the table says of an operation, for documents and snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The operation.
    pub operation: Operation,
    /// The action that policies must allow; `None` while the operation is pending.
    pub action: Option<&'static str>,
    /// The ARN of the resource that is asked about.
    pub resource: &'static str,
    /// The condition keys of the call itself.
    pub keys: &'static [&'static str],
}

/// Returns a summary of every row.
#[must_use]
pub fn summaries() -> Vec<Summary> {
    let summary = |operation: &Operation| match row(*operation) {
        Row::Pending => Summary {
            operation: *operation,
            action: None,
            resource: "",
            keys: &[],
        },
        Row::Served(Served {
            action,
            resource,
            keys,
            ..
        })
        | Row::Unsigned(Served {
            action,
            resource,
            keys,
            ..
        }) => Summary {
            operation: *operation,
            action: Some(action),
            resource,
            keys,
        },
    };
    Operation::ALL.iter().map(summary).collect()
}

/// Returns the operations that are not served yet.
#[must_use]
pub fn pending() -> Vec<Operation> {
    summaries()
        .into_iter()
        .filter(|summary| summary.action.is_none())
        .map(|summary| summary.operation)
        .collect()
}
