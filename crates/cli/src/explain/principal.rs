//! Who is asked about.

use keyward_arn::{AccountId, Arn};
use keyward_engine::Principal;

use super::account::{Account, BadInput, Role, Source, User, nearest};

/// A principal, and what the source has on it.
#[derive(Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) arn: &'a str,
    pub(crate) account: AccountId,
    pub(crate) kind: Kind<'a>,
}

/// The kinds of principal that can be asked about.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Root,
    /// A session of a role; without its details where the source is a directory.
    Session {
        role_arn: String,
        session: Option<&'a str>,
        details: Option<&'a Role>,
    },
    /// A user; without its details where the source is a directory.
    User {
        details: Option<&'a User>,
    },
}

impl<'a> Caller<'a> {
    /// Finds a principal by its ARN.
    pub(crate) fn find(arn: &'a str, source: &'a Source) -> Result<Self, BadInput> {
        let known = match source {
            Source::Account(account) => Some(account),
            Source::Directory(_) => None,
        };
        let Some(parsed) = Arn::parse(arn) else {
            return Err(not_an_arn(arn, known));
        };
        let not_supported = || {
            BadInput(format!(
                "--principal {arn}: give the ARN of a user, a role, a session of a role (assumed-role) or a root user"
            ))
        };
        let account = parsed.account_id().ok_or_else(not_supported)?;
        let (first, rest) = parsed
            .resource
            .split_once('/')
            .unwrap_or((parsed.resource, ""));
        let kind = match (parsed.service, first) {
            ("iam", "root") if rest.is_empty() => root(arn, parsed, known)?,
            ("iam", "user") if !rest.is_empty() => Kind::User {
                details: known.map(|it| user(arn, it)).transpose()?,
            },
            ("iam", "role") if !rest.is_empty() => Kind::Session {
                role_arn: arn.to_owned(),
                session: None,
                details: known.map(|it| role_by_arn(arn, it)).transpose()?,
            },
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/').filter(|(_, session)| !session.is_empty()).ok_or_else(|| {
                    BadInput(format!("--principal {arn}: a session's ARN ends with its role's name, a slash, and its own name"))
                })?;
                let details = known
                    .map(|it| role_of_session(arn, parsed, role, it))
                    .transpose()?;
                let role_arn = details.map_or_else(
                    || format!("arn:{}:iam::{account}:role/{role}", parsed.partition),
                    |it| it.arn.clone(),
                );
                Kind::Session {
                    role_arn,
                    session: Some(session),
                    details,
                }
            }
            _ => return Err(not_supported()),
        };
        Ok(Self { arn, account, kind })
    }

    /// Returns the principal as the engine takes it.
    pub(crate) fn principal(&self) -> Principal<'_> {
        let (arn, account) = (self.arn, self.account);
        match &self.kind {
            Kind::Root => Principal::Root { arn, account },
            Kind::Session {
                role_arn, details, ..
            } => Principal::RoleSession {
                arn,
                account,
                role_arn,
                role_id: details.map(|it| it.id.as_str()).filter(|id| !id.is_empty()),
            },
            Kind::User { details } => Principal::User {
                arn,
                account,
                unique_id: details.map(|it| it.id.as_str()).filter(|id| !id.is_empty()),
            },
        }
    }
}

fn root<'a>(arn: &str, parsed: Arn<'_>, known: Option<&Account>) -> Result<Kind<'a>, BadInput> {
    let Some(account) = known else {
        return Ok(Kind::Root);
    };
    let arns = account
        .users
        .iter()
        .map(|it| &it.arn)
        .chain(account.roles.iter().map(|it| &it.arn));
    let owner = arns
        .into_iter()
        .find_map(|arn| Arn::parse(arn))
        .map(|arn| arn.account);
    match owner {
        Some(owner) if owner != parsed.account => Err(BadInput(format!(
            "{arn} is of another account: the export is of account {owner}"
        ))),
        Some(_) | None => Ok(Kind::Root),
    }
}

fn user<'a>(arn: &str, account: &'a Account) -> Result<&'a User, BadInput> {
    account
        .users
        .iter()
        .find(|it| it.arn == arn)
        .ok_or_else(|| {
            not_there(
                "user",
                arn,
                account
                    .users
                    .iter()
                    .map(|it| (it.name.as_str(), it.arn.as_str())),
            )
        })
}

fn role_by_arn<'a>(arn: &str, account: &'a Account) -> Result<&'a Role, BadInput> {
    account
        .roles
        .iter()
        .find(|it| it.arn == arn)
        .ok_or_else(|| {
            not_there(
                "role",
                arn,
                account
                    .roles
                    .iter()
                    .map(|it| (it.name.as_str(), it.arn.as_str())),
            )
        })
}

/// A session's ARN has the role's name without its path.
fn role_of_session<'a>(
    arn: &str,
    parsed: Arn<'_>,
    name: &str,
    account: &'a Account,
) -> Result<&'a Role, BadInput> {
    let is_it = |it: &&Role| {
        it.name == name
            && Arn::parse(&it.arn).is_some_and(|its| {
                (its.partition, its.account) == (parsed.partition, parsed.account)
            })
    };
    account.roles.iter().find(is_it).ok_or_else(|| {
        let wanted = format!(
            "arn:{}:iam::{}:role/{name}",
            parsed.partition, parsed.account
        );
        let BadInput(text) = not_there(
            "role",
            &wanted,
            account
                .roles
                .iter()
                .map(|it| (it.name.as_str(), it.arn.as_str())),
        );
        BadInput(format!("{arn}: {text}"))
    })
}

fn not_there<'a>(
    what: &str,
    arn: &str,
    known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> BadInput {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    // The same name in another account or path is nearer than any other name.
    let mut near: Vec<&str> = known
        .clone()
        .filter(|(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, arn)| arn)
        .collect();
    if near.is_empty() {
        let names = nearest(name, known.clone().map(|(name, _)| name));
        near = known
            .clone()
            .filter(|(name, _)| names.contains(name))
            .map(|(_, arn)| arn)
            .collect();
    }
    let count = known.count();
    let hint = match near.as_slice() {
        [] if count == 0 => format!("; it has no {what}s at all"),
        [] => format!("; it has {count} {what}s, none with a name like it"),
        near => format!("; did you mean {}?", near.join(" or ")),
    };
    BadInput(format!("there is no {what} {arn} in the account{hint}"))
}

fn not_an_arn(text: &str, known: Option<&Account>) -> BadInput {
    let name = text.rsplit('/').next().unwrap_or(text);
    let same = known.and_then(|account| {
        let users = account.users.iter().map(|it| (&it.name, &it.arn));
        let roles = account.roles.iter().map(|it| (&it.name, &it.arn));
        users
            .chain(roles)
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, arn)| arn)
    });
    BadInput(match same {
        Some(arn) => format!("--principal takes an ARN; did you mean {arn}?"),
        None => {
            format!("--principal {text:?} is no ARN, such as arn:aws:iam::111122223333:user/alice")
        }
    })
}
