//! Principals as decisions read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_arn::{AccountId, Partition, UniqueId};
use keyward_directory::{PolicyName, Tags, User, UserName};
use keyward_engine::{AttachedPolicy, AttachedTo, CompiledPolicy};

/// A user: what its requests are decided by.
#[derive(Debug)]
pub struct UserPrincipal {
    /// Stays when the user is renamed; `aws:userid`.
    pub id: UniqueId,
    /// `aws:username`.
    pub name: UserName,
    /// `aws:PrincipalArn`.
    pub arn: String,
    /// `aws:PrincipalTag/…`, and `aws:ResourceTag/…` where the user is the resource.
    pub tags: Tags,
    /// Its identity policies.
    pub policies: Vec<AttachedPolicy>,
}

impl UserPrincipal {
    /// Puts a user together with the documents of its inline policies.
    ///
    /// A policy that the user's record names and that has no document refuses everything: the store broke its word.
    pub(crate) fn new(
        account: AccountId,
        user: &User,
        documents: Option<&BTreeMap<PolicyName, Arc<CompiledPolicy>>>,
    ) -> Self {
        let document = |name: &PolicyName| {
            let found = documents.and_then(|documents| documents.get(name)).cloned();
            found
                .unwrap_or_else(|| Arc::new(CompiledPolicy::unusable("its document is not stored")))
        };
        let owner: Arc<str> = user.name.as_str().into();
        let policies = user.inline_policies.iter().map(|(name, _)| {
            AttachedPolicy::new(
                document(name),
                name.as_str(),
                None,
                AttachedTo::User(Arc::clone(&owner)),
            )
        });
        Self {
            id: user.id.clone(),
            name: user.name.clone(),
            arn: user.arn(Partition::Aws, account),
            tags: user.tags.clone(),
            policies: policies.collect(),
        }
    }
}
