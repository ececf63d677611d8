//! Asks a server for an account's details, as the AWS CLI would.

use keyward_analysis::BadQuestion;
use keyward_arn::AccountId;
use keyward_export::Account;
use keyward_wire::{encode, iam, sts};

use super::credentials::{self, Environment, Identity};
use super::response;
use crate::client::{Client, Form};

/// More pages than any account has: 1,000,000 entities by quota at most, 1,000 a page.
const PAGES: usize = 10_000;

/// Asks for everything, page by page.
pub(crate) fn account(endpoint: &str, now: i64) -> Result<Account, BadQuestion> {
    account_with(endpoint, now, &|name| std::env::var(name).ok())
}

/// As [`account`], with another environment.
pub(crate) fn account_with(
    endpoint: &str,
    now: i64,
    environment: Environment<'_>,
) -> Result<Account, BadQuestion> {
    let client = Client::new(endpoint, environment)?;
    let identity = credentials::find(environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
    runtime.block_on(pages(&client, &identity, now))
}

/// Asks whose account it is: one without a single user or role does not say so itself.
pub(crate) fn account_id(endpoint: &str, now: i64) -> Result<AccountId, BadQuestion> {
    let environment: Environment<'_> = &|name| std::env::var(name).ok();
    let client = Client::new(endpoint, environment)?;
    let identity = credentials::find(environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadQuestion::new(format!("can't start: {error}")))?;
    let form = Form {
        service: "sts",
        text: encode(&sts::GetCallerIdentity {}),
    };
    let body = runtime
        .block_on(client.post(form, Some(&identity), now))
        .map_err(|error| BadQuestion::new(error.to_string()))?;
    let id = body
        .split_once("<Account>")
        .and_then(|(_, rest)| rest.split_once("</Account>"))
        .and_then(|(id, _)| AccountId::parse(id).ok());
    id.ok_or_else(|| BadQuestion::new(format!("{} does not say whose account it is", client.uri())))
}

async fn pages(client: &Client, identity: &Identity, now: i64) -> Result<Account, BadQuestion> {
    let mut account = Account::default();
    let mut marker = None;
    for _ in 0..PAGES {
        let call = iam::GetAccountAuthorizationDetails {
            filter: None,
            max_items: Some(1000),
            marker,
        };
        let form = Form {
            service: "iam",
            text: encode(&call),
        };
        let body = client
            .post(form, Some(identity), now)
            .await
            .map_err(|error| BadQuestion::new(error.to_string()))?;
        let page = response::add(&body, &mut account)
            .map_err(|what| BadQuestion::new(format!("the answer of {} {what}", client.uri())))?;
        match page.marker {
            None => return Ok(account),
            next => marker = next,
        }
    }
    Err(BadQuestion::new(format!(
        "{} does not stop answering with more pages",
        client.uri()
    )))
}

#[cfg(test)]
mod tests;
