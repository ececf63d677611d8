//! Files as they are written.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::organization::RawOrganization;

/// How many names of members are kept to tell a foreign file by.
const MEMBERS: usize = 24;

/// A file as a whole. Every member may be absent: `--filter` leaves lists out, or leaves them empty.
#[derive(Default)]
pub(crate) struct RawFile<'a> {
    pub(crate) user_detail_list: Option<Vec<RawEntity<'a>>>,
    pub(crate) group_detail_list: Option<Vec<RawEntity<'a>>>,
    pub(crate) role_detail_list: Option<Vec<RawEntity<'a>>>,
    pub(crate) policies: Option<Vec<RawManaged<'a>>>,
    pub(crate) is_truncated: Option<bool>,
    pub(crate) next_token: Option<IgnoredAny>,
    pub(crate) statement: Option<IgnoredAny>,
    pub(crate) organization: Option<RawOrganization>,
    pub(crate) resource_policies: Option<Vec<RawResource<'a>>>,
    pub(crate) virtual_mfa_devices: Option<Vec<RawDevice>>,
    pub(crate) vpc_endpoints: Option<Vec<RawEndpoint<'a>>>,
    pub(crate) policy: Option<&'a RawValue>,
    resource: Option<String>,
    account: Option<String>,
    attributes: Option<RawAttributes<'a>>,
    resource_policy: Option<&'a RawValue>,
    arn: Option<String>,
    /// The names of the first members, known or not.
    pub(crate) members: BTreeSet<String>,
}

impl<'a> RawFile<'a> {
    /// Finds the policy of one resource: as we write it, or as the AWS CLI prints those of queues, topics and secrets.
    pub(crate) fn as_resource(&mut self) -> Option<RawResource<'a>> {
        if let (Some(resource), Some(policy)) = (&self.resource, self.policy) {
            return Some(RawResource {
                resource: resource.clone(),
                account: self.account.clone(),
                policy,
            });
        }
        if let (Some(arn), Some(policy)) = (&self.arn, self.resource_policy) {
            return Some(RawResource {
                resource: arn.clone(),
                account: None,
                policy,
            });
        }
        let attributes = self.attributes.take()?;
        Some(RawResource {
            resource: attributes.queue_arn.or(attributes.topic_arn)?,
            account: None,
            policy: attributes.policy?,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawFile<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
            type Value = RawFile<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFile<'a>, A::Error> {
                let mut file = RawFile::default();
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "UserDetailList" => file.user_detail_list = map.next_value()?,
                        "GroupDetailList" => file.group_detail_list = map.next_value()?,
                        "RoleDetailList" => file.role_detail_list = map.next_value()?,
                        "Policies" => file.policies = policies(map.next_value()?),
                        "IsTruncated" => file.is_truncated = map.next_value()?,
                        "NextToken" => file.next_token = map.next_value()?,
                        "Statement" => file.statement = Some(map.next_value()?),
                        "Organization" => {
                            file.organization = Some(map.next_value()?);
                        }
                        "ResourcePolicies" => file.resource_policies = Some(map.next_value()?),
                        "VirtualMFADevices" => file.virtual_mfa_devices = map.next_value()?,
                        "VpcEndpoints" => file.vpc_endpoints = Some(map.next_value()?),
                        "Policy" => file.policy = Some(map.next_value()?),
                        "Resource" => file.resource = map.next_value()?,
                        "Account" => file.account = map.next_value()?,
                        "Attributes" => file.attributes = attributes(map.next_value()?),
                        "ResourcePolicy" => file.resource_policy = Some(map.next_value()?),
                        "ARN" => file.arn = map.next_value()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                    if file.members.len() < MEMBERS {
                        file.members.insert(name);
                    }
                }
                Ok(file)
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

/// Other calls have a member `Policies` too, with other things in it.
fn policies(raw: &RawValue) -> Option<Vec<RawManaged<'_>>> {
    serde_json::from_str(raw.get()).ok()
}

fn attributes(raw: &RawValue) -> Option<RawAttributes<'_>> {
    serde_json::from_str(raw.get()).ok()
}

/// A user, group or role; each has its own names for what they share.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawEntity<'a> {
    #[serde(alias = "GroupName", alias = "RoleName")]
    pub(crate) user_name: String,
    #[serde(alias = "GroupId", alias = "RoleId", default)]
    pub(crate) user_id: String,
    #[serde(default)]
    pub(crate) arn: String,
    #[serde(borrow)]
    pub(crate) assume_role_policy_document: Option<&'a RawValue>,
    #[serde(borrow, alias = "GroupPolicyList", alias = "RolePolicyList", default)]
    pub(crate) user_policy_list: Vec<RawInline<'a>>,
    #[serde(default)]
    pub(crate) group_list: Vec<String>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<RawAttached>,
    pub(crate) permissions_boundary: Option<RawBoundary>,
    #[serde(default)]
    pub(crate) tags: Vec<RawTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawInline<'a> {
    pub(crate) policy_name: String,
    #[serde(borrow)]
    pub(crate) policy_document: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawAttached {
    pub(crate) policy_name: String,
    pub(crate) policy_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawBoundary {
    pub(crate) permissions_boundary_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawTag {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawManaged<'a> {
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) policy_name: String,
    pub(crate) default_version_id: Option<String>,
    #[serde(borrow, default)]
    pub(crate) policy_version_list: Vec<RawVersion<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawVersion<'a> {
    #[serde(borrow)]
    pub(crate) document: Option<&'a RawValue>,
    pub(crate) version_id: Option<String>,
    #[serde(default)]
    pub(crate) is_default_version: bool,
}

/// What `aws iam list-virtual-mfa-devices` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawDevice {
    pub(crate) serial_number: String,
    pub(crate) user: Option<IgnoredAny>,
    pub(crate) enable_date: Option<IgnoredAny>,
}

/// What `aws ec2 describe-vpc-endpoints` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawEndpoint<'a> {
    pub(crate) vpc_endpoint_id: String,
    pub(crate) vpc_endpoint_type: Option<String>,
    pub(crate) vpc_id: Option<String>,
    #[serde(borrow)]
    pub(crate) policy_document: Option<&'a RawValue>,
}

/// The policy of a resource, as we write it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RawResource<'a> {
    pub(crate) resource: String,
    pub(crate) account: Option<String>,
    #[serde(borrow)]
    pub(crate) policy: &'a RawValue,
}

/// What `aws sqs get-queue-attributes` and `aws sns get-topic-attributes` print.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAttributes<'a> {
    queue_arn: Option<String>,
    topic_arn: Option<String>,
    #[serde(borrow)]
    policy: Option<&'a RawValue>,
}

/// What `aws organizations describe-policy` prints below `Policy`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawDescribed {
    pub(crate) policy_summary: RawSummary,
    pub(crate) content: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawSummary {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(rename = "Type")]
    pub(crate) policy_type: String,
}
