//! Virtual MFA devices.

use std::fmt;

use keyward_arn::{AccountId, Partition, Path, UniqueId, encode_base32};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::SEED_LENGTH;
use crate::{DeviceName, Refusal, Tags, Timestamp};

/// The secret that a one-time password device shares with its account.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct OneTimeSeed(Vec<u8>);

impl OneTimeSeed {
    /// Takes 40 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; SEED_LENGTH]) -> Self {
        Self(bytes.to_vec())
    }

    /// Takes a seed as it was stored.
    #[must_use]
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the seed's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the seed as a person types it: base32, 64 characters.
    #[must_use]
    pub fn to_base32(&self) -> String {
        encode_base32(&self.0)
    }
}

impl fmt::Debug for OneTimeSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSeed(…)")
    }
}

/// Who uses a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The account's root user.
    Root,
    /// A user, by unique id: a new user of the same name does not inherit the device.
    User(UniqueId),
}

/// Since when a device is in use, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who signs in with it.
    pub holder: Holder,
    /// When it was enabled.
    pub enabled: Timestamp,
}

/// A virtual MFA device: made unassigned, enabled for a user by two codes.
#[derive(Clone, Debug)]
pub struct VirtualMfaDevice {
    /// Unique together with the path.
    pub name: DeviceName,
    /// Part of the serial number.
    pub path: Path,
    /// Shown once, when the device is made.
    pub seed: OneTimeSeed,
    /// When it was made.
    pub created: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// `None` until it is enabled: the orphan of the troubleshooting guide.
    pub assignment: Option<Assignment>,
}

impl VirtualMfaDevice {
    /// Returns the device's serial number, `arn:aws:iam::111122223333:mfa/path/name`.
    #[must_use]
    pub fn serial_number(&self, partition: Partition, account: AccountId) -> String {
        format!(
            "arn:{}:iam::{account}:mfa{}{}",
            partition.as_str(),
            self.path,
            self.name
        )
    }

    /// Checks that the device may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] while it is assigned.
    // SOURCE: spec/iam-entities.md §4.
    pub fn check_deletion(&self) -> Result<(), Refusal> {
        match self.assignment {
            None => Ok(()),
            Some(_) => Err(Refusal::DeleteConflict {
                message: "MFA VirtualDevice in use. Must deactivate first.",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assigned_device_stays() {
        let mut device = VirtualMfaDevice {
            name: DeviceName::parse("phone").unwrap(),
            path: Path::parse("/division/").unwrap(),
            seed: OneTimeSeed::from_random([7; SEED_LENGTH]),
            created: Timestamp::default(),
            tags: Tags::default(),
            assignment: None,
        };
        let account = AccountId::parse("111122223333").unwrap();
        assert_eq!(
            device.serial_number(Partition::Aws, account),
            "arn:aws:iam::111122223333:mfa/division/phone"
        );
        assert_eq!(device.seed.to_base32().len(), 64);
        device.check_deletion().unwrap();
        device.assignment = Some(Assignment {
            holder: Holder::Root,
            enabled: Timestamp::default(),
        });
        assert!(device.check_deletion().is_err());
        assert!(!format!("{device:?}").contains("7, 7"));
    }
}
