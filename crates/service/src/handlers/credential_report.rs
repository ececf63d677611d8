//! The credential report: what credentials every user of the account has.

use std::collections::HashMap;

use keyward_arn::UniqueId;
use keyward_directory::{
    Account, CertificateColumns, CredentialReport, CredentialRow, Holder, KeyColumns, LastUsed,
    PasswordColumns, PasswordPolicy, Timestamp, User, UserCredentials, report_lines,
};
use keyward_records::{Cell, Kind};
use keyward_store::Revision;
use keyward_wire::{Blob, ErrorShape, iam};

use super::mfa_device::root_devices;
use super::{Done, Operate};
use crate::authenticate::{Caller, root_arn};
use crate::authorize::{Authorized, Question};
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// Characters of a stored part, roughly.
const PART: usize = 64 * 1024;
/// Parts written by one commit, well below the store's bound on its size.
const PARTS_AT_ONCE: usize = 8;

/// What asking for a report found.
enum Asked {
    Complete,
    InProgress,
    Started,
}

impl Operate for iam::GenerateCredentialReport {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    /// Makes a report unless there is one that is good: who asks again while it is made is told so.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GenerateCredentialReportOutput>, ServiceError> {
        let caller = call.caller();
        let now = service.now().timestamp();
        let started = CredentialReport {
            started: now,
            completed: None,
        };
        let wanted = [Cell::CredentialReport.of(caller.account())];
        let (asked, mut revision) = service
            .transact(caller, &wanted, |transaction| {
                let found = transaction.get::<CredentialReport>(Cell::CredentialReport)?;
                Ok(match found {
                    Some(report) if report.is_good(now) => Asked::Complete,
                    Some(report) if report.is_in_progress(now) => Asked::InProgress,
                    Some(_) | None => {
                        transaction.put(&started)?;
                        Asked::Started
                    }
                })
            })
            .await?;
        if matches!(asked, Asked::Started) {
            revision = make(service, caller, &started).await?;
        }
        // SOURCE: spec/iam-entities.md §6; the description as AWS sends it.
        let description = "No report exists. Starting a new report generation task";
        let (state, description) = match asked {
            Asked::Complete => (iam::ReportStateType::Complete, None),
            Asked::InProgress => (iam::ReportStateType::Inprogress, None),
            Asked::Started => (iam::ReportStateType::Started, Some(description.to_owned())),
        };
        let output = iam::GenerateCredentialReportOutput {
            state: Some(state),
            description,
        };
        Ok(Done::at(revision, output))
    }
}

/// Writes the report that was begun, part by part, and says last that it is there.
async fn make(
    service: &Service,
    caller: &Caller,
    begun: &CredentialReport,
) -> Result<Revision, ServiceError> {
    let parts = written(service, caller).await?;
    let numbered: Vec<(u32, &String)> = (0..).zip(&parts).collect();
    for batch in numbered.chunks(PARTS_AT_ONCE) {
        service
            .transact(caller, &[], |transaction| {
                for (number, part) in batch {
                    transaction.put_document(Cell::CredentialReportPart(*number), part);
                }
                Ok(())
            })
            .await?;
    }
    let count = u32::try_from(parts.len()).map_err(ServiceError::internal)?;
    let done = CredentialReport {
        started: begun.started,
        completed: Some((service.now().timestamp(), count)),
    };
    let wanted = [Cell::CredentialReport.of(caller.account())];
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<CredentialReport>(Cell::CredentialReport)?;
            // Somebody may have given this one up and begun another.
            if found.as_ref() == Some(begun) {
                transaction.put(&done)?;
            }
            Ok(())
        })
        .await?;
    Ok(revision)
}

/// What the report is made from, at one revision.
struct Found {
    account: Account,
    policy: Option<PasswordPolicy>,
    root_mfa: bool,
    users: Vec<User>,
    credentials: Vec<UserCredentials>,
}

impl Found {
    async fn read(service: &Service, reader: &Reader) -> Result<Self, ServiceError> {
        Ok(Self {
            account: reader.account(service.view().master()).await?.account,
            policy: reader.settings().await?.password_policy,
            root_mfa: !root_devices(reader).await?.is_empty(),
            users: reader.all::<User>(&Kind::Users).await?,
            credentials: reader.all(&Kind::UserCredentials).await?,
        })
    }

    /// Returns the signing certificates of everyone who has some.
    fn certificates(&self) -> HashMap<Option<&UniqueId>, Vec<CertificateColumns>> {
        let of_owner = self.credentials.iter().map(|credentials| {
            let owner = match &credentials.owner {
                Holder::Root => None,
                Holder::User(id) => Some(id),
            };
            let certificates = credentials.signing_certificates.iter();
            let columns = certificates.map(|certificate| CertificateColumns {
                status: certificate.status,
                uploaded: certificate.uploaded,
            });
            (owner, columns.collect())
        });
        of_owner.collect()
    }
}

/// Writes the report's text in parts.
async fn written(service: &Service, caller: &Caller) -> Result<Vec<String>, ServiceError> {
    let reader = service.reader(caller).await?;
    let found = Found::read(service, &reader).await?;
    let account = caller.account();
    let root_arn = root_arn(account);
    let mut certificates = found.certificates();
    let mut rows = Vec::with_capacity(found.users.len() + 1);
    rows.push(CredentialRow {
        name: None,
        arn: &root_arn,
        created: found.account.created,
        password: None,
        mfa_active: found.root_mfa,
        keys: keys(service, &reader, caller, &found.account.root.access_keys).await?,
        certificates: certificates.remove(&None).unwrap_or_default(),
    });
    let partition = keyward_arn::Partition::default();
    let arns: Vec<String> = found
        .users
        .iter()
        .map(|user| user.arn(partition, account))
        .collect();
    for (user, arn) in found.users.iter().zip(&arns) {
        let password = user.login_profile.as_ref().map(|profile| PasswordColumns {
            last_used: profile.last_used,
            changed: profile.changed,
            expires: profile.expires(found.policy.as_ref()),
        });
        rows.push(CredentialRow {
            name: Some(user.name.as_str()),
            arn,
            created: user.created,
            password,
            mfa_active: !user.mfa_devices.is_empty(),
            keys: keys(service, &reader, caller, &user.access_keys).await?,
            certificates: certificates.remove(&Some(&user.id)).unwrap_or_default(),
        });
    }
    let mut parts = vec![String::new()];
    for line in report_lines(rows, moment) {
        match parts.last_mut() {
            Some(part) if part.len() < PART => part.push_str(&line),
            Some(_) | None => parts.push(line),
        }
    }
    Ok(parts)
}

/// Writes a moment as the report does: `2026-01-01T00:00:00+00:00`.
fn moment(moment: Timestamp) -> String {
    let text = super::time(moment).to_string();
    format!("{}+00:00", text.trim_end_matches('Z'))
}

async fn keys(
    service: &Service,
    reader: &Reader,
    caller: &Caller,
    keys: &[keyward_directory::AccessKey],
) -> Result<Vec<KeyColumns>, ServiceError> {
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        let stored = reader.last_used(&key.id).await?;
        let cell = service.view().cell(caller.account());
        let seen = cell.and_then(|cell| cell.key(key.id.as_str())?.used().latest());
        columns.push(KeyColumns {
            status: key.status,
            created: key.created,
            last_used: latest(stored, seen),
        });
    }
    Ok(columns)
}

fn latest(stored: Option<LastUsed>, seen: Option<LastUsed>) -> Option<LastUsed> {
    stored.into_iter().chain(seen).max_by_key(|used| used.at)
}

impl Operate for iam::GetCredentialReport {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetCredentialReportOutput>, ServiceError> {
        let now = service.now().timestamp();
        let reader = service.reader(call.caller()).await?;
        let report = reader
            .get::<CredentialReport>(Cell::CredentialReport)
            .await?;
        let report = report.ok_or_else(not_present)?;
        let Some((completed, parts)) = report.completed.filter(|_| report.is_good(now)) else {
            return Err(if report.is_in_progress(now) {
                not_ready()
            } else {
                expired()
            });
        };
        let mut content = String::new();
        for number in 0..parts {
            let part = reader.document(Cell::CredentialReportPart(number)).await?;
            let part = part.ok_or_else(|| {
                ServiceError::internal("a part of the credential report is not stored")
            })?;
            content.push_str(&part);
        }
        let output = iam::GetCredentialReportOutput {
            content: Some(Blob(content.into_bytes())),
            report_format: Some(iam::ReportFormatType::TextCsv),
            generated_time: Some(super::time(completed)),
        };
        Ok(Done::at(reader.revision(), output))
    }
}

// SOURCE of the codes: spec/iam-entities.md §6. AWS was seen to send no text; these are its reference's words.
fn not_present() -> ServiceError {
    ServiceError::shape(
        ErrorShape::CredentialReportNotPresent,
        "The credential report does not exist. To generate a credential report, use GenerateCredentialReport.",
    )
}

fn expired() -> ServiceError {
    ServiceError::shape(
        ErrorShape::CredentialReportExpired,
        "The most recent credential report has expired. To generate a new credential report, use \
         GenerateCredentialReport.",
    )
}

fn not_ready() -> ServiceError {
    ServiceError::shape(
        ErrorShape::CredentialReportNotReady,
        "The credential report is still being generated.",
    )
}
