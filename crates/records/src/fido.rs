//! The record of a FIDO device; it holds no secrets.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{
    Certifications, CoseAlgorithm, CredentialKey, FidoCredential, FidoDevice, FidoSerial, Holder,
    KeyBackup, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "FIDO device";
const VERSION: u8 = 1;

/// Bytes stand in base64url.
#[derive(Serialize, Deserialize)]
struct RawFidoDevice {
    serial: String,
    /// `None`: the root user.
    user: Option<String>,
    enabled: i64,
    credential: String,
    algorithm: i64,
    key: String,
    aaguid: String,
    signed: u32,
    rp: String,
    transports: Vec<String>,
    verified: bool,
    /// Whether the key can be backed up; with `backed_up` one of three states.
    eligible: bool,
    backed_up: bool,
    certifications: Vec<(String, String)>,
}

pub(crate) fn encode(device: &FidoDevice) -> Result<Bytes, EncodeError> {
    let credential = &device.credential;
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (eligible, backed_up) = match credential.backup {
        KeyBackup::BackedUp => (true, true),
        KeyBackup::Eligible => (true, false),
        KeyBackup::Never => (false, false),
    };
    let certifications = device.certifications.iter();
    write(
        VERSION,
        &RawFidoDevice {
            serial: device.serial.as_str().to_owned(),
            user: match &device.holder {
                Holder::Root => None,
                Holder::User(id) => Some(id.to_string()),
            },
            enabled: device.enabled.unix_seconds(),
            credential: text(&credential.id),
            algorithm: credential.key.algorithm().number(),
            key: text(credential.key.spki()),
            aaguid: text(&credential.aaguid),
            signed: credential.sign_count,
            rp: text(&credential.rp_id_hash),
            transports: credential.transports.clone(),
            verified: credential.user_verified,
            eligible,
            backed_up,
            certifications: certifications
                .map(|(name, level)| (name.to_owned(), level.to_owned()))
                .collect(),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<FidoDevice, DecodeError> {
    let raw: RawFidoDevice = read(RECORD, VERSION, bytes)?;
    let serial = FidoSerial::parse(&raw.serial);
    let holder = match raw.user {
        None => Holder::Root,
        Some(id) => Holder::User(parsed(RECORD, UniqueId::parse(&id))?),
    };
    let algorithm = CoseAlgorithm::from_number(raw.algorithm);
    let algorithm = algorithm.ok_or_else(|| malformed(RECORD, "its algorithm is unknown"))?;
    let key = CredentialKey::parse(algorithm, &binary(&raw.key)?);
    let certifications = raw.certifications.iter();
    let certifications = certifications.map(|(name, level)| (name.as_str(), level.as_str()));
    Ok(FidoDevice {
        serial: serial.ok_or_else(|| malformed(RECORD, "its serial number is none"))?,
        holder,
        enabled: Timestamp::from_unix_seconds(raw.enabled),
        credential: FidoCredential {
            id: binary(&raw.credential)?,
            key: key.ok_or_else(|| malformed(RECORD, "its public key is none"))?,
            aaguid: fixed(&raw.aaguid)?,
            sign_count: raw.signed,
            rp_id_hash: fixed(&raw.rp)?,
            transports: raw.transports,
            user_verified: raw.verified,
            backup: match (raw.eligible, raw.backed_up) {
                (true, true) => KeyBackup::BackedUp,
                (true, false) => KeyBackup::Eligible,
                (false, false) => KeyBackup::Never,
                (false, true) => return Err(malformed(RECORD, "its key can't be backed up")),
            },
        },
        certifications: parsed(RECORD, Certifications::parse(certifications))?,
    })
}

fn binary(text: &str) -> Result<Vec<u8>, DecodeError> {
    parsed(RECORD, BASE64_URL_SAFE_NO_PAD.decode(text))
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], DecodeError> {
    let bytes = binary(text)?.try_into();
    bytes.map_err(|_| malformed(RECORD, "bytes of it are missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MCowBQYDK2VwAyEAGwYgRX05RcVWziNYAsTZoh4V_v_XurE7KQQcRCSHDrs";

    fn device(holder: Holder, backup: KeyBackup) -> FidoDevice {
        FidoDevice {
            serial: FidoSerial::parse("user/alice/key-AAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            holder,
            enabled: Timestamp::from_unix_seconds(5),
            credential: FidoCredential {
                id: vec![0xff; 3],
                key: CredentialKey::parse(CoseAlgorithm::EdDsa, &binary(KEY).unwrap()).unwrap(),
                aaguid: [1; 16],
                sign_count: 7,
                rp_id_hash: [2; 32],
                transports: vec!["usb".to_owned()],
                user_verified: true,
                backup,
            },
            certifications: Certifications::parse([("FIDO", "L1")]).unwrap(),
        }
    }

    #[test]
    fn reads_back() {
        let user = UniqueId::parse("AIDAIOSFODNN7EXAMPLE1").unwrap();
        for holder in [Holder::Root, Holder::User(user)] {
            for backup in [KeyBackup::BackedUp, KeyBackup::Eligible, KeyBackup::Never] {
                let device = device(holder.clone(), backup);
                assert_eq!(decode(&encode(&device).unwrap()).unwrap(), device);
            }
        }
    }

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = format!(
            "\x01{{\"serial\":\"user/alice/key-AAAAAAAAAAAAAAAAAAAAAAAAAA\",\"user\":\"AIDAIOSFODNN7EXAMPLE1\",\"enabled\":5,\
             \"credential\":\"____\",\"algorithm\":-8,\"key\":\"{KEY}\",\"aaguid\":\"AQEBAQEBAQEBAQEBAQEBAQ\",\"signed\":7,\
             \"rp\":\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\",\"transports\":[\"usb\"],\"verified\":true,\
             \"eligible\":false,\"backed_up\":false,\"certifications\":[[\"FIDO\",\"L1\"]]}}"
        );
        let read = decode(text.as_bytes()).unwrap();
        assert_eq!(encode(&read).unwrap(), text.as_bytes());
        let newer = text.replacen('\x01', "\x02", 1);
        assert!(matches!(
            decode(newer.as_bytes()),
            Err(DecodeError::Newer { found: 2, .. })
        ));
        for (part, odd) in [
            ("-8", "-7"),
            ("-8", "-9"),
            ("key-A", "key-"),
            ("AIDA", "AROA."),
            ("AQEB", "AQ"),
            ("AgIC", "Ag"),
            ("____", "___="),
            ("\"L1\"", "\"L9\""),
            ("\"backed_up\":false", "\"backed_up\":true"),
        ] {
            let odd = text.replacen(part, odd, 1);
            assert!(
                matches!(decode(odd.as_bytes()), Err(DecodeError::Malformed { .. })),
                "{odd}"
            );
        }
    }
}
