//! A session of a role, for whom a SAML identity provider speaks of.

use std::sync::Arc;

use keyward_arn::Arn;
use keyward_directory::{SamlProviderName, Tag, Timestamp};
use keyward_saml::{Assertion, AssertionError, Provider, RefusalCode, Request, Response};
use keyward_sts::{Chained, ClaimValue, Federation, SessionPrincipal, SessionTags, role_duration};
use keyward_view::{Cell, SignInProvider, View};
use keyward_wire::{ErrorShape, sts};

use super::super::{Done, Operate, Unsigned};
use super::issue::{NewSession, issue};
use super::sent;
use super::target_role::TargetRole;
use crate::authenticate::{Authenticated, Bearer, Caller, authenticate_bearer};
use crate::authorize::{Authorized, FoundRole, Question};
use crate::{Service, ServiceError};

/// The keys that the session keeps. SOURCE: spec/sts.md §4.
const KEPT: [&str; 3] = ["saml:namequalifier", "saml:sub", "saml:sub_type"];
/// What names of roles begin with that only IAM Identity Center signs in to. SOURCE: spec/sts.md §6, row 13.
const IDENTITY_CENTER_ROLE: &str = "AWSReservedSSO_";

/// Finds a provider by its ARN, to the letter.
fn provider(view: &View, arn: &str) -> Option<(Arc<Cell>, Arc<SignInProvider>)> {
    let parsed = Arn::parse(arn).filter(|parsed| parsed.service == "iam")?;
    let name = parsed.resource.strip_prefix("saml-provider/")?;
    let name = SamlProviderName::parse(name).ok()?;
    let cell = view.cell(parsed.account_id()?)?;
    let provider = cell.sign_in_provider(&name).cloned();
    let provider = provider.filter(|provider| provider.arn == arn)?;
    Some((cell, provider))
}

/// Refuses as if there were no such role.
fn not_authorized() -> ServiceError {
    AssertionError::NotAuthorized.into()
}

fn bearer(provider: &SignInProvider, assertion: Assertion) -> Bearer {
    let value = |key: &str, values: &[String]| {
        let multivalued =
            keyward_catalog::condition_key(key).is_some_and(|key| key.is_multivalued());
        match values {
            [value] if !multivalued => ClaimValue::Single(value.clone()),
            _ => ClaimValue::Multiple(values.to_vec()),
        }
    };
    let keys: Vec<(String, ClaimValue)> = assertion
        .condition_keys
        .iter()
        .map(|own| (own.key.to_owned(), value(own.key, &own.values)))
        .collect();
    let tags = assertion.principal_tags.iter().map(|(key, value)| Tag {
        key: key.clone(),
        value: value.clone(),
    });
    Bearer {
        provider: provider.arn.clone(),
        kind: "SAMLUser",
        subject: assertion.subject.clone(),
        kept_keys: keys
            .iter()
            .filter(|(key, _)| KEPT.contains(&key.as_str()))
            .cloned()
            .collect(),
        keys,
        tags: tags.collect(),
        transitive_tag_keys: assertion.transitive_tag_keys.clone(),
        source_identity: assertion.source_identity.clone(),
        assertion: Some(Arc::new(assertion)),
        token: None,
    }
}

/// Returns what was verified when the caller was authenticated.
fn verified(caller: &Caller) -> Result<(&Bearer, &Assertion), ServiceError> {
    let verified = caller
        .bearer()
        .and_then(|bearer| Some((bearer, bearer.assertion.as_deref()?)));
    verified.ok_or_else(|| ServiceError::internal("an assertion is missing"))
}

fn tags(bearer: &Bearer) -> Result<SessionTags, ServiceError> {
    let none = SessionTags::default();
    Ok(SessionTags::of_call(
        bearer.tags.clone(),
        &bearer.transitive_tag_keys,
        &none,
    )?)
}

/// Asks about the role with every condition key of the call; those of the assertion are the bearer's. Tags and a source
/// identity must be allowed each by itself.
// SOURCE: spec/sts.md §4, spec/evaluation.md §4.
fn question(call: &sts::AssumeRoleWithSAML, caller: &Caller) -> Result<Question, ServiceError> {
    let (bearer, assertion) = verified(caller)?;
    tags(bearer)?;
    let role = TargetRole::read(caller.view(), &call.role_arn)?;
    Ok(role
        .question(caller)
        .request_tags(&bearer.tags)
        .key("sts:RoleSessionName", Some(&assertion.session_name))
        .key("sts:SourceIdentity", bearer.source_identity.as_deref())
        .list("sts:TransitiveTagKeys", &bearer.transitive_tag_keys)
        .also("sts:TagSession", !bearer.tags.is_empty())
        .also("sts:SetSourceIdentity", bearer.source_identity.is_some()))
}

impl Unsigned for sts::AssumeRoleWithSAML {
    // SOURCE: spec/sts.md §6, rows 1 to 12.
    async fn authenticate(&self, service: &Service) -> Result<Authenticated<Caller>, ServiceError> {
        let view = service.shared_view();
        if !view.is_followed() {
            return Err(ServiceError::Store(
                "the change feed is not followed".to_owned(),
            ));
        }
        let role = TargetRole::read(view, &self.role_arn)?;
        let response = Response::parse(self.saml_assertion.expose())?;
        let (cell, provider) = provider(view, &self.principal_arn).ok_or_else(|| {
            ServiceError::shape(
                ErrorShape::InvalidIdentityToken,
                "Specified provider doesn't exist.",
            )
        })?;
        let trusted = Provider {
            account: cell.account(),
            record: &provider.record,
            metadata: &provider.metadata,
        };
        let request = Request {
            role_arn: &self.role_arn,
            provider_arn: &self.principal_arn,
        };
        let now = service.now().timestamp();
        let assertion = response.check(&trusted, &request, service.saml_endpoints(), now)?;
        // DIFFERS: whether AWS lets a provider of another account in is not documented.
        if role.account != cell.account() {
            return Err(not_authorized());
        }
        authenticate_bearer(view, role.account, bearer(&provider, assertion))
            .ok_or_else(not_authorized)
    }
}

impl Operate for sts::AssumeRoleWithSAML {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let name = self.role_arn.rsplit_once('/').map(|(_, name)| name);
        if name.is_some_and(|name| name.starts_with(IDENTITY_CENTER_ROLE)) {
            return Err(not_authorized());
        }
        question(self, caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::AssumeRoleWithSAMLOutput>, ServiceError> {
        let (bearer, assertion) = verified(call.caller())?;
        let FoundRole { cell, role } = call.role()?;
        let requested = sent::seconds(call.duration_seconds);
        let seconds = role_duration(requested, role.max_session_duration, Chained::No)?;
        let arns = call.policy_arns.as_ref();
        let name = assertion.session_name.clone();
        let new = NewSession {
            principal: SessionPrincipal::Role {
                role: role.id.clone(),
                name: name.clone(),
            },
            seconds: shortened(seconds, assertion, service.now().timestamp()),
            mfa: None,
            policies: sent::policies(service, cell.account(), call.policy.as_deref(), arns)?,
            tags: tags(bearer)?,
            source_identity: bearer.source_identity.clone(),
            federation: Some(Federation {
                provider: bearer.provider.clone(),
                keys: bearer.kept_keys.clone(),
            }),
            machine: None,
            least: call.minimum_session_token_size,
        };
        let issued = issue(service, cell, new)?;
        let (subject, issuer) = (assertion.subject.clone(), assertion.issuer.clone());
        Ok(Done::without_store(sts::AssumeRoleWithSAMLOutput {
            credentials: Some(issued.credentials),
            assumed_role_user: Some(sts::AssumedRoleUser {
                assumed_role_id: format!("{}:{name}", role.id),
                arn: SessionPrincipal::assumed_role_arn(cell.account(), role.name.as_str(), &name),
            }),
            packed_policy_size: issued.packed,
            subject: Some(subject),
            subject_type: Some(assertion.subject_type.clone()),
            issuer: Some(issuer),
            audience: Some(assertion.audience.clone()),
            name_qualifier: Some(assertion.name_qualifier.clone()),
            source_identity: bearer.source_identity.clone(),
            session_token_utilization: issued.utilization,
            session_token_size: issued.size,
        }))
    }
}

/// Returns how many seconds a session lasts: what was asked for, unless the assertion ends it earlier.
// SOURCE: spec/sts.md §6, row 14.
fn shortened(seconds: u32, assertion: &Assertion, now: Timestamp) -> u32 {
    let left = assertion.session_not_on_or_after.map(|end| {
        let left = end.unix_seconds().saturating_sub(now.unix_seconds());
        u32::try_from(left.max(0)).unwrap_or(u32::MAX)
    });
    [assertion.session_duration_seconds, left]
        .into_iter()
        .flatten()
        .fold(seconds, u32::min)
}

impl From<AssertionError> for ServiceError {
    fn from(error: AssertionError) -> Self {
        let text = error.to_string();
        match error.code() {
            RefusalCode::AccessDenied => Self::AccessDenied(text),
            RefusalCode::ExpiredToken => Self::shape(ErrorShape::ExpiredToken, text),
            RefusalCode::IdpRejectedClaim => Self::shape(ErrorShape::IDPRejectedClaim, text),
            RefusalCode::InvalidIdentityToken => {
                Self::shape(ErrorShape::InvalidIdentityToken, text)
            }
        }
    }
}
