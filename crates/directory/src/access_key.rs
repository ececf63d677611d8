//! Access keys and their use.

use keyward_arn::{AccessKeyId, AccessKeyKind, AccountId};
use keyward_sigv4::SecretKey;

use crate::limits::ACCESS_KEYS_PER_USER;
use crate::{Entity, Quota, Refusal, Timestamp};

/// Whether a key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKeyStatus {
    /// It authenticates.
    Active,
    /// It answers as if it did not exist.
    Inactive,
}

/// A long-term access key of a user or of the root user.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Such as `AKIA…`.
    pub id: AccessKeyId,
    /// Shown once, when the key is made.
    pub secret: SecretKey,
    /// Active when it is made.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created: Timestamp,
}

/// The last request that an access key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUsed {
    /// When, to the second.
    pub at: Timestamp,
    /// The service it was for, such as `iam`.
    pub service: String,
    /// The region of its credential scope.
    pub region: String,
}

impl AccessKey {
    /// Makes an active key from 8 random bytes for its id and 30 for its secret of 40 characters.
    #[must_use]
    pub fn mint(account: AccountId, id: [u8; 8], secret: [u8; 30], now: Timestamp) -> Self {
        Self {
            id: AccessKeyId::mint(AccessKeyKind::LongTerm, account, id),
            secret: SecretKey::from_random(&secret),
            status: AccessKeyStatus::Active,
            created: now,
        }
    }

    /// Adds a key to those of one user.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] where there are two.
    pub fn add(keys: &mut Vec<Self>, key: Self) -> Result<(), Refusal> {
        if keys.len() >= ACCESS_KEYS_PER_USER {
            let limit = u64::try_from(ACCESS_KEYS_PER_USER).unwrap_or(u64::MAX);
            return Err(Refusal::QuotaExceeded {
                quota: Quota::AccessKeysPerUser,
                limit,
            });
        }
        keys.push(key);
        Ok(())
    }

    /// Removes a key from those of one user.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where the id is none of them.
    pub fn remove(keys: &mut Vec<Self>, id: &AccessKeyId) -> Result<(), Refusal> {
        let before = keys.len();
        keys.retain(|key| key.id != *id);
        if keys.len() == before {
            Err(Refusal::not_found(Entity::AccessKey, id))
        } else {
            Ok(())
        }
    }

    /// Sets the status of one of a user's keys.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where the id is none of them.
    pub fn set_status(
        keys: &mut [Self],
        id: &AccessKeyId,
        status: AccessKeyStatus,
    ) -> Result<(), Refusal> {
        let key = keys.iter_mut().find(|key| key.id == *id);
        key.ok_or_else(|| Refusal::not_found(Entity::AccessKey, id))?
            .status = status;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> AccessKey {
        let account = AccountId::parse("111122223333").unwrap();
        AccessKey::mint(account, [byte; 8], [byte; 30], Timestamp::default())
    }

    #[test]
    fn a_user_has_two_at_most() {
        let mut keys = Vec::new();
        AccessKey::add(&mut keys, key(1)).unwrap();
        AccessKey::add(&mut keys, key(2)).unwrap();
        let refusal = AccessKey::add(&mut keys, key(3)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Cannot exceed quota for AccessKeysPerUser: 2"
        );
        AccessKey::remove(&mut keys, &key(1).id).unwrap();
        AccessKey::add(&mut keys, key(3)).unwrap();
    }

    #[test]
    fn only_own_keys_change() {
        let mut keys = vec![key(1)];
        let missing = format!("The Access Key with id {} cannot be found.", key(2).id);
        assert_eq!(
            AccessKey::remove(&mut keys, &key(2).id)
                .unwrap_err()
                .to_string(),
            missing
        );
        let status = AccessKeyStatus::Inactive;
        assert!(AccessKey::set_status(&mut keys, &key(2).id, status).is_err());
        AccessKey::set_status(&mut keys, &key(1).id, status).unwrap();
        assert_eq!(keys[0].status, AccessKeyStatus::Inactive);
    }
}
