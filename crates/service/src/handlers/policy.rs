//! Managed policies: create, get, delete, tags. Customers' are records; AWS's come from the catalog.

use keyward_arn::{AccountId, IdPrefix, UniqueId};
use keyward_directory::{
    Entity, ManagedPolicy, ManagedPolicyDocument, ManagedPolicyName, NewManagedPolicy, PolicyArn,
    PolicyOwner, PolicyUsage, PolicyVersion, Quota, Refusal, Tags,
};
use keyward_records::{Cell, Counter};
use keyward_wire::{NoOutput, iam};

use super::managed::{own_policy, wanted};
use super::tags::{Taggable, page_of_tags, sent_tags, some_tags, tagging_new, wire_tags};
use super::target::{entity_arn, existing_policy, policy_arn, policy_to_change};
use super::user::sent_path;
use super::{Done, Operate, Shown, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::{Service, ServiceError};

/// A managed policy that was found.
pub(super) enum Found {
    /// AWS's.
    Aws(keyward_catalog::ManagedPolicy<'static>),
    /// The account's own.
    Own(ManagedPolicy),
}

/// How many entities use a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) attached: u64,
    pub(super) as_boundary: u64,
}

impl Found {
    /// Finds the policy of an ARN.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub(super) async fn read(reader: &Reader, arn: &PolicyArn) -> Result<Self, ServiceError> {
        let account = reader.account_id();
        let found = match arn.owner() {
            PolicyOwner::Aws => keyward_catalog::managed_policy(arn.as_str()).map(Self::Aws),
            PolicyOwner::Account(owner) if owner == account => {
                let place = Cell::ManagedPolicy(arn.key());
                let found = reader.get::<ManagedPolicy>(place).await?;
                let found = found.filter(|found| found.arn(account) == *arn);
                found.map(Self::Own)
            }
            PolicyOwner::Account(_) => None,
        };
        found.ok_or_else(|| missing(arn))
    }

    fn tags(&self) -> Tags {
        match self {
            Self::Aws(_) => Tags::default(),
            Self::Own(policy) => policy.tags.clone(),
        }
    }
}

/// Says that there is no such policy.
// SOURCE: spec/iam-entities.md §5.
pub(super) fn missing(arn: &PolicyArn) -> ServiceError {
    Refusal::not_found(Entity::ManagedPolicy, arn).into()
}

/// Returns the policy to change; its [`wanted`] records were read.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn to_change(
    transaction: &Transaction,
    account: AccountId,
    arn: &PolicyArn,
) -> Result<ManagedPolicy, ServiceError> {
    own_policy(transaction, account, arn)?.ok_or_else(|| missing(arn))
}

impl Taggable for ManagedPolicy {
    const QUOTA: Quota = Quota::TagsPerPolicy;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        changing(named, caller)
    }

    fn place_of(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        let arn = policy_arn(named)?;
        if arn.owner() == PolicyOwner::Account(caller.account()) {
            return Ok(Cell::ManagedPolicy(arn.key()));
        }
        Err(missing(&arn))
    }

    fn missing(named: &str) -> ServiceError {
        Refusal::not_found(Entity::ManagedPolicy, named).into()
    }

    fn is(&self, named: &str, caller: &Caller) -> bool {
        self.arn(caller.account()).as_str() == named
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// Asks about a policy that is read.
pub(super) fn reading(arn: &str, caller: &Caller) -> Result<Question, ServiceError> {
    policy_arn(arn).map(|_| existing_policy(arn, caller))
}

/// Asks about a policy that is changed.
pub(super) fn changing(arn: &str, caller: &Caller) -> Result<Question, ServiceError> {
    policy_arn(arn).map(|_| policy_to_change(arn, caller))
}

/// Shows a customer's policy as lists do: without description and tags.
// SOURCE: spec/iam-entities.md §6.
pub(super) fn shown(policy: &ManagedPolicy, account: AccountId, used: Used) -> iam::Policy {
    iam::Policy {
        policy_name: Some(policy.name.to_string()),
        policy_id: Some(policy.id.to_string()),
        arn: Some(policy.arn(account).to_string()),
        path: Some(policy.path.to_string()),
        default_version_id: Some(PolicyVersion::id_of(policy.default_version)),
        create_date: Some(time(policy.created)),
        update_date: Some(time(policy.updated)),
        ..usage(used)
    }
}

/// Shows one of AWS's policies.
pub(super) fn shown_aws(policy: keyward_catalog::ManagedPolicy<'_>, used: Used) -> iam::Policy {
    let arn = policy.arn();
    iam::Policy {
        policy_name: Some(policy.name().to_owned()),
        policy_id: Some(aws_policy_id(&arn).to_string()),
        path: Some(policy.path().to_owned()),
        default_version_id: Some(policy.version_id().to_owned()),
        create_date: Some(keyward_wire::Timestamp(policy.created_seconds())),
        update_date: Some(keyward_wire::Timestamp(policy.updated_seconds())),
        arn: Some(arn),
        ..usage(used)
    }
}

fn usage(used: Used) -> iam::Policy {
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    iam::Policy {
        attachment_count: Some(count(used.attached)),
        permissions_boundary_usage_count: Some(count(used.as_boundary)),
        is_attachable: Some(true),
        ..iam::Policy::default()
    }
}

/// Makes an id for one of AWS's policies, the same always and everywhere.
// DIFFERS: AWS's own ids are not public as a whole; this one comes from the ARN (FNV-1a).
fn aws_policy_id(arn: &str) -> UniqueId {
    let hash = arn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    // The high bits are the better mixed, and only five of each byte count.
    let hash = hash ^ (hash >> 29);
    let owner = AccountId::from_number(0).unwrap_or_else(|| AccountId::from_random([0; 8]));
    UniqueId::mint(IdPrefix::ManagedPolicy, owner, hash.to_be_bytes())
}

impl Operate for iam::CreatePolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        let arn = entity_arn(caller.account(), "policy", &path, &self.policy_name);
        Ok(Question::about(arn)
            .shown(Shown::Text(format!("policy {}", self.policy_name)))
            .request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagPolicy", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreatePolicyOutput>, ServiceError> {
        let name = ManagedPolicyName::parse(&call.policy_name)
            .map_err(|error| ServiceError::validation(error.to_string()))?;
        let document = ManagedPolicyDocument::check(&call.policy_document)?;
        let request = NewManagedPolicy {
            name,
            path: sent_path(call.path.as_deref())?,
            description: call.description.clone(),
            tags: sent_tags(call.tags.as_ref()),
        };
        let random = draw(service.entropy());
        let now = service.now().timestamp();
        let account = call.caller().account();
        let place = Cell::managed_policy(&request.name);
        let (policy, revision) = service
            .transact(call.caller(), &[place.clone().of(account)], |transaction| {
                let existing = transaction.get::<ManagedPolicy>(place.clone())?;
                let request = request.clone();
                let policy =
                    ManagedPolicy::create(account, existing.as_ref(), request, random, now)?;
                let version = Cell::ManagedPolicyVersion(policy.id.clone(), policy.default_version);
                transaction.put_document(version, document.as_str());
                transaction.count_in(Counter::ManagedPolicies);
                transaction.count_in(Counter::ManagedPolicyVersions);
                transaction.put(&policy)?;
                Ok(policy)
            })
            .await?;
        let policy = iam::Policy {
            tags: some_tags(&policy.tags),
            ..shown(&policy, account, Used::default())
        };
        let output = iam::CreatePolicyOutput {
            policy: Some(policy),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        reading(&self.policy_arn, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetPolicyOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let reader = service.reader(call.caller()).await?;
        let found = Found::read(&reader, &arn).await?;
        let count = |usage| reader.count(Counter::attachments(&arn, usage));
        let used = Used {
            attached: count(PolicyUsage::Attached).await?,
            as_boundary: count(PolicyUsage::Boundary).await?,
        };
        let policy = iam::Policy {
            tags: Some(wire_tags(&found.tags())),
            ..match found {
                Found::Aws(policy) => shown_aws(policy, used),
                Found::Own(policy) => iam::Policy {
                    description: policy.description.clone(),
                    ..shown(&policy, reader.account_id(), used)
                },
            }
        };
        let output = iam::GetPolicyOutput {
            policy: Some(policy),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeletePolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        changing(&self.policy_arn, caller)
    }

    /// Depends on the counters of what uses the policy: whoever attaches it meanwhile makes the deletion start over.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let account = call.caller().account();
        let counters = [PolicyUsage::Attached, PolicyUsage::Boundary]
            .map(|usage| Counter::attachments(&arn, usage));
        let mut depends = wanted(account, Some(&arn));
        let places = counters
            .clone()
            .map(|counter| Cell::Count(counter).of(account));
        depends.extend(places);
        let ((), revision) = service
            .transact(call.caller(), &depends, |transaction| {
                let policy = to_change(transaction, account, &arn)?;
                let mut used = 0_u64;
                for counter in counters.clone() {
                    used = used.saturating_add(transaction.counted(counter.clone())?);
                    transaction.delete(Cell::Count(counter));
                }
                policy.check_deletion(used)?;
                // There is no other version: they had to be deleted before.
                let version = policy.default_version;
                transaction.delete(Cell::ManagedPolicyVersion(policy.id.clone(), version));
                transaction.count_out(Counter::ManagedPolicyVersions);
                transaction.delete(Cell::managed_policy(&policy.name));
                transaction.count_out(Counter::ManagedPolicies);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ListPolicyTags {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        reading(&self.policy_arn, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListPolicyTagsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let arn = policy_arn(&call.policy_arn)?;
        let reader = service.reader(call.caller()).await?;
        let found = Found::read(&reader, &arn).await?;
        let (tags, marker) = page_of_tags(&found.tags(), &page);
        let output = iam::ListPolicyTagsOutput {
            tags,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn aws_policies_have_arns_keys_and_ids_of_their_own() {
        let (mut keys, mut ids, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
        for policy in keyward_catalog::managed_policies() {
            let arn = PolicyArn::parse(&policy.arn()).unwrap();
            assert_eq!((arn.path(), arn.name()), (policy.path(), policy.name()));
            keys.insert(arn.key());
            ids.insert(aws_policy_id(arn.as_str()).to_string());
            count += 1;
        }
        assert!(count > 1_000);
        assert_eq!((keys.len(), ids.len()), (count, count));
        let id = aws_policy_id("arn:aws:iam::aws:policy/ReadOnlyAccess");
        assert!(
            id.as_str().starts_with("ANPA") && id.as_str().len() == 21,
            "{id}"
        );
    }
}
