//! All that was read, put together.

use std::collections::BTreeMap;

use keyward_arn::{AccountId, Arn};

use crate::account::{Account, Inline, Managed};
use crate::error::{COMMAND, ReadError};
use crate::organization::{Organization, PolicyType};
use crate::read::Piece;
use crate::text::Text;

/// SCPs that AWS attaches everywhere, and RCPs likewise; nobody writes them down.
// SOURCE: spec/evaluation.md §1.
const FULL_ACCESS: [(PolicyType, &str, &str); 2] = [
    (
        PolicyType::ServiceControl,
        "FullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        PolicyType::ResourceControl,
        "RCPFullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    ),
];

/// Accounts and what stands beside them.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// The accounts. AWS's managed policies are in `aws_managed` alone.
    pub accounts: BTreeMap<AccountId, Account>,
    /// AWS's managed policies by ARN, as the export has them.
    pub aws_managed: BTreeMap<String, Managed>,
    /// The organization, where a file tells.
    pub organization: Option<Organization>,
    /// Whether the accounts are of a server that has neither organizations nor VPC endpoints: then nothing of them is
    /// missing here.
    pub stands_alone: bool,
    /// Resource policies by the ARN of their resource.
    pub resources: BTreeMap<String, ResourcePolicy>,
    /// Virtual MFA devices; `None` where nothing lists them.
    pub devices: Option<Vec<Device>>,
    /// VPC endpoints by their id, where a file lists them.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Identity providers by the kind of their ARN, `oidc-provider` and `saml-provider`, of the accounts that are here; a
    /// kind that nothing lists is absent.
    pub providers: BTreeMap<String, Vec<String>>,
    /// Bare documents, which are the identity policies of whoever is asked about.
    pub bare: Vec<Inline>,
}

/// A virtual MFA device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `arn:aws:iam::111122223333:mfa/name`.
    pub serial: String,
    /// Whether it is somebody's.
    pub is_assigned: bool,
}

/// A VPC endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `vpce-0123456789abcdef0`.
    pub id: String,
    /// The VPC that it is in, such as `vpc-0a1b2c3d`.
    pub vpc: Option<String>,
    /// Its kind.
    pub kind: EndpointType,
    /// Its policy; `None` where it has none and lets everything through.
    pub document: Option<Text>,
}

/// The kinds of VPC endpoint, as `VpcEndpointType` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointType {
    /// `Gateway`, of S3 and DynamoDB.
    Gateway,
    /// `Interface`.
    Interface,
    /// Any other, or not told.
    Other,
}

/// The policy of a resource.
#[derive(Clone, Debug)]
pub struct ResourcePolicy {
    /// The resource.
    pub arn: String,
    /// The account that owns it, where the file says; ARNs of buckets do not.
    pub account: Option<AccountId>,
    /// The document.
    pub document: Text,
}

impl Export {
    /// Puts pieces together, in any order.
    ///
    /// # Errors
    /// Where an account is there in part only, or a policy is named and not given.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Result<Self, ReadError> {
        let mut export = Self::default();
        let mut control = BTreeMap::new();
        // How many pieces say that more follows, and how many that nothing does.
        let mut pages: (usize, usize) = (0, 0);
        for piece in pieces {
            match piece {
                Piece::Account { account, continues } => {
                    if continues {
                        pages.0 = pages.0.saturating_add(1);
                    } else {
                        pages.1 = pages.1.saturating_add(1);
                    }
                    export.add(account)?;
                }
                Piece::Bare(policy) => export.bare.push(policy),
                Piece::Control {
                    policy_type,
                    names,
                    document,
                } => {
                    for name in names {
                        control.insert((policy_type, name), document.clone());
                    }
                }
                Piece::Devices(devices) => export.devices.get_or_insert_default().extend(devices),
                Piece::Endpoints(endpoints) => {
                    let endpoints = endpoints.into_iter().map(|it| (it.id.clone(), it));
                    export.endpoints.extend(endpoints);
                }
                Piece::Organization(organization) => {
                    if export.organization.is_some() {
                        return Err(ReadError::new(
                            "there are two files with an Organization: give those of one organization",
                        ));
                    }
                    export.organization = Some(organization);
                }
                Piece::Resources(policies) => {
                    let policies = policies.into_iter().map(|it| (it.arn.clone(), it));
                    export.resources.extend(policies);
                }
            }
        }
        if pages.0 > 0 && pages.1 == 0 {
            return Err(ReadError::new(format!(
                "the export is only the first part of an account (IsTruncated is true, and no file has the rest): run \
                 {COMMAND} without --max-items and --no-paginate, or give all its pages"
            )));
        }
        export.attach(control)?;
        Ok(export)
    }

    /// Adds entities to the accounts that their ARNs name: a file may hold several.
    fn add(&mut self, account: Account) -> Result<(), ReadError> {
        let Account {
            users,
            groups,
            roles,
            policies,
        } = account;
        let mut parts: BTreeMap<AccountId, Account> = BTreeMap::new();
        for it in users {
            parts
                .entry(owner(&it.arn, &it.name)?)
                .or_default()
                .users
                .push(it);
        }
        for it in groups {
            parts
                .entry(owner(&it.arn, &it.name)?)
                .or_default()
                .groups
                .push(it);
        }
        for it in roles {
            parts
                .entry(owner(&it.arn, &it.name)?)
                .or_default()
                .roles
                .push(it);
        }
        for (arn, policy) in policies {
            if Arn::parse(&arn).is_some_and(|arn| arn.account == "aws") {
                self.aws_managed.entry(arn).or_insert(policy);
            } else {
                let part = parts.entry(owner(&arn, &policy.name)?).or_default();
                part.policies.insert(arn, policy);
            }
        }
        for (id, part) in parts {
            self.accounts.entry(id).or_default().merge(part);
        }
        Ok(())
    }

    /// Gives the organization its documents, and finds those that it names and nobody has given.
    fn attach(
        &mut self,
        mut control: BTreeMap<(PolicyType, String), Text>,
    ) -> Result<(), ReadError> {
        let Some(organization) = &mut self.organization else {
            return match control.keys().next() {
                None => Ok(()),
                Some((_, name)) => Err(ReadError::new(format!(
                    "there is a control policy {name} and no file that says where it is attached: add an organization.json \
                     (see docs/exports.md)"
                ))),
            };
        };
        for (policy_type, name, document) in FULL_ACCESS {
            for name in [name.to_owned(), format!("p-{name}")] {
                control
                    .entry((policy_type, name))
                    .or_insert_with(|| Text::own(document));
            }
        }
        for level in organization.accounts.values().flatten() {
            for policy_type in [PolicyType::ResourceControl, PolicyType::ServiceControl] {
                for name in level.policies(policy_type).unwrap_or_default() {
                    if !control.contains_key(&(policy_type, name.clone())) {
                        let folder = match policy_type {
                            PolicyType::ResourceControl => "rcp",
                            PolicyType::ServiceControl => "scp",
                        };
                        return Err(ReadError::new(format!(
                            "the organization attaches {name} to {} and no file has its document: put it into \
                             {folder}/{name}.json, or what aws organizations describe-policy prints",
                            level.id
                        )));
                    }
                }
            }
        }
        organization.policies = control;
        Ok(())
    }

    /// Returns the account that an id names.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// Finds a managed policy that a principal of an account has: the account's own, or AWS's.
    #[must_use]
    pub fn managed(&self, account: AccountId, arn: &str) -> Option<&Managed> {
        self.accounts
            .get(&account)
            .and_then(|it| it.policies.get(arn))
            .or_else(|| self.aws_managed.get(arn))
    }

    /// Returns whether it is nothing but policies of whoever is asked about.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        !self.bare.is_empty() && self.accounts.is_empty() && self.organization.is_none()
    }
}

fn owner(arn: &str, name: &str) -> Result<AccountId, ReadError> {
    Arn::parse(arn)
        .and_then(|arn| arn.account_id())
        .ok_or_else(|| {
            ReadError::new(format!(
                "the ARN {arn:?} of {name} names no account: {COMMAND} prints one for each user, group, role and policy"
            ))
        })
}
