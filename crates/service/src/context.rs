//! The condition keys of a request.

use keyward_engine::Context;
use keyward_sts::ClaimValue;

use crate::authenticate::{Caller, Identity};
use crate::authorize::Circumstances;
use crate::exchange::Transport;
use crate::question::Question;

/// Puts the condition keys of a request together.
///
/// Everything but the values of tags comes from the server, and tag keys stand below their own prefix, so no caller can
/// put a value in the place of another.
// SOURCE: spec/condition-keys.md §1.
pub(crate) fn context<'a>(
    caller: &'a Caller,
    action: &str,
    question: &'a Question,
    circumstances: &Circumstances<'a>,
) -> Context<'a> {
    let mut context = Context::with_capacity(32);
    add_circumstances(&mut context, circumstances);
    // SOURCE: spec/condition-keys.md §1: IAM is global and counts as us-east-1.
    let region = if action.starts_with("sts:") {
        caller.region()
    } else {
        "us-east-1"
    };
    context.insert("aws:RequestedRegion", region);
    if let Some(owner) = question.belongs.account(caller) {
        context.insert("aws:ResourceAccount", owner.to_string());
    }
    context.insert("aws:PrincipalIsAWSService", "false");
    context.insert("aws:ViaAWSService", "false");
    add_principal(&mut context, caller);
    add_session(&mut context, caller, circumstances);
    add_question(&mut context, question);
    context
}

fn add_circumstances<'a>(context: &mut Context<'a>, circumstances: &Circumstances<'a>) {
    let seconds = circumstances.now.unix_seconds();
    context.insert(
        "aws:CurrentTime",
        keyward_wire::Timestamp(seconds).to_string(),
    );
    context.insert("aws:EpochTime", seconds.to_string());
    let secure = match circumstances.incoming.transport {
        Transport::Plain => "false",
        Transport::Tls { .. } => "true",
    };
    context.insert("aws:SecureTransport", secure);
    context.insert("aws:SourceIp", circumstances.incoming.source_ip.to_string());
    for (key, header) in [("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")] {
        if let Some(value) = circumstances.incoming.headers.first(header) {
            context.insert(key, String::from_utf8_lossy(value));
        }
    }
}

/// Adds who asks.
// SOURCE: spec/sts.md §3.
fn add_principal<'a>(context: &mut Context<'a>, caller: &'a Caller) {
    let kind = match caller.identity() {
        Identity::Bearer(bearer) => {
            context.insert("aws:PrincipalAccount", "anonymous");
            context.insert("aws:PrincipalType", "Anonymous");
            context.insert("aws:userid", "anonymous");
            for (key, value) in &bearer.keys {
                add_claim(context, key, value);
            }
            return;
        }
        Identity::FederatedUser { .. } => "FederatedUser",
        Identity::Role(_) => "AssumedRole",
        Identity::Root => "Account",
        Identity::User(user) => {
            context.insert("aws:username", user.name.as_str());
            "User"
        }
    };
    context.insert("aws:PrincipalType", kind);
    context.insert("aws:PrincipalAccount", caller.account().to_string());
    context.insert("aws:userid", caller.user_id());
    match caller.identity() {
        // Never the session's own ARN.
        Identity::Role(role) => context.insert("aws:PrincipalArn", role.arn.as_str()),
        Identity::User(user) => context.insert("aws:PrincipalArn", user.arn.as_str()),
        Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Root => {
            context.insert("aws:PrincipalArn", caller.arn());
        }
    }
    add_principal_tags(context, caller);
}

/// Adds `aws:PrincipalTag/…`: those of the session, and of the role or user those that the session does not have.
// SOURCE: spec/sts.md §3.
fn add_principal_tags<'a>(context: &mut Context<'a>, caller: &'a Caller) {
    let own = match caller.identity() {
        Identity::Bearer(_) | Identity::Root => None,
        Identity::FederatedUser { issuer, .. } => issuer.as_ref().map(|user| &user.tags),
        Identity::Role(role) => Some(&role.tags),
        Identity::User(user) => Some(&user.tags),
    };
    let of_session = caller.session().map(|session| &session.session.tags);
    let is_replaced = |key: &str| of_session.is_some_and(|tags| !tags.is_empty() && tags.has(key));
    for tag in own.into_iter().flat_map(|tags| tags.iter()) {
        if !is_replaced(&tag.key) {
            context.insert(format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
    }
    for own in of_session.into_iter().flat_map(|tags| tags.iter()) {
        let key = format!("aws:PrincipalTag/{}", own.tag.key);
        context.insert(key, own.tag.value.as_str());
    }
}

/// Adds what only temporary credentials have, and the one-time code that the call itself showed.
// SOURCE: spec/sts.md §4.
fn add_session<'a>(
    context: &mut Context<'a>,
    caller: &'a Caller,
    circumstances: &Circumstances<'_>,
) {
    let mfa = caller.mfa();
    if caller.session().is_some() || mfa.is_some() {
        let present = if mfa.is_some() { "true" } else { "false" };
        context.insert("aws:MultiFactorAuthPresent", present);
    }
    if let Some(moment) = mfa {
        let age = circumstances.now.unix_seconds() - moment.unix_seconds();
        context.insert("aws:MultiFactorAuthAge", age.max(0).to_string());
    }
    let Some(session) = caller.session().map(|session| &session.session) else {
        return;
    };
    let issued = keyward_wire::Timestamp(session.issued.unix_seconds());
    context.insert("aws:TokenIssueTime", issued.to_string());
    if let Some(source_identity) = &session.source_identity {
        context.insert("aws:SourceIdentity", source_identity.as_str());
    }
    if let Some(federation) = &session.federation {
        context.insert("aws:FederatedProvider", federation.provider.as_str());
        for (key, value) in &federation.keys {
            add_claim(context, key, value);
        }
    }
    if let Some(machine) = &session.machine {
        context.insert("ec2:RoleDelivery", machine.delivery.as_str());
        context.insert("ec2:SourceInstanceArn", machine.arn.as_str());
    }
}

fn add_claim<'a>(context: &mut Context<'a>, key: &'a str, value: &'a ClaimValue) {
    match value {
        ClaimValue::Multiple(values) => {
            context.insert_list(key, values.iter().map(String::as_str));
        }
        ClaimValue::Single(value) => context.insert(key, value.as_str()),
    }
}

fn add_question<'a>(context: &mut Context<'a>, question: &'a Question) {
    for tag in &question.resource_tags {
        context.insert(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
        context.insert(format!("iam:ResourceTag/{}", tag.key), tag.value.as_str());
    }
    for tag in &question.request_tags {
        context.insert(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
    }
    if !question.tag_keys.is_empty() {
        context.insert_list("aws:TagKeys", question.tag_keys.iter().map(String::as_str));
    }
    for (key, value) in &question.keys {
        context.insert(*key, value.as_str());
    }
    for (key, values) in &question.lists {
        context.insert_list(*key, values.iter().map(String::as_str));
    }
}
