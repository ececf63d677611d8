//! What AWS's services offer: services, actions, resource types, condition keys, and the AWS managed policies.
//!
//! Facts only: nothing here matches an ARN, evaluates a policy or changes at run time. The tables are committed files
//! that `cargo xtask catalog` writes; where they come from is in `docs/decisions/0004-catalog-sources.md`. A part of a table
//! is unpacked when it is first asked for, once; before that the crate does nothing.
//!
//! Start at [`action`], [`condition_key`] and [`managed_policy`].

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod condition;
mod fold;
mod frame;
mod global;
mod index;
mod limits;
mod lines;
mod managed;
mod names;
mod rcp;
mod read;
mod service_linked_role;
mod table;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use frame::Frames;
use index::Tables;
use managed::PolicyTable;

pub use condition::{Cardinality, ConditionKey, ValueType};
pub use managed::ManagedPolicy;
pub use service_linked_role::{CustomSuffix, ServiceLinkedRole, service_linked_role};
pub use table::{AccessLevel, Action, ActionResource, ResourceType, Service, Source};

static ACTIONS: &[u8] = include_bytes!("../data/actions.bin");
static POLICIES: &[u8] = include_bytes!("../data/policies.bin");

/// Finds a service by the prefix of its actions (`iam`, `s3`, `aws-marketplace`), case ignored.
#[must_use]
pub fn service(prefix: &str) -> Option<Service<'static>> {
    tables().service(prefix)
}

/// Returns every service, sorted by prefix.
pub fn services() -> impl Iterator<Item = Service<'static>> {
    tables().services()
}

/// Returns what AWS calls a service, named by the prefix of its actions in lower case: `iam` is `AWS Identity and Access
/// Management`.
///
/// # Examples
/// ```
/// assert_eq!(keyward_catalog::service_name("s3"), Some("Amazon S3"));
/// assert_eq!(keyward_catalog::service_name("nothing"), None);
/// ```
#[must_use]
pub fn service_name(prefix: &str) -> Option<&'static str> {
    names::find(prefix)
}

/// Finds an action by its name in a policy, `prefix:Name`, case ignored. Wildcards are not expanded.
///
/// # Examples
/// ```
/// use keyward_catalog::{AccessLevel, action};
///
/// let create = action("IAM:createuser").unwrap();
/// assert_eq!((create.service().prefix(), create.name()), ("iam", "CreateUser"));
/// assert_eq!(create.access_level(), AccessLevel::Write);
/// assert!(action("iam:ListRoles").unwrap().is_wildcard_only());
/// assert!(action("iam:Create*").is_none());
/// ```
#[must_use]
pub fn action(name: &str) -> Option<Action<'static>> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.action(name)
}

/// Finds a condition key by its name, case ignored.
///
/// A key that ends in a name of the caller's choosing is found under its template: `aws:ResourceTag/Team` is
/// `aws:ResourceTag/${TagKey}`. Global keys, those of AWS's services, and those of any OIDC provider
/// (`oidc.example.com/id/1:sub` is `${Provider}:sub`) are known.
///
/// # Examples
/// ```
/// use keyward_catalog::{ValueType, condition_key};
///
/// let tag = condition_key("AWS:resourcetag/Team").unwrap();
/// assert_eq!(tag.name, "aws:ResourceTag/${TagKey}");
/// assert_eq!(condition_key("aws:SourceIp").unwrap().value_type, ValueType::IpAddress);
/// assert!(condition_key("aws:TagKeys").unwrap().is_multivalued());
/// assert!(condition_key("aws:SourceIpp").is_none());
/// ```
///
/// Logarithmic in the number of keys for a plain name, linear in that of the templates (about 130) otherwise.
#[must_use]
pub fn condition_key(name: &str) -> Option<ConditionKey<'static>> {
    // What is written by hand comes first there too, and needs no table.
    global::find(name).or_else(|| condition::find(tables(), name))
}

/// Returns every condition key that the tables name, templates as templates, sorted by name with case ignored:
/// first those written by hand (all global keys among them), then those of the services.
pub fn condition_keys() -> impl Iterator<Item = ConditionKey<'static>> {
    let of_services = tables().keys().all.iter();
    let of_services = of_services.filter(|key| global::find(key.name).is_none());
    global::KEYS.iter().chain(of_services).copied()
}

/// Says whether a key's declared type is a list, however many values one request has for it; `None` for a key that
/// [`condition_key`] does not find.
#[must_use]
pub fn is_multivalued(name: &str) -> Option<bool> {
    condition_key(name).map(|key| key.is_multivalued())
}

/// Says whether resource control policies cover the resources of a service, named by its prefix, case ignored.
///
/// False for an unknown service. Even where a service is covered, RCPs do not restrict `kms:RetireGrant`, AWS managed
/// KMS keys, or service-linked roles.
// SOURCE: spec/evaluation.md §1; Organizations user guide, "List of AWS services that support RCPs", as of 2026-09-26
// (62 services, each with its prefix). The table's source carries the same 62.
#[must_use]
pub fn covered_by_rcps(prefix: &str) -> bool {
    rcp::covers(prefix)
}

/// Finds an AWS managed policy by its ARN, `arn:aws:iam::aws:policy/job-function/Billing`; case counts, and only the
/// partition `aws` is known.
///
/// # Examples
/// ```
/// let policy = keyward_catalog::managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
/// assert_eq!((policy.name(), policy.path(), policy.version_id()), ("AdministratorAccess", "/", "v1"));
/// assert!(policy.document().contains(r#""Effect":"Allow""#));
/// ```
#[must_use]
pub fn managed_policy(arn: &str) -> Option<ManagedPolicy<'static>> {
    policies().policy(arn)
}

/// Returns every AWS managed policy, sorted by name (bytes).
pub fn managed_policies() -> impl Iterator<Item = ManagedPolicy<'static>> {
    policies().policies()
}

/// Returns where the tables come from: first the sources of services and actions, then that of the managed policies.
pub fn sources() -> impl Iterator<Item = Source<'static>> {
    tables().sources.iter().chain(&policies().sources).copied()
}

#[expect(
    clippy::expect_used,
    reason = "the data is a constant, and the test `embedded_tables_are_read` reads this very data"
)]
fn tables() -> &'static Tables<'static> {
    static FRAMES: OnceLock<Frames<'static>> = OnceLock::new();
    static TABLES: OnceLock<Tables<'static>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let frames =
            FRAMES.get_or_init(|| Frames::new(ACTIONS).expect("the table of actions has frames"));
        read::tables(frames).expect("the index of the table of actions is sound")
    })
}

#[expect(
    clippy::expect_used,
    reason = "the data is a constant, and the test `embedded_tables_are_read` reads this very data"
)]
fn policies() -> &'static PolicyTable<'static> {
    static INDEX: OnceLock<String> = OnceLock::new();
    static TABLE: OnceLock<PolicyTable<'static>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (index, blocks) =
            frame::split_first(POLICIES).expect("the managed policies have frames");
        let index = INDEX
            .get_or_init(|| frame::unpack(index).expect("the index of managed policies unpacks"));
        PolicyTable::read(index, blocks).expect("the index of managed policies is sound")
    })
}
