//! Whether the caller may do what it asks: the policies decide, and nothing happens without their Allow.

use std::iter;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, Context, CredentialKind, DecidedBy, Decision,
    FederatedIssuer, FixedRule, Layers, PolicyLists, Principal, Request, decide, message,
};
use keyward_sigv4::SignatureError;
use keyward_view::UserPrincipal;
use keyward_wire::write_json_string as string;

use crate::authenticate::{Authenticated, Caller, Identity};
use crate::authorization_details::{Decided, capture};
use crate::authorization_message::encoded;
use crate::context::context;
use crate::event::Detail;
use crate::exchange::Incoming;
use crate::handlers::Operate;
use crate::ports::Now;
use crate::question::Conditions;
pub(crate) use crate::question::{Belongs, FoundRole, Question};
use crate::{Service, ServiceError};

/// Proof that the policies allow a call to its caller.
///
/// The one constructor is [`authorize`]; it cannot be cloned, and every handler demands it.
pub(crate) struct Authorized<C> {
    call: C,
    caller: Authenticated<Caller>,
    role: Option<FoundRole>,
}

impl<C> Authorized<C> {
    /// Returns who calls.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns the very role whose trust policy allowed the call: one that was made anew under its name meanwhile is
    /// another, and did not.
    pub(crate) fn role(&self) -> Result<&FoundRole, ServiceError> {
        let role = self.role.as_ref();
        role.ok_or_else(|| ServiceError::internal("a role that is not there was allowed"))
    }
}

impl<C> Deref for Authorized<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.call
    }
}

/// The circumstances of a request, which conditions may ask for.
pub(crate) struct Circumstances<'a> {
    pub(crate) incoming: &'a Incoming<'a>,
    pub(crate) now: Now,
}

/// Asks the policies whether the caller may do an action; their Allow is the proof.
pub(crate) fn authorize<C: Operate>(
    action: &'static str,
    caller: Authenticated<Caller>,
    call: C,
    circumstances: &Circumstances<'_>,
    service: &Service,
    detail: &mut Detail,
) -> Result<Authorized<C>, ServiceError> {
    let mut questions = vec![call.question(&caller)?];
    questions.extend(call.further(&caller)?);
    for question in &questions {
        let first = question.action.unwrap_or(action);
        for asked in iter::once(first).chain(question.also.iter().copied()) {
            let answer = allowed(asked, &caller, question, circumstances, service, detail);
            // Whoever only shows a token is not told which of several actions was refused.
            // SOURCE: spec/sts.md §5 and §6, refusals.
            answer.map_err(|error| match (error, caller.bearer()) {
                (ServiceError::AccessDenied(_), Some(_)) => {
                    ServiceError::AccessDenied(format!("Not authorized to perform {action}"))
                }
                (error, _) => error,
            })?;
        }
    }
    let role = questions.into_iter().next().and_then(|asked| asked.trust);
    Ok(Authorized { call, caller, role })
}

/// Asks the policies one question.
///
/// # Errors
/// `AccessDenied` with AWS's text, or `InvalidClientTokenId` where it is the kind of the session that refuses.
pub(crate) fn allowed(
    action: &'static str,
    caller: &Caller,
    question: &Question,
    circumstances: &Circumstances<'_>,
    service: &Service,
    detail: &mut Detail,
) -> Result<(), ServiceError> {
    let view = service.view();
    let inline = caller.session().map(|session| session.inline.as_slice());
    let managed = match caller.session() {
        Some(session) => view.session_policies(caller.cell(), &session.session),
        None => Vec::new(),
    };
    let layers = layers(caller, question, inline.unwrap_or_default(), &managed);
    let whole = || match question.conditions {
        Conditions::FixedRule => Context::new(),
        Conditions::Policies => context(caller, action, question, circumstances),
    };
    let context = if layers.read_context() {
        whole()
    } else {
        Context::new()
    };
    let request = Request {
        principal: principal(caller, caller.arn()),
        credential: credential(caller),
        action,
        resource: &question.resource,
        resource_account: question.belongs.decided_by(caller),
        canonical_user: None,
        context: &context,
    };
    let decision = decide(&request, &layers);
    service.metrics().count_decision(&decision);
    match decision {
        Decision::Allow(_) => {
            let asked = Decided::Allowed(circumstances.incoming);
            // Of several questions the first is that of the operation itself.
            if detail.captured.is_none() && service.keeps_details(caller, asked) {
                let context = &whole();
                let request = Request { context, ..request };
                detail.captured = Some(capture(caller, question, &request, &layers));
            }
            Ok(())
        }
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => {
            // Whoever looks into the refusal sees the request as it was, also what no policy looked at.
            let context = &whole();
            let request = Request { context, ..request };
            detail.decision = Some(described(&decision, &layers));
            if service.keeps_details(caller, Decided::Refused) {
                detail.captured = Some(capture(caller, question, &request, &layers));
            }
            detail.message = encoded(service, caller, question, &request, &decision, &layers);
            if forbidden_to_session(caller, &decision, action) {
                return Err(SignatureError::SessionTokenInvalid.into());
            }
            let wording = message::Wording {
                resource: Some(question.shown_text()),
                ..message::Wording::default()
            };
            let text = message::access_denied(&request, &decision, &layers, &wording);
            Err(ServiceError::AccessDenied(text))
        }
    }
}

/// Returns the policies that bear on a question; those of the session are the caller's to keep.
fn layers<'a>(
    caller: &'a Caller,
    question: &'a Question,
    inline: &'a [AttachedPolicy],
    managed: &'a [AttachedPolicy],
) -> Layers<'a> {
    let trust = question.trust.as_ref();
    Layers {
        identity: identity_policies(caller),
        boundary: boundary(caller).map(std::slice::from_ref),
        session: session_layer(inline, managed),
        resource: trust.map_or(&[], |found| std::slice::from_ref(&found.role.trust_policy)),
        resource_kind: question.kind,
        ..Layers::default()
    }
}

/// Returns the caller as the engine knows principals.
fn principal<'a>(caller: &'a Caller, arn: &'a str) -> Principal<'a> {
    let account = caller.account();
    match caller.identity() {
        Identity::Bearer(bearer) => Principal::UnsignedFederation {
            provider: &bearer.provider,
        },
        Identity::FederatedUser { issuer, .. } => Principal::FederatedUser {
            arn,
            account,
            issuer: match issuer {
                None => FederatedIssuer::Root,
                Some(user) => FederatedIssuer::User {
                    arn: &user.arn,
                    unique_id: Some(user.id.as_str()),
                },
            },
        },
        Identity::Role(role) => Principal::RoleSession {
            arn,
            account,
            role_arn: &role.arn,
            role_id: Some(role.id.as_str()),
        },
        Identity::Root => Principal::Root { arn, account },
        Identity::User(user) => Principal::User {
            arn,
            account,
            unique_id: Some(user.id.as_str()),
        },
    }
}

fn credential(caller: &Caller) -> CredentialKind {
    match caller.session().map(|session| session.session.mfa) {
        None => CredentialKind::LongTerm,
        Some(None) => CredentialKind::SessionToken,
        Some(Some(_)) => CredentialKind::SessionTokenWithMfa,
    }
}

/// Returns the policies that limit the caller's session; `None` where there are none, and the layer does not apply.
fn session_layer<'a>(
    inline: &'a [AttachedPolicy],
    managed: &'a [AttachedPolicy],
) -> Option<PolicyLists<'a>> {
    if inline.is_empty() && managed.is_empty() {
        return None;
    }
    Some([inline, managed].into_iter().collect())
}

/// Returns whether what refuses is the kind of temporary credentials, which AWS words as a token that is not valid.
// SOURCE: spec/sts.md §2, refusals.
fn forbidden_to_session(caller: &Caller, decision: &Decision, action: &str) -> bool {
    let says_so = ["sts:GetFederationToken", "sts:GetSessionToken"].contains(&action);
    caller.session().is_some()
        && decision.determined().by == DecidedBy::Rule(FixedRule::CredentialKind)
        && !says_so
}

/// Returns the user whose policies and tags the caller has, where it has a user's.
fn user_behind(caller: &Caller) -> Option<&Arc<UserPrincipal>> {
    match caller.identity() {
        Identity::FederatedUser { issuer, .. } => issuer.as_ref(),
        Identity::User(user) => Some(user),
        Identity::Bearer(_) | Identity::Role(_) | Identity::Root => None,
    }
}

fn boundary(caller: &Caller) -> Option<&AttachedPolicy> {
    match caller.identity() {
        Identity::Role(role) => role.permissions_boundary.as_deref(),
        Identity::Bearer(_)
        | Identity::FederatedUser { .. }
        | Identity::Root
        | Identity::User(_) => user_behind(caller)?.permissions_boundary.as_deref(),
    }
}

/// Returns the caller's own policies and those of its groups.
///
/// A group that the user's record names and the view does not have can't be: both are in one commit. Should it be, the
/// request is decided without it, and its Denies are missing; so the whole layer is made to refuse.
fn identity_policies(caller: &Caller) -> PolicyLists<'_> {
    if let Identity::Role(role) = caller.identity() {
        return PolicyLists::from(role.policies.as_slice());
    }
    let Some(user) = user_behind(caller) else {
        return PolicyLists::new();
    };
    let mut lists = PolicyLists::from(user.policies.as_slice());
    for id in &user.groups {
        match caller.cell().group_by_id(id) {
            Some(group) => lists.push(&group.policies),
            None => lists.push(unreadable()),
        }
    }
    if caller.cell().users_may_change_password() {
        lists.push(own_password());
    }
    lists
}

/// Returns what `AllowUsersToChangePassword` of the password policy says to every user, as a policy that no list shows:
/// an Allow like any other, so boundaries and Denies hold.
// SOURCE: spec/evaluation.md §5, spec/signin-recovery.md §3.
fn own_password() -> &'static [AttachedPolicy] {
    const TEXT: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:ChangePassword",
         "Resource":["arn:*:iam::*:user/${aws:username}","arn:*:iam::*:user/*/${aws:username}"]},
        {"Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"}]}"#;
    static OWN_PASSWORD: OnceLock<[AttachedPolicy; 1]> = OnceLock::new();
    OWN_PASSWORD.get_or_init(|| {
        let document = keyward_view::Documents::default().compile(TEXT);
        let to = AttachedTo::User("*".into());
        [AttachedPolicy::new(
            document,
            "AllowUsersToChangePassword",
            None,
            to,
        )]
    })
}

/// Returns a policy that refuses whatever it is asked.
fn unreadable() -> &'static [AttachedPolicy] {
    static UNREADABLE: OnceLock<[AttachedPolicy; 1]> = OnceLock::new();
    UNREADABLE.get_or_init(|| {
        let document = Arc::new(CompiledPolicy::unusable("the group is not in the view"));
        let to = AttachedTo::Group("unknown".into());
        [AttachedPolicy::new(document, "unknown", None, to)]
    })
}

/// Says for the audit event what decided, as JSON.
pub(crate) fn described(decision: &Decision, layers: &Layers<'_>) -> String {
    let mut json = format!(r#"{{"decision":"{}","decidedBy":"#, decision.as_str());
    string(
        &mut json,
        decision.layer().map_or("none", |layer| layer.as_str()),
    );
    let found = decision
        .determined()
        .first
        .and_then(|at| layers.statement(at));
    if let Some((policy, statement)) = found {
        json.push_str(r#","policy":"#);
        string(&mut json, policy.name());
        json.push_str(&format!(r#","statement":{}"#, statement.index));
        if let Some(sid) = statement.sid {
            json.push_str(r#","sid":"#);
            string(&mut json, sid);
        }
    }
    json.push('}');
    json
}
