//! Who asks: the kinds of principal that evaluation tells apart.

use crate::question::Question;

/// The principal of a question, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) kind: Kind,
    /// As the question names it.
    pub(crate) name: String,
    /// Partition and account; `None` for callers that belong to no account.
    pub(crate) home: Option<(String, String)>,
    /// The role of a role session, the user (or root) behind a federated session.
    pub(crate) issuer: Option<String>,
}

/// The kinds of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `*`.
    Anonymous,
    /// A session of a federated user.
    FederatedSession,
    /// A role session, also one that is known by its role only.
    RoleSession,
    /// The root user of an account.
    Root,
    /// An AWS service.
    Service,
    /// An identity provider whose assertion comes unsigned.
    Unsigned,
    /// An IAM user.
    User,
}

impl Caller {
    /// Reads the principal; `None` for a text that names none.
    pub(crate) fn of(question: &Question) -> Option<Self> {
        let name = question.principal.as_str();
        let nobody = |kind| Self {
            kind,
            name: name.to_owned(),
            home: None,
            issuer: None,
        };
        if name == "*" {
            return Some(nobody(Kind::Anonymous));
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, resource] = parts.as_slice() else {
            let action = question.action.to_ascii_lowercase();
            let federates = matches!(
                action.as_str(),
                "sts:assumerolewithsaml" | "sts:assumerolewithwebidentity"
            );
            match name {
                "accounts.google.com" | "graph.facebook.com" | "www.amazon.com" => {
                    return Some(nobody(Kind::Unsigned));
                }
                "cognito-identity.amazonaws.com" if federates => {
                    return Some(nobody(Kind::Unsigned));
                }
                _ => {}
            }
            let is_service = name.contains('.') && !name.contains([':', '/']);
            return is_service.then(|| nobody(Kind::Service));
        };
        let given = question.principal_issuer.clone();
        let derived = |kind: &str, id: &str| format!("arn:{partition}:iam::{account}:{kind}/{id}");
        let (first, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let (kind, issuer) = match (*service, first) {
            ("iam", "root") => (Kind::Root, None),
            ("iam", "user") => (Kind::User, None),
            ("iam", "role") => (Kind::RoleSession, Some(name.to_owned())),
            ("iam", "oidc-provider" | "saml-provider") => return Some(nobody(Kind::Unsigned)),
            ("sts", "assumed-role") => {
                let (role, _session) = rest.split_once('/')?;
                (
                    Kind::RoleSession,
                    given.or_else(|| Some(derived("role", role))),
                )
            }
            ("sts", "federated-user") => (
                Kind::FederatedSession,
                given.or_else(|| Some(derived("user", rest))),
            ),
            _ => return None,
        };
        Some(Self {
            kind,
            name: name.to_owned(),
            home: Some(((*partition).to_owned(), (*account).to_owned())),
            issuer,
        })
    }

    /// The account the caller belongs to.
    pub(crate) fn account(&self) -> Option<&str> {
        self.home.as_ref().map(|(_, account)| account.as_str())
    }

    /// Whether this is a service-linked role at work.
    pub(crate) fn is_service_linked_role(&self) -> bool {
        self.kind == Kind::RoleSession
            && self
                .issuer
                .as_ref()
                .is_some_and(|role| role.contains(":role/aws-service-role/"))
    }
}
