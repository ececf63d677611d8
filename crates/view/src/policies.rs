//! The documents of an account's policies, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_arn::UniqueId;
use keyward_directory::{PolicyArn, PolicyName, PolicyOwner, Tags};
use keyward_engine::CompiledPolicy;
use rpds::HashTrieMapSync;

use crate::Documents;
use crate::principal::Sources;

type InlineDocuments = BTreeMap<PolicyName, Arc<CompiledPolicy>>;

/// A customer managed policy as decisions read it.
#[derive(Clone, Debug)]
pub struct ManagedDocument {
    /// The policy's ARN.
    pub arn: PolicyArn,
    /// The tags, where the policy is the resource.
    pub tags: Tags,
    /// The number of the version in force.
    pub(crate) version: u32,
    /// The document of that version.
    pub document: Arc<CompiledPolicy>,
}

/// Inline and customer managed documents of one account.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    inline: HashTrieMapSync<UniqueId, InlineDocuments>,
    /// By the name that uniqueness goes by.
    managed: HashTrieMapSync<String, Arc<ManagedDocument>>,
}

impl Policies {
    pub(crate) fn new() -> Self {
        Self {
            inline: HashTrieMapSync::new_sync(),
            managed: HashTrieMapSync::new_sync(),
        }
    }

    pub(crate) fn put_inline(
        &mut self,
        entity: &UniqueId,
        name: &PolicyName,
        document: Arc<CompiledPolicy>,
    ) {
        self.edit_inline(entity, |documents| documents.insert(name.clone(), document));
    }

    pub(crate) fn remove_inline(&mut self, entity: &UniqueId, name: &PolicyName) {
        self.edit_inline(entity, |documents| documents.remove(name));
    }

    fn edit_inline<T>(&mut self, id: &UniqueId, edit: impl FnOnce(&mut InlineDocuments) -> T) {
        let mut documents = self.inline.get(id).cloned().unwrap_or_default();
        edit(&mut documents);
        if documents.is_empty() {
            self.inline.remove_mut(id);
        } else {
            self.inline.insert_mut(id.clone(), documents);
        }
    }

    pub(crate) fn managed(&self, name: &str) -> Option<&Arc<ManagedDocument>> {
        self.managed.get(name)
    }

    pub(crate) fn put_managed(&mut self, name: &str, policy: ManagedDocument) {
        self.managed.insert_mut(name.to_owned(), Arc::new(policy));
    }

    pub(crate) fn remove_managed(&mut self, name: &str) {
        self.managed.remove_mut(name);
    }

    /// Looks documents up here, and AWS's own in what all accounts share.
    pub(crate) fn with<'a>(&'a self, documents: &'a Documents) -> Found<'a> {
        Found {
            policies: self,
            documents,
        }
    }
}

/// Where the documents of an account's entities are looked up.
///
/// A policy that a record names and that has no document refuses everything: the store broke its word.
pub(crate) struct Found<'a> {
    policies: &'a Policies,
    documents: &'a Documents,
}

impl Sources for Found<'_> {
    fn inline(&self, entity: &UniqueId, name: &PolicyName) -> Arc<CompiledPolicy> {
        let documents = self.policies.inline.get(entity);
        let found = documents.and_then(|documents| documents.get(name));
        found.map_or_else(missing, Arc::clone)
    }

    fn managed(&self, arn: &PolicyArn) -> Arc<CompiledPolicy> {
        match arn.owner() {
            PolicyOwner::Aws => self.documents.aws_managed(arn).unwrap_or_else(missing),
            PolicyOwner::Account(_) => {
                let found = self.policies.managed.get(&arn.key());
                let found = found.filter(|policy| policy.arn == *arn);
                found.map_or_else(missing, |policy| Arc::clone(&policy.document))
            }
        }
    }
}

pub(crate) fn missing() -> Arc<CompiledPolicy> {
    Arc::new(CompiledPolicy::unusable("its document is not stored"))
}
