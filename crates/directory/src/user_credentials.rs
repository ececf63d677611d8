//! What a user has besides access keys, a password and MFA devices: SSH keys, signing certificates, credentials for
//! single services.

use keyward_arn::{AccountId, IdPrefix, UniqueId, encode_base32};

use crate::limits::{SIGNING_CERTIFICATES_PER_USER, SSH_PUBLIC_KEYS_PER_USER};
use crate::{
    Certificate, Entity, Holder, ParsePublicKeyError, Quota, Refusal, RefusalKind, RsaPublicKey,
    ServiceCredential, Timestamp,
};

/// Whether a credential may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialStatus {
    /// It may.
    Active,
    /// It may not, until it is made active again.
    Inactive,
}

/// An SSH public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshPublicKey {
    /// Such as `APKA…`.
    pub id: UniqueId,
    /// The key itself; its comment is not kept.
    pub key: RsaPublicKey,
    /// Active when it is uploaded.
    pub status: CredentialStatus,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

/// A certificate that requests of old services are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningCertificate {
    /// 32 letters and digits.
    pub id: String,
    /// The PEM text as it was uploaded.
    pub body: String,
    /// [`Certificate::fingerprint`]: one certificate belongs to one user of an account.
    pub fingerprint: String,
    /// Active when it is uploaded.
    pub status: CredentialStatus,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

/// The other credentials of one user, or of the root user: a record of their own, because few have any.
#[derive(Clone, Debug)]
pub struct UserCredentials {
    /// Whose they are.
    pub owner: Holder,
    /// At most five, in the order in which they were uploaded.
    pub ssh_public_keys: Vec<SshPublicKey>,
    /// At most two, in the order in which they were uploaded.
    pub signing_certificates: Vec<SigningCertificate>,
    /// At most two a service, in the order in which they were made.
    pub service_credentials: Vec<ServiceCredential>,
}

impl UserCredentials {
    /// Makes the record of someone who has none of these.
    #[must_use]
    pub fn none(owner: Holder) -> Self {
        Self {
            owner,
            ssh_public_keys: Vec::new(),
            signing_certificates: Vec::new(),
            service_credentials: Vec::new(),
        }
    }

    /// Returns whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ssh_public_keys.is_empty()
            && self.signing_certificates.is_empty()
            && self.service_credentials.is_empty()
    }

    /// Checks that the user may be deleted.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] where any credential is left.
    // SOURCE: spec/iam-entities.md §4; certificates as callers report it (rebuy-de/aws-nuke issue 671).
    pub fn check_deletion(&self) -> Result<(), Refusal> {
        if self.is_empty() {
            return Ok(());
        }
        let message = if self.signing_certificates.is_empty() {
            "Cannot delete entity, must remove referenced objects first."
        } else {
            "Cannot delete entity, must delete certificates first."
        };
        Err(Refusal::DeleteConflict { message })
    }

    /// Adds an SSH public key from its text.
    ///
    /// # Errors
    /// `InvalidPublicKey`, `UnrecognizedPublicKeyEncoding`, `DuplicateSSHPublicKey`, [`Refusal::QuotaExceeded`].
    pub fn upload_ssh_public_key(
        &mut self,
        account: AccountId,
        text: &str,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<SshPublicKey, Refusal> {
        let key = RsaPublicKey::parse(text).map_err(refused_key)?;
        if self.ssh_public_keys.iter().any(|other| other.key == key) {
            let message = "The SSH public key is already associated with the specified IAM user.";
            return Err(Refusal::other(RefusalKind::DuplicateSshPublicKey, message));
        }
        within(
            self.ssh_public_keys.len(),
            SSH_PUBLIC_KEYS_PER_USER,
            Quota::SshPublicKeysPerUser,
        )?;
        let key = SshPublicKey {
            id: UniqueId::mint(IdPrefix::PublicKey, account, random),
            key,
            status: CredentialStatus::Active,
            uploaded: now,
        };
        self.ssh_public_keys.push(key.clone());
        Ok(key)
    }

    /// Returns an SSH public key.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn ssh_public_key(&mut self, id: &str) -> Result<&mut SshPublicKey, Refusal> {
        let found = self.ssh_public_keys.iter_mut();
        found
            .into_iter()
            .find(|key| key.id.as_str() == id)
            .ok_or_else(|| Refusal::not_found(Entity::SshPublicKey, id))
    }

    /// Takes an SSH public key away.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn delete_ssh_public_key(&mut self, id: &str) -> Result<(), Refusal> {
        self.ssh_public_key(id)?;
        self.ssh_public_keys.retain(|key| key.id.as_str() != id);
        Ok(())
    }

    /// Adds a signing certificate; that no other user of the account has it is for the caller to see.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`].
    pub fn add_signing_certificate(
        &mut self,
        certificate: SigningCertificate,
    ) -> Result<(), Refusal> {
        within(
            self.signing_certificates.len(),
            SIGNING_CERTIFICATES_PER_USER,
            Quota::SigningCertificatesPerUser,
        )?;
        self.signing_certificates.push(certificate);
        Ok(())
    }

    /// Returns a signing certificate.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn signing_certificate(&mut self, id: &str) -> Result<&mut SigningCertificate, Refusal> {
        self.signing_certificates
            .iter_mut()
            .find(|certificate| certificate.id == id)
            .ok_or_else(|| Refusal::not_found(Entity::SigningCertificate, id))
    }

    /// Takes a signing certificate away and returns it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn delete_signing_certificate(&mut self, id: &str) -> Result<SigningCertificate, Refusal> {
        let gone = self.signing_certificate(id)?.clone();
        self.signing_certificates.retain(|other| other.id != id);
        Ok(gone)
    }

    /// Returns a service-specific credential.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn service_credential(&mut self, id: &str) -> Result<&mut ServiceCredential, Refusal> {
        self.service_credentials
            .iter_mut()
            .find(|credential| credential.id.as_str() == id)
            .ok_or_else(|| Refusal::not_found(Entity::ServiceSpecificCredential, id))
    }

    /// Takes a service-specific credential away.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn delete_service_credential(&mut self, id: &str) -> Result<(), Refusal> {
        self.service_credential(id)?;
        self.service_credentials
            .retain(|credential| credential.id.as_str() != id);
        Ok(())
    }
}

impl SigningCertificate {
    /// Reads a certificate that a user uploads, and gives it an id from 20 random bytes.
    ///
    /// # Errors
    /// `MalformedCertificate`; `InvalidCertificate` where the certificate is not valid now.
    // SOURCE: spec/iam-entities.md §6.
    pub fn upload(body: &str, random: [u8; 20], now: Timestamp) -> Result<Self, Refusal> {
        let Some(certificate) = Certificate::parse(body) else {
            let message = format!("Certificate {body} is malformed");
            return Err(Refusal::other(RefusalKind::MalformedCertificate, message));
        };
        if !certificate.is_valid_at(now) {
            let message = "The certificate is not valid yet or has expired.";
            return Err(Refusal::other(RefusalKind::InvalidCertificate, message));
        }
        Ok(Self {
            id: encode_base32(&random),
            body: body.to_owned(),
            fingerprint: certificate.fingerprint(),
            status: CredentialStatus::Active,
            uploaded: now,
        })
    }

    /// Says that a user of the account has the certificate already.
    #[must_use]
    pub fn duplicate() -> Refusal {
        let message = "The same certificate is associated with an IAM user in the account.";
        Refusal::other(RefusalKind::DuplicateCertificate, message)
    }
}

fn refused_key(error: ParsePublicKeyError) -> Refusal {
    match error {
        ParsePublicKeyError::Invalid => Refusal::other(
            RefusalKind::InvalidPublicKey,
            "The public key is malformed or otherwise invalid.",
        ),
        ParsePublicKeyError::Unrecognized => Refusal::other(
            RefusalKind::UnrecognizedPublicKeyEncoding,
            "Invalid public key uploaded.",
        ),
    }
}

/// Checks that there is room for one more.
pub(crate) fn within(count: usize, most: usize, quota: Quota) -> Result<(), Refusal> {
    if count < most {
        return Ok(());
    }
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    Err(Refusal::QuotaExceeded { quota, limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::fixtures;

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    #[test]
    fn an_ssh_key_is_uploaded_once_and_five_fit() {
        let mut credentials = UserCredentials::none(Holder::Root);
        let now = fixtures::NOW;
        let mut upload = |text: &str, byte: u8| {
            let uploaded = credentials.upload_ssh_public_key(account(), text, [byte; 8], now);
            uploaded.map(|key| key.id.to_string().len())
        };
        for (index, text) in fixtures::SSH_KEYS.iter().take(5).enumerate() {
            assert_eq!(upload(text, u8::try_from(index).unwrap()), Ok(21));
        }
        let again = upload(fixtures::SSH_KEYS[0], 9).unwrap_err().to_string();
        let text = "The SSH public key is already associated with the specified IAM user.";
        assert_eq!(again, text);
        let sixth = upload(fixtures::SSH_KEYS[5], 9).unwrap_err().to_string();
        assert_eq!(sixth, "Cannot exceed quota for SSHPublicKeysPerUser: 5");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let mut credentials = UserCredentials::none(Holder::Root);
        let gone = |refusal: Refusal| refusal.to_string();
        assert_eq!(
            gone(credentials.delete_ssh_public_key("APKA1").unwrap_err()),
            "The SSH Public Key with id APKA1 cannot be found"
        );
        assert_eq!(
            gone(credentials.delete_signing_certificate("X").unwrap_err()),
            "The Certificate with id X cannot be found."
        );
        assert_eq!(
            gone(credentials.delete_service_credential("ACCA1").unwrap_err()),
            "No such credential ACCA1 exists"
        );
    }

    #[test]
    fn any_credential_keeps_a_user() {
        let mut credentials = UserCredentials::none(Holder::Root);
        credentials.check_deletion().unwrap();
        let body = fixtures::LEAF;
        let certificate = SigningCertificate::upload(body, [1; 20], fixtures::NOW).unwrap();
        assert_eq!(certificate.id.len(), 32);
        credentials
            .add_signing_certificate(certificate.clone())
            .unwrap();
        assert!(credentials.check_deletion().is_err());
        credentials
            .add_signing_certificate(certificate.clone())
            .unwrap();
        let third = credentials.add_signing_certificate(certificate);
        let text = "Cannot exceed quota for CertificatesPerUser: 2";
        assert_eq!(third.unwrap_err().to_string(), text);
    }

    #[test]
    fn a_certificate_must_be_one_and_in_its_time() {
        let upload = |body: &str, now| SigningCertificate::upload(body, [1; 20], now);
        let refused = upload("no certificate", fixtures::NOW).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Certificate no certificate is malformed"
        );
        let early = Timestamp::from_unix_seconds(0);
        let refused = upload(fixtures::LEAF, early).unwrap_err();
        let text = "The certificate is not valid yet or has expired.";
        assert_eq!(refused.to_string(), text);
    }
}
