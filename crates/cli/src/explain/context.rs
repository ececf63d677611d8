//! The condition keys of a request: those that are given, and those that the server would know.

use keyward_arn::Arn;
use keyward_engine::Context;
use keyward_wire::Timestamp;

use super::account::{Account, BadInput};
use super::principal::{Caller, Kind};

/// A condition key with its values: one for a single-valued key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// Reads `--context KEY=VALUE`; a key that is repeated has a list of values.
pub(crate) fn given(arguments: &[String]) -> Result<Vec<Given>, BadInput> {
    let mut given: Vec<Given> = Vec::new();
    for argument in arguments {
        let (key, value) = argument
            .split_once('=')
            .filter(|(key, _)| !key.is_empty() && !key.contains(char::is_whitespace))
            .ok_or_else(|| {
                BadInput(format!("--context {argument:?} is not of the form KEY=VALUE, such as aws:SourceIp=203.0.113.7"))
            })?;
        match given.iter_mut().find(|it| it.key.eq_ignore_ascii_case(key)) {
            Some(it) => it.values.push(value.to_owned()),
            None => given.push(Given {
                key: key.to_owned(),
                values: vec![value.to_owned()],
            }),
        }
    }
    Ok(given)
}

/// What a request is about, as far as condition keys tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) resource_account: &'a str,
}

/// Puts the context together. What is given wins over what is known.
// SOURCE: spec/condition-keys.md §1.
pub(crate) fn context<'a>(
    given: &'a [Given],
    caller: &'a Caller<'a>,
    known: Option<&'a Account>,
    asked: Asked<'_>,
    now: i64,
) -> Context<'a> {
    let mut entries = vec![
        ("aws:CurrentTime".to_owned(), Timestamp(now).to_string()),
        ("aws:EpochTime".to_owned(), now.to_string()),
        ("aws:PrincipalIsAWSService".to_owned(), "false".to_owned()),
        (
            "aws:RequestedRegion".to_owned(),
            region(asked.resource).to_owned(),
        ),
        (
            "aws:ResourceAccount".to_owned(),
            asked.resource_account.to_owned(),
        ),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
        ("aws:ViaAWSService".to_owned(), "false".to_owned()),
        (
            "aws:PrincipalAccount".to_owned(),
            caller.account.to_string(),
        ),
    ];
    entries.extend(of_caller(caller));
    entries.extend(of_resource(known, asked));
    let mut context = Context::with_capacity(entries.len().saturating_add(given.len()));
    for (key, value) in entries {
        if !given.iter().any(|it| it.key.eq_ignore_ascii_case(&key)) {
            context.insert(key, value);
        }
    }
    for it in given {
        match it.values.as_slice() {
            [value] => context.insert(it.key.as_str(), value.as_str()),
            values => context.insert_list(it.key.as_str(), values.iter().map(String::as_str)),
        }
    }
    context
}

/// Global services count as us-east-1; any other is asked in the region of its resource.
fn region(resource: &str) -> &str {
    Arn::parse(resource)
        .map(|arn| arn.region)
        .filter(|region| !region.is_empty())
        .unwrap_or("us-east-1")
}

// SOURCE: spec/sts.md §3 (aws:userid), spec/condition-keys.md §1.
fn of_caller(caller: &Caller<'_>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut add = |key: &str, value: &str| entries.push((key.to_owned(), value.to_owned()));
    let tags: &[(String, String)] = match &caller.kind {
        Kind::Root => {
            add("aws:PrincipalArn", caller.arn);
            add("aws:PrincipalType", "Account");
            add("aws:userid", &caller.account.to_string());
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
    for (key, value) in tags {
        add(&format!("aws:PrincipalTag/{key}"), value);
    }
    entries
}

/// The tags of a user or role of the account that is asked about.
fn of_resource(known: Option<&Account>, asked: Asked<'_>) -> Vec<(String, String)> {
    let service = asked.action.split(':').next().unwrap_or_default();
    let is_iam = service.eq_ignore_ascii_case("iam") || service.eq_ignore_ascii_case("sts");
    let Some(account) = known.filter(|_| is_iam) else {
        return Vec::new();
    };
    let users = account.users.iter().map(|it| (&it.arn, &it.tags));
    let roles = account.roles.iter().map(|it| (&it.arn, &it.tags));
    let tags = users
        .chain(roles)
        .find(|(arn, _)| *arn == asked.resource)
        .map(|(_, tags)| tags);
    tags.into_iter()
        .flatten()
        .flat_map(|(key, value)| {
            ["aws", "iam"].map(|prefix| (format!("{prefix}:ResourceTag/{key}"), value.clone()))
        })
        .collect()
}
