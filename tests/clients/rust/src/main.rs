//! Drives Keyward with the unmodified AWS SDK for Rust; prints one JSON object that the test reads.

use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Tag;
use aws_sdk_iam::{Client, Config};

type Failure = Box<dyn std::error::Error>;

fn client(endpoint: &str, id: &str, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn document(effect: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}]}}"#
    )
}

/// Returns the code and the message of a call that must fail.
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata>(
    result: Result<T, SdkError<E>>,
) -> Result<(String, String), Failure> {
    match result {
        Ok(answer) => Err(format!("answered {answer:?}").into()),
        Err(error) => Ok((
            error.code().unwrap_or_default().to_owned(),
            error.message().unwrap_or_default().to_owned(),
        )),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, id, secret] = arguments.as_slice() else {
        return Err("usage: keyward-rust-client ENDPOINT KEY SECRET".into());
    };
    let root = client(endpoint, id, secret);
    for number in 0..3 {
        let tag = Tag::builder().key("Team").value("core").build()?;
        let name = format!("rust-{number}");
        root.create_user().user_name(name).tags(tag).send().await?;
    }
    let mut pages = root.list_users().into_paginator().page_size(2).send();
    let mut users = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page?;
        let names = page.users().iter().map(|user| user.user_name().to_owned());
        users.extend(names.filter(|name| name.starts_with("rust-")));
    }
    let policy = root
        .create_policy()
        .policy_name("rust-read")
        .policy_document(document("Allow", "iam:Get*"))
        .send()
        .await?;
    let arn = policy.policy().and_then(|policy| policy.arn()).unwrap_or_default();
    let attach = root.attach_user_policy().user_name("rust-0");
    attach.policy_arn(arn).send().await?;
    let key = root.create_access_key().user_name("rust-0").send().await?;
    let key = key.access_key().ok_or("no access key")?;
    let member = client(endpoint, key.access_key_id(), key.secret_access_key());
    let myself = member.get_user().send().await?;
    let denied = refused(member.list_users().send().await)?;
    let missing = refused(root.get_role().role_name("nobody").send().await)?;
    let twice = refused(root.create_user().user_name("RUST-0").send().await)?;
    let said = serde_json::json!({
        "users": users,
        "policy": arn,
        "self": myself.user().map(|user| user.user_name()),
        "denied": denied,
        "missing": missing,
        "twice": twice,
    });
    println!("{said}");
    Ok(())
}
