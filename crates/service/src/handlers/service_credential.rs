//! Service-specific credentials of users.

use keyward_directory::{
    CredentialService, NewSecret, ServiceCredential, Timestamp, UserCredentials, UserName,
};
use keyward_records::Kind;
use keyward_wire::{NoOutput, Sensitive, iam};

use super::access_key::subject_question;
use super::credentials::{self, cut, sent_status, status, user_only};
use super::target::{Subject, existing_user, user_name, users_arn};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::{Service, ServiceError};

const SERVICE_NAME: &str = "iam:ServiceSpecificCredentialServiceName";

/// Asks about a credential that exists: its user, and the service that it is for.
fn about(name: Option<&str>, id: &str, caller: &Caller) -> Result<Question, ServiceError> {
    let named = name.and_then(|name| UserName::parse(name).ok());
    let user = match (name, named) {
        (None, _) => caller.user().cloned(),
        (Some(_), named) => named.and_then(|name| caller.cell().user(&name).cloned()),
    };
    let service = user.and_then(|user| caller.cell().credential_service(&user.id, id));
    let question = subject_question(name, caller)?;
    Ok(question.key(SERVICE_NAME, service.map(CredentialService::as_str)))
}

fn shown_status(credential: &ServiceCredential, now: Timestamp) -> iam::StatusType {
    if credential.is_expired(now) {
        iam::StatusType::Expired
    } else {
        status(credential.status)
    }
}

/// The two names that a credential can have: a user name, or the alias of an API key.
fn names(credential: &ServiceCredential) -> (Option<String>, Option<String>) {
    let alias = Some(credential.alias.clone());
    match credential.service.api_key_prefix() {
        None => (alias, None),
        Some(_) => (None, alias),
    }
}

/// Shows a credential with its secret: when it is made, and when it is reset.
fn shown_once(
    credential: &ServiceCredential,
    secret: &NewSecret,
    user_name: String,
    now: Timestamp,
) -> iam::ServiceSpecificCredential {
    let (service_user_name, service_credential_alias) = names(credential);
    let secret = Some(Sensitive::new(secret.expose().to_owned()));
    let (service_password, service_credential_secret) = match credential.service.api_key_prefix() {
        None => (secret, None),
        Some(_) => (None, secret),
    };
    iam::ServiceSpecificCredential {
        create_date: time(credential.created),
        expiration_date: credential.expires.map(time),
        service_name: credential.service.as_str().to_owned(),
        service_user_name,
        service_password,
        service_credential_alias,
        service_credential_secret,
        service_specific_credential_id: credential.id.to_string(),
        user_name,
        status: shown_status(credential, now),
    }
}

impl Operate for iam::CreateServiceSpecificCredential {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let age = self.credential_age_days.map(|days| days.to_string());
        Ok(existing_user(&self.user_name, caller)
            .key(SERVICE_NAME, Some(&self.service_name))
            .key("iam:ServiceSpecificCredentialAgeDays", age.as_deref()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateServiceSpecificCredentialOutput>, ServiceError> {
        let caller = call.caller();
        let user = user_name(&call.user_name)?;
        let wanted = CredentialService::parse(&call.service_name)?;
        let age_days = call
            .credential_age_days
            .and_then(|days| days.try_into().ok());
        let random = (draw(service.entropy()), draw(service.entropy()));
        let (account, now) = (caller.account(), service.now().timestamp());
        let subject = Subject::User(user);
        let ((name, (credential, secret)), revision) =
            credentials::change(service, caller, &subject, &[], |_, owner, all| {
                let user = user_name(&owner.name)?;
                let existing = &mut all.service_credentials;
                let made = ServiceCredential::create(
                    existing, account, &user, wanted, age_days, random, now,
                )?;
                Ok((owner.name.clone(), made))
            })
            .await?;
        let shown = shown_once(&credential, &secret, name, now);
        let output = iam::CreateServiceSpecificCredentialOutput {
            service_specific_credential: Some(shown),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::ListServiceSpecificCredentials {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        if self.all_users == Some(true) {
            let everyone = format!("{}*", users_arn(caller.account(), "/"));
            return Ok(Question::about(everyone));
        }
        subject_question(self.user_name.as_deref(), caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListServiceSpecificCredentialsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let wanted = call.service_name.as_deref().map(CredentialService::parse);
        let (wanted, caller) = (wanted.transpose()?, call.caller());
        let reader = service.reader(caller).await?;
        let (shown, marker) = if call.all_users == Some(true) {
            if call.user_name.is_some() {
                let message = "AllUsers cannot be specified together with UserName.";
                return Err(ServiceError::validation(message));
            }
            page_of_all(&reader, caller, &page, wanted).await?
        } else {
            let subject = user_only(call.user_name.as_deref(), caller)?;
            let (owner, credentials) = credentials::read(&reader, &subject).await?;
            let fitting = fitting(&credentials, wanted).map(|one| (owner.name.clone(), one));
            cut(&page, fitting.collect(), |(_, one)| one.id.to_string())
        };
        let now = service.now().timestamp();
        let shown = shown.iter().map(|(user, one)| metadata(one, user, now));
        let output = iam::ListServiceSpecificCredentialsOutput {
            service_specific_credentials: Some(shown.collect()),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

fn fitting(
    credentials: &UserCredentials,
    service: Option<CredentialService>,
) -> impl Iterator<Item = ServiceCredential> {
    let all = credentials.service_credentials.iter();
    all.filter(move |one| service.is_none_or(|service| one.service == service))
        .cloned()
}

/// Returns a page of the credentials of all users, in the order of their ids, with the names of their users.
async fn page_of_all(
    reader: &Reader,
    caller: &Caller,
    page: &Page,
    service: Option<CredentialService>,
) -> Result<(Vec<(String, ServiceCredential)>, Option<String>), ServiceError> {
    let records = reader
        .all::<UserCredentials>(&Kind::UserCredentials)
        .await?;
    let mut all = Vec::new();
    for record in &records {
        let keyward_directory::Holder::User(id) = &record.owner else {
            continue;
        };
        let Some(user) = caller.cell().user_by_id(id.as_str()) else {
            continue;
        };
        all.extend(fitting(record, service).map(|one| (user.name.to_string(), one)));
    }
    all.sort_by(|(_, left), (_, right)| left.id.cmp(&right.id));
    all.retain(|(_, one)| {
        page.after
            .as_ref()
            .is_none_or(|after| one.id.as_str() > after.as_str())
    });
    let marker = page.cut(&mut all, |(_, one)| one.id.to_string());
    Ok((all, marker))
}

fn metadata(
    credential: &ServiceCredential,
    user: &str,
    now: Timestamp,
) -> iam::ServiceSpecificCredentialMetadata {
    let (service_user_name, service_credential_alias) = names(credential);
    iam::ServiceSpecificCredentialMetadata {
        user_name: user.to_owned(),
        status: shown_status(credential, now),
        service_user_name,
        service_credential_alias,
        create_date: time(credential.created),
        expiration_date: credential.expires.map(time),
        service_specific_credential_id: credential.id.to_string(),
        service_name: credential.service.as_str().to_owned(),
    }
}

impl Operate for iam::UpdateServiceSpecificCredential {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let id = &self.service_specific_credential_id;
        about(self.user_name.as_deref(), id, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = user_only(call.user_name.as_deref(), call.caller())?;
        let (id, status) = (
            &call.service_specific_credential_id,
            sent_status(call.status)?,
        );
        let ((), revision) =
            credentials::change(service, call.caller(), &subject, &[], |_, _, all| {
                all.service_credential(id)?.status = status;
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

impl Operate for iam::ResetServiceSpecificCredential {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let id = &self.service_specific_credential_id;
        about(self.user_name.as_deref(), id, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ResetServiceSpecificCredentialOutput>, ServiceError> {
        let subject = user_only(call.user_name.as_deref(), call.caller())?;
        let id = &call.service_specific_credential_id;
        let random: [u8; 32] = draw(service.entropy());
        let ((name, credential, secret), revision) =
            credentials::change(service, call.caller(), &subject, &[], |_, owner, all| {
                let credential = all.service_credential(id)?;
                let secret = credential.reset(&random);
                Ok((owner.name.clone(), credential.clone(), secret))
            })
            .await?;
        let now = service.now().timestamp();
        let output = iam::ResetServiceSpecificCredentialOutput {
            service_specific_credential: Some(shown_once(&credential, &secret, name, now)),
        };
        Ok(Done::at(revision, output))
    }
}

impl Operate for iam::DeleteServiceSpecificCredential {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let id = &self.service_specific_credential_id;
        about(self.user_name.as_deref(), id, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let subject = user_only(call.user_name.as_deref(), call.caller())?;
        let id = &call.service_specific_credential_id;
        let ((), revision) =
            credentials::change(service, call.caller(), &subject, &[], |_, _, all| {
                Ok(all.delete_service_credential(id)?)
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
