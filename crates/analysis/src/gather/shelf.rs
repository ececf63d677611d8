//! Documents that many have, read and compiled once.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;

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
    /// Documents that are the same word for word, as those that a tool writes for many roles.
    same: HashMap<Words, Arc<Shelved>, FixedState>,
    /// The same by where a shared text lies; each is kept here, so that no other comes to lie there.
    shared: HashMap<usize, (Text, Arc<Shelved>), FixedState>,
    /// Places cost a count of lines, and few are looked at of a question over all principals.
    without_places: bool,
}

/// A document, by what it says and not by where it stands.
#[derive(Debug)]
struct Words(Text);

impl Borrow<str> for Words {
    fn borrow(&self) -> &str {
        self.0.text()
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

impl Eq for Words {}

impl Hash for Words {
    /// As the text by itself, so that it is found by it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text().hash(state);
    }
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

    /// Returns whether places are looked for where they are asked for, and not before.
    pub(crate) fn is_without_places(&self) -> bool {
        self.without_places
    }

    /// Returns a document.
    pub(crate) fn document(&mut self, document: &Text) -> Arc<Shelved> {
        let Some(address) = document.shared_address() else {
            return self.by_words(document);
        };
        if let Some((_, found)) = self.shared.get(&address) {
            return found.clone();
        }
        let shelved = self.by_words(document);
        self.shared
            .insert(address, (document.clone(), shelved.clone()));
        shelved
    }

    fn by_words(&mut self, document: &Text) -> Arc<Shelved> {
        if let Some(found) = self.same.get(document.text()) {
            return found.clone();
        }
        let shelved = Arc::new(Shelved::of(document));
        self.same.insert(Words(document.clone()), shelved.clone());
        shelved
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
