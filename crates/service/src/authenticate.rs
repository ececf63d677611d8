//! Who sent a request: the signature checked against the key that the view names, or that a session token holds.

use std::fmt;
use std::sync::{Arc, OnceLock};

use keyward_arn::{AccountId, Partition};
use keyward_directory::{AccessKeyStatus, AccountStatus, Tag, Timestamp};
use keyward_issuers::VerificationMethod;
use keyward_saml::Assertion;
use keyward_sigv4::{Expected, PathStyle, Payload, RequestParts, SignatureError, SignedRequest};
use keyward_sts::{ClaimValue, FederatedBy, Session, SessionPrincipal};
use keyward_view::{
    Cell, FoundSession, Key, KeyOwner, Lookup, OpenedSession, RolePrincipal, UserPrincipal, View,
};
use keyward_wire::Service as Api;
use smol_str::SmolStr;

use crate::{Incoming, Now, ServiceError};

/// Proof that a value was authenticated.
///
/// The one constructor is [`authenticate`]; it cannot be cloned, so each request needs its own.
pub(crate) struct Authenticated<T>(Arc<T>);

impl<T> std::ops::Deref for Authenticated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Who makes a request, as the view knew it at that moment.
#[derive(Clone)]
pub(crate) struct Caller {
    view: Arc<View>,
    cell: Arc<Cell>,
    identity: Identity,
    credential: Credential,
    region: SmolStr,
    /// When the caller showed a one-time code in this very call.
    mfa: Option<Timestamp>,
    made: Made,
}

/// Texts that are made of the others when they are first asked for: several steps of a request do.
#[derive(Clone, Default)]
struct Made {
    arn: OnceLock<String>,
    user_id: OnceLock<String>,
}

/// Whose permissions a caller has.
#[derive(Clone)]
pub(crate) enum Identity {
    /// Nobody's: the bearer of a token or an assertion of an identity provider, before it has a session.
    Bearer(Arc<Bearer>),
    /// Those of whoever called `GetFederationToken`, as far as the session policies go.
    FederatedUser {
        /// The session's name.
        name: String,
        /// `None`: the root user.
        issuer: Option<Arc<UserPrincipal>>,
    },
    /// A role's.
    Role(Arc<RolePrincipal>),
    /// The account's.
    Root,
    /// A user's.
    User(Arc<UserPrincipal>),
}

/// What an identity provider said of the bearer of its token or assertion, after all of it was verified.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bearer {
    /// `aws:FederatedProvider`: the provider's ARN, or the name of a built-in one.
    pub(crate) provider: String,
    /// The type in the audit event: `WebIdentityUser` or `SAMLUser`.
    pub(crate) kind: &'static str,
    /// Whom the provider speaks of.
    pub(crate) subject: String,
    /// The condition keys that the trust policy may ask for.
    pub(crate) keys: Vec<(String, ClaimValue)>,
    /// Those of them that the session keeps.
    pub(crate) kept_keys: Vec<(String, ClaimValue)>,
    /// Session tags that the provider passes.
    pub(crate) tags: Vec<Tag>,
    /// Those of them that go on to further sessions.
    pub(crate) transitive_tag_keys: Vec<String>,
    /// The source identity that the provider sets.
    pub(crate) source_identity: Option<String>,
    /// The whole of what a SAML provider said.
    pub(crate) assertion: Option<Arc<Assertion>>,
    /// What else the token of an OpenID Connect issuer said.
    pub(crate) token: Option<TokenFacts>,
}

/// What the answer and the event say of a token.
#[derive(Clone, Debug)]
pub(crate) struct TokenFacts {
    /// `iss`.
    pub(crate) issuer: String,
    /// The audience that the provider takes.
    pub(crate) audience: String,
    /// What vouched for the issuer's server.
    pub(crate) verified_by: VerificationMethod,
}

/// What a caller authenticated with.
#[derive(Clone)]
pub(crate) enum Credential {
    /// The word of an identity provider.
    Bearer,
    /// An access key of a user or root user.
    LongTerm(Arc<Key>),
    /// A session of STS.
    Session(Arc<OpenedSession>),
}

impl Caller {
    /// Returns the picture of all accounts, for what a call names in another one.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// Returns the caller's account at the moment of the request.
    pub(crate) fn cell(&self) -> &Arc<Cell> {
        &self.cell
    }

    /// Returns the caller's account id.
    pub(crate) fn account(&self) -> AccountId {
        self.cell.account()
    }

    /// Returns whose permissions the caller has.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the session, where the credentials are temporary.
    pub(crate) fn session(&self) -> Option<&Arc<OpenedSession>> {
        match &self.credential {
            Credential::Bearer | Credential::LongTerm(_) => None,
            Credential::Session(session) => Some(session),
        }
    }

    /// Returns the id of the access key that signed.
    pub(crate) fn access_key_id(&self) -> Option<&str> {
        match &self.credential {
            Credential::Bearer => None,
            Credential::LongTerm(key) => Some(key.id.as_str()),
            Credential::Session(session) => Some(session.session.access_key_id.as_str()),
        }
    }

    /// Returns the region of the credential scope.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Returns the user, by long-term credentials or `GetSessionToken`.
    pub(crate) fn user(&self) -> Option<&Arc<UserPrincipal>> {
        match &self.identity {
            Identity::User(user) => Some(user),
            Identity::Bearer(_)
            | Identity::FederatedUser { .. }
            | Identity::Role(_)
            | Identity::Root => None,
        }
    }

    /// Returns what an identity provider said, where nothing but that is known of the caller.
    pub(crate) fn bearer(&self) -> Option<&Bearer> {
        match &self.identity {
            Identity::Bearer(bearer) => Some(bearer),
            Identity::FederatedUser { .. }
            | Identity::Role(_)
            | Identity::Root
            | Identity::User(_) => None,
        }
    }

    /// Returns whether it is the account's root user, by long-term credentials or `GetSessionToken`.
    pub(crate) fn is_root(&self) -> bool {
        matches!(self.identity, Identity::Root)
    }

    /// Returns when the caller showed a one-time code: in this call, or when its session was made.
    pub(crate) fn mfa(&self) -> Option<Timestamp> {
        self.mfa.or_else(|| self.session()?.session.mfa)
    }

    /// Notes that the caller showed a one-time code in this call.
    pub(crate) fn note_mfa(&mut self, now: Timestamp) {
        self.mfa = Some(now);
    }

    /// Returns the caller's ARN: that of the session, where it has one of its own.
    pub(crate) fn arn(&self) -> &str {
        let (account, made) = (self.account(), &self.made.arn);
        match &self.identity {
            Identity::Bearer(bearer) => &bearer.provider,
            Identity::FederatedUser { name, .. } => {
                made.get_or_init(|| SessionPrincipal::federated_user_arn(account, name))
            }
            Identity::Role(role) => {
                let (role, session) = (role.name.as_str(), self.session_name());
                made.get_or_init(|| SessionPrincipal::assumed_role_arn(account, role, session))
            }
            Identity::Root => made.get_or_init(|| root_arn(account)),
            Identity::User(user) => &user.arn,
        }
    }

    /// Returns what `aws:userid` is for the caller.
    // SOURCE: spec/sts.md §3.
    pub(crate) fn user_id(&self) -> &str {
        let (account, made) = (self.account(), &self.made.user_id);
        match &self.identity {
            Identity::Bearer(bearer) => &bearer.subject,
            Identity::FederatedUser { name, .. } => {
                made.get_or_init(|| format!("{account}:{name}"))
            }
            Identity::Role(role) => {
                made.get_or_init(|| format!("{}:{}", role.id, self.session_name()))
            }
            Identity::Root => made.get_or_init(|| account.to_string()),
            Identity::User(user) => user.id.as_str(),
        }
    }

    fn session_name(&self) -> &str {
        match self.session().map(|session| &session.session.principal) {
            Some(SessionPrincipal::Role { name, .. }) => name,
            Some(
                SessionPrincipal::FederatedUser { .. }
                | SessionPrincipal::Root
                | SessionPrincipal::User(_),
            )
            | None => "",
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({})", self.arn())
    }
}

impl<T: Clone> Authenticated<T> {
    /// Lets the caller be told more of, once it was proven; what was proven before stays.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> Authenticated<T> {
    /// Returns the value without its proof, as it is now, for what is written of it.
    pub(crate) fn shared(&self) -> Arc<T> {
        Arc::clone(&self.0)
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
    view: &Arc<View>,
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
    let found = match signed.session_token() {
        Some(token) => by_session(view, &signed, token, now.timestamp())?,
        None => by_key(view, &signed, now.timestamp())?,
    };
    Ok(Authenticated(Arc::new(found)))
}

/// Finds who signed with a long-term key.
fn by_key(
    view: &Arc<View>,
    signed: &SignedRequest<'_>,
    now: Timestamp,
) -> Result<Caller, ServiceError> {
    let Some(Lookup { cell, key }) = view.key(signed.access_key_id()).filter(is_usable) else {
        return Err(signed.refuse_unknown_key().into());
    };
    signed.verify(&key.signing_key(signed.date(), signed.region(), signed.service()))?;
    key.used().note(now, signed.service(), signed.region());
    Ok(Caller {
        view: Arc::clone(view),
        identity: match &key.owner {
            KeyOwner::Root => Identity::Root,
            KeyOwner::User(user) => Identity::User(Arc::clone(user)),
        },
        cell,
        credential: Credential::LongTerm(key),
        region: SmolStr::new(signed.region()),
        mfa: None,
        made: Made::default(),
    })
}

/// Finds who signed with the credentials of a session.
///
/// The token is opened, and refused where its time is over, before the key and the signature are looked at.
fn by_session(
    view: &Arc<View>,
    signed: &SignedRequest<'_>,
    token: &str,
    now: Timestamp,
) -> Result<Caller, ServiceError> {
    let found = view.session(signed.access_key_id(), token, now);
    let FoundSession { cell, session } = found.ok_or(SignatureError::SessionTokenInvalid)?;
    if session.session.is_expired(now) {
        return Err(SignatureError::SessionTokenExpired.into());
    }
    // The entity is known by its unique id: one made anew under an old name does not take sessions over.
    let identity = identity_of(&cell, &session.session)
        .filter(|_| is_open(&cell) && !cell.is_revoked(&session.session.access_key_id));
    let Some(identity) = identity else {
        return Err(signed.refuse_unknown_key().into());
    };
    signed.verify(&session.signing_key(signed.date(), signed.region(), signed.service()))?;
    Ok(Caller {
        view: Arc::clone(view),
        cell,
        identity,
        credential: Credential::Session(session),
        region: SmolStr::new(signed.region()),
        mfa: None,
        made: Made::default(),
    })
}

/// Returns whose permissions a session has now; `None` where that user or role is gone.
fn identity_of(cell: &Cell, session: &Session) -> Option<Identity> {
    Some(match &session.principal {
        SessionPrincipal::FederatedUser { name, by } => Identity::FederatedUser {
            name: name.clone(),
            issuer: match by {
                FederatedBy::Root => None,
                FederatedBy::User(id) => Some(Arc::clone(cell.user_by_id(id.as_str())?)),
            },
        },
        SessionPrincipal::Role { role, .. } => {
            Identity::Role(Arc::clone(cell.role_by_id(role.as_str())?))
        }
        SessionPrincipal::Root => Identity::Root,
        SessionPrincipal::User(id) => Identity::User(Arc::clone(cell.user_by_id(id.as_str())?)),
    })
}

/// Says who the bearer of a token or assertion is, in the account of the role that it asks for; `None` where there is
/// no such account, or a closed one.
///
/// The caller of this has verified all that `bearer` says.
pub(crate) fn authenticate_bearer(
    view: &Arc<View>,
    account: AccountId,
    bearer: Bearer,
) -> Option<Authenticated<Caller>> {
    let cell = view.cell(account).filter(|cell| is_open(cell))?;
    Some(Authenticated(Arc::new(Caller {
        view: Arc::clone(view),
        cell,
        identity: Identity::Bearer(Arc::new(bearer)),
        credential: Credential::Bearer,
        region: SmolStr::new_static("us-east-1"),
        mfa: None,
        made: Made::default(),
    })))
}

fn is_usable(found: &Lookup) -> bool {
    let active = match found.key.status {
        AccessKeyStatus::Active => true,
        AccessKeyStatus::Inactive => false,
    };
    active && is_open(&found.cell)
}

fn is_open(cell: &Cell) -> bool {
    match cell.status() {
        AccountStatus::Active => true,
        AccountStatus::Closed => false,
    }
}
