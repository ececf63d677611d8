//! CloudTrail records: one, a file of them, or what `aws cloudtrail lookup-events` prints.

pub(crate) mod action;
mod raw;

use std::collections::BTreeMap;

use crate::error::ReadError;

use raw::{RawEvent, RawFile, RawIdentity, RawLookedUp};

/// A CloudTrail record, as far as it tells who asked for what. Texts are empty where the record says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `eventID`.
    pub id: String,
    /// `eventTime`, such as `2026-01-02T03:04:05Z`.
    pub time: String,
    /// `eventSource`, such as `s3.amazonaws.com`.
    pub source: String,
    /// `eventName`, such as `GetObject`.
    pub name: String,
    /// `awsRegion`.
    pub region: String,
    /// `sourceIPAddress`: an address, or the name of a service that called.
    pub source_ip: String,
    /// `userAgent`.
    pub user_agent: String,
    /// `errorCode`; `None` where the call succeeded.
    pub error_code: Option<String>,
    /// `errorMessage`.
    pub error_message: Option<String>,
    /// `userIdentity`.
    pub identity: Identity,
    /// The ARNs below `resources`.
    pub resources: Vec<String>,
    /// `vpcEndpointId`.
    pub vpc_endpoint: Option<String>,
    /// The text members of `requestParameters`, nested ones left out.
    pub parameters: BTreeMap<String, String>,
}

/// Who asked, as a CloudTrail record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `IAMUser`, `AssumedRole`, `Root`, `FederatedUser`, `AWSService`, `AWSAccount`, `WebIdentityUser`, …
    pub kind: String,
    /// The ARN.
    pub arn: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// `principalId`, which is `aws:userid`.
    pub principal_id: Option<String>,
    /// The access key that signed.
    pub access_key_id: Option<String>,
    /// The ARN of the role or user behind a session.
    pub issuer_arn: Option<String>,
    /// Whether the session was made with MFA.
    pub mfa: Option<bool>,
    /// When the session was made.
    pub session_created: Option<String>,
    /// The source identity of the session.
    pub source_identity: Option<String>,
    /// The service that called for the principal.
    pub invoked_by: Option<String>,
}

impl Event {
    /// Returns the action that the call asks for: `s3:ListBucket` for `ListObjects`. `None` where the service has no
    /// actions.
    #[must_use]
    pub fn action(&self) -> Option<String> {
        action::action(&self.source, &self.name)
    }

    /// Returns the resource as the record tells it: an ARN below `resources` that fits the action, or one made of the
    /// call's parameters.
    #[must_use]
    pub fn resource(&self) -> Option<String> {
        action::resource(self)
    }
}

/// Reads CloudTrail records in any of the shapes in which they come.
///
/// # Errors
/// Where the text holds none: says what to give.
pub fn events(path: &str, text: &str) -> Result<Vec<Event>, ReadError> {
    let wanted = "give one CloudTrail record, a file with Records, or what aws cloudtrail lookup-events prints";
    let text = text.trim_start_matches('\u{feff}');
    let mut events = Vec::new();
    for raw in serde_json::Deserializer::from_str(text).into_iter::<RawFile>() {
        let raw = raw.map_err(|error| {
            ReadError::new(if error.is_eof() {
                format!("{path} is cut off at line {}: {wanted}", error.line())
            } else {
                format!("{path} is no CloudTrail record: {error}; {wanted}")
            })
        })?;
        events.extend(raw.records.unwrap_or_default().into_iter().map(event));
        for RawLookedUp { cloud_trail_event } in raw.events.unwrap_or_default() {
            let inner: RawEvent = serde_json::from_str(&cloud_trail_event).map_err(|error| {
                ReadError::new(format!("{path}: a CloudTrailEvent is no record: {error}"))
            })?;
            events.push(event(inner));
        }
        if !raw.one.event_name.is_empty() {
            events.push(event(raw.one));
        }
    }
    if events.is_empty() {
        return Err(ReadError::new(format!(
            "{path} holds no CloudTrail record: {wanted}"
        )));
    }
    Ok(events)
}

fn event(raw: RawEvent) -> Event {
    Event {
        id: raw.event_id.unwrap_or_default(),
        time: raw.event_time.unwrap_or_default(),
        source: raw.event_source,
        name: raw.event_name,
        region: raw.aws_region.unwrap_or_default(),
        source_ip: raw.source_ip_address.unwrap_or_default(),
        user_agent: raw.user_agent.unwrap_or_default(),
        error_code: raw.error_code,
        error_message: raw.error_message,
        identity: identity(raw.user_identity.unwrap_or_default()),
        resources: raw
            .resources
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| it.arn.or(it.arn_capital))
            .collect(),
        vpc_endpoint: raw.vpc_endpoint_id,
        parameters: raw.request_parameters.map(|it| it.0).unwrap_or_default(),
    }
}

fn identity(raw: RawIdentity) -> Identity {
    let session = raw.session_context.unwrap_or_default();
    let attributes = session.attributes.unwrap_or_default();
    Identity {
        kind: raw.kind,
        arn: raw.arn,
        account: raw.account_id,
        principal_id: raw.principal_id,
        access_key_id: raw.access_key_id,
        issuer_arn: session.session_issuer.and_then(|it| it.arn),
        mfa: attributes.mfa_authenticated.map(|it| it == "true"),
        session_created: attributes.creation_date,
        source_identity: session.source_identity,
        invoked_by: raw.invoked_by,
    }
}

#[cfg(test)]
mod tests;
