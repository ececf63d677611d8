//! SSH public keys of users.

use keyward_directory::SshPublicKey;
use keyward_wire::{NoOutput, iam};

use super::access_key::subject_question;
use super::credentials::{self, cut, sent_status, status, user_only};
use super::target::{Subject, existing_user, user_name};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::{Service, ServiceError};

fn subject(name: &str) -> Result<Subject, ServiceError> {
    Ok(Subject::User(user_name(name)?))
}

/// Shows a key in one of its two forms.
fn shown(key: &SshPublicKey, user_name: String, body: String) -> iam::SSHPublicKey {
    iam::SSHPublicKey {
        user_name,
        ssh_public_key_id: key.id.to_string(),
        fingerprint: key.key.fingerprint(),
        ssh_public_key_body: body,
        status: status(key.status),
        upload_date: Some(time(key.uploaded)),
    }
}

impl Operate for iam::UploadSSHPublicKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UploadSSHPublicKeyOutput>, ServiceError> {
        let (caller, subject) = (call.caller(), subject(&call.user_name)?);
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let (account, body) = (caller.account(), &call.ssh_public_key_body);
        let ((name, key), revision) =
            credentials::change(service, caller, &subject, &[], |_, owner, credentials| {
                let key = credentials.upload_ssh_public_key(account, body, random, now)?;
                Ok((owner.name.clone(), key))
            })
            .await?;
        let ssh_public_key = Some(shown(&key, name, body.clone()));
        Ok(Done::at(
            revision,
            iam::UploadSSHPublicKeyOutput { ssh_public_key },
        ))
    }
}

impl Operate for iam::GetSSHPublicKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetSSHPublicKeyOutput>, ServiceError> {
        let subject = subject(&call.user_name)?;
        let reader = service.reader(call.caller()).await?;
        let (owner, mut credentials) = credentials::read(&reader, &subject).await?;
        let key = credentials.ssh_public_key(&call.ssh_public_key_id)?;
        let body = match call.encoding {
            iam::EncodingType::Pem => key
                .key
                .to_pem()
                .ok_or_else(|| ServiceError::internal("a stored SSH key has no PEM form"))?,
            iam::EncodingType::Ssh => key.key.to_ssh(),
        };
        let ssh_public_key = Some(shown(key, owner.name, body));
        Ok(Done::at(
            reader.revision(),
            iam::GetSSHPublicKeyOutput { ssh_public_key },
        ))
    }
}

impl Operate for iam::ListSSHPublicKeys {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListSSHPublicKeysOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let subject = user_only(call.user_name.as_deref(), call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let (owner, credentials) = credentials::read(&reader, &subject).await?;
        let (keys, marker) = cut(&page, credentials.ssh_public_keys, |key| key.id.to_string());
        let shown = keys.iter().map(|key| iam::SSHPublicKeyMetadata {
            user_name: owner.name.clone(),
            ssh_public_key_id: key.id.to_string(),
            status: status(key.status),
            upload_date: time(key.uploaded),
        });
        let output = iam::ListSSHPublicKeysOutput {
            ssh_public_keys: Some(shown.collect()),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateSSHPublicKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (subject, status) = (subject(&call.user_name)?, sent_status(call.status)?);
        let ((), revision) = credentials::change(
            service,
            call.caller(),
            &subject,
            &[],
            |_, _, credentials| {
                credentials.ssh_public_key(&call.ssh_public_key_id)?.status = status;
                Ok(())
            },
        )
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteSSHPublicKey {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_user(&self.user_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = subject(&call.user_name)?;
        let ((), revision) = credentials::change(
            service,
            call.caller(),
            &subject,
            &[],
            |_, _, credentials| Ok(credentials.delete_ssh_public_key(&call.ssh_public_key_id)?),
        )
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
