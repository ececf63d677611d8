//! Lists of managed policies, and of what uses one.

use std::collections::BTreeMap;

use keyward_arn::AccountId;
use keyward_directory::{EntityKind, ManagedPolicy, PolicyArn, PolicyUsage};
use keyward_records::{Kind, Link, Record as _};
use keyward_wire::iam;

use super::policy::{Found, Used, reading, shown, shown_aws};
use super::target::policy_arn;
use super::{Done, Operate, Shown};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// What a place in the list of policies begins with where the policy is AWS's: no name has a colon.
const AWS_PLACE: &str = "aws:";

/// A policy of a list and its place in it.
struct Listed {
    place: String,
    policy: iam::Policy,
}

/// Which policies a list shows.
struct Filter<'a> {
    path_prefix: &'a str,
    /// Only those that are used in one of these ways; all where there is none.
    usages: &'static [PolicyUsage],
    counts: BTreeMap<(String, PolicyUsage), u64>,
}

impl<'a> Filter<'a> {
    async fn read(call: &'a iam::ListPolicies, reader: &Reader) -> Result<Self, ServiceError> {
        use PolicyUsage::{Attached, Boundary};
        // SOURCE: API reference of ListPolicies. DIFFERS: a usage filter shows used policies only, which the reference
        // leaves open.
        let usages: &[PolicyUsage] = match (call.policy_usage_filter, call.only_attached) {
            (Some(iam::PolicyUsageType::PermissionsPolicy), _) => &[Attached],
            (Some(iam::PolicyUsageType::PermissionsBoundary), _) => &[Boundary],
            (None, Some(true)) => &[Attached, Boundary],
            (None, Some(false) | None) => &[],
        };
        Ok(Self {
            path_prefix: call.path_prefix.as_deref().unwrap_or("/"),
            usages,
            counts: reader.attachment_counts().await?,
        })
    }

    /// Returns how a policy is used, by its [`PolicyArn::key`].
    fn used(&self, key: &str) -> Used {
        let count = |usage| {
            let found = self.counts.get(&(key.to_owned(), usage));
            found.copied().unwrap_or_default()
        };
        Used {
            attached: count(PolicyUsage::Attached),
            as_boundary: count(PolicyUsage::Boundary),
        }
    }

    fn shows(&self, path: &str, used: Used) -> bool {
        let is_used = |usage: &PolicyUsage| match usage {
            PolicyUsage::Attached => used.attached > 0,
            PolicyUsage::Boundary => used.as_boundary > 0,
        };
        path.starts_with(self.path_prefix)
            && (self.usages.is_empty() || self.usages.iter().any(is_used))
    }
}

impl Operate for iam::ListPolicies {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        Ok(Question::about("*".to_owned()).shown(Shown::Text(format!("policy path {prefix}"))))
    }

    /// The account's own policies come first, then AWS's, both in the order of their names.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListPoliciesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let scope = call.scope.unwrap_or(iam::PolicyScopeType::All);
        let reader = service.reader(call.caller()).await?;
        let filter = Filter::read(&call, &reader).await?;
        let after = page.after.as_deref().unwrap_or_default();
        let after_aws = after.strip_prefix(AWS_PLACE);
        let (mut listed, mut marker) = match scope {
            iam::PolicyScopeType::All | iam::PolicyScopeType::Local if after_aws.is_none() => {
                own(&reader, &page, &filter).await?
            }
            iam::PolicyScopeType::All | iam::PolicyScopeType::Local | iam::PolicyScopeType::Aws => {
                (Vec::new(), None)
            }
        };
        if marker.is_none() && scope != iam::PolicyScopeType::Local {
            let more = page.items.saturating_add(1).saturating_sub(listed.len());
            listed.extend(aws(after_aws.unwrap_or_default(), &filter).take(more));
            marker = page.cut(&mut listed, |listed| listed.place.clone());
        }
        let output = iam::ListPoliciesOutput {
            policies: Some(listed.into_iter().map(|listed| listed.policy).collect()),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

async fn own(
    reader: &Reader,
    page: &Page,
    filter: &Filter<'_>,
) -> Result<(Vec<Listed>, Option<String>), ServiceError> {
    let account = reader.account_id();
    let read = |place: &str, value: &bytes::Bytes| {
        let policy = ManagedPolicy::decode(value, reader.vault())?;
        let used = filter.used(place);
        Ok(filter
            .shows(policy.path.as_str(), used)
            .then(|| listed(place, &policy, account, used)))
    };
    reader
        .page_of_bytes(&Kind::ManagedPolicies, page, read)
        .await
}

fn listed(place: &str, policy: &ManagedPolicy, account: AccountId, used: Used) -> Listed {
    Listed {
        place: place.to_owned(),
        policy: shown(policy, account, used),
    }
}

/// Returns AWS's policies after a name.
fn aws<'a>(after: &'a str, filter: &'a Filter<'_>) -> impl Iterator<Item = Listed> + use<'a> {
    let following = keyward_catalog::managed_policies().filter(move |policy| policy.name() > after);
    following.filter_map(|policy| {
        let key = PolicyArn::parse(&policy.arn()).ok()?.key();
        let used = filter.used(&key);
        filter.shows(policy.path(), used).then(|| Listed {
            place: format!("{AWS_PLACE}{}", policy.name()),
            policy: shown_aws(policy, used),
        })
    })
}

impl Operate for iam::ListEntitiesForPolicy {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        reading(&self.policy_arn, caller)
    }

    /// Groups come first, then roles, then users, each in the order of their names; an entity that has the policy
    /// attached and as its boundary is shown once.
    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListEntitiesForPolicyOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let arn = policy_arn(&call.policy_arn)?;
        let reader = service.reader(call.caller()).await?;
        Found::read(&reader, &arn).await?;
        let links = reader.links(&Kind::Attachments(arn.key())).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let mut entities = BTreeMap::new();
        for (place, link) in links {
            let (usage, entity) = place.split_once('/').unwrap_or_default();
            let is_shown = is_wanted(call.policy_usage_filter, usage)
                && link.path.starts_with(prefix)
                && page
                    .after
                    .as_ref()
                    .is_none_or(|after| entity > after.as_str());
            let kind = entity
                .split_once('/')
                .and_then(|(kind, _)| EntityKind::parse(kind));
            if let Some(kind) = kind.filter(|kind| is_shown && is_of(call.entity_filter, *kind)) {
                entities.insert(entity.to_owned(), (kind, link));
            }
        }
        let mut entities: Vec<_> = entities.into_iter().collect();
        let marker = page.cut(&mut entities, |(place, _)| place.clone());
        let output = iam::ListEntitiesForPolicyOutput {
            is_truncated: Some(marker.is_some()),
            marker,
            ..sorted(entities.into_iter().map(|(_, entity)| entity))
        };
        Ok(Done::at(reader.revision(), output))
    }
}

fn is_wanted(filter: Option<iam::PolicyUsageType>, usage: &str) -> bool {
    let wanted = match filter {
        None => return true,
        Some(iam::PolicyUsageType::PermissionsBoundary) => PolicyUsage::Boundary,
        Some(iam::PolicyUsageType::PermissionsPolicy) => PolicyUsage::Attached,
    };
    PolicyUsage::parse(usage) == Some(wanted)
}

/// Returns whether an entity filter lets a kind through; policies use no policies.
fn is_of(filter: Option<iam::EntityType>, kind: EntityKind) -> bool {
    match filter {
        None => true,
        Some(iam::EntityType::Group) => kind == EntityKind::Group,
        Some(iam::EntityType::Role) => kind == EntityKind::Role,
        Some(iam::EntityType::User) => kind == EntityKind::User,
        Some(iam::EntityType::AWSManagedPolicy | iam::EntityType::LocalManagedPolicy) => false,
    }
}

/// Sorts entities into the lists of the answer.
fn sorted(entities: impl Iterator<Item = (EntityKind, Link)>) -> iam::ListEntitiesForPolicyOutput {
    let (mut groups, mut roles, mut users) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, link) in entities {
        let (name, id) = (Some(link.name), Some(link.id.to_string()));
        match kind {
            EntityKind::Group => groups.push(iam::PolicyGroup {
                group_name: name,
                group_id: id,
            }),
            EntityKind::Role => roles.push(iam::PolicyRole {
                role_name: name,
                role_id: id,
            }),
            EntityKind::User => users.push(iam::PolicyUser {
                user_name: name,
                user_id: id,
            }),
        }
    }
    iam::ListEntitiesForPolicyOutput {
        policy_groups: Some(groups),
        policy_users: Some(users),
        policy_roles: Some(roles),
        ..iam::ListEntitiesForPolicyOutput::default()
    }
}
