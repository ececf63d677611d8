//! What a commit says: the state it relies on, and what it writes.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::Revision;
use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_BYTES_PER_ITEM, COMMIT_CONDITIONS_MAX, COMMIT_WRITES_MAX,
    KEY_BYTES_MAX, VALUE_BYTES_MAX,
};

/// Names a value: 1 to [`KEY_BYTES_MAX`] bytes of any kind, ordered bytewise.
pub type Key = Bytes;

/// What a key holds: 0 to [`VALUE_BYTES_MAX`] bytes of any kind.
pub type Value = Bytes;

/// What must hold when a commit is applied; else it is refused with [`CommitError::Conflict`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// The key has no value.
    Absent(Key),
    /// The key has a value, and the commit with this revision was the last to write it.
    Version(Key, Revision),
}

impl Condition {
    /// Returns the key that it is about.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::Version(key, _) => key,
        }
    }
}

/// One change of one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Write {
    /// Adds to a bounded counter: a value of 8 bytes, big-endian; an absent key counts as 0.
    ///
    /// Adds commute: two commits that add to one counter don't conflict, so a quota doesn't
    /// serialize the writers of an account. A counter that comes down to 0 stays present.
    Add {
        /// The counter.
        key: Key,
        /// What is added; a sum below 0 or above `u64::MAX` is refused with [`CommitError::Limit`].
        delta: i64,
        /// A sum above this is refused with [`CommitError::Limit`], but only when `delta` is
        /// positive: after a quota was lowered, counting down stays possible.
        at_most: Option<u64>,
    },
    /// Removes the key; nothing happens if it is absent.
    Delete(Key),
    /// Sets the key to the value, whatever was there.
    Put(Key, Value),
}

impl Write {
    /// Returns the key that it changes.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::Add { key, .. } | Self::Delete(key) | Self::Put(key, _) => key,
        }
    }

    const fn value_size(&self) -> usize {
        match self {
            Self::Add { .. } => size_of::<u64>(),
            Self::Delete(_) => 0,
            Self::Put(_, value) => value.len(),
        }
    }
}

/// A transaction: all writes happen at one revision if all conditions hold, else none happens.
///
/// No two writes name the same key; the order of conditions and of writes doesn't matter.
/// A commit that changes nothing (no writes, or only deletes of absent keys) checks its conditions
/// and takes no revision.
///
/// # Examples
/// ```
/// use keyward_store::{Commit, Revision};
/// let commit = Commit::new()
///     .if_absent("user/alice")
///     .if_version("account", Revision::new(3))
///     .put("user/alice", "…")
///     .add("count/users", 1, Some(5000));
/// assert_eq!(commit.check(), Ok(()));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Commit {
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// What is then changed.
    pub writes: Vec<Write>,
}

impl Commit {
    /// Makes a commit without conditions and writes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            conditions: Vec::new(),
            writes: Vec::new(),
        }
    }

    /// Adds the condition that the key is absent.
    #[must_use]
    pub fn if_absent(mut self, key: impl Into<Key>) -> Self {
        self.conditions.push(Condition::Absent(key.into()));
        self
    }

    /// Adds the condition that the key was last written at this revision.
    #[must_use]
    pub fn if_version(mut self, key: impl Into<Key>, version: Revision) -> Self {
        self.conditions
            .push(Condition::Version(key.into(), version));
        self
    }

    /// Adds a [`Write::Put`].
    #[must_use]
    pub fn put(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.writes.push(Write::Put(key.into(), value.into()));
        self
    }

    /// Adds a [`Write::Delete`].
    #[must_use]
    pub fn delete(mut self, key: impl Into<Key>) -> Self {
        self.writes.push(Write::Delete(key.into()));
        self
    }

    /// Adds a [`Write::Add`].
    #[must_use]
    pub fn add(mut self, key: impl Into<Key>, delta: i64, at_most: Option<u64>) -> Self {
        self.writes.push(Write::Add {
            key: key.into(),
            delta,
            at_most,
        });
        self
    }

    /// Returns the bytes that count against [`COMMIT_BYTES_MAX`]: keys, values and
    /// [`COMMIT_BYTES_PER_ITEM`] for each condition and write.
    #[must_use]
    pub fn size(&self) -> usize {
        let conditions = self
            .conditions
            .iter()
            .map(|condition| condition.key().len());
        let writes = self
            .writes
            .iter()
            .map(|write| write.key().len() + write.value_size());
        let items = self.conditions.len() + self.writes.len();
        conditions.sum::<usize>() + writes.sum::<usize>() + items * COMMIT_BYTES_PER_ITEM
    }

    /// Checks what can be checked without a store: the bounds of [`limits`](crate::limits), and
    /// that no key is written twice. Every store checks this before anything happens.
    ///
    /// # Errors
    /// [`CommitError::TooLarge`], [`CommitError::EmptyKey`] or [`CommitError::DuplicateKey`].
    pub fn check(&self) -> Result<(), CommitError> {
        let at_most = |what, found, most| {
            if found > most {
                Err(CommitError::TooLarge { what, found, most })
            } else {
                Ok(())
            }
        };
        at_most("writes in a commit", self.writes.len(), COMMIT_WRITES_MAX)?;
        let adds = self
            .writes
            .iter()
            .filter(|write| matches!(write, Write::Add { .. }))
            .count();
        at_most(
            "conditions and counters in a commit",
            self.conditions.len() + adds,
            COMMIT_CONDITIONS_MAX,
        )?;
        let condition_keys = self.conditions.iter().map(Condition::key);
        for key in condition_keys.chain(self.writes.iter().map(Write::key)) {
            at_most("bytes in a key", key.len(), KEY_BYTES_MAX)?;
            if key.is_empty() {
                return Err(CommitError::EmptyKey);
            }
        }
        for write in &self.writes {
            at_most("bytes in a value", write.value_size(), VALUE_BYTES_MAX)?;
        }
        at_most("bytes in a commit", self.size(), COMMIT_BYTES_MAX)?;
        let mut keys = BTreeSet::new();
        match self.writes.iter().find(|write| !keys.insert(write.key())) {
            Some(twice) => Err(CommitError::DuplicateKey {
                key: twice.key().clone(),
            }),
            None => Ok(()),
        }
    }
}

/// Why a commit was not applied, or ([`OutcomeUnknown`](Self::OutcomeUnknown) only) why nobody knows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CommitError {
    /// A condition doesn't hold: someone else wrote the key. Read again and retry.
    #[error("key `{}` was changed by someone else", key.escape_ascii())]
    Conflict {
        /// The first key, in the order of the conditions, whose condition doesn't hold.
        key: Key,
    },
    /// Two writes name the same key.
    #[error("key `{}` is written twice in one commit", key.escape_ascii())]
    DuplicateKey {
        /// The key.
        key: Key,
    },
    /// A key has no bytes.
    #[error("a key is empty")]
    EmptyKey,
    /// A counter would leave its bounds.
    #[error("counter `{}` is at {value} and would leave its bounds", key.escape_ascii())]
    Limit {
        /// The counter.
        key: Key,
        /// What it counts now, without this commit.
        value: u64,
    },
    /// An [`Write::Add`] names a key whose value is not a counter (8 bytes).
    #[error("key `{}` is not a counter", key.escape_ascii())]
    NotACounter {
        /// The key.
        key: Key,
    },
    /// The store failed while it wrote: the commit may or may not be applied.
    #[error("it is not known whether the commit is applied: {reason}")]
    OutcomeUnknown {
        /// What failed; for the log, not for callers.
        reason: String,
    },
    /// The commit exceeds a bound of [`limits`](crate::limits).
    #[error("{found} {what}; {most} is the most")]
    TooLarge {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much there may be.
        most: usize,
    },
    /// The store can't take commits; this one is not applied.
    #[error("the store can't take commits: {reason}")]
    Unavailable {
        /// What failed; for the log, not for callers.
        reason: String,
    },
}
