//! Which policies let a group, role or user use a service.

use keyward_arn::Arn;
use keyward_directory::{Entity, GroupName, Refusal, RoleName, UserName};
use keyward_engine::{AttachedPolicy, AttachedTo};
use keyward_view::Cell;
use keyward_wire::iam;

use super::target::{existing_group, existing_role, existing_user};
use super::{Done, Operate, Shown};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Belongs, Question};
use crate::page::Page;
use crate::{Service, ServiceError};

/// Policies after which an answer is cut, after the service that they are listed for.
const POLICIES_PER_ANSWER: usize = 1_000;

/// The entity that an ARN names.
enum Named<'a> {
    Group(&'a str),
    Role(&'a str),
    User(&'a str),
}

/// Reads the ARN of a group, role or user.
fn named(text: &str) -> Result<(Arn<'_>, Named<'_>), ServiceError> {
    let unparsed = || ServiceError::validation("Invalid ARN:  Could not be parsed!");
    let arn = Arn::parse(text).ok_or_else(unparsed)?;
    let (kind, rest) = arn.resource.split_once('/').unwrap_or_default();
    let name = rest.rsplit('/').next().unwrap_or_default();
    let named = match kind {
        _ if arn.service != "iam" || arn.account_id().is_none() => None,
        "group" => Some(Named::Group(name)),
        "role" => Some(Named::Role(name)),
        "user" => Some(Named::User(name)),
        _ => None,
    };
    let invalid = || Refusal::invalid_input(format!("ARN {text} is not valid."));
    Ok((arn, named.ok_or_else(invalid)?))
}

/// Finds the policies of the entity that an ARN names; a user's are its groups' too.
///
/// # Errors
/// `NoSuchEntity`.
fn policies_of<'c>(text: &str, cell: &'c Cell) -> Result<Vec<&'c AttachedPolicy>, ServiceError> {
    let (_, named) = named(text)?;
    match named {
        Named::Group(name) => {
            let found = GroupName::parse(name).ok();
            let found = found.and_then(|name| cell.group(&name));
            let found = found.filter(|group| group.arn == text);
            let found = found.ok_or_else(|| Refusal::not_found(Entity::Group, name))?;
            Ok(found.policies.iter().collect())
        }
        Named::Role(name) => {
            let found = RoleName::parse(name).ok();
            let found = found.and_then(|name| cell.role(&name));
            let found = found.filter(|role| role.arn == text);
            let found = found.ok_or_else(|| Refusal::not_found(Entity::Role, name))?;
            Ok(found.policies.iter().collect())
        }
        Named::User(name) => {
            let found = UserName::parse(name).ok();
            let found = found.and_then(|name| cell.user(&name));
            let found = found.filter(|user| user.arn == text);
            let found = found.ok_or_else(|| Refusal::not_found(Entity::User, name))?;
            let groups = found.groups.iter().filter_map(|id| cell.group_by_id(id));
            let of_groups = groups.flat_map(|group| &group.policies);
            Ok(found.policies.iter().chain(of_groups).collect())
        }
    }
}

/// Shows a policy; one that is managed stands for itself, whoever has it.
fn shown(policy: &AttachedPolicy) -> iam::PolicyGrantingServiceAccess {
    use iam::PolicyOwnerEntityType as Owner;
    let owner = match policy.attached_to() {
        AttachedTo::Group(name) => Some((Owner::Group, name)),
        AttachedTo::Role(name) => Some((Owner::Role, name)),
        AttachedTo::User(name) => Some((Owner::User, name)),
        AttachedTo::Endpoint
        | AttachedTo::Organization(_)
        | AttachedTo::Resource
        | AttachedTo::Session => None,
    };
    let owner = owner.filter(|_| policy.arn().is_none());
    iam::PolicyGrantingServiceAccess {
        policy_name: policy.name().to_string(),
        policy_type: match policy.arn() {
            Some(_) => iam::PolicyType::Managed,
            None => iam::PolicyType::Inline,
        },
        policy_arn: policy.arn().map(ToString::to_string),
        entity_type: owner.map(|(kind, _)| kind),
        entity_name: owner.map(|(_, name)| name.to_string()),
    }
}

/// Lists the policies that open a service.
fn entry(
    namespace: &str,
    policies: &[&AttachedPolicy],
) -> iam::ListPoliciesGrantingServiceAccessEntry {
    let service = keyward_catalog::service(namespace);
    let actions: Vec<&str> = service
        .into_iter()
        .flat_map(|service| service.actions())
        .map(|action| action.name())
        .collect();
    let mut granting: Vec<iam::PolicyGrantingServiceAccess> = Vec::new();
    for policy in policies {
        if policy.policy().grants_some(namespace, &actions) {
            let policy = shown(policy);
            // A managed policy that a user has itself and by a group is one policy.
            if !granting.contains(&policy) {
                granting.push(policy);
            }
        }
    }
    iam::ListPoliciesGrantingServiceAccessEntry {
        service_namespace: Some(namespace.to_owned()),
        policies: Some(granting),
    }
}

impl Operate for iam::ListPoliciesGrantingServiceAccess {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let (arn, named) = named(&self.arn)?;
        if let Some(owner) = arn.account_id().filter(|owner| *owner != caller.account()) {
            return Ok(Question::about(self.arn.clone()).belonging(Belongs::Other(owner)));
        }
        let question = match named {
            Named::Group(name) => existing_group(name, caller),
            Named::Role(name) => existing_role(name, caller),
            Named::User(name) => existing_user(name, caller),
        };
        Ok(question.shown(Shown::Arn))
    }

    /// Reads the view and not the store: it has the documents compiled.
    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListPoliciesGrantingServiceAccessOutput>, ServiceError> {
        let after = Page::read::<Self>(None, call.marker.as_deref())?.after;
        let first: Option<usize> = after
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Page::invalid_marker())?;
        let policies = policies_of(&call.arn, call.caller().cell())?;
        let (mut entries, mut listed, mut marker) = (Vec::new(), 0_usize, None);
        let namespaces = call.service_namespaces.iter().enumerate();
        for (place, namespace) in namespaces.skip(first.unwrap_or_default()) {
            if listed >= POLICIES_PER_ANSWER {
                marker = Some(Page::marker::<Self>(&place.to_string()));
                break;
            }
            let entry = entry(namespace, &policies);
            listed = listed.saturating_add(entry.policies.as_ref().map_or(0, Vec::len));
            entries.push(entry);
        }
        let output = iam::ListPoliciesGrantingServiceAccessOutput {
            policies_granting_service_access: entries,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::without_store(output))
    }
}
