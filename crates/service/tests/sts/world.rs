//! What the tests of sessions share.

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{iam, sts};

use crate::shared::ok;

/// Allows one action on everything.
pub(crate) fn allow(action: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#)
}

pub(crate) fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// A trust statement: a principal of AWS, the actions, and a condition that may be empty.
pub(crate) fn trust(principal: &str, actions: &str, condition: &str) -> String {
    let actions: Vec<String> = actions
        .split(' ')
        .map(|action| format!("\"sts:{action}\""))
        .collect();
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(",\"Condition\":{condition}")
    };
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":[{}]{condition}}}"#,
        actions.join(",")
    )
}

pub(crate) fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Makes a role with trust statements and, where given, an inline policy.
pub(crate) async fn role(server: &InProcess, name: &str, trust: &str, statements: &str) {
    let call = iam::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: document(trust).into(),
        max_session_duration: Some(43_200),
        ..iam::CreateRole::default()
    };
    ok(server, &server.root, &call).await;
    if !statements.is_empty() {
        let call = iam::PutRolePolicy {
            role_name: name.to_owned(),
            policy_name: "p".to_owned(),
            policy_document: document(statements).into(),
        };
        ok(server, &server.root, &call).await;
    }
}

pub(crate) async fn delete_role(server: &InProcess, name: &str) {
    let policy = iam::DeleteRolePolicy {
        role_name: name.to_owned(),
        policy_name: "p".to_owned(),
    };
    server.call(&server.root, &policy).await;
    let call = iam::DeleteRole {
        role_name: name.to_owned(),
    };
    ok(server, &server.root, &call).await;
}

/// Returns the call that assumes a role.
pub(crate) fn assume(name: &str) -> sts::AssumeRole {
    sts::AssumeRole {
        role_arn: role_arn(name),
        role_session_name: "work".to_owned(),
        ..sts::AssumeRole::default()
    }
}

/// Returns the credentials of an answer.
pub(crate) fn credentials(answer: &Answer) -> Credentials {
    let element = |name| answer.element(name).unwrap().replace("&#43;", "+");
    Credentials {
        access_key_id: element("AccessKeyId"),
        secret: SecretKey::new(element("SecretAccessKey")),
        session_token: Some(element("SessionToken")),
    }
}

/// Assumes a role, which must succeed.
pub(crate) async fn assumed(server: &InProcess, who: &Credentials, name: &str) -> Credentials {
    credentials(&ok(server, who, &assume(name)).await)
}

/// Returns the `Arn` and `UserId` of a caller.
pub(crate) async fn identity(server: &InProcess, who: &Credentials) -> (String, String) {
    let answer = ok(server, who, &sts::GetCallerIdentity {}).await;
    let element = |name| answer.element(name).unwrap().to_owned();
    (element("Arn"), element("UserId"))
}

/// Returns AWS's words for a caller who may not assume a role, whatever the reason.
pub(crate) fn may_not(arn: &str, action: &str, role: &str) -> String {
    format!(
        "User: {arn} is not authorized to perform: {action} on resource: {}",
        role_arn(role)
    )
}

pub(crate) fn tag(key: &str, value: &str) -> sts::Tag {
    sts::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

pub(crate) fn get_user(name: &str) -> iam::GetUser {
    iam::GetUser {
        user_name: Some(name.to_owned()),
    }
}
