//! What the log has and the tables do not: the changes since the last checkpoint.

use std::ops::Bound;

use rpds::RedBlackTreeMapSync;

use crate::{Change, Key, Revision, Value, Versioned};

/// The newest state of each key that changed since the last checkpoint, in key order.
///
/// A clone costs the same however much it holds, and later changes do not show in it: that makes snapshots. It holds no
/// more than the log does, as what the log has no room for is brought into the tables first.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(RedBlackTreeMapSync<Key, Latest>);

/// What became of a key.
#[derive(Clone, Debug)]
pub(super) struct Latest {
    /// `None` if it was removed.
    pub(super) value: Option<Value>,
    /// The revision of the commit that did.
    pub(super) version: Revision,
}

impl Latest {
    /// Returns the record, if the key was not removed.
    pub(super) fn versioned(&self) -> Option<Versioned> {
        let version = self.version;
        let value = self.value.clone()?;
        Some(Versioned { value, version })
    }
}

impl Recent {
    /// Takes in what a commit changed.
    pub(super) fn apply(&mut self, version: Revision, changes: &[Change]) {
        for Change { key, value } in changes {
            let value = value.clone();
            self.0.insert_mut(key.clone(), Latest { value, version });
        }
    }

    /// Returns what became of a key, if it changed.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Latest> {
        self.0.get(key)
    }

    /// Returns what changed from a key on, in key order.
    pub(super) fn range(&self, from: Bound<&[u8]>) -> impl Iterator<Item = (&Key, &Latest)> {
        self.0.range::<[u8], _>((from, Bound::Unbounded))
    }

    /// Returns all that changed, in key order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Latest)> {
        self.0.iter()
    }
}
