//! Condition keys written by hand: the global ones, which the table lacks, and those that it types otherwise than
//! AWS's user guide does.

use crate::condition::{Cardinality, ConditionKey, ValueType};
use crate::fold;

const fn one(name: &str, value_type: ValueType) -> ConditionKey<'_> {
    ConditionKey {
        name,
        value_type,
        cardinality: Cardinality::SingleValued,
    }
}

const fn many(name: &str, value_type: ValueType) -> ConditionKey<'_> {
    ConditionKey {
        name,
        value_type,
        cardinality: Cardinality::Multivalued,
    }
}

/// Sorted by name, case ignored.
// SOURCE: spec/condition-keys.md §1; §3 for `saml:` and Cognito, which the table declares single-valued.
pub(crate) static KEYS: &[ConditionKey<'static>] = &[
    one("aws:AssumedRoot", ValueType::Bool),
    many("aws:CalledVia", ValueType::String),
    one("aws:CalledViaAWSMCP", ValueType::String),
    one("aws:CalledViaFirst", ValueType::String),
    one("aws:CalledViaLast", ValueType::String),
    one("aws:ChatbotSourceArn", ValueType::Arn),
    one("aws:CurrentTime", ValueType::Date),
    one("aws:Ec2InstanceSourcePrivateIPv4", ValueType::IpAddress),
    one("aws:Ec2InstanceSourceVpc", ValueType::String),
    one("aws:EpochTime", ValueType::Date),
    one("aws:FederatedProvider", ValueType::String),
    one("aws:IsMcpServiceAction", ValueType::Bool),
    one("aws:MultiFactorAuthAge", ValueType::Numeric),
    one("aws:MultiFactorAuthPresent", ValueType::Bool),
    one("aws:PrincipalAccount", ValueType::String),
    one("aws:PrincipalArn", ValueType::Arn),
    one("aws:PrincipalIsAWSService", ValueType::Bool),
    one("aws:PrincipalOrgID", ValueType::String),
    one("aws:PrincipalOrgMasterAccountId", ValueType::String),
    many("aws:PrincipalOrgPaths", ValueType::String),
    one("aws:PrincipalServiceName", ValueType::String),
    many("aws:PrincipalServiceNamesList", ValueType::String),
    one("aws:PrincipalTag/${TagKey}", ValueType::String),
    one("aws:PrincipalType", ValueType::String),
    one("aws:referer", ValueType::String),
    one("aws:RequestedRegion", ValueType::String),
    one("aws:RequestTag/${TagKey}", ValueType::String),
    one("aws:ResourceAccount", ValueType::String),
    one("aws:ResourceOrgID", ValueType::String),
    many("aws:ResourceOrgPaths", ValueType::String),
    one("aws:ResourceTag/${TagKey}", ValueType::String),
    one("aws:SecureTransport", ValueType::Bool),
    one("aws:SignInSessionArn", ValueType::Arn),
    one("aws:SourceAccount", ValueType::String),
    one("aws:SourceArn", ValueType::Arn),
    one("aws:SourceIdentity", ValueType::String),
    one("aws:SourceIp", ValueType::IpAddress),
    one("aws:SourceOrgID", ValueType::String),
    many("aws:SourceOrgPaths", ValueType::String),
    one("aws:SourceVpc", ValueType::String),
    one("aws:SourceVpcArn", ValueType::Arn),
    one("aws:SourceVpce", ValueType::String),
    many("aws:TagKeys", ValueType::String),
    one("aws:TokenIssueTime", ValueType::Date),
    one("aws:UserAgent", ValueType::String),
    one("aws:userid", ValueType::String),
    one("aws:username", ValueType::String),
    one("aws:ViaAWSMCPService", ValueType::Bool),
    one("aws:ViaAWSService", ValueType::Bool),
    one("aws:VpceAccount", ValueType::String),
    one("aws:VpceOrgID", ValueType::String),
    many("aws:VpceOrgPaths", ValueType::String),
    one("aws:VpcSourceIp", ValueType::IpAddress),
    many("cognito-identity.amazonaws.com:amr", ValueType::String),
    many("identitystore:GroupIds", ValueType::String),
    one("identitystore:UserId", ValueType::String),
    many("saml:commonName", ValueType::String),
    many("saml:givenName", ValueType::String),
    many("saml:mail", ValueType::String),
    many("saml:name", ValueType::String),
    many("saml:organizationStatus", ValueType::String),
    many("saml:primaryGroupSID", ValueType::String),
    many("saml:surname", ValueType::String),
    many("saml:uid", ValueType::String),
    many("saml:x500UniqueIdentifier", ValueType::String),
];

/// The keys of any OIDC provider, after its URL without the scheme.
// SOURCE: spec/condition-keys.md §3.
static PROVIDER_KEYS: &[(&str, ConditionKey<'static>)] = &[
    ("amr", many("${Provider}:amr", ValueType::String)),
    ("app_id", one("${Provider}:app_id", ValueType::String)),
    ("aud", one("${Provider}:aud", ValueType::String)),
    ("id", one("${Provider}:id", ValueType::String)),
    ("oaud", one("${Provider}:oaud", ValueType::String)),
    ("sub", one("${Provider}:sub", ValueType::String)),
    ("user_id", one("${Provider}:user_id", ValueType::String)),
];

/// Finds a key by its own name, not by a name that a template matches.
pub(crate) fn find(name: &str) -> Option<ConditionKey<'static>> {
    fold::find(KEYS, name, |key| key.name).copied()
}

/// Returns the templates.
pub(crate) fn templates<'t>() -> impl Iterator<Item = ConditionKey<'t>> {
    let keys: &'t [ConditionKey<'t>] = KEYS;
    keys.iter().filter(|key| key.is_template()).copied()
}

/// Finds the key of an OIDC provider: what stands before the last colon is a URL's host, which has a dot, and a path.
pub(crate) fn provider_key(name: &str) -> Option<ConditionKey<'static>> {
    let (provider, claim) = name.rsplit_once(':')?;
    let host = provider.split('/').next()?;
    if !host.contains('.') || host.starts_with('.') || host.ends_with('.') {
        return None;
    }
    let found = PROVIDER_KEYS
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(claim));
    found.map(|(_, key)| *key)
}
