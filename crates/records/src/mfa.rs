//! The record of a virtual MFA device.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{
    Assignment, DeviceClock, DeviceName, Holder, OneTimeSeed, Timestamp, VirtualMfaDevice,
};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::{RawTags, raw_tags, tags};
use crate::{DecodeError, EncodeError, Vault};

const RECORD: &str = "virtual MFA device";
/// Format 1 had no clock: no device was ever enabled.
const VERSION: u8 = 2;

#[derive(Serialize, Deserialize)]
struct RawDevice {
    name: String,
    path: String,
    sealed: String,
    created: i64,
    tags: RawTags,
    assignment: Option<RawAssignment>,
    #[serde(default)]
    drift: i64,
    #[serde(default)]
    used: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct RawAssignment {
    /// `None`: the root user.
    user: Option<String>,
    enabled: i64,
}

/// Writes a device's record.
///
/// # Errors
/// [`EncodeError`] where the seed can't be sealed.
pub(crate) fn encode_virtual_mfa_device(
    device: &VirtualMfaDevice,
    vault: &Vault,
) -> Result<Bytes, EncodeError> {
    let assignment = device.assignment.as_ref().map(|assignment| RawAssignment {
        user: match &assignment.holder {
            Holder::Root => None,
            Holder::User(id) => Some(id.to_string()),
        },
        enabled: assignment.enabled.unix_seconds(),
    });
    write(
        VERSION,
        &RawDevice {
            name: device.name.to_string(),
            path: device.path.to_string(),
            sealed: vault.seal(
                &place(device.path.as_str(), device.name.as_str()),
                device.seed.expose(),
            )?,
            created: device.created.unix_seconds(),
            tags: raw_tags(&device.tags),
            assignment,
            drift: device.clock.drift,
            used: device.clock.used,
        },
    )
}

/// Reads a device's record.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record or the seed does not open.
pub(crate) fn decode_virtual_mfa_device(
    bytes: &[u8],
    vault: &Vault,
) -> Result<VirtualMfaDevice, DecodeError> {
    let raw: RawDevice = read(RECORD, VERSION, bytes)?;
    let seed = vault.open(&place(&raw.path, &raw.name), &raw.sealed)?;
    let holder = |user: Option<String>| match user {
        None => Ok(Holder::Root),
        Some(id) => UniqueId::parse(&id)
            .map(Holder::User)
            .map_err(|error| malformed(RECORD, error)),
    };
    let assignment = raw.assignment.map(|raw| {
        Ok::<_, DecodeError>(Assignment {
            holder: holder(raw.user)?,
            enabled: Timestamp::from_unix_seconds(raw.enabled),
        })
    });
    Ok(VirtualMfaDevice {
        name: DeviceName::parse(&raw.name).map_err(|error| malformed(RECORD, error))?,
        path: Path::parse(&raw.path).map_err(|error| malformed(RECORD, error))?,
        seed: OneTimeSeed::from_stored(seed.to_vec()),
        created: Timestamp::from_unix_seconds(raw.created),
        tags: tags(raw.tags),
        assignment: assignment.transpose()?,
        clock: DeviceClock {
            drift: raw.drift,
            used: raw.used,
        },
    })
}

fn place(path: &str, name: &str) -> String {
    format!("mfa{path}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;
    use keyward_arn::AccountId;
    use keyward_directory::Tags;

    #[test]
    fn reads_back() {
        let account = AccountId::parse("111122223333").unwrap();
        let vault = MasterKey::from_bytes([1; 32])
            .create_vault(account, [2; 32])
            .unwrap();
        let holders = [
            None,
            Some(Holder::Root),
            Some(Holder::User(
                UniqueId::parse("AIDAIOSFODNN7EXAMPLE1").unwrap(),
            )),
        ];
        for holder in holders {
            let device = VirtualMfaDevice {
                name: DeviceName::parse("phone").unwrap(),
                path: Path::default(),
                seed: OneTimeSeed::from_random([3; 40]),
                created: Timestamp::from_unix_seconds(4),
                tags: Tags::default(),
                assignment: holder.map(|holder| Assignment {
                    holder,
                    enabled: Timestamp::from_unix_seconds(5),
                }),
                clock: DeviceClock {
                    drift: -6,
                    used: Some(7),
                },
            };
            let bytes = encode_virtual_mfa_device(&device, &vault).unwrap();
            let back = decode_virtual_mfa_device(&bytes, &vault).unwrap();
            assert_eq!(back.seed.expose(), device.seed.expose());
            assert_eq!(format!("{back:?}"), format!("{device:?}"));
        }
    }

    #[test]
    fn the_first_released_format_stays_readable() {
        let account = AccountId::parse("111122223333").unwrap();
        let vault = MasterKey::from_bytes([1; 32])
            .create_vault(account, [2; 32])
            .unwrap();
        let sealed = vault.seal("mfa/phone", &[3; 40]).unwrap();
        let text = format!(
            "\x01{{\"name\":\"phone\",\"path\":\"/\",\"sealed\":\"{sealed}\",\"created\":4,\"tags\":[],\
             \"assignment\":null}}"
        );
        let device = decode_virtual_mfa_device(text.as_bytes(), &vault).unwrap();
        assert_eq!(device.seed.expose(), [3; 40]);
        assert_eq!(device.clock, DeviceClock::default());
    }
}
