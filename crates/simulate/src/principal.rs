//! The principal of a line, taken apart.

use keyward_arn::{AccountId, Arn};
use keyward_engine::{FederatedIssuer, Principal};

/// A principal with everything that the engine asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    name: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Anonymous,
    FederatedUser {
        account: AccountId,
        issuer: Option<String>,
    },
    RoleSession {
        account: AccountId,
        role_arn: String,
    },
    Root {
        account: AccountId,
    },
    Service,
    UnsignedFederation,
    User {
        account: AccountId,
    },
}

impl Caller {
    /// Reads the principal of a line. The error says what is wrong, without the name of the field.
    pub(crate) fn parse(name: &str, issuer: Option<&str>, action: &str) -> Result<Self, String> {
        let kind = match Arn::parse(name) {
            Some(arn) => parse_arn(name, arn, issuer)?,
            None if name == "*" => Kind::Anonymous,
            None if is_provider(name, action) => Kind::UnsignedFederation,
            None if is_service(name) => Kind::Service,
            None => {
                return Err(format!(
                    "{name:?} is neither the ARN of a principal nor a service such as sns.amazonaws.com nor *"
                ));
            }
        };
        let is_session = match &kind {
            Kind::FederatedUser { .. } | Kind::RoleSession { .. } => true,
            Kind::Anonymous
            | Kind::Root { .. }
            | Kind::Service
            | Kind::UnsignedFederation
            | Kind::User { .. } => false,
        };
        if issuer.is_some() && !is_session {
            return Err(format!(
                "{name:?} is not a session and has no principalIssuer"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            kind,
        })
    }

    pub(crate) fn principal(&self) -> Principal<'_> {
        let arn = self.name.as_str();
        match &self.kind {
            Kind::Anonymous => Principal::Anonymous,
            Kind::FederatedUser { account, issuer } => Principal::FederatedUser {
                arn,
                account: *account,
                issuer: match issuer {
                    None => FederatedIssuer::Root,
                    Some(user) => FederatedIssuer::User {
                        arn: user,
                        unique_id: None,
                    },
                },
            },
            Kind::RoleSession { account, role_arn } => Principal::RoleSession {
                arn,
                account: *account,
                role_arn,
                role_id: None,
            },
            Kind::Root { account } => Principal::Root {
                arn,
                account: *account,
            },
            Kind::Service => Principal::Service { name: arn },
            Kind::UnsignedFederation => Principal::UnsignedFederation { provider: arn },
            Kind::User { account } => Principal::User {
                arn,
                account: *account,
                unique_id: None,
            },
        }
    }
}

fn parse_arn(name: &str, arn: Arn<'_>, issuer: Option<&str>) -> Result<Kind, String> {
    let nobody = || format!("{name:?} is not the ARN of a principal");
    let account = arn.account_id().ok_or_else(nobody)?;
    if !arn.region.is_empty() {
        return Err(nobody());
    }
    let (first, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    match (arn.service, first) {
        ("iam", "root") if arn.resource == "root" => Ok(Kind::Root { account }),
        ("iam", "user") if !rest.is_empty() => Ok(Kind::User { account }),
        // Some session of that role; which one is not known, so that no policy that names one matches.
        ("iam", "role") if !rest.is_empty() => Ok(Kind::RoleSession {
            account,
            role_arn: name.to_owned(),
        }),
        ("iam", "oidc-provider" | "saml-provider") if !rest.is_empty() => {
            Ok(Kind::UnsignedFederation)
        }
        ("sts", "assumed-role") => {
            let (role, session) = rest.split_once('/').ok_or_else(nobody)?;
            if role.is_empty() || session.is_empty() || session.contains('/') {
                return Err(nobody());
            }
            let derived = || format!("arn:{}:iam::{account}:role/{role}", arn.partition);
            let role_arn = match issuer {
                None => derived(),
                Some(issuer) => checked_issuer(issuer, arn, |resource| {
                    resource.starts_with("role/") && resource.rsplit('/').next() == Some(role)
                })?,
            };
            Ok(Kind::RoleSession { account, role_arn })
        }
        ("sts", "federated-user") if !rest.is_empty() => {
            let derived = || format!("arn:{}:iam::{account}:user/{rest}", arn.partition);
            let issuer = match issuer {
                None => derived(),
                Some(issuer) => checked_issuer(issuer, arn, |resource| {
                    resource == "root" || resource.starts_with("user/")
                })?,
            };
            let is_root = Arn::parse(&issuer).is_some_and(|arn| arn.resource == "root");
            Ok(Kind::FederatedUser {
                account,
                issuer: (!is_root).then_some(issuer),
            })
        }
        _ => Err(nobody()),
    }
}

/// Checks that the issuer is of the session's partition and account and of the right kind: what is said about a session
/// must not contradict its ARN.
fn checked_issuer(
    issuer: &str,
    session: Arn<'_>,
    fits: impl Fn(&str) -> bool,
) -> Result<String, String> {
    Arn::parse(issuer)
        .filter(|arn| {
            (arn.partition, arn.service, arn.region, arn.account)
                == (session.partition, "iam", "", session.account)
                && fits(arn.resource)
        })
        .map(|_| issuer.to_owned())
        .ok_or_else(|| format!("principalIssuer {issuer:?} cannot have issued {session}"))
}

/// Built-in identity providers have names, not ARNs. One of them is also the name of a service.
// SOURCE: spec/policy-language.md §5.
fn is_provider(name: &str, action: &str) -> bool {
    let federates = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(action));
    match name {
        "accounts.google.com" | "graph.facebook.com" | "www.amazon.com" => true,
        "cognito-identity.amazonaws.com" => federates,
        _ => false,
    }
}

fn is_service(name: &str) -> bool {
    name.contains('.')
        && !name.starts_with('.')
        && !name.ends_with('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}
