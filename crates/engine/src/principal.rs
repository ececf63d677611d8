//! Principal elements.

use keyward_arn::{AccountId, Arn};

use crate::compiled::{Kind, Written};
use crate::request::{FederatedIssuer, Principal};
use crate::trace::MatchClasses;

/// Whether `*` means the bearers of tokens in unsigned STS calls too.
///
/// It does wherever it restricts, and in RCPs and endpoint policies; an Allow of a trust policy must name the provider.
// SOURCE: spec/policy-language.md §5, spec/evaluation.md §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearers {
    MeantByEveryone,
    NotMeantByEveryone,
}

/// The principal of a request with what is compared again and again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'r> {
    pub(crate) principal: Principal<'r>,
    canonical_user: Option<&'r str>,
    account: Option<AccountId>,
    partition: &'r str,
}

impl<'r> Caller<'r> {
    pub(crate) fn new(principal: Principal<'r>, canonical_user: Option<&'r str>) -> Self {
        let account = principal.account();
        Self {
            principal,
            canonical_user,
            account,
            partition: principal.arn().and_then(partition).unwrap_or_default(),
        }
    }

    pub(crate) fn account(&self) -> Option<AccountId> {
        self.account
    }

    pub(crate) fn partition(&self) -> &'r str {
        self.partition
    }

    /// Returns how one entry of a `Principal` element names the caller.
    // SOURCE: spec/policy-language.md §5.
    pub(crate) fn classes(&self, entry: &Written<'_>, bearers: Bearers) -> MatchClasses {
        let is = |expected: bool, class| if expected { class } else { MatchClasses::NONE };
        match entry.kind {
            Kind::Everything => match (self.principal, bearers) {
                (Principal::UnsignedFederation { .. }, Bearers::NotMeantByEveryone) => {
                    MatchClasses::NONE
                }
                (_, Bearers::MeantByEveryone | Bearers::NotMeantByEveryone) => MatchClasses::ANY,
            },
            Kind::PrincipalAws => self.aws_classes(entry.text),
            Kind::PrincipalCanonicalUser => is(
                self.account.is_some() && self.canonical_user.is_some_and(|own| own == entry.text),
                MatchClasses::ACCOUNT,
            ),
            Kind::PrincipalFederated => is(self.is_bearer_of(entry.text), MatchClasses::FEDERATED),
            Kind::PrincipalService => is(self.is_service(entry.text), MatchClasses::SERVICE),
            Kind::Exact
            | Kind::Glob
            | Kind::Never
            | Kind::Prefix
            | Kind::ShortArn
            | Kind::VariableInHead
            | Kind::Variables => MatchClasses::NONE,
        }
    }

    /// Returns whether the entries of a `NotPrincipal` exempt the caller from a Deny: only when they name it and all
    /// that stands behind it. Nobody with a permissions boundary is ever exempt.
    // SOURCE: spec/policy-language.md §5, NotPrincipal.
    pub(crate) fn is_exempted<'p>(
        &self,
        entries: impl Iterator<Item = Written<'p>> + Clone,
        has_boundary: bool,
    ) -> bool {
        let names = |text: &str| {
            entries
                .clone()
                .any(|entry| entry.kind == Kind::PrincipalAws && entry.text == text)
        };
        let names_id = |id: Option<&str>| id.is_some_and(names);
        let names_account = || {
            entries.clone().any(|entry| match entry.kind {
                Kind::PrincipalAws => self.is_own_account(entry.text),
                Kind::PrincipalCanonicalUser => {
                    self.canonical_user.is_some_and(|own| own == entry.text)
                }
                Kind::Everything
                | Kind::Exact
                | Kind::Glob
                | Kind::Never
                | Kind::Prefix
                | Kind::PrincipalFederated
                | Kind::PrincipalService
                | Kind::ShortArn
                | Kind::VariableInHead
                | Kind::Variables => false,
            })
        };
        match self.principal {
            Principal::Anonymous | Principal::UnsignedFederation { .. } => false,
            Principal::AssumedRoot { .. } | Principal::Root { .. } => names_account(),
            Principal::FederatedUser { arn, issuer, .. } => match issuer {
                FederatedIssuer::Root => names(arn) && names_account(),
                FederatedIssuer::User {
                    arn: issuer,
                    unique_id,
                } => {
                    !has_boundary
                        && names(arn)
                        && (names(issuer) || names_id(unique_id))
                        && names_account()
                }
            },
            Principal::RoleSession {
                arn,
                role_arn,
                role_id,
                ..
            } => {
                // Where the session is not known its role stands for it, and a role does not name it.
                !has_boundary
                    && arn != role_arn
                    && names(arn)
                    && (names(role_arn) || names_id(role_id))
                    && names_account()
            }
            Principal::Service { .. } => entries
                .clone()
                .any(|entry| entry.kind == Kind::PrincipalService && self.is_service(entry.text)),
            Principal::User { arn, unique_id, .. } => {
                !has_boundary && (names(arn) || names_id(unique_id)) && names_account()
            }
        }
    }

    fn aws_classes(&self, text: &str) -> MatchClasses {
        if self.is_own_account(text) {
            return MatchClasses::ACCOUNT;
        }
        let is_id = |id: Option<&str>| id.is_some_and(|id| id == text);
        let exactly = |arn: &str| {
            if arn == text {
                MatchClasses::DIRECT
            } else {
                MatchClasses::NONE
            }
        };
        match self.principal {
            Principal::Anonymous
            | Principal::Service { .. }
            | Principal::UnsignedFederation { .. } => MatchClasses::NONE,
            // The root user is its account, and that alone.
            Principal::AssumedRoot { .. } | Principal::Root { .. } => MatchClasses::NONE,
            Principal::FederatedUser { arn, issuer, .. } => match issuer {
                FederatedIssuer::User {
                    arn: issuer,
                    unique_id,
                } if issuer == text || is_id(unique_id) => MatchClasses::SESSION_ISSUER,
                FederatedIssuer::Root | FederatedIssuer::User { .. } => exactly(arn),
            },
            Principal::RoleSession {
                arn,
                role_arn,
                role_id,
                ..
            } => {
                if role_arn == text || is_id(role_id) {
                    MatchClasses::SESSION_ROLE
                } else {
                    exactly(arn)
                }
            }
            Principal::User { arn, unique_id, .. } => {
                if is_id(unique_id) {
                    MatchClasses::DIRECT
                } else {
                    exactly(arn)
                }
            }
        }
    }

    /// Returns whether a text is the caller's account: its twelve digits or the ARN of its root.
    fn is_own_account(&self, text: &str) -> bool {
        let is_own =
            |digits: &str| self.account.is_some() && AccountId::parse(digits).ok() == self.account;
        if text.ends_with(":root") {
            Arn::parse(text).is_some_and(|arn| {
                (arn.service, arn.region, arn.resource) == ("iam", "", "root")
                    && arn.partition == self.partition
                    && is_own(arn.account)
            })
        } else {
            is_own(text)
        }
    }

    fn is_service(&self, text: &str) -> bool {
        matches!(self.principal, Principal::Service { name } if name == text)
    }

    fn is_bearer_of(&self, text: &str) -> bool {
        matches!(self.principal, Principal::UnsignedFederation { provider } if provider == text)
    }
}

/// Returns the partition of an ARN.
fn partition(arn: &str) -> Option<&str> {
    let (partition, _) = arn.strip_prefix("arn:")?.split_once(':')?;
    Some(partition)
}
