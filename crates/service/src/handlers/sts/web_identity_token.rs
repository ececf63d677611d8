//! A token that says to services outside who the caller is.

use keyward_directory::Timestamp;
use keyward_sts::{Session, SessionTags};
use keyward_web_identity::{IdentityToken, PayloadTooLarge, SigningAlgorithm};
use keyward_wire::{ErrorShape, Sensitive, sts};

use super::super::{Done, Operate, time};
use super::sent;
use crate::authenticate::{Caller, Identity};
use crate::authorize::{Authorized, Question};
use crate::exchange::RequestId;
use crate::ports::draw;
use crate::{Service, ServiceError};

/// How long a token is good where nothing is asked. SOURCE: spec/sts.md §1.
const DEFAULT_SECONDS: u32 = 300;

fn seconds(call: &sts::GetWebIdentityToken) -> u32 {
    sent::seconds(call.duration_seconds).unwrap_or(DEFAULT_SECONDS)
}

fn algorithm(call: &sts::GetWebIdentityToken) -> Result<SigningAlgorithm, ServiceError> {
    SigningAlgorithm::parse(&call.signing_algorithm)
        .ok_or_else(|| ServiceError::validation("SigningAlgorithm must be RS256 or ES384"))
}

// SOURCE: spec/sts.md §4.
fn question(call: &sts::GetWebIdentityToken) -> Result<Question, ServiceError> {
    algorithm(call)?;
    let tags = sent::tags(call.tags.as_ref());
    SessionTags::of_call(tags.clone(), &[], &SessionTags::default())?;
    Ok(Question::about("*".to_owned())
        .request_tags(&tags)
        .list("sts:IdentityTokenAudience", &call.audience)
        .key("sts:DurationSeconds", Some(&seconds(call).to_string()))
        .key("sts:SigningAlgorithm", Some(&call.signing_algorithm))
        .also("sts:TagGetWebIdentityToken", !tags.is_empty()))
}

/// Returns the ARN of the user, or of the role behind a session.
// SOURCE: spec/sts.md §8.
fn subject(caller: &Caller) -> String {
    match caller.identity() {
        Identity::Role(role) => role.arn.clone(),
        Identity::Bearer(_)
        | Identity::FederatedUser { .. }
        | Identity::Root
        | Identity::User(_) => caller.arn().to_owned(),
    }
}

/// Returns the tags of the caller: those of its session, and of the user or role those that the session does not have.
fn principal_tags(caller: &Caller) -> Vec<(String, String)> {
    let own = match caller.identity() {
        Identity::Role(role) => Some(&role.tags),
        Identity::User(user) => Some(&user.tags),
        Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Root => None,
    };
    let none = SessionTags::default();
    let passed = session(caller).map_or(&none, |session| &session.tags);
    let own = own
        .into_iter()
        .flat_map(|tags| tags.iter())
        .filter(|tag| !passed.has(&tag.key));
    own.chain(passed.iter().map(|own| &own.tag))
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

fn session(caller: &Caller) -> Option<&Session> {
    caller.session().map(|session| &session.session)
}

impl Operate for sts::GetWebIdentityToken {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        question(self)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::GetWebIdentityTokenOutput>, ServiceError> {
        let caller = call.caller();
        let mut settings = service.reader(caller).await?.settings().await?;
        let issuer = match settings.enabled_federation() {
            Ok(federation) => service.issuer_url(&federation.id),
            Err(_) => return Err(disabled()),
        };
        let issued_at = service.now().unix_seconds();
        let expires = issued_at.saturating_add(i64::from(seconds(&call)));
        let session = session(caller);
        if session.is_some_and(|session| session.expires.unix_seconds() < expires) {
            return Err(escalation());
        }
        let (principal_tags, subject) = (principal_tags(caller), subject(caller));
        let request_tags = sent::tags(call.tags.as_ref()).into_iter();
        let request_tags: Vec<_> = request_tags.map(|tag| (tag.key, tag.value)).collect();
        let ends = session.map(|session| time(session.expires).to_string());
        let federation = session.and_then(|session| session.federation.as_ref());
        let machine = session.and_then(|session| session.machine.as_ref());
        let payload = IdentityToken {
            issuer: &issuer,
            audience: &call.audience,
            subject: &subject,
            issued_at,
            expires,
            id: RequestId::from_random(draw(service.entropy())).as_str(),
            account: &caller.account().to_string(),
            region: caller.region(),
            principal_tags: &principal_tags,
            request_tags: &request_tags,
            source_identity: session.and_then(|session| session.source_identity.as_deref()),
            federated_provider: federation.map(|federation| federation.provider.as_str()),
            machine: machine.map(|machine| machine.arn.as_str()),
            session_expires: ends.as_deref(),
            ..IdentityToken::default()
        }
        .payload()?;
        let key = service.identity_key(caller, algorithm(&call)?).await?;
        let token = key.sign(&payload).map_err(ServiceError::internal)?;
        Ok(Done::without_store(sts::GetWebIdentityTokenOutput {
            web_identity_token: Some(Sensitive::new(token)),
            expiration: Some(time(Timestamp::from_unix_seconds(expires))),
        }))
    }
}

// DIFFERS: AWS's texts of these are not public.
fn disabled() -> ServiceError {
    ServiceError::shape(
        ErrorShape::OutboundWebIdentityFederationDisabled,
        "Outbound web identity federation is not enabled for this account.",
    )
}

fn escalation() -> ServiceError {
    ServiceError::shape(
        ErrorShape::SessionDurationEscalation,
        "The requested token would outlive the session of the caller.",
    )
}

impl From<PayloadTooLarge> for ServiceError {
    fn from(error: PayloadTooLarge) -> Self {
        Self::shape(ErrorShape::JWTPayloadSizeExceeded, error.to_string())
    }
}
