//! What will bite: goes through an export and lists what does not do what it was written for.
//!
//! Each rule is one row of [`Rule::ALL`]; `docs/doctor.md` has them too, and a test holds both together.

mod credentials;
mod document;
mod entity;

mod json;
mod reach;
mod rule;
mod sarif;
mod shadow;
mod text;
mod trust;
mod variable;

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_diagnose::{Origin, Place, place_of};
use keyward_export::{Account, CredentialReport, Export, Text};
use keyward_policy::{Policy, Span};

use crate::gather::{Shelved, origin};

pub use json::doctor_json;
pub use rule::{Rule, Severity};
pub use sarif::sarif;
pub use text::doctor_text;

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Bite {
    /// The rule.
    pub rule: Rule,
    /// The account.
    pub account: Option<AccountId>,
    /// What it is about, such as `inline policy Read on user alice`.
    pub subject: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// What to do.
    pub fix: String,
}

/// What the doctor found, and what it could not look at.
#[derive(Clone, Debug, Default)]
pub struct Diagnoses {
    /// The findings, by account, then as they stand in the export.
    pub bites: Vec<Bite>,
    /// What was not looked at, and what it would take.
    pub notes: Vec<String>,
}

impl Diagnoses {
    /// Returns the gravest severity; `None` where nothing was found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.bites.iter().map(|bite| bite.rule.severity()).max()
    }
}

/// Goes through an export. `now` is in seconds since the Unix epoch.
#[must_use]
pub fn doctor(export: &Export, report: Option<&CredentialReport>, now: i64) -> Diagnoses {
    let mut notes = Vec::new();
    if report.is_none() {
        notes.push(
            "Not looked at: users without MFA, and keys unused for 90 days. Give --credential-report FILE (aws iam \
             generate-credential-report, then aws iam get-credential-report --query Content --output text | base64 -d)."
                .to_owned(),
        );
    }
    if export.devices.is_none() {
        notes.push(
            "Not looked at: MFA devices that were never enabled. Give what aws iam list-virtual-mfa-devices prints with a \
             further --export."
                .to_owned(),
        );
    }
    doctor_of_server(export, report, notes, now)
}

/// Goes through what was gathered from a server; `notes` say what could not be. `now` is in seconds since the Unix epoch.
#[must_use]
pub fn doctor_of_server(
    export: &Export,
    report: Option<&CredentialReport>,
    notes: Vec<String>,
    now: i64,
) -> Diagnoses {
    let mut ward = Ward {
        export,
        bites: Vec::new(),
    };
    for (id, account) in &export.accounts {
        ward.account(*id, account);
    }
    ward.beside();
    entity::devices(&mut ward);
    if let Some(report) = report {
        credentials::check(&mut ward, report, now);
    }
    Diagnoses {
        bites: ward.bites,
        notes,
    }
}

/// A document with what it is for.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) policy: Arc<Policy>,
    pub(crate) origin: Origin,
    /// `inline policy Read on user alice`.
    pub(crate) subject: String,
    pub(crate) role: Role,
}

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Identity policies, boundaries.
    Identity,
    /// SCPs and RCPs.
    Control,
    /// Policies of resources.
    Resource,
    /// Trust policies.
    Trust,
}

/// The export that is gone through, and what was found so far.
pub(crate) struct Ward<'a> {
    pub(crate) export: &'a Export,
    pub(crate) bites: Vec<Bite>,
}

impl Ward<'_> {
    fn account(&mut self, id: AccountId, account: &Account) {
        let mut managed: BTreeMap<&str, Arc<Read>> = BTreeMap::new();
        for (arn, policy) in &account.policies {
            let subject = format!("managed policy {}", policy.name);
            if let Some(read) = self.document(id, &policy.document, subject, Role::Identity) {
                managed.insert(arn, Arc::new(read));
            }
        }
        let mut groups: BTreeMap<&str, Vec<Arc<Read>>> = BTreeMap::new();
        for group in &account.groups {
            let of = format!("group {}", group.name);
            let documents = self.held(id, &of, (&group.inline, &group.attached), &managed);
            shadow::check(self, id, &documents);
            groups.insert(&group.name, documents);
        }
        for user in &account.users {
            let of = format!("user {}", user.name);
            let mut documents = self.held(id, &of, (&user.inline, &user.attached), &managed);
            let own = documents.len();
            for name in &user.groups {
                documents.extend(groups.get(name.as_str()).into_iter().flatten().cloned());
            }
            if own > 0 {
                shadow::check(self, id, &documents);
            }
            entity::tags(self, id, &of, &user.tags);
        }
        for role in &account.roles {
            let of = format!("role {}", role.name);
            let documents = self.held(id, &of, (&role.inline, &role.attached), &managed);
            shadow::check(self, id, &documents);
            entity::tags(self, id, &of, &role.tags);
            trust::check(self, id, role);
        }
    }

    /// Reads the documents that a user, group or role has.
    fn held(
        &mut self,
        id: AccountId,
        of: &str,
        (inline, attached): (&[keyward_export::Inline], &[keyward_export::Attached]),
        managed: &BTreeMap<&str, Arc<Read>>,
    ) -> Vec<Arc<Read>> {
        let mut documents = Vec::new();
        for it in inline {
            let subject = format!("inline policy {} on {of}", it.name);
            documents.extend(
                self.document(id, &it.document, subject, Role::Identity)
                    .map(Arc::new),
            );
        }
        documents.extend(
            attached
                .iter()
                .filter_map(|it| managed.get(it.arn.as_str()).cloned()),
        );
        documents
    }

    /// SCPs, RCPs and resource policies.
    fn beside(&mut self) {
        let export = self.export;
        if let Some(organization) = &export.organization {
            let mut seen: Vec<&str> = Vec::new();
            for ((_, name), document) in &organization.policies {
                // A policy goes by several names, and what AWS attaches itself is not looked at.
                let text = document.text();
                if seen.contains(&text) || name.ends_with("FullAWSAccess") {
                    continue;
                }
                seen.push(text);
                let subject = format!("control policy {name}");
                let read = self.read(None, document, subject, Role::Control);
                if let Some(read) = read {
                    document::check(self, None, &read);
                }
            }
        }
        for endpoint in export.endpoints.values() {
            let Some(document) = &endpoint.document else {
                continue;
            };
            let subject = format!("the policy of VPC endpoint {}", endpoint.id);
            if let Some(read) = self.read(None, document, subject, Role::Resource) {
                document::check(self, None, &read);
            }
        }
        for policy in export.resources.values() {
            let subject = format!("the policy of {}", policy.arn);
            let read = self.read(policy.account, &policy.document, subject, Role::Resource);
            if let Some(read) = read {
                document::check(self, policy.account, &read);
                trust::principals(self, policy.account, &read);
            }
        }
    }

    fn document(
        &mut self,
        id: AccountId,
        document: &Text,
        subject: String,
        role: Role,
    ) -> Option<Read> {
        let read = self.read(Some(id), document, subject, role)?;
        document::check(self, Some(id), &read);
        Some(read)
    }

    /// Reads a document; one that cannot be read bites.
    pub(crate) fn read(
        &mut self,
        account: Option<AccountId>,
        document: &Text,
        subject: String,
        role: Role,
    ) -> Option<Read> {
        let origin = origin(document);
        let Shelved { policy, compiled } = Shelved::of(document);
        let Some(policy) = policy else {
            let reason = compiled.unusable_reason().unwrap_or_default().to_owned();
            let place = place_of(&origin, start());
            self.bites.push(Bite {
                rule: Rule::PolicyUnreadable,
                account,
                subject,
                message: format!(
                    "The document cannot be read, so nothing is allowed to whom it binds: {reason}."
                ),
                place: Some(place),
                fix: "Mend the document; aws accessanalyzer validate-policy finds further faults."
                    .to_owned(),
            });
            return None;
        };
        Some(Read {
            policy,
            origin,
            subject,
            role,
        })
    }

    /// Notes a finding in a document.
    pub(crate) fn bite(
        &mut self,
        rule: Rule,
        account: Option<AccountId>,
        read: &Read,
        span: Span,
        message: String,
        fix: String,
    ) {
        self.bites.push(Bite {
            rule,
            account,
            subject: read.subject.clone(),
            message,
            place: Some(place_of(&read.origin, span)),
            fix,
        });
    }
}

fn start() -> Span {
    let first = keyward_policy::Position { line: 1, column: 1 };
    Span {
        start: first,
        end: first,
    }
}

#[cfg(test)]
mod tests;
