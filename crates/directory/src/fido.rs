//! FIDO devices: security keys and passkeys, registered and enabled in one act.

mod registration;

use std::collections::BTreeMap;

use keyward_arn::{AccountId, Partition, decode_base32, encode_base32};
use sha2::{Digest as _, Sha256};

use crate::limits::FIDO_SERIAL_RANDOM;
use crate::mfa::invalid_for_user;
use crate::{CredentialKey, FidoDeviceName, Holder, Refusal, Timestamp, UserName};

pub use registration::ParseRegistrationError;

/// A FIDO device. It is somebody's for as long as it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FidoDevice {
    /// What the serial number is made of.
    pub serial: FidoSerial,
    /// Who signs in with it.
    pub holder: Holder,
    /// When it was registered.
    pub enabled: Timestamp,
    /// The key pair that it made.
    pub credential: FidoCredential,
    /// What its kind is certified for.
    pub certifications: Certifications,
}

impl FidoDevice {
    /// Checks whose device it is.
    ///
    /// # Errors
    /// `NoSuchEntity` where it is not the holder's.
    pub fn check_held_by(&self, holder: &Holder) -> Result<(), Refusal> {
        if self.holder == *holder {
            Ok(())
        } else {
            Err(invalid_for_user())
        }
    }
}

/// What a registration tells of a credential; all of it is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FidoCredential {
    /// 1 to 1,023 bytes that the authenticator chose.
    pub id: Vec<u8>,
    /// What its signatures are verified by.
    pub key: CredentialKey,
    /// The kind of authenticator; zeros where it does not say.
    pub aaguid: [u8; 16],
    /// How often it has signed; zero for ever where it does not count.
    pub sign_count: u32,
    /// The SHA-256 digest of the domain that the credential is for.
    pub rp_id_hash: [u8; 32],
    /// How the authenticator can be reached, such as `usb` or `internal`, as the browser says it.
    pub transports: Vec<String>,
    /// Whether the authenticator asked for a PIN or a fingerprint.
    pub user_verified: bool,
    /// Whether the credential lives on one device only.
    pub backup: KeyBackup,
}

/// Whether the private key of a credential is copied to other devices.
// SOURCE: WebAuthn Level 3, §6.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBackup {
    /// It is: a passkey that is synchronized.
    BackedUp,
    /// It can be and is not yet.
    Eligible,
    /// It never is: a security key.
    Never,
}

impl FidoCredential {
    /// Reads what `JSON.stringify(credential)` gives after `navigator.credentials.create()`, see [`ParseRegistrationError`]
    /// for what is checked. Neither the challenge nor an attestation is: whoever hands it in answers for where it is from.
    // DIFFERS: AWS's console checks them and takes certifications from the metadata of the FIDO Alliance, which are not shipped.
    ///
    /// # Errors
    /// [`ParseRegistrationError`].
    pub fn parse(registration: &str) -> Result<Self, ParseRegistrationError> {
        registration::parse(registration)
    }

    /// Returns the SHA-256 digest of the credential's id in hexadecimal, 64 characters: one credential is registered once in
    /// an account.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(&self.id);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The part of a FIDO device's serial number that tells it from others of the account: `user/alice/key-…` or `root/key-…`.
///
/// The name in it is the one that the user had when the device was registered.
// DIFFERS: what AWS makes of it when the user is renamed is not documented; whoever wrote the serial number down finds the device.
// SOURCE: AWS CLI, examples of `get-mfa-device` and `list-mfa-devices`; for the root user the example of `GetMFADevice`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FidoSerial(String);

impl FidoSerial {
    /// Makes one for a user, or for the root user.
    #[must_use]
    pub fn mint(
        user: Option<&UserName>,
        name: &FidoDeviceName,
        random: [u8; FIDO_SERIAL_RANDOM],
    ) -> Self {
        let random = encode_base32(&random);
        Self(match user {
            None => format!("root/{name}-{random}"),
            Some(user) => format!("user/{user}/{name}-{random}"),
        })
    }

    /// Reads what follows `u2f/` in a serial number; `None` where no device can have it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let device = match text.strip_prefix("user/") {
            None => text.strip_prefix("root/")?,
            Some(rest) => {
                let (user, device) = rest.split_once('/')?;
                UserName::parse(user).ok()?;
                device
            }
        };
        let (name, random) = device.rsplit_once('-')?;
        FidoDeviceName::parse(name).ok()?;
        let bytes = decode_base32(random)?;
        // Base32 has several texts for the same bytes; only one was handed out.
        let is_one = bytes.len() == FIDO_SERIAL_RANDOM && encode_base32(&bytes) == random;
        is_one.then(|| Self(text.to_owned()))
    }

    /// Returns it as it stands in a serial number, behind `u2f/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name that the device was given.
    #[must_use]
    pub fn device_name(&self) -> &str {
        let (_, device) = self.0.rsplit_once('/').unwrap_or_default();
        device.rsplit_once('-').map_or(device, |(name, _)| name)
    }

    /// Returns the whole serial number, `arn:aws:iam::111122223333:u2f/user/alice/key-…`, at most 256 characters.
    #[must_use]
    pub fn serial_number(&self, partition: Partition, account: AccountId) -> String {
        format!("arn:{}:iam::{account}:u2f/{}", partition.as_str(), self.0)
    }
}

/// The certifications that there are, with their levels.
// SOURCE: AWS, the example of `GetMFADevice` and the condition keys `iam:FIDO-certification` and
// `iam:FIDO-FIPS-140-*-certification`, which are named by them.
const CERTIFICATIONS: [(&str, &[&str]); 3] = [
    ("FIDO", &["L1", "L1plus", "L2", "L2plus", "L3", "L3plus"]),
    ("FIDO-FIPS-140-2", &["L1", "L2", "L3", "L4"]),
    ("FIDO-FIPS-140-3", &["L1", "L2", "L3", "L4"]),
];

/// What a kind of device is certified for, such as `FIDO` at level `L1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certifications(BTreeMap<&'static str, &'static str>);

/// A certification that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseCertificationError {
    /// It is none of them.
    #[error("there is no certification {0}: they are FIDO, FIDO-FIPS-140-2 and FIDO-FIPS-140-3")]
    Name(String),
    /// It has no such level.
    #[error("the certification {0} has no level {1}: its levels are {2}")]
    Level(String, String, String),
    /// It is there twice.
    #[error("the certification {0} is given twice")]
    Twice(String),
}

impl Certifications {
    /// Reads certifications and their levels, in the case in which AWS writes them.
    ///
    /// # Errors
    /// [`ParseCertificationError`].
    pub fn parse<'a>(
        sent: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ParseCertificationError> {
        let mut found = BTreeMap::new();
        for (name, level) in sent {
            let named = CERTIFICATIONS.into_iter().find(|(known, _)| *known == name);
            let (name, levels) =
                named.ok_or_else(|| ParseCertificationError::Name(name.to_owned()))?;
            let level = levels
                .iter()
                .find(|known| **known == level)
                .ok_or_else(|| {
                    let (name, level) = (name.to_owned(), level.to_owned());
                    ParseCertificationError::Level(name, level, levels.join(", "))
                })?;
            if found.insert(name, *level).is_some() {
                return Err(ParseCertificationError::Twice(name.to_owned()));
            }
        }
        Ok(Self(found))
    }

    /// Returns each with its level, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().map(|(name, level)| (*name, *level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> FidoDeviceName {
        FidoDeviceName::parse(text).unwrap()
    }

    #[test]
    fn serial_numbers_read_back() {
        let alice = UserName::parse("alice").unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let serial = FidoSerial::mint(Some(&alice), &name("my-key"), [0; 16]);
        assert_eq!(
            serial.serial_number(Partition::Aws, account),
            "arn:aws:iam::111122223333:u2f/user/alice/my-key-AAAAAAAAAAAAAAAAAAAAAAAAAA"
        );
        assert_eq!(serial.device_name(), "my-key");
        assert_eq!(FidoSerial::parse(serial.as_str()), Some(serial));
        let root = FidoSerial::mint(None, &name("k"), [255; 16]);
        assert_eq!(root.as_str(), "root/k-77777777777777777777777774");
        assert_eq!(root.device_name(), "k");
        assert_eq!(FidoSerial::parse(root.as_str()), Some(root));
        let longest = FidoSerial::mint(
            UserName::parse(&"u".repeat(64)).ok().as_ref(),
            &name(&"n".repeat(128)),
            [1; 16],
        );
        let longest = longest.serial_number(Partition::Aws, account);
        assert!(longest.len() <= 256, "{}", longest.len());
        for text in [
            "",
            "root/",
            "root/k",
            "root/k-",
            "root/-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "root/k-AAAAAAAAAAAAAAAAAAAAAAAAA",
            "root/k-AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "root/k-AAAAAAAAAAAAAAAAAAAAAAAAAB",
            "root/k-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "root/a/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "user/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "user//k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "user/a/b/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "role/a/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(FidoSerial::parse(text), None, "{text}");
        }
    }

    #[test]
    fn certifications_are_those_that_there_are() {
        let read = Certifications::parse([("FIDO-FIPS-140-2", "L2"), ("FIDO", "L1plus")]).unwrap();
        let shown: Vec<_> = read.iter().collect();
        assert_eq!(shown, [("FIDO", "L1plus"), ("FIDO-FIPS-140-2", "L2")]);
        let text = |sent: &[(&'static str, &'static str)]| {
            Certifications::parse(sent.iter().copied())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            text(&[("FIPS-140-2", "L1")]),
            "there is no certification FIPS-140-2: they are FIDO, FIDO-FIPS-140-2 and FIDO-FIPS-140-3"
        );
        assert_eq!(
            text(&[("FIDO-FIPS-140-3", "L1plus")]),
            "the certification FIDO-FIPS-140-3 has no level L1plus: its levels are L1, L2, L3, L4"
        );
        assert_eq!(
            text(&[("FIDO", "L1"), ("FIDO", "L1")]),
            "the certification FIDO is given twice"
        );
    }
}
