//! Reads one file of an export, whatever it is.
//!
//! A file is told by its content: typed members are looked for and all else is passed over, so that nothing but names
//! and places is kept beside the text. Several JSON values may follow each other in one file, as pages appended.

mod entity;
mod foreign;
mod raw;

use std::sync::Arc;

use keyward_arn::{AccountId, Arn};
use serde_json::value::RawValue;

use crate::account::{Account, Attached, Inline, Managed};
use crate::error::{COMMAND, ReadError};
use crate::export::{Device, Endpoint, EndpointType, ResourcePolicy};
use crate::organization::{Organization, PolicyType};
use crate::text::{File, Text};

pub(crate) use entity::Entity;
use raw::{
    RawAttached, RawEndpoint, RawEntity, RawFile, RawInline, RawManaged, RawResource, RawTag,
};

/// What a file, or a part of it, holds.
#[derive(Clone, Debug)]
pub enum Piece {
    /// An account, or a page of one.
    Account {
        /// What it holds.
        account: Account,
        /// Whether it says that another page follows.
        continues: bool,
    },
    /// A policy by itself.
    Bare(Inline),
    /// An SCP or RCP.
    Control {
        /// Which of both.
        policy_type: PolicyType,
        /// What it goes by: its file's name, and its name, id and ARN where the file says.
        names: Vec<String>,
        /// The document.
        document: Text,
    },
    /// Virtual MFA devices.
    Devices(Vec<Device>),
    /// VPC endpoints.
    Endpoints(Vec<Endpoint>),
    /// The organization.
    Organization(Organization),
    /// Policies of resources.
    Resources(Vec<ResourcePolicy>),
}

/// Reads a file of an export. `path` is what evidence names; its folder tells SCPs (`scp/NAME.json`) from RCPs
/// (`rcp/NAME.json`).
///
/// Linear in the size of the text; the documents share it.
///
/// # Errors
/// Where the text is cut off, or of another tool: one sentence that says what it is and how to get what is needed.
///
/// # Examples
/// ```
/// use keyward_export::{Piece, read};
///
/// let pieces = read("account.json", r#"{"UserDetailList": [], "RoleDetailList": []}"#.to_owned()).unwrap();
/// assert!(matches!(pieces.as_slice(), [Piece::Account { continues: false, .. }]));
/// ```
pub fn read(path: &str, text: String) -> Result<Vec<Piece>, ReadError> {
    let file = Arc::new(File::new(path, text));
    if let Some(sentence) = foreign::not_json(path, file.text()) {
        return Err(ReadError::new(sentence));
    }
    let mut pieces = Vec::new();
    for raw in serde_json::Deserializer::from_str(file.text()).into_iter::<RawFile<'_>>() {
        let raw = raw.map_err(|error| not_readable(path, &error))?;
        pieces.push(Reader { file: &file }.piece(raw)?);
    }
    if pieces.is_empty() {
        return Err(ReadError::new(format!(
            "{path} is empty: run {COMMAND} > {path} again, and look at what it says"
        )));
    }
    Ok(pieces)
}

fn not_readable(path: &str, error: &serde_json::Error) -> ReadError {
    ReadError::new(if error.is_eof() {
        format!(
            "{path} is cut off at line {}: run {COMMAND} again and let it end",
            error.line()
        )
    } else {
        format!("{path} is not what {COMMAND} prints: {error}")
    })
}

/// Finds documents in the file that is read.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a Arc<File>,
}

impl Reader<'_> {
    fn piece(&self, mut raw: RawFile<'_>) -> Result<Piece, ReadError> {
        let path = self.file.path();
        let has_account = raw.user_detail_list.is_some()
            || raw.group_detail_list.is_some()
            || raw.role_detail_list.is_some()
            || raw
                .policies
                .as_ref()
                .is_some_and(|list| list.iter().any(|it| !it.policy_version_list.is_empty()))
            || (raw.policies.as_ref().is_some_and(Vec::is_empty) && raw.is_truncated.is_some());
        if has_account {
            return Ok(Piece::Account {
                continues: raw.is_truncated == Some(true) || raw.next_token.is_some(),
                account: self.account(raw),
            });
        }
        if let Some(organization) = raw.organization {
            return organization.read(path).map(Piece::Organization);
        }
        if let Some(devices) = raw.virtual_mfa_devices {
            let devices = devices.into_iter().map(|it| Device {
                is_assigned: it.user.is_some() || it.enable_date.is_some(),
                serial: it.serial_number,
            });
            return Ok(Piece::Devices(devices.collect()));
        }
        if let Some(endpoints) = raw.vpc_endpoints {
            let endpoints = endpoints.into_iter().map(|it| self.endpoint(it));
            return Ok(Piece::Endpoints(endpoints.collect()));
        }
        if raw.statement.is_some() {
            return Ok(self.bare());
        }
        if let Some(list) = raw.resource_policies.take() {
            let policies = list
                .into_iter()
                .map(|it| self.resource(it))
                .collect::<Result<_, _>>()?;
            return Ok(Piece::Resources(policies));
        }
        if let Some(resource) = raw.as_resource() {
            return self.resource(resource).map(|it| Piece::Resources(vec![it]));
        }
        if let Some(policy) = raw.policy {
            return self.described(policy);
        }
        Err(ReadError::new(foreign::sentence(path, &raw.members)))
    }

    fn account(&self, raw: RawFile<'_>) -> Account {
        let users = raw.user_detail_list.unwrap_or_default();
        let groups = raw.group_detail_list.unwrap_or_default();
        let roles = raw.role_detail_list.unwrap_or_default();
        let policies = raw.policies.unwrap_or_default();
        Account {
            users: users.into_iter().map(|it| self.entity(it).user()).collect(),
            groups: groups
                .into_iter()
                .map(|it| self.entity(it).group())
                .collect(),
            roles: roles.into_iter().map(|it| self.entity(it).role()).collect(),
            policies: policies
                .into_iter()
                .filter_map(|it| self.managed(it))
                .collect(),
        }
    }

    /// A document by itself: an SCP or RCP where its folder says so.
    fn bare(&self) -> Piece {
        let document = Text::whole(self.file);
        let name = stem(self.file.path());
        let names = vec![name.to_owned()];
        match folder(self.file.path()) {
            "scp" => Piece::Control {
                policy_type: PolicyType::ServiceControl,
                names,
                document,
            },
            "rcp" => Piece::Control {
                policy_type: PolicyType::ResourceControl,
                names,
                document,
            },
            _ => Piece::Bare(Inline {
                name: name.to_owned(),
                document,
            }),
        }
    }

    /// What `aws organizations describe-policy` prints, or else a policy of which nobody says whose it is.
    fn described(&self, policy: &RawValue) -> Result<Piece, ReadError> {
        let path = self.file.path();
        let raw: Option<raw::RawDescribed> = serde_json::from_str(policy.get()).ok();
        let Some(raw) = raw else {
            return Err(ReadError::new(format!(
                "{path} holds a policy and not of which resource: write {{\"Resource\": \"arn:…\", \"Policy\": …}}, and \
                 \"Account\": \"111122223333\" where the ARN names none"
            )));
        };
        let policy_type = match raw.policy_summary.policy_type.as_str() {
            "SERVICE_CONTROL_POLICY" => PolicyType::ServiceControl,
            "RESOURCE_CONTROL_POLICY" => PolicyType::ResourceControl,
            other => {
                return Err(ReadError::new(format!(
                    "{path} is an organization's policy of type {other}, which has no say in who may do what"
                )));
            }
        };
        let summary = raw.policy_summary;
        Ok(Piece::Control {
            policy_type,
            names: vec![stem(path).to_owned(), summary.name, summary.id, summary.arn],
            document: Text::decoded(&raw.content),
        })
    }

    fn resource(&self, raw: RawResource<'_>) -> Result<ResourcePolicy, ReadError> {
        let path = self.file.path();
        if Arn::parse(&raw.resource).is_none() {
            return Err(ReadError::new(format!(
                "{path}: Resource {:?} is not an ARN",
                raw.resource
            )));
        }
        let account = match raw.account {
            None => None,
            Some(text) => Some(AccountId::parse(&text).map_err(|_| {
                ReadError::new(format!(
                    "{path}: Account {text:?} is not an account id of 12 digits"
                ))
            })?),
        };
        Ok(ResourcePolicy {
            arn: raw.resource,
            account,
            document: self.document(raw.policy),
        })
    }

    pub(crate) fn entity(&self, raw: RawEntity<'_>) -> Entity {
        Entity {
            name: raw.user_name,
            id: raw.user_id,
            arn: raw.arn,
            trust: raw.assume_role_policy_document.map(|it| self.document(it)),
            inline: self.inline(&raw.user_policy_list),
            groups: raw.group_list,
            attached: attached(raw.attached_managed_policies),
            boundary: raw
                .permissions_boundary
                .map(|it| it.permissions_boundary_arn),
            tags: tags(raw.tags),
        }
    }

    fn endpoint(&self, raw: RawEndpoint<'_>) -> Endpoint {
        Endpoint {
            id: raw.vpc_endpoint_id,
            vpc: raw.vpc_id,
            kind: match raw.vpc_endpoint_type.as_deref() {
                Some("Gateway") => EndpointType::Gateway,
                Some("Interface") => EndpointType::Interface,
                Some(_) | None => EndpointType::Other,
            },
            document: raw.policy_document.map(|it| self.document(it)),
        }
    }

    fn inline(&self, raw: &[RawInline<'_>]) -> Vec<Inline> {
        raw.iter()
            .map(|it| Inline {
                name: it.policy_name.clone(),
                document: self.document(it.policy_document),
            })
            .collect()
    }

    /// Takes a managed policy with its ARN; `None` without a default version.
    pub(crate) fn managed(&self, raw: RawManaged<'_>) -> Option<(String, Managed)> {
        let document = self.default_version(&raw)?;
        let name = raw.policy_name;
        Some((raw.arn, Managed { name, document }))
    }

    fn default_version(&self, raw: &RawManaged<'_>) -> Option<Text> {
        let versions = &raw.policy_version_list;
        let default = versions
            .iter()
            .find(|version| version.is_default_version)
            .or_else(|| {
                versions.iter().find(|version| {
                    version.version_id.is_some() && version.version_id == raw.default_version_id
                })
            });
        default?.document.map(|it| self.document(it))
    }

    /// A document is an object, as the CLI prints it, or a string, as the API sends it.
    fn document(&self, raw: &RawValue) -> Text {
        let text = raw.get();
        // Borrowed from the file's text, so that the difference of addresses is the place in it.
        let whole = self.file.text();
        let start = text.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        let end = start.saturating_add(text.len());
        let is_here = whole
            .get(start..end)
            .is_some_and(|found| std::ptr::eq(found, text));
        if text.starts_with('"')
            && let Ok(string) = serde_json::from_str::<String>(text)
        {
            let document = Text::decoded(&string);
            return if is_here {
                document.in_string(self.file, start)
            } else {
                document
            };
        }
        if is_here {
            Text::in_file(self.file, start..end)
        } else {
            Text::own(text)
        }
    }
}

fn attached(raw: Vec<RawAttached>) -> Vec<Attached> {
    raw.into_iter()
        .map(|it| Attached {
            name: it.policy_name,
            arn: it.policy_arn,
        })
        .collect()
}

fn tags(raw: Vec<RawTag>) -> Vec<(String, String)> {
    raw.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// Returns a path's last part without what follows its last dot.
fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Returns the name of the folder that a file lies in.
fn folder(path: &str) -> &str {
    path.rsplit(['/', '\\']).nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests;
