//! Versions of managed policies: at most five, of which one is in force.

use keyward_directory::{
    InForce, ManagedPolicyDocument, PolicyArn, PolicyVersion, missing_version,
};
use keyward_records::{Cell, Counter};
use keyward_wire::{NoOutput, PolicyDocument, iam};

use super::managed::wanted;
use super::policy::{Found, changing, reading, to_change};
use super::target::policy_arn;
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// Shows a version without its document.
pub(super) fn shown(version: PolicyVersion, default_version: u32) -> iam::PolicyVersion {
    iam::PolicyVersion {
        document: None,
        version_id: Some(version.id()),
        is_default_version: Some(version.number == default_version),
        create_date: Some(time(version.created)),
    }
}

/// Shows the one version of one of AWS's policies without its document.
pub(super) fn shown_aws(policy: keyward_catalog::ManagedPolicy<'_>) -> iam::PolicyVersion {
    iam::PolicyVersion {
        document: None,
        version_id: Some(policy.version_id().to_owned()),
        is_default_version: Some(true),
        create_date: Some(keyward_wire::Timestamp(policy.updated_seconds())),
    }
}

impl Operate for iam::CreatePolicyVersion {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        changing(&self.policy_arn, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreatePolicyVersionOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let document = ManagedPolicyDocument::check(&call.policy_document)?;
        let in_force = match call.set_as_default {
            Some(true) => InForce::Now,
            Some(false) | None => InForce::Later,
        };
        let now = service.now().timestamp();
        let account = call.caller().account();
        let (version, revision) = service
            .transact(call.caller(), &wanted(account, Some(&arn)), |transaction| {
                let mut policy = to_change(transaction, account, &arn)?;
                let version = policy.add_version(in_force, now)?;
                let place = Cell::ManagedPolicyVersion(policy.id.clone(), version.number);
                transaction.put_document(place, document.as_str());
                transaction.count_in(Counter::ManagedPolicyVersions);
                transaction.put(&policy)?;
                Ok(shown(version, policy.default_version))
            })
            .await?;
        let output = iam::CreatePolicyVersionOutput {
            policy_version: Some(version),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetPolicyVersion {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        reading(&self.policy_arn, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetPolicyVersionOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let reader = service.reader(call.caller()).await?;
        let (version, document) = match Found::read(&reader, &arn).await? {
            Found::Aws(policy) => {
                if policy.version_id() != call.version_id {
                    return Err(missing_version(&arn, &call.version_id).into());
                }
                (shown_aws(policy), policy.document())
            }
            Found::Own(policy) => {
                let version = policy.version_of(reader.account_id(), &call.version_id)?;
                let place = Cell::ManagedPolicyVersion(policy.id.clone(), version.number);
                let document = reader.document(place).await?;
                let document = document.ok_or_else(|| without_document(&arn))?;
                (shown(version, policy.default_version), document)
            }
        };
        let output = iam::GetPolicyVersionOutput {
            policy_version: Some(iam::PolicyVersion {
                document: Some(PolicyDocument(document)),
                ..version
            }),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

fn without_document(arn: &PolicyArn) -> ServiceError {
    ServiceError::internal(format!("a version of {arn} has no document"))
}

impl Operate for iam::ListPolicyVersions {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        reading(&self.policy_arn, caller)
    }

    /// The newest comes first, as AWS lists them.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListPolicyVersionsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let arn = policy_arn(&call.policy_arn)?;
        let reader = service.reader(call.caller()).await?;
        let after = page.after.as_deref().and_then(PolicyVersion::parse_id);
        let mut versions: Vec<iam::PolicyVersion> = match Found::read(&reader, &arn).await? {
            Found::Aws(policy) => match &page.after {
                None => vec![shown_aws(policy)],
                Some(_) => Vec::new(),
            },
            Found::Own(policy) => {
                let newest_first = policy.versions.iter().rev();
                let fits =
                    |version: &&PolicyVersion| after.is_none_or(|after| version.number < after);
                let listed = newest_first.filter(fits);
                listed
                    .map(|version| shown(*version, policy.default_version))
                    .collect()
            }
        };
        let marker = page.cut(&mut versions, |version| {
            version.version_id.clone().unwrap_or_default()
        });
        let output = iam::ListPolicyVersionsOutput {
            versions: Some(versions),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeletePolicyVersion {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        changing(&self.policy_arn, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let account = call.caller().account();
        let ((), revision) = service
            .transact(call.caller(), &wanted(account, Some(&arn)), |transaction| {
                let mut policy = to_change(transaction, account, &arn)?;
                let number = policy.delete_version(account, &call.version_id)?;
                transaction.delete(Cell::ManagedPolicyVersion(policy.id.clone(), number));
                transaction.count_out(Counter::ManagedPolicyVersions);
                transaction.put(&policy)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::SetDefaultPolicyVersion {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        changing(&self.policy_arn, caller)
    }

    /// Writes the version's document again, unchanged: the view takes the document in force from the commit that puts
    /// it in force.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let arn = policy_arn(&call.policy_arn)?;
        let account = call.caller().account();
        let id = &call.version_id;
        let ((), revision) = service
            .transact_further(
                call.caller(),
                &wanted(account, Some(&arn)),
                &|transaction| {
                    let policy = to_change(transaction, account, &arn)?;
                    let number = policy.version_of(account, id)?.number;
                    let place = Cell::ManagedPolicyVersion(policy.id, number);
                    Ok(vec![place.of(account)])
                },
                |transaction| {
                    let mut policy = to_change(transaction, account, &arn)?;
                    policy.default_version = policy.version_of(account, id)?.number;
                    let place =
                        Cell::ManagedPolicyVersion(policy.id.clone(), policy.default_version);
                    let document = transaction.document(place.clone())?;
                    let document = document.ok_or_else(|| without_document(&arn))?;
                    transaction.put_document(place, &document);
                    transaction.put(&policy)
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
