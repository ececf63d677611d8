//! Calls that the tests share.

use keyward_sigv4::Credentials;
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{Call, iam};

pub(crate) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
pub(crate) const BILLING: &str = "arn:aws:iam::aws:policy/job-function/Billing";

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

pub(crate) fn statement(effect: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}]}}"#
    )
}

pub(crate) async fn done<C: Call>(server: &InProcess, call: &C) -> Answer {
    let answer = server.call(&server.root, call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

pub(crate) async fn refused<C: Call>(server: &InProcess, call: &C, code: &str, message: &str) {
    check(&server.call(&server.root, call).await, code, message);
}

pub(crate) async fn policy(server: &InProcess, name: &str, document: &str) -> String {
    let call = iam::CreatePolicy {
        policy_name: name.to_owned(),
        policy_document: document.into(),
        ..iam::CreatePolicy::default()
    };
    let made = done(server, &call).await;
    made.element("Arn").unwrap_or_default().to_owned()
}

pub(crate) async fn user(server: &InProcess, name: &str) {
    let call = iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    done(server, &call).await;
}

/// Makes a user who may do what one inline policy says, and returns a key of it.
pub(crate) async fn user_with(server: &InProcess, name: &str, statements: &str) -> Credentials {
    user(server, name).await;
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let call = iam::PutUserPolicy {
        user_name: name.to_owned(),
        policy_name: "p".to_owned(),
        policy_document: text.as_str().into(),
    };
    done(server, &call).await;
    server.key_of(name).await
}

pub(crate) fn attach(user: &str, policy: &str) -> iam::AttachUserPolicy {
    iam::AttachUserPolicy {
        user_name: user.to_owned(),
        policy_arn: policy.to_owned(),
    }
}

pub(crate) fn detach(user: &str, policy: &str) -> iam::DetachUserPolicy {
    iam::DetachUserPolicy {
        user_name: user.to_owned(),
        policy_arn: policy.to_owned(),
    }
}

pub(crate) fn put_boundary(user: &str, policy: &str) -> iam::PutUserPermissionsBoundary {
    iam::PutUserPermissionsBoundary {
        user_name: user.to_owned(),
        permissions_boundary: policy.to_owned(),
    }
}

pub(crate) fn delete_boundary(user: &str) -> iam::DeleteUserPermissionsBoundary {
    iam::DeleteUserPermissionsBoundary {
        user_name: user.to_owned(),
    }
}

pub(crate) fn get_user(name: &str) -> iam::GetUser {
    iam::GetUser {
        user_name: Some(name.to_owned()),
    }
}

pub(crate) fn delete(policy: &str) -> iam::DeletePolicy {
    iam::DeletePolicy {
        policy_arn: policy.to_owned(),
    }
}

/// Returns how many entities have a policy attached and as their boundary.
pub(crate) async fn used(server: &InProcess, policy: &str) -> (String, String) {
    let call = iam::GetPolicy {
        policy_arn: policy.to_owned(),
    };
    let got = done(server, &call).await;
    let count = |name| got.element(name).unwrap_or_default().to_owned();
    (
        count("AttachmentCount"),
        count("PermissionsBoundaryUsageCount"),
    )
}

pub(crate) fn counts(attached: u32, as_boundary: u32) -> (String, String) {
    (attached.to_string(), as_boundary.to_string())
}

pub(crate) fn elements<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = answer.body.split(open.as_str()).skip(1);
    parts
        .filter_map(|part| part.split_once(close.as_str()).map(|(text, _)| text))
        .collect()
}

pub(crate) fn new_policy(name: &str, action: &str) -> iam::CreatePolicy {
    iam::CreatePolicy {
        policy_name: name.to_owned(),
        policy_document: statement("Allow", action).as_str().into(),
        ..iam::CreatePolicy::default()
    }
}

pub(crate) fn new_version(
    policy: &str,
    action: &str,
    set_as_default: bool,
) -> iam::CreatePolicyVersion {
    iam::CreatePolicyVersion {
        policy_arn: policy.to_owned(),
        policy_document: statement("Allow", action).as_str().into(),
        set_as_default: Some(set_as_default),
    }
}

pub(crate) fn tag(key: &str, value: &str) -> iam::Tag {
    iam::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

pub(crate) fn check(answer: &Answer, code: &str, message: &str) {
    let got = (answer.code(), answer.element("Message").unwrap_or_default());
    assert_eq!(got, (code, message));
}

pub(crate) fn get(arn: &str) -> iam::GetPolicy {
    iam::GetPolicy {
        policy_arn: arn.to_owned(),
    }
}
