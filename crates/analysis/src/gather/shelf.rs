//! Documents that many have, read and compiled once.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_catalog::ManagedPolicy;
use keyward_diagnose::Origin;
use keyward_engine::CompiledPolicy;
use keyward_export::{PolicyType, Text};
use keyward_policy::Policy;

use super::origin;

/// Where documents are looked for: the text of a place in a file is found by its address, which counts the lines of
/// the file once.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    managed: BTreeMap<String, Arc<Shelved>>,
    control: BTreeMap<(PolicyType, String), Arc<Shelved>>,
    catalog: BTreeMap<String, Text>,
    /// Places cost a count of lines, and nobody looks at those of a question over all principals.
    pub(crate) without_places: bool,
}

/// A document, read and compiled.
#[derive(Debug)]
pub(crate) struct Shelved {
    /// `None` where it cannot be read.
    pub(crate) policy: Option<Arc<Policy>>,
    pub(crate) compiled: Arc<CompiledPolicy>,
}

impl Shelved {
    pub(crate) fn of(document: &Text) -> Self {
        match Policy::parse(document.text()) {
            Ok(policy) => Self {
                compiled: Arc::new(CompiledPolicy::compile(&policy)),
                policy: Some(Arc::new(policy)),
            },
            Err(error) => Self {
                policy: None,
                compiled: Arc::new(CompiledPolicy::unusable(error.to_string())),
            },
        }
    }
}

impl Shelf {
    /// Makes one that does not look for places.
    pub(crate) fn without_places() -> Self {
        Self {
            without_places: true,
            ..Self::default()
        }
    }

    /// Returns a managed policy. The key is its ARN, which names its account.
    pub(crate) fn managed(&mut self, arn: &str, document: &Text) -> Arc<Shelved> {
        if let Some(found) = self.managed.get(arn) {
            return found.clone();
        }
        let shelved = Arc::new(Shelved::of(document));
        self.managed.insert(arn.to_owned(), shelved.clone());
        shelved
    }

    /// Returns an SCP or RCP by its name.
    pub(crate) fn control(
        &mut self,
        policy_type: PolicyType,
        name: &str,
        document: &Text,
    ) -> Arc<Shelved> {
        let key = (policy_type, name.to_owned());
        self.control
            .entry(key)
            .or_insert_with(|| Arc::new(Shelved::of(document)))
            .clone()
    }

    /// Returns the catalog's document of an AWS managed policy.
    pub(crate) fn text_of_catalog(&mut self, arn: &str, policy: ManagedPolicy<'_>) -> Text {
        self.catalog
            .entry(arn.to_owned())
            .or_insert_with(|| Text::own(policy.document()))
            .clone()
    }

    pub(crate) fn origin(&self, document: &Text) -> Origin {
        if self.without_places {
            Origin::OneLine
        } else {
            origin(document)
        }
    }
}
