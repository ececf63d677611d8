//! The whole account, page by page: what `keyward explain` and offline tools read.

use std::collections::BTreeMap;
use std::future::Future;

use keyward_arn::{Partition, UniqueId};
use keyward_directory::{AttachedPolicies, Group, ManagedPolicy, PolicyName, Role, User};
use keyward_records::{Cell, Kind, Record};
use keyward_wire::{PolicyDocument, iam};

use super::account_policies::{aws_policy, own_policy, policy_size, used};
use super::group::group_by_id;
use super::inline_policy::Owner;
use super::managed::shown_boundary;
use super::policy::Used;
use super::tags::wire_tags;
use super::{Done, Operate, instance_profile, role, time, trust};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// Bytes of documents after which a page ends, however many items it may have: AWS too returns fewer than were asked for.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The sections of the account, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Users,
    Groups,
    Roles,
    Policies,
    AwsPolicies,
}

impl Section {
    const ALL: [Self; 5] = [
        Self::Users,
        Self::Groups,
        Self::Roles,
        Self::Policies,
        Self::AwsPolicies,
    ];

    fn entity_type(self) -> iam::EntityType {
        match self {
            Self::Users => iam::EntityType::User,
            Self::Groups => iam::EntityType::Group,
            Self::Roles => iam::EntityType::Role,
            Self::Policies => iam::EntityType::LocalManagedPolicy,
            Self::AwsPolicies => iam::EntityType::AWSManagedPolicy,
        }
    }

    /// Returns the letter that its markers begin with.
    fn letter(self) -> char {
        match self {
            Self::Users => 'u',
            Self::Groups => 'g',
            Self::Roles => 'r',
            Self::Policies => 'p',
            Self::AwsPolicies => 'a',
        }
    }

    fn marker(self, place: &str) -> String {
        Page::marker::<iam::GetAccountAuthorizationDetails>(&format!("{}{place}", self.letter()))
    }

    /// Reads what a marker says: the section, and the place in it behind which the page begins.
    fn read(marker: &str) -> Option<(Self, Option<String>)> {
        let mut characters = marker.chars();
        let letter = characters.next()?;
        let section = Self::ALL.into_iter().find(|it| it.letter() == letter)?;
        let place = characters.as_str();
        Some((section, (!place.is_empty()).then(|| place.to_owned())))
    }
}

impl Operate for iam::GetAccountAuthorizationDetails {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccountAuthorizationDetailsOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let (first, mut after) = match page.after.as_deref() {
            None => (Section::Users, None),
            Some(marker) => Section::read(marker).ok_or_else(Page::invalid_marker)?,
        };
        let filter = call.filter.as_deref().unwrap_or_default();
        let wanted =
            |section: &Section| filter.is_empty() || filter.contains(&section.entity_type());
        let reader = service.reader(call.caller()).await?;
        let mut details = Details::new(service, call.caller(), &reader, page.items);
        let sections = Section::ALL.into_iter().skip_while(|it| *it != first);
        for section in sections.filter(wanted) {
            let after = after.take_if(|_| section == first);
            match section {
                Section::Users => details.add::<User>(section, &Kind::Users, after).await?,
                Section::Groups => details.add::<Group>(section, &Kind::Groups, after).await?,
                Section::Roles => details.add::<Role>(section, &Kind::Roles, after).await?,
                Section::Policies => {
                    let kind = Kind::ManagedPolicies;
                    details.add::<ManagedPolicy>(section, &kind, after).await?;
                }
                Section::AwsPolicies => details.add_aws(after).await?,
            }
            if details.marker.is_some() {
                break;
            }
        }
        Ok(Done::at(reader.revision(), details.output()))
    }
}

/// A page that is being put together.
struct Details<'a> {
    service: &'a Service,
    caller: &'a Caller,
    reader: &'a Reader,
    /// Items that still fit.
    room: usize,
    /// Bytes of documents so far.
    bytes: usize,
    /// The names of the groups that members were seen of.
    group_names: BTreeMap<UniqueId, String>,
    users: Vec<iam::UserDetail>,
    groups: Vec<iam::GroupDetail>,
    roles: Vec<iam::RoleDetail>,
    policies: Vec<iam::ManagedPolicyDetail>,
    /// Where the next page begins, once this one is full.
    marker: Option<String>,
}

/// A record that is told in the account's details.
trait Told: Record + Send {
    /// Adds the record to the page.
    fn tell(
        self,
        details: &mut Details<'_>,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;
}

impl<'a> Details<'a> {
    fn new(service: &'a Service, caller: &'a Caller, reader: &'a Reader, room: usize) -> Self {
        Self {
            service,
            caller,
            reader,
            room,
            bytes: 0,
            group_names: BTreeMap::new(),
            users: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            policies: Vec::new(),
            marker: None,
        }
    }

    fn output(self) -> iam::GetAccountAuthorizationDetailsOutput {
        iam::GetAccountAuthorizationDetailsOutput {
            user_detail_list: Some(self.users),
            group_detail_list: Some(self.groups),
            role_detail_list: Some(self.roles),
            policies: Some(self.policies),
            is_truncated: Some(self.marker.is_some()),
            marker: self.marker,
        }
    }

    /// Says whether another item may be added.
    fn is_full(&self) -> bool {
        self.room == 0 || self.bytes >= MOST_BYTES
    }

    /// Adds the records of a section, as many as fit.
    async fn add<R: Told>(
        &mut self,
        section: Section,
        kind: &Kind,
        after: Option<String>,
    ) -> Result<(), ServiceError> {
        let mut last = after.clone().unwrap_or_default();
        // One at least, so that it is known whether there is more.
        let page = Page::unmarked(self.room.max(1), after);
        let vault = self.reader.vault();
        let read = |place: &str, bytes: &bytes::Bytes| {
            Ok(Some((place.to_owned(), R::decode(bytes, vault)?)))
        };
        let (records, more) = self.reader.page_of_bytes(kind, &page, read).await?;
        for (place, record) in records {
            if self.is_full() {
                self.marker = Some(section.marker(&last));
                return Ok(());
            }
            record.tell(self).await?;
            self.room = self.room.saturating_sub(1);
            last = place;
        }
        if more.is_some() {
            self.marker = Some(section.marker(&last));
        }
        Ok(())
    }

    /// Adds the policies of AWS that entities use, as many as fit.
    async fn add_aws(&mut self, after: Option<String>) -> Result<(), ServiceError> {
        let counts = self.reader.attachment_counts().await?;
        let mut last = after.clone().unwrap_or_default();
        for policy in keyward_catalog::managed_policies() {
            let place = policy.name();
            let key = format!("aws:{}", place.to_ascii_lowercase());
            let is_told = after.as_deref().is_some_and(|after| place <= after);
            if is_told || used(&counts, &key) == Used::default() {
                continue;
            }
            if self.is_full() {
                self.marker = Some(Section::AwsPolicies.marker(&last));
                return Ok(());
            }
            let detail = aws_policy(policy, used(&counts, &key));
            self.bytes = self.bytes.saturating_add(policy_size(&detail));
            self.policies.push(detail);
            self.room = self.room.saturating_sub(1);
            place.clone_into(&mut last);
        }
        Ok(())
    }

    /// Returns the documents of an entity's inline policies, in the order of their names.
    async fn inline<E: Owner>(
        &mut self,
        entity: &mut E,
    ) -> Result<Vec<iam::PolicyDetail>, ServiceError> {
        let (_, id, inline) = entity.parts();
        let names: Vec<PolicyName> = inline.iter().map(|(name, _)| name.clone()).collect();
        let mut policies = Vec::with_capacity(names.len());
        for name in names {
            let document = self.reader.inline_policy(E::KIND, &id, &name).await?;
            self.bytes = self
                .bytes
                .saturating_add(document.as_ref().map_or(0, String::len));
            policies.push(iam::PolicyDetail {
                policy_name: Some(name.to_string()),
                policy_document: document.map(PolicyDocument),
            });
        }
        Ok(policies)
    }

    async fn instance_profiles(
        &self,
        role: &Role,
    ) -> Result<Vec<iam::InstanceProfile>, ServiceError> {
        let mut profiles = Vec::with_capacity(role.instance_profiles.len());
        for name in &role.instance_profiles {
            let found = self.reader.get(Cell::InstanceProfile(name.clone())).await?;
            let profile = found.ok_or_else(|| {
                ServiceError::internal("a role is in an instance profile that is not there")
            })?;
            let shown =
                instance_profile::shown(&profile, self.reader, self.service, self.caller).await?;
            profiles.push(shown);
        }
        Ok(profiles)
    }

    async fn group_name(&mut self, id: &UniqueId) -> Result<String, ServiceError> {
        if let Some(name) = self.group_names.get(id) {
            return Ok(name.clone());
        }
        let name = group_by_id(self.reader, id).await?.name.to_string();
        self.group_names.insert(id.clone(), name.clone());
        Ok(name)
    }
}

fn attached(policies: &AttachedPolicies) -> Vec<iam::AttachedPolicy> {
    let policies = policies.iter();
    policies
        .map(|arn| iam::AttachedPolicy {
            policy_name: Some(arn.name().to_owned()),
            policy_arn: Some(arn.to_string()),
        })
        .collect()
}

// SOURCE of the members that are there although they are empty: real exports. Only a user's list of inline policies is
// left out.
impl Told for User {
    async fn tell(mut self, details: &mut Details<'_>) -> Result<(), ServiceError> {
        let inline = details.inline(&mut self).await?;
        let mut groups = Vec::with_capacity(self.groups.len());
        for id in &self.groups {
            groups.push(details.group_name(id).await?);
        }
        groups.sort_by_key(|name| name.to_ascii_lowercase());
        let account = details.reader.account_id();
        details.users.push(iam::UserDetail {
            path: Some(self.path.to_string()),
            user_name: Some(self.name.to_string()),
            user_id: Some(self.id.to_string()),
            arn: Some(self.arn(Partition::default(), account)),
            create_date: Some(time(self.created)),
            user_policy_list: (!inline.is_empty()).then_some(inline),
            group_list: Some(groups),
            attached_managed_policies: Some(attached(&self.attached_policies)),
            permissions_boundary: self.permissions_boundary.as_ref().map(shown_boundary),
            tags: Some(wire_tags(&self.tags)),
        });
        Ok(())
    }
}

impl Told for Group {
    async fn tell(mut self, details: &mut Details<'_>) -> Result<(), ServiceError> {
        let inline = details.inline(&mut self).await?;
        let account = details.reader.account_id();
        details.groups.push(iam::GroupDetail {
            path: Some(self.path.to_string()),
            group_name: Some(self.name.to_string()),
            group_id: Some(self.id.to_string()),
            arn: Some(self.arn(Partition::default(), account)),
            create_date: Some(time(self.created)),
            group_policy_list: Some(inline),
            attached_managed_policies: Some(attached(&self.attached_policies)),
        });
        Ok(())
    }
}

impl Told for Role {
    async fn tell(mut self, details: &mut Details<'_>) -> Result<(), ServiceError> {
        let inline = details.inline(&mut self).await?;
        let trust = trust::shown(details.service, &self);
        details.bytes = details.bytes.saturating_add(trust.len());
        let profiles = details.instance_profiles(&self).await?;
        let account = details.reader.account_id();
        let last_used = role::last_used(details.service, details.reader, &self).await?;
        details.roles.push(iam::RoleDetail {
            path: Some(self.path.to_string()),
            role_name: Some(self.name.to_string()),
            role_id: Some(self.id.to_string()),
            arn: Some(self.arn(Partition::default(), account)),
            create_date: Some(time(self.created)),
            assume_role_policy_document: Some(trust),
            instance_profile_list: Some(profiles),
            role_policy_list: Some(inline),
            attached_managed_policies: Some(attached(&self.attached_policies)),
            permissions_boundary: self.permissions_boundary.as_ref().map(shown_boundary),
            tags: Some(wire_tags(&self.tags)),
            role_last_used: Some(last_used),
        });
        Ok(())
    }
}

impl Told for ManagedPolicy {
    async fn tell(self, details: &mut Details<'_>) -> Result<(), ServiceError> {
        let detail = own_policy(details.reader, &self).await?;
        details.bytes = details.bytes.saturating_add(policy_size(&detail));
        details.policies.push(detail);
        Ok(())
    }
}
