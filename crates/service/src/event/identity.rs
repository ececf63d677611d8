//! The `userIdentity` of an event.

use keyward_arn::AccountId;
use keyward_sts::Session;
use keyward_wire::{Timestamp, write_json_string as string};

use crate::authenticate::{Bearer, Caller, Identity, root_arn};

/// Writes who called, in the shape of CloudTrail.
pub(super) fn write(caller: Option<&Caller>, out: &mut String) {
    let Some(caller) = caller else {
        out.push_str(r#"{"type":"Unknown"}"#);
        return;
    };
    out.push_str(match caller.identity() {
        Identity::Bearer(bearer) => return write_bearer(bearer, out),
        Identity::FederatedUser { .. } => r#"{"type":"FederatedUser","principalId":""#,
        Identity::Role(_) => r#"{"type":"AssumedRole","principalId":""#,
        Identity::Root => r#"{"type":"Root","principalId":""#,
        Identity::User(_) => r#"{"type":"IAMUser","principalId":""#,
    });
    out.push_str(caller.user_id());
    out.push_str(r#"","arn":"#);
    string(out, caller.arn());
    out.push_str(r#","accountId":""#);
    caller.account().append_to(out);
    out.push('"');
    if let Some(id) = caller.access_key_id() {
        out.push_str(r#","accessKeyId":""#);
        out.push_str(id);
        out.push('"');
    }
    if let Some(user) = caller.user() {
        out.push_str(r#","userName":"#);
        string(out, user.name.as_str());
    }
    if let Some(session) = caller.session() {
        write_session(caller, &session.session, out);
    }
    out.push('}');
}

fn write_bearer(bearer: &Bearer, out: &mut String) {
    // SOURCE: CloudTrail, `userIdentity` of AssumeRoleWithSAML: the name qualifier stands for the provider.
    let provider = bearer
        .assertion
        .as_ref()
        .map_or(&bearer.provider, |assertion| &assertion.name_qualifier);
    out.push_str(r#"{"type":""#);
    out.push_str(bearer.kind);
    out.push_str(r#"","principalId":"#);
    string(out, &format!("{provider}:{}", bearer.subject));
    out.push_str(r#","userName":"#);
    string(out, &bearer.subject);
    out.push_str(r#","identityProvider":"#);
    string(out, provider);
    out.push('}');
}

fn write_session(caller: &Caller, session: &Session, out: &mut String) {
    out.push_str(r#","sessionContext":{"#);
    let account = caller.account();
    match caller.identity() {
        Identity::Role(role) => {
            write_issuer(
                out,
                account,
                "Role",
                role.id.as_str(),
                &role.arn,
                Some(role.name.as_str()),
            );
        }
        Identity::FederatedUser {
            issuer: Some(user), ..
        } => write_issuer(
            out,
            account,
            "IAMUser",
            user.id.as_str(),
            &user.arn,
            Some(user.name.as_str()),
        ),
        Identity::FederatedUser { issuer: None, .. } => {
            write_issuer(
                out,
                account,
                "Root",
                &account.to_string(),
                &root_arn(account),
                None,
            );
        }
        Identity::Bearer(_) | Identity::Root | Identity::User(_) => {}
    }
    if let Some(federation) = &session.federation {
        out.push_str(r#""webIdFederationData":{"federatedProvider":"#);
        string(out, &federation.provider);
        out.push_str("},");
    }
    out.push_str(r#""attributes":{"creationDate":""#);
    Timestamp(session.issued.unix_seconds()).print(out);
    out.push_str(match session.mfa {
        None => r#"","mfaAuthenticated":"false"}"#,
        Some(_) => r#"","mfaAuthenticated":"true"}"#,
    });
    if let Some(machine) = &session.machine {
        out.push_str(r#","ec2RoleDelivery":""#);
        out.push_str(machine.delivery.as_str());
        out.push('"');
    }
    if let Some(source_identity) = &session.source_identity {
        out.push_str(r#","sourceIdentity":"#);
        string(out, source_identity);
    }
    out.push('}');
}

fn write_issuer(
    out: &mut String,
    account: AccountId,
    kind: &str,
    id: &str,
    arn: &str,
    name: Option<&str>,
) {
    out.push_str(r#""sessionIssuer":{"type":""#);
    out.push_str(kind);
    out.push_str(r#"","principalId":""#);
    out.push_str(id);
    out.push_str(r#"","arn":"#);
    string(out, arn);
    out.push_str(r#","accountId":""#);
    account.append_to(out);
    out.push('"');
    if let Some(name) = name {
        out.push_str(r#","userName":"#);
        string(out, name);
    }
    out.push_str("},");
}
