//! A session of a role, for a caller who signed.

use keyward_directory::Timestamp;
use keyward_sts::{Chained, Session, SessionPrincipal, SessionTags, role_duration};
use keyward_wire::{ErrorCode, WireError, sts};

use super::super::{Done, Operate};
use super::issue::{NewSession, issue};
use super::target_role::TargetRole;
use super::{mfa_code, sent};
use crate::authenticate::{Authenticated, Caller, Identity};
use crate::authorize::{Authorized, FoundRole, Question};
use crate::{Service, ServiceError};

/// What the call says, together with what the caller's session hands down.
struct Asked {
    tags: SessionTags,
    source_identity: Option<String>,
}

fn session(caller: &Caller) -> Option<&Session> {
    caller.session().map(|session| &session.session)
}

fn asked(call: &sts::AssumeRole, caller: &Caller) -> Result<Asked, ServiceError> {
    let none = SessionTags::default();
    let inherited = session(caller).map_or(&none, |session| &session.tags);
    let transitive = call.transitive_tag_keys.clone().unwrap_or_default();
    let tags = SessionTags::of_call(sent::tags(call.tags.as_ref()), &transitive, inherited)?;
    let source_identity = source_identity(call, caller)?;
    Ok(Asked {
        tags,
        source_identity,
    })
}

/// Returns the source identity of the new session: once set, it stays along the chain.
// SOURCE: spec/sts.md §2, SourceIdentity. DIFFERS: AWS's words for another one than the inherited are not known.
fn source_identity(
    call: &sts::AssumeRole,
    caller: &Caller,
) -> Result<Option<String>, ServiceError> {
    let inherited = session(caller).and_then(|session| session.source_identity.as_ref());
    match (call.source_identity.as_ref(), inherited) {
        (Some(sent), Some(inherited)) if sent != inherited => {
            let (arn, role) = (caller.arn(), &call.role_arn);
            Err(ServiceError::AccessDenied(format!(
                "User: {arn} is not authorized to perform: sts:SetSourceIdentity on resource: {role}"
            )))
        }
        (Some(sent), _) if sent.to_ascii_lowercase().starts_with("aws:") => {
            Err(ServiceError::Wire(WireError::new(
                ErrorCode::INVALID_PARAMETER_VALUE,
                "A source identity must not begin with aws:.",
            )))
        }
        (sent, inherited) => Ok(sent.or(inherited).cloned()),
    }
}

impl Operate for sts::AssumeRole {
    async fn prove(
        &self,
        service: &Service,
        caller: &mut Authenticated<Caller>,
    ) -> Result<(), ServiceError> {
        let (serial_number, code) = (self.serial_number.as_deref(), self.token_code.as_deref());
        if serial_number.is_some() || code.is_some() {
            // What can't be right costs no code.
            TargetRole::read(service.view(), &self.role_arn)?;
            asked(self, caller)?;
        }
        mfa_code::prove(service, caller, serial_number, code).await
    }

    /// Asks about the role with every condition key of the call. Tags, a source identity and contexts must be allowed each
    /// by itself.
    // SOURCE: spec/sts.md §4; §3 for the tags of the role that inherited ones override; spec/evaluation.md §4.
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let target = TargetRole::read(caller.view(), &self.role_arn)?;
        let asked = asked(self, caller)?;
        let tags: Vec<_> = asked.tags.iter().map(|own| own.tag.clone()).collect();
        let none = SessionTags::default();
        let inherited = session(caller).map_or(&none, |session| &session.tags);
        let contexts = self.provided_contexts.as_deref().unwrap_or_default();
        Ok(target
            .question(caller)
            .overridden_tags(inherited.handed_down().map(|own| own.tag.clone()))
            .request_tags(&tags)
            .key("sts:ExternalId", self.external_id.as_deref())
            .key("sts:RoleSessionName", Some(&self.role_session_name))
            .key("sts:SourceIdentity", asked.source_identity.as_deref())
            .list(
                "sts:TransitiveTagKeys",
                self.transitive_tag_keys.as_deref().unwrap_or_default(),
            )
            .also("sts:TagSession", !tags.is_empty())
            .also("sts:SetSourceIdentity", asked.source_identity.is_some())
            .also("sts:SetContext", !contexts.is_empty()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::AssumeRoleOutput>, ServiceError> {
        let caller = call.caller();
        refuse_contexts(&call)?;
        let FoundRole { cell, role } = call.role()?;
        let chained = if session(caller).is_some() {
            Chained::Yes
        } else {
            Chained::No
        };
        let requested = sent::seconds(call.duration_seconds);
        let seconds = role_duration(requested, role.max_session_duration, chained)?;
        let Asked {
            tags,
            source_identity,
        } = asked(&call, caller)?;
        let arns = call.policy_arns.as_ref();
        let name = call.role_session_name.clone();
        let new = NewSession {
            principal: SessionPrincipal::Role {
                role: role.id.clone(),
                name: name.clone(),
            },
            seconds,
            mfa: inherited_mfa(caller),
            policies: sent::policies(service, cell.account(), call.policy.as_deref(), arns)?,
            tags,
            source_identity: source_identity.clone(),
            federation: None,
            machine: None,
            least: call.minimum_session_token_size,
        };
        let issued = issue(service, cell, new)?;
        Ok(Done::without_store(sts::AssumeRoleOutput {
            credentials: Some(issued.credentials),
            assumed_role_user: Some(sts::AssumedRoleUser {
                assumed_role_id: format!("{}:{name}", role.id),
                arn: SessionPrincipal::assumed_role_arn(cell.account(), role.name.as_str(), &name),
            }),
            packed_policy_size: issued.packed,
            source_identity,
            session_token_utilization: issued.utilization,
            session_token_size: issued.size,
        }))
    }
}

/// Returns the one-time code that stands behind the new session: one that a session of the user itself was made with,
/// not one shown in this call, and none by way of a role.
// SOURCE: spec/sts.md §4, MFA flow.
fn inherited_mfa(caller: &Caller) -> Option<Timestamp> {
    match caller.identity() {
        Identity::User(_) => session(caller)?.mfa,
        Identity::Bearer(_)
        | Identity::FederatedUser { .. }
        | Identity::Role(_)
        | Identity::Root => None,
    }
}

/// Refuses contexts: they are assertions of an identity center, and there is none here.
// DIFFERS: AWS has one.
fn refuse_contexts(call: &sts::AssumeRole) -> Result<(), ServiceError> {
    match call
        .provided_contexts
        .as_ref()
        .and_then(|contexts| contexts.first())
    {
        None => Ok(()),
        Some(context) => Err(ServiceError::validation(format!(
            "The context provider {} is not known: there is no IAM Identity Center whose assertions could be verified.",
            context.provider_arn.as_deref().unwrap_or_default()
        ))),
    }
}
