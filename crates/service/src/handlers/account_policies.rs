//! Managed policies with all their versions, as the account's details tell them.

use std::collections::BTreeMap;

use keyward_directory::{ManagedPolicy, PolicyUsage};
use keyward_records::{Cell, Counter};
use keyward_wire::{PolicyDocument, iam};

use super::policy::{Used, shown, shown_aws};
use super::policy_version;
use crate::ServiceError;
use crate::reader::Reader;

/// Returns how many entities use the policy of a key.
pub(super) fn used(counts: &BTreeMap<(String, PolicyUsage), u64>, key: &str) -> Used {
    let count = |usage| {
        let found = counts.get(&(key.to_owned(), usage));
        found.copied().unwrap_or_default()
    };
    Used {
        attached: count(PolicyUsage::Attached),
        as_boundary: count(PolicyUsage::Boundary),
    }
}

/// Tells a policy of the account with all its versions, the newest first.
pub(super) async fn own_policy(
    reader: &Reader,
    policy: &ManagedPolicy,
) -> Result<iam::ManagedPolicyDetail, ServiceError> {
    let account = reader.account_id();
    let arn = policy.arn(account);
    let count = |usage| reader.count(Counter::attachments(&arn, usage));
    let used = Used {
        attached: count(PolicyUsage::Attached).await?,
        as_boundary: count(PolicyUsage::Boundary).await?,
    };
    let mut versions = Vec::with_capacity(policy.versions.len());
    for version in policy.versions.iter().rev() {
        let place = Cell::ManagedPolicyVersion(policy.id.clone(), version.number);
        versions.push(iam::PolicyVersion {
            document: reader.document(place).await?.map(PolicyDocument),
            ..policy_version::shown(*version, policy.default_version)
        });
    }
    let detail = detail(shown(policy, account, used), versions);
    Ok(iam::ManagedPolicyDetail {
        description: policy.description.clone(),
        ..detail
    })
}

/// Tells a policy of AWS with the one version that is kept.
pub(super) fn aws_policy(
    policy: keyward_catalog::ManagedPolicy<'_>,
    used: Used,
) -> iam::ManagedPolicyDetail {
    let version = iam::PolicyVersion {
        document: Some(PolicyDocument(policy.document())),
        ..policy_version::shown_aws(policy)
    };
    detail(shown_aws(policy, used), vec![version])
}

fn detail(policy: iam::Policy, versions: Vec<iam::PolicyVersion>) -> iam::ManagedPolicyDetail {
    iam::ManagedPolicyDetail {
        policy_name: policy.policy_name,
        policy_id: policy.policy_id,
        arn: policy.arn,
        path: policy.path,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        is_attachable: policy.is_attachable,
        description: policy.description,
        create_date: policy.create_date,
        update_date: policy.update_date,
        policy_version_list: Some(versions),
    }
}

/// Returns how many bytes the documents of a policy have.
pub(super) fn policy_size(policy: &iam::ManagedPolicyDetail) -> usize {
    let versions = policy.policy_version_list.iter().flatten();
    let documents = versions.filter_map(|version| version.document.as_ref());
    documents.map(|document| document.len()).sum()
}
