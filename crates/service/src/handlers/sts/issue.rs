//! Making a session: its credentials, its token, and what the answer says of them.

use keyward_arn::{AccessKeyId, AccessKeyKind};
use keyward_directory::Timestamp;
use keyward_sigv4::SecretKey;
use keyward_sts::{
    Federation, Machine, SealTokenError, Session, SessionPolicies, SessionPrincipal, SessionTags,
};
use keyward_view::Cell;
use keyward_wire::{Sensitive, sts};

use super::super::time;
use crate::ports::draw;
use crate::{Service, ServiceError};

/// A session to be made.
pub(crate) struct NewSession {
    pub(crate) principal: SessionPrincipal,
    pub(crate) seconds: u32,
    pub(crate) mfa: Option<Timestamp>,
    pub(crate) policies: SessionPolicies,
    pub(crate) tags: SessionTags,
    pub(crate) source_identity: Option<String>,
    pub(crate) federation: Option<Federation>,
    pub(crate) machine: Option<Machine>,
    /// `MinimumSessionTokenSize`.
    pub(crate) least: Option<i32>,
}

/// What an answer says of a new session.
pub(crate) struct Issued {
    pub(crate) credentials: sts::Credentials,
    /// `PackedPolicySize`, which nothing was passed for where it is absent.
    pub(crate) packed: Option<i32>,
    /// `SessionTokenUtilization`.
    pub(crate) utilization: Option<i32>,
    /// `SessionTokenSize`.
    pub(crate) size: Option<i32>,
}

/// Makes a session in an account. Whoever calls this has been allowed to.
///
/// # Errors
/// `PackedPolicyTooLarge`.
pub(crate) fn issue(
    service: &Service,
    cell: &Cell,
    new: NewSession,
) -> Result<Issued, ServiceError> {
    let now = service.now().timestamp();
    let kind = AccessKeyKind::Temporary;
    let entropy = service.entropy();
    let expires = now.unix_seconds().saturating_add(i64::from(new.seconds));
    let session = Session {
        access_key_id: AccessKeyId::mint(kind, cell.account(), draw(entropy)),
        secret: SecretKey::from_random(&draw(entropy)),
        issued: now,
        expires: Timestamp::from_unix_seconds(expires),
        mfa: new.mfa,
        principal: new.principal,
        policies: new.policies,
        tags: new.tags,
        source_identity: new.source_identity,
        federation: new.federation,
        machine: new.machine,
    };
    let least = new.least.and_then(|least| usize::try_from(least).ok());
    let sealed = cell
        .sealing()
        .seal(&session, draw(entropy), least.unwrap_or(0));
    let sealed = sealed.map_err(|error| match error {
        SealTokenError::Failed => ServiceError::internal(error),
        SealTokenError::TooLarge(error) => error.into(),
    })?;
    let percent = sealed
        .packed
        .percent()
        .and_then(|share| i32::try_from(share).ok());
    Ok(Issued {
        packed: percent,
        utilization: Some(percent.unwrap_or(0)),
        size: i32::try_from(sealed.text.len()).ok(),
        credentials: sts::Credentials {
            access_key_id: session.access_key_id.to_string(),
            secret_access_key: Sensitive::new(session.secret.expose().to_owned()),
            session_token: Sensitive::new(sealed.text),
            expiration: time(session.expires),
        },
    })
}
