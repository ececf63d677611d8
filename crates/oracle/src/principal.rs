//! Whether a statement's principal element names the caller, and how.

use std::collections::BTreeSet;

use keyward_policy::{PrincipalKind, PrincipalSet};

use crate::caller::{Caller, Kind};

/// How an entry of a principal element names the caller.
// SOURCE: spec/policy-language.md §5, "Match class".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Account,
    Any,
    Direct,
    Federated,
    Service,
    SessionIssuer,
    SessionRole,
}

/// The classes by which a `Principal` element names the caller; none: it does not.
pub(crate) fn classes(set: &PrincipalSet, caller: &Caller) -> BTreeSet<Class> {
    match set {
        PrincipalSet::Everyone(_) => BTreeSet::from([Class::Any]),
        PrincipalSet::Listed(entries) => entries
            .iter()
            .filter_map(|entry| class(entry.kind, &entry.value.value, caller))
            .collect(),
    }
}

fn class(kind: PrincipalKind, text: &str, caller: &Caller) -> Option<Class> {
    match kind {
        PrincipalKind::Aws if text == "*" => Some(Class::Any),
        PrincipalKind::Aws if is_account(text, caller) => Some(Class::Account),
        PrincipalKind::Aws if text == caller.name => match caller.kind {
            Kind::User | Kind::FederatedSession => Some(Class::Direct),
            // A role's ARN stands for all of its sessions.
            Kind::RoleSession if caller.issuer.as_deref() == Some(text) => Some(Class::SessionRole),
            Kind::RoleSession => Some(Class::Direct),
            Kind::Anonymous | Kind::Root | Kind::Service | Kind::Unsigned => None,
        },
        PrincipalKind::Aws if caller.issuer.as_deref() == Some(text) => match caller.kind {
            Kind::FederatedSession => Some(Class::SessionIssuer),
            Kind::RoleSession => Some(Class::SessionRole),
            Kind::Anonymous | Kind::Root | Kind::Service | Kind::Unsigned | Kind::User => None,
        },
        PrincipalKind::Aws => None,
        PrincipalKind::Service => {
            (caller.kind == Kind::Service && text == caller.name).then_some(Class::Service)
        }
        PrincipalKind::Federated => {
            (caller.kind == Kind::Unsigned && text == caller.name).then_some(Class::Federated)
        }
        // A question does not carry canonical ids.
        PrincipalKind::CanonicalUser => None,
    }
}

fn is_account(text: &str, caller: &Caller) -> bool {
    caller.home.as_ref().is_some_and(|(partition, account)| {
        text == account || text == format!("arn:{partition}:iam::{account}:root")
    })
}

/// Whether a `NotPrincipal` element exempts the caller from its Deny: its whole chain must be listed.
// SOURCE: spec/policy-language.md §5, "NotPrincipal+Deny".
pub(crate) fn is_exempt(set: &PrincipalSet, caller: &Caller, has_boundary: bool) -> bool {
    let PrincipalSet::Listed(entries) = set else {
        return false;
    };
    let lists = |kind, text: &str| {
        entries
            .iter()
            .any(|entry| entry.kind == kind && entry.value.value == text)
    };
    let lists_caller = lists(PrincipalKind::Aws, &caller.name);
    let lists_issuer = caller.issuer.as_ref().is_some_and(|issuer| {
        // A federated session of the root user has only the account behind it.
        lists(PrincipalKind::Aws, issuer) || issuer.ends_with(":root")
    });
    let lists_account = entries
        .iter()
        .any(|entry| entry.kind == PrincipalKind::Aws && is_account(&entry.value.value, caller));
    match caller.kind {
        Kind::Anonymous | Kind::Unsigned => false,
        Kind::Root => lists_account,
        Kind::Service => lists(PrincipalKind::Service, &caller.name),
        Kind::FederatedSession | Kind::RoleSession | Kind::User if has_boundary => false,
        Kind::User => lists_caller && lists_account,
        Kind::FederatedSession => lists_caller && lists_issuer && lists_account,
        // "role ARN + account alone is not enough"; which session it is must be known.
        Kind::RoleSession => {
            lists_caller
                && lists_issuer
                && lists_account
                && caller.issuer.as_deref() != Some(caller.name.as_str())
        }
    }
}
