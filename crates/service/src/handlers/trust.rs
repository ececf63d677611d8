//! Trust policies: whom a role trusts, bound to unique ids when it is written and named by ARNs when it is read.

use keyward_arn::{AccountId, UniqueId};
use keyward_directory::{Known, Role, RoleName, SentTrustPolicy, TrustPolicy, Trusted, UserName};
use keyward_view::{Cell, View};
use keyward_wire::PolicyDocument;

use crate::{Service, ServiceError};

/// Checks and binds a trust policy that a request brings.
///
/// # Errors
/// `MalformedPolicyDocument`, also for a principal that does not exist; `LimitExceeded` for one that is too long.
pub(crate) fn bound(service: &Service, document: &str) -> Result<TrustPolicy, ServiceError> {
    let sent = SentTrustPolicy::check(document)?;
    Ok(sent.bind(|trusted| known(service.view(), trusted))?)
}

/// Returns a role's trust policy as readers see it.
pub(crate) fn shown(service: &Service, role: &Role) -> PolicyDocument {
    PolicyDocument(role.trust_policy.shown(|id| service.view().arn_of(id)))
}

/// Looks a principal up, in whatever account it is.
// DIFFERS: AWS knows all accounts. Here those that this installation does not hold are taken at their word.
fn known(view: &View, trusted: Trusted<'_>) -> Known {
    let within = |account: AccountId, find: &dyn Fn(&Cell) -> Option<UniqueId>| {
        view.cell(account).map_or(Known::Elsewhere, |cell| {
            find(&cell).map_or(Known::Nobody, Known::Here)
        })
    };
    match trusted {
        Trusted::Id(id) => match (view.arn_of(id), UniqueId::parse(id)) {
            (Some(_), Ok(id)) => Known::Here(id),
            (None, _) | (_, Err(_)) => Known::Nobody,
        },
        // Names are unique without regard to case, but the ARN of a principal is not.
        Trusted::Role { account, arn } => within(account, &|cell| {
            let role = cell.role(&RoleName::parse(name_in(arn)).ok()?)?;
            (role.arn == arn).then(|| role.id.clone())
        }),
        Trusted::Session { account, role } => within(account, &|cell| {
            let found = cell.role(&RoleName::parse(role).ok()?)?;
            (found.name.as_str() == role).then(|| found.id.clone())
        }),
        Trusted::User { account, arn } => within(account, &|cell| {
            let user = cell.user(&UserName::parse(name_in(arn)).ok()?)?;
            (user.arn == arn).then(|| user.id.clone())
        }),
    }
}

fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
