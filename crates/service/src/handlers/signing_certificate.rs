//! Signing certificates of users and of the root user.

use keyward_directory::SigningCertificate;
use keyward_records::Cell;
use keyward_wire::{NoOutput, iam};

use super::access_key::subject_question;
use super::credentials::{self, cut, sent_status, status};
use super::target::Subject;
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::{Service, ServiceError};

fn shown(certificate: &SigningCertificate, user_name: String) -> iam::SigningCertificate {
    iam::SigningCertificate {
        user_name,
        certificate_id: certificate.id.clone(),
        certificate_body: certificate.body.clone(),
        status: status(certificate.status),
        upload_date: Some(time(certificate.uploaded)),
    }
}

impl Operate for iam::UploadSigningCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UploadSigningCertificateOutput>, ServiceError> {
        let caller = call.caller();
        let subject = Subject::read(call.user_name.as_deref(), caller)?;
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let certificate = SigningCertificate::upload(&call.certificate_body, random, now)?;
        // One certificate belongs to one user of the account: this record is the proof.
        let owned = Cell::SigningCertificate(certificate.fingerprint.clone());
        let also = [owned.clone()];
        let (name, revision) = credentials::change(
            service,
            caller,
            &subject,
            &also,
            |transaction, owner, all| {
                if transaction.is_there(owned.clone())? {
                    return Err(SigningCertificate::duplicate().into());
                }
                all.add_signing_certificate(certificate.clone())?;
                transaction.put_document(owned.clone(), &certificate.id);
                Ok(owner.name.clone())
            },
        )
        .await?;
        let certificate = shown(&certificate, name);
        Ok(Done::at(
            revision,
            iam::UploadSigningCertificateOutput { certificate },
        ))
    }
}

impl Operate for iam::ListSigningCertificates {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListSigningCertificatesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let reader = service.reader(call.caller()).await?;
        let (owner, credentials) = credentials::read(&reader, &subject).await?;
        let all = credentials.signing_certificates;
        let (certificates, marker) = cut(&page, all, |certificate| certificate.id.clone());
        let shown = certificates
            .iter()
            .map(|certificate| shown(certificate, owner.name.clone()));
        let output = iam::ListSigningCertificatesOutput {
            certificates: shown.collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateSigningCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let status = sent_status(call.status)?;
        let ((), revision) = credentials::change(
            service,
            call.caller(),
            &subject,
            &[],
            |_, _, credentials| {
                credentials
                    .signing_certificate(&call.certificate_id)?
                    .status = status;
                Ok(())
            },
        )
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteSigningCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = Subject::read(call.user_name.as_deref(), call.caller())?;
        let ((), revision) = credentials::change(
            service,
            call.caller(),
            &subject,
            &[],
            |transaction, _, credentials| {
                let gone = credentials.delete_signing_certificate(&call.certificate_id)?;
                transaction.delete(Cell::SigningCertificate(gone.fingerprint));
                Ok(())
            },
        )
        .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
