//! Who asks for what.

use keyward_arn::{AccountId, Arn};

use crate::Context;

/// One action on one resource by one principal.
///
/// # Examples
/// ```
/// use keyward_arn::AccountId;
/// use keyward_engine::{Context, Principal, Request};
///
/// let context = Context::new();
/// let alice = Principal::User {
///     arn: "arn:aws:iam::111122223333:user/alice",
///     account: AccountId::parse("111122223333").unwrap(),
///     unique_id: Some("AIDAEXAMPLE"),
/// };
/// let mut request = Request::new(alice, "s3:GetObject", "arn:aws:s3:::bucket/key", &context);
/// request.resource_account = AccountId::parse("111122223333").ok();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// What a user or root user authenticated with; the other principals imply their credentials.
    pub credential: CredentialKind,
    /// The action, such as `s3:GetObject`; case does not matter.
    pub action: &'a str,
    /// The resource's ARN, or `*` for an action without resource.
    pub resource: &'a str,
    /// The account that owns the resource. `None` means the principal's account where the resource is `*`, and an
    /// unknown account, which is never the principal's, for any other resource.
    pub resource_account: Option<AccountId>,
    /// The canonical user id (64 hexadecimal digits) of the principal's account, for S3 policies that name it.
    pub canonical_user: Option<&'a str>,
    /// The condition keys.
    pub context: &'a Context<'a>,
}

impl<'a> Request<'a> {
    /// Makes a request by long-term credentials on a resource of unknown owner.
    #[must_use]
    pub fn new(
        principal: Principal<'a>,
        action: &'a str,
        resource: &'a str,
        context: &'a Context<'a>,
    ) -> Self {
        Self {
            principal,
            credential: CredentialKind::LongTerm,
            action,
            resource,
            resource_account: None,
            canonical_user: None,
            context,
        }
    }
}

/// The principals that can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal<'a> {
    /// Nobody: an unsigned request to a service that takes them.
    Anonymous,
    /// A session of `sts:AssumeRoot` in a member account.
    AssumedRoot {
        /// `arn:aws:iam::A:root`.
        arn: &'a str,
        /// The member account.
        account: AccountId,
        /// The task that the session is limited to; `None` for an unknown one, which may do nothing.
        task: Option<RootTask>,
    },
    /// A session of `sts:GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::A:federated-user/N`.
        arn: &'a str,
        /// The issuer's account.
        account: AccountId,
        /// Who called `GetFederationToken`; its identity policies and boundary are the layers.
        issuer: FederatedIssuer<'a>,
    },
    /// A session of a role.
    RoleSession {
        /// `arn:aws:sts::A:assumed-role/R/S`.
        arn: &'a str,
        /// The role's account.
        account: AccountId,
        /// The role's full ARN, path included: `arn:aws:iam::A:role/path/R`.
        role_arn: &'a str,
        /// The role's unique id, `AROA…`.
        role_id: Option<&'a str>,
    },
    /// The root user of an account, also by `GetSessionToken`.
    Root {
        /// `arn:aws:iam::A:root`.
        arn: &'a str,
        /// The account.
        account: AccountId,
    },
    /// A service acting for itself.
    Service {
        /// Such as `sns.amazonaws.com`.
        name: &'a str,
    },
    /// The bearer of a web identity token or SAML assertion in an unsigned STS call.
    UnsignedFederation {
        /// The provider's ARN, or one of the built-in names such as `accounts.google.com`.
        provider: &'a str,
    },
    /// A user, also by `GetSessionToken`.
    User {
        /// `arn:aws:iam::A:user/path/N`.
        arn: &'a str,
        /// The account.
        account: AccountId,
        /// The user's unique id, `AIDA…`.
        unique_id: Option<&'a str>,
    },
}

/// Who called `sts:GetFederationToken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FederatedIssuer<'a> {
    /// The root user of the account.
    Root,
    /// A user of the account.
    User {
        /// `arn:aws:iam::A:user/path/N`.
        arn: &'a str,
        /// The user's unique id, `AIDA…`.
        unique_id: Option<&'a str>,
    },
}

/// What a user or root user authenticated with.
// SOURCE: spec/sts.md §1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A session of the console: temporary, without the limits of `GetSessionToken`.
    Console,
    /// An access key of the user or root user itself.
    #[default]
    LongTerm,
    /// `GetSessionToken` without MFA.
    SessionToken,
    /// `GetSessionToken` with MFA.
    SessionTokenWithMfa,
}

/// The tasks that `sts:AssumeRoot` can be limited to.
// SOURCE: spec/sts.md §7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RootTask {
    /// `IAMAuditRootUserCredentials`.
    AuditRootUserCredentials,
    /// `IAMCreateRootUserPassword`.
    CreateRootUserPassword,
    /// `IAMDeleteRootUserCredentials`.
    DeleteRootUserCredentials,
    /// `S3UnlockBucketPolicy`.
    UnlockBucketPolicy,
    /// `SQSUnlockQueuePolicy`.
    UnlockQueuePolicy,
}

impl RootTask {
    /// Reads the ARN of a task policy, `arn:aws:iam::aws:policy/root-task/…`; `None` for any other text.
    #[must_use]
    pub fn from_policy_arn(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        if (arn.service, arn.region, arn.account) != ("iam", "", "aws") {
            return None;
        }
        match arn.resource.strip_prefix("policy/root-task/")? {
            "IAMAuditRootUserCredentials" => Some(Self::AuditRootUserCredentials),
            "IAMCreateRootUserPassword" => Some(Self::CreateRootUserPassword),
            "IAMDeleteRootUserCredentials" => Some(Self::DeleteRootUserCredentials),
            "S3UnlockBucketPolicy" => Some(Self::UnlockBucketPolicy),
            "SQSUnlockQueuePolicy" => Some(Self::UnlockQueuePolicy),
            _ => None,
        }
    }
}

impl<'a> Principal<'a> {
    /// Returns the principal's account; anonymous callers, services and bearers of tokens have none.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match *self {
            Self::AssumedRoot { account, .. }
            | Self::FederatedUser { account, .. }
            | Self::RoleSession { account, .. }
            | Self::Root { account, .. }
            | Self::User { account, .. } => Some(account),
            Self::Anonymous | Self::Service { .. } | Self::UnsignedFederation { .. } => None,
        }
    }

    /// Returns the ARN that messages print and exact principal elements name; none without an account.
    #[must_use]
    pub fn arn(&self) -> Option<&'a str> {
        match *self {
            Self::AssumedRoot { arn, .. }
            | Self::FederatedUser { arn, .. }
            | Self::RoleSession { arn, .. }
            | Self::Root { arn, .. }
            | Self::User { arn, .. } => Some(arn),
            Self::Anonymous | Self::Service { .. } | Self::UnsignedFederation { .. } => None,
        }
    }

    /// Returns whether the request was signed with credentials of an account or came from a service.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        match self {
            Self::AssumedRoot { .. }
            | Self::FederatedUser { .. }
            | Self::RoleSession { .. }
            | Self::Root { .. }
            | Self::Service { .. }
            | Self::User { .. } => true,
            Self::Anonymous | Self::UnsignedFederation { .. } => false,
        }
    }

    /// Returns whether this is a session of a service-linked role, which SCPs and RCPs do not bind.
    // SOURCE: spec/evaluation.md §1, exemptions. The path is reserved: no account can create a role below it.
    #[must_use]
    pub fn is_service_linked_role(&self) -> bool {
        match self {
            Self::RoleSession { role_arn, .. } => Arn::parse(role_arn)
                .is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/")),
            Self::Anonymous
            | Self::AssumedRoot { .. }
            | Self::FederatedUser { .. }
            | Self::Root { .. }
            | Self::Service { .. }
            | Self::UnsignedFederation { .. }
            | Self::User { .. } => false,
        }
    }
}
