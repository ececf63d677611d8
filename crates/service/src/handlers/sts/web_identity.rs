//! A session of a role, for whoever bears a token of an OpenID Connect issuer.

use keyward_issuers::{Provider, VerificationMethod};
use keyward_sts::{Chained, ClaimValue, Federation, SessionPrincipal, SessionTags, role_duration};
use keyward_view::TokenIssuer;
use keyward_web_identity::{
    ClientIds, ConditionValue, RoleAuthorizedByIdp, Survives, UnverifiedToken, VerifiedToken,
    WebIdentityError,
};
use keyward_wire::{ErrorShape, sts};

use super::super::{Done, Operate, Unsigned};
use super::issue::{NewSession, issue};
use super::sent;
use super::target_role::TargetRole;
use crate::authenticate::{Authenticated, Bearer, Caller, TokenFacts, authenticate_bearer};
use crate::authorize::{Authorized, FoundRole, Question};
use crate::{Service, ServiceError};

/// Providers that every account has without making them; trust policies name them by this name.
// SOURCE: spec/sts.md §3, §5 row 4.
const BUILT_IN: [&str; 2] = ["accounts.google.com", "cognito-identity.amazonaws.com"];
/// Providers whose OAuth access tokens AWS takes.
const OAUTH: [&str; 2] = ["graph.facebook.com", "www.amazon.com"];
/// Bytes of the condition keys that a session keeps. Ours: they stand in its token, which goes along in a header.
const KEPT_BYTES: usize = 2_048;

/// The provider whose word counts for a token.
struct Trusted {
    /// `aws:FederatedProvider`, and the principal of trust policies.
    name: String,
    /// `None`: every audience, as for the built-in ones.
    client_ids: Option<Vec<String>>,
    thumbprints: Vec<String>,
}

/// A provider whose issuer signed a token.
struct Proven {
    name: String,
    verified_by: VerificationMethod,
}

impl Trusted {
    /// Finds the provider of a URL in the role's account; one that the account made comes before a built-in one.
    fn find(service: &Service, target: &TargetRole, url: &str) -> Option<Self> {
        let cell = service.view().cell(target.account)?;
        if let Some(issuer) = cell.token_issuer(url) {
            let TokenIssuer {
                arn,
                client_ids,
                thumbprints,
            } = TokenIssuer::clone(issuer);
            return Some(Self {
                name: arn,
                client_ids: Some(client_ids),
                thumbprints,
            });
        }
        BUILT_IN.contains(&url).then(|| Self {
            name: url.to_owned(),
            client_ids: None,
            thumbprints: Vec::new(),
        })
    }
}

/// Refuses access tokens of OAuth providers: only the provider could say whether one is good.
// DIFFERS: AWS asks Facebook and Amazon.
fn refuse_oauth(provider: Option<&str>) -> Result<(), ServiceError> {
    match provider {
        None => Ok(()),
        Some(known) if OAUTH.contains(&known) => Err(ServiceError::shape(
            ErrorShape::IDPRejectedClaim,
            format!("{known}: access tokens of {known} are not taken here"),
        )),
        Some(_) => Err(ServiceError::validation(
            "ProviderId must be www.amazon.com or graph.facebook.com",
        )),
    }
}

/// Verifies a token, in the order of the table.
// SOURCE: spec/sts.md §5 rows 2 to 8.
async fn verify(
    service: &Service,
    target: &TargetRole,
    token: &str,
) -> Result<(Proven, VerifiedToken), ServiceError> {
    let token = UnverifiedToken::parse(token)?;
    let url = token.provider_url()?.to_owned();
    // Tokens that this server gives are for others. SOURCE: spec/sts.md §5.
    let trusted = Trusted::find(service, target, &url)
        .filter(|_| !service.is_own_issuer(token.issuer()))
        .ok_or_else(|| token.provider_not_found())?;
    let client_ids = match &trusted.client_ids {
        None => ClientIds::Any,
        Some(ids) => ClientIds::Listed(ids),
    };
    let token = token.addressed_to(client_ids)?;
    if token.key_id().is_none() {
        return Err(WebIdentityError::VerificationKeyUnavailable.into());
    }
    let provider = Provider {
        issuer: &format!("https://{url}"),
        thumbprints: &trusted.thumbprints,
    };
    let found = service.issuers().keys(provider, token.key_id()).await?;
    let verified = token.verify(&found.keys, service.now().unix_seconds())?;
    let proven = Proven {
        name: trusted.name,
        verified_by: found.verified_by,
    };
    Ok((proven, verified))
}

/// Returns what a token says of its bearer.
fn bearer(
    trusted: Proven,
    token: &VerifiedToken,
    authorized: RoleAuthorizedByIdp,
) -> Result<Bearer, ServiceError> {
    let mut keys = Vec::new();
    let mut kept_keys = Vec::new();
    for key in token.condition_keys() {
        let value = match key.value {
            ConditionValue::List(values) => ClaimValue::Multiple(values),
            ConditionValue::Single(value) => ClaimValue::Single(value),
        };
        if key.survives == Survives::InSession {
            kept_keys.push((key.name.clone(), value.clone()));
        }
        keys.push((key.name, value));
    }
    if bytes_of(&kept_keys) > KEPT_BYTES {
        let text = "The aud, sub and amr claims of the identity token are too large for a session";
        return Err(WebIdentityError::MalformedClaim(text.into()).into());
    }
    let by_provider = match authorized {
        RoleAuthorizedByIdp::NotSaid => "false",
        RoleAuthorizedByIdp::Yes => "true",
    };
    let by_provider = ClaimValue::Single(by_provider.to_owned());
    keys.push(("sts:RoleAuthorizedByIdp".to_owned(), by_provider));
    let tags = token.session_tags()?;
    Ok(Bearer {
        provider: trusted.name,
        kind: "WebIdentityUser",
        subject: token.subject().to_owned(),
        keys,
        kept_keys,
        tags: sent::pairs(tags.tags),
        transitive_tag_keys: tags.transitive_keys,
        source_identity: token.source_identity()?.map(str::to_owned),
        assertion: None,
        token: Some(TokenFacts {
            issuer: token.issuer().to_owned(),
            audience: token.audience().to_owned(),
            verified_by: trusted.verified_by,
        }),
    })
}

fn bytes_of(keys: &[(String, ClaimValue)]) -> usize {
    let length = |value: &ClaimValue| match value {
        ClaimValue::Multiple(values) => values.iter().map(String::len).sum(),
        ClaimValue::Single(value) => value.len(),
    };
    keys.iter()
        .map(|(name, value)| name.len() + length(value))
        .sum()
}

fn bearer_of(caller: &Caller) -> Result<&Bearer, ServiceError> {
    let bearer = caller.bearer();
    bearer.ok_or_else(|| ServiceError::internal("who bears a token has signed"))
}

fn tags(bearer: &Bearer) -> Result<SessionTags, ServiceError> {
    let (tags, transitive) = (bearer.tags.clone(), &bearer.transitive_tag_keys);
    Ok(SessionTags::of_call(
        tags,
        transitive,
        &SessionTags::default(),
    )?)
}

impl Unsigned for sts::AssumeRoleWithWebIdentity {
    async fn authenticate(&self, service: &Service) -> Result<Authenticated<Caller>, ServiceError> {
        if !service.view().is_followed() {
            let what = "the change feed is not followed";
            return Err(ServiceError::Store(what.to_owned()));
        }
        refuse_oauth(self.provider_id.as_deref())?;
        let target = TargetRole::read(service.view(), &self.role_arn)?;
        let (trusted, token) = verify(service, &target, self.web_identity_token.expose()).await?;
        // SOURCE: spec/sts.md §5 row 9: before the trust policy, and whatever it says.
        let authorized = token.check_roles_claim(&self.role_arn)?;
        let bearer = bearer(trusted, &token, authorized)?;
        authenticate_bearer(service.shared_view(), target.account, bearer).ok_or_else(|| {
            let issuer = token.issuer().to_owned();
            WebIdentityError::ProviderNotFound { issuer }.into()
        })
    }
}

impl Operate for sts::AssumeRoleWithWebIdentity {
    /// Asks about the role with every condition key of the call; those of the token come with the caller. Tags and a source
    /// identity must be allowed each by itself.
    // SOURCE: spec/sts.md §4, §5 row 10.
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let bearer = bearer_of(caller)?;
        tags(bearer)?;
        Ok(TargetRole::read(caller.view(), &self.role_arn)?
            .question(caller)
            .request_tags(&bearer.tags)
            .key("sts:RoleSessionName", Some(&self.role_session_name))
            .key("sts:SourceIdentity", bearer.source_identity.as_deref())
            .list("sts:TransitiveTagKeys", &bearer.transitive_tag_keys)
            .also("sts:TagSession", !bearer.tags.is_empty())
            .also("sts:SetSourceIdentity", bearer.source_identity.is_some()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::AssumeRoleWithWebIdentityOutput>, ServiceError> {
        let bearer = bearer_of(call.caller())?;
        let FoundRole { cell, role } = call.role()?;
        let requested = sent::seconds(call.duration_seconds);
        let arns = call.policy_arns.as_ref();
        let name = call.role_session_name.clone();
        let new = NewSession {
            principal: SessionPrincipal::Role {
                role: role.id.clone(),
                name: name.clone(),
            },
            seconds: role_duration(requested, role.max_session_duration, Chained::No)?,
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
        Ok(Done::without_store(sts::AssumeRoleWithWebIdentityOutput {
            credentials: Some(issued.credentials),
            subject_from_web_identity_token: Some(bearer.subject.clone()),
            assumed_role_user: Some(sts::AssumedRoleUser {
                assumed_role_id: format!("{}:{name}", role.id),
                arn: SessionPrincipal::assumed_role_arn(cell.account(), role.name.as_str(), &name),
            }),
            packed_policy_size: issued.packed,
            provider: bearer.token.as_ref().map(|token| token.issuer.clone()),
            audience: bearer.token.as_ref().map(|token| token.audience.clone()),
            source_identity: bearer.source_identity.clone(),
            session_token_utilization: issued.utilization,
            session_token_size: issued.size,
        }))
    }
}
