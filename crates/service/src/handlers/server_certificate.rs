//! Server certificates: upload, get, list, rename, delete; their tags are in `tags.rs`.

use keyward_arn::Partition;
use keyward_directory::{
    Entity, NewServerCertificate, Quota, Refusal, ServerCertificate, ServerCertificateName, Tags,
};
use keyward_records::{Cell, Counter, Kind, Record, RecordKey, encode_text};
use keyward_wire::{NoOutput, iam};

use super::tags::{Taggable, sent_tags, some_tags, tagging_new};
use super::target::{Renamed, entity_arn};
use super::user::sent_path;
use super::{Done, Operate, Shown, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::{Service, ServiceError};

const KIND: &str = "server-certificate";

/// Asks about a certificate that should exist; where it does not, about one of that name without a path.
fn existing(name: &str, caller: &Caller) -> Question {
    let found = ServerCertificateName::parse(name)
        .ok()
        .and_then(|name| caller.cell().server_certificate(&name).cloned());
    let question = match found {
        Some(found) => Question::about(found.arn.clone()).resource_tags(&found.tags),
        None => {
            let path = keyward_arn::Path::default();
            Question::about(entity_arn(caller.account(), KIND, &path, name))
        }
    };
    question.shown(Shown::Text(format!("server certificate {name}")))
}

/// Returns where the certificate of a name stands.
fn place(name: &str) -> Result<Cell, ServiceError> {
    let name = ServerCertificateName::parse(name).map_err(|_| missing(name))?;
    Ok(Cell::server_certificate(&name))
}

/// Says that a certificate is not there.
fn missing(name: &str) -> ServiceError {
    Refusal::not_found(Entity::ServerCertificate, name).into()
}

fn new_name(name: &str) -> Result<ServerCertificateName, ServiceError> {
    ServerCertificateName::parse(name).map_err(|error| ServiceError::validation(error.to_string()))
}

fn metadata(certificate: &ServerCertificate, caller: &Caller) -> iam::ServerCertificateMetadata {
    iam::ServerCertificateMetadata {
        path: certificate.path.to_string(),
        server_certificate_name: certificate.name.to_string(),
        server_certificate_id: certificate.id.to_string(),
        arn: certificate.arn(Partition::default(), caller.account()),
        upload_date: Some(time(certificate.uploaded)),
        expiration: Some(time(certificate.expires)),
    }
}

impl Taggable for ServerCertificate {
    const QUOTA: Quota = Quota::TagsPerServerCertificate;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(named, caller))
    }

    fn place_of(named: &str, _caller: &Caller) -> Result<Cell, ServiceError> {
        place(named)
    }

    fn missing(named: &str) -> ServiceError {
        missing(named)
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::UploadServerCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        let arn = entity_arn(caller.account(), KIND, &path, &self.server_certificate_name);
        Ok(Question::about(arn).request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagServerCertificate", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::UploadServerCertificateOutput>, ServiceError> {
        let request = NewServerCertificate {
            name: new_name(&call.server_certificate_name)?,
            path: sent_path(call.path.as_deref())?,
            body: &call.certificate_body,
            private_key: call.private_key.expose(),
            chain: call.certificate_chain.as_deref(),
            tags: sent_tags(call.tags.as_ref()),
        };
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let account = call.caller().account();
        let uploaded = ServerCertificate::upload(account, request, random, now)?;
        let chain = call.certificate_chain.as_deref().map(encode_text);
        let chain = chain.transpose();
        let chain = chain.map_err(|error| Refusal::invalid_input(error.to_string()))?;
        let wanted = [uploaded.cell().of(account)];
        let (certificate, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let mut certificate = uploaded.clone();
                if transaction.is_there(certificate.cell())? {
                    let name = &certificate.name;
                    return Err(Refusal::already_exists(Entity::ServerCertificate, name).into());
                }
                let parts = chain.as_deref().unwrap_or_default();
                certificate.chain_parts = transaction.put_text(&certificate.id, 0, parts)?;
                transaction.count_in(Counter::ServerCertificates);
                transaction.put(&certificate)?;
                Ok(certificate)
            })
            .await?;
        let output = iam::UploadServerCertificateOutput {
            server_certificate_metadata: Some(metadata(&certificate, call.caller())),
            tags: some_tags(&certificate.tags),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::GetServerCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.server_certificate_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetServerCertificateOutput>, ServiceError> {
        let name = &call.server_certificate_name;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<ServerCertificate>(place(name)?).await?;
        let certificate = found.ok_or_else(|| missing(name))?;
        let certificate_chain = match certificate.chain_parts {
            0 => None,
            parts => Some(reader.text(&certificate.id, parts).await?),
        };
        let server_certificate = iam::ServerCertificate {
            server_certificate_metadata: metadata(&certificate, call.caller()),
            certificate_body: certificate.body.clone(),
            certificate_chain,
            tags: some_tags(&certificate.tags),
        };
        Ok(Done::at(
            reader.revision(),
            iam::GetServerCertificateOutput { server_certificate },
        ))
    }
}

impl Operate for iam::ListServerCertificates {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        let partition = Partition::default().as_str();
        let account = caller.account();
        let arn = format!("arn:{partition}:iam::{account}:{KIND}{prefix}");
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListServerCertificatesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let below = |found: &ServerCertificate| found.path.as_str().starts_with(prefix);
        let (found, marker) = reader.page(&Kind::ServerCertificates, &page, below).await?;
        let shown = found.iter().map(|found| metadata(found, call.caller()));
        let output = iam::ListServerCertificatesOutput {
            server_certificate_metadata_list: shown.collect(),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::UpdateServerCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.server_certificate_name, caller))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        if self.new_server_certificate_name.is_none() && self.new_path.is_none() {
            return Ok(Vec::new());
        }
        let old = &self.server_certificate_name;
        let before = ServerCertificateName::parse(old)
            .ok()
            .and_then(|name| caller.cell().server_certificate(&name).cloned());
        let renamed = Renamed {
            kind: KIND,
            name: self.new_server_certificate_name.as_deref().unwrap_or(old),
            path: self.new_path.as_deref(),
        };
        let before = before
            .as_ref()
            .map(|before| (before.arn.as_str(), &before.tags));
        Ok(vec![renamed.question(before, caller)?])
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let (account, old) = (call.caller().account(), &call.server_certificate_name);
        let before = place(old)?;
        let name = call.new_server_certificate_name.as_deref().map(new_name);
        let name = name.transpose()?;
        let path = call.new_path.as_deref().map(|path| sent_path(Some(path)));
        let path = path.transpose()?;
        let after = name.as_ref().map(Cell::server_certificate);
        let wanted = std::iter::once(before.clone()).chain(after.clone());
        let wanted: Vec<RecordKey> = wanted.map(|cell| cell.of(account)).collect();
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<ServerCertificate>(before.clone())?;
                let found = found.ok_or_else(|| missing(old))?;
                let taken = match &after {
                    Some(after) => transaction.get::<ServerCertificate>(after.clone())?,
                    None => None,
                };
                let renamed = found.rename(name.clone(), path.clone(), taken.as_ref())?;
                transaction.rename(&before, &renamed)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::DeleteServerCertificate {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing(&self.server_certificate_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = &call.server_certificate_name;
        let cell = place(name)?;
        let wanted = [cell.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<ServerCertificate>(cell.clone())?;
                let found = found.ok_or_else(|| missing(name))?;
                transaction.put_text(&found.id, found.chain_parts, &[])?;
                transaction.delete(cell.clone());
                transaction.count_out(Counter::ServerCertificates);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
