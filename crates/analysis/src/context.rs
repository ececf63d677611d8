//! The condition keys of a request: those that are given, and those that AWS would know.

use std::borrow::Cow;

use keyward_arn::{AccountId, Arn};
use keyward_engine::Context;
use keyward_export::{Export, Tag};

use crate::caller::{Caller, Kind};
use crate::date::Moment;
use crate::gather::endpoint_of;
use crate::question::Given;

/// What a request is about, as far as condition keys tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) resource_account: Option<AccountId>,
}

/// Puts the context together. What is given wins over what is known.
// SOURCE: spec/condition-keys.md §1.
pub(crate) fn context<'a>(
    given: &'a [Given],
    caller: &Caller<'_>,
    export: &Export,
    asked: Asked<'_>,
    now: &Moment,
) -> Context<'a> {
    let mut entries = of_request(asked, now);
    entries.extend(of_caller(caller));
    entries.extend(of_resource(export, asked));
    let mut context = Context::with_capacity(entries.len().saturating_add(given.len()));
    let is_given = |key: &str| given.iter().any(|it| it.key.eq_ignore_ascii_case(key));
    for (key, value) in entries {
        if !is_given(&key) {
            context.insert(key, value);
        }
    }
    for (who, account) in [
        ("Principal", caller.account),
        ("Resource", asked.resource_account),
    ] {
        let Some(organization) = &export.organization else {
            continue;
        };
        let Some(path) = account.and_then(|it| organization.path(it)) else {
            continue;
        };
        let (id, paths) = (format!("aws:{who}OrgID"), format!("aws:{who}OrgPaths"));
        if !is_given(&id) {
            context.insert(id, organization.id.clone());
        }
        if !is_given(&paths) {
            context.insert_list(paths, [path]);
        }
        let management = "aws:PrincipalOrgMasterAccountId";
        if let Some(id) = organization.management.filter(|_| who == "Principal")
            && !is_given(management)
        {
            context.insert(management, id.to_string());
        }
    }
    let endpoint = endpoint_of(given).and_then(|id| export.endpoints.get(id));
    if let Some(vpc) = endpoint.and_then(|it| it.vpc.as_ref())
        && !is_given("aws:SourceVpc")
    {
        context.insert("aws:SourceVpc", vpc.clone());
    }
    for it in given {
        match it.values.as_slice() {
            [value] if !is_list(&it.key) => context.insert(it.key.as_str(), value.as_str()),
            values => context.insert_list(it.key.as_str(), values.iter().map(String::as_str)),
        }
    }
    context
}

/// A key that is declared as a list is one with a single value too.
// SOURCE: spec/condition-keys.md §4.
fn is_list(key: &str) -> bool {
    keyward_catalog::is_multivalued(key).unwrap_or(false)
}

type Entry<'a> = (Cow<'a, str>, String);

fn of_request(asked: Asked<'_>, now: &Moment) -> Vec<Entry<'static>> {
    let mut entries: Vec<Entry<'static>> = vec![
        ("aws:CurrentTime".into(), now.iso8601.clone()),
        ("aws:EpochTime".into(), now.seconds.clone()),
        (
            "aws:RequestedRegion".into(),
            region(asked.resource).to_owned(),
        ),
        ("aws:SecureTransport".into(), "true".to_owned()),
        ("aws:ViaAWSService".into(), "false".to_owned()),
    ];
    if let Some(account) = asked.resource_account {
        entries.push(("aws:ResourceAccount".into(), account.to_string()));
    }
    entries
}

/// Global services count as us-east-1; any other is asked in the region of its resource.
fn region(resource: &str) -> &str {
    Arn::parse(resource)
        .map(|arn| arn.region)
        .filter(|region| !region.is_empty())
        .unwrap_or("us-east-1")
}

/// Returns what the principal alone makes of the context.
// SOURCE: spec/sts.md §3 (aws:userid), spec/condition-keys.md §1.
pub(crate) fn of_caller(caller: &Caller<'_>) -> Vec<Entry<'static>> {
    let mut entries: Vec<Entry<'static>> = Vec::new();
    let mut add = |key: &'static str, value: &str| entries.push((key.into(), value.to_owned()));
    let account = caller.account.map(|it| it.to_string());
    let tags: &[Tag] = match &caller.kind {
        Kind::Anonymous => {
            add("aws:PrincipalAccount", "anonymous");
            add("aws:PrincipalType", "Anonymous");
            add("aws:userid", "anonymous");
            return entries;
        }
        Kind::Service => {
            add("aws:PrincipalIsAWSService", "true");
            add("aws:PrincipalServiceName", caller.arn);
            return entries;
        }
        Kind::Federated { issuer } => {
            add("aws:PrincipalArn", caller.arn);
            add("aws:PrincipalType", "FederatedUser");
            let name = caller.arn.rsplit('/').next().unwrap_or_default();
            add(
                "aws:userid",
                &format!("{}:{name}", account.as_deref().unwrap_or_default()),
            );
            &issuer.tags
        }
        Kind::Root => {
            add("aws:PrincipalArn", caller.arn);
            add("aws:PrincipalType", "Account");
            add("aws:userid", account.as_deref().unwrap_or_default());
            &[]
        }
        Kind::Session {
            role_arn,
            session,
            details,
        } => {
            // Never the session's own ARN.
            add("aws:PrincipalArn", role_arn);
            add("aws:PrincipalType", "AssumedRole");
            if let (Some(role), Some(session)) = (details.filter(|it| !it.id.is_empty()), session) {
                add("aws:userid", &format!("{}:{session}", role.id));
            }
            details.map(|it| it.tags.as_slice()).unwrap_or_default()
        }
        Kind::User { details } => {
            add("aws:PrincipalArn", caller.arn);
            add("aws:PrincipalType", "User");
            add(
                "aws:username",
                caller.arn.rsplit('/').next().unwrap_or_default(),
            );
            if let Some(user) = details.filter(|it| !it.id.is_empty()) {
                add("aws:userid", &user.id);
            }
            details.map(|it| it.tags.as_slice()).unwrap_or_default()
        }
    };
    add("aws:PrincipalIsAWSService", "false");
    if let Some(account) = &account {
        add("aws:PrincipalAccount", account);
    }
    for (key, value) in tags {
        entries.push((format!("aws:PrincipalTag/{key}").into(), value.clone()));
    }
    entries
}

/// The tags of a user or role that is asked about.
fn of_resource(export: &Export, asked: Asked<'_>) -> Vec<Entry<'static>> {
    let service = asked.action.split(':').next().unwrap_or_default();
    let is_iam = service.eq_ignore_ascii_case("iam") || service.eq_ignore_ascii_case("sts");
    let account = asked.resource_account.and_then(|id| export.account(id));
    let Some(account) = account.filter(|_| is_iam) else {
        return Vec::new();
    };
    let user = account.user(asked.resource).map(|it| &it.tags);
    let tags = user.or_else(|| account.role(asked.resource).map(|it| &it.tags));
    tags.into_iter()
        .flatten()
        .flat_map(|(key, value)| {
            ["aws", "iam"]
                .map(|prefix| (format!("{prefix}:ResourceTag/{key}").into(), value.clone()))
        })
        .collect()
}
