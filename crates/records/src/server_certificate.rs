//! The record of a server certificate; its chain is a text of its own.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{ServerCertificate, ServerCertificateName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawTags, open_private_key, parsed, raw_tags, seal_private_key, tags};
use crate::{DecodeError, EncodeError, Vault};

const RECORD: &str = "server certificate";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawServerCertificate {
    id: String,
    name: String,
    path: String,
    uploaded: i64,
    expires: i64,
    tags: RawTags,
    body: String,
    sealed: String,
    chain_parts: u32,
}

pub(crate) fn encode(certificate: &ServerCertificate, vault: &Vault) -> Result<Bytes, EncodeError> {
    let sealed = seal_private_key(vault, &place(&certificate.id), &certificate.private_key)?;
    write(
        VERSION,
        &RawServerCertificate {
            id: certificate.id.to_string(),
            name: certificate.name.to_string(),
            path: certificate.path.to_string(),
            uploaded: certificate.uploaded.unix_seconds(),
            expires: certificate.expires.unix_seconds(),
            tags: raw_tags(&certificate.tags),
            body: certificate.body.clone(),
            sealed,
            chain_parts: certificate.chain_parts,
        },
    )
}

pub(crate) fn decode(bytes: &[u8], vault: &Vault) -> Result<ServerCertificate, DecodeError> {
    let raw: RawServerCertificate = read(RECORD, VERSION, bytes)?;
    let id = parsed(RECORD, UniqueId::parse(&raw.id))?;
    let private_key = open_private_key(RECORD, vault, &place(&id), &raw.sealed)?;
    Ok(ServerCertificate {
        id,
        name: parsed(RECORD, ServerCertificateName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        uploaded: Timestamp::from_unix_seconds(raw.uploaded),
        expires: Timestamp::from_unix_seconds(raw.expires),
        tags: tags(raw.tags),
        body: raw.body,
        private_key,
        chain_parts: raw.chain_parts,
    })
}

fn place(id: &UniqueId) -> String {
    format!("server-certificate/{id}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::MasterKey;
    use keyward_arn::AccountId;
    use keyward_directory::PrivateKey;

    /// A P-256 key that protects nothing.
    pub(crate) const KEY: &str = include_str!("../../directory/src/pki/fixtures/ec.key.pem");

    pub(crate) fn vault() -> Vault {
        MasterKey::from_bytes([1; 32])
            .create_vault(AccountId::parse("111122223333").unwrap(), [2; 32])
            .unwrap()
    }

    #[test]
    fn reads_back_and_keeps_its_key_sealed() {
        let vault = vault();
        let certificate = ServerCertificate {
            id: UniqueId::parse("ASCAIOSFODNN7EXAMPLE1").unwrap(),
            name: ServerCertificateName::parse("Web").unwrap(),
            path: Path::parse("/cloudfront/").unwrap(),
            uploaded: Timestamp::from_unix_seconds(1),
            expires: Timestamp::from_unix_seconds(2),
            tags: Default::default(),
            body: "-----BEGIN CERTIFICATE-----".to_owned(),
            private_key: PrivateKey::from_stored(KEY.to_owned()),
            chain_parts: 1,
        };
        let bytes = encode(&certificate, &vault).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"));
        let back = decode(&bytes, &vault).unwrap();
        assert_eq!(format!("{back:?}"), format!("{certificate:?}"));
        assert_eq!(back.private_key.expose(), KEY);
        // A key that was sealed for one certificate does not open in another's record.
        let moved = String::from_utf8_lossy(&bytes).replace("EXAMPLE1", "EXAMPLE2");
        assert!(decode(moved.as_bytes(), &vault).is_err());
    }
}
