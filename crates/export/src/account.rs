//! An account's users, groups, roles and policies, wherever they were read.

use std::collections::BTreeMap;

use keyward_arn::{AccountId, Arn};

use crate::text::Text;

/// The details of an account, as `GetAccountAuthorizationDetails` gives them.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The users, in the order of the export.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The account's managed policies, and AWS's where the export has them, by ARN.
    pub policies: BTreeMap<String, Managed>,
}

/// A tag: key and value.
pub type Tag = (String, String);

/// A user.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// `UserName`.
    pub name: String,
    /// `AIDA…`; empty where the export has none.
    pub id: String,
    /// `arn:aws:iam::111122223333:user/path/Name`.
    pub arn: String,
    /// Inline policies.
    pub inline: Vec<Inline>,
    /// The names of its groups.
    pub groups: Vec<String>,
    /// Managed policies.
    pub attached: Vec<Attached>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// `GroupName`.
    pub name: String,
    /// Its ARN; empty where the source has none.
    pub arn: String,
    /// Inline policies.
    pub inline: Vec<Inline>,
    /// Managed policies.
    pub attached: Vec<Attached>,
}

/// A role.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// `RoleName`.
    pub name: String,
    /// `AROA…`; empty where the export has none.
    pub id: String,
    /// `arn:aws:iam::111122223333:role/path/Name`.
    pub arn: String,
    /// Its trust policy.
    pub trust: Option<Text>,
    /// Inline policies.
    pub inline: Vec<Inline>,
    /// Managed policies.
    pub attached: Vec<Attached>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// An inline policy.
#[derive(Clone, Debug)]
pub struct Inline {
    /// `PolicyName`.
    pub name: String,
    /// The document.
    pub document: Text,
}

/// A managed policy that is attached.
#[derive(Clone, Debug, Default)]
pub struct Attached {
    /// `PolicyName`.
    pub name: String,
    /// `PolicyArn`.
    pub arn: String,
}

/// A managed policy.
#[derive(Clone, Debug)]
pub struct Managed {
    /// `PolicyName`.
    pub name: String,
    /// The document of the default version.
    pub document: Text,
}

impl Account {
    /// Returns the account's id, as the first ARN in it says; `None` for one that has no entity.
    #[must_use]
    pub fn id(&self) -> Option<AccountId> {
        self.arns()
            .filter_map(Arn::parse)
            .find_map(|arn| arn.account_id())
    }

    /// Returns the ARNs of its users, groups, roles and managed policies.
    fn arns(&self) -> impl Iterator<Item = &str> {
        let users = self.users.iter().map(|it| it.arn.as_str());
        let groups = self.groups.iter().map(|it| it.arn.as_str());
        let roles = self.roles.iter().map(|it| it.arn.as_str());
        users
            .chain(groups)
            .chain(roles)
            .chain(self.policies.keys().map(String::as_str))
    }

    /// Finds a user by its ARN; case counts.
    #[must_use]
    pub fn user(&self, arn: &str) -> Option<&User> {
        self.users.iter().find(|it| it.arn == arn)
    }

    /// Finds a role by its ARN; case counts.
    #[must_use]
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|it| it.arn == arn)
    }

    /// Finds a role by its name, as the ARN of a session has it; case counts.
    #[must_use]
    pub fn role_named(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|it| it.name == name)
    }

    /// Finds a group by its name; case counts.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|it| it.name == name)
    }

    /// Returns whether it holds nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.groups.is_empty()
            && self.roles.is_empty()
            && self.policies.is_empty()
    }

    /// Adds what another piece of the same account holds. What both have is taken once, as it stands there first.
    pub fn merge(&mut self, other: Self) {
        let Self {
            users,
            groups,
            roles,
            policies,
        } = other;
        extend(&mut self.users, users, |it| &it.arn);
        extend(&mut self.groups, groups, |it| &it.name);
        extend(&mut self.roles, roles, |it| &it.arn);
        for (arn, policy) in policies {
            self.policies.entry(arn).or_insert(policy);
        }
    }
}

fn extend<T>(own: &mut Vec<T>, other: Vec<T>, name: impl Fn(&T) -> &str) {
    if own.is_empty() {
        *own = other;
        return;
    }
    let known: std::collections::BTreeSet<String> =
        own.iter().map(|it| name(it).to_owned()).collect();
    own.extend(other.into_iter().filter(|it| !known.contains(name(it))));
}
