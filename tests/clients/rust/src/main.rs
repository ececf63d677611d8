//! Drives Keyward with the unmodified AWS SDK for Rust; prints one JSON object that `test_rust.py` reads.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::client::Waiters as _;
use aws_sdk_iam::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_iam::types::{StatusType, Tag};
use serde_json::{Value, json};

/// What every client of the server is made from.
struct Settings {
    endpoint: String,
    http: aws_sdk_iam::config::SharedHttpClient,
}

impl Settings {
    fn iam(&self, key: &str, secret: &str) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(aws_sdk_iam::config::Region::new("us-east-1"))
            .http_client(self.http.clone())
            .retry_config(aws_sdk_iam::config::retry::RetryConfig::disabled())
            .credentials_provider(Credentials::new(key, secret, None, None, "test"));
        aws_sdk_iam::Client::from_conf(config.build())
    }

    fn sts(&self, key: &str, secret: &str) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(aws_sdk_sts::config::Region::new("us-east-1"))
            .http_client(self.http.clone())
            .credentials_provider(Credentials::new(key, secret, None, None, "test"));
        aws_sdk_sts::Client::from_conf(config.build())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, key, secret] = arguments.as_slice() else {
        return Err("usage: ENDPOINT KEY SECRET".into());
    };
    let settings = Settings {
        endpoint: endpoint.clone(),
        http: aws_smithy_http_client::Builder::new().build_http(),
    };
    let iam = settings.iam(key, secret);
    let identity = settings
        .sts(key, secret)
        .get_caller_identity()
        .send()
        .await?;
    let arn = identity.arn().ok_or("no ARN")?;

    let users = users(&iam).await?;
    let document = policy_and_group(&iam).await?;
    let trusted = role(&iam, arn).await?;
    let member = member(&settings, &iam).await?;
    let mut detailed = Vec::new();
    let mut pages = iam.get_account_authorization_details().into_paginator();
    pages = pages.page_size(3);
    let mut pages = pages.send();
    while let Some(page) = pages.try_next().await? {
        let names = page
            .user_detail_list()
            .iter()
            .filter_map(|user| user.user_name());
        detailed.extend(
            names
                .filter(|name| name.starts_with("rust-"))
                .map(str::to_owned),
        );
    }
    let missing = iam.get_user().user_name("nobody").send().await.unwrap_err();
    let is_missing = missing
        .as_service_error()
        .is_some_and(|error| error.is_no_such_entity_exception());

    let said = json!({
        "arn": arn, "users": users, "document": document, "trusted": trusted, "member": member,
        "detailed": detailed, "isMissing": is_missing,
    });
    println!("{said}");
    Ok(())
}

/// Makes users with tags, and lists them page by page.
async fn users(iam: &aws_sdk_iam::Client) -> Result<Vec<String>, Box<dyn Error>> {
    let tag = Tag::builder().key("Team").value("systems").build()?;
    for number in 0..5 {
        let name = format!("rust-{number}");
        iam.create_user()
            .user_name(name)
            .tags(tag.clone())
            .send()
            .await?;
    }
    let wait = iam.wait_until_user_exists().user_name("rust-0");
    wait.wait(Duration::from_secs(5)).await?;
    let mut names = Vec::new();
    let mut pages = iam
        .list_users()
        .path_prefix("/")
        .into_paginator()
        .page_size(2)
        .items()
        .send();
    while let Some(user) = pages.try_next().await? {
        names.push(user.user_name().to_owned());
    }
    names.retain(|name| name.starts_with("rust-"));
    Ok(names)
}

/// Lets the members of a group read users, and returns the policy's document as the server shows it.
async fn policy_and_group(iam: &aws_sdk_iam::Client) -> Result<Value, Box<dyn Error>> {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}"#;
    let made = iam
        .create_policy()
        .policy_name("rust-read")
        .policy_document(document)
        .send()
        .await?;
    let arn = made
        .policy()
        .and_then(|policy| policy.arn())
        .ok_or("no ARN")?;
    let wait = iam.wait_until_policy_exists().policy_arn(arn);
    wait.wait(Duration::from_secs(5)).await?;
    let shown = iam
        .get_policy_version()
        .policy_arn(arn)
        .version_id("v1")
        .send()
        .await?;
    let shown = shown
        .policy_version()
        .and_then(|version| version.document())
        .ok_or("no document")?;
    iam.create_group().group_name("rust-readers").send().await?;
    iam.attach_group_policy()
        .group_name("rust-readers")
        .policy_arn(arn)
        .send()
        .await?;
    iam.add_user_to_group()
        .group_name("rust-readers")
        .user_name("rust-0")
        .send()
        .await?;
    Ok(Value::String(shown.to_owned()))
}

/// Makes a role that trusts somebody, and returns the trust policy as the server shows it.
async fn role(iam: &aws_sdk_iam::Client, trusted: &str) -> Result<Value, Box<dyn Error>> {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"},
    ]});
    iam.create_role()
        .role_name("rust-role")
        .assume_role_policy_document(trust.to_string())
        .send()
        .await?;
    let wait = iam.wait_until_role_exists().role_name("rust-role");
    wait.wait(Duration::from_secs(5)).await?;
    let shown = iam.get_role().role_name("rust-role").send().await?;
    let role = shown.role().ok_or("no role")?;
    Ok(json!({
        "document": role.assume_role_policy_document(),
        "created": role.create_date().secs(),
        "duration": role.max_session_duration(),
    }))
}

/// Acts as the member of the group: it may read itself and nothing else, and is not allowed to delete.
async fn member(settings: &Settings, iam: &aws_sdk_iam::Client) -> Result<Value, Box<dyn Error>> {
    let made = iam.create_access_key().user_name("rust-0").send().await?;
    let key = made.access_key().ok_or("no key")?;
    let member = settings.iam(key.access_key_id(), key.secret_access_key());
    let me = member.get_user().send().await?;
    let me = me.user().ok_or("no user")?;
    let refused = member
        .delete_user()
        .user_name("rust-1")
        .send()
        .await
        .unwrap_err();
    let status = match &refused {
        SdkError::ServiceError(error) => error.raw().status().as_u16(),
        _ => 0,
    };
    let refusal = json!({"code": refused.code(), "message": refused.message(), "status": status});
    iam.update_access_key()
        .user_name("rust-0")
        .access_key_id(key.access_key_id())
        .status(StatusType::Inactive)
        .send()
        .await?;
    let inactive = member.get_user().send().await.unwrap_err();
    Ok(json!({
        "self": me.user_name(),
        "tags": me.tags().iter().map(|tag| [tag.key(), tag.value()]).collect::<Vec<_>>(),
        "refusal": refusal,
        "inactive": inactive.code(),
    }))
}
