//! Roles and what hangs on them through the API: what is answered, what is refused and why, who may.

mod instance_profile;
mod role;
mod service_linked_role;
mod trust_policy;

use keyward_sigv4::Credentials;
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Call, PolicyDocument, iam};

/// Trusts a service.
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Calls as the root user, and asserts that it is refused.
async fn refused<C: Call>(server: &InProcess, call: &C, status: u16, code: &str, message: &str) {
    let answer = server.call(&server.root, call).await;
    assert_eq!(said(&answer), (status, code, message), "{}", answer.body);
}

/// Returns what an error answer says.
fn said(answer: &Answer) -> (u16, &str, &str) {
    let message = answer.element("Message").unwrap_or_default();
    (answer.status, answer.code(), message)
}

/// Calls as the root user, and asserts that it is done.
async fn done<C: Call>(server: &InProcess, call: &C) -> Answer {
    let answer = server.call(&server.root, call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

/// Makes a role that a service may assume.
fn role(name: &str) -> iam::CreateRole {
    iam::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: TRUST.into(),
        ..iam::CreateRole::default()
    }
}

fn get_role(name: &str) -> iam::GetRole {
    iam::GetRole {
        role_name: name.to_owned(),
    }
}

fn tag(key: &str, value: &str) -> iam::Tag {
    iam::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

/// Returns the trust policy in an answer.
fn document(answer: &Answer) -> String {
    let encoded = answer.element("AssumeRolePolicyDocument");
    let document = encoded.and_then(PolicyDocument::from_encoded);
    document.unwrap_or_default().0
}

/// Makes a user with an inline policy of these statements and returns its key.
async fn user(server: &InProcess, name: &str, statements: &str) -> Credentials {
    let call = iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    done(server, &call).await;
    let call = iam::PutUserPolicy {
        user_name: name.to_owned(),
        policy_name: "p".to_owned(),
        policy_document: format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into(),
    };
    done(server, &call).await;
    server.key_of(name).await
}
