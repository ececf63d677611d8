//! The organization that accounts belong to: who stands below what, and which SCPs and RCPs are attached where.
//!
//! The Organizations API has no call that gives all of it, so the file that is read is written by hand or by a script;
//! its words are those of the API. See `docs/exports.md`.

use std::collections::BTreeMap;

use keyward_arn::AccountId;
use serde::Deserialize;

use crate::error::ReadError;
use crate::text::Text;

/// How deep organizational units may lie in each other, the root not counted.
// SOURCE: AWS Organizations quotas.
const DEPTH: usize = 5;

/// The two types of policy that an organization attaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// `RESOURCE_CONTROL_POLICY`.
    ResourceControl,
    /// `SERVICE_CONTROL_POLICY`.
    ServiceControl,
}

/// An organization.
#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// `o-exampleorgid`.
    pub id: String,
    /// The management account.
    pub management: Option<AccountId>,
    /// The way to each account, root first.
    pub accounts: BTreeMap<AccountId, Vec<Level>>,
    /// The documents, by type and name.
    pub policies: BTreeMap<(PolicyType, String), Text>,
}

/// One level on the way to an account: the root, an organizational unit, or the account itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// `r-…`, `ou-…`, or the account's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The names of the SCPs attached here; `None` where the file does not say, which is so on all levels or none.
    pub service_control: Option<Vec<String>>,
    /// The names of the RCPs attached here, likewise.
    pub resource_control: Option<Vec<String>>,
}

impl Level {
    /// Returns the names of the policies of a type.
    #[must_use]
    pub fn policies(&self, policy_type: PolicyType) -> Option<&[String]> {
        match policy_type {
            PolicyType::ResourceControl => self.resource_control.as_deref(),
            PolicyType::ServiceControl => self.service_control.as_deref(),
        }
    }
}

impl Organization {
    /// Returns the path of an account as `aws:PrincipalOrgPaths` has it: `o-x/r-y/ou-…/`.
    // SOURCE: spec/condition-keys.md §1.
    #[must_use]
    pub fn path(&self, account: AccountId) -> Option<String> {
        let levels = self.accounts.get(&account)?;
        let mut path = format!("{}/", self.id);
        for level in levels.iter().take(levels.len().saturating_sub(1)) {
            path.push_str(&level.id);
            path.push('/');
        }
        Some(path)
    }
}

/// The organization as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RawOrganization {
    id: String,
    management_account_id: String,
    root: RawLevel,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RawLevel {
    id: String,
    #[serde(default)]
    name: String,
    service_control_policies: Option<Vec<String>>,
    resource_control_policies: Option<Vec<String>>,
    #[serde(default)]
    organizational_units: Vec<RawLevel>,
    #[serde(default)]
    accounts: Vec<RawLevel>,
}

impl RawOrganization {
    pub(crate) fn read(self, path: &str) -> Result<Organization, ReadError> {
        let management = AccountId::parse(&self.management_account_id).map_err(|_| {
            ReadError::new(format!(
                "{path}: ManagementAccountId {:?} is not an account id of 12 digits",
                self.management_account_id
            ))
        })?;
        let mut organization = Organization {
            id: self.id,
            management: Some(management),
            ..Organization::default()
        };
        let given = (
            self.root.service_control_policies.is_some(),
            self.root.resource_control_policies.is_some(),
        );
        self.root.walk(path, &[], given, &mut organization)?;
        Ok(organization)
    }
}

impl RawLevel {
    fn walk(
        self,
        path: &str,
        above: &[Level],
        given: (bool, bool),
        into: &mut Organization,
    ) -> Result<(), ReadError> {
        let level = self.level(path, given)?;
        let mut way = above.to_vec();
        way.push(level);
        if way.len() > DEPTH.saturating_add(1) {
            return Err(ReadError::new(format!(
                "{path}: organizational units lie more than {DEPTH} deep, which AWS does not allow"
            )));
        }
        for account in self.accounts {
            let id = AccountId::parse(&account.id).map_err(|_| {
                ReadError::new(format!(
                    "{path}: the account {:?} has no id of 12 digits",
                    account.id
                ))
            })?;
            let mut way = way.clone();
            way.push(account.level(path, given)?);
            if into.accounts.insert(id, way).is_some() {
                return Err(ReadError::new(format!(
                    "{path}: account {id} stands in the organization twice"
                )));
            }
        }
        for unit in self.organizational_units {
            unit.walk(path, &way, given, into)?;
        }
        Ok(())
    }

    /// Reads what is attached here. What the root says of, every level must: an absent list is not an empty one.
    fn level(&self, path: &str, given: (bool, bool)) -> Result<Level, ReadError> {
        let lists = [
            (
                given.0,
                self.service_control_policies.is_some(),
                "ServiceControlPolicies",
            ),
            (
                given.1,
                self.resource_control_policies.is_some(),
                "ResourceControlPolicies",
            ),
        ];
        for (wanted, has, name) in lists {
            if wanted != has {
                return Err(ReadError::new(format!(
                    "{path}: {} {}: list them on every level from the root down ([] where none is attached), as \
                     aws organizations list-policies-for-target prints them, or on none",
                    self.id,
                    if has {
                        format!("has {name} and the root has not")
                    } else {
                        format!("has no {name} and the root has")
                    }
                )));
            }
        }
        Ok(Level {
            id: self.id.clone(),
            name: self.name.clone(),
            service_control: self.service_control_policies.clone(),
            resource_control: self.resource_control_policies.clone(),
        })
    }
}
