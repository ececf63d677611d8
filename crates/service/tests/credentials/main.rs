//! Other credentials, server certificates, identity providers and delegation requests, called by their wire form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail the test that calls them"
)]

mod certificates;
mod delegation;
mod oidc;
mod saml;
mod saml_sign_in;
mod services;
mod signing;
mod ssh;

use keyward_sigv4::Credentials;
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Call, iam};

pub(crate) const LEAF: &str = include_str!("../../../directory/src/pki/fixtures/leaf.pem");
pub(crate) const LEAF_KEY: &str = include_str!("../../../directory/src/pki/fixtures/leaf.key.pem");
pub(crate) const EC: &str = include_str!("../../../directory/src/pki/fixtures/ec.pem");
pub(crate) const EC_KEY: &str = include_str!("../../../directory/src/pki/fixtures/ec.key.pem");
pub(crate) const INTERMEDIATE: &str =
    include_str!("../../../directory/src/pki/fixtures/intermediate.pem");
pub(crate) const ROOT: &str = include_str!("../../../directory/src/pki/fixtures/root.pem");
pub(crate) const RSA_1024: &str = include_str!("../../../directory/src/pki/fixtures/rsa1024.pem");

/// Texts that are no key, no certificate and no document.
pub(crate) const GARBAGE: [&str; 9] = [
    "x",
    " ",
    "\n\n",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==",
    "<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>",
];

/// Makes a user.
pub(crate) async fn user(server: &InProcess, name: &str) {
    let call = iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    };
    ok(server, &server.root, &call).await;
}

/// Makes a user with a policy of these statements, and a key.
pub(crate) async fn user_with(server: &InProcess, name: &str, statements: &str) -> Credentials {
    user(server, name).await;
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let call = iam::PutUserPolicy {
        user_name: name.to_owned(),
        policy_name: "p".to_owned(),
        policy_document: document.as_str().into(),
    };
    ok(server, &server.root, &call).await;
    server.key_of(name).await
}

/// Calls what must succeed.
pub(crate) async fn ok<C: Call>(server: &InProcess, caller: &Credentials, call: &C) -> Answer {
    let answer = server.call(caller, call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

/// Calls what must be refused, and returns the refusal as `status Code: message`.
pub(crate) async fn refused<C: Call>(server: &InProcess, caller: &Credentials, call: &C) -> String {
    let answer = server.call(caller, call).await;
    assert_ne!(answer.status, 200, "{}", answer.body);
    assert!(answer.status < 500, "{}", answer.body);
    let message = answer.element("Message").unwrap_or_default();
    let message = message.replace("&apos;", "'").replace("&#39;", "'");
    format!("{} {}: {message}", answer.status, answer.code())
}

/// Returns the texts of all elements of a name.
pub(crate) fn all<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = answer.body.split(open.as_str()).skip(1);
    parts
        .filter_map(|part| part.split(close.as_str()).next())
        .collect()
}

pub(crate) fn tag(key: &str, value: &str) -> iam::Tag {
    iam::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}
