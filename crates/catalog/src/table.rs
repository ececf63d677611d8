//! Services, actions and resource types as they stand in memory, and the handles that the public functions give out.
//!
//! INVARIANT: every position in a row is one that exists. [`crate::read`] checks that when it builds the rows, by the counts
//! of the index, to which it holds what is read later; so the accessors here never meet a hole. Were there one, the item
//! would be missing, never another one.

use std::fmt;

use crate::condition::ConditionKey;
use crate::fold;
use crate::index::{Body, ServiceRow, Tables};

pub(crate) struct ResourceTypeRow<'a> {
    pub(crate) name: &'a str,
    /// With tabs between them.
    pub(crate) arn_patterns: &'a str,
    pub(crate) keys: u16,
}

pub(crate) struct ActionRow<'a> {
    pub(crate) name: &'a str,
    /// Where its resources start and end in the service's `action_resources`.
    pub(crate) resources_start: u32,
    pub(crate) resources_end: u32,
    pub(crate) keys: u16,
    pub(crate) dependents: u16,
    pub(crate) access_level: AccessLevel,
}

pub(crate) struct ActionResourceRow {
    pub(crate) resource_type: u16,
    pub(crate) keys: u16,
    pub(crate) required: bool,
}

/// Where a table's facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'t> {
    /// The package.
    pub name: &'t str,
    /// The package's version.
    pub version: &'t str,
    /// The day of the data, `2026-09-26`; `-` where the package does not say.
    pub date: &'t str,
    /// The SPDX identifier of the licence.
    pub licence: &'t str,
}

/// What kind of use of a resource an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLevel {
    /// Finds out that resources exist.
    List,
    /// Grants or changes permissions.
    PermissionsManagement,
    /// Reads what a resource holds.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes or deletes.
    Write,
}

impl AccessLevel {
    /// Returns AWS's word for it, as `Permissions management`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::PermissionsManagement => "Permissions management",
            Self::Read => "Read",
            Self::Tagging => "Tagging",
            Self::Write => "Write",
        }
    }

    /// Reads AWS's word for it; case counts.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::List,
            Self::PermissionsManagement,
            Self::Read,
            Self::Tagging,
            Self::Write,
        ];
        all.into_iter().find(|level| level.as_str() == word)
    }
}

/// A service, known by the prefix of its actions.
#[derive(Clone, Copy)]
pub struct Service<'t> {
    tables: &'t Tables<'t>,
    row: &'t ServiceRow<'t>,
}

/// An action of a service.
#[derive(Clone, Copy)]
pub struct Action<'t> {
    service: Service<'t>,
    row: &'t ActionRow<'t>,
}

/// A type of resource that a service has.
#[derive(Clone, Copy)]
pub struct ResourceType<'t> {
    tables: &'t Tables<'t>,
    row: &'t ResourceTypeRow<'t>,
}

/// A resource type as one action uses it.
#[derive(Clone, Copy)]
pub struct ActionResource<'t> {
    resource_type: ResourceType<'t>,
    row: &'t ActionResourceRow,
}

impl<'t> Service<'t> {
    pub(crate) fn new(tables: &'t Tables<'t>, row: &'t ServiceRow<'t>) -> Self {
        Self { tables, row }
    }

    /// Returns the prefix of its actions, `iam`: lower-case letters, digits and hyphens.
    #[must_use]
    pub fn prefix(self) -> &'t str {
        self.row.prefix
    }

    /// Returns its actions, sorted by name with case ignored.
    pub fn actions(self) -> impl Iterator<Item = Action<'t>> {
        self.body()
            .actions
            .iter()
            .map(move |row| Action { service: self, row })
    }

    /// Finds one of its actions by name without the prefix, case ignored.
    #[must_use]
    pub fn action(self, name: &str) -> Option<Action<'t>> {
        let row = fold::find(&self.body().actions, name, |row| row.name)?;
        Some(Action { service: self, row })
    }

    /// Returns its resource types, sorted by name with case ignored.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType<'t>> {
        let rows = self.body().resource_types.iter();
        rows.map(move |row| ResourceType {
            tables: self.tables,
            row,
        })
    }

    fn body(self) -> &'t Body<'t> {
        self.tables.body(self.row)
    }

    /// Returns the condition keys that its documentation lists, those of other prefixes (`aws:`, `saml:`) among them.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'t>> {
        self.tables.key_list(self.row.keys)
    }

    /// Says whether resource control policies cover its resources. See [`covered_by_rcps`](crate::covered_by_rcps).
    #[must_use]
    pub fn is_covered_by_rcps(self) -> bool {
        self.row.covered_by_rcps
    }
}

impl<'t> Action<'t> {
    /// Returns the service.
    #[must_use]
    pub fn service(self) -> Service<'t> {
        self.service
    }

    /// Returns the name without the prefix, `CreateUser`.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.row.name
    }

    /// Returns what kind of use of a resource it is.
    #[must_use]
    pub fn access_level(self) -> AccessLevel {
        self.row.access_level
    }

    /// Returns the resource types that a policy may name for it; none: only `"Resource": "*"` fits.
    pub fn resource_types(self) -> impl Iterator<Item = ActionResource<'t>> {
        let (tables, service) = (self.service.tables, self.service.body());
        self.resource_rows().iter().filter_map(move |row| {
            let resource_type = service.resource_types.get(usize::from(row.resource_type))?;
            Some(ActionResource {
                resource_type: ResourceType {
                    tables,
                    row: resource_type,
                },
                row,
            })
        })
    }

    /// Says whether it has no resource types, so that a policy should name `*` as its resource.
    ///
    /// This is what AWS's reference says, not what a request is decided by: AWS asks some of these actions about an ARN
    /// all the same (`iam:ListUsers` about `user/` and the path).
    #[must_use]
    pub fn is_wildcard_only(self) -> bool {
        self.resource_rows().is_empty()
    }

    /// Returns the condition keys of the action whatever its resource; see also [`ActionResource::condition_keys`],
    /// [`ResourceType::condition_keys`] and the global keys.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'t>> {
        self.service.tables.key_list(self.row.keys)
    }

    /// Returns the actions that a caller needs as well to use all of it, as `iam:PassRole`.
    ///
    /// They come from an older source than the actions and are incomplete: fit for advice, not for decisions.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'t str> {
        let list = self.service.tables.dependents(self.row.dependents);
        list.split(',').filter(|name| !name.is_empty())
    }

    fn resource_rows(self) -> &'t [ActionResourceRow] {
        let range = usize::try_from(self.row.resources_start)
            .ok()
            .zip(usize::try_from(self.row.resources_end).ok());
        let rows =
            range.and_then(|(start, end)| self.service.body().action_resources.get(start..end));
        rows.unwrap_or_default()
    }
}

impl<'t> ResourceType<'t> {
    /// Returns the name, `user`.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.row.name
    }

    /// Returns the forms of its ARNs, most often one: `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}`.
    /// Each `${…}` and `*` stands for some text.
    pub fn arn_patterns(self) -> impl Iterator<Item = &'t str> {
        self.row.arn_patterns.split('\t')
    }

    /// Returns the condition keys that a resource of this type gives a value to.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'t>> {
        self.tables.key_list(self.row.keys)
    }
}

impl<'t> ActionResource<'t> {
    /// Returns the resource type.
    #[must_use]
    pub fn resource_type(self) -> ResourceType<'t> {
        self.resource_type
    }

    /// Says whether the action always has a resource of this type.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.row.required
    }

    /// Returns the condition keys that the action has with this resource type, beyond [`Action::condition_keys`].
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'t>> {
        self.resource_type.tables.key_list(self.row.keys)
    }
}

impl fmt::Debug for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.prefix()).finish()
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Action")
            .field(&self.service.prefix())
            .field(&self.name())
            .finish()
    }
}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResourceType").field(&self.name()).finish()
    }
}

impl fmt::Debug for ActionResource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = self.is_required();
        f.debug_tuple("ActionResource")
            .field(&self.resource_type.name())
            .field(&required)
            .finish()
    }
}
