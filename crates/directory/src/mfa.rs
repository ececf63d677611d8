//! Virtual MFA devices.

use std::fmt;

use keyward_arn::{AccountId, Partition, Path, UniqueId, encode_base32};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::{MFA_DEVICES_PER_USER, SEED_LENGTH};
use crate::{
    CodePair, DeviceClock, DeviceName, OneTimeCode, Quota, Refusal, Tags, Timestamp, User, Window,
};

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
    /// `None` until it is enabled, and again once it is deactivated.
    pub assignment: Option<Assignment>,
    /// Where its clock stands and which codes are used up, whoever it was assigned to.
    pub clock: DeviceClock,
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

    /// Returns whether the device was made and never enabled: the orphan of the troubleshooting guide. One that was in use
    /// once has shown codes.
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        self.assignment.is_none() && self.clock == DeviceClock::default()
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

    /// Assigns the device to somebody who has shown that it is in their hands.
    ///
    /// # Errors
    /// `EntityAlreadyExists` while it is assigned, to whomever; `InvalidAuthenticationCode`.
    pub fn enable(
        &mut self,
        holder: Holder,
        codes: CodePair,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_unassigned()?;
        self.clock.take(&self.seed, codes, Window::Enabling, now)?;
        self.assignment = Some(Assignment {
            holder,
            enabled: now,
        });
        Ok(())
    }

    /// Checks that nobody uses the device.
    ///
    /// # Errors
    /// `EntityAlreadyExists` while it is assigned.
    pub fn check_unassigned(&self) -> Result<(), Refusal> {
        match self.assignment {
            None => Ok(()),
            Some(_) => Err(Refusal::already_exists_text(
                "MFA Device is already in use.",
            )),
        }
    }

    /// Brings the device back into step by two of its codes.
    ///
    /// # Errors
    /// `NoSuchEntity` where it is not the holder's, `InvalidAuthenticationCode`.
    pub fn resynchronize(
        &mut self,
        holder: &Holder,
        codes: CodePair,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_held_by(holder)?;
        self.clock
            .take(&self.seed, codes, Window::Resynchronizing, now)
    }

    /// Takes the device from its holder; it stays, unassigned.
    ///
    /// # Errors
    /// `NoSuchEntity` where it is not the holder's.
    pub fn deactivate(&mut self, holder: &Holder) -> Result<(), Refusal> {
        self.check_held_by(holder)?;
        self.assignment = None;
        Ok(())
    }

    /// Returns whether the device is enabled for somebody.
    #[must_use]
    pub fn is_held_by(&self, holder: &Holder) -> bool {
        let assignment = self.assignment.as_ref();
        assignment.is_some_and(|assignment| assignment.holder == *holder)
    }

    /// Takes one code, as a sign of the holder's presence; returns whether it was right and new.
    pub fn take_code(&mut self, code: OneTimeCode, now: Timestamp) -> bool {
        self.clock.take_one(&self.seed, code, now)
    }

    fn check_held_by(&self, holder: &Holder) -> Result<(), Refusal> {
        if self.is_held_by(holder) {
            Ok(())
        } else {
            Err(invalid_for_user())
        }
    }
}

/// Says that a device is not the one of whom a call names.
pub(crate) fn invalid_for_user() -> Refusal {
    Refusal::not_found_text("MFA Device invalid for user.")
}

/// Checks that who has so many devices, of any kind, may have one more.
///
/// # Errors
/// [`Refusal::QuotaExceeded`] where there are eight.
// SOURCE: spec/iam-entities.md §3; the name of the quota is not documented.
pub fn check_mfa_devices(held: usize) -> Result<(), Refusal> {
    if held < MFA_DEVICES_PER_USER {
        return Ok(());
    }
    let limit = u64::try_from(MFA_DEVICES_PER_USER).unwrap_or(u64::MAX);
    Err(Refusal::QuotaExceeded {
        quota: Quota::MfaDevicesPerUser,
        limit,
    })
}

impl User {
    /// Notes that a device is enabled for the user.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] where there are eight.
    pub fn add_mfa_device(&mut self, serial_number: &str) -> Result<(), Refusal> {
        check_mfa_devices(self.mfa_devices.len())?;
        self.mfa_devices.push(serial_number.to_owned());
        Ok(())
    }

    /// Notes that a device is no longer enabled for the user.
    ///
    /// # Errors
    /// `NoSuchEntity` where it was not.
    pub fn remove_mfa_device(&mut self, serial_number: &str) -> Result<(), Refusal> {
        let before = self.mfa_devices.len();
        self.mfa_devices.retain(|device| device != serial_number);
        if self.mfa_devices.len() == before {
            Err(invalid_for_user())
        } else {
            Ok(())
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
            clock: DeviceClock::default(),
        };
        let account = AccountId::parse("111122223333").unwrap();
        assert_eq!(
            device.serial_number(Partition::Aws, account),
            "arn:aws:iam::111122223333:mfa/division/phone"
        );
        assert_eq!(device.seed.to_base32().len(), 64);
        device.check_deletion().unwrap();
        assert!(device.is_orphan());
        // Once in use, it is none, though it belongs to nobody again.
        device.clock.used = Some(7);
        assert!(!device.is_orphan());
        device.assignment = Some(Assignment {
            holder: Holder::Root,
            enabled: Timestamp::default(),
        });
        assert!(device.check_deletion().is_err());
        assert!(!format!("{device:?}").contains("7, 7"));
    }

    #[test]
    fn a_device_has_one_holder() {
        let holder = |byte: u8| {
            let account = AccountId::parse("111122223333").unwrap();
            Holder::User(UniqueId::mint(
                keyward_arn::IdPrefix::User,
                account,
                [byte; 8],
            ))
        };
        let mut device = VirtualMfaDevice {
            name: DeviceName::parse("phone").unwrap(),
            path: Path::default(),
            seed: OneTimeSeed::from_stored(b"12345678901234567890".to_vec()),
            created: Timestamp::default(),
            tags: Tags::default(),
            assignment: Some(Assignment {
                holder: holder(1),
                enabled: Timestamp::default(),
            }),
            clock: DeviceClock::default(),
        };
        // Of second 59 of RFC 6238, appendix B, and the step after.
        let codes = CodePair::read("287082", "359152").unwrap();
        let now = Timestamp::from_unix_seconds(59);
        let text = |result: Result<(), Refusal>| result.unwrap_err().to_string();
        let in_use = text(device.enable(holder(2), codes, now));
        assert_eq!(in_use, "MFA Device is already in use.");
        for other in [holder(2), Holder::Root] {
            let invalid = "MFA Device invalid for user.";
            assert_eq!(text(device.resynchronize(&other, codes, now)), invalid);
            assert_eq!(text(device.deactivate(&other)), invalid);
        }
        device.deactivate(&holder(1)).unwrap();
        assert_eq!(device.assignment, None);
        device.enable(holder(2), codes, now).unwrap();
        assert_eq!(device.clock.used, Some(2));
        device.deactivate(&holder(2)).unwrap();
        let used_up = text(device.enable(holder(1), codes, now));
        assert_eq!(used_up, "Authentication code for device is not valid.");
        assert_eq!(device.assignment, None);
    }
}
