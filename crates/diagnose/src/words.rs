//! What things are called.

use keyward_arn::Arn;
use keyward_engine::{AttachedTo, LayerKind, Principal, ResourceKind};
use keyward_policy::Effect;

use crate::case::Case;
use crate::report::{Fix, StatementReport, Step};

/// Names a principal as policies and messages do.
pub(crate) fn principal_name(principal: &Principal<'_>) -> String {
    match *principal {
        Principal::Anonymous => "*".to_owned(),
        Principal::Service { name } => name.to_owned(),
        Principal::UnsignedFederation { provider } => provider.to_owned(),
        Principal::AssumedRoot { arn, .. }
        | Principal::FederatedUser { arn, .. }
        | Principal::RoleSession { arn, .. }
        | Principal::Root { arn, .. }
        | Principal::User { arn, .. } => arn.to_owned(),
    }
}

/// Names a principal as a person would: `user alice`.
pub(crate) fn principal_short(principal: &Principal<'_>) -> String {
    match *principal {
        Principal::Anonymous => "an anonymous caller".to_owned(),
        Principal::AssumedRoot { account, .. } => format!("the root session in account {account}"),
        Principal::FederatedUser { arn, .. } => format!("federated user {}", last_part(arn)),
        Principal::RoleSession { role_arn, .. } => format!("role {}", last_part(role_arn)),
        Principal::Root { account, .. } => format!("the root user of account {account}"),
        Principal::Service { name } => format!("service {name}"),
        Principal::UnsignedFederation { provider } => format!("a token of {provider}"),
        Principal::User { arn, .. } => format!("user {}", last_part(arn)),
    }
}

/// Returns what follows the last slash.
pub(crate) fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Names what a policy is attached to.
pub(crate) fn attached(to: &AttachedTo) -> String {
    match to {
        AttachedTo::Endpoint => "the VPC endpoint".to_owned(),
        AttachedTo::Group(name) => format!("group {name}"),
        AttachedTo::Organization(id) => id.to_string(),
        AttachedTo::Resource => "the resource".to_owned(),
        AttachedTo::Role(name) => format!("role {name}"),
        AttachedTo::Session => "the session".to_owned(),
        AttachedTo::User(name) => format!("user {name}"),
    }
}

/// Names a layer: what AWS calls its policies, for this kind of resource.
pub(crate) fn layer_name(layer: LayerKind, resource: ResourceKind) -> &'static str {
    match (layer, resource) {
        (LayerKind::Endpoint, _) => "VPC endpoint policy",
        (LayerKind::Identity, _) => "identity policies",
        (LayerKind::PermissionsBoundary, _) => "permissions boundary",
        (LayerKind::Resource, ResourceKind::KmsKey) => "key policy",
        (LayerKind::Resource, ResourceKind::Role) => "role trust policy",
        (LayerKind::Resource, ResourceKind::MemberRoot | ResourceKind::Ordinary) => {
            "resource policy"
        }
        (LayerKind::ResourceControl, _) => "resource control policies",
        (LayerKind::ServiceControl, _) => "service control policies",
        (LayerKind::Session, _) => "session policies",
    }
}

/// Names a policy and what it is attached to: `inline policy Read on user alice`.
#[must_use]
pub fn policy_phrase(layer: LayerKind, name: &str, arn: Option<&str>, attached_to: &str) -> String {
    match layer {
        LayerKind::Endpoint => format!("VPC endpoint policy {name}"),
        LayerKind::Identity => match arn {
            None => format!("inline policy {name} on {attached_to}"),
            Some(arn) if is_aws_managed(arn) => {
                format!("AWS managed policy {name} on {attached_to}")
            }
            Some(_) => format!("managed policy {name} on {attached_to}"),
        },
        LayerKind::PermissionsBoundary => format!("permissions boundary {name} of {attached_to}"),
        LayerKind::Resource => name.to_owned(),
        LayerKind::ResourceControl => format!("resource control policy {name} on {attached_to}"),
        LayerKind::ServiceControl => format!("service control policy {name} on {attached_to}"),
        LayerKind::Session => format!("session policy {name}"),
    }
}

/// Names a statement of a policy: `statement 2 (Sid NoDelete) of inline policy Read on user alice`.
pub(crate) fn statement_phrase(statement: &StatementReport) -> String {
    let policy = policy_phrase(
        statement.layer,
        &statement.policy,
        statement.arn.as_deref(),
        &statement.attached_to,
    );
    format!(
        "{} of {policy}",
        statement_number(statement.index, statement.of, statement.sid.as_deref())
    )
}

/// Names a statement within its document, counted from 1 as people do.
#[must_use]
pub fn statement_number(index: usize, of: usize, sid: Option<&str>) -> String {
    let number = if of == 1 {
        "the only statement".to_owned()
    } else {
        format!("statement {}", index.saturating_add(1))
    };
    match sid.filter(|sid| !sid.is_empty()) {
        None => number,
        Some(sid) => format!("{number} (Sid {sid})"),
    }
}

/// Returns whether a managed policy is AWS's own, which nobody else can edit.
pub(crate) fn is_aws_managed(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "iam" && arn.account == "aws")
}

/// Returns whether a policy bears on the caller alone: an inline policy of its own.
pub(crate) fn is_own(
    case: &Case<'_>,
    layer: LayerKind,
    arn: Option<&str>,
    to: &AttachedTo,
) -> bool {
    let name = match case.request.principal {
        Principal::RoleSession { role_arn: arn, .. } | Principal::User { arn, .. } => {
            last_part(arn)
        }
        Principal::Anonymous
        | Principal::AssumedRoot { .. }
        | Principal::FederatedUser { .. }
        | Principal::Root { .. }
        | Principal::Service { .. }
        | Principal::UnsignedFederation { .. } => return false,
    };
    match to {
        AttachedTo::Role(own) | AttachedTo::User(own) => {
            layer == LayerKind::Identity && arn.is_none() && own.as_ref() == name
        }
        AttachedTo::Endpoint
        | AttachedTo::Group(_)
        | AttachedTo::Organization(_)
        | AttachedTo::Resource
        | AttachedTo::Session => false,
    }
}

pub(crate) fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    }
}

/// Begins a sentence.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// Writes `1 policy`, `2 policies`.
pub(crate) fn counted(count: usize, one: &str, more: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {more}")
    }
}

/// Says whose change a fix needs, and what was tried to prove it.
pub(crate) fn proof(fix: &Fix) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(by) = &fix.by {
        sentences.push(format!("Whose change: {by}."));
    }
    let is_asking = fix
        .steps
        .iter()
        .all(|step| matches!(step, Step::ChangeRequest { .. }));
    if let Some(proof) = &fix.proof {
        let tried = counted(
            proof.tried,
            "request near this one",
            "requests near this one",
        );
        sentences.push(match proof.more {
            0 if is_asking => {
                format!("Proven: of {tried}, sent the same way, none becomes allowed beside it.")
            }
            0 => format!("Proven: of {tried}, none becomes allowed beside it."),
            more => {
                let others = match more.saturating_sub(proof.examples.len()) {
                    0 => String::new(),
                    others => format!(" and {others} more"),
                };
                let (number, examples) = (counted(more, "1 more", "more"), proof.examples.join(", "));
                let number = if more == 1 { "1 more" } else { &number };
                if is_asking {
                    let are = if more == 1 { "is" } else { "are" };
                    format!(
                        "Proven: of {tried}, {number} {are} allowed too when sent the same way, by the policies as they are: \
                         {examples}{others}."
                    )
                } else {
                    let becomes = if more == 1 { "becomes" } else { "become" };
                    format!(
                        "Proven: of {tried}, {number} {becomes} allowed, as the statement then says: {examples}{others}."
                    )
                }
            }
        });
    }
    sentences
}

/// Returns what a refusal prints behind `on resource: `; `None` for an action without resource.
///
/// IAM names an entity that exists by type and name (`user bob`), and everything else by its ARN.
///
/// # Examples
/// ```
/// use keyward_diagnose::resource_as_printed;
///
/// let bob = "arn:aws:iam::111122223333:user/bob";
/// assert_eq!(resource_as_printed("iam:GetUser", bob).as_deref(), Some("user bob"));
/// assert_eq!(resource_as_printed("iam:CreateUser", bob).as_deref(), Some(bob));
/// assert_eq!(resource_as_printed("s3:ListAllMyBuckets", "*"), None);
/// ```
// SOURCE: spec/access-denied-messages.md §1.
#[must_use]
pub fn resource_as_printed(action: &str, resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    Some(existing_entity(action, resource).unwrap_or_else(|| resource.to_owned()))
}

fn existing_entity(action: &str, resource: &str) -> Option<String> {
    let arn = Arn::parse(resource).filter(|arn| arn.service == "iam")?;
    let (service, operation) = action.split_once(':')?;
    let begins = |word: &str| {
        operation
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if !service.eq_ignore_ascii_case("iam")
        || begins("Create")
        || begins("List")
        || begins("PassRole")
    {
        return None;
    }
    let (kind, path) = arn.resource.split_once('/')?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    match kind {
        "group" | "role" | "user" => Some(format!("{kind} {name}")),
        "instance-profile" => Some(format!("instance profile {name}")),
        "policy" => Some(format!("policy {resource}")),
        _ => None,
    }
}
