//! Who may assume roles, and principals that do not exist.

use keyward_arn::{AccountId, Arn};
use keyward_export::{Account, Export};
use keyward_policy::{
    ActionElement, Effect, Principal, PrincipalElement, PrincipalKind, PrincipalSet, Statement,
};

use super::{Read, Role, Rule, Ward, document};

/// The actions by which a role is assumed.
const ASSUME: [&str; 3] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
];

pub(super) fn check(ward: &mut Ward<'_>, id: AccountId, role: &keyward_export::Role) {
    let Some(trust) = &role.trust else { return };
    let subject = format!("the trust policy of role {}", role.name);
    let Some(read) = ward.read(Some(id), trust, subject, Role::Trust) else {
        return;
    };
    document::check(ward, Some(id), &read);
    principals(ward, Some(id), &read);
    let usable = read
        .policy
        .statements
        .iter()
        .any(|statement| lets_somebody(ward.export, statement));
    if !usable {
        ward.bite(
            Rule::RoleUnassumable,
            Some(id),
            &read,
            read.policy
                .statements
                .first()
                .map_or_else(super::start, |it| it.span),
            format!("Nobody can assume role {}: no statement lets a principal that exists call sts:AssumeRole.", role.name),
            "Name who shall assume it, or delete the role if nobody misses it (aws iam get-role shows its last use).".to_owned(),
        );
    }
}

fn lets_somebody(export: &Export, statement: &Statement) -> bool {
    if statement.effect.value != Effect::Allow || !assumes(statement) {
        return false;
    }
    match &statement.principal {
        None | Some(PrincipalElement::NotPrincipal(_)) => false,
        Some(PrincipalElement::Principal(PrincipalSet::Everyone(_))) => true,
        Some(PrincipalElement::Principal(PrincipalSet::Listed(listed))) => listed
            .iter()
            .any(|it| !matches!(fate(export, it), Fate::Gone(_) | Fate::Nobody(_))),
    }
}

fn assumes(statement: &Statement) -> bool {
    match &statement.action {
        None => false,
        Some(ActionElement::Action(patterns)) => patterns.iter().any(|it| {
            let pattern = it.value.to_ascii_lowercase();
            ASSUME
                .iter()
                .any(|action| crate::glob::covers(&pattern, action))
        }),
        Some(ActionElement::NotAction(_)) => true,
    }
}

/// Finds entries of principals that name nobody any more, or never did.
pub(super) fn principals(ward: &mut Ward<'_>, account: Option<AccountId>, read: &Read) {
    for statement in &read.policy.statements {
        let Some(element) = &statement.principal else {
            continue;
        };
        let PrincipalSet::Listed(listed) = element.set() else {
            continue;
        };
        for principal in listed {
            let span = principal.value.span;
            match fate(ward.export, principal) {
                Fate::Gone(message) => ward.bite(
                    Rule::PrincipalDeleted,
                    account,
                    read,
                    span,
                    message,
                    "Take the entry out, or name the principal again by its ARN and save the policy.".to_owned(),
                ),
                Fate::Nobody(message) => ward.bite(
                    Rule::PrincipalInvalid,
                    account,
                    read,
                    span,
                    message,
                    "Name users and roles by their ARN; for many, name the account under a condition on aws:PrincipalArn.".to_owned(),
                ),
                Fate::There => {}
            }
        }
    }
}

/// What has become of a principal that a policy names.
enum Fate {
    Gone(String),
    Nobody(String),
    /// It exists, or nobody here knows.
    There,
}

fn fate(export: &Export, principal: &Principal) -> Fate {
    let text = principal.value.value.as_str();
    match principal.kind {
        PrincipalKind::Aws => {}
        PrincipalKind::CanonicalUser | PrincipalKind::Service => return Fate::There,
        PrincipalKind::Federated => return provider(export, text),
    }
    if is_unique_id(text) {
        let is_there = export
            .accounts
            .values()
            .any(|account| has_id(account, text));
        return if is_there {
            Fate::There
        } else {
            Fate::Gone(format!(
                "{text} is the id of a user or role that was deleted, or made anew under its old name."
            ))
        };
    }
    let Some(arn) = Arn::parse(text) else {
        return Fate::There;
    };
    if text.contains(['*', '?']) {
        return Fate::Nobody(format!(
            "{text}: a wildcard within a principal's ARN names nobody."
        ));
    }
    let Some(account) = arn.account_id().and_then(|id| export.account(id)) else {
        return Fate::There;
    };
    let (kind, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    let exists = match (arn.service, kind) {
        ("iam", "user") => account.user(text).is_some(),
        ("iam", "role") => account.role(text).is_some(),
        ("sts", "assumed-role") => {
            let name = rest.split('/').next().unwrap_or_default();
            account.role_named(name).is_some()
        }
        ("iam", "group") => return Fate::Nobody(format!("{text}: a group is no principal.")),
        ("iam", "assumed-role") | ("sts", "role" | "user") => {
            return Fate::Nobody(format!(
                "{text}: roles and users are of iam, their sessions of sts."
            ));
        }
        _ => true,
    };
    // An export that leaves users or roles out says nothing of them.
    let is_listed = match kind {
        "user" => !account.users.is_empty(),
        _ => !account.roles.is_empty(),
    };
    if exists || !is_listed {
        Fate::There
    } else {
        Fate::Gone(format!("{text} does not exist in the account."))
    }
}

/// Looks for an identity provider, where the providers of its kind are listed.
fn provider(export: &Export, text: &str) -> Fate {
    let gone = Arn::parse(text).is_some_and(|arn| {
        let kind = arn.resource.split('/').next().unwrap_or_default();
        let is_here = arn.account_id().and_then(|id| export.account(id)).is_some();
        let listed = export.providers.get(kind);
        is_here && listed.is_some_and(|listed| !listed.iter().any(|it| it == text))
    });
    if gone {
        Fate::Gone(format!(
            "{text}: the account has no such identity provider."
        ))
    } else {
        Fate::There
    }
}

fn has_id(account: &Account, id: &str) -> bool {
    account.users.iter().any(|it| it.id == id) || account.roles.iter().any(|it| it.id == id)
}

fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}
