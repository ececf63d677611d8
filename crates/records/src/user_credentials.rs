//! The record of a user's other credentials; it holds no secrets.

use bytes::Bytes;
use keyward_arn::UniqueId;
use keyward_directory::{
    CredentialService, CredentialStatus, Holder, RsaPublicKey, ServiceCredential,
    SigningCertificate, SshPublicKey, Timestamp, UserCredentials,
};
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "user credentials";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawUserCredentials {
    /// `None`: the root user.
    user: Option<String>,
    ssh: Vec<RawSshPublicKey>,
    certificates: Vec<RawSigningCertificate>,
    services: Vec<RawServiceCredential>,
}

#[derive(Serialize, Deserialize)]
struct RawSshPublicKey {
    id: String,
    key: String,
    active: bool,
    uploaded: i64,
}

#[derive(Serialize, Deserialize)]
struct RawSigningCertificate {
    id: String,
    body: String,
    fingerprint: String,
    active: bool,
    uploaded: i64,
}

#[derive(Serialize, Deserialize)]
struct RawServiceCredential {
    id: String,
    service: String,
    alias: String,
    digest: String,
    active: bool,
    created: i64,
    expires: Option<i64>,
}

pub(crate) fn encode(credentials: &UserCredentials) -> Result<Bytes, EncodeError> {
    let ssh = |key: &SshPublicKey| RawSshPublicKey {
        id: key.id.to_string(),
        key: key.key.to_ssh(),
        active: is_active(key.status),
        uploaded: key.uploaded.unix_seconds(),
    };
    let certificate = |certificate: &SigningCertificate| RawSigningCertificate {
        id: certificate.id.clone(),
        body: certificate.body.clone(),
        fingerprint: certificate.fingerprint.clone(),
        active: is_active(certificate.status),
        uploaded: certificate.uploaded.unix_seconds(),
    };
    let service = |credential: &ServiceCredential| RawServiceCredential {
        id: credential.id.to_string(),
        service: credential.service.as_str().to_owned(),
        alias: credential.alias.clone(),
        digest: credential.digest.clone(),
        active: is_active(credential.status),
        created: credential.created.unix_seconds(),
        expires: credential.expires.map(Timestamp::unix_seconds),
    };
    write(
        VERSION,
        &RawUserCredentials {
            user: match &credentials.owner {
                Holder::Root => None,
                Holder::User(id) => Some(id.to_string()),
            },
            ssh: credentials.ssh_public_keys.iter().map(ssh).collect(),
            certificates: credentials
                .signing_certificates
                .iter()
                .map(certificate)
                .collect(),
            services: credentials
                .service_credentials
                .iter()
                .map(service)
                .collect(),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<UserCredentials, DecodeError> {
    let raw: RawUserCredentials = read(RECORD, VERSION, bytes)?;
    let owner = match raw.user {
        None => Holder::Root,
        Some(id) => Holder::User(parsed(RECORD, UniqueId::parse(&id))?),
    };
    let certificate = |raw: RawSigningCertificate| SigningCertificate {
        id: raw.id,
        body: raw.body,
        fingerprint: raw.fingerprint,
        status: status(raw.active),
        uploaded: Timestamp::from_unix_seconds(raw.uploaded),
    };
    let ssh: Result<Vec<_>, _> = raw.ssh.into_iter().map(ssh_public_key).collect();
    let services: Result<Vec<_>, _> = raw.services.into_iter().map(service_credential).collect();
    Ok(UserCredentials {
        owner,
        ssh_public_keys: ssh?,
        signing_certificates: raw.certificates.into_iter().map(certificate).collect(),
        service_credentials: services?,
    })
}

fn ssh_public_key(raw: RawSshPublicKey) -> Result<SshPublicKey, DecodeError> {
    let key = RsaPublicKey::parse(&raw.key);
    Ok(SshPublicKey {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        key: key.map_err(|_| malformed(RECORD, "an SSH key can't be read"))?,
        status: status(raw.active),
        uploaded: Timestamp::from_unix_seconds(raw.uploaded),
    })
}

fn service_credential(raw: RawServiceCredential) -> Result<ServiceCredential, DecodeError> {
    Ok(ServiceCredential {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        service: parsed(RECORD, CredentialService::parse(&raw.service))?,
        alias: raw.alias,
        digest: raw.digest,
        status: status(raw.active),
        created: Timestamp::from_unix_seconds(raw.created),
        expires: raw.expires.map(Timestamp::from_unix_seconds),
    })
}

fn is_active(status: CredentialStatus) -> bool {
    match status {
        CredentialStatus::Active => true,
        CredentialStatus::Inactive => false,
    }
}

fn status(active: bool) -> CredentialStatus {
    if active {
        CredentialStatus::Active
    } else {
        CredentialStatus::Inactive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let line = include_str!("../../directory/src/pki/fixtures/ssh.txt");
        let line = line
            .lines()
            .next()
            .unwrap()
            .strip_suffix(" user@example")
            .unwrap();
        let text = [
            "\x01",
            r#"{"user":"AIDAIOSFODNN7EXAMPLE1","ssh":[{"id":"APKAIOSFODNN7EXAMPLE1","key":""#,
            line,
            r#"","active":true,"uploaded":1767225600}],"#,
            r#""certificates":[{"id":"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567","body":"b","fingerprint":"f","#,
            r#""active":false,"uploaded":1767225601}],"#,
            r#""services":[{"id":"ACCAIOSFODNN7EXAMPLE1","service":"bedrock.amazonaws.com","#,
            r#""alias":"alice-at-111122223333","digest":"d","active":true,"created":1767225602,"expires":1767225603}]}"#,
        ]
        .concat();
        let credentials = decode(text.as_bytes()).unwrap();
        assert_eq!(credentials.ssh_public_keys[0].key.to_ssh(), line);
        assert_eq!(encode(&credentials).unwrap(), text.as_bytes());
        let root = UserCredentials::none(Holder::Root);
        let back = decode(&encode(&root).unwrap()).unwrap();
        assert_eq!(back.owner, Holder::Root);
    }
}
