//! Who sent a request: the signature checked against the key that the view names.

use std::fmt;
use std::sync::Arc;

use keyward_arn::{AccountId, Partition};
use keyward_directory::{AccessKeyStatus, AccountStatus};
use keyward_sigv4::{Expected, PathStyle, Payload, RequestParts, SignatureError, SignedRequest};
use keyward_view::{Cell, Key, KeyOwner, Lookup, UserPrincipal, View};
use keyward_wire::Service as Api;
use smol_str::SmolStr;

use crate::{Incoming, Now, ServiceError};

/// Proof that a value was authenticated.
///
/// The one constructor is [`authenticate`]; it cannot be cloned, so each request needs its own.
pub(crate) struct Authenticated<T>(T);

impl<T> std::ops::Deref for Authenticated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Who signed a request, as the view knew it at that moment.
#[derive(Clone)]
pub(crate) struct Caller {
    cell: Arc<Cell>,
    key: Arc<Key>,
    region: SmolStr,
}

impl Caller {
    /// Returns the caller's account at the moment of the request.
    pub(crate) fn cell(&self) -> &Arc<Cell> {
        &self.cell
    }

    /// Returns the caller's account id.
    pub(crate) fn account(&self) -> AccountId {
        self.cell.account()
    }

    /// Returns the access key that signed.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the region of the credential scope.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Returns the user, or `None` for the root user.
    pub(crate) fn user(&self) -> Option<&Arc<UserPrincipal>> {
        match &self.key.owner {
            KeyOwner::Root => None,
            KeyOwner::User(user) => Some(user),
        }
    }

    /// Returns the caller's ARN.
    pub(crate) fn arn(&self) -> String {
        match &self.key.owner {
            KeyOwner::Root => root_arn(self.account()),
            KeyOwner::User(user) => user.arn.clone(),
        }
    }

    /// Returns what `aws:userid` is for the caller: the account id for the root user.
    pub(crate) fn user_id(&self) -> String {
        match &self.key.owner {
            KeyOwner::Root => self.account().to_string(),
            KeyOwner::User(user) => user.id.to_string(),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({})", self.arn())
    }
}

/// Returns the ARN of an account's root user.
pub(crate) fn root_arn(account: AccountId) -> String {
    let mut arn = String::with_capacity(40);
    arn.push_str("arn:");
    arn.push_str(Partition::default().as_str());
    arn.push_str(":iam::");
    account.append_to(&mut arn);
    arn.push_str(":root");
    arn
}

/// Checks a request's signature and says who signed it.
///
/// The steps are AWS's, in AWS's order: everything about the form of the signature, the session token, the access key,
/// and last the signature itself.
// SOURCE: spec/signing.md §10.
pub(crate) fn authenticate(
    view: &View,
    incoming: &Incoming<'_>,
    api: Option<Api>,
    now: Now,
) -> Result<Authenticated<Caller>, ServiceError> {
    let parts = RequestParts {
        method: incoming.method,
        path: incoming.path,
        query: incoming.query,
        authority: incoming.authority,
        headers: incoming.headers,
        payload: Payload::Body(incoming.body),
        path_style: PathStyle::Normalized,
    };
    let services: &[&str] = match api {
        Some(Api::Iam) => &["iam"],
        Some(Api::Sts) => &["sts"],
        None => &["iam", "sts"],
    };
    let signed = SignedRequest::parse(&parts, &Expected::new(services), now.unix_seconds())?;
    if !view.is_followed() {
        return Err(ServiceError::Store(
            "the change feed is not followed".to_owned(),
        ));
    }
    if signed.session_token().is_some() {
        // No session token was ever issued, so this one is corrupt or foreign.
        return Err(SignatureError::SessionTokenInvalid.into());
    }
    let Some(Lookup { cell, key }) = view.key(signed.access_key_id()).filter(is_usable) else {
        return Err(signed.refuse_unknown_key().into());
    };
    signed.verify(&key.signing_key(signed.date(), signed.region(), signed.service()))?;
    key.used()
        .note(now.timestamp(), signed.service(), signed.region());
    let region = SmolStr::new(signed.region());
    Ok(Authenticated(Caller { cell, key, region }))
}

fn is_usable(found: &Lookup) -> bool {
    let active = match found.key.status {
        AccessKeyStatus::Active => true,
        AccessKeyStatus::Inactive => false,
    };
    let open = match found.cell.status() {
        AccountStatus::Active => true,
        AccountStatus::Closed => false,
    };
    active && open
}
