//! Who is asked about.

use keyward_arn::{AccountId, Arn};
use keyward_engine::{FederatedIssuer, Principal};
use keyward_export::{Account, Export, Role, User};

use crate::error::BadQuestion;
use crate::near::nearest;

/// A principal, and what the export has on it.
#[derive(Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) arn: &'a str,
    /// `None` for services and anonymous callers.
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: Kind<'a>,
}

/// The kinds of principal that can be asked about.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Anonymous,
    /// A session made by `GetFederationToken`.
    Federated {
        issuer: &'a User,
    },
    Root,
    Service,
    /// A session of a role; without its details where only bare policies are given.
    Session {
        role_arn: String,
        session: Option<&'a str>,
        details: Option<&'a Role>,
    },
    /// A user; without its details likewise.
    User {
        details: Option<&'a User>,
    },
}

impl<'a> Caller<'a> {
    /// Finds a principal by its ARN. `issuer` is the user behind a federated session.
    pub(crate) fn find(
        arn: &'a str,
        issuer: Option<&str>,
        export: &'a Export,
    ) -> Result<Self, BadQuestion> {
        if arn == "*" {
            return Ok(Self {
                arn,
                account: None,
                kind: Kind::Anonymous,
            });
        }
        if arn.ends_with(".amazonaws.com") && !arn.contains([':', '/']) {
            return Ok(Self {
                arn,
                account: None,
                kind: Kind::Service,
            });
        }
        let Some(parsed) = Arn::parse(arn) else {
            return Err(not_an_arn(arn, export));
        };
        let id = parsed.account_id().ok_or_else(|| not_supported(arn))?;
        let known = known(arn, id, export)?;
        let kind = kind(arn, parsed, issuer, known)?;
        Ok(Self {
            arn,
            account: Some(id),
            kind,
        })
    }

    /// Makes the caller of a user that is there.
    pub(crate) fn user(user: &'a User) -> Self {
        Self {
            arn: &user.arn,
            account: Arn::parse(&user.arn).and_then(|arn| arn.account_id()),
            kind: Kind::User {
                details: Some(user),
            },
        }
    }

    /// Makes the caller of a role that is there: some session of it.
    pub(crate) fn role(role: &'a Role) -> Self {
        Self {
            arn: &role.arn,
            account: Arn::parse(&role.arn).and_then(|arn| arn.account_id()),
            kind: Kind::Session {
                role_arn: role.arn.clone(),
                session: None,
                details: Some(role),
            },
        }
    }

    /// Returns the principal as the engine takes it.
    pub(crate) fn principal(&self) -> Principal<'_> {
        let arn = self.arn;
        let Some(account) = self.account else {
            return match self.kind {
                Kind::Service => Principal::Service { name: arn },
                Kind::Anonymous
                | Kind::Federated { .. }
                | Kind::Root
                | Kind::Session { .. }
                | Kind::User { .. } => Principal::Anonymous,
            };
        };
        match &self.kind {
            Kind::Anonymous => Principal::Anonymous,
            Kind::Service => Principal::Service { name: arn },
            Kind::Federated { issuer } => Principal::FederatedUser {
                arn,
                account,
                issuer: FederatedIssuer::User {
                    arn: &issuer.arn,
                    unique_id: some(&issuer.id),
                },
            },
            Kind::Root => Principal::Root { arn, account },
            Kind::Session {
                role_arn, details, ..
            } => Principal::RoleSession {
                arn,
                account,
                role_arn,
                role_id: details.and_then(|it| some(&it.id)),
            },
            Kind::User { details } => Principal::User {
                arn,
                account,
                unique_id: details.and_then(|it| some(&it.id)),
            },
        }
    }
}

fn some(id: &str) -> Option<&str> {
    (!id.is_empty()).then_some(id)
}

fn not_supported(arn: &str) -> BadQuestion {
    BadQuestion::new(format!(
        "--principal {arn}: give the ARN of a user, a role, a session of a role (assumed-role), a federated user or a root \
         user; or a service, or * for anyone"
    ))
}

/// Returns the account of a principal; `None` where the export is nothing but policies of whoever is asked about.
fn known<'a>(
    arn: &str,
    id: AccountId,
    export: &'a Export,
) -> Result<Option<&'a Account>, BadQuestion> {
    if export.is_bare() {
        return Ok(None);
    }
    if let Some(account) = export.account(id) {
        return Ok(Some(account));
    }
    let ids: Vec<String> = export.accounts.keys().map(ToString::to_string).collect();
    let has = match ids.as_slice() {
        [] => "no account".to_owned(),
        [id] => format!("account {id}"),
        ids if ids.len() > 5 => format!("{} accounts", ids.len()),
        ids => format!("accounts {}", ids.join(", ")),
    };
    Err(BadQuestion::new(format!(
        "{arn} is of account {id}, and the export holds {has}: run aws iam get-account-authorization-details in {id} and give \
         it with a further --export"
    )))
}

fn kind<'a>(
    arn: &'a str,
    parsed: Arn<'a>,
    issuer: Option<&str>,
    known: Option<&'a Account>,
) -> Result<Kind<'a>, BadQuestion> {
    let (first, rest) = parsed
        .resource
        .split_once('/')
        .unwrap_or((parsed.resource, ""));
    match (parsed.service, first) {
        ("iam", "root") if rest.is_empty() => Ok(Kind::Root),
        ("iam", "user") if !rest.is_empty() => Ok(Kind::User {
            details: known.map(|it| user(arn, it)).transpose()?,
        }),
        ("iam", "role") if !rest.is_empty() => Ok(Kind::Session {
            role_arn: arn.to_owned(),
            session: None,
            details: known.map(|it| role_by_arn(arn, it)).transpose()?,
        }),
        ("sts", "assumed-role") => session(arn, parsed, rest, known),
        ("sts", "federated-user") if !rest.is_empty() => {
            let (Some(issuer), Some(account)) = (issuer, known) else {
                return Err(BadQuestion::new(format!(
                    "{arn} is a session of GetFederationToken, whose ARN does not say which user made it: name it with \
                     --issuer arn:…:user/NAME"
                )));
            };
            user(issuer, account).map(|issuer| Kind::Federated { issuer })
        }
        ("iam", "assumed-role") | ("sts", "role" | "user") => {
            Err(BadQuestion::new(wrong_service(arn, parsed)))
        }
        _ => Err(not_supported(arn)),
    }
}

/// A session's ARN is of STS, a role's or user's of IAM.
fn wrong_service(arn: &str, parsed: Arn<'_>) -> String {
    let right = if parsed.service == "sts" {
        "iam"
    } else {
        "sts"
    };
    let fixed = Arn {
        service: right,
        ..parsed
    };
    format!(
        "{arn} is no principal: roles and users are of iam, their sessions of sts; did you mean {fixed}?"
    )
}

fn session<'a>(
    arn: &'a str,
    parsed: Arn<'a>,
    rest: &'a str,
    known: Option<&'a Account>,
) -> Result<Kind<'a>, BadQuestion> {
    let (role, session) = rest
        .split_once('/')
        .filter(|(_, session)| !session.is_empty())
        .ok_or_else(|| {
            BadQuestion::new(format!(
                "--principal {arn}: a session's ARN ends with its role's name, a slash, and its own name"
            ))
        })?;
    if session.contains('/') {
        let parts: Vec<&str> = rest.rsplitn(3, '/').collect();
        let right = match parts.as_slice() {
            [session, role, _] => format!(
                "; did you mean arn:{}:sts::{}:assumed-role/{role}/{session}?",
                parsed.partition, parsed.account
            ),
            _ => String::new(),
        };
        return Err(BadQuestion::new(format!(
            "--principal {arn}: a session's ARN has its role's name without the role's path{right}"
        )));
    }
    let details = known
        .map(|it| role_of_session(arn, parsed, role, it))
        .transpose()?;
    let role_arn = details.map_or_else(
        || {
            format!(
                "arn:{}:iam::{}:role/{role}",
                parsed.partition, parsed.account
            )
        },
        |it| it.arn.clone(),
    );
    Ok(Kind::Session {
        role_arn,
        session: Some(session),
        details,
    })
}

fn user<'a>(arn: &str, account: &'a Account) -> Result<&'a User, BadQuestion> {
    account.user(arn).ok_or_else(|| {
        let names = account
            .users
            .iter()
            .map(|it| (it.name.as_str(), it.arn.as_str()));
        not_there("user", arn, names)
    })
}

fn role_by_arn<'a>(arn: &str, account: &'a Account) -> Result<&'a Role, BadQuestion> {
    account
        .role(arn)
        .ok_or_else(|| not_there("role", arn, role_names(account)))
}

fn role_names(account: &Account) -> impl Iterator<Item = (&str, &str)> + Clone {
    account
        .roles
        .iter()
        .map(|it| (it.name.as_str(), it.arn.as_str()))
}

/// A session's ARN has the role's name without its path.
fn role_of_session<'a>(
    arn: &str,
    parsed: Arn<'_>,
    name: &str,
    account: &'a Account,
) -> Result<&'a Role, BadQuestion> {
    let is_it =
        |it: &&Role| Arn::parse(&it.arn).is_some_and(|its| its.partition == parsed.partition);
    account.role_named(name).filter(is_it).ok_or_else(|| {
        let wanted = format!(
            "arn:{}:iam::{}:role/{name}",
            parsed.partition, parsed.account
        );
        let text = not_there("role", &wanted, role_names(account));
        BadQuestion::new(format!("{arn}: {text}"))
    })
}

fn not_there<'a>(
    what: &str,
    arn: &str,
    known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> BadQuestion {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    // The same name in another path is nearer than any other name.
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
        [] if count == 0 => {
            format!(
                "; it has no {what}s at all: run aws iam get-account-authorization-details without --filter"
            )
        }
        [] => format!("; it has {count} {what}s, none with a name like it"),
        near => format!("; did you mean {}?", near.join(" or ")),
    };
    BadQuestion::new(format!("there is no {what} {arn} in the account{hint}"))
}

fn not_an_arn(text: &str, export: &Export) -> BadQuestion {
    let name = text.rsplit('/').next().unwrap_or(text);
    let users = export.accounts.values().flat_map(|it| &it.users);
    let roles = export.accounts.values().flat_map(|it| &it.roles);
    let same: Vec<&str> = users
        .map(|it| (&it.name, it.arn.as_str()))
        .chain(roles.map(|it| (&it.name, it.arn.as_str())))
        .filter(|(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, arn)| arn)
        .take(3)
        .collect();
    BadQuestion::new(if same.is_empty() {
        format!("--principal {text:?} is no ARN, such as arn:aws:iam::111122223333:user/alice")
    } else {
        format!(
            "--principal takes an ARN; did you mean {}?",
            same.join(" or ")
        )
    })
}
