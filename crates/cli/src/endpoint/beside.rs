//! What a server tells beside the details of an account: devices, providers, the credential report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_analysis::iso8601;
use keyward_export::{CredentialReport, Device, Export};
use keyward_wire::{Call, Element, iam};

use super::response::text;
use super::{PAGE, Server};
use crate::client::CallError;

/// How often a report that is being made is asked for, a second apart.
const PATIENCE: u32 = 30;

/// What was gathered beside an account's details.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The credential report.
    pub(crate) report: Option<CredentialReport>,
    /// What could not be looked at, and why; what else is to be known of it.
    pub(crate) notes: Vec<String>,
}

impl Server {
    /// Gathers what the caller may see, and adds to the export what belongs there. What the caller may not see is told.
    pub(crate) fn beside(&self, export: &mut Export) -> Beside {
        let mut beside = Beside::default();
        match self.devices() {
            Ok(devices) => export.devices = Some(devices),
            Err(error) => beside.unseen("MFA devices that were never enabled", &error),
        }
        match self.providers() {
            Ok(providers) => export.providers.extend(providers),
            Err(error) => beside.unseen("trust policies that name deleted providers", &error),
        }
        match self.report() {
            Ok((report, made)) => {
                beside.report = Some(report);
                beside.notes.extend(age(&made, self.now));
            }
            Err(error) => beside.unseen("users without MFA, and keys unused for 90 days", &error),
        }
        beside
    }

    /// Lists the virtual MFA devices, assigned or not.
    pub(crate) fn devices(&self) -> Result<Vec<Device>, CallError> {
        let mut devices = Vec::new();
        self.pages(|marker| {
            let result = self.ask(&iam::ListVirtualMFADevices {
                assignment_status: None,
                marker,
                max_items: Some(PAGE),
            })?;
            devices.extend(result.members("VirtualMFADevices").map(|it| Device {
                serial: text(it, "SerialNumber"),
                is_assigned: it.child("User").is_some() || it.child("EnableDate").is_some(),
            }));
            Ok(result)
        })?;
        Ok(devices)
    }

    /// Lists the providers by the kind of their ARN, `oidc-provider` and `saml-provider`.
    fn providers(&self) -> Result<[(String, Vec<String>); 2], CallError> {
        let arns = |result: &Element, list: &str| {
            let members = result.members(list);
            members.map(|it| text(it, "Arn")).collect::<Vec<_>>()
        };
        let oidc = self.ask(&iam::ListOpenIDConnectProviders {})?;
        let saml = self.ask(&iam::ListSAMLProviders {})?;
        Ok([
            (
                "oidc-provider".to_owned(),
                arns(&oidc, "OpenIDConnectProviderList"),
            ),
            ("saml-provider".to_owned(), arns(&saml, "SAMLProviderList")),
        ])
    }

    /// Has the credential report made, and returns it with the time when it was.
    pub(crate) fn report(&self) -> Result<(CredentialReport, String), CallError> {
        for _ in 0..PATIENCE {
            let result = self.ask(&iam::GenerateCredentialReport {})?;
            if result.child_text("State") == Some("COMPLETE") {
                break;
            }
            // What begins to make one may have it at once.
            match self.ready_report() {
                Err(CallError::Refused { code, .. })
                    if code == "ReportInProgress" || code == "ReportNotPresent" => {}
                answered => return answered,
            }
            self.runtime
                .block_on(tokio::time::sleep(std::time::Duration::from_secs(1)));
        }
        self.ready_report()
    }

    fn ready_report(&self) -> Result<(CredentialReport, String), CallError> {
        let call = iam::GetCredentialReport {};
        let result = self.ask(&call)?;
        let name = <iam::GetCredentialReport as Call>::OPERATION.name();
        let wrong = |what: &str| self.malformed(format!("to {name} {what}"));
        let content = result.child_text("Content").unwrap_or_default();
        let content = STANDARD
            .decode(content.split_whitespace().collect::<String>())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| wrong("has no readable report"))?;
        let report = CredentialReport::read("credential report", &content)
            .map_err(|_| wrong("has no readable report"))?;
        Ok((report, text(&result, "GeneratedTime")))
    }
}

impl Beside {
    fn unseen(&mut self, what: &str, error: &CallError) {
        self.notes.push(match error.missing_permission() {
            Some(action) => format!("Not looked at: {what}. You may not {action}."),
            None => format!("Not looked at: {what}. {error}."),
        });
    }
}

/// Tells the age of a report that may be behind.
fn age(made: &str, now: i64) -> Option<String> {
    const FRESH: i64 = 60;
    let fresh = iso8601(now.saturating_sub(FRESH));
    (!made.is_empty() && made < fresh.as_str()).then(|| {
        format!(
            "The credential report is of {made}: a new one is made at most every four hours, and what users changed since is \
             not in it."
        )
    })
}
