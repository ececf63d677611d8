//! What a commit does to the state that it meets. Pure: every store that applies commits itself
//! goes through here, so they can't differ.

use bytes::Bytes;

use crate::{Change, Commit, CommitError, Condition, Revision, Value, Versioned, Write};

/// Checks the conditions against what `read` returns, and works out the changes, in key order.
///
/// The commit has passed [`Commit::check`].
///
/// # Errors
/// `Conflict`, `Limit` or `NotACounter`, or what `read` fails with.
pub(crate) fn resolve<R>(commit: &Commit, mut read: R) -> Result<Vec<Change>, CommitError>
where
    R: FnMut(&[u8]) -> Result<Option<Versioned>, CommitError>,
{
    for condition in &commit.conditions {
        let version: Option<Revision> = read(condition.key())?.map(|found| found.version);
        let wanted = match condition {
            Condition::Absent(_) => None,
            Condition::Version(_, version) => Some(*version),
        };
        if version != wanted {
            return Err(CommitError::Conflict {
                key: condition.key().clone(),
            });
        }
    }
    let mut changes = Vec::with_capacity(commit.writes.len());
    for write in &commit.writes {
        let key = write.key().clone();
        match write {
            Write::Add { delta, at_most, .. } => {
                let sum = add(&key, read(&key)?.map(|found| found.value), *delta, *at_most)?;
                changes.push(Change {
                    key,
                    value: Some(sum),
                });
            }
            // The delete of an absent key is no change.
            Write::Delete(_) => {
                if read(&key)?.is_some() {
                    changes.push(Change { key, value: None });
                }
            }
            Write::Put(_, value) => changes.push(Change {
                key,
                value: Some(value.clone()),
            }),
        }
    }
    changes.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(changes)
}

fn add(
    key: &Bytes,
    value: Option<Value>,
    delta: i64,
    at_most: Option<u64>,
) -> Result<Value, CommitError> {
    let now = match value {
        None => 0,
        Some(value) => match <[u8; 8]>::try_from(value.as_ref()) {
            Ok(bytes) => u64::from_be_bytes(bytes),
            Err(_) => return Err(CommitError::NotACounter { key: key.clone() }),
        },
    };
    now.checked_add_signed(delta)
        .filter(|sum| delta <= 0 || at_most.is_none_or(|most| *sum <= most))
        .map(|sum| Bytes::copy_from_slice(&sum.to_be_bytes()))
        .ok_or_else(|| CommitError::Limit {
            key: key.clone(),
            value: now,
        })
}
