//! Saving the last use of access keys and what principals have called, in the background.

use keyward_records::{Cell as CellKey, RecordKey, encode_last_used};
use keyward_store::Commit;

use crate::{Service, ServiceError};

/// Uses written by one commit, below the store's bound on writes.
const BATCH: usize = 90;

impl Service {
    /// Writes to the store what was used since it was called last: access keys, and actions by principals.
    ///
    /// # Errors
    /// [`ServiceError`] where the store refuses; what was not written is tried again after its next use.
    pub async fn save_uses(&self) -> Result<usize, ServiceError> {
        Ok(self.save_key_uses().await? + self.save_accesses().await?)
    }

    /// Writes to the store which keys were used since it was called last.
    ///
    /// A use that is lost in a crash is at most one interval old; the answer of `GetAccessKeyLastUsed` adds what this
    /// process has seen.
    ///
    /// # Errors
    /// [`ServiceError`] where the store refuses; what was not written is tried again after the key's next use.
    async fn save_key_uses(&self) -> Result<usize, ServiceError> {
        let mut commits = Vec::new();
        let mut commit = Commit::new();
        let mut saved = 0;
        for cell in self.view.cells() {
            for key in cell.keys() {
                let Some(used) = key.used().take_unsaved() else {
                    continue;
                };
                let place = RecordKey::Cell(cell.account(), CellKey::AccessKeyUse(key.id.clone()));
                commit = commit.put(place.encode(), encode_last_used(&used)?);
                saved += 1;
                if commit.writes.len() == BATCH {
                    commits.push(std::mem::take(&mut commit));
                }
            }
        }
        if !commit.writes.is_empty() {
            commits.push(commit);
        }
        for commit in commits {
            self.store.commit(commit).await?;
        }
        Ok(saved)
    }
}
